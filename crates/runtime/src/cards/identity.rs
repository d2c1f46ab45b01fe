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

fn upper(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(system, value)| (system, value.to_uppercase())).collect()
}

/// A system in which both have a value, but none in common.
fn identifiers_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let (known, sent) = (upper(identifiers(known)), upper(identifiers(sent)));
    sent.iter().any(|(system, _)| {
        let mut same_system = known.iter().filter(|(other, _)| other == system).peekable();
        same_system.peek().is_some() && !same_system.any(|pair| sent.contains(pair))
    })
}

/// A name in Latin letters is held against the pinyin of one in Han characters. Many names are written alike in it, so it
/// agrees only where birth date, sex and an identifier are told by both and are the same.
fn names_differ(known: Element<'_>, sent: Element<'_>) -> bool {
    let (of_known, of_sent) = (names(known), names(sent));
    if of_known.is_empty() || of_sent.is_empty() || of_sent.iter().any(|name| of_known.contains(name)) {
        return false;
    }
    let is_spelled = |spellings: Vec<String>, latin: &[String]| spellings.iter().any(|name| latin.contains(name));
    let spelled = match (has_han(&of_known), has_han(&of_sent)) {
        (true, false) => is_spelled(spellings(known), &of_sent),
        (false, true) => is_spelled(spellings(sent), &of_known),
        _ => false,
    };
    !(spelled && is_confirmed(known, sent))
}

fn has_han(names: &[String]) -> bool {
    names.iter().any(|name| name.chars().any(fhir::is_han))
}

/// Every way in which the names of a Patient in Han characters may be spelled.
fn spellings(patient: Element<'_>) -> Vec<String> {
    let spelled = |name: Element<'_>| {
        let given: String = name.path("given").filter_map(|given| Some(given.str()?.into_owned())).collect();
        let (family, whole) = (text(name, "family").unwrap_or_default(), text(name, "text").unwrap_or_default());
        fhir::name_spellings(family.trim(), given.trim(), whole.trim())
    };
    patient.path("name").flat_map(spelled).collect()
}

/// Both tell the whole birth date, the sex and an identifier, and the same ones.
fn is_confirmed(known: Element<'_>, sent: Element<'_>) -> bool {
    let same = |name: &str, is_whole: fn(&str) -> bool| {
        text(known, name).is_some_and(|value| is_whole(&value) && text(sent, name).as_ref() == Some(&value))
    };
    let (of_known, of_sent) = (upper(identifiers(known)), upper(identifiers(sent)));
    same("birthDate", |date| date.len() == 10)
        && same("gender", |gender| matches!(gender, "male" | "female"))
        && of_sent.iter().any(|pair| of_known.contains(pair))
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
