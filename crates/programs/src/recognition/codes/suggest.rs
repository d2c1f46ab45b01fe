//! Which items a local code may mean, by the standard code beside it, names, pinyin and unit: suggestions for a person, who
//! decides. Pure.

use super::super::model::{Book, Item, ItemKind};
use super::reaction::CodeRow;
use runtime::program::Said;
use std::collections::HashSet;

/// Suggestions for one code, and how good the last of them has to be.
pub const SUGGESTIONS_MAX: usize = 5;
const CONFIDENCE_MIN: u8 = 35;
/// What names of the same thing are written with or without.
const FILLERS: [&str; 12] =
    ["测定", "检测", "检查", "定量", "试验", "分析", "常规", "血清", "血浆", "全血", "静脉血", "项目"];
/// Initials and short names fit too much.
const INITIALS_MIN: usize = 3;

/// An item that a code may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub item: String,
    /// 0 to 100.
    pub confidence: u8,
    pub why: Said,
}

/// The names of the catalogue, made ready to be held against many codes.
pub struct Names<'a> {
    items: Vec<(&'a Item, Vec<Name>)>,
}

/// A name in the ways in which it is compared.
struct Name {
    folded: String,
    plain: String,
    /// Full pinyin and initials; empty for names without Han characters.
    pinyin: String,
    initials: String,
    pairs: HashSet<(char, char)>,
}

