//! Creates a resource, or finds the one that is there already (conditional create).
//! <https://hl7.org/fhir/R4/http.html#create>

use super::work::{self, Weight};
use super::{Call, changed};
use crate::answer::Answered;
use crate::body::{self, Accepts};
use base::Error;
use fhir::{TypeId, r4};
use runtime::record::{self, Return};

pub async fn create(call: Call, type_: TypeId) -> Answered {
    let Call { app, cx, wish, headers, body, .. } = call;
    let body = body::read(&app.bodies, &headers, body, Accepts::Json).await?;
    let none_exist = match headers.get("if-none-exist").map(|header| header.to_str()) {
        None => None,
        Some(Ok(query)) => Some(query.trim().trim_start_matches('?').to_owned()),
        Some(Err(_)) => return Err(Error::invalid("`If-None-Exist` holds characters that a header cannot hold").into()),
    };
    let show = wish.show.unwrap_or(Return::Representation);
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let mut resource = None;
    let condition = none_exist.clone();
    let same = condition.as_deref().map(|condition| (type_, condition));
    let weight = if same.is_none() { Weight::of_body(&body.bytes) } else { Weight::Heavy };
    let answers = work::commit(&app, &cx, same, weight, move |cx| {
        let resource = changed::parsed(&mut resource, &body)?;
        if resource.type_id() != type_ {
            let (url, sent) = (r4().type_name(type_), resource.type_name());
            return Err(Error::invalid(format!("the URL names the type `{url}`, but the body is of type `{sent}`")));
        }
        let representation = show == Return::Representation;
        record::create(cx, &store, &site, resource, none_exist.as_deref(), representation)
    });
    changed::answer(&app, &wish, show, answers.await?)
}
