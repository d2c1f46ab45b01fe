//! The operations that read the record: parameters in the URL, or in a body of type Parameters.
//! <https://hl7.org/fhir/R4/operations.html#executing>

use super::{Call, work};
use crate::answer::{Answered, json};
use crate::body::{self, Accepts};
use axum::body::Body;
use fhir::{Limits, TypeId};
use runtime::record::{self, Operation, parse_query};

pub async fn by_url(call: Call, operation: Operation, type_: TypeId, id: Option<String>) -> Answered {
    let params = parse_query(&call.query)?;
    run(call, operation, type_, id, params).await
}

/// The parameters of the body come after those of the URL.
pub async fn by_body(mut call: Call, operation: Operation, type_: TypeId, id: Option<String>) -> Answered {
    let body = std::mem::replace(&mut call.body, Body::empty());
    let body = body::read(&call.app.bodies, &call.headers, body, Accepts::Json).await?;
    let mut params = parse_query(&call.query)?;
    if !body.bytes.is_empty() {
        params.extend(record::parameters(&fhir::parse(&body.bytes, &Limits::default())?)?);
    }
    run(call, operation, type_, id, params).await
}

async fn run(
    call: Call,
    operation: Operation,
    type_: TypeId,
    id: Option<String>,
    params: Vec<(String, String)>,
) -> Answered {
    let Call { app, cx, wish, .. } = call;
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let body = work::searching(&app, &cx, move |cx| {
        record::operate(cx, &store, &site, (operation, type_, id.as_deref()), &params, wish.handling)
    });
    Ok(json(wish.content_type, body.await?, wish.pretty))
}
