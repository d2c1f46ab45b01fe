//! Deletes a resource, named by its id or by a condition.
//! <https://hl7.org/fhir/R4/http.html#delete>

use super::work::{self, Weight};
use super::{Call, changed};
use crate::answer::Answered;
use fhir::TypeId;
use runtime::record::{self, Return};

pub async fn delete(call: Call, type_: TypeId, id: String) -> Answered {
    let Call { app, cx, wish, headers, .. } = call;
    let precondition = changed::precondition(&headers)?;
    let store = app.store.clone();
    let same = id.clone();
    let answers = work::commit(&app, &cx, Some((type_, &same)), Weight::Light, move |cx| {
        record::delete(cx, &store, type_, &id, precondition)
    });
    changed::answer(&app, &wish, wish.show.unwrap_or(Return::Minimal), answers.await?)
}

/// Deletes the one resource that the query means.
pub async fn conditional_delete(call: Call, type_: TypeId) -> Answered {
    let Call { app, cx, wish, headers, query, .. } = call;
    let precondition = changed::precondition(&headers)?;
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let same = query.clone();
    let answers = work::commit(&app, &cx, Some((type_, &same)), Weight::Heavy, move |cx| {
        record::conditional_delete(cx, &store, &site, (type_, &query), precondition)
    });
    changed::answer(&app, &wish, wish.show.unwrap_or(Return::Minimal), answers.await?)
}
