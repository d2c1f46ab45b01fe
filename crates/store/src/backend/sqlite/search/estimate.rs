//! How many rows a range holds, as cheaply as a choice needs it: counted up to a bound, beyond it judged by how far the
//! counted rows reach along the range.

use super::super::fault;
use super::ask::Ask;
use super::compile::kind_of;
use super::part::Part;
use super::probe::{Likely, Order, Source, term_source};
use super::sql::Sql;
use base::Result;
use fhir::definitions::{IndexKind, PathId, TypeId, r4};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A range of fewer rows drives without a look at the others.
const FEW: i64 = 64;
/// Rows counted before the rest is judged.
const COUNTED_MAX: i64 = 256;
/// What scanning a whole path costs, in rows of other sources that are held against the body.
const WHOLE_ROWS: i64 = 4_096;
/// Share of a type that makes a criterion ample: at most eight rows are looked at for one that is shown.
const AMPLE_SHARE: f64 = 0.125;
/// What stands for rows that are not counted, because counting them would be to read them.
pub const OPEN_ROWS: i64 = 1 << 40;
/// What a body costs, in rows.
const BODY_ROWS: i64 = 15;
/// Sources of a long list that are looked at; the others are taken to be alike.
const SOURCES_LOOKED_MAX: usize = 64;

/// Whether a criterion finds so few rows that nothing else has to be weighed.
pub fn is_few(ask: &Ask<'_>, part: &Part) -> bool {
    part.is_nothing() || (!part.sources.is_empty() && counted(ask, &part.sources, FEW).is_ok_and(|rows| rows < FEW))
}

/// The part with the fewest rows among those that can drive. As little is counted as the choice needs.
pub fn fewest(ask: &Ask<'_>, parts: &[Part]) -> Result<Option<usize>> {
    let dated = |part: &Part| part.order() == Some(Order::Date) && part.filter.is_some() && part.filter_exact;
    // A range of main dates is pushed into the key of an index in their order, so it need not drive beside one.
    let pushed = parts.iter().any(dated);
    let needless = |part: &Part| pushed && part.window.is_some() && part.order() == Some(Order::Period);
    let able = |part: &Part| !part.sources.is_empty() && !needless(part);
    let mut able: Vec<usize> = (0..parts.len()).filter(|&nth| able(&parts[nth])).collect();
    if able.len() < 2 {
        return Ok(able.first().copied());
    }
    able.sort_by_key(|&nth| likely(&parts[nth]));
    let window = parts.iter().filter_map(|part| part.window).reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
    let sources: Vec<(usize, Vec<Source>)> =
        able.into_iter().map(|nth| (nth, in_window(&parts[nth], window.filter(|_| dated(&parts[nth]))))).collect();
    for limit in [FEW, COUNTED_MAX] {
        let mut best: Option<(i64, usize)> = None;
        for (nth, sources) in &sources {
            // What is known to be no fewer than the best cannot beat it.
            let limit = best.map_or(limit, |(fewest, _)| fewest.min(limit));
            let rows = counted(ask, sources, limit)?;
            if rows < FEW {
                return Ok(Some(*nth));
            }
            if best.is_none_or(|(fewest, _)| rows < fewest) {
                best = Some((rows, *nth));
            }
        }
        if let Some((_, nth)) = best.filter(|(rows, _)| *rows < limit) {
            return Ok(Some(nth));
        }
    }
    let mut best: Option<(i64, usize)> = None;
    for (nth, sources) in &sources {
        let rows = rows(ask, sources)?;
        // Of two large ones that in the order of the main date is better: each row comes once, newest first.
        let rows = if parts[*nth].order() == Some(Order::Date) { rows } else { rows.saturating_mul(2) };
        // What has no condition in the database is asked of each body, unless it drives itself.
        let bodies = parts.iter().enumerate().filter(|(other, part)| other != nth && !part.filter_exact).count();
        let rows = rows.saturating_mul(1 + BODY_ROWS * bodies as i64);
        if best.is_none_or(|(fewest, _)| rows < fewest) {
            best = Some((rows, *nth));
        }
    }
    Ok(best.map(|(_, nth)| nth))
}

/// A part that may drive a page whatever it holds, because so much of the type meets all others that the page is full
/// soon; then nothing need be counted. Told from the sizes of coded values that are remembered.
pub fn ample(ask: &Ask<'_>, type_: TypeId, parts: &[Part]) -> Result<Option<usize>> {
    let weighed: Vec<usize> = (0..parts.len()).filter(|&nth| !parts[nth].is_trivial()).collect();
    let mut unknown = weighed.iter().copied().filter(|&nth| known(ask, &parts[nth]).is_none());
    let nth = match (weighed.len(), unknown.next(), unknown.next()) {
        (2.., Some(nth), None) if !parts[nth].sources.is_empty() => nth,
        _ => return Ok(None),
    };
    let all = of_type(ask, type_)?.max(1) as f64;
    let others = weighed.into_iter().filter(|&other| other != nth);
    let share: f64 = others.filter_map(|other| known(ask, &parts[other])).map(|rows| rows as f64 / all).product();
    Ok((share >= AMPLE_SHARE).then_some(nth))
}

