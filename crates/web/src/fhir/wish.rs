//! How the caller wants the answer: `Accept`, `_format`, `_pretty`, `Prefer`.
//! <https://hl7.org/fhir/R4/http.html#ops>

use crate::answer::{FHIR_JSON, Failure, JSON};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use fhir::search::Handling;
use runtime::record::{Return, parse_query};

/// The caller's wishes for the answer.
#[derive(Clone, Debug)]
pub struct Wish {
    pub content_type: &'static str,
    pub pretty: bool,
    /// `Prefer: return=…`; none where it was not said.
    pub show: Option<Return>,
    /// `Prefer: handling=…`
    pub handling: Handling,
}

impl Wish {
    pub fn of(request: &Request) -> Result<Wish, Failure> {
        let mut wish = Wish { content_type: FHIR_JSON, pretty: false, show: None, handling: Handling::Strict };
        wish.prefer(request.headers());
        let mut format = None;
        if let Some(query) = request.uri().query().filter(|query| query.split('&').any(is_format)) {
            for (name, value) in parse_query(query)? {
                match name.as_str() {
                    "_format" => format = Some(value),
                    "_pretty" => wish.pretty = value == "true",
                    _ => {}
                }
            }
        }
        wish.content_type = match format {
            Some(format) => media(&format).ok_or_else(Failure::not_acceptable)?,
            None => accepted(request.headers())?,
        };
        Ok(wish)
    }

    fn prefer(&mut self, headers: &HeaderMap) {
        let all = headers.get_all("prefer").iter().filter_map(|header| header.to_str().ok());
        for preference in all.flat_map(|header| header.split([',', ';'])) {
            match preference.trim() {
                "return=minimal" => self.show = Some(Return::Minimal),
                "return=representation" => self.show = Some(Return::Representation),
                "return=OperationOutcome" => self.show = Some(Return::OperationOutcome),
                "handling=lenient" => self.handling = Handling::Lenient,
                "handling=strict" => self.handling = Handling::Strict,
                // A preference that is not known is not an error (RFC 7240).
                _ => {}
            }
        }
    }
}

/// The content type that an `Accept` header lets us answer in.
fn accepted(headers: &HeaderMap) -> Result<&'static str, Failure> {
    let mut plain = false;
    let mut asked = false;
    for header in headers.get_all(ACCEPT) {
        for part in header.to_str().unwrap_or_default().split(',') {
            let (media_type, rest) = part.split_once(';').unwrap_or((part, ""));
            asked |= !media_type.trim().is_empty();
            if rest.split(';').any(|param| matches!(param.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")) {
                continue;
            }
            match media_type.trim() {
                "application/fhir+json" | "*/*" | "application/*" => return Ok(FHIR_JSON),
                "application/json" | "text/json" => plain = true,
                _ => {}
            }
        }
    }
    match (plain, asked) {
        (true, _) => Ok(JSON),
        (false, false) => Ok(FHIR_JSON),
        (false, true) => Err(Failure::not_acceptable()),
    }
}

/// The content type that `_format` names. A `+` in it may have been read as a space.
fn media(format: &str) -> Option<&'static str> {
    match format.split(';').next().unwrap_or_default().trim() {
        "json" | "application/fhir+json" | "application/fhir json" => Some(FHIR_JSON),
        "application/json" | "text/json" => Some(JSON),
        _ => None,
    }
}

/// The query without what only says how the answer is written.
pub fn without_format(query: &str) -> String {
    if !query.split('&').any(is_format) {
        return query.to_owned();
    }
    query.split('&').filter(|part| !is_format(part)).collect::<Vec<_>>().join("&")
}

fn is_format(part: &str) -> bool {
    let name = part.split('=').next().unwrap_or_default();
    name == "_format" || name == "_pretty"
}
