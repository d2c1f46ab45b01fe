//! Searches a type, a compartment or all types, by GET or by a form sent to `_search`.
//! <https://hl7.org/fhir/R4/http.html#search>

use super::{Call, work};
use crate::answer::{Answered, Failure, json};
use crate::body::{self, Accepts};
use axum::body::Body;
use base::{Cx, Error, Result};
use runtime::record::{self, Scope, parse_query};

/// Bytes of parameters that are read on the event loop.
const SHORT_BYTES_MAX: usize = 8 << 10;

pub async fn search(call: Call, scope: Scope) -> Answered {
    let params = parse_query(&call.query)?;
    run(call, scope, params).await
}

/// The parameters of the form come after those of the URL.
pub async fn search_by_form(mut call: Call, scope: Scope) -> Answered {
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
    run(call, scope, params).await
}

async fn run(call: Call, scope: Scope, params: Vec<(String, String)>) -> Answered {
    let Call { app, cx, wish, .. } = call;
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let several = matches!(scope, Scope::System | Scope::Compartment { of: None, .. });
    let bytes: usize = params.iter().map(|(name, value)| name.len() + value.len()).sum();
    let like = work::like(&(scope.path().split('/').nth(1), params.iter().map(|(name, _)| name).collect::<Vec<_>>()));
    let search = move |cx: &Cx| -> Result<Vec<u8>> {
        let asked = record::ask(cx, &store, &site, scope.clone(), &params, wish.handling)?;
        record::search(cx, &store, &site, &asked)
    };
    let body = match several || bytes > SHORT_BYTES_MAX {
        true => work::searching(&app, &cx, search).await?,
        false => work::mostly_short(&app, &cx, like, search).await?,
    };
    Ok(json(wish.content_type, body, wish.pretty))
}
