//! Whether what a client says about a patient agrees with the registration in the record. A contradiction means that the
//! two may be different people; then nothing is decided upon. What one side does not say contradicts nothing.

use crate::program::Words;
use fhir::{Element, Resource, fold};

/// In what two descriptions of a patient contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    Id,
    Identifier,
    Name,
    BirthDate,
    Gender,
    /// The encounter is another patient's.
    Encounter,
}

impl Differs {
    pub const fn words(self) -> Words {
        match self {
            Differs::Id => Words { zh: "患者标识", en: "id" },
            Differs::Identifier => Words { zh: "证件或就诊号码", en: "identifier" },
            Differs::Name => Words { zh: "姓名", en: "name" },
            Differs::BirthDate => Words { zh: "出生日期", en: "birth date" },
            Differs::Gender => Words { zh: "性别", en: "gender" },
            Differs::Encounter => Words { zh: "就诊记录", en: "encounter" },
        }
    }
}

/// The first contradiction between the registration and the Patient that a client sent; none where they agree.
pub fn contradiction(registration: &Resource, sent: &Resource) -> Option<Differs> {
    let (known, sent) = (registration.root(), sent.root());
    let checks = [
        (Differs::Identifier, identifiers_differ(known, sent)),
        (Differs::Name, names_differ(known, sent)),
        (Differs::BirthDate, births_differ(known, sent)),
        (Differs::Gender, genders_differ(known, sent)),
    ];
    checks.into_iter().find(|(_, differ)| *differ).map(|(what, _)| what)
}

/// Identifiers of a Patient that are in use, as system and value.
pub fn identifiers(patient: Element<'_>) -> Vec<(String, String)> {
    let in_use = |found: &Element<'_>| !matches!(text(*found, "use").as_deref(), Some("old" | "temp"));
    let pair = |found: Element<'_>| {
        let value = text(found, "value")?.trim().to_owned();
        Some((text(found, "system")?, value)).filter(|(_, value)| !value.is_empty())
    };
    patient.path("identifier").filter(in_use).filter_map(pair).collect()
}

/// A system in which both have a value, but none in common.
fn identifiers_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let upper = |pairs: Vec<(String, String)>| -> Vec<(String, String)> {
        pairs.into_iter().map(|(system, value)| (system, value.to_uppercase())).collect()
    };
    let (known, sent) = (upper(identifiers(known)), upper(identifiers(sent)));
    sent.iter().any(|(system, _)| {
        let mut same_system = known.iter().filter(|(other, _)| other == system).peekable();
        same_system.peek().is_some() && !same_system.any(|pair| sent.contains(pair))
    })
}

fn names_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let (known, sent) = (names(known), names(sent));
    !known.is_empty() && !sent.is_empty() && !sent.iter().any(|name| known.contains(name))
}

/// Every way in which the names of a Patient may be written in one piece.
fn names(patient: Element<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for name in patient.path("name") {
        let family = text(name, "family").unwrap_or_default();
        let given: String = name.path("given").filter_map(|given| Some(given.str()?.into_owned())).collect();
        found.extend(text(name, "text"));
        found.push(format!("{family}{given}"));
        found.push(format!("{given}{family}"));
    }
    let plain = |name: String| fold(&name).chars().filter(|character| character.is_alphanumeric()).collect::<String>();
    found.into_iter().map(plain).filter(|name| !name.is_empty()).collect()
}

/// A date that is less precise agrees with every day that it may mean.
fn births_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let (Some(known), Some(sent)) = (text(known, "birthDate"), text(sent, "birthDate")) else { return false };
    !known.starts_with(&sent) && !sent.starts_with(&known)
}

fn genders_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let told = |patient| text(patient, "gender").filter(|gender| matches!(gender.as_str(), "male" | "female"));
    matches!((told(known), told(sent)), (Some(known), Some(sent)) if known != sent)
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    Some(element.get(name)?.str()?.into_owned())
}
