//! What a card source is, what it is asked, and a card.

use super::Recorded;
use crate::care::Care;
use crate::program::{Env, Said, Words};
use base::{Cx, Result};
use fhir::Resource;
use serde_json::Value;

/// Where the cards of a program come from.
pub struct CardSource {
    /// `program` or `program-noun`; never changed.
    pub name: &'static str,
    pub title: Words,
    pub about: Words,
    /// The code that a shown card is recorded under.
    pub use_case: &'static str,
    pub hooks: &'static [Hook],
    /// What a client may send along (name, query); a card never rests on it alone.
    pub prefetch: &'static [(&'static str, &'static str)],
    pub cards: fn(&Cx, &Env, &Asked) -> Result<Vec<Card>>,
    /// For what reasons its cards may be overridden today.
    pub reasons: fn(&Cx, &Env) -> Result<Vec<Reason>>,
    /// What the viewer shows for a card; none where it shows nothing.
    pub view: Option<View>,
}

/// From a card that was shown to what is behind it, read with `care.cx`. Addresses of pictures and attachments in the
/// answer begin with the text given last: `{base}/images/ImagingStudy/{id}`, `{base}/attachment/{Type}/{id}?path=…`.
/// Whoever holds a viewer's link may load exactly the addresses that stand in the answer.
pub type View = fn(&Cx, &Env, &Care, &Recorded, &str) -> Result<Value>;

/// The moment in which cards are asked for, by its name in CDS Hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    OrderSelect,
    OrderSign,
    PatientView,
}

/// What a source is asked.
pub struct Asked {
    pub hook: Hook,
    /// The resident, by the registration at the asking institution; read other institutions' data with `care.cx`.
    pub care: Care,
    /// Id of the registration, and the registration itself.
    pub patient: String,
    pub registration: Resource,
    /// Id of the Organization that asks.
    pub institution: Option<String>,
    /// Id of the Encounter and the Encounter itself: as it is in the record, else as the client sent it along.
    pub encounter: Option<(String, Resource)>,
    /// Id of the Encounter as the client names it, whether or not there is one.
    pub encounter_id: Option<String>,
    /// Who orders, as the client names it.
    pub user: Option<String>,
    /// The department, as the client names it.
    pub department: Option<String>,
    pub orders: Vec<Order>,
}

/// An examination or medicine that is about to be ordered.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// As the client names it, to be referred to in suggestions (`ServiceRequest/draft-1`).
    pub id: String,
    /// Type of the resource.
    pub resource: String,
    pub codings: Vec<Coding>,
    pub text: Option<String>,
    /// Why it is ordered, as written.
    pub reasons: Vec<String>,
    /// How it is to be done, as written (`ServiceRequest.orderDetail`).
    pub details: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    pub system: String,
    pub code: String,
    pub display: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    Info,
    Warning,
    Critical,
}

/// Whether a card asks for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    Offer,
    Information,
}

pub struct Card {
    /// What makes it the same card when it is asked for again for this patient in this encounter, beside what is
    /// implicated: other results make another card.
    pub subject: String,
    pub kind: CardKind,
    pub indicator: Indicator,
    /// Up to 140 characters each.
    pub summary: Said,
    /// Markdown.
    pub detail: Said,
    /// The higher, the further up.
    pub rank: u32,
    /// The order it is about (`Order::id`).
    pub order: Option<String>,
    /// Accepting it takes the order out.
    pub replaces_order: bool,
    /// Resources it rests on, such as `DiagnosticReport/12`.
    pub implicated: Vec<String>,
    /// Whether the viewer shows something for it.
    pub has_view: bool,
    /// What statistics and explanations need, kept with the record of the card.
    pub facts: Vec<(&'static str, Value)>,
}

/// For what a card is overridden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub system: &'static str,
    pub code: String,
    pub words: Said,
    /// An explanation has to be given with it.
    pub needs_text: bool,
    /// The patient is owed an explanation: the outcome says whether it was given (`TOLD_PATIENT`), or what was said.
    pub tells_patient: bool,
}

impl Hook {
    pub const ALL: [Hook; 3] = [Hook::OrderSelect, Hook::OrderSign, Hook::PatientView];

    /// Its name in CDS Hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Hook::OrderSelect => "order-select",
            Hook::OrderSign => "order-sign",
            Hook::PatientView => "patient-view",
        }
    }

    pub fn named(name: &str) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| hook.name() == name)
    }
}

impl Indicator {
    pub const fn name(self) -> &'static str {
        match self {
            Indicator::Info => "info",
            Indicator::Warning => "warning",
            Indicator::Critical => "critical",
        }
    }
}

impl CardKind {
    pub const fn name(self) -> &'static str {
        match self {
            CardKind::Offer => "offer",
            CardKind::Information => "information",
        }
    }

    pub fn named(name: &str) -> Option<CardKind> {
        [CardKind::Offer, CardKind::Information].into_iter().find(|kind| kind.name() == name)
    }
}
