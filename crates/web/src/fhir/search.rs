//! Searches one resource type, by GET or by a form sent to `_search`.
//! <https://hl7.org/fhir/R4/http.html#search>

use super::{Call, work};
use crate::answer::{Answered, Failure, json};
use crate::body::{self, Accepts};
use axum::body::Body;
use base::{Error, Result};
use fhir::TypeId;
use runtime::record::{self, parse_query};

pub async fn search(call: Call, type_: TypeId) -> Answered {
    let params = parse_query(&call.query)?;
    run(call, type_, params).await
}

/// The parameters of the form come after those of the URL.
pub async fn search_by_form(mut call: Call, type_: TypeId) -> Answered {
    let body = std::mem::replace(&mut call.body, Body::empty());
    let form = body::read(&call.app.bodies, &call.headers, body, Accepts::Form).await?;
    let form = std::str::from_utf8(&form.bytes).map_err(|_| Failure::from(Error::invalid("the form is not UTF-8")))?;
    let mut params = parse_query(&call.query)?;
    for (name, value) in parse_query(form)? {
        match name.as_str() {
            "_format" => {}
            "_pretty" => call.wish.pretty = value == "true",
            _ => params.push((name, value)),
        }
    }
    run(call, type_, params).await
}

async fn run(call: Call, type_: TypeId, params: Vec<(String, String)>) -> Answered {
    let Call { app, cx, wish, .. } = call;
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let body = work::searching(&app, &cx, move |cx| -> Result<Vec<u8>> {
        let search = record::parse_search(cx, type_, &params, wish.handling, &site)?;
        record::search(cx, &store, &site, &search)
    });
    Ok(json(wish.content_type, body.await?, wish.pretty))
}
