//! What a CDS client sends, read strictly where CDS Hooks is strict and leniently where a hospital's orders are not yet
//! whole. `fhirServer` and `fhirAuthorization` are not used and not kept.
//! <https://cds-hooks.hl7.org/2.0/#http-request_1>

use base::{Error, Result};
use fhir::Resource;
use runtime::cards::{Coding, Hook, Order, Question};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of a call.
pub const CALL_BYTES_MAX: usize = 4 << 20;
/// Characters of an id or name that a client gives.
const NAME_CHARS_MAX: usize = 200;
/// Orders of a call that are read at all.
const ENTRIES_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    hook: String,
    hook_instance: String,
    context: Context,
    prefetch: Option<Prefetch>,
    extension: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    user_id: String,
    patient_id: String,
    encounter_id: Option<String>,
    selections: Option<Vec<String>>,
    draft_orders: Option<Bundle>,
}

/// What was asked for with `services::PREFETCH`; anything else is not read.
#[derive(Deserialize)]
struct Prefetch {
    patient: Option<Value>,
    encounter: Option<Value>,
}

#[derive(Deserialize)]
struct Bundle {
    entry: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    full_url: Option<String>,
    resource: Option<Draft>,
}

/// An order, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Draft {
    resource_type: String,
    id: Option<String>,
    subject: Option<Reference>,
    patient: Option<Reference>,
    code: Option<Concept>,
    code_codeable_concept: Option<Concept>,
    medication_codeable_concept: Option<Concept>,
    reason_code: Option<Vec<Concept>>,
    order_detail: Option<Vec<Concept>>,
}

