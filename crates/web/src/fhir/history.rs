//! The history of a resource, of a type, or of the whole record.
//! <https://hl7.org/fhir/R4/http.html#history>

use super::{Call, work};
use crate::answer::{Answered, json};
use runtime::record::{self, HistoryRequest, parse_query};
use store::HistoryOf;

pub async fn history(call: Call, of: HistoryOf) -> Answered {
    let Call { app, cx, wish, query, .. } = call;
    let request = HistoryRequest::parse(of, &parse_query(&query)?, wish.handling, &app.settings.site)?;
    let (store, site) = (app.store.clone(), app.settings.site.clone());
    let body = work::searching(&app, &cx, move |cx| record::history(cx, &store, &site, &request)).await?;
    Ok(json(wish.content_type, body, wish.pretty))
}
