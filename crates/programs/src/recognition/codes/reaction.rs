//! What is kept about codes: each institution's map and assessment, and which local codes it uses, with counts. The maps
//! have a reaction of their own, so that results streaming in do not make the maps in memory anew.

use super::{CONFIRMED, ITEM_SYSTEM, LOINC, MAP_URL, MapRow, Mapped, QualityRow};
use crate::directory::rows::{extension, targets, text};
use base::zone::Zone;
use base::{Cx, Error, Millis, Result};
use fhir::{Element, parse_date, r4};
use runtime::program::Env;
use runtime::reactions::Reaction;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use store::{Batch, Op, ShelfOp, Store, Stored};

pub const MAP: &str = "recognition.map";
pub const QUALITY: &str = "recognition.quality";
pub const CODE: &str = "recognition.code";

/// The extension of an Organization that tells its quality assessment.
const LABORATORY_QUALITY: &str = "urn:jingluo:laboratory-quality";
const INSTITUTION_SOURCE: &str = "urn:jingluo:institution:";
/// Systems whose codes are no institution's own.
const STANDARDS: [&str; 5] =
    [LOINC, ITEM_SYSTEM, "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.156.10011"];
/// Assessments kept of one institution.
const ASSESSMENTS_MAX: usize = 50;
/// Names and units kept of one code: more tells that the code means more than one thing.
const NAMES_MAX: usize = 4;
const SLICE_ENTRIES_MAX: usize = 1_000;
const PAGE_ROWS: usize = 2_000;
const ROWS_MAX: usize = 1_000_000;

pub const MAPS: Reaction = Reaction {
    name: "recognition-maps",
    types: &["ConceptMap", "Organization"],
    spaces: &[MAP, QUALITY],
    after: &[],
    rest: None,
    slice_entries_max: SLICE_ENTRIES_MAX,
    plan: plan_maps,
};

pub const CODES: Reaction = Reaction {
    name: "recognition-codes",
    types: &["DiagnosticReport", "Observation"],
    spaces: &[CODE],
    after: &[],
    rest: None,
    slice_entries_max: SLICE_ENTRIES_MAX,
    plan: plan_codes,
};

/// A code that an institution uses, as its row holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRow {
    pub institution: String,
    pub system: String,
    pub code: String,
    /// What it was called, the first name first.
    pub names: Vec<String>,
    /// LOINC codes that stood beside it.
    pub loinc: Vec<String>,
    pub units: Vec<String>,
    /// Resources under it: reports, and single values.
    pub reports: u64,
    pub values: u64,
    /// The last month in which it was used (`2026-11`).
    pub last: String,
}

/// The institution that sent a resource.
pub fn institution_of(root: Element<'_>) -> Option<String> {
    let source = text(root, "meta.source");
    let sender = source.as_deref().and_then(|source| source.strip_prefix(INSTITUTION_SOURCE)).map(str::to_owned);
    sender.or_else(|| targets(root, "performer.reference", "Organization").into_iter().next())
}

/// Whether a code of this system is an institution's own.
pub fn is_local(system: &str) -> bool {
    !system.is_empty() && !STANDARDS.iter().any(|standard| system.starts_with(standard))
}

