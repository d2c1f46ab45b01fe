//! Reads one version of a resource.
//! <https://hl7.org/fhir/R4/http.html#vread>

use super::{Call, read, work};
use crate::answer::Answered;
use fhir::TypeId;
use runtime::record;

pub async fn vread(call: Call, type_: TypeId, id: String, version: Option<u32>) -> Answered {
    let store = call.app.store.clone();
    let stored = work::blocking(&call.cx, move |cx| record::read_version(cx, &store, type_, &id, version)).await??;
    read::show(&call, &stored)
}
