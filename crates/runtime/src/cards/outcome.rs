//! What became of a card: accepted, overridden with a reason, closed without a choice, opened in the viewer.

use super::recorded::Recorded;
use super::{CardKind, Coding, OUTCOME_SYSTEM, TOLD_PATIENT, issue, url};
use base::zone::instant_text;
use base::{Cx, Error, Millis, Result};
use fhir::r4;
use serde_json::{Value, json};
use store::{Batch, Expect, Op, Put, Store, Stored, Write};

/// Outcomes of one card; a client that sends more is in a loop.
pub const OUTCOMES_MAX: usize = 50;
/// Characters of an explanation.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// Characters of a reason's code, system and display, and of who chose.
const NAME_CHARS_MAX: usize = 200;

/// What somebody chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub ending: Ending,
    /// Why it was overridden. The display is what somebody reads who cannot look the code up.
    pub reason: Option<Coding>,
    /// The explanation.
    pub text: Option<String>,
    /// When it was chosen; none for now.
    pub at: Option<Millis>,
    /// Who chose, as the client names it; none for who was shown the card.
    pub by: Option<String>,
    /// What else is to be kept with it.
    pub facts: Vec<(String, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// What the card suggests was done.
    Accepted,
    /// It was not, for a reason.
    Overridden,
    /// Closed without a choice: counts as unanswered.
    Dismissed,
}

/// A card as it stands after an outcome, and what has to be written; nothing where the outcome was known.
pub struct Kept {
    pub card: Recorded,
    pub batch: Batch,
}

impl Ending {
    pub const fn name(self) -> &'static str {
        match self {
            Ending::Accepted => "accepted",
            Ending::Overridden => "overridden",
            Ending::Dismissed => "dismissed",
        }
    }

    pub fn named(name: &str) -> Option<Ending> {
        [Ending::Accepted, Ending::Overridden, Ending::Dismissed].into_iter().find(|ending| ending.name() == name)
    }
}

/// A card that the caller may see.
pub fn read(cx: &Cx, store: &Store, uuid: &str) -> Result<Recorded> {
    Ok(current(cx, store, uuid)?.1)
}

/// Plans an outcome. The same outcome again changes nothing; another one is added, and the last one holds.
pub fn outcome(cx: &Cx, store: &Store, uuid: &str, outcome: Outcome) -> Result<Kept> {
    let (stored, mut card) = current(cx, store, uuid)?;
    check(&card, &outcome)?;
    // A clock that is off does not put a decision into the future, or before what was decided upon.
    let at = outcome.at.unwrap_or(cx.now()).max(card.shown).min(cx.now());
    let outcome = Outcome { at: Some(at), ..outcome };
    if card.outcomes.last().is_some_and(|last| is_same(last, &outcome)) {
        return Ok(Kept { card, batch: Batch::default() });
    }
    if card.outcomes.len() >= OUTCOMES_MAX {
        let text = format!("this card has `{OUTCOMES_MAX}` outcomes already; no more are taken");
        return Err(Error::precondition(text));
    }
    let mut resource = json_of(&stored)?;
    let mitigations = resource["mitigation"].as_array().cloned().unwrap_or_default();
    resource["mitigation"] = mitigations.into_iter().chain([mitigation(&outcome, at)]).collect();
    // What was amended stays so: the reader has to see that what the card rests on was withdrawn.
    if outcome.ending != Ending::Dismissed && card.status == "preliminary" {
        resource["status"] = "final".into();
        card.status = "final".to_owned();
    }
    card.outcomes.push(outcome);
    Ok(Kept { card, batch: replace(&stored, &resource)? })
}

fn check(card: &Recorded, outcome: &Outcome) -> Result<()> {
    if outcome.text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
        return Err(Error::invalid(format!("an explanation has at most {TEXT_CHARS_MAX} characters")));
    }
    let reason =
        outcome.reason.iter().flat_map(|reason| [Some(&reason.system), Some(&reason.code), reason.display.as_ref()]);
    let named = reason.flatten().chain(&outcome.by);
    let is_wrong = |text: &String| text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control);
    if named.into_iter().any(is_wrong) {
        let text = format!("a reason and a user have at most {NAME_CHARS_MAX} characters, none of them a control one");
        return Err(Error::invalid(text));
    }
    if card.kind == CardKind::Information && outcome.ending != Ending::Dismissed {
        return Err(Error::invalid(format!("the card `{}` informs only and asks for no decision", card.uuid)));
    }
    Ok(())
}

