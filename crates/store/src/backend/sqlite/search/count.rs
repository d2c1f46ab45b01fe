//! How many resources match: counted in the index alone where it decides, else row by row.

use super::super::fault;
use super::ask::Ask;
use super::check::not_there;
use super::compile::Compiled;
use super::cursor::From;
use super::estimate;
use super::plan::{self, First, Plan};
use super::run::Run;
use super::sql::Sql;
use crate::backend::sqlite::sight::Whose;
use access::is_open;
use base::Result;
use fhir::search::Total;
use rusqlite::params_from_iter;
use std::collections::HashSet;

/// Fewer persons than this behind a total hide it from a reader who may not see persons.
const SMALL_CELL: usize = 5;
/// Rows that an estimate looks at.
const SAMPLE: u64 = 1_000;

/// A total, or that it is hidden.
pub enum Counted {
    Number(u64),
    Hidden,
}

pub fn count(ask: &Ask<'_>, compiled: &Compiled, total: Total) -> Result<Counted> {
    let narrow = ask.seen.whose != Whose::All;
    if compiled.parts.is_empty() && compiled.seen.is_none() {
        return Ok(Counted::Number(estimate::of_type(ask, compiled.type_)?.unsigned_abs()));
    }
    let plan = plan::driving(ask, compiled)?;
    if !ask.seen.detail && !is_open(compiled.type_) {
        return in_persons(ask, compiled, &plan);
    }
    let run = Run::new(ask, compiled, &plan, None);
    // What a narrow reader is told depends on nothing that it does not see, so its estimates are counts.
    if total == Total::Estimate && !narrow {
        return estimated(ask, &plan, &run).map(Counted::Number);
    }
    if run.is_exact() && comes_once(&plan) {
        return in_index(ask, compiled, &plan, &run).map(Counted::Number);
    }
    let mut rows = HashSet::new();
    run.rows(&From::Start, usize::MAX, &mut |candidate| {
        rows.insert(candidate.rid);
        Ok(true)
    })?;
    Ok(Counted::Number(rows.len() as u64))
}

/// For who may not see persons: a total with few persons behind it would tell of them, however many rows it counts.
fn in_persons(ask: &Ask<'_>, compiled: &Compiled, plan: &Plan<'_>) -> Result<Counted> {
    let (mut rows, mut persons) = (HashSet::new(), HashSet::new());
    Run::new(ask, compiled, plan, None).rows(&From::Start, usize::MAX, &mut |candidate| {
        if rows.insert(candidate.rid) && persons.len() < SMALL_CELL {
            persons.insert(candidate.patient.unwrap_or(-candidate.rid));
        }
        Ok(true)
    })?;
    Ok(if persons.len() < SMALL_CELL { Counted::Hidden } else { Counted::Number(rows.len() as u64) })
}

/// Whether no resource stands twice in what the plan reads.
fn comes_once(plan: &Plan<'_>) -> bool {
    let mut sources = plan.stages.iter().flat_map(|stage| &stage.groups).flat_map(|group| &group.sources);
    let Some(first) = sources.next() else { return true };
    // Each period of a path stands in one of its classes; ranges of positions do not overlap.
    let apart = |order| matches!(order, super::probe::Order::Period | super::probe::Order::Position);
    let alone = sources.all(|source| apart(first.order) && source.order == first.order);
    let one = plan.driver.is_none_or(|part| part.values.len() < 2 && !part.several);
    alone && matches!(plan.first, First::Once) && one
}

fn in_index(ask: &Ask<'_>, compiled: &Compiled, plan: &Plan<'_>, run: &Run<'_>) -> Result<u64> {
    if compiled.finds_nothing() {
        return Ok(0);
    }
    let mut sum = 0;
    for stage in &plan.stages {
        for source in stage.groups.iter().flat_map(|group| &group.sources) {
            ask.cx.go_on()?;
            let conditions = run.conditions(stage, source);
            // Index rows are of living resources of one type, so the resource is sought only where a condition needs it.
            let seek = conditions.text.contains("r.") || source.table.starts_with("resource");
            let mut sql = Sql::new(format!("SELECT count(*) FROM {}", source.from()));
            if seek {
                sql.push(" CROSS JOIN resource r ON r.rid = t.rid");
            }
            sql.push(" WHERE ");
            sql.append(&source.condition);
            if seek {
                let live = Sql::new("r.type = ? AND r.deleted = 0").bind(i64::from(compiled.type_.0));
                sql.and(&live);
            }
            sql.append(&conditions);
            let mut statement = ask.connection.prepare_cached(&sql.text).map_err(fault)?;
            let rows: i64 = statement.query_row(params_from_iter(sql.binds.iter()), |row| row.get(0)).map_err(fault)?;
            sum += u64::try_from(rows).map_err(|_| not_there())?;
        }
    }
    Ok(sum)
}

/// From how many of the first rows match and how many there are about; exact where these are all.
fn estimated(ask: &Ask<'_>, plan: &Plan<'_>, run: &Run<'_>) -> Result<u64> {
    let before = ask.cost.rows.get();
    let rows = plan.rows(ask)?.unsigned_abs();
    let (mut found, mut last, mut whole) = (HashSet::new(), 0, true);
    run.rows(&From::Start, usize::MAX, &mut |candidate| {
        found.insert(candidate.rid);
        last = ask.cost.rows.get() - before;
        whole = (found.len() as u64) < SAMPLE;
        Ok(whole)
    })?;
    if whole {
        return Ok(found.len() as u64);
    }
    Ok((rows as f64 * found.len() as f64 / last.max(1) as f64) as u64)
}
