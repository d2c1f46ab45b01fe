//! Reads the current version of a resource. The short path: it runs on the event loop and renders into one buffer.
//! <https://hl7.org/fhir/R4/http.html#read>

use super::Call;
use crate::answer::{Answered, Failure, from_http_date, json, version_headers};
use axum::http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Error;
use fhir::TypeId;
use fhir::search::{Handling, Summary};
use runtime::record::{self, parse_query, tags_hold};
use store::{Op, Stored};

pub fn read(call: &Call, type_: TypeId, id: &str) -> Answered {
    let stored = record::read(&call.cx, &call.app.store, type_, id)?;
    show(call, &stored)
}

/// The version as an answer: 410 for a delete, 304 for what the caller has, else the resource.
pub fn show(call: &Call, stored: &Stored) -> Answered {
    if stored.op == Op::Delete {
        let mut headers = HeaderMap::new();
        version_headers(&mut headers, stored.version, stored.updated);
        let failure = Failure::from(record::gone(stored));
        return Err(headers.into_iter().fold(failure, |failure, (name, value)| match name {
            Some(name) => failure.header(name, value),
            None => failure,
        }));
    }
    let mut response =
        if unchanged(&call.headers, stored) { StatusCode::NOT_MODIFIED.into_response() } else { shown(call, stored)? };
    version_headers(response.headers_mut(), stored.version, stored.updated);
    Ok(response)
}

fn shown(call: &Call, stored: &Stored) -> Answered {
    let mut body = Vec::with_capacity(2048);
    if call.query.is_empty() {
        stored.json(&mut body)?;
    } else {
        let (summary, elements) = view(call)?;
        record::shown(stored, summary, &elements, &mut body)?;
    }
    Ok::<Response, Failure>(json(call.wish.content_type, body, call.wish.pretty))
}

/// `_summary` and `_elements`; anything else asks for what a read cannot do.
fn view(call: &Call) -> Result<(Summary, Vec<String>), Failure> {
    let mut asked = (Summary::False, Vec::new());
    for (name, value) in parse_query(&call.query)? {
        match name.as_str() {
            "_summary" => asked.0 = summary(&value)?,
            "_elements" => asked.1.extend(value.split(',').filter(|name| !name.is_empty()).map(str::to_owned)),
            _ if call.wish.handling == Handling::Lenient => {}
            _ => {
                let text = format!(
                    "a read takes `_summary`, `_elements`, `_format` and `_pretty`; `{name}` is not supported here"
                );
                return Err(Error::unsupported(record::shortened(text)).into());
            }
        }
    }
    Ok(asked)
}

fn summary(text: &str) -> Result<Summary, Failure> {
    match text {
        "false" => Ok(Summary::False),
        "true" => Ok(Summary::True),
        "text" => Ok(Summary::Text),
        "data" => Ok(Summary::Data),
        _ => Err(Error::invalid("`_summary` of a read is `true`, `false`, `text` or `data`").into()),
    }
}

/// Whether the caller says that it has this version. `If-None-Match` outranks `If-Modified-Since` (RFC 9110).
fn unchanged(headers: &HeaderMap, stored: &Stored) -> bool {
    if let Some(tags) = headers.get(IF_NONE_MATCH) {
        return tags.to_str().is_ok_and(|tags| tags_hold(tags, stored.version));
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(|since| from_http_date(since.to_str().ok()?));
    since.is_some_and(|since| stored.updated / 1000 <= since / 1000)
}
