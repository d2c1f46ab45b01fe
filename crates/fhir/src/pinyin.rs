//! Chinese names by their Latin spelling: `张伟` is found by `zhangwei` and by `zw`.

use crate::fold::is_han;
use base::limits::INDEX_TEXT_BYTES_MAX;
use pinyin::ToPinyin;
use std::sync::LazyLock;

const SURNAMES: &str = include_str!("../data/surnames.txt");

/// Characters whose usual reading in a given name is not the one of the general table.
const GIVEN: [(char, &str); 4] = [('长', "chang"), ('曾', "zeng"), ('都', "du"), ('晟', "sheng")];

/// By what a name with Han characters is found besides its own text: the whole name written together (unless it is
/// `text` already), its full pinyin without tones and blanks, and the initials. Empty for names without Han characters.
/// `family` and `given` win over `text`, because they say where the surname ends.
pub fn name_keys(family: &str, given: &str, text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let in_parts = family.chars().chain(given.chars()).any(is_han);
    let (surname, rest) = if in_parts { (family, given) } else { split(text) };
    let whole: String = surname.chars().chain(rest.chars()).filter(|letter| !letter.is_whitespace()).collect();
    if !whole.chars().any(is_han) {
        return keys;
    }
    if in_parts && whole != text && !family.is_empty() && !given.is_empty() {
        keys.push(crate::fold::fold_for_index(&whole));
    }
    let syllables = syllables(surname, rest);
    let full: String = syllables.concat();
    let initials: String = syllables.iter().filter_map(|syllable| syllable.chars().next()).collect();
    push_spelling(full, &mut keys);
    // Searches look for beginnings, so `w` needs no row beside `wei`.
    if syllables.len() > 1 {
        keys.push(initials);
    }
    keys.iter_mut().for_each(crate::fold::cut);
    keys
}

/// Characters of a name from each of which on it is found; longer ones are found by the parts between their points only.
const INSIDE_MAX: usize = 5;

/// By what a name with Han characters is found besides `name_keys`, when less than its beginning is known: its end from each
/// character on (`王小明` by `明`; `given` has a place of its own), the pinyin of the given name (`xiaoming`), the
/// surname with the initials of the given name (`wangxm`), and the other reading of a surname that has two.
pub fn name_parts(family: &str, given: &str, text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let in_parts = family.chars().chain(given.chars()).any(is_han);
    let (surname, rest) = if in_parts { (family, given) } else { split(text) };
    if !surname.chars().chain(rest.chars()).any(is_han) {
        return keys;
    }
    let solid = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let (whole, rest) = (solid(surname) + &solid(rest), solid(rest));
    let short = whole.chars().count() <= INSIDE_MAX;
    let after = |(at, letter): (usize, char)| match letter {
        '·' | '•' => Some(at + letter.len_utf8()),
        _ => (short && at > 0).then_some(at),
    };
    let own_row = if in_parts && !surname.is_empty() { rest.as_str() } else { "" };
    // As much as is indexed, so that a name of many points does not cost the square of its length.
    let end = |at| &whole[at..whole.floor_char_boundary(at + INDEX_TEXT_BYTES_MAX)];
    let ends = whole.char_indices().filter_map(after).map(end).take(INSIDE_MAX);
    keys.extend(ends.filter(|end| *end != own_row && end.chars().any(is_han)).map(crate::fold::fold));
    let (first, second) = (syllables(surname, ""), syllables("", &rest));
    let initials =
        |syllables: &[&str]| syllables.iter().filter_map(|syllable| syllable.chars().next()).collect::<String>();
    if !first.is_empty() {
        push_spelling(second.concat(), &mut keys);
    }
    if second.len() > 1 {
        push_spelling(first.concat() + &initials(&second), &mut keys);
    }
    if let Some(other) = other_reading(surname) {
        push_spelling(other.to_owned() + &second.concat(), &mut keys);
        push_spelling(initials(&[other]) + &initials(&second), &mut keys);
    }
    keys.iter_mut().for_each(crate::fold::cut);
    keys
}

