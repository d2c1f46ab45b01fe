//! Cases as they are reported, and the units they belong to.

use crate::Day;
use base::{Error, Result};
use serde::Serialize;
use std::sync::Arc;

/// What kind of place people share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    Household,
    Class,
    Kitchen,
    Ward,
    Site,
    Kindergarten,
    School,
    Village,
    Community,
    Institution,
    Town,
    County,
    /// The whole area that is watched: where one case is enough, wherever it is.
    Any,
}

impl UnitKind {
    pub const ALL: [UnitKind; 13] = [
        UnitKind::Household,
        UnitKind::Class,
        UnitKind::Kitchen,
        UnitKind::Ward,
        UnitKind::Site,
        UnitKind::Kindergarten,
        UnitKind::School,
        UnitKind::Village,
        UnitKind::Community,
        UnitKind::Institution,
        UnitKind::Town,
        UnitKind::County,
        UnitKind::Any,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            UnitKind::Household => "household",
            UnitKind::Class => "class",
            UnitKind::Kitchen => "kitchen",
            UnitKind::Ward => "ward",
            UnitKind::Site => "site",
            UnitKind::Kindergarten => "kindergarten",
            UnitKind::School => "school",
            UnitKind::Village => "village",
            UnitKind::Community => "community",
            UnitKind::Institution => "institution",
            UnitKind::Town => "town",
            UnitKind::County => "county",
            UnitKind::Any => "any",
        }
    }

    pub fn named(name: &str) -> Result<UnitKind> {
        UnitKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<&str> = UnitKind::ALL.iter().map(|kind| kind.name()).collect();
            Error::invalid(format!("there is no unit kind `{name}`; there are: {}", known.join(", ")))
        })
    }
}

/// A class, a kitchen, a village: those who share it may have infected each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    pub kind: UnitKind,
    pub name: Arc<str>,
}

/// One version of a case. A later version replaces an earlier one as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub version: u32,
    pub id: Arc<str>,
    /// A key or a name of `data/diseases.csv`, or any other name, which then counts as itself alone.
    pub disease: String,
    pub onset: Day,
    /// Every unit that the person belongs to.
    pub units: Vec<Unit>,
    pub death: bool,
    pub admitted: bool,
    /// Found to be no case: counts nowhere.
    pub withdrawn: bool,
}

/// What a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    Cases,
    Deaths,
    Admitted,
}

impl Counted {
    pub const fn name(self) -> &'static str {
        match self {
            Counted::Cases => "cases",
            Counted::Deaths => "deaths",
            Counted::Admitted => "admitted",
        }
    }

    pub fn holds(self, case: &Case) -> bool {
        match self {
            Counted::Cases => true,
            Counted::Deaths => case.death,
            Counted::Admitted => case.admitted,
        }
    }
}

/// Whose threshold a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// A trigger of the reporting rules: from here on a report is due.
    Legal,
    /// A local early warning, below what the law asks for.
    Local,
}

impl RuleKind {
    pub const fn name(self) -> &'static str {
        match self {
            RuleKind::Legal => "legal",
            RuleKind::Local => "local",
        }
    }
}

/// A name with its full-width letters, digits and signs (U+FF01 to U+FF5E) as ASCII, so that `３－１` is `3-1`.
pub fn half_width(name: &str) -> String {
    let one = |sign: char| match sign {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0).unwrap_or(sign),
        '\u{3000}' => ' ',
        other => other,
    };
    name.chars().map(one).collect::<String>().trim().to_owned()
}
