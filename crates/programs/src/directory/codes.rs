//! Codes of institution kinds and levels: rows with their dates and source, in `data/`.

use runtime::csv::{self, Line};
use runtime::program::Words;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The systems under which an Organization's `type` carries kind and level.
pub const KIND_SYSTEM: &str = "urn:jingluo:institution-kind";
pub const LEVEL_SYSTEM: &str = "urn:jingluo:institution-level";

/// One code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: String,
    pub zh: String,
    pub en: String,
    /// Of a kind: what it is in the tree. Of a level: the tier, 1 to 3, or 0.
    pub group: String,
    /// First and last day; none where the source names none.
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub source: String,
    /// `yes`, `unsure` or `local`.
    pub sure: String,
}

/// What an Organization is in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Commission,
    Institution,
    Campus,
    Department,
    /// A consortium or league, beside the tree.
    Association,
    /// A school, an employer: a place where people are, no institution of health.
    Place,
}

static KINDS: LazyLock<Vec<Code>> = LazyLock::new(|| read(include_str!("data/kinds.csv")));
static LEVELS: LazyLock<Vec<Code>> = LazyLock::new(|| read(include_str!("data/levels.csv")));

pub fn kinds() -> &'static [Code] {
    &KINDS
}

pub fn levels() -> &'static [Code] {
    &LEVELS
}

pub fn kind(code: &str) -> Option<&'static Code> {
    KINDS.iter().find(|known| known.code == code)
}

pub fn level(code: &str) -> Option<&'static Code> {
    LEVELS.iter().find(|known| known.code == code)
}

/// The code that somebody wrote by its code or by its Chinese or English name, valid on a day (`2026-11-22`).
pub fn meant<'a>(codes: &'a [Code], written: &str, day: &str) -> Option<&'a Code> {
    let wanted = fhir::fold(written);
    let is = |text: &str| fhir::fold(text) == wanted;
    codes.iter().find(|code| (is(&code.code) || is(&code.zh) || is(&code.en)) && code.holds(day))
}

impl Code {
    /// Whether it is valid on a day.
    pub fn holds(&self, day: &str) -> bool {
        self.valid_from.as_deref().is_none_or(|from| from <= day) && self.valid_to.as_deref().is_none_or(|to| day <= to)
    }

    /// `{"code","zh","en"}`
    pub fn tag(&self) -> Value {
        json!({ "code": self.code, "zh": self.zh, "en": self.en })
    }

    pub fn json(&self) -> Value {
        json!({
            "code": self.code, "zh": self.zh, "en": self.en, "group": self.group, "valid_from": self.valid_from,
            "valid_to": self.valid_to, "source": self.source, "sure": self.sure,
        })
    }
}

/// The tag of a code that may be unknown to the lists: then the code stands for itself.
pub fn tag(codes: &[Code], code: Option<&str>) -> Value {
    let Some(code) = code else { return Value::Null };
    match codes.iter().find(|known| known.code == code) {
        Some(known) => known.tag(),
        None => json!({ "code": code, "zh": code, "en": code }),
    }
}

impl Class {
    pub const ALL: [Class; 6] =
        [Class::Commission, Class::Institution, Class::Campus, Class::Department, Class::Association, Class::Place];

    pub const fn name(self) -> &'static str {
        match self {
            Class::Commission => "commission",
            Class::Institution => "institution",
            Class::Campus => "campus",
            Class::Department => "department",
            Class::Association => "association",
            Class::Place => "place",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            Class::Commission => Words { zh: "卫生健康行政部门", en: "Health authority" },
            Class::Institution => Words { zh: "医疗卫生机构", en: "Institution" },
            Class::Campus => Words { zh: "院区", en: "Campus" },
            Class::Department => Words { zh: "科室", en: "Department" },
            Class::Association => Words { zh: "联合体", en: "Association" },
            Class::Place => Words { zh: "场所", en: "Place" },
        }
    }

    pub fn named(name: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.name() == name)
    }

    /// What a kind is in the tree.
    pub fn of_kind(code: &str) -> Option<Class> {
        Class::named(&kind(code)?.group)
    }
}

/// The files are ours and a test reads every row, so a row that cannot be read is left out here.
fn read(text: &str) -> Vec<Code> {
    let lines = csv::read(text.as_bytes(), &csv::Limits::default()).unwrap_or_default();
    lines.iter().skip(1).filter_map(code).collect()
}

fn code(line: &Line) -> Option<Code> {
    let [code, zh, en, group, valid_from, valid_to, source, sure] = line.cells.as_slice() else { return None };
    let day = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(Code {
        code: code.clone(),
        zh: zh.clone(),
        en: en.clone(),
        group: group.clone(),
        valid_from: day(valid_from),
        valid_to: day(valid_to),
        source: source.clone(),
        sure: sure.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_code_lists_is_read() {
        for (text, codes) in [(include_str!("data/kinds.csv"), kinds()), (include_str!("data/levels.csv"), levels())] {
            assert_eq!(codes.len(), text.lines().count() - 1);
            for (nth, code) in codes.iter().enumerate() {
                assert!(!codes[..nth].iter().any(|before| before.code == code.code), "{} twice", code.code);
                assert!(!code.zh.is_empty() && !code.en.is_empty() && !code.source.is_empty(), "{}", code.code);
                assert!(["yes", "unsure", "local"].contains(&code.sure.as_str()), "{}", code.code);
            }
        }
        assert!(kinds().iter().all(|kind| Class::named(&kind.group).is_some()));
        assert!(levels().iter().all(|level| ["0", "1", "2", "3"].contains(&level.group.as_str())));
    }

    #[test]
    fn a_code_is_meant_by_its_code_or_name_within_its_days() {
        let mut codes = kinds().to_vec();
        assert_eq!(meant(&codes, "综合医院", "2026-11-22").map(|code| code.code.as_str()), Some("A100"));
        assert_eq!(meant(&codes, "general HOSPITAL", "2026-11-22").map(|code| code.code.as_str()), Some("A100"));
        codes.iter_mut().for_each(|code| code.valid_to = Some("2025-12-31".to_owned()));
        assert_eq!(meant(&codes, "A100", "2026-11-22"), None);
        assert!(meant(&codes, "A100", "2025-12-31").is_some());
    }
}
