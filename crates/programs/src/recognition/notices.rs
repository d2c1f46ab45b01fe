//! Notices to doctors: a row for each, and that one was read.

use super::CARE;
use super::alert::{Change, FOLLOW_SYSTEM, text};
use super::follow::{ABOUT, type_named};
use base::zone::instant_text;
use base::{Cx, Error, Millis, Result};
use fhir::{Element, parse_date};
use runtime::program::{BodyKind, Env, Given, Operation, Planned, Run, Words};
use runtime::residents::local_id;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Batch, Expect, Op, Put, Write};

/// Notices marked as read at once.
const READ_MAX: usize = 200;
/// On a notice that was read: by which account.
const READ_BY: &str = "urn:jingluo:recognition:read-by";

pub const OPERATION: Operation = Operation {
    name: "notices-read",
    about: Words { zh: "将通知标为已读", en: "Marks notices as read" },
    roles: CARE,
    inputs: &[],
    body: BodyKind::Json,
    run: Run::Write(read),
};

/// A notice that a result was corrected or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRow {
    pub id: String,
    pub sent: Millis,
    pub change: Change,
    /// Id of the Organization whose doctor is told.
    pub institution: String,
    pub department: String,
    pub doctor: String,
    pub patient: String,
    pub item: String,
    pub zh: String,
    pub en: String,
    pub text: String,
    pub text_en: String,
    /// Id of the report, where the notice names one.
    pub report: Option<String>,
    /// Id of the card.
    pub card: String,
    pub read: Option<Millis>,
}

impl NoticeRow {
    /// The notice that a Communication is; none for others.
    pub fn of(id: &str, root: Element<'_>) -> Option<NoticeRow> {
        let category = root.path("category.coding").find(|coding| text(*coding, "system") == FOLLOW_SYSTEM)?;
        let about = root.path("extension").find(|extension| text(*extension, "url") == ABOUT);
        let fact = |name: &str| {
            let found = about.into_iter().flat_map(|about| about.path("extension"));
            let found = found.filter(|fact| text(*fact, "url") == name).map(|fact| text(fact, "valueString")).next();
            found.unwrap_or_default()
        };
        let named = |type_name: &str| {
            let mut references = root.path("about.reference").filter_map(Element::str);
            references.find_map(|reference| local_id(&reference, type_name))
        };
        let at = |name: &str| Some(parse_date(&text(root, name), &base::zone::Zone::default())?.start);
        let payload = |nth: usize| {
            let said = root.path("payload.contentString").nth(nth).and_then(Element::str);
            said.map(std::borrow::Cow::into_owned).unwrap_or_default()
        };
        Some(NoticeRow {
            id: id.to_owned(),
            sent: at("sent")?,
            change: Change::named(&text(category, "code"))?,
            institution: fact("institution"),
            department: fact("department"),
            doctor: fact("doctor"),
            patient: local_id(&root.text_at("subject.reference")?, "Patient")?,
            item: fact("item"),
            zh: fact("zh"),
            en: fact("en"),
            text: payload(0),
            text_en: payload(1),
            report: named("DiagnosticReport"),
            card: named("DetectedIssue")?,
            read: at("received"),
        })
    }
}

/// `notices-read`: marks notices as read. One that was read before stays as it is.
pub fn read(cx: &Cx, env: &Env, given: &Given) -> Result<Planned> {
    let wrong = || Error::invalid("the body is JSON such as {\"notices\": [\"id\"]}");
    let body: Value = serde_json::from_slice(&given.body).map_err(|_| wrong())?;
    let ids = body["notices"].as_array().ok_or_else(wrong)?;
    if ids.is_empty() || ids.len() > READ_MAX {
        return Err(Error::invalid(format!("`notices` names 1 to {READ_MAX} notices")));
    }
    let type_ = type_named("Communication")?;
    let mut batch = Batch::default();
    let mut seen: Vec<&str> = Vec::new();
    for id in ids {
        let id = id.as_str().ok_or_else(wrong)?;
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let missing = || Error::not_found(format!("there is no notice `{id}` that this account may see"));
        if !runtime::record::is_id(id) {
            return Err(Error::not_found("there is no notice of this id"));
        }
        let stored = env.store.read(cx, type_, id)?.filter(|stored| stored.op != Op::Delete).ok_or_else(missing)?;
        let row = NoticeRow::of(id, stored.resource()?.root()).ok_or_else(missing)?;
        if row.read.is_some() {
            continue;
        }
        let mut json = Vec::new();
        stored.json(&mut json)?;
        let mut notice: Value =
            serde_json::from_slice(&json).map_err(|_| Error::fault("a Communication is not JSON"))?;
        notice["received"] = instant_text(cx.now()).into();
        let mut extensions = notice["extension"].as_array().cloned().unwrap_or_default();
        extensions.push(json!({ "url": READ_BY, "valueString": cx.who.name.as_ref() }));
        notice["extension"] = extensions.into();
        let resource = fhir::parse(notice.to_string().as_bytes(), &fhir::Limits::default())?;
        let expect = Expect::Version(stored.version);
        batch.writes.push(Write::Put(Put { id: id.to_owned(), resource, expect, source: None }));
    }
    let answer = json!({ "read": batch.writes.len() });
    Ok(Planned { batch, answer })
}