#[derive(Deserialize)]
struct Reference {
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Concept {
    coding: Option<Vec<SentCoding>>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct SentCoding {
    system: Option<String>,
    code: Option<String>,
    display: Option<String>,
}

/// The question in the body of a call of this hook's service.
pub fn question(bytes: &[u8], hook: Hook) -> Result<Question> {
    if bytes.len() > CALL_BYTES_MAX {
        return Err(Error::too_costly(format!(
            "a call has at most `{CALL_BYTES_MAX}` bytes; send fewer orders at once"
        )));
    }
    let call: Call = serde_json::from_slice(bytes).map_err(flaw)?;
    if call.hook != hook.name() {
        let name = hook.name();
        return Err(Error::invalid(format!("this service is for the hook `{name}`; see `/cds-services`")).at("hook"));
    }
    name("hookInstance", &call.hook_instance)?;
    let context = call.context;
    name("context.userId", &context.user_id)?;
    name("context.patientId", &context.patient_id)?;
    let patient = context.patient_id.strip_prefix("Patient/").unwrap_or(&context.patient_id).to_owned();
    let encounter = context.encounter_id.filter(|id| !id.is_empty());
    if let Some(encounter) = &encounter {
        name("context.encounterId", encounter)?;
    }
    let encounter = encounter.map(|id| id.strip_prefix("Encounter/").unwrap_or(&id).to_owned());
    let drafts = match (hook, context.draft_orders) {
        (Hook::PatientView, _) => Vec::new(),
        (_, Some(bundle)) => bundle.entry.unwrap_or_default(),
        (_, None) => return Err(missing("context.draftOrders")),
    };
    let mut orders = orders(drafts, &patient)?;
    if hook == Hook::OrderSelect {
        let selections = context.selections.ok_or_else(|| missing("context.selections"))?;
        orders = selected(orders, &selections);
    }
    let prefetch = call.prefetch.unwrap_or(Prefetch { patient: None, encounter: None });
    Ok(Question {
        hook,
        patient,
        sent_patient: sent("patient", "Patient", prefetch.patient)?,
        encounter,
        sent_encounter: sent("encounter", "Encounter", prefetch.encounter)?,
        user: Some(context.user_id),
        department: department(call.extension)?,
        orders,
    })
}

/// The orders that were just selected; all where the client names none of them.
fn selected(orders: Vec<Order>, selections: &[String]) -> Vec<Order> {
    let is_selected = |order: &Order| {
        let bare = order.id.rsplit('/').next().unwrap_or_default();
        selections.iter().any(|selection| *selection == order.id || selection == bare)
    };
    if !orders.iter().any(is_selected) {
        return orders;
    }
    orders.into_iter().filter(is_selected).collect()
}

fn orders(entries: Vec<Entry>, patient: &str) -> Result<Vec<Order>> {
    if entries.len() > ENTRIES_MAX {
        return Err(Error::too_costly(format!("a call has at most `{ENTRIES_MAX}` orders; send fewer at once")));
    }
    let mut found = Vec::with_capacity(entries.len());
    for (nth, entry) in entries.into_iter().enumerate() {
        let place = || format!("context.draftOrders.entry[{nth}].resource");
        let Some(draft) = entry.resource else { return Err(missing(&place())) };
        let subject = draft.subject.or(draft.patient).and_then(|subject| subject.reference);
        let named = subject.as_deref().and_then(|subject| subject.rsplit_once("Patient/"));
        let named = named.and_then(|(_, id)| id.split('/').next());
        if named.is_some_and(|id| id != patient) {
            return Err(Error::invalid("the order is for another patient than `context.patientId`").at(place()));
        }
        let resource = draft.resource_type;
        name("resourceType", &resource).map_err(|error| error.at(place()))?;
        let id = match (draft.id, entry.full_url) {
            (Some(id), _) => format!("{resource}/{id}"),
            (None, Some(url)) => url,
            (None, None) => format!("{resource}/#{nth}"),
        };
        name("id", &id).map_err(|error| error.at(place()))?;
        let mut order = Order { id, resource, ..Order::default() };
        let codes = [draft.code, draft.code_codeable_concept, draft.medication_codeable_concept];
        for code in codes.into_iter().flatten() {
            order.text = order.text.or(code.text);
            order.codings.extend(code.coding.unwrap_or_default().into_iter().filter_map(coding));
        }
        order.reasons = draft.reason_code.unwrap_or_default().into_iter().flat_map(words).collect();
        order.details = draft.order_detail.unwrap_or_default().into_iter().flat_map(words).collect();
        found.push(order);
    }
    Ok(found)
}

fn coding(sent: SentCoding) -> Option<Coding> {
    Some(Coding { system: sent.system.unwrap_or_default(), code: sent.code?, display: sent.display })
}

/// A concept as written: its text, else the displays of its codes.
fn words(concept: Concept) -> Vec<String> {
    match concept.text {
        Some(text) => vec![text],
        None => {
            concept.coding.unwrap_or_default().into_iter().filter_map(|coding| coding.display.or(coding.code)).collect()
        }
    }
}

/// A prefetched resource. `null` is "there is none", and an OperationOutcome says that the client could not fetch it.
fn sent(key: &str, type_name: &str, value: Option<Value>) -> Result<Option<Resource>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let at = || format!("prefetch.{key}");
    match value.get("resourceType").and_then(Value::as_str) {
        Some("OperationOutcome") => Ok(None),
        Some(found) if found == type_name => {
            let wrong = |_| Error::invalid("this is not a resource that can be read").at(at());
            fhir::parse_trusted(value.to_string().into_bytes()).map(Some).map_err(wrong)
        }
        _ => Err(Error::invalid(format!("this has to be a resource of type `{type_name}`, or null")).at(at())),
    }
}

/// CDS Hooks has no place for the department; a client may name it in an extension.
fn department(extension: Option<Map<String, Value>>) -> Result<Option<String>> {
    let Some(Value::String(department)) = extension.and_then(|mut all| all.remove("urn:jingluo:department")) else {
        return Ok(None);
    };
    name("extension", &department)?;
    Ok(Some(department))
}

fn name(what: &str, text: &str) -> Result<()> {
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        let text = format!("`{what}` has 1 to {NAME_CHARS_MAX} characters and none that control");
        return Err(Error::invalid(text).at(what));
    }
    Ok(())
}

fn missing(what: &str) -> Error {
    Error::invalid(format!("`{what}` is missing")).at(what)
}

/// The place is told, not the value: it may be personal.
pub fn flaw(error: serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    // Serde's own words name members and types; those of a syntax error name characters.
    let what = match error.classify() {
        serde_json::error::Category::Data => error.to_string(),
        _ => "it is not JSON".to_owned(),
    };
    let what = what.split(" at line").next().unwrap_or_default();
    let what =
        if what.starts_with("missing field") || what.starts_with("it is") { what } else { "a member has a wrong type" };
    Error::invalid(format!("the body is not a call of CDS Hooks: {what} (line {line}, column {column})"))
}
