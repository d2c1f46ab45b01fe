//! A hand-written view of a Patient: what the platform needs to know of a registration.

use fhir::index::Value;
use fhir::{Element, Resource, r4};
use identity::{Day, ResidentNumber, Sex, number};

/// What a registration says about its person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// The first valid resident identity number that is in use.
    pub number: Option<ResidentNumber>,
    /// The number by which the institution knows the person.
    pub local_number: Option<String>,
    /// The official or first name as it is read aloud.
    pub name: String,
    /// Toneless and without spaces; empty for names without Han characters.
    pub pinyin: String,
    /// All names as the registration writes them, in JSON.
    pub names_json: Option<Vec<u8>>,
    pub gender: Option<String>,
    /// As written, with its precision.
    pub birth_date: Option<String>,
    /// The id of the managing Organization, where it is one of this record.
    pub institution: Option<String>,
    /// The display text of the managing Organization's reference.
    pub institution_display: Option<String>,
}

impl Registration {
    /// Reads a Patient. `today` bounds the birth date in an identity number.
    pub fn of(patient: &Resource, today: Day) -> Registration {
        let root = patient.root();
        let organization = root.get("managingOrganization");
        let reference = organization.and_then(|reference| text(reference, "reference"));
        Registration {
            number: identity_number(root, today),
            local_number: local_number(root, today),
            name: shown_name(root),
            pinyin: pinyin(patient),
            names_json: root.get("name").map(|names| names.raw().to_vec()),
            gender: text(root, "gender"),
            birth_date: text(root, "birthDate"),
            institution: reference.and_then(|reference| local_id(&reference, "Organization")),
            institution_display: organization.and_then(|reference| text(reference, "display")),
        }
    }

    /// Whether birth date and gender of the registration agree with what the number tells. An unknown disagrees with
    /// nothing, but a registration without a whole birth date does not confirm the number either.
    pub fn confirms(&self, number: &ResidentNumber) -> bool {
        let (year, month, day) = number.birth_date();
        let same_birth = self.birth_date.as_deref() == Some(format!("{year:04}-{month:02}-{day:02}").as_str());
        let same_sex = match self.gender.as_deref() {
            Some("male") => number.sex() == Sex::Male,
            Some("female") => number.sex() == Sex::Female,
            _ => true,
        };
        same_birth && same_sex
    }
}

/// The id of a reference such as `Organization/12`, if it is one of this type in this record.
pub fn local_id(reference: &str, type_name: &str) -> Option<String> {
    let id = reference.strip_prefix(type_name)?.strip_prefix('/')?;
    let id = id.split_once("/_history/").map_or(id, |(id, _)| id);
    (!id.contains('/')).then(|| id.to_owned())
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    element.get(name)?.str().map(|text| text.into_owned())
}

fn items<'a>(element: Element<'a>, name: &str) -> Vec<Element<'a>> {
    element.get(name).map(|list| list.items().collect()).unwrap_or_default()
}

fn in_use(identifier: Element<'_>) -> bool {
    text(identifier, "use").is_none_or(|usage| usage != "old" && usage != "temp")
}

fn types_of(identifier: Element<'_>) -> Vec<(String, String)> {
    let Some(type_) = identifier.get("type") else { return Vec::new() };
    let codings = items(type_, "coding").into_iter();
    codings.filter_map(|coding| Some((text(coding, "system")?, text(coding, "code")?))).collect()
}

fn is_identity(identifier: Element<'_>) -> bool {
    let types = types_of(identifier);
    let types = types.iter().map(|(system, code)| (system.as_str(), code.as_str()));
    number::is_claimed(text(identifier, "system").as_deref(), types)
}

fn identity_number(root: Element<'_>, today: Day) -> Option<ResidentNumber> {
    items(root, "identifier")
        .into_iter()
        .filter(|identifier| in_use(*identifier) && is_identity(*identifier))
        .filter_map(|identifier| text(identifier, "value"))
        .find_map(|value| ResidentNumber::parse(&value, today).ok())
}

/// The record number (type MR) or else the first identifier that is not an identity number.
fn local_number(root: Element<'_>, today: Day) -> Option<String> {
    let others: Vec<Element<'_>> = items(root, "identifier")
        .into_iter()
        .filter(|identifier| !is_identity(*identifier))
        .filter(|identifier| {
            text(*identifier, "value").is_some_and(|value| ResidentNumber::parse(&value, today).is_err())
        })
        .collect();
    let record = others.iter().find(|identifier| types_of(**identifier).iter().any(|(_, code)| code == "MR"));
    record.or(others.first()).and_then(|identifier| text(*identifier, "value"))
}

fn shown_name(root: Element<'_>) -> String {
    let names = items(root, "name");
    let of_use = |wanted: &str| names.iter().find(|name| text(**name, "use").as_deref() == Some(wanted));
    let chosen = of_use("official").or_else(|| of_use("usual")).or(names.first());
    chosen.map(|name| written_name(*name)).unwrap_or_default()
}

/// The name as one text: Han names family first and without a space, others given names first.
fn written_name(name: Element<'_>) -> String {
    if let Some(text) = text(name, "text") {
        return text;
    }
    let family = text(name, "family").unwrap_or_default();
    let given: Vec<String> =
        items(name, "given").into_iter().filter_map(|given| Some(given.str()?.into_owned())).collect();
    if family.chars().chain(given.iter().flat_map(|given| given.chars())).any(is_han) {
        return format!("{family}{}", given.concat());
    }
    let parts: Vec<&str> = given.iter().map(String::as_str).chain([family.as_str()]).collect();
    parts.join(" ").trim().to_owned()
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The longest reading under the pinyin path: the full one, not the initials.
fn pinyin(patient: &Resource) -> String {
    let path = r4().paths_of(patient.type_id()).iter().find(|path| r4().path(**path).key == "Patient.name#pinyin");
    let Some(path) = path else { return String::new() };
    let values = fhir::extract_paths(patient, &[*path], &base::zone::Zone::default());
    let readings = values.into_iter().filter_map(|value| match value.value {
        Value::Text(reading) => Some(reading),
        _ => None,
    });
    readings
        .reduce(|longest, reading| if reading.len() > longest.len() { reading } else { longest })
        .unwrap_or_default()
}
