//! A transaction (all or nothing) or a batch (each entry by itself), posted to the base.
//! <https://hl7.org/fhir/R4/http.html#transaction>

use super::Call;
use super::work::{self, Weight};
use crate::answer::{Answered, json};
use crate::body::{self, Accepts};
use crate::metrics::Interaction;
use base::{Cx, Result};
use fhir::{Limits, Resource};
use runtime::record::{self, Planned, Return, Sent, Site, Transaction, plan_again};
use store::{Receipt, Store, Written};

/// Answers of up to so many entries are written on the event loop.
const INLINE_ENTRIES_MAX: usize = 200;

pub async fn bundle(call: Call, interaction: &mut Interaction) -> Answered {
    *interaction = Interaction::Batch;
    let Call { app, cx, wish, headers, body, .. } = call;
    let body = body::read(&app.bodies, &headers, body, Accepts::Json).await?;
    let show = wish.show.unwrap_or(Return::Minimal);
    let work = Work { store: app.store.clone(), site: app.settings.site.clone(), show };
    let first = work.clone();
    let weight = if is_light(&body.bytes) { Weight::Light } else { Weight::Heavy };
    // Searches in a bundle take turns with all others.
    let _place = if may_read(&body.bytes) { Some(app.searches.place(cx.who.account).await?) } else { None };
    // The body keeps its place among the large ones until the answer is there.
    let (body, begun) = work::run(&cx, weight, move |cx| {
        let begun = first.begin(cx, &body.bytes);
        (body, begun)
    })
    .await?;
    let text = match begun? {
        Begun::Batch(text) => text,
        Begun::Transaction(begun) => {
            *interaction = Interaction::Transaction;
            work.end(&cx, *begun).await?
        }
    };
    drop(body);
    Ok(json(wish.content_type, text, wish.pretty))
}

/// A small transaction without a condition, a search or a read; that a text only looks like one of them costs little.
fn is_light(bytes: &[u8]) -> bool {
    let heavy = ["\"batch\"", "ifNoneExist", "?", "\"GET\"", "\\u"];
    Weight::of_body(bytes) == Weight::Light
        && std::str::from_utf8(bytes).is_ok_and(|text| !heavy.iter().any(|part| text.contains(part)))
}

/// Whether a bundle may hold entries that read; that a text only looks like it costs a turn.
fn may_read(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains("\"GET\""))
}

#[derive(Clone)]
struct Work {
    store: Store,
    site: Site,
    show: Return,
}

enum Begun {
    /// The answer to a batch, which is done.
    Batch(Vec<u8>),
    Transaction(Box<Submitted>),
}

/// A transaction on its way to the disk.
struct Submitted {
    bundle: Resource,
    planned: Vec<Planned>,
    /// None where nothing had to be written.
    receipt: Option<Receipt>,
}

impl Work {
    fn begin(&self, cx: &Cx, bytes: &[u8]) -> Result<Begun> {
        let answer = match record::parse_bundle(bytes, &Limits::default())? {
            Sent::Valid(bundle) if record::is_transaction(&bundle)? => {
                return Ok(Begun::Transaction(Box::new(self.submit(cx, bundle)?)));
            }
            Sent::Valid(bundle) => record::carry_out(cx, &self.store, &self.site, &bundle, self.show)?,
            Sent::Flawed(bundle) => record::carry_out_flawed(cx, &self.store, &self.site, &bundle, self.show)?,
        };
        Ok(Begun::Batch(answer.to_json(&self.site, self.show)?))
    }

    fn submit(&self, cx: &Cx, bundle: Resource) -> Result<Submitted> {
        let representation = self.show == Return::Representation;
        let Transaction { batch, planned } = Transaction::plan(cx, &self.store, &self.site, &bundle, representation)?;
        let receipt = if batch.writes.is_empty() { None } else { Some(self.store.submit(cx, batch)?) };
        Ok(Submitted { bundle, planned, receipt })
    }

    /// Awaits the commit; plans again on a conflict.
    async fn end(self, cx: &Cx, mut begun: Submitted) -> Result<Vec<u8>> {
        let mut rounds = 0;
        loop {
            let Submitted { bundle, planned, receipt } = begun;
            let written = match receipt {
                None => Ok(Vec::new()),
                Some(receipt) => receipt.await.map(|done| done.written),
            };
            let error = match written {
                Ok(written) => return self.answer(cx, planned, written).await,
                Err(error) => error,
            };
            if !plan_again(&error, rounds) {
                return Err(error);
            }
            rounds += 1;
            let work = self.clone();
            begun = work::blocking(cx, move |cx| work.submit(cx, bundle)).await??;
        }
    }

    async fn answer(self, cx: &Cx, planned: Vec<Planned>, written: Vec<Written>) -> Result<Vec<u8>> {
        let reads = planned.iter().any(|planned| matches!(planned, Planned::Read { .. }));
        let many = planned.len() > INLINE_ENTRIES_MAX;
        let answer = move |cx: &Cx| {
            let answer = record::finish(cx, &self.store, &self.site, planned, &written)?;
            answer.to_json(&self.site, self.show)
        };
        if reads || many { work::blocking(cx, answer).await? } else { answer(cx) }
    }
}