fn plan_maps(_: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut shelves: BTreeMap<(&'static str, &str), Option<Vec<u8>>> = BTreeMap::new();
    for stored in slice {
        let resource = if stored.op == Op::Delete { None } else { Some(stored.resource()?) };
        let root = resource.as_ref().map(|resource| resource.root());
        match r4().type_name(stored.type_) {
            "ConceptMap" => {
                let row = root.and_then(map_row);
                shelves.insert((MAP, &stored.id), row.as_ref().map(written).transpose()?);
            }
            _ => {
                let row = root.and_then(|root| quality_row(&stored.id, root, env.store.zone()));
                shelves.insert((QUALITY, &stored.id), row.as_ref().map(written).transpose()?);
            }
        }
    }
    let mut batch = Batch::default();
    for ((space, key), doc) in shelves {
        if env.store.row_read(space, key)? != doc {
            batch.shelves.push(ShelfOp::Row { space: space.to_owned(), key: key.to_owned(), sort: String::new(), doc });
        }
    }
    Ok(batch)
}

/// The map of an institution; none where a ConceptMap is about something else, or is no longer in use.
pub fn map_row(root: Element<'_>) -> Option<MapRow> {
    let institution = text(root, "url")?.strip_prefix(MAP_URL)?.to_owned();
    if text(root, "status").as_deref() == Some("retired") {
        return None;
    }
    let groups = root.path("group").filter(|group| text(*group, "target").as_deref() == Some(ITEM_SYSTEM));
    let of = |group: Element<'_>| {
        let codes = group.path("element").filter_map(|element| {
            let is_same =
                |target: &Element<'_>| matches!(text(*target, "equivalence").as_deref(), Some("equivalent" | "equal"));
            let target = element.path("target").find(is_same)?;
            let confirmed = extension(element, CONFIRMED).is_some();
            Some(Mapped { code: text(element, "code")?, item: text(target, "code")?, confirmed })
        });
        Some((text(group, "source")?, codes.collect()))
    };
    Some(MapRow { institution, systems: groups.filter_map(of).collect() })
}

fn quality_row(id: &str, root: Element<'_>, zone: &Zone) -> Option<QualityRow> {
    let is_quality = |one: &Element<'_>| text(*one, "url").as_deref() == Some(LABORATORY_QUALITY);
    let mut all = root.path("extension").filter(is_quality).filter_map(|one| quality(id, one, zone));
    let first = all.next()?;
    Some(QualityRow { others: all.take(ASSESSMENTS_MAX - 1).collect(), ..first })
}

/// One assessment: whether it was passed, for which reach, and for which days it speaks.
fn quality(id: &str, found: Element<'_>, zone: &Zone) -> Option<QualityRow> {
    let assessed = extension(found, "assessed")?.get("valueBoolean")?.bool()?;
    let level = extension(found, "mark").and_then(|mark| text(mark, "valueCode")).map(|code| match code.as_str() {
        "national" => "nation".to_owned(),
        _ => code,
    });
    let period = |end: &str| {
        let told = text(extension(found, "period")?, end)?;
        parse_date(&told, zone)
    };
    let day = |at: Millis| zone.day_and_minute(at).0;
    // A month or a year speaks for all its days.
    let from = period("valuePeriod.start").map(|told| day(told.start));
    let to = period("valuePeriod.end").map(|told| day(told.end - 1));
    let (institution, level) = (id.to_owned(), level.filter(|level| level != "none"));
    Some(QualityRow { institution, assessed, level, from, to, others: Vec::new() })
}

/// What a slice adds to one code.
#[derive(Default)]
struct Added {
    row: CodeRow,
    reports: u64,
    values: u64,
}

