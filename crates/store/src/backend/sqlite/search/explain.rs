//! How a search was run, in lines for whoever writes a client: what drove, what filtered, what was checked on the body,
//! and what it cost. Only readers who see the whole record get it.

use super::ask::Ask;
use super::compile::Compiled;
use super::cursor::Way;
use super::estimate;
use super::part::Part;
use super::plan::Plan;
use super::probe::Order;
use crate::model::SearchPage;
use base::clock::Stopwatch;
use fhir::definitions::r4;

/// Tells of a plan before it runs.
pub fn plan(ask: &Ask<'_>, compiled: &Compiled, plan: &Plan<'_>) {
    if ask.story.is_none() {
        return;
    }
    let name = r4().type_name(compiled.type_);
    let index = match plan.stages.first().map(|stage| stage.order) {
        Some(Order::Date) => "in the order of the main date",
        Some(Order::Period) => "in the order of starts, newest first",
        Some(Order::Text) => "in the order of texts",
        Some(Order::Number) => "in the order of numbers",
        Some(Order::Position) => "in the order of last changes",
        Some(Order::Row) | None => "by their rows",
    };
    let sources: usize = plan.stages.iter().take(1).flat_map(|stage| &stage.groups).map(|one| one.sources.len()).sum();
    let rows = match plan.rows(ask) {
        Ok(rows) if rows >= estimate::OPEN_ROWS => "rows not counted".to_owned(),
        Ok(rows) => format!("about {rows} rows"),
        Err(_) => "rows not estimated".to_owned(),
    };
    let how = if plan.way == Way::Collected { "collected and sorted" } else { index };
    ask.tell(|| format!("{name}: {}; {sources} range(s) of the index, {rows}, {how}", plan.why));
    for part in &compiled.parts {
        let drives = plan.driver.is_some_and(|driver| std::ptr::eq(driver, part));
        ask.tell(|| format!("`{}`: {}", part.param, told(part, drives)));
    }
    if compiled.seen.is_some() {
        ask.tell(|| "the reader's sight is a condition of every statement".to_owned());
    }
}

fn told(part: &Part, drives: bool) -> String {
    let exact = (drives && part.sources_exact) || part.filter_exact;
    let mut out = match (drives, part.filter.is_some(), exact) {
        (false, false, true) => "is met by what drives or stands in a range with the criterion before",
        (true, _, true) => "drives, and its index decides",
        (true, _, false) => "drives; its candidates are checked on the body",
        (false, true, true) => "a condition in the database decides",
        (false, true, false) => "a condition in the database narrows, the body decides",
        (false, false, _) => "checked on the body of each candidate",
    }
    .to_owned();
    if part.odd && !drives {
        out.push_str("; resources with several or open dates are checked on the body");
    }
    if let Some(note) = &part.note {
        out.push_str("; ");
        out.push_str(note);
    }
    out
}

/// The lines of a finished page, its cost last; empty where nobody asked.
pub fn finished(ask: &Ask<'_>, page: &SearchPage, watch: &Stopwatch) -> Vec<String> {
    let Some(story) = &ask.story else { return Vec::new() };
    let mut lines = story.take();
    let cost = &ask.cost;
    lines.push(format!(
        "rows looked at: {}; rows counted to choose: {}; bodies read to check: {}; single inner searches: {}",
        cost.rows.get(),
        cost.counted.get(),
        cost.bodies.get(),
        cost.single.get()
    ));
    lines.push(format!(
        "shown: {} matches, {} included; {:.1} ms",
        page.matches.len(),
        page.included.len(),
        watch.elapsed().as_secs_f64() * 1_000.0
    ));
    lines
}
