//! Carrying a plan out: planned, written and awaited, and planned again on a conflict, a bounded number of times.

use super::blocking;
use crate::App;
use crate::answer::Failure;
use base::{Cx, Error, Kind, Result};
use runtime::program::Planned;
use runtime::record::plan_again;
use serde_json::Value;
use std::sync::Arc;
use store::Receipt;

/// Gives the answer of the plan that was committed.
pub async fn carry_out<F>(app: &App, cx: Cx, plan: F) -> std::result::Result<Value, Failure>
where
    F: Fn(&App, &Cx) -> Result<Planned> + Send + Sync + 'static,
{
    let plan = Arc::new(plan);
    let mut rounds = 0;
    loop {
        let (cx, plan) = (cx.clone(), plan.clone());
        let submitted = blocking(app, move |app| Ok(submit(app, &cx, plan.as_ref()))).await?;
        let ended = match submitted {
            Ok((answer, receipt)) => receipt.await.map(|_| answer).map_err(moved),
            Err(error) => Err(error),
        };
        match ended {
            Err(error) if plan_again(&error, rounds) => rounds += 1,
            ended => return Ok(ended?),
        }
    }
}

fn submit(app: &App, cx: &Cx, plan: &dyn Fn(&App, &Cx) -> Result<Planned>) -> Result<(Value, Receipt)> {
    let planned = plan(app, cx)?;
    Ok((planned.answer, app.store.submit(cx, planned.batch).map_err(moved)?))
}

/// A plan expects the versions that it has read itself: another one, seen before the commit or in it, is a reason to plan
/// again.
pub fn moved(error: Error) -> Error {
    match error.kind {
        Kind::Precondition => Error { kind: Kind::Conflict, ..error },
        _ => error,
    }
}
