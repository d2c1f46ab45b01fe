//! What the directory's shelves hold: one small document for each resource, with nothing but what that resource says.
//! What follows from several (the tree, sums of beds) is in `picture`.

use fhir::Element;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The extension that names the area of an address: six digits a district, nine a street, twelve a neighbourhood.
pub const AREA: &str = "urn:jingluo:area";
/// The extension that tells the beds of a ward.
pub const BEDS: &str = "urn:jingluo:beds";
/// The extension of a population Group: `low`, `high`, `male`, `female`.
pub const AGE_BAND: &str = "urn:jingluo:age-band";
/// The system of the code `population` of a Group.
pub const GROUP_SYSTEM: &str = "urn:jingluo:group";
/// HL7's extensions for the boundary of a Location and the time in which an Organization exists.
pub const BOUNDARY: &str = "http://hl7.org/fhir/StructureDefinition/location-boundary-geojson";
pub const PERIOD: &str = "http://hl7.org/fhir/StructureDefinition/organization-period";

pub const INSTITUTION: &str = "directory.institution";
pub const AREA_ROWS: &str = "directory.area";
pub const SITE: &str = "directory.site";
pub const SERVICE: &str = "directory.service";
pub const AFFILIATION: &str = "directory.affiliation";
pub const POPULATION: &str = "directory.population";
pub const POST: &str = "directory.post";
pub const PRACTITIONER: &str = "directory.practitioner";
pub const EQUIPMENT: &str = "directory.equipment";

/// Of an Organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRow {
    pub id: String,
    pub name: String,
    /// Other names.
    pub alias: Vec<String>,
    /// By what it is found: folded names, pinyin, initials and code, divided by bars.
    pub keys: String,
    /// Full pinyin of the name.
    pub order: String,
    /// The 18-character code as sent, right or wrong.
    pub code: Option<String>,
    pub kind: Option<String>,
    pub level: Option<String>,
    /// A department by HL7's own type, where no kind is told.
    pub department: bool,
    /// The area's code, as far as it is known, and what follows from it.
    pub area: Option<String>,
    pub district: Option<String>,
    pub street: Option<String>,
    /// The id of the Organization above.
    pub parent: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub active: bool,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
}

/// Of a Location that is an area.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AreaRow {
    pub id: String,
    pub code: String,
    pub name: String,
    pub keys: String,
    pub order: String,
    /// The id of the Location above.
    pub part_of: Option<String>,
    pub point: Option<(f64, f64)>,
    /// The geometry, as GeoJSON text.
    pub boundary: Option<String>,
    pub active: bool,
}

/// Of any other Location: a site, a building, a ward, a vehicle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteRow {
    pub id: String,
    pub name: String,
    pub keys: String,
    pub order: String,
    /// Code of the physical type: `si`, `bu`, `wa`, `ve` …
    pub kind: Option<String>,
    /// What is done there, as HL7's or the sender's code and words.
    pub function: Vec<(String, String)>,
    pub organization: Option<String>,
    pub part_of: Option<String>,
    pub beds: u64,
    pub point: Option<(f64, f64)>,
    pub active: bool,
}

/// Of a HealthcareService.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRow {
    pub id: String,
    pub name: String,
    pub keys: String,
    pub order: String,
    pub organization: Option<String>,
    /// Code and words of category and type.
    pub kinds: Vec<(String, String)>,
    pub locations: Vec<String>,
    pub phone: Option<String>,
    pub active: bool,
}

/// Of an OrganizationAffiliation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffiliationRow {
    pub id: String,
    /// The one that leads or hosts.
    pub organization: Option<String>,
    pub participant: Option<String>,
    /// The consortium or league, where it is an Organization of its own.
    pub networks: Vec<String>,
    pub kinds: Vec<(String, String)>,
    pub active: bool,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
}

/// Of a Group of the population of an area in a year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationRow {
    pub id: String,
    pub area: String,
    pub year: i32,
    pub total: u64,
    pub bands: Vec<Band>,
}

/// Residents from `low` to `high` completed years; no `high`: and older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    pub low: u32,
    pub high: Option<u32>,
    pub male: u64,
    pub female: u64,
}

