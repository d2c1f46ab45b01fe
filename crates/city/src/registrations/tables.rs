//! Which characters clerks confuse: by sound, by shape, by script.

use crate::model::{Name, Sex};
use crate::people::names::TABLES;
use crate::people::pyramid::CENSUS;
use crate::rng::Rng;
use pinyin::ToPinyin;
use std::collections::HashMap;

const DATA: &str = include_str!("../../data/characters.csv");
/// Names drawn to find how many of all names an error can befall.
const SAMPLE: u64 = 6000;

/// Kinds of errors that replace characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    Homophone,
    Shape,
    Script,
}

pub struct Tables {
    sounds: HashMap<char, &'static str>,
    homophones: HashMap<&'static str, Vec<char>>,
    shapes: HashMap<char, Vec<char>>,
    traditional: HashMap<char, char>,
    rare: HashMap<char, char>,
    /// Share of names that each kind can befall: a kind's rate is divided by it, so that so many of all registrations carry it.
    pub coverage: [f64; 3],
}

impl Tables {
    pub fn build() -> Tables {
        let row = |kind: &str| DATA.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(',')).unwrap_or("");
        let mut sounds = HashMap::new();
        let mut homophones: HashMap<&'static str, Vec<char>> = HashMap::new();
        for letter in row("characters").chars() {
            if let Some(sound) = letter.to_pinyin() {
                homophones.entry(sound.plain()).or_default().push(letter);
            }
        }
        let mut shapes: HashMap<char, Vec<char>> = HashMap::new();
        for (a, b) in pairs(row("similar")) {
            shapes.entry(a).or_default().push(b);
            shapes.entry(b).or_default().push(a);
        }
        for letter in TABLES.surnames.iter().flat_map(|surname| surname.chars()).chain(row("characters").chars()) {
            if let Some(sound) = letter.to_pinyin() {
                sounds.insert(letter, sound.plain());
            }
        }
        let traditional = pairs(row("traditional")).collect();
        let rare = pairs(row("rare")).collect();
        let mut tables = Tables { sounds, homophones, shapes, traditional, rare, coverage: [1.0; 3] };
        tables.coverage = tables.measure();
        tables
    }

    fn measure(&self) -> [f64; 3] {
        let mut found = [0; 3];
        for nth in 0..SAMPLE {
            let mut rng = Rng::of(0, 0, nth);
            let sex = if nth % 2 == 0 { Sex::Female } else { Sex::Male };
            let age = rng.below(85) as i32;
            let name = TABLES.name(sex, CENSUS - age * 365, &mut rng);
            for (kind, slip) in [Slip::Homophone, Slip::Shape, Slip::Script].into_iter().enumerate() {
                found[kind] += i32::from(self.slip(&name, slip, &mut rng).is_some());
            }
        }
        found.map(|count| (f64::from(count) / SAMPLE as f64).max(0.05))
    }

    /// The name as a clerk who slips writes it: family and given name; none where the name gives no occasion.
    pub fn slip(&self, name: &Name, kind: Slip, rng: &mut Rng) -> Option<(String, String)> {
        if name.family.is_empty() {
            return None;
        }
        if kind == Slip::Script {
            return self.script(name, rng);
        }
        let letters: Vec<char> = name.family.chars().chain(name.given.as_str().chars()).collect();
        let family = name.family.chars().count();
        // Given names are misheard more often than surnames.
        let start = if rng.chance(0.8) { family } else { 0 };
        for step in 0..letters.len() {
            let at = (start + step) % letters.len();
            let Some(others) = self.alike(letters[at], kind) else { continue };
            let other = *rng.pick(&others);
            let mut changed = letters.clone();
            changed[at] = other;
            return Some((changed[..family].iter().collect(), changed[family..].iter().collect()));
        }
        None
    }

    fn alike(&self, letter: char, kind: Slip) -> Option<Vec<char>> {
        let found = match kind {
            Slip::Homophone => {
                let sound = self.sound(letter)?;
                let all = self.homophones.get(sound)?;
                all.iter().copied().filter(|other| *other != letter).collect()
            }
            _ => self.shapes.get(&letter)?.clone(),
        };
        (!found.is_empty()).then_some(found)
    }

    /// All characters in traditional script, or one of the given name as a rare character of the same sound.
    fn script(&self, name: &Name, rng: &mut Rng) -> Option<(String, String)> {
        let given = name.given.as_str();
        let rare: String = given.chars().map(|letter| *self.rare.get(&letter).unwrap_or(&letter)).collect();
        if rare != given && rng.chance(0.4) {
            return Some((name.family.to_owned(), rare));
        }
        let old = |text: &str| text.chars().map(|letter| *self.traditional.get(&letter).unwrap_or(&letter)).collect();
        let (family, written): (String, String) = (old(name.family), old(given));
        if family != name.family || written != given {
            return Some((family, written));
        }
        (rare != given).then(|| (name.family.to_owned(), rare))
    }

    fn sound(&self, letter: char) -> Option<&'static str> {
        self.sounds.get(&letter).copied().or_else(|| letter.to_pinyin().map(|sound| sound.plain()))
    }

    /// `ZHANG` of 张; characters without a sound are left out.
    pub fn spelled(&self, text: &str) -> String {
        let spell = |letter: char| self.sound(letter).unwrap_or_default().replace('ü', "v").to_uppercase();
        text.chars().map(spell).collect()
    }
}

fn pairs(row: &'static str) -> impl Iterator<Item = (char, char)> {
    row.split_whitespace().filter_map(|pair| {
        let mut letters = pair.chars();
        Some((letters.next()?, letters.next()?))
    })
}
