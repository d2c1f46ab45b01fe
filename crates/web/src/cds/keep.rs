//! Writes what became of a card, and plans again where somebody else changed its record in between.

use crate::App;
use crate::api::{blocking, moved};
use base::{Cx, Error, Result};
use runtime::cards::{self, Coding, Kept, Outcome, Reason, Recorded};
use runtime::record::plan_again;
use serde_json::Value;
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

/// What is asked for beside a reason, as a call names it.
pub struct Asks {
    pub text: &'static str,
    pub told_patient: &'static str,
}

/// Whether the patient was told why, as it is kept with an outcome.
pub fn told_patient(told: Option<bool>) -> Vec<(String, Value)> {
    told.map(|told| (cards::TOLD_PATIENT.to_owned(), told.into())).into_iter().collect()
}

/// Plans an outcome that a client tells. A reason in the words of the card's source is one of those in force, is called
/// what the source calls it, and comes with the explanations that it asks for. A hospital's own reasons, in a system of its
/// own, are kept as they are told.
pub fn told(app: &App, cx: &Cx, uuid: &str, mut outcome: Outcome, asks: &Asks) -> Result<Kept> {
    if let Some(given) = outcome.reason.clone() {
        let card = cards::read(cx, &app.store, uuid)?;
        let source = app.card_sources.iter().find(|source| source.name == card.source);
        let known = source.map(|source| (source.reasons)(cx, &app.env)).transpose()?.unwrap_or_default();
        let of_source: Vec<_> = known.iter().filter(|known| known.system == given.system).collect();
        match of_source.iter().find(|known| known.code == given.code) {
            Some(named) => {
                complete(named, &outcome, asks)?;
                outcome.reason = Some(Coding { display: Some(named.words.zh.clone()), ..given });
                outcome.facts.push((cards::REASON_ENGLISH.to_owned(), named.words.en.clone().into()));
            }
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

/// Everything that is missing beside a reason is named at once.
fn complete(reason: &Reason, outcome: &Outcome, asks: &Asks) -> Result<()> {
    let says_told = outcome.facts.iter().any(|(name, _)| name == cards::TOLD_PATIENT);
    let mut missing = Vec::new();
    if reason.needs_text && outcome.text.is_none() {
        missing.push(format!("`{}` (this reason needs one)", asks.text));
    }
    if reason.tells_patient && !says_told && outcome.text.is_none() {
        missing.push(format!(
            "`{}` (whether purpose and necessity were explained to the patient) or `{}` (what was explained)",
            asks.told_patient, asks.text
        ));
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(format!("the reason `{}` asks for {}", reason.code, missing.join(" and ")))),
    }
}
