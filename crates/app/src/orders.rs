//! Orders of examinations as hospitals have written them, and the question that an order system asks about them.

use city::Minute;
use fhir::{Element, Resource};
use runtime::cards::{Coding, Hook, Order, Question};

/// An order as it was written.
pub struct Written {
    /// Also the id of the report that came of it.
    pub id: String,
    pub patient: String,
    pub encounter: Option<String>,
    /// Id of the Organization that ordered.
    pub institution: String,
    pub minute: Minute,
    /// It was taken back.
    pub is_revoked: bool,
    order: Order,
}

/// The question about orders that are signed together; none of no orders. `encounter` is the visit as the order system has it.
pub fn question(orders: &[&Written], encounter: Option<Resource>) -> Question {
    let first = orders.first();
    Question {
        hook: Hook::OrderSign,
        patient: first.map(|order| order.patient.clone()).unwrap_or_default(),
        sent_patient: None,
        encounter: first.and_then(|order| order.encounter.clone()),
        sent_encounter: encounter,
        user: None,
        department: None,
        orders: orders.iter().map(|written| written.order.clone()).collect(),
    }
}

impl Written {
    /// None where it is no order of an examination.
    pub fn of(id: &str, request: &Resource) -> Option<Written> {
        let root = request.root();
        let codings: Vec<Coding> = items(root.get("code")?, "coding").iter().map(coding).collect();
        if !codings.iter().any(|coding| coding.system.starts_with("urn:jingluo:local:")) {
            return None;
        }
        let reference = |path: &str, type_: &str| {
            let target = root.text_at(path)?;
            target.strip_prefix(type_)?.strip_prefix('/').map(str::to_owned)
        };
        let texts = |name: &str| items(root, name).iter().filter_map(|one| text(*one, "text")).collect();
        let written = text(root, "authoredOn")?;
        let order = Order {
            id: format!("ServiceRequest/{id}"),
            resource: "ServiceRequest".to_owned(),
            codings,
            text: root.text_at("code.text").map(Into::into),
            reasons: texts("reasonCode"),
            details: texts("orderDetail"),
        };
        Some(Written {
            id: id.to_owned(),
            patient: reference("subject.reference", "Patient")?,
            encounter: reference("encounter.reference", "Encounter"),
            institution: reference("requester.reference", "Organization")?,
            minute: city::day::minute_named(&written)?,
            is_revoked: text(root, "status").as_deref() == Some("revoked"),
            order,
        })
    }
}

fn items<'a>(element: Element<'a>, name: &str) -> Vec<Element<'a>> {
    element.get(name).map(|list| list.items().collect()).unwrap_or_default()
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    element.get(name)?.str().map(|text| text.into_owned())
}

fn coding(coding: &Element<'_>) -> Coding {
    let part = |name: &str| text(*coding, name);
    Coding {
        system: part("system").unwrap_or_default(),
        code: part("code").unwrap_or_default(),
        display: part("display"),
    }
}
