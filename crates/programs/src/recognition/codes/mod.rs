//! From the codes that institutions write to the items of the catalogue: each institution's own map, as confirmed by
//! somebody, and standard codes that mean one item alone. What is mapped by nobody means nothing here.

pub mod reaction;
pub mod suggest;

use super::model::{Assessment, Book, MarkLevel};
use base::Result;
use reaction::{MAP, MAPS, QUALITY, rows};
use runtime::cards::Coding;
use runtime::program::Env;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

pub const LOINC: &str = "http://loinc.org";
/// The system of the catalogue's own keys.
pub const ITEM_SYSTEM: &str = "urn:jingluo:recognition:item";
/// The extension of an element of a map that somebody confirmed on the platform: by which account.
pub const CONFIRMED: &str = "urn:jingluo:recognition:confirmed";
/// How the address of an institution's map begins; the id of its Organization follows.
pub const MAP_URL: &str = "urn:jingluo:recognition:codes:";

/// The map of an institution, as its row holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRow {
    pub institution: String,
    /// System, then its codes.
    pub systems: Vec<(String, Vec<Mapped>)>,
}

/// A code of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    pub code: String,
    pub item: String,
    /// Somebody confirmed it on the platform; otherwise the institution sent it so.
    pub confirmed: bool,
}

/// What an institution's quality assessments came to, as its row holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRow {
    pub institution: String,
    /// Whether the one that the Organization names first was passed.
    pub assessed: bool,
    /// The widest reach of a mark that it was for.
    pub level: Option<String>,
    /// First and last local day for which it speaks (days since 1970-01-01).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i32>,
    /// The same of the other ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<QualityRow>,
}

/// Item of each code of a system, and whether it was confirmed on the platform.
type Codes = HashMap<String, (String, bool)>;

/// All maps and assessments, in memory.
#[derive(Default)]
pub struct Maps {
    /// By institution and system.
    codes: HashMap<String, HashMap<String, Codes>>,
    quality: HashMap<String, Arc<[Assessment]>>,
}

/// What codes mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    Item(String),
    /// No code is mapped.
    Unknown,
    /// The codes name different items.
    Contradiction,
}

/// The maps as of where the reaction's cursor stands.
pub fn maps(env: &Env) -> Result<Arc<Maps>> {
    let mark = env.store.cursor(MAPS.name)?;
    env.kept.at("recognition.maps", mark, || {
        let mut maps = Maps::default();
        for row in rows::<MapRow>(&env.store, MAP)? {
            let of_institution = maps.codes.entry(row.institution).or_default();
            for (system, codes) in row.systems {
                let codes = codes.into_iter().map(|mapped| (mapped.code, (mapped.item, mapped.confirmed)));
                of_institution.entry(system).or_default().extend(codes);
            }
        }
        for row in rows::<QualityRow>(&env.store, QUALITY)? {
            let assessments = [&row].into_iter().chain(&row.others).map(|one| Assessment {
                passed: one.assessed,
                level: one.level.as_deref().and_then(MarkLevel::named),
                from: one.from,
                to: one.to,
            });
            let assessments = assessments.collect();
            maps.quality.insert(row.institution, assessments);
        }
        Ok(maps)
    })
}

impl Maps {
    /// The item that an institution's own code was mapped to.
    pub fn item(&self, institution: &str, system: &str, code: &str) -> Option<&str> {
        self.mapped(institution, system, code).map(|(item, _)| item)
    }

    /// The item that an institution's own code was mapped to, and whether that was confirmed on the platform.
    pub fn mapped(&self, institution: &str, system: &str, code: &str) -> Option<(&str, bool)> {
        let (item, confirmed) = self.codes.get(institution)?.get(system)?.get(code)?;
        Some((item, *confirmed))
    }

    /// System and code of each of an institution's own codes that mean an item.
    pub fn codes_of(&self, institution: &str, item: &str) -> Vec<(String, String)> {
        let systems = self.codes.get(institution).into_iter().flatten();
        let codes = systems.flat_map(|(system, codes)| codes.iter().map(move |(code, (of, _))| (system, code, of)));
        let mut found: Vec<(String, String)> =
            codes.filter(|(.., of)| *of == item).map(|(system, code, _)| (system.clone(), code.clone())).collect();
        found.sort();
        found
    }

    /// System and code of all institutions' codes that mean an item.
    pub fn all_codes_of<'a>(&'a self, item: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let systems = self.codes.values().flatten();
        let codes = systems.flat_map(|(system, codes)| codes.iter().map(move |(code, (of, _))| (system, code, of)));
        codes.filter(move |(.., of)| *of == item).map(|(system, code, _)| (system.as_str(), code.as_str()))
    }

    /// What an institution's quality assessments came to; empty where none is known.
    pub fn assessed(&self, institution: &str) -> Arc<[Assessment]> {
        self.quality.get(institution).cloned().unwrap_or_default()
    }

    /// The assessments of every institution.
    pub fn assessments(&self) -> impl Iterator<Item = (&str, &Assessment)> {
        self.quality.iter().flat_map(|(institution, all)| all.iter().map(move |one| (institution.as_str(), one)))
    }

    /// What the codings of an order or a result mean to the asking place.
    pub fn meant(&self, book: &Book, institution: Option<&str>, codings: &[Coding]) -> Meant {
        let mut found: Vec<&str> = Vec::new();
        for coding in codings {
            let own = institution.and_then(|institution| self.item(institution, &coding.system, &coding.code));
            let standard = match coding.system.as_str() {
                LOINC => book.by_loinc.get(&coding.code).map(String::as_str),
                ITEM_SYSTEM => Some(coding.code.as_str()),
                _ => None,
            };
            let known = own.or(standard).filter(|item| book.items.contains_key(*item));
            if let Some(item) = known
                && !found.contains(&item)
            {
                found.push(item);
            }
        }
        match found.as_slice() {
            [] => Meant::Unknown,
            [item] => Meant::Item((*item).to_owned()),
            several => one_holds_all(book, several).map_or(Meant::Contradiction, Meant::Item),
        }
    }
}

/// A panel beside its own part means the panel: laboratories code a panel of one test like the test.
fn one_holds_all(book: &Book, items: &[&str]) -> Option<String> {
    let holds = |panel: &&&str| {
        let parts = &book.items[**panel].parts;
        items.iter().all(|item| item == *panel || parts.iter().any(|part| part == item))
    };
    items.iter().find(holds).map(|panel| (*panel).to_owned())
}
