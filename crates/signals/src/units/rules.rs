//! Dated thresholds and what each disease counts as, from tables.

use super::{Counted, RuleKind, UnitKind, half_width};
use crate::Day;
use crate::files::Table;
use base::{Error, Result};
use serde::Serialize;
use std::collections::HashMap;
use std::io::Read;
use std::sync::LazyLock;

/// The longest window, in days: ten years.
pub const WINDOW_DAYS_MAX: u32 = 3_650;

/// From how many of what, where and when a cluster is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub rule: String,
    pub version: String,
    pub kind: RuleKind,
    /// `report`, `outbreak`, `cluster` or `early`; free text for rows from outside.
    pub level: String,
    /// Where it holds: `nation`, `city`, or a code of an area. Who lays rules together picks by it; nothing here does.
    pub scope: String,
    pub diseases: Vec<String>,
    pub units: Vec<UnitKind>,
    pub counted: Counted,
    pub least: u32,
    pub window_days: u32,
    /// The first and the last day of onset on which a window may end; none without a bound.
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    /// `yes` (the text was read), `unsure` (to be held against the text first) or `local`.
    pub sure: String,
    pub source: String,
    pub zh: String,
    pub en: String,
}

impl Rule {
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Rows of a CSV file with the columns of `data/thresholds.csv`; texts may be left out.
    pub fn read(from: impl Read, what: &str) -> Result<Vec<Rule>> {
        let mut table = Table::open(from, what)?;
        let names = ["rule", "diseases", "units", "least", "window_days"];
        let needed = names.map(|name| table.column(&[name]));
        let [rule, diseases, units, least, window] = needed;
        let (rule, diseases, units, least, window) = (rule?, diseases?, units?, least?, window?);
        let texts = ["version", "kind", "level", "scope", "counted", "sure", "source", "zh", "en"];
        let texts = texts.map(|name| table.column_if(&[name]));
        let days = ["valid_from", "valid_to"].map(|name| table.column_if(&[name]));
        let mut rules = Vec::new();
        while table.advance()? {
            let text = |nth: usize| texts[nth].as_ref().map_or("", |column| table.text(column)).to_owned();
            let day = |nth: usize| match &days[nth] {
                Some(column) if !table.text(column).is_empty() => table.day(column).map(Some),
                _ => Ok(None),
            };
            let whole = |column, low: f64, high: f64| {
                let number = table.count(column)?;
                if !(low..=high).contains(&number) {
                    return Err(table.wrong(column, &format!("is out of range; give {low} to {high}")));
                }
                Ok(number as u32)
            };
            let kinds = list(table.text(&units));
            let kinds = kinds.iter().map(|name| UnitKind::named(name)).collect::<Result<Vec<UnitKind>>>();
            let counted = match text(4).as_str() {
                "" | "cases" => Counted::Cases,
                "deaths" => Counted::Deaths,
                "admitted" => Counted::Admitted,
                other => {
                    let row = table.row();
                    let text =
                        format!("{what}: row {row}, column `counted`: `{other}`: give cases, deaths or admitted");
                    return Err(Error::invalid(text));
                }
            };
            rules.push(Rule {
                rule: table.text(&rule).to_owned(),
                version: Some(text(0)).filter(|version| !version.is_empty()).unwrap_or_else(|| "1".to_owned()),
                kind: if text(1) == "legal" { RuleKind::Legal } else { RuleKind::Local },
                level: text(2),
                scope: text(3),
                diseases: list(table.text(&diseases)),
                units: kinds.map_err(|error| table.wrong(&units, &format!("is refused: {}", error.text())))?,
                counted,
                least: whole(&least, 1.0, 1e9)?,
                window_days: whole(&window, 1.0, f64::from(WINDOW_DAYS_MAX))?,
                valid_from: day(0)?,
                valid_to: day(1)?,
                sure: text(5),
                source: text(6),
                zh: text(7),
                en: text(8),
            });
        }
        Ok(rules)
    }
}

fn list(text: &str) -> Vec<String> {
    text.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The thresholds that come with the engine.
pub fn thresholds() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        Rule::read(include_str!("data/thresholds.csv").as_bytes(), "thresholds.csv").expect("the shipped thresholds")
    });
    &RULES
}

/// Names of diseases and what each counts as.
#[derive(Clone, Debug, Default)]
pub struct Diseases {
    /// By key and by each name, as `plain` writes it: the key, then what it counts as.
    keys: HashMap<String, Vec<String>>,
}

impl Diseases {
    /// Rows of a CSV file with the columns `disease`, `zh` and `en` (names) and `counts_as`, lists parted by `|`.
    pub fn read(from: impl Read, what: &str) -> Result<Diseases> {
        let mut table = Table::open(from, what)?;
        let disease = table.column(&["disease"])?;
        let names = ["zh", "en"].map(|name| table.column_if(&[name]));
        let counts_as = table.column(&["counts_as"])?;
        let mut diseases = Diseases::default();
        while table.advance()? {
            let key = table.text(&disease).to_owned();
            let mut all = vec![key.clone()];
            all.extend(list(table.text(&counts_as)));
            for name in names.iter().flatten().flat_map(|column| list(table.text(column))) {
                diseases.keys.insert(plain(&name), all.clone());
            }
            diseases.keys.insert(plain(&key), all);
        }
        Ok(diseases)
    }

    /// The keys under which a disease is counted, its own first; `Measles` is `measles`, `hfmd` is `hand-foot-mouth`.
    pub fn keys(&self, disease: &str) -> Vec<String> {
        self.keys.get(&plain(disease)).cloned().unwrap_or_else(|| vec![disease.to_owned()])
    }

    /// Whether the table has this disease, by key or by name.
    pub fn knows(&self, disease: &str) -> bool {
        self.keys.contains_key(&plain(disease))
    }

    /// The keys of the table, in no order; one for each name.
    pub(super) fn all(&self) -> impl Iterator<Item = &[String]> {
        self.keys.values().map(Vec::as_slice)
    }
}

/// The name of a disease in small letters, half-width, with hyphens for spaces.
fn plain(name: &str) -> String {
    half_width(name).to_lowercase().replace([' ', '_'], "-").replace(',', "")
}

/// The table that comes with the engine.
pub fn diseases() -> &'static Diseases {
    static DISEASES: LazyLock<Diseases> = LazyLock::new(|| {
        Diseases::read(include_str!("data/diseases.csv").as_bytes(), "diseases.csv").expect("the shipped diseases")
    });
    &DISEASES
}
