//! The orders of the history: each is asked about as of the minute in which it was written, in the order of time, so that what
//! was recognised then is not examined again and answers no later order.

use super::Desk;
use super::corrections::correct_some;
use super::desk::type_named;
use crate::orders::Written;
use city::{City, Minute};
use std::collections::HashSet;
use store::Op;

/// How far back orders are asked about.
const DAYS: i32 = 60;
/// So many at most, so that the first morning of a large city is not kept waiting: then some residents are left out.
const ORDERS_MAX: usize = 30_000;
/// Longer than any doctor thinks about an offer.
const LAST_MINUTES: Minute = 30;
/// Entries of the feed that are looked at together.
const SLICE: usize = 500;
/// One of so many results that were relied upon is corrected in the night before the first morning.
const ONE_CORRECTED_OF: usize = 40;

/// Asks about the orders of the last weeks of the history. What somebody has asked about before is not decided again.
pub fn ask_the_past(desk: &mut Desk<'_>, city: &City) -> base::Result<()> {
    desk.catch_up()?;
    let end = city::day::minute(city.settings.end, 0, 0);
    let orders = orders(desk, end - Minute::from(DAYS) * city::day::DAY_MINUTES)?;
    for together in orders.chunk_by(|one, other| signature(one) == signature(other)) {
        desk.cx.go_on()?;
        let Some(first) = together.first() else { continue };
        desk.do_until(first.minute)?;
        // An order that was taken back by an earlier run had its answer.
        let open: Vec<&Written> = together.iter().filter(|written| !written.is_revoked).collect();
        desk.sign(&open)?;
    }
    // Those of the last minutes decide a little later.
    desk.do_until(end + LAST_MINUTES)?;
    desk.flush()?;
    correct_some(desk, |relied| (relied / ONE_CORRECTED_OF).max(2))
}

/// What is signed in one go.
fn signature(written: &Written) -> (Minute, &str, Option<&str>) {
    (written.minute, &written.patient, written.encounter.as_deref())
}

/// The orders since a minute, by time.
fn orders(desk: &Desk<'_>, since: Minute) -> base::Result<Vec<Written>> {
    let (mut seen, mut orders, mut after) = (HashSet::new(), Vec::new(), 0);
    let types = [type_named("ServiceRequest")?];
    loop {
        desk.cx.go_on()?;
        let (slice, looked_to) = desk.env.store.feed_of(&desk.cx, &types, after, SLICE)?;
        if looked_to <= after {
            break;
        }
        after = looked_to;
        for stored in slice.iter().filter(|stored| stored.op != Op::Delete) {
            let written = Written::of(&stored.id, &stored.resource()?).filter(|written| written.minute >= since);
            if let Some(written) = written
                && seen.insert(written.id.clone())
            {
                orders.push(written);
            }
        }
    }
    if orders.len() > ORDERS_MAX {
        let share = ORDERS_MAX as f64 / orders.len() as f64;
        orders.retain(|written| desk.habits.draws(&written.patient).unit() < share);
    }
    orders.sort_by(|one, other| signature(one).cmp(&signature(other)).then_with(|| one.id.cmp(&other.id)));
    Ok(orders)
}
