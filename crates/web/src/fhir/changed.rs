//! What create, update and delete share: the parsed body, the precondition, the answer.
//! <https://hl7.org/fhir/R4/http.html#return>

use super::wish::Wish;
use crate::App;
use crate::answer::{Answered, json, text_header, version_headers};
use crate::body::Whole;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use base::limits::RESOURCE_BYTES_MAX;
use base::{Error, Result};
use fhir::{Limits, Resource, r4};
use runtime::record::{Answer, Precondition, Return, outcome_of};

/// The body as a resource, parsed once however often the change is planned.
pub fn parsed<'a>(resource: &'a mut Option<Resource>, body: &Whole) -> Result<&'a Resource> {
    match resource {
        Some(resource) => Ok(resource),
        None => {
            let limits = Limits { bytes_max: RESOURCE_BYTES_MAX, ..Limits::default() };
            Ok(resource.insert(fhir::parse(&body.bytes, &limits)?))
        }
    }
}

/// `If-Match` and `If-None-Match` of a write.
pub fn precondition(headers: &HeaderMap) -> Result<Precondition> {
    let text = |name| match headers.get(name).map(axum::http::HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Error::invalid("`If-Match` and `If-None-Match` hold plain ASCII")),
    };
    Precondition::parse(text(IF_MATCH)?, text(IF_NONE_MATCH)?)
}

/// The response to one change, with as much of the resource as was asked for.
pub fn answer(app: &App, wish: &Wish, show: Return, mut answers: Vec<Answer>) -> Answered {
    let answer = answers.pop().ok_or_else(|| Error::fault("a change was not answered"))?;
    let mut body = Vec::new();
    match show {
        Return::Representation => answer.json(&mut body)?,
        Return::OperationOutcome => outcome_of(answer.text(), &mut body),
        Return::Minimal => {}
    }
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::OK);
    let mut response = match (status, body.is_empty()) {
        (_, true) => status.into_response(),
        (StatusCode::NO_CONTENT, false) => json(wish.content_type, body, wish.pretty),
        (_, false) => {
            let mut response = json(wish.content_type, body, wish.pretty);
            *response.status_mut() = status;
            response
        }
    };
    if let Some((type_, id, version, updated)) = answer.place().filter(|(_, _, version, _)| *version > 0) {
        let headers = response.headers_mut();
        version_headers(headers, version, updated);
        if status == StatusCode::CREATED || matches!(answer, Answer::Found(_)) {
            let (base, name) = (&app.settings.site.base_url, r4().type_name(type_));
            headers.insert(LOCATION, text_header(format!("{base}/{name}/{id}/_history/{version}")));
        }
    }
    Ok(response)
}
