//! Answers: the one way from an error to a response, and the headers that resources carry.

use axum::body::Body;
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, ETAG, LAST_MODIFIED, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Error, Issue, Kind, Millis, Severity};
use std::any::Any;
use std::time::{Duration, UNIX_EPOCH};

/// What a handler gives.
pub type Answered = Result<Response, Failure>;

pub const FHIR_JSON: &str = "application/fhir+json";
pub const JSON: &str = "application/json";

/// An error on its way to the client: its kind says the status unless HTTP has a more precise one.
#[derive(Clone, Debug)]
pub struct Failure(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    error: Error,
    status: Option<StatusCode>,
    headers: HeaderMap,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(Box::new(Inner { error, status: None, headers: HeaderMap::new() }))
    }
}

impl Failure {
    /// The method does nothing here; `allowed` are those that do.
    pub fn method(allowed: &'static str) -> Failure {
        let text = format!("this method does nothing here; use one of `{allowed}`");
        Failure::with(StatusCode::METHOD_NOT_ALLOWED, "not-supported", text)
            .header(ALLOW, HeaderValue::from_static(allowed))
    }

    /// The client takes no format that there is.
    pub fn not_acceptable() -> Failure {
        let text = "this server answers in JSON only; ask with `Accept: application/fhir+json` or `_format=json`";
        Failure::with(StatusCode::NOT_ACCEPTABLE, "not-supported", text.to_owned())
    }

    /// The body is in a format or encoding that is not read.
    pub fn media_type(text: impl Into<String>) -> Failure {
        Failure::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", text.into())
    }

    /// The body did not come in time.
    pub fn slow(text: impl Into<String>) -> Failure {
        let close = HeaderValue::from_static("close");
        Failure::with(StatusCode::REQUEST_TIMEOUT, "timeout", text.into()).header(CONNECTION, close)
    }

    fn with(status: StatusCode, code: &'static str, text: String) -> Failure {
        let issue = Issue { severity: Severity::Error, code, text, at: None };
        let error = Error { kind: Kind::Unsupported, issues: vec![issue] };
        Failure(Box::new(Inner { error, status: Some(status), headers: HeaderMap::new() }))
    }

    /// The same with one more header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Failure {
        self.0.headers.insert(name, value);
        self
    }

    /// The error without what HTTP adds to it.
    pub fn into_error(self) -> Error {
        self.0.error
    }

    pub fn kind(&self) -> Kind {
        self.0.error.kind
    }

    /// The response: an OperationOutcome with the status of the error's kind.
    pub fn respond(self, content_type: &'static str, pretty: bool) -> Response {
        let Inner { error, status, mut headers } = *self.0;
        let status = status.or(StatusCode::from_u16(error.kind.answer().0).ok());
        match error.kind {
            Kind::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"jingluo\""));
            }
            Kind::Busy => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        let mut body = Vec::with_capacity(256);
        runtime::record::outcome(&error.issues, &mut body);
        let mut response = json(content_type, body, pretty);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().extend(headers);
        response
    }
}

/// Outside `/fhir` an error is plain JSON.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.respond(JSON, false)
    }
}

/// A response of JSON that is there already.
pub fn json(content_type: &'static str, body: Vec<u8>, pretty: bool) -> Response {
    let body = if pretty { crate::fhir::pretty(&body) } else { body };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Sets `ETag` and `Last-Modified` of a version.
pub fn version_headers(headers: &mut HeaderMap, version: u32, updated: Millis) {
    headers.insert(ETAG, text_header(format!("W/\"{version}\"")));
    headers.insert(LAST_MODIFIED, text_header(http_date(updated)));
}

/// A header of text that this server made itself.
pub fn text_header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// An instant as HTTP writes it, in whole seconds: `Sat, 21 Nov 2026 08:15:30 GMT`.
pub fn http_date(at: Millis) -> String {
    let since = Duration::from_secs(u64::try_from(at / 1000).unwrap_or(0));
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

/// The second that an HTTP date names, in milliseconds.
pub fn from_http_date(text: &str) -> Option<Millis> {
    let at = httpdate::parse_http_date(text.trim()).ok()?;
    Millis::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// The answer where our own code panicked; what it said may hold personal data and is not repeated.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request met a defect and was answered `fault`");
    Failure::from(defect()).respond(FHIR_JSON, false)
}

/// The error for a defect of ours.
pub fn defect() -> Error {
    Error::fault(
        "the server met a defect while answering; nothing was changed by this answer, and the log names the place",
    )
}

/// Writes the place of each panic to the log, without the message, which may hold personal data.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