impl<'a> Names<'a> {
    pub fn of(book: &'a Book) -> Names<'a> {
        let mut items: Vec<&Item> = book.items.values().collect();
        items.sort_by(|one, other| one.key.cmp(&other.key));
        let names = |item: &Item| {
            let texts = [&item.zh, &item.en].into_iter().chain(&item.names);
            texts.flat_map(|text| parts(text)).map(|text| Name::of(&text)).collect::<Vec<_>>()
        };
        Names { items: items.into_iter().map(|item| (item, names(item))).collect() }
    }

    /// The items that a code may mean, the likeliest first.
    pub fn suggest(&self, row: &CodeRow) -> Vec<Suggestion> {
        let written: Vec<Name> = row.names.iter().flat_map(|name| parts(name)).map(|name| Name::of(&name)).collect();
        let mut found: Vec<Suggestion> = Vec::new();
        for (item, names) in self.items.iter().filter(|(item, _)| fits_use(item, row)) {
            let mut best = by_names(&written, names);
            if row.loinc.iter().any(|code| item.loinc.contains(code)) {
                best = best.max((97, ("LOINC 编码相同", "the same LOINC code")));
            }
            let (confidence, (zh, en)) = best;
            let confidence = with_unit(confidence, item, row);
            if confidence >= CONFIDENCE_MIN {
                found.push(Suggestion { item: item.key.clone(), confidence, why: Said::new(zh, en) });
            }
        }
        found.sort_by(|one, other| (other.confidence, &one.item).cmp(&(one.confidence, &other.item)));
        found.truncate(SUGGESTIONS_MAX);
        doubt(&mut found, row);
        found
    }
}

/// Codes of single values mean single tests; codes of reports mean panels, images, or single tests that are ordered alone.
fn fits_use(item: &Item, row: &CodeRow) -> bool {
    match (row.values > 0, row.reports > 0) {
        (true, false) => item.kind == ItemKind::Lab && item.parts.is_empty(),
        _ => true,
    }
}

/// A code that goes by several names, or that fits two items as well, is nobody's to confirm without a look.
fn doubt(found: &mut [Suggestion], row: &CodeRow) {
    let is_tied = found.len() > 1 && found[0].confidence == found[1].confidence;
    if is_tied || row.names.len() > 1 {
        let most = if row.names.len() > 1 { 70 } else { 85 };
        found.iter_mut().for_each(|one| one.confidence = one.confidence.min(most));
    }
}

type Told = (u8, (&'static str, &'static str));

fn by_names(written: &[Name], names: &[Name]) -> Told {
    let pairs = written.iter().flat_map(|one| names.iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| alike(one, other)).max().unwrap_or((0, ("", "")))
}

fn alike(one: &Name, other: &Name) -> Told {
    if one.folded == other.folded {
        return (98, ("名称相同", "the same name"));
    }
    if !one.plain.is_empty() && one.plain == other.plain {
        return (90, ("名称基本相同", "the same name but for filler words"));
    }
    if !one.pinyin.is_empty() && one.pinyin == other.pinyin {
        return (80, ("拼音相同", "the same pinyin"));
    }
    let (short, long) = if one.plain.len() <= other.plain.len() { (one, other) } else { (other, one) };
    if short.plain.chars().count() >= 2 && long.plain.contains(&short.plain) {
        let share = 100 * short.plain.chars().count() / long.plain.chars().count();
        let confidence = 45 + u8::try_from(share * 30 / 100).unwrap_or(0);
        return (confidence, ("名称相互包含", "one name holds the other"));
    }
    if one.initials.len() >= INITIALS_MIN && one.initials == other.initials {
        return (50, ("拼音首字母相同", "the same initials"));
    }
    let both = one.pairs.intersection(&other.pairs).count();
    let all = one.pairs.len() + other.pairs.len();
    let share = (200 * both).checked_div(all).unwrap_or(0);
    (u8::try_from(share * 70 / 100).unwrap_or(0), ("名称相近", "a similar name"))
}

/// A unit that is the item's speaks for it, another one against it.
fn with_unit(confidence: u8, item: &Item, row: &CodeRow) -> u8 {
    if row.units.is_empty() || item.units.is_empty() || confidence == 0 {
        return confidence;
    }
    match row.units.iter().all(|unit| item.units.contains(unit)) {
        true => confidence.saturating_add(2).min(99),
        false => confidence.saturating_sub(30),
    }
}

/// A name, and what stands in brackets and before them each by itself: `谷丙转氨酶(ALT)`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![name.to_owned()];
    if let Some((before, rest)) = name.split_once(['(', '（']) {
        parts.push(before.to_owned());
        parts.extend(rest.split([')', '）']).next().map(str::to_owned));
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

impl Name {
    fn of(text: &str) -> Name {
        let folded = fhir::fold(text);
        let mut plain: String = folded.chars().filter(|letter| letter.is_alphanumeric()).collect();
        for filler in FILLERS {
            let without = plain.replace(filler, "");
            if without.chars().count() >= 2 {
                plain = without;
            }
        }
        let keys = fhir::name_keys("", &plain, "");
        let (pinyin, initials) = match keys.as_slice() {
            [.., pinyin, initials] => (pinyin.clone(), initials.clone()),
            _ => (String::new(), String::new()),
        };
        let letters: Vec<char> = plain.chars().collect();
        let pairs = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        Name { folded, plain, pinyin, initials, pairs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        let item = |key: &str, zh: &str, names: &[&str], unit: &str, parts: &[&str]| Item {
            key: key.to_owned(),
            zh: zh.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            units: Some(unit.to_owned()).filter(|unit| !unit.is_empty()).into_iter().collect(),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            loinc: if key == "alt" { vec!["1742-6".to_owned()] } else { Vec::new() },
            ..Item::default()
        };
        let items = [
            item("alt", "丙氨酸氨基转移酶", &["谷丙转氨酶(ALT)"], "U/L", &[]),
            item("ast", "天门冬氨酸氨基转移酶", &["谷草转氨酶(AST)"], "U/L", &[]),
            item("liver", "肝功能", &["肝功能常规"], "", &["alt", "ast"]),
            item("k", "钾", &["血清钾(K)"], "mmol/L", &[]),
        ];
        Book { items: items.into_iter().map(|item| (item.key.clone(), item)).collect(), ..Book::default() }
    }

    fn row(name: &str, loinc: &str, unit: &str, is_report: bool) -> CodeRow {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
        CodeRow {
            names: some(name),
            loinc: some(loinc),
            units: some(unit),
            reports: u64::from(is_report),
            values: u64::from(!is_report),
            ..CodeRow::default()
        }
    }

    #[test]
    fn names_codes_and_units_suggest_items() {
        let book = book();
        let names = Names::of(&book);
        for (row, item, least) in [
            (row("丙氨酸氨基转移酶", "", "U/L", false), "alt", 98),
            (row("谷丙转氨酶", "", "U/L", false), "alt", 70),
            (row("ALT", "", "", false), "alt", 40),
            (row("x-17", "1742-6", "U/L", false), "alt", 97),
            (row("肝功能检查", "", "", true), "liver", 90),
            (row("bing氨酸氨基转移酶", "", "U/L", false), "alt", 60),
        ] {
            let found = names.suggest(&row);
            let first = found.first().unwrap_or_else(|| panic!("{row:?}"));
            assert_eq!(first.item, item, "{row:?} {found:?}");
            assert!(first.confidence >= least, "{row:?} {found:?}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_never_sure() {
        let book = book();
        let names = Names::of(&book);
        // Another unit, two names under one code, a value that is no panel, nothing alike.
        assert!(names.suggest(&row("丙氨酸氨基转移酶", "", "mmol/L", false))[0].confidence < 90);
        let mut two = row("丙氨酸氨基转移酶", "", "U/L", false);
        two.names.push("胸部CT平扫".to_owned());
        assert!(names.suggest(&two).iter().all(|one| one.confidence <= 70));
        assert!(names.suggest(&row("肝功能", "", "", false)).iter().all(|one| one.item != "liver"));
        assert_eq!(names.suggest(&row("胸部CT平扫", "", "", true)), []);
    }
}