/// Every way in which a name with Han characters may be written whole in Latin letters: without tones and blanks, the family
/// name first or last and in either reading, `ü` as on keyboards, without its dots or as in passports. Empty for names
/// without Han characters. The arguments are as for `name_keys`.
pub fn name_spellings(family: &str, given: &str, text: &str) -> Vec<String> {
    let in_parts = family.chars().chain(given.chars()).any(is_han);
    let (surname, rest) = if in_parts { (family, given) } else { split(text) };
    if !surname.chars().chain(rest.chars()).any(is_han) {
        return Vec::new();
    }
    let second = syllables("", rest).concat();
    let mut found = Vec::new();
    for first in [syllables(surname, "").concat()].into_iter().chain(other_reading(surname).map(str::to_owned)) {
        for whole in [format!("{first}{second}"), format!("{second}{first}")] {
            found.extend(["v", "u", "yu"].map(|with| whole.replace('ü', with)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether the pinyin of a family name, in either reading, or its initials begin with `start`.
pub fn family_starts(family: &str, start: &str) -> bool {
    spelled_starts(&syllables(family, ""), start) || other_reading(family).is_some_and(|other| other.starts_with(start))
}

/// The same of a given name.
pub fn given_starts(given: &str, start: &str) -> bool {
    spelled_starts(&syllables("", given), start)
}

fn spelled_starts(syllables: &[&str], start: &str) -> bool {
    let full = syllables.concat();
    let initials: String = syllables.iter().filter_map(|syllable| syllable.chars().next()).collect();
    let typed = |with: &str| full.replace('ü', with).starts_with(start);
    typed("v") || typed("u") || initials.starts_with(start)
}

/// The usual reading of a surname of one character, where it is not the one of the table.
fn other_reading(surname: &str) -> Option<&'static str> {
    let mut letters = surname.chars();
    let (Some(only), None) = (letters.next(), letters.next()) else { return None };
    let (listed, usual) = (TABLE.single(only)?, only.to_pinyin()?.plain());
    (listed != usual).then_some(usual)
}

/// 吕 is typed `lv` on a keyboard and `lu` where the dots are dropped.
fn push_spelling(spelling: String, keys: &mut Vec<String>) {
    if spelling.contains('ü') {
        keys.push(spelling.replace('ü', "v"));
        keys.push(spelling.replace('ü', "u"));
    } else if !spelling.is_empty() {
        keys.push(spelling);
    }
}

/// A name in one piece: a compound surname of the table, or its first character, and the rest.
fn split(text: &str) -> (&str, &str) {
    let compound = TABLE.compounds.iter().find(|(surname, _)| text.starts_with(surname));
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.split_at(compound.map_or(first, |(surname, _)| surname.len()))
}

fn syllables(surname: &str, rest: &str) -> Vec<&'static str> {
    let mut out = Vec::new();
    match TABLE.compounds.iter().find(|(compound, _)| *compound == surname) {
        Some((_, readings)) => out.extend(readings.iter().copied()),
        None => {
            let single = surname.chars().next().and_then(|first| TABLE.single(first));
            out.extend(single);
            spell(surname.chars().skip(usize::from(single.is_some())), &mut out);
        }
    }
    let given = |letter: char| GIVEN.iter().find(|(known, _)| *known == letter).map(|(_, reading)| *reading);
    for letter in rest.chars() {
        match given(letter) {
            Some(reading) => out.push(reading),
            None => spell(std::iter::once(letter), &mut out),
        }
    }
    out
}

/// Usual readings; Latin letters and digits stand for themselves, other characters are passed over.
fn spell(letters: impl Iterator<Item = char>, out: &mut Vec<&'static str>) {
    const LATIN: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
    for letter in letters {
        if let Some(reading) = letter.to_pinyin() {
            out.push(reading.plain());
        } else if let Some(at) = LATIN.find(letter.to_ascii_lowercase()) {
            out.push(&LATIN[at..=at]);
        }
    }
}

struct Table {
    /// Sorted.
    singles: Vec<(char, &'static str)>,
    compounds: Vec<(&'static str, Vec<&'static str>)>,
}

impl Table {
    fn single(&self, surname: char) -> Option<&'static str> {
        let at = self.singles.binary_search_by_key(&surname, |(known, _)| *known).ok()?;
        Some(self.singles[at].1)
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { singles: Vec::new(), compounds: Vec::new() };
    for line in SURNAMES.lines().filter(|line| !line.starts_with('#')) {
        let Some((surname, readings)) = line.split_once(' ') else { continue };
        let mut letters = surname.chars();
        match (letters.next(), letters.next()) {
            (Some(single), None) => table.singles.push((single, readings)),
            _ => table.compounds.push((surname, readings.split(' ').collect())),
        }
    }
    table.singles.sort_unstable();
    table
});
