//! What is decided about: items, rules in force, results as they stand in the record, and the answer.

use base::Millis;
use std::collections::HashMap;
use std::sync::Arc;

/// Differences of clocks up to this are no fault.
pub const CLOCK_TOLERANCE_MILLIS: Millis = 10 * 60_000;
/// An examination ordered elsewhere that is due within so many hours is told of.
pub const PENDING_HOURS_MAX: i64 = 72;
pub const HOUR_MILLIS: Millis = 3_600_000;

/// An examination that can be ordered: a single test, a panel, or an imaging examination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    pub zh: String,
    pub en: String,
    pub kind: ItemKind,
    /// On the list of mutual recognition.
    pub listed: bool,
    /// Codes that mean this item alone.
    pub loinc: Vec<String>,
    /// What it is called elsewhere.
    pub names: Vec<String>,
    /// Materials that are as good as each other; empty where it does not matter or is not known.
    pub specimens: Vec<String>,
    pub fasting: bool,
    pub modality: Option<String>,
    /// UCUM codes a quantity may come in, the usual one first; empty for results in words.
    pub units: Vec<String>,
    pub fen: Option<i64>,
    pub method: MethodRule,
    /// From the plainest to the finest.
    pub methods: Vec<String>,
    /// Classes of instruments, from the plainest to the finest; empty where they do not matter.
    pub instruments: Vec<String>,
    /// The thickest slices that will do, in micrometres.
    pub thickness_max_um: Option<i64>,
    /// Keys of the single tests of a panel.
    pub parts: Vec<String>,
    /// Row and version of the rule.
    pub rule: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ItemKind {
    #[default]
    Lab,
    Imaging,
}

/// Whether it matters how a result was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MethodRule {
    #[default]
    None,
    /// As the own institution makes it.
    Same,
    /// As the own institution makes it, or finer.
    NotLower,
}

impl Item {
    /// What has to be there: the parts of a panel, or the item itself.
    pub fn tests(&self) -> Vec<&str> {
        match self.parts.is_empty() {
            true => vec![self.key.as_str()],
            false => self.parts.iter().map(String::as_str).collect(),
        }
    }
}

/// The situation of the patient at the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatientState {
    Outpatient,
    Inpatient,
    Emergency,
}

/// How far a mark reaches, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkLevel {
    Nation,
    Region,
    Province,
    City,
    District,
    Consortium,
}

/// An external quality assessment of an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    pub passed: bool,
    /// The widest reach that it was assessed for.
    pub level: Option<MarkLevel>,
    /// First and last local day for which it speaks; none: without an end.
    pub from: Option<i32>,
    pub to: Option<i32>,
}

impl Assessment {
    pub fn holds(&self, on: i32) -> bool {
        self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
    }
}

/// A mark of mutual recognition (`全国HR`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub code: String,
    pub level: MarkLevel,
    /// Beginnings of codes of the areas it binds.
    pub areas: Vec<String>,
    pub rule: String,
}

/// A row that holds on certain days, of those with one key in the order in which they outrank each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    pub from: i32,
    pub to: Option<i32>,
    /// The day of the result decides, else that of the order.
    pub by_event: bool,
    pub rule: String,
    pub sure: bool,
    /// It says that nothing holds.
    pub lifted: bool,
    pub value: T,
}

impl<T> Dated<T> {
    pub fn holds(&self, on: i32) -> bool {
        self.from <= on && self.to.is_none_or(|to| on <= to)
    }
}

/// The first of the rows that holds, by the day that each goes by.
pub fn holding<T>(rows: &[Dated<T>], ordered_on: i32, taken_on: i32) -> Option<&Dated<T>> {
    let first = rows.iter().find(|row| row.holds(if row.by_event { taken_on } else { ordered_on }));
    first.filter(|row| !row.lifted)
}

/// The rows of an item's window for one state of the patient and one reach of the mark (none: of any).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub state: PatientState,
    pub level: Option<MarkLevel>,
    pub rows: Vec<Dated<i64>>,
}

