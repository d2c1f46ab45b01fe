//! `quality`: how institutions report – how much against what they usually send, how soon, how well coded.

use super::breakdown::share_of;
use super::city::{rounded, usual_shown};
use super::days::{Counts, day, days};
use super::drill::day_text;
use super::figures::Figure;
use super::moment::Moment;
use super::reaction::{FIRST_DAY, SENDERS};
use super::rules::{DELAY_MINUTES, LATE_MINUTES, Measure, UNKNOWN};
use super::view::{Scope, View};
use crate::directory::codes::Class;
use base::zone::instant_text;
use base::{Cx, Millis, Result};
use runtime::program::{Env, Given};
use runtime::small::is_small;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Delays and codes are those of the week that ends with the day.
const WEEK_DAYS: i32 = 7;
/// Senders read at once.
const SENDERS_MAX: usize = 100_000;

/// What one institution has sent.
#[derive(Default)]
struct Sent {
    messages: i64,
    expected: f64,
    /// Messages of the week by delay class, the last one beyond all bounds.
    delays: [i64; DELAY_MINUTES.len() + 1],
    codes: i64,
    unknown: i64,
    last: Option<Millis>,
}

pub fn quality(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let view = View::of(cx, env)?;
    let (scope, moment) = (view.scope(given)?, Moment::of(cx, env, given)?);
    let share = moment.share(&moment.usual_hours(env, &view, &view.whole())?);
    let mut sent: BTreeMap<usize, Sent> = BTreeMap::new();
    each(&view, &scope, &day(env, Measure::Messages, moment.day)?, |at, _, count| {
        sent.entry(at).or_default().messages += count;
    });
    let usual = moment.usual(env, Measure::Messages)?;
    for counts in &usual {
        each(&view, &scope, counts, |at, _, count| {
            sent.entry(at).or_default().expected += count as f64 * share / usual.len() as f64;
        });
    }
    week(env, &view, &scope, &moment, &mut sent)?;
    for row in env.store.row_list(SENDERS, ("", ""), SENDERS_MAX)? {
        let at = view.picture.place_of(&row.key).filter(|&at| view.holds(&scope, at));
        let last = std::str::from_utf8(&row.doc).ok().and_then(|doc| doc.parse().ok());
        if let Some(at) = at {
            let sent = sent.entry(view.picture.institutions[at].top).or_default();
            sent.last = sent.last.max(last);
        }
    }
    let with_usual = !usual.is_empty();
    // A school or an employer reports now and then; it stands here on the days on which it does or should.
    sent.retain(|&at, sent| {
        sent.messages > 0 || sent.expected > 0.0 || view.picture.institutions[at].class == Class::Institution
    });
    let rows: Vec<Value> = sent.iter().map(|(&at, sent)| sent.json(&view, at, with_usual)).collect();
    Ok(json!({ "day": day_text(&env.site.zone, moment.day), "share_of_day": rounded(share, 3), "rows": rows }))
}

/// Delays and codes of the week. What tells of a day before the record began came when it was loaded, not when it was
/// sent, so it says nothing of delay.
fn week(env: &Env, view: &View, scope: &Scope, moment: &Moment, sent: &mut BTreeMap<usize, Sent>) -> Result<()> {
    let first = env.store.row_read(SENDERS, FIRST_DAY)?.and_then(|doc| String::from_utf8(doc).ok()?.parse().ok());
    let from = (moment.day - WEEK_DAYS + 1).max(0);
    let delays_from = first.unwrap_or(0).max(from);
    for counts in days(env, Measure::Messages, delays_from, moment.day.max(delays_from))? {
        each(view, scope, &counts, |at, part, count| {
            if let Some(class) = part.parse::<usize>().ok().filter(|&class| class <= DELAY_MINUTES.len()) {
                sent.entry(at).or_default().delays[class] += count;
            }
        });
    }
    for counts in days(env, Measure::Codes, from, moment.day)? {
        each(view, scope, &counts, |at, part, count| {
            let sent = sent.entry(at).or_default();
            sent.codes += count;
            sent.unknown += if part == UNKNOWN { count } else { 0 };
        });
    }
    Ok(())
}

/// Each count of a known institution within the scope, under the place of the top one.
fn each(view: &View, scope: &Scope, counts: &Counts, mut take: impl FnMut(usize, &str, i64)) {
    for count in counts.iter() {
        if let Some(at) = view.place(count.org).filter(|&at| view.holds(scope, at)) {
            take(view.picture.institutions[at].top, &count.part, count.count);
        }
    }
}

impl Sent {
    fn json(&self, view: &View, at: usize, with_usual: bool) -> Value {
        let institution = &view.picture.institutions[at];
        let hidden = !view.detail && is_small(self.messages);
        let timed: i64 = self.delays.iter().sum();
        let late = DELAY_MINUTES.iter().position(|&max| max == LATE_MINUTES).map_or(0, |at| at + 1);
        json!({
            "id": institution.row.id,
            "name": institution.row.name,
            "district": institution.district,
            "messages": (!hidden).then_some(self.messages),
            "hidden": hidden,
            "expected": with_usual.then(|| usual_shown(view, self.expected)),
            "late_share": share_of(self.delays[late..].iter().sum(), timed),
            "delay_median_minutes": median(&self.delays),
            "unknown_codes_share": share_of(self.unknown, self.codes),
            "last_message_at": self.last.map(instant_text),
            "opens": { "breakdown": { "figure": Figure::Messages.key(), "by": "department", "institution": institution.row.id } },
        })
    }
}

/// The median of what is known by classes, evenly spread within its class; of the last class, its lower bound.
fn median(classes: &[i64]) -> Option<i64> {
    let total: i64 = classes.iter().sum();
    let mut before = 0;
    for (nth, &count) in classes.iter().enumerate().filter(|(_, count)| **count > 0) {
        if 2 * (before + count) >= total {
            let low = if nth == 0 { 0 } else { DELAY_MINUTES[nth - 1] };
            let Some(high) = DELAY_MINUTES.get(nth) else { return Some(low) };
            let into = (total as f64 / 2.0 - before as f64) / count as f64;
            return Some(low + ((high - low) as f64 * into).round() as i64);
        }
        before += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_within_its_class() {
        assert_eq!(median(&[0; 9]), None);
        assert_eq!(median(&[10, 0, 0, 0, 0, 0, 0, 0, 0]), Some(8), "half of 15 minutes");
        assert_eq!(median(&[5, 10, 0, 0, 0, 0, 0, 0, 0]), Some(26));
        assert_eq!(median(&[0, 0, 0, 0, 0, 0, 0, 0, 3]), Some(10_080));
    }
}
