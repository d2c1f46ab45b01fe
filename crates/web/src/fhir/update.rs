//! Replaces a resource or creates it under the client's id; named by its id or by a condition.
//! <https://hl7.org/fhir/R4/http.html#update>

use super::work::{self, Weight};
use super::{Call, changed};
use crate::answer::Answered;
use crate::body::{self, Accepts};
use fhir::TypeId;
use runtime::record::{self, Return};

pub async fn update(call: Call, type_: TypeId, id: String) -> Answered {
    let Call { app, cx, wish, headers, body, .. } = call;
    let precondition = changed::precondition(&headers)?;
    let body = body::read(&app.bodies, &headers, body, Accepts::Json).await?;
    let show = wish.show.unwrap_or(Return::Representation);
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let mut resource = None;
    let (same, weight) = (id.clone(), Weight::of_body(&body.bytes));
    let answers = work::commit(&app, &cx, Some((type_, &same)), weight, move |cx| {
        let resource = changed::parsed(&mut resource, &body)?;
        record::update(cx, &store, &site, (type_, &id), resource, precondition, show == Return::Representation)
    });
    changed::answer(&app, &wish, show, answers.await?)
}

/// The resource is the one that the query means; where it means none, it is created.
pub async fn conditional_update(call: Call, type_: TypeId) -> Answered {
    let Call { app, cx, wish, headers, query, body } = call;
    let precondition = changed::precondition(&headers)?;
    let body = body::read(&app.bodies, &headers, body, Accepts::Json).await?;
    let show = wish.show.unwrap_or(Return::Representation);
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let mut resource = None;
    let same = query.clone();
    let answers = work::commit(&app, &cx, Some((type_, &same)), Weight::Heavy, move |cx| {
        let resource = changed::parsed(&mut resource, &body)?;
        let representation = show == Return::Representation;
        record::conditional_update(cx, &store, &site, (type_, &query), resource, precondition, representation)
    });
    changed::answer(&app, &wish, show, answers.await?)
}