/// The remembered size of a part that is one coded value and a condition in the database elsewhere.
fn known(ask: &Ask<'_>, part: &Part) -> Option<i64> {
    match part.sources.as_slice() {
        [source] if part.filter_exact && part.sources_exact => ask.shared.estimates.large(term_of(source)?),
        _ => None,
    }
}

fn in_window(part: &Part, window: Option<(i64, i64)>) -> Vec<Source> {
    let Some((from, to)) = window else { return part.sources.clone() };
    let range = Sql::new("t.date >= ? AND t.date < ?").bind(from).bind(to);
    let mut sources = part.sources.clone();
    sources.iter_mut().for_each(|source| source.condition.and(&range));
    sources
}

fn likely(part: &Part) -> (Likely, usize) {
    let most = part.sources.iter().map(|source| source.likely).max();
    (most.unwrap_or(Likely::Whole), part.sources.len())
}

/// About how many rows some sources hold.
pub fn rows(ask: &Ask<'_>, sources: &[Source]) -> Result<i64> {
    let counted = counted(ask, sources, COUNTED_MAX)?;
    if counted < COUNTED_MAX || sources.iter().any(|source| source.likely >= Likely::Whole) {
        return Ok(counted);
    }
    let looked = sources.len().min(SOURCES_LOOKED_MAX);
    let mut sum = 0_i64;
    for source in &sources[..looked] {
        sum = sum.saturating_add(judged(ask, source)?);
    }
    Ok((sum / looked as i64).saturating_mul(sources.len() as i64).max(counted))
}

fn counted(ask: &Ask<'_>, sources: &[Source], limit: i64) -> Result<i64> {
    let mut sum = 0;
    for (nth, source) in sources.iter().enumerate() {
        if nth == SOURCES_LOOKED_MAX {
            return Ok(sum * sources.len() as i64 / SOURCES_LOOKED_MAX as i64);
        }
        sum += match source.likely {
            Likely::Whole => WHOLE_ROWS,
            Likely::Open => OPEN_ROWS,
            _ => up_to(ask, source, limit - sum)?,
        };
        if sum >= limit {
            break;
        }
    }
    Ok(sum)
}

/// The rows of a source, counted up to a limit.
pub fn up_to(ask: &Ask<'_>, source: &Source, limit: i64) -> Result<i64> {
    // A code that had many rows still has.
    if let Some(term) = term_of(source)
        && let Some(known) = ask.shared.estimates.large(term)
    {
        return Ok(known.min(limit));
    }
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT ?)", source.from(), source.condition.text);
    let binds: Vec<Value> = source.condition.binds.iter().cloned().chain([limit.into()]).collect();
    let rows = ask.number(&sql, &binds)?;
    ask.cost.counted.set(ask.cost.counted.get() + rows.unsigned_abs());
    Ok(rows)
}

/// The rows of one long range, from how far its first rows reach. Where they all have one key the rows themselves are
/// the measure, because their numbers grow as resources are made.
fn judged(ask: &Ask<'_>, source: &Source) -> Result<i64> {
    let Some(term) = term_of(source) else { return reached(ask, source) };
    if let Some(known) = ask.shared.estimates.large(term) {
        return Ok(known);
    }
    let rows = reached(ask, source)?;
    ask.shared.estimates.remember(term, rows);
    Ok(rows)
}

/// The coded value whose rows a source is, all of them.
fn term_of(source: &Source) -> Option<i64> {
    match source.condition.binds.as_slice() {
        [Value::Integer(term)] if source.table == "token" => Some(*term),
        _ => None,
    }
}

fn reached(ask: &Ask<'_>, source: &Source) -> Result<i64> {
    let key = match source.order {
        // How far texts reach tells nothing.
        Order::Text => return up_to(ask, source, 8 * COUNTED_MAX),
        order => order.column(),
    };
    let near = format!(
        "SELECT count(*), min(k), max(k), min(rid), max(rid) FROM (SELECT {key} AS k, t.rid AS rid FROM {} \
         WHERE {} ORDER BY {key} DESC, t.rid DESC LIMIT {COUNTED_MAX})",
        source.from(),
        source.condition.text
    );
    let Some((count, [keys, rids])) = measure(ask.connection, &near, source, None)? else { return Ok(0) };
    if count < COUNTED_MAX {
        return Ok(count);
    }
    let one = |condition: &str, order: &str, bound: Option<f64>| -> Result<Option<(f64, f64)>> {
        let sql = format!(
            "SELECT 1, k, k, rid, rid FROM (SELECT {key} AS k, t.rid AS rid FROM {} WHERE {}{condition} ORDER BY {order} LIMIT 1)",
            source.from(),
            source.condition.text
        );
        Ok(measure(ask.connection, &sql, source, bound)?.map(|(_, [keys, rids])| (keys.0, rids.0)))
    };
    let Some(far) = one("", &format!("{key}, t.rid"), None)? else { return Ok(count) };
    let rows = |near: f64, whole: f64| if near > 0.0 { count as f64 * (whole / near).max(1.0) } else { count as f64 };
    if keys.1 > keys.0 {
        return Ok(rows(keys.1 - keys.0, keys.1 - far.0) as i64);
    }
    // All that was counted has one key: how many rows that key has, and how many keys of the same distance there are.
    let condition = format!(" AND {key} >= ?");
    let first = one(&condition, &format!("{key}, t.rid"), Some(keys.1))?.unwrap_or(far);
    let of_key = rows(rids.1 - rids.0, rids.1 - first.1);
    let next = one(&format!(" AND {key} < ?"), &format!("{key} DESC, t.rid DESC"), Some(keys.1))?;
    let of_keys = next.map_or(1.0, |next| (keys.1 - far.0) / (keys.1 - next.0) + 1.0);
    Ok((of_key * of_keys) as i64)
}

