//! `GET /api/audit`: who had access to whose data; a resident reads who looked at the own record.

use super::{Asked, shown};
use crate::App;
use crate::answer::Answered;
use axum::extract::State;
use base::zone::{Zone, instant_text};
use base::{Cx, Error, Millis, Result};
use fhir::r4;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{AuditQuery, AuditRow};

const COUNT_DEFAULT: usize = 100;
const COUNT_MAX: usize = 1_000;

/// What is asked for, before a resident is opened to the registrations.
struct Wanted {
    patient: Option<String>,
    person: Option<String>,
    from: Option<Millis>,
    to: Option<Millis>,
    count: usize,
}

pub async fn show(State(app): State<App>, asked: Asked) -> Answered {
    let mut params = asked.params()?;
    let zone = &app.settings.site.zone;
    let wanted = Wanted {
        patient: params.take("patient")?,
        person: params.take("person")?,
        from: params.take("from")?.map(|text| instant(&text, zone).map(|period| period.start)).transpose()?,
        to: params.take("to")?.map(|text| instant(&text, zone).map(|period| period.end)).transpose()?,
        count: params.take_as("count")?.unwrap_or(COUNT_DEFAULT).clamp(1, COUNT_MAX),
    };
    params.end()?;
    let rows = asked.carry(&app, move |app, cx| rows(app, cx, wanted)).await?;
    shown(&json!({ "rows": rows }))
}

fn rows(app: &App, cx: &Cx, wanted: Wanted) -> Result<Vec<Value>> {
    let own = access::audit_of(cx)?;
    let asked = match (wanted.patient, wanted.person) {
        (None, None) => None,
        (patient, None) => patient.map(|id| vec![id]),
        (patient, Some(person)) => {
            let mut patients = app.store.registrations_of(&person)?;
            patients.extend(patient);
            Some(patients)
        }
    };
    let patients = match &own {
        None => asked,
        Some(person) => {
            let mine = app.store.registrations_of(person)?;
            Some(asked.unwrap_or_else(|| mine.clone()).into_iter().filter(|id| mine.contains(id)).collect())
        }
    };
    let only = patients.clone().filter(|_| own.is_some());
    let query = AuditQuery { patients, from: wanted.from, to: wanted.to, count: wanted.count };
    let accounts = app.store.accounts()?.into_iter();
    let names: HashMap<i64, String> = accounts.map(|account| (account.number, account.name)).collect();
    let mut rows = app.store.audit(&query)?;
    for row in &mut rows {
        // An access may touch several persons; a resident reads of the own registrations only.
        row.patients.retain(|id| only.as_ref().is_none_or(|only| only.contains(id)));
    }
    Ok(rows.iter().map(|row| shown_row(row, &names)).collect())
}

fn shown_row(row: &AuditRow, names: &HashMap<i64, String>) -> Value {
    let account = match (names.get(&row.account), row.account) {
        (Some(name), _) => name.clone(),
        (None, 0) => "platform".to_owned(),
        (None, number) => format!("account {number}"),
    };
    json!({
        "at": instant_text(row.at), "account": account, "role": row.role.name(), "purpose": row.purpose.code(),
        "action": row.action.name(), "type": row.type_.map(|type_| r4().type_name(type_)), "residents": row.patients,
        "outcome": if row.found { "success" } else { "nothing" },
    })
}

/// The period that a date or an instant covers.
fn instant(text: &str, zone: &Zone) -> Result<fhir::Period> {
    fhir::parse_date(text, zone).ok_or_else(|| {
        Error::invalid(format!("`{text}` is no date such as `2026-11-21` or `2026-11-21T08:00:00+08:00`"))
    })
}