/// By item, then its rows; `*` for any item.
pub type Rights = HashMap<String, Vec<Dated<bool>>>;

/// A word in a reason that names a case in which an examination may be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSign {
    pub place: SignPlace,
    pub contains: String,
    pub case: Why,
    pub rule: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignPlace {
    EncounterReason,
    ConditionSeverity,
    OrderReason,
}

/// The rules in force on a day at a place, ready to decide by.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The local day of the order (days since 1970-01-01).
    pub day: i32,
    pub items: HashMap<String, Item>,
    /// Items by LOINC code.
    pub by_loinc: HashMap<String, String>,
    /// By item.
    pub windows: HashMap<String, Vec<Window>>,
    pub marks: HashMap<String, Mark>,
    /// By mark, then by institution; `*` for any institution.
    pub rights: HashMap<String, HashMap<String, Rights>>,
    /// Why an item is never recognised, and the rule.
    pub negatives: HashMap<String, (String, String)>,
    pub signs: Vec<ChangeSign>,
}

impl Book {
    /// The rows of a window, by item, state and reach.
    pub fn window(&self, item: &str, state: PatientState, level: Option<MarkLevel>) -> Option<&[Dated<i64>]> {
        let windows = self.windows.get(item)?;
        let window = windows.iter().find(|window| window.state == state && window.level == level)?;
        Some(&window.rows)
    }

    /// Whether any window may hold for an item ordered in a state.
    pub fn has_window(&self, item: &str, state: PatientState) -> bool {
        let may_hold = |row: &Dated<i64>| !row.lifted && (row.by_event || row.holds(self.day));
        let windows = self.windows.get(item).into_iter().flatten();
        windows.filter(|window| window.state == state).any(|window| window.rows.iter().any(may_hold))
    }

    /// The widest window of an item in a state, or of its parts where it has none of its own.
    pub fn widest_hours(&self, item: &Item, state: PatientState) -> i64 {
        let widest = |key: &str| {
            let windows = self.windows.get(key).into_iter().flatten().filter(|window| window.state == state);
            windows.flat_map(|window| &window.rows).map(|row| row.value).max()
        };
        let parts = || item.parts.iter().filter_map(|part| widest(part)).max();
        widest(&item.key).into_iter().chain(parts()).max().unwrap_or(0)
    }
}

/// Where the order is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Here {
    pub institution: Option<String>,
    /// Code of its district.
    pub district: Option<String>,
    /// The consortia that it belongs to.
    pub consortia: Vec<String>,
}

/// What is known of the moment of the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Reasons of the encounter, as written.
    pub encounter_reasons: Vec<String>,
    /// Severities of the encounter's diagnoses, as written.
    pub severities: Vec<String>,
    /// Reasons of the order, as written.
    pub order_reasons: Vec<String>,
    /// How the own institution makes the item now, as far as its own reports tell.
    pub own_method: Option<String>,
    /// The class of instrument that the order asks for.
    pub own_instrument: Option<String>,
}

/// A result of an item as it stands in the record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Key of the item; none where the codes mean nothing here.
    pub item: Option<String>,
    /// What the sender calls it.
    pub name: String,
    pub report: String,
    pub report_name: String,
    /// Id of the Observation that holds the value.
    pub observation: Option<String>,
    pub institution: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// The consortia of that institution.
    pub consortia: Vec<String>,
    /// What the external quality assessments of that institution came to.
    pub assessed: Arc<[Assessment]>,
    /// The registration certainly belongs to the resident.
    pub certain: bool,
    pub status: Status,
    pub taken: Option<Millis>,
    pub issued: Option<Millis>,
    /// When the version came into the record.
    pub arrived: Millis,
    pub value: Value,
    /// Interpretation as sent (`H`, `L`, `N` …) and the range it was held against.
    pub flag: Option<String>,
    pub range: Option<String>,
    pub mark: Option<String>,
    pub method: Option<String>,
    /// By what it was made, as written.
    pub instrument: Option<String>,
    /// The thickest of its slices.
    pub thickness_um: Option<i64>,
    pub specimen: Option<String>,
    /// Id of the Specimen, where more about it can be read.
    pub specimen_id: Option<String>,
    pub fasting: Option<bool>,
    pub restricted: bool,
    /// The number that the report carries at its institution: system and value.
    pub number: Option<(String, String)>,
}