/// Rows of large coded values, remembered for a while: they only serve a choice.
#[derive(Default)]
pub struct Estimates(Mutex<HashMap<i64, (i64, u32)>>);

/// Coded values remembered, and how often each is believed before it is looked at again.
const REMEMBERED_MAX: usize = 4_096;
const BELIEVED_MAX: u32 = 1_000;

impl Estimates {
    fn large(&self, term: i64) -> Option<i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, believed) = known.get_mut(&term)?;
        *believed += 1;
        let (rows, over) = (*rows, *believed > BELIEVED_MAX);
        if over {
            known.remove(&term);
        }
        Some(rows)
    }

    fn remember(&self, term: i64, rows: i64) {
        if rows < COUNTED_MAX {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(term, (rows, 0));
    }
}

type Spans = [(f64, f64); 2];

fn measure(connection: &Connection, sql: &str, source: &Source, bound: Option<f64>) -> Result<Option<(i64, Spans)>> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let binds = source.condition.binds.iter().cloned().chain(bound.map(Value::Real));
    let mut rows = statement.query(params_from_iter(binds)).map_err(fault)?;
    let Some(row) = rows.next().map_err(fault)? else { return Ok(None) };
    let span = |at| -> rusqlite::Result<(f64, f64)> {
        Ok((row.get::<_, Option<f64>>(at)?.unwrap_or_default(), row.get::<_, Option<f64>>(at + 1)?.unwrap_or_default()))
    };
    let read = || -> rusqlite::Result<(i64, Spans)> { Ok((row.get(0)?, [span(1)?, span(3)?])) };
    read().map(Some).map_err(fault)
}

/// How many resources of a type there are.
pub fn of_type(ask: &Ask<'_>, type_: TypeId) -> Result<i64> {
    let sql = "SELECT coalesce(sum(count), 0) FROM counter WHERE space = 'type' AND key = ?";
    ask.number(sql, &[Value::Text(r4().type_name(type_).to_owned())])
}

/// Every row of a path as sources; none where its index has no one range for it.
pub fn range_of(ask: &Ask<'_>, path: PathId, terms_max: i64) -> Result<Option<Vec<Source>>> {
    let number = ask.shared.path_number(path);
    let one = |order, table, likely| {
        let condition = Sql::new("t.path = ?").bind(number);
        Source { order, table, condition, likely, also: None }
    };
    Ok(match kind_of(path) {
        IndexKind::Text | IndexKind::Identifier => Some(vec![one(Order::Text, "text", Likely::Range)]),
        IndexKind::Number | IndexKind::Quantity => Some(vec![one(Order::Number, "number", Likely::Range)]),
        IndexKind::Date => Some(
            (0..4)
                .map(|class| {
                    let condition = Sql::new("t.class = ?").bind(number * 4 + class);
                    Source { order: Order::Period, table: "period", condition, likely: Likely::Range, also: None }
                })
                .collect(),
        ),
        IndexKind::Token | IndexKind::Uri => {
            let terms = terms_of(ask, number, terms_max)?;
            terms.map(|terms| terms.iter().map(|(_, term)| term_source(*term)).collect())
        }
        IndexKind::Reference => None,
    })
}

/// The coded values of a path with the text that they are sorted by; none where there are too many.
pub fn terms_of(ask: &Ask<'_>, path: i64, limit: i64) -> Result<Option<Vec<(String, i64)>>> {
    let sql = "SELECT code, system, number FROM term WHERE path = ?1 LIMIT ?2";
    let mut statement = ask.connection.prepare_cached(sql).map_err(fault)?;
    let rows = statement.query_map([path, limit + 1], |row| {
        let (code, system): (String, String) = (row.get(0)?, row.get(1)?);
        // A concept with a text alone stands under its text (`prepare`).
        let text = if code.is_empty() { system.trim_start_matches('\u{1}').to_owned() } else { code };
        Ok((text, row.get(2)?))
    });
    let terms: Vec<(String, i64)> = rows.and_then(Iterator::collect).map_err(fault)?;
    Ok((terms.len() as i64 <= limit).then_some(terms))
}