/// Counts first versions only: a report that is corrected is the same report.
fn plan_codes(_: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut added: HashMap<String, Added> = HashMap::new();
    for stored in slice.iter().filter(|stored| stored.op == Op::Create && stored.version == 1) {
        let resource = stored.resource()?;
        let root = resource.root();
        let Some(institution) = institution_of(root) else { continue };
        let is_report = r4().type_name(stored.type_) == "DiagnosticReport";
        if !is_report && !is_result(root) {
            continue;
        }
        let Some(code) = root.get("code") else { continue };
        let codings: Vec<Element<'_>> = code.path("coding").collect();
        let Some(local) =
            codings.iter().find(|coding| text(**coding, "system").is_some_and(|system| is_local(&system)))
        else {
            continue;
        };
        let (Some(system), Some(value)) = (text(*local, "system"), text(*local, "code")) else { continue };
        let key = key_of(&institution, &system, &value);
        let held = added.entry(key).or_default();
        held.row.institution = institution;
        held.row.system = system;
        held.row.code = value;
        let name = text(*local, "display").or_else(|| text(code, "text"));
        keep(&mut held.row.names, name);
        let loinc = codings.iter().find(|coding| text(**coding, "system").as_deref() == Some(LOINC));
        keep(&mut held.row.loinc, loinc.and_then(|coding| text(*coding, "code")));
        keep(&mut held.row.units, text(root, "valueQuantity.code").or_else(|| text(root, "valueQuantity.unit")));
        let month = text(root, "issued").or_else(|| text(root, "effectiveDateTime")).unwrap_or_default();
        let month = month.get(..7).unwrap_or_default();
        if held.row.last.as_str() < month {
            held.row.last = month.to_owned();
        }
        match is_report {
            true => held.reports += 1,
            false => held.values += 1,
        }
    }
    let mut batch = Batch::default();
    let mut keys: Vec<&String> = added.keys().collect();
    keys.sort();
    for key in keys {
        batch.shelves.push(merged(&env.store, key, &added[key])?);
    }
    Ok(batch)
}

/// Whether an Observation is the result of an examination, and not a measurement or an answer of a health record.
fn is_result(root: Element<'_>) -> bool {
    root.path("category.coding.code").filter_map(Element::str).any(|code| matches!(&*code, "laboratory" | "imaging"))
}

fn merged(store: &Store, key: &str, added: &Added) -> Result<ShelfOp> {
    let mut row = match store.row_read(CODE, key)? {
        Some(doc) => read(&doc)?,
        None => CodeRow { names: Vec::new(), loinc: Vec::new(), units: Vec::new(), ..added.row.clone() },
    };
    added.row.names.iter().for_each(|name| keep(&mut row.names, Some(name.clone())));
    added.row.loinc.iter().for_each(|code| keep(&mut row.loinc, Some(code.clone())));
    added.row.units.iter().for_each(|unit| keep(&mut row.units, Some(unit.clone())));
    row.reports += added.reports;
    row.values += added.values;
    if row.last < added.row.last {
        row.last.clone_from(&added.row.last);
    }
    let sort = sort_of(&row.institution);
    Ok(ShelfOp::Row { space: CODE.to_owned(), key: key.to_owned(), sort, doc: Some(written(&row)?) })
}

fn keep(held: &mut Vec<String>, text: Option<String>) {
    if let Some(text) = text
        && held.len() < NAMES_MAX
        && !held.contains(&text)
    {
        held.push(text);
    }
}

/// Between the parts of a key.
const DIVIDER: char = '\u{1f}';

pub fn key_of(institution: &str, system: &str, code: &str) -> String {
    format!("{institution}{DIVIDER}{system}{DIVIDER}{code}")
}

/// Rows of one institution stand together.
pub fn sort_of(institution: &str) -> String {
    format!("{institution}{DIVIDER}")
}

fn written<T: Serialize>(row: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|_| Error::fault("a row of mutual recognition could not be written"))
}

/// Reads a row of a shelf.
pub fn read<T: DeserializeOwned>(doc: &[u8]) -> Result<T> {
    let wrong = |_| {
        Error::fault("a row of mutual recognition cannot be read; rebuild its shelves with `jingluo check rebuild`")
    };
    serde_json::from_slice(doc).map_err(wrong)
}

/// Every row of a shelf.
pub fn rows<T: DeserializeOwned>(store: &Store, space: &str) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut after = (String::new(), String::new());
    loop {
        let page = store.row_list(space, (&after.0, &after.1), PAGE_ROWS)?;
        for row in &page {
            found.push(read(&row.doc)?);
        }
        if found.len() > ROWS_MAX {
            return Err(Error::too_costly(format!("the shelf `{space}` holds more than {ROWS_MAX} rows")));
        }
        match page.into_iter().next_back() {
            Some(last) => after = (last.sort, last.key),
            None => return Ok(found),
        }
    }
}