/// How far a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Final,
    Corrected,
    Preliminary,
    Withdrawn,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Digits as sent, and UCUM code or, where there is none, the unit as written.
    Quantity {
        number: String,
        unit: Option<String>,
        shown: String,
    },
    Text(String),
    /// The report names no value, or says that there is none.
    #[default]
    Missing,
    /// The report points to a value that the caller may not see.
    Unseen,
}

/// An examination that is ordered and not there yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordered {
    pub item: Option<String>,
    pub order: String,
    pub institution: Option<String>,
    pub institution_name: Option<String>,
    pub ordered: Option<Millis>,
    /// When it is to be made, where the order tells.
    pub due: Option<Millis>,
    pub certain: bool,
}

/// What is asked: may this item be ordered anew, or is it known?
pub struct Question<'a> {
    pub now: Millis,
    pub item: &'a str,
    pub state: PatientState,
    pub here: &'a Here,
    pub results: &'a [Found],
    pub ordered: &'a [Ordered],
    pub circumstances: &'a Circumstances,
    pub book: &'a Book,
    /// The local day of an instant.
    pub day_of: &'a dyn Fn(Millis) -> i32,
}

/// The answer to an order of one item, with what led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub item: String,
    pub state: PatientState,
    pub answer: Answer,
    /// Results that were looked at and do not qualify, newest first.
    pub refused: Vec<Refused>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Every part is there under the rules.
    Offer(Offer),
    /// Some parts are; the rest has to be examined.
    Partly {
        offer: Offer,
        missing: Vec<String>,
    },
    /// Ordered elsewhere and due soon, or there but preliminary.
    Pending(Pending),
    None(Refusal),
}

/// Results that may be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// One a part, in the order of the item's parts.
    pub parts: Vec<Held>,
    /// Reports, the one with the newest part first.
    pub reports: Vec<String>,
}

/// A result that may be used, and by which rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub item: String,
    /// Place in `Question::results`.
    pub result: usize,
    pub age_hours: i64,
    pub window_hours: i64,
    pub window_rule: String,
    pub window_sure: bool,
    /// None for the own institution's result, which needs no mark.
    pub mark: Option<MarkHeld>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkHeld {
    pub code: String,
    pub level: MarkLevel,
    pub mark_rule: String,
    pub right_rule: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The order or report (`ServiceRequest/1`, `DiagnosticReport/1`).
    pub reference: String,
    pub institution: Option<String>,
    pub institution_name: Option<String>,
    pub due: Option<Millis>,
    pub ordered: Option<Millis>,
    /// The report is there, but preliminary.
    pub preliminary: bool,
}

/// Why nothing is offered for the item at all; the refused results tell the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub why: Why,
    /// What the rule says, or the word that gave the sign.
    pub about: Option<String>,
    pub rule: Option<String>,
}

/// A result that does not qualify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Place in `Question::results`.
    pub result: usize,
    pub item: Option<String>,
    pub why: Why,
    pub about: Option<String>,
    pub rule: Option<String>,
}

/// Why a result, or an item, is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    NotOnList,
    NegativeList,
    NoWindow,
    NoResult,
    ConditionChanged,
    ChangesFast,
    BeforeOperation,
    Emergency,
    Appraisal,
    OtherCase,
    TooOld,
    NoMark,
    MarkExpired,
    MarkDoesNotReach,
    OtherMethod,
    OtherInstrument,
    SliceTooThick,
    OtherSpecimen,
    NotFasting,
    Preliminary,
    Withdrawn,
    IdentityNotCertain,
    Restricted,
    OutOfSight,
    UnknownCode,
    WrongUnit,
    NoValue,
    NoTime,
    FutureDate,
    ClockOff,
    DoubledNumber,
    Incomplete,
}
