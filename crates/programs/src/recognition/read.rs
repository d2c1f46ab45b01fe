//! Reports, values and orders as the record holds them, read into plain values. Nothing is judged here.

use super::model::{Status, Value};
use crate::directory::rows::{extension, targets, text};
use base::Millis;
use base::zone::Zone;
use fhir::{Element, Resource};
use runtime::cards::Coding;
use store::Stored;

/// The extension that carries the mark of mutual recognition, on a report or on a single value.
const MARK: &str = "urn:jingluo:mark";
/// The system of codes of what matters about how a result was made.
const ATTRIBUTE: &str = "urn:jingluo:recognition:attribute";
const SLICE_THICKNESS: &str = "slice-thickness";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// Confidentiality codes that keep a result from others.
const RESTRICTED: [&str; 2] = ["R", "V"];

/// A DiagnosticReport.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub id: String,
    /// Id of the Patient.
    pub patient: String,
    pub institution: Option<String>,
    pub codings: Vec<Coding>,
    pub name: String,
    pub status: Status,
    pub taken: Option<Millis>,
    pub issued: Option<Millis>,
    pub arrived: Millis,
    pub mark: Option<String>,
    pub restricted: bool,
    pub number: Option<(String, String)>,
    /// Ids of the Observations.
    pub results: Vec<String>,
    /// Ids of the ServiceRequests that it answers.
    pub orders: Vec<String>,
    pub specimen: Specimen,
    pub has_study: bool,
}

/// An Observation.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub codings: Vec<Coding>,
    pub name: String,
    pub status: Status,
    pub taken: Option<Millis>,
    pub issued: Option<Millis>,
    pub value: Value,
    pub flag: Option<String>,
    pub range: Option<String>,
    pub mark: Option<String>,
    pub restricted: bool,
    pub method: Option<String>,
    pub instrument: Option<String>,
    pub thickness_um: Option<i64>,
    pub specimen: Specimen,
}

/// What is told of a specimen, and where more of it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Specimen {
    pub kind: Option<String>,
    pub fasting: Option<bool>,
    /// Id of the Specimen, where it is a resource of its own.
    pub id: Option<String>,
}

/// A ServiceRequest.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub id: String,
    pub patient: String,
    pub institution: Option<String>,
    pub codings: Vec<Coding>,
    pub ordered: Option<Millis>,
    pub due: Option<Millis>,
    pub is_open: bool,
    pub restricted: bool,
}

pub fn report(stored: &Stored, resource: &Resource, zone: &Zone) -> Report {
    let root = resource.root();
    let identifier = root
        .path("identifier")
        .find_map(|identifier| Some((text(identifier, "system").unwrap_or_default(), text(identifier, "value")?)));
    Report {
        id: stored.id.clone(),
        patient: targets(root, "subject.reference", "Patient").into_iter().next().unwrap_or_default(),
        institution: super::codes::reaction::institution_of(root),
        codings: codings(root.get("code")),
        name: name(root.get("code")),
        status: Status::named(&text(root, "status").unwrap_or_default()),
        taken: taken(root, zone),
        issued: instant(text(root, "issued"), zone),
        arrived: stored.updated,
        mark: mark(root),
        restricted: is_restricted(root),
        number: identifier,
        results: targets(root, "result.reference", "Observation"),
        orders: targets(root, "basedOn.reference", "ServiceRequest"),
        specimen: specimen(root, root),
        has_study: root.get("imagingStudy").is_some() || root.get("media").is_some(),
    }
}

pub fn reading(resource: &Resource, zone: &Zone) -> Reading {
    let root = resource.root();
    let method = root.get("method").and_then(words);
    Reading {
        codings: codings(root.get("code")),
        name: name(root.get("code")),
        status: Status::named(&text(root, "status").unwrap_or_default()),
        taken: taken(root, zone),
        issued: instant(text(root, "issued"), zone),
        value: value(root),
        flag: root.path("interpretation").find_map(|one| text(one, "coding.code").or_else(|| text(one, "text"))),
        range: root.path("referenceRange").find_map(range),
        mark: mark(root),
        restricted: is_restricted(root),
        method,
        instrument: instrument(root),
        thickness_um: thickness_um(root),
        specimen: specimen(root, root),
    }
}

pub fn request(id: &str, resource: &Resource, zone: &Zone) -> Request {
    let root = resource.root();
    let due = ["occurrenceDateTime", "occurrencePeriod.start"].into_iter().find_map(|path| text(root, path));
    Request {
        id: id.to_owned(),
        patient: targets(root, "subject.reference", "Patient").into_iter().next().unwrap_or_default(),
        institution: super::codes::reaction::institution_of(root)
            .or_else(|| targets(root, "requester.reference", "Organization").into_iter().next()),
        codings: codings(root.get("code")),
        ordered: instant(text(root, "authoredOn"), zone),
        due: instant(due, zone),
        is_open: text(root, "status").as_deref() == Some("active"),
        restricted: is_restricted(root),
    }
}

/// Kind and fasting of a Specimen that is a resource of its own.
pub fn specimen_of(resource: &Resource) -> Specimen {
    of_specimen(resource.root())
}

/// The codings of a CodeableConcept.
pub fn codings(concept: Option<Element<'_>>) -> Vec<Coding> {
    let Some(concept) = concept else { return Vec::new() };
    let coding = |coding: Element<'_>| {
        let code = text(coding, "code")?;
        Some(Coding { system: text(coding, "system").unwrap_or_default(), code, display: text(coding, "display") })
    };
    concept.path("coding").filter_map(coding).collect()
}