/// Of a PractitionerRole, with the name of its Practitioner. `keys` comes first: lists look there before they read on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostRow {
    /// By what it is found: folded name, pinyin, initials, number, divided by bars.
    pub keys: String,
    pub id: String,
    pub practitioner: Option<String>,
    pub name: String,
    pub gender: Option<String>,
    pub organization: Option<String>,
    pub post: Option<(String, String)>,
    /// The professional title, where a second code tells it.
    pub title: Option<(String, String)>,
    pub specialty: Option<(String, String)>,
    pub active: bool,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
}

/// Of a Practitioner: what its posts show, and which posts these are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PractitionerRow {
    pub name: String,
    pub keys: String,
    pub gender: Option<String>,
    pub posts: Vec<String>,
}

/// Of a Device that an institution owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquipmentRow {
    pub keys: String,
    pub id: String,
    pub name: String,
    pub kind: Option<(String, String)>,
    pub organization: Option<String>,
    pub location: Option<String>,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub active: bool,
    pub since: Option<String>,
}

/// The first value at the end of a path.
pub fn text(root: Element<'_>, path: &str) -> Option<String> {
    root.text_at(path).map(Cow::into_owned)
}

/// The id that a reference at the end of a path names, of one type in this record.
pub fn target(root: Element<'_>, path: &str, type_name: &str) -> Option<String> {
    targets(root, path, type_name).into_iter().next()
}

pub fn targets(root: Element<'_>, path: &str, type_name: &str) -> Vec<String> {
    let references = root.path(path).filter_map(Element::str);
    references.filter_map(|reference| id_of(&reference, type_name)).collect()
}

fn id_of(reference: &str, type_name: &str) -> Option<String> {
    let id = reference.strip_prefix(type_name)?.strip_prefix('/')?;
    let id = id.split_once("/_history/").map_or(id, |(id, _)| id);
    (!id.contains('/')).then(|| id.to_owned())
}

/// Code and words of each CodeableConcept at the end of a path: the Chinese words where several are told.
pub fn concepts(root: Element<'_>, path: &str) -> Vec<(String, String)> {
    root.path(path).filter_map(concept).collect()
}

pub fn concept(concept: Element<'_>) -> Option<(String, String)> {
    let code = text(concept, "coding.code");
    let words = text(concept, "text").or_else(|| text(concept, "coding.display"));
    match (code, words) {
        (None, None) => None,
        (Some(code), None) => Some((code.clone(), code)),
        (None, Some(words)) => Some((words.clone(), words)),
        (Some(code), Some(words)) => Some((code, words)),
    }
}

/// The code of one system among the codings at the end of a path.
pub fn code_of(root: Element<'_>, path: &str, system: &str) -> Option<String> {
    let mut codings = root.path(path).filter(|coding| text(*coding, "system").as_deref() == Some(system));
    codings.find_map(|coding| text(coding, "code"))
}

/// The extension of an element with this URL.
pub fn extension<'a>(element: Element<'a>, url: &str) -> Option<Element<'a>> {
    element.path("extension").find(|extension| extension.text_at("url").as_deref() == Some(url))
}

/// A number as text, read.
pub fn number(element: Option<Element<'_>>) -> Option<u64> {
    element?.number_text()?.parse().ok()
}

/// `active` is true unless said otherwise.
pub fn is_active(root: Element<'_>) -> bool {
    root.get("active").and_then(Element::bool).unwrap_or(true)
}

/// Longitude and latitude of a Location.
pub fn point(root: Element<'_>) -> Option<(f64, f64)> {
    let position = root.get("position")?;
    let degree = |name: &str| position.get(name)?.number_text()?.parse::<f64>().ok();
    Some((degree("longitude")?, degree("latitude")?))
}

/// Where something is found by: the folded text itself, pinyin and initials, divided by bars.
pub fn keys(texts: &[&str]) -> String {
    let mut keys: Vec<String> = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        keys.push(fhir::fold(text));
        keys.extend(fhir::name_keys("", text, ""));
    }
    keys.dedup();
    // The bar divides, and a quotation mark or backslash would change their place in JSON.
    let clean = |key: &String| key.replace(['|', '"', '\\'], " ");
    keys.iter().map(clean).collect::<Vec<_>>().join("|")
}

/// The full pinyin of a name, by which lists are put in order; other names stand by themselves.
pub fn order(name: &str) -> String {
    let keys = fhir::name_keys("", name, "");
    keys.into_iter().next().unwrap_or_else(|| fhir::fold(name))
}