/// Plans the note that the viewer was opened for a card; nothing where it was before.
pub fn open(cx: &Cx, store: &Store, uuid: &str) -> Result<Kept> {
    let (stored, mut card) = current(cx, store, uuid)?;
    if card.opened.is_some() {
        return Ok(Kept { card, batch: Batch::default() });
    }
    let now = cx.now();
    let mut resource = json_of(&stored)?;
    let extensions = resource["extension"].as_array().cloned().unwrap_or_default();
    let opened = json!({ "url": url::OPENED, "valueInstant": instant_text(now) });
    resource["extension"] = extensions.into_iter().chain([opened]).collect();
    card.opened = Some(now);
    Ok(Kept { card, batch: replace(&stored, &resource)? })
}

fn current(cx: &Cx, store: &Store, uuid: &str) -> Result<(Stored, Recorded)> {
    let missing = || {
        let uuid: String = uuid.chars().take(64).collect();
        Error::not_found(format!("there is no card `{uuid}` that this account may see"))
    };
    if !crate::record::is_id(uuid) {
        return Err(missing());
    }
    let type_ = r4().type_named("DetectedIssue").ok_or_else(missing)?;
    let stored = store.read(cx, type_, uuid)?.filter(|stored| stored.op != Op::Delete).ok_or_else(missing)?;
    let card = Recorded::of(&stored)?.ok_or_else(missing)?;
    Ok((stored, card))
}

/// The same choice. One that was closed again later was closed again; whether the patient was told may be said afterwards.
fn is_same(last: &Outcome, new: &Outcome) -> bool {
    let code = |outcome: &Outcome| outcome.reason.as_ref().map(|reason| (reason.system.clone(), reason.code.clone()));
    let choice = (last.ending, code(last), &last.text) == (new.ending, code(new), &new.text);
    let told =
        |outcome: &Outcome| outcome.facts.iter().find(|(name, _)| name == TOLD_PATIENT).map(|(_, told)| told.clone());
    let says_the_same = told(new).is_none() || told(new) == told(last);
    choice && says_the_same && (new.ending != Ending::Dismissed || last.at == new.at)
}

fn mitigation(outcome: &Outcome, at: Millis) -> Value {
    let mut codings = vec![json!({ "system": OUTCOME_SYSTEM, "code": outcome.ending.name() })];
    codings.extend(outcome.reason.iter().map(coding));
    let mut extensions: Vec<Value> = outcome.by.iter().filter_map(|by| issue::valued(url::USER, by)).collect();
    let facts = issue::facts(outcome.facts.iter().map(|(name, value)| (name.as_str(), value)));
    extensions.extend(issue::nested(url::FACTS, facts));
    let mut mitigation = json!({});
    if !extensions.is_empty() {
        mitigation["extension"] = extensions.into();
    }
    mitigation["action"] = json!({ "coding": codings });
    if let Some(text) = outcome.text.as_ref().filter(|text| !text.trim().is_empty()) {
        mitigation["action"]["text"] = text.as_str().into();
    }
    mitigation["date"] = instant_text(at).into();
    mitigation
}

/// FHIR knows no empty text: a code without a system has none.
fn coding(reason: &Coding) -> Value {
    let mut coding = json!({ "code": reason.code });
    let texts = [("system", Some(&reason.system)), ("display", reason.display.as_ref())];
    for (name, text) in texts {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            coding[name] = text.as_str().into();
        }
    }
    coding
}

fn json_of(stored: &Stored) -> Result<Value> {
    let mut json = Vec::new();
    stored.json(&mut json)?;
    serde_json::from_slice(&json).map_err(|_| Error::fault("the record of a card is not JSON"))
}

fn replace(stored: &Stored, resource: &Value) -> Result<Batch> {
    let resource = fhir::parse_trusted(resource.to_string().into_bytes())?;
    let put = Put { id: stored.id.clone(), resource, expect: Expect::Version(stored.version), source: None };
    Ok(Batch { writes: vec![Write::Put(put)], ..Batch::default() })
}