/// What a CodeableConcept is called: its text, else the first display, else the first code.
fn name(concept: Option<Element<'_>>) -> String {
    let Some(concept) = concept else { return String::new() };
    words(concept).or_else(|| text(concept, "coding.code")).unwrap_or_default()
}

pub fn words(concept: Element<'_>) -> Option<String> {
    text(concept, "text").or_else(|| text(concept, "coding.display"))
}

fn taken(root: Element<'_>, zone: &Zone) -> Option<Millis> {
    let paths = ["effectiveDateTime", "effectivePeriod.start", "effectiveInstant"];
    instant(paths.into_iter().find_map(|path| text(root, path)), zone)
}

/// By what a result was made: words of `device`, or the type of a Device contained in the Observation.
fn instrument(root: Element<'_>) -> Option<String> {
    let device = root.get("device")?;
    let reference = text(device, "reference").unwrap_or_default();
    let contained = reference.strip_prefix('#').and_then(|id| {
        let held = root.path("contained").find(|one| text(*one, "id").as_deref() == Some(id))?;
        held.get("type").and_then(words).or_else(|| text(held, "deviceName.name"))
    });
    contained.or_else(|| text(device, "display"))
}

/// Thickness of slices, from a component of an image's Observation; the thickest of several.
fn thickness_um(root: Element<'_>) -> Option<i64> {
    let is_thickness = |component: &Element<'_>| {
        component.path("code.coding").any(|coding| {
            text(coding, "system").as_deref() == Some(ATTRIBUTE)
                && text(coding, "code").as_deref() == Some(SLICE_THICKNESS)
        })
    };
    let told = |component: Element<'_>| {
        let quantity = component.get("valueQuantity")?;
        // "Under 2 mm" is no thickness.
        if quantity.get("comparator").is_some() {
            return None;
        }
        let number: f64 = quantity.get("value").and_then(Element::number_text)?.parse().ok()?;
        let um = match text(quantity, "code").or_else(|| text(quantity, "unit"))?.as_str() {
            "mm" => number * 1_000.0,
            "um" | "µm" => number,
            "cm" => number * 10_000.0,
            _ => return None,
        };
        (um > 0.0 && um < 1e9).then_some(um.round() as i64)
    };
    root.path("component").filter(is_thickness).filter_map(told).max()
}

pub fn instant(text: Option<String>, zone: &Zone) -> Option<Millis> {
    fhir::search::parse_date(&text?, zone).map(|period| period.start)
}

fn mark(root: Element<'_>) -> Option<String> {
    let mark = extension(root, MARK)?;
    text(mark, "valueString").or_else(|| text(mark, "valueCode"))
}

/// Whether a resource is kept from others than those who made it.
pub fn is_restricted(root: Element<'_>) -> bool {
    root.path("meta.security").any(|label| {
        text(label, "system").as_deref() == Some(CONFIDENTIALITY)
            && text(label, "code").is_some_and(|code| RESTRICTED.contains(&code.as_str()))
    })
}

fn value(root: Element<'_>) -> Value {
    if let Some(quantity) = root.get("valueQuantity") {
        let Some(number) = quantity.get("value").and_then(Element::number_text) else { return Value::Missing };
        let comparator = text(quantity, "comparator").unwrap_or_default();
        let unit = text(quantity, "code").or_else(|| text(quantity, "unit"));
        let told = text(quantity, "unit").or_else(|| unit.clone()).unwrap_or_default();
        let shown = format!("{comparator}{number} {told}").trim_end().to_owned();
        return Value::Quantity { number: number.to_owned(), unit, shown };
    }
    if let Some(concept) = root.get("valueCodeableConcept") {
        return words(concept).or_else(|| text(concept, "coding.code")).map_or(Value::Missing, Value::Text);
    }
    let texts = ["valueString", "valueDateTime", "valueTime"].into_iter().find_map(|path| text(root, path));
    let number = root.get("valueInteger").and_then(Element::number_text).map(str::to_owned);
    let flag = root.get("valueBoolean").and_then(Element::bool).map(|flag| flag.to_string());
    texts.or(number).or(flag).filter(|text| !text.trim().is_empty()).map_or(Value::Missing, Value::Text)
}

fn range(range: Element<'_>) -> Option<String> {
    let bound = |name: &str| range.get(name)?.get("value")?.number_text();
    match (bound("low"), bound("high")) {
        (Some(low), Some(high)) => Some(format!("{low}–{high}")),
        (Some(low), None) => Some(format!("≥ {low}")),
        (None, Some(high)) => Some(format!("≤ {high}")),
        (None, None) => text(range, "text"),
    }
}

/// What a resource tells of its specimen: a reference with words, one contained in it, or the id of one to be read.
fn specimen(root: Element<'_>, holder: Element<'_>) -> Specimen {
    let Some(reference) = root.path("specimen").next() else { return Specimen::default() };
    let target = text(reference, "reference").unwrap_or_default();
    let told = text(reference, "display");
    if let Some(id) = target.strip_prefix('#') {
        let contained = holder.path("contained").find(|one| text(*one, "id").as_deref() == Some(id));
        let held = contained.map(of_specimen).unwrap_or_default();
        return Specimen { kind: held.kind.or(told), ..held };
    }
    let id = targets(root, "specimen.reference", "Specimen").into_iter().next();
    Specimen { kind: told, fasting: None, id }
}

fn of_specimen(root: Element<'_>) -> Specimen {
    let fasting = root.path("collection.fastingStatusCodeableConcept.coding.code").find_map(Element::str);
    let fasting = fasting.map(|code| code == "F" || code == "FNA");
    Specimen { kind: root.get("type").and_then(words), fasting, id: None }
}
