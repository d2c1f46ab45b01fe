//! Dates as ranges: of the `period` table, and of the main date that stands in every row of a resource.

use super::sql::Sql;
use crate::prepare::CLASS_MILLIS_MAX;
use base::Millis;
use fhir::search::{DateTest, Prefix};
use rusqlite::types::Value;

/// A row whose main date alone does not tell its periods: odd (the body tells) or wide (longer than a class-1 period).
/// Word for word the condition of the index `resource_odd`.
pub const APART: &str = "present_more NOT BETWEEN 0 AND 4611686018427387903";

/// A search value against the period [low, high) of a row, as `DateTest` says.
pub fn date_condition(low: &str, high: &str, test: &DateTest) -> Sql {
    let (start, end) = (test.start, test.end);
    match test.prefix {
        Prefix::Eq => Sql::new(format!("({low} >= ? AND {high} <= ?)")).bind(start).bind(end),
        Prefix::Ne => Sql::new(format!("NOT ({low} >= ? AND {high} <= ?)")).bind(start).bind(end),
        Prefix::Gt => Sql::new(format!("({high} > ?)")).bind(end),
        Prefix::Ge => Sql::new(format!("({high} > ?)")).bind(start),
        Prefix::Lt => Sql::new(format!("({low} < ?)")).bind(start),
        Prefix::Le => Sql::new(format!("({low} < ?)")).bind(end),
        Prefix::Sa => Sql::new(format!("({low} >= ?)")).bind(end),
        Prefix::Eb => Sql::new(format!("({high} <= ?)")).bind(start),
        Prefix::Ap => Sql::new(format!("({low} < ? AND {high} > ?)")).bind(end).bind(start),
    }
}

/// Where the starts of matching rows of a class can lie, so that a scan is short.
pub fn start_range(test: &DateTest, longest: Millis) -> Sql {
    let from = |at: Millis| Sql::new(" AND t.start >= ?").bind(at.saturating_sub(longest));
    let below = |at: Millis| Sql::new(" AND t.start < ?").bind(at);
    match test.prefix {
        Prefix::Eq => {
            let mut range = Sql::new(" AND t.start >= ?").bind(test.start);
            range.append(&below(test.end));
            range
        }
        Prefix::Ap => {
            let mut range = from(test.start);
            range.append(&below(test.end));
            range
        }
        Prefix::Gt => from(test.end),
        Prefix::Ge => from(test.start),
        Prefix::Sa => Sql::new(" AND t.start >= ?").bind(test.end),
        Prefix::Lt | Prefix::Eb => below(test.start),
        Prefix::Le => below(test.end),
        Prefix::Ne => Sql::default(),
    }
}

/// Where the main dates (seconds) of matching rows lie, but for rows apart (`APART`).
pub fn window(test: &DateTest) -> Option<(i64, i64)> {
    let slack = CLASS_MILLIS_MAX[1];
    let floor = |at: Millis| at.div_euclid(1_000);
    let ceil = |at: Millis| at.saturating_add(999).div_euclid(1_000);
    let since = |at: Millis| floor(at.saturating_sub(slack));
    match test.prefix {
        Prefix::Eq => Some((floor(test.start), ceil(test.end))),
        Prefix::Ap => Some((since(test.start), ceil(test.end))),
        Prefix::Gt => Some((since(test.end), i64::MAX)),
        Prefix::Ge => Some((since(test.start), i64::MAX)),
        Prefix::Sa => Some((floor(test.end), i64::MAX)),
        Prefix::Lt | Prefix::Eb => Some((i64::MIN, ceil(test.start))),
        Prefix::Le => Some((i64::MIN, ceil(test.end))),
        Prefix::Ne => None,
    }
}

/// The condition on `r` for a date under the type's main date path. The main date stands in the resource row and is the
/// start of its only period, but for odd rows, which are let through. Where it alone decides, no index is asked.
pub fn main_date_filter(path: i64, ordinal: u16, test: &DateTest) -> Option<Sql> {
    let present = match ordinal {
        nth @ 0..=61 => Sql::new("r.present & ? <> 0").bind(1_i64 << nth),
        nth @ 62..=123 => Sql::new("r.present_more & ? <> 0").bind(1_i64 << (nth - 62)),
        _ => return None,
    };
    let mut seek = Sql::new(
        "EXISTS (SELECT 1 FROM period x WHERE x.class IN (?, ?, ?, ?) \
         AND x.start BETWEEN r.date * 1000 AND r.date * 1000 + 999 AND x.rid = r.rid AND ",
    );
    seek.binds = (0..4).map(|class| Value::Integer(path * 4 + class)).collect();
    seek.append(&date_condition("x.start", "x.start + x.length", test));
    seek.push(")");
    let whole = |at: Millis| at.rem_euclid(1_000) == 0;
    let fast = match whole(test.start) && whole(test.end) {
        true => by_second(test, seek),
        false => seek,
    };
    let mut filter = Sql::new("(r.present_more < 0 OR (");
    filter.append(&present);
    filter.and(&fast);
    filter.push("))");
    Some(filter)
}

/// Bounds at whole seconds: the period itself is sought only where the second of its start does not decide.
fn by_second(test: &DateTest, seek: Sql) -> Sql {
    let (start, end) = (test.start.div_euclid(1_000), test.end.div_euclid(1_000));
    let before = |at: i64| Sql::new("r.date < ?").bind(at);
    let from = |at: i64| Sql::new("r.date >= ?").bind(at);
    let either = |pieces: &[Sql]| Sql::joined(pieces, " OR ");
    let both = |pieces: &[Sql]| Sql::joined(pieces, " AND ");
    match test.prefix {
        Prefix::Lt => before(start),
        Prefix::Le => before(end),
        Prefix::Sa => from(end),
        Prefix::Ge => either(&[from(start), seek]),
        Prefix::Gt => either(&[from(end), seek]),
        Prefix::Eb => both(&[before(start), seek]),
        Prefix::Eq => both(&[from(start), before(end), seek]),
        Prefix::Ne => either(&[before(start), from(end), seek]),
        Prefix::Ap => both(&[before(end), either(&[from(start), seek])]),
    }
}
