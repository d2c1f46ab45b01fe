//! A recorded card, read back from its `DetectedIssue`.

use super::outcome::{Ending, Outcome};
use super::{CODE_SYSTEM, CardKind, Coding, Hook, OUTCOME_SYSTEM, url};
use crate::program::Said;
use crate::residents::local_id;
use base::zone::Zone;
use base::{Error, Millis, Result};
use fhir::{Element, Resource, parse_date};
use serde_json::Value;
use store::Stored;

/// A card that was shown, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub uuid: String,
    pub version: u32,
    /// Of the DetectedIssue: `preliminary` until it is answered, then `final`; `amended` where what it rests on was
    /// withdrawn afterwards.
    pub status: String,
    pub source: String,
    pub use_case: String,
    pub kind: CardKind,
    pub hook: Option<Hook>,
    /// Id of the registration at the asking institution.
    pub patient: String,
    /// Id of the Organization that asked.
    pub institution: Option<String>,
    pub department: Option<String>,
    pub user: Option<String>,
    pub encounter: Option<String>,
    pub order: Option<String>,
    pub shown: Millis,
    /// When the viewer was first opened for it.
    pub opened: Option<Millis>,
    pub summary: Said,
    pub detail: Said,
    /// Resources it rests on, such as `DiagnosticReport/12`.
    pub implicated: Vec<String>,
    pub facts: Vec<(String, Value)>,
    /// Oldest first; the last one holds.
    pub outcomes: Vec<Outcome>,
}

/// How a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was chosen.
    Open,
    /// Closed without a choice, so many times.
    Dismissed(usize),
    Accepted,
    Overridden,
}

impl Recorded {
    /// The card that a stored DetectedIssue is; none where it is an issue of another kind.
    pub fn of(stored: &Stored) -> Result<Option<Recorded>> {
        let resource = stored.resource()?;
        Ok(Recorded::of_resource(&resource)?.map(|card| Recorded { version: stored.version, ..card }))
    }

    /// The same from the resource alone.
    pub fn of_resource(resource: &Resource) -> Result<Option<Recorded>> {
        let root = resource.root();
        let code = root.path("code.coding").find(|coding| text(*coding, "system").as_deref() == Some(CODE_SYSTEM));
        let Some(use_case) = code.and_then(|code| text(code, "code")) else { return Ok(None) };
        let broken = |what: &str| Error::fault(format!("the record of a card has no {what}"));
        let patient = root.text_at("patient.reference").and_then(|target| local_id(&target, "Patient"));
        let english = extension(root, url::ENGLISH);
        let said = |zh: Option<String>, en: &str| {
            let en = english.and_then(|all| extension(all, en)).and_then(|one| text(one, "valueString"));
            Said::new(zh.unwrap_or_default(), en.unwrap_or_default())
        };
        let facts = extension(root, url::FACTS);
        Ok(Some(Recorded {
            uuid: resource.id().ok_or_else(|| broken("id"))?.to_owned(),
            version: resource.version_id().and_then(|version| version.parse().ok()).unwrap_or(0),
            status: text(root, "status").unwrap_or_default(),
            source: valued(root, url::SOURCE, "valueString").unwrap_or_default(),
            use_case,
            kind: valued(root, url::KIND, "valueCode")
                .and_then(|kind| CardKind::named(&kind))
                .unwrap_or(CardKind::Information),
            hook: valued(root, url::HOOK, "valueCode").and_then(|hook| Hook::named(&hook)),
            patient: patient.ok_or_else(|| broken("patient"))?,
            institution: extension(root, url::INSTITUTION)
                .and_then(|found| found.text_at("valueReference.reference"))
                .and_then(|target| local_id(&target, "Organization")),
            department: valued(root, url::DEPARTMENT, "valueString"),
            user: valued(root, url::USER, "valueString"),
            encounter: valued(root, url::ENCOUNTER, "valueString"),
            order: valued(root, url::ORDER, "valueString"),
            shown: text(root, "identifiedDateTime").and_then(|at| instant(&at)).ok_or_else(|| broken("time"))?,
            opened: valued(root, url::OPENED, "valueInstant").and_then(|at| instant(&at)),
            summary: said(root.text_at("code.text").map(Into::into), "summary"),
            detail: said(text(root, "detail"), "detail"),
            implicated: root
                .path("implicated.reference")
                .filter_map(|target| Some(target.str()?.into_owned()))
                .collect(),
            facts: facts.map(facts_of).unwrap_or_default(),
            outcomes: root.path("mitigation").filter_map(outcome_of).collect(),
        }))
    }

    pub fn standing(&self) -> Standing {
        match self.outcomes.last().map(|last| last.ending) {
            None => Standing::Open,
            Some(Ending::Accepted) => Standing::Accepted,
            Some(Ending::Overridden) => Standing::Overridden,
            Some(Ending::Dismissed) => {
                let dismissals = self.outcomes.iter().filter(|outcome| outcome.ending == Ending::Dismissed);
                Standing::Dismissed(dismissals.count())
            }
        }
    }

    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

fn outcome_of(mitigation: Element<'_>) -> Option<Outcome> {
    let read = |coding: Element<'_>| {
        let system = text(coding, "system").unwrap_or_default();
        Some(Coding { system, code: text(coding, "code")?, display: text(coding, "display") })
    };
    let codings: Vec<Coding> = mitigation.path("action.coding").filter_map(read).collect();
    let ending = codings.iter().find(|coding| coding.system == OUTCOME_SYSTEM)?;
    Some(Outcome {
        ending: Ending::named(&ending.code)?,
        reason: codings.iter().find(|coding| coding.system != OUTCOME_SYSTEM).cloned(),
        text: mitigation.text_at("action.text").map(Into::into),
        at: text(mitigation, "date").and_then(|at| instant(&at)),
        by: valued(mitigation, url::USER, "valueString"),
        facts: extension(mitigation, url::FACTS).map(facts_of).unwrap_or_default(),
    })
}

/// The facts below an extension: a name that stands several times is a list.
fn facts_of(facts: Element<'_>) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = Vec::new();
    for fact in facts.path("extension") {
        let Some(name) = text(fact, "url") else { continue };
        let value = fact.members().find(|(member, _)| member.starts_with("value")).map(|(_, value)| value);
        let Some(value) = value.and_then(|value| serde_json::from_slice(value.raw()).ok()) else { continue };
        match found.iter_mut().find(|(known, _)| *known == name) {
            None => found.push((name, value)),
            Some((_, Value::Array(values))) => values.push(value),
            Some((_, single)) => *single = Value::Array(vec![single.take(), value]),
        }
    }
    found
}

fn extension<'a>(element: Element<'a>, url: &str) -> Option<Element<'a>> {
    element.path("extension").find(|found| text(*found, "url").as_deref() == Some(url))
}

fn valued(element: Element<'_>, url: &str, member: &str) -> Option<String> {
    text(extension(element, url)?, member)
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    Some(element.get(name)?.str()?.into_owned())
}

fn instant(text: &str) -> Option<Millis> {
    parse_date(text, &Zone::default()).map(|period| period.start)
}
