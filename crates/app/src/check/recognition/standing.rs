//! A record that is there already: every order in it is asked about anew as of the minute in which it was written. The record
//! has only the versions it was given: what came later is left out by its time, but a report that was preliminary then and
//! is final now counts by the time at which it was issued.

use super::asking::{Asker, type_named};
use super::tally::Tally;
use super::truth::Truth;
use crate::house::House;
use crate::orders::Written;
use anyhow::Context;
use base::{Cx, StopFlag};
use runtime::program::{Env, Kept};
use std::collections::HashSet;
use store::Op;

/// Entries of the feed that are looked at together.
const SLICE: usize = 500;

pub fn record(house: &House, truth: &Truth, stop: &StopFlag) -> anyhow::Result<Tally> {
    let env = Env { store: house.store.clone(), site: house.site(), kept: Kept::default() };
    let mut asker = Asker { env: &env, truth, tally: Tally::default() };
    let cx = Cx { stop: stop.clone(), ..house.cx() };
    let orders = [type_named("ServiceRequest")?];
    let (mut seen, mut after) = (HashSet::new(), 0);
    loop {
        let (slice, looked_to) = house.store.feed_of(&cx, &orders, after, SLICE)?;
        if looked_to <= after {
            return Ok(asker.tally);
        }
        after = looked_to;
        for stored in slice.iter().filter(|stored| stored.op != Op::Delete) {
            cx.go_on()?;
            if seen.insert(stored.id.clone())
                && let Some(written) = Written::of(&stored.id, &stored.resource()?)
            {
                asker.ask(&written, None).with_context(|| format!("at the order `{}`", written.id))?;
            }
        }
    }
}
