//! Writes what became of a card, and plans again where somebody else changed its record in between.

use crate::App;
use crate::api::{blocking, moved};
use base::{Cx, Result};
use runtime::cards::{self, Kept, Outcome, Recorded};
use runtime::record::plan_again;
use std::sync::Arc;

/// The card as it stands afterwards, and whether anything was written.
pub async fn keep(
    app: &App,
    cx: &Cx,
    plan: impl Fn(&App, &Cx) -> Result<Kept> + Send + Sync + 'static,
) -> Result<(Recorded, bool)> {
    let plan = Arc::new(plan);
    let mut rounds = 0;
    loop {
        let (cx, plan) = (cx.clone(), plan.clone());
        let planned = blocking(app, move |app| {
            let Kept { card, batch } = plan(app, &cx)?;
            let submitted = (!batch.writes.is_empty()).then(|| app.store.submit(&cx, batch).map_err(moved));
            Ok((card, submitted))
        });
        let (card, submitted) = match planned.await {
            Ok(planned) => planned,
            Err(failure) => return Err(failure.into_error()),
        };
        let written = match submitted {
            None => return Ok((card, false)),
            Some(Ok(receipt)) => receipt.await.map_err(moved),
            Some(Err(error)) => Err(error),
        };
        match written {
            Ok(_) => return Ok((card, true)),
            Err(error) if plan_again(&error, rounds) => rounds += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Plans an outcome that a client tells. A reason of the card's source is called what the source calls it.
pub fn told(app: &App, cx: &Cx, uuid: &str, mut outcome: Outcome) -> Result<Kept> {
    if let Some(given) = &mut outcome.reason {
        let card = cards::read(cx, &app.store, uuid)?;
        let source = app.card_sources.iter().find(|source| source.name == card.source);
        let known = source.map(|source| (source.reasons)(cx, &app.env)).transpose()?.unwrap_or_default();
        let named = known.iter().find(|known| known.code == given.code && known.system == given.system);
        given.display = named.map(|named| named.words.zh.clone()).or(given.display.take());
    }
    cards::outcome(cx, &app.store, uuid, outcome)
}
