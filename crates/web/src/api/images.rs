//! `GET /api/images/ImagingStudy/{id}`: the picture of an imaging study that lies in this record, for who sees the study.

use super::attachment::{SHOWN_IMAGES, content_of};
use super::narrative::{read, sandboxed};
use super::{Asked, private};
use crate::App;
use crate::answer::Answered;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use base::{Cx, Error, Result, Who};
use fhir::{Element, Resource, Target, r4, reference_target};
use store::{Op, Stored};

/// Endpoints of a study that are followed; a study has one or two.
const ENDPOINTS_MAX: usize = 8;
/// The label of what holds nothing of any person (HL7 v3 Confidentiality).
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const UNRESTRICTED: &str = "U";

pub async fn of_study(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    asked.params()?.end()?;
    Ok(response(asked.carry(&app, move |app, cx| picture(app, cx, &id)).await?))
}

/// The answer with a picture.
pub fn response((type_, bytes): (&'static str, Vec<u8>)) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    sandboxed(headers);
    private(&mut response);
    response
}

/// Content type and bytes of the first picture that an Endpoint of the study leads to. Reading the study is what the
/// audit tells.
pub fn picture(app: &App, cx: &Cx, id: &str) -> Result<(&'static str, Vec<u8>)> {
    let study = read(app, cx, "ImagingStudy", id)?.resource()?;
    let endpoints = study.root().get("endpoint");
    for reference in endpoints.iter().flat_map(|all| all.items()).take(ENDPOINTS_MAX) {
        let Some(endpoint) = target(app, cx, reference.get("reference"), "Endpoint")? else { continue };
        let Some(binary) = binary(app, cx, endpoint.root().get("address"))? else { continue };
        let content = content_of(binary.root())?;
        if let Some(type_) = SHOWN_IMAGES.iter().find(|shown| **shown == content.type_) {
            return Ok((type_, content.bytes));
        }
    }
    Err(Error::not_found("this study has no picture in the record that you may see"))
}

/// The Binary at an address of this record: one that is labelled as nobody's is shown to whoever sees the study; any
/// other only where it is within the reader's own sight.
fn binary(app: &App, cx: &Cx, address: Option<Element<'_>>) -> Result<Option<Resource>> {
    let platform = Cx { who: Who::platform(), ..cx.clone() };
    match target(app, &platform, address, "Binary")? {
        Some(found) if is_unrestricted(&found) => Ok(Some(found)),
        Some(_) => target(app, cx, address, "Binary"),
        None => Ok(None),
    }
}

fn is_unrestricted(resource: &Resource) -> bool {
    let labels = resource.root().get("meta").and_then(|meta| meta.get("security"));
    labels.iter().flat_map(|all| all.items()).any(|label| {
        let is =
            |name: &str, value: &str| label.get(name).and_then(|text| text.str()).is_some_and(|text| text == value);
        is("system", CONFIDENTIALITY) && is("code", UNRESTRICTED)
    })
}

/// What a relative address names, if it is of this type, there and within sight.
fn target(app: &App, cx: &Cx, address: Option<Element<'_>>, type_name: &str) -> Result<Option<Resource>> {
    let Some(address) = address.and_then(|address| address.str()) else { return Ok(None) };
    let Target::Local { type_, id } = reference_target(&address) else { return Ok(None) };
    if r4().type_named(type_name) != Some(type_) {
        return Ok(None);
    }
    match app.store.read(cx, type_, &id)? {
        Some(Stored { op: Op::Delete, .. }) | None => Ok(None),
        Some(stored) => Ok(Some(stored.resource()?)),
    }
}
