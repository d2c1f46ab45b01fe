//! A shown card as the figures see it: one row an alert, with how it stands now.

use base::{Millis, Result};
use fhir::{Element, Resource};
use runtime::cards::{CardKind, Ending, Recorded};
use runtime::program::Words;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The use case under which cards of mutual recognition are recorded.
pub const USE_CASE: &str = "recognition";
/// The system of the code in `DetectedIssue.mitigation` that says what became of a result that was relied upon.
pub const FOLLOW_SYSTEM: &str = "urn:jingluo:recognition:follow";
/// The fact of a refusal that says whether the patient was told why.
pub const TOLD: &str = runtime::cards::TOLD_PATIENT;

/// An alert: one card shown for a patient in an encounter, however often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRow {
    pub id: String,
    pub shown: Millis,
    /// It asked for a decision; others inform only, and count in no rate.
    pub offer: bool,
    /// Id of the Organization whose doctor saw it; empty where nobody knows.
    pub institution: String,
    pub department: String,
    pub doctor: String,
    /// Id of the registration at that institution.
    pub patient: String,
    pub item: String,
    /// The item's names as the card gave them.
    pub zh: String,
    pub en: String,
    /// Id of the Organization whose result was shown.
    pub origin: String,
    pub mark: String,
    /// Local price of the examination.
    pub fen: i64,
    pub opened: bool,
    pub outcome: Outcome,
    pub reason: String,
    pub told: Option<bool>,
    pub text: String,
    pub changed: Option<Change>,
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    #[default]
    Unanswered,
    Accepted,
    Overridden,
    /// Closed without a choice: unanswered too.
    Dismissed,
}

/// What became of a result after somebody relied on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Corrected,
    Withdrawn,
    /// Its registration is no longer certainly the patient's.
    Identity,
}

impl AlertRow {
    /// The alert that a DetectedIssue records; none for cards of others, and for what was entered in error.
    pub fn of(resource: &Resource) -> Result<Option<AlertRow>> {
        let Some(card) = Recorded::of_resource(resource)? else { return Ok(None) };
        if card.use_case != USE_CASE || card.status == "entered-in-error" {
            return Ok(None);
        }
        let (outcome, choice) = standing(&card);
        let text = |name: &str| card.fact(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let reason = choice.and_then(|choice| choice.reason.as_ref()).map(|reason| reason.code.clone());
        let told = choice.and_then(|choice| choice.facts.iter().find(|(name, _)| name == TOLD)?.1.as_bool());
        Ok(Some(AlertRow {
            id: card.uuid.clone(),
            shown: card.shown,
            offer: card.kind == CardKind::Offer,
            institution: card.institution.clone().unwrap_or_default(),
            department: card.department.clone().unwrap_or_default(),
            doctor: card.user.clone().unwrap_or_default(),
            patient: card.patient.clone(),
            item: text("item"),
            zh: text("item_zh"),
            en: text("item_en"),
            origin: text("origin"),
            mark: text("mark"),
            fen: card.fact("fen").and_then(Value::as_i64).unwrap_or(0),
            opened: card.opened.is_some(),
            outcome,
            reason: reason.unwrap_or_default(),
            told,
            text: choice.and_then(|choice| choice.text.clone()).unwrap_or_default(),
            changed: changed(resource.root()),
        }))
    }
}

/// The last choice holds. Closing a card after a choice takes nothing back.
fn standing(card: &Recorded) -> (Outcome, Option<&runtime::cards::Outcome>) {
    let choice = card.outcomes.iter().rev().find(|outcome| outcome.ending != Ending::Dismissed);
    match choice.map(|choice| choice.ending) {
        Some(Ending::Accepted) => (Outcome::Accepted, choice),
        Some(_) => (Outcome::Overridden, choice),
        None if card.outcomes.is_empty() => (Outcome::Unanswered, None),
        None => (Outcome::Dismissed, None),
    }
}

/// What the follow-up wrote into the chart last.
fn changed(root: Element<'_>) -> Option<Change> {
    let codings = root.path("mitigation.action.coding");
    let follow = codings.filter(|coding| text(*coding, "system") == FOLLOW_SYSTEM);
    follow.filter_map(|coding| Change::named(&text(coding, "code"))).last()
}

impl Outcome {
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::Unanswered => "unanswered",
            Outcome::Accepted => "accepted",
            Outcome::Overridden => "overridden",
            Outcome::Dismissed => "dismissed",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            Outcome::Unanswered => Words { zh: "未处理", en: "unanswered" },
            Outcome::Accepted => Words { zh: "互认", en: "recognised" },
            Outcome::Overridden => Words { zh: "仍开单", en: "ordered anyway" },
            Outcome::Dismissed => Words { zh: "关闭未选", en: "closed" },
        }
    }
}

impl Change {
    pub const fn code(self) -> &'static str {
        match self {
            Change::Corrected => "corrected",
            Change::Withdrawn => "withdrawn",
            Change::Identity => "identity",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            Change::Corrected => Words { zh: "结果已更正", en: "result corrected" },
            Change::Withdrawn => Words { zh: "结果已撤回", en: "result withdrawn" },
            Change::Identity => Words { zh: "身份关联已撤销", en: "link of identities undone" },
        }
    }

    pub fn named(code: &str) -> Option<Change> {
        [Change::Corrected, Change::Withdrawn, Change::Identity].into_iter().find(|change| change.code() == code)
    }

    /// By the status of a report or result; none for what may still be relied upon as it was.
    pub fn of_status(status: &str) -> Option<Change> {
        match status {
            "corrected" | "amended" => Some(Change::Corrected),
            "cancelled" | "entered-in-error" => Some(Change::Withdrawn),
            _ => None,
        }
    }
}

/// A member that is a text; empty where it is none.
pub fn text(of: Element<'_>, name: &str) -> String {
    of.get(name).and_then(Element::str).map(std::borrow::Cow::into_owned).unwrap_or_default()
}
