//! Writes what became of a card, and plans again where somebody else changed its record in between.

use crate::App;
use crate::api::{blocking, moved};
use base::{Cx, Error, Result};
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

/// Plans an outcome that a client tells. A reason in the words of the card's source is one of those in force, is called
/// what the source calls it, and comes with the explanation that it asks for. A hospital's own reasons, in a system of its
/// own, are kept as they are told.
pub fn told(app: &App, cx: &Cx, uuid: &str, mut outcome: Outcome) -> Result<Kept> {
    if let Some(given) = &mut outcome.reason {
        let card = cards::read(cx, &app.store, uuid)?;
        let source = app.card_sources.iter().find(|source| source.name == card.source);
        let known = source.map(|source| (source.reasons)(cx, &app.env)).transpose()?.unwrap_or_default();
        let of_source: Vec<_> = known.iter().filter(|known| known.system == given.system).collect();
        match of_source.iter().find(|known| known.code == given.code) {
            Some(named) if named.needs_text && outcome.text.is_none() => {
                return Err(Error::invalid(format!("the reason `{}` asks for an explanation beside it", named.code)));
            }
            Some(named) => given.display = Some(named.words.zh.clone()),
            None if of_source.is_empty() => {}
            None => {
                let codes: Vec<&str> = of_source.iter().map(|known| known.code.as_str()).collect();
                let codes = codes.join(", ");
                return Err(Error::invalid(format!("the reason is none of those in force; these are: {codes}")));
            }
        }
    }
    cards::outcome(cx, &app.store, uuid, outcome)
}
