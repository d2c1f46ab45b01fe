//! The tables as they are printed, in the form of the documentation.

use super::Tables;
use super::streams::{Line, View};
use signals::Step;
use signals::evaluate::{Estimate, Measures};
use std::fmt::Write;

const HEADING: &str = "| method | outbreaks | found | specificity | PPV | delay, days | false alarms in 100 series-weeks |\n\
                       |---|---|---|---|---|---|---|\n";

/// `all`: every stream by itself too, in place of their sums alone.
pub fn text(tables: &Tables, all: bool) -> String {
    let mut out = format!(
        "{} residents, {} days, of which the last 364 are judged; {} report cards.\n\n## Outbreaks\n\n\
         | kind | outbreaks | with a card | with five | found by a local cluster | by a legal trigger | first card, days | \
         local cluster, days |\n|---|---|---|---|---|---|---|---|\n",
        tables.residents, tables.days, tables.cards
    );
    for one in &tables.outbreaks {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            one.kind,
            one.outbreaks,
            one.with_cards,
            one.with_five_cards,
            one.by_local,
            one.by_legal,
            number(&one.first_card_days, 1),
            number(&one.local_days, 1)
        );
    }
    out.push_str(
        "\n## Clusters in units\n\n| rule | kind | opened | of an outbreak | outbreaks | delay, days |\n|---|---|---|---|---|---|\n",
    );
    for one in &tables.rules {
        let (ppv, delay) = (share(&one.ppv), number(&one.delay, 1));
        let _ = writeln!(out, "| {} | {} | {} | {ppv} | {} | {delay} |", one.rule, one.kind, one.opened, one.outbreaks);
    }
    out.push_str("\n## Space-time permutation scan, daily, streets\n\n");
    out.push_str(&HEADING.replace("method", "stream"));
    tables.scans.iter().for_each(|one| row(&mut out, one.stream, &one.measures, 1.0));
    out.push_str("\n## Who infected whom\n\n| outbreak | cases | trees | infected | by times | with groups of the card | guessed | support, right | wrong |\n|---|---|---|---|---|---|---|---|---|\n");
    for one in &tables.chains {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {:.1} % | {:.2} | {:.2} |",
            one.kind,
            one.cases,
            one.trees,
            one.infected,
            share(&one.by_times),
            share(&one.with_groups),
            100.0 * one.guessed,
            one.support_right,
            one.support_wrong
        );
    }
    let mut told = Vec::new();
    for line in tables.streams.iter().filter(|line| all || line.stream == "all") {
        let table = (line.area, line.step, line.view, line.stream.as_str());
        if told.contains(&table) {
            continue;
        }
        told.push(table);
        heading(&mut out, line);
        let same = |other: &&Line| (other.area, other.step, other.view, other.stream.as_str()) == table;
        let days = f64::from(line.step.days());
        tables.streams.iter().filter(same).for_each(|other| row(&mut out, other.method, &other.measures, days));
    }
    out
}

fn heading(out: &mut String, line: &Line) {
    let step = if line.step == Step::Day { "days" } else { "weeks" };
    let series = line.measures.series;
    let what = if line.stream == "all" { "all streams" } else { &line.stream };
    let _ = writeln!(out, "\n## By {}, {step}, {}: {what} ({series} series)\n", line.area.name(), line.view.name());
    if line.view == View::OnTheDay {
        out.push_str("Judged at the end of each point, when few of its cards are there.\n\n");
    }
    out.push_str(HEADING);
}

fn row(out: &mut String, name: &str, of: &Measures, days: f64) {
    if of.points == 0 {
        let _ = writeln!(out, "| {name} | {} | no point could be judged | | | | |", of.outbreaks);
        return;
    }
    let scaled = |one: &Estimate| Estimate {
        value: one.value.map(|value| value * days),
        low: one.low.map(|low| low * days),
        high: one.high.map(|high| high * days),
    };
    let _ = writeln!(
        out,
        "| {name} | {} | {} | {} | {} | {} | {} |",
        of.outbreaks,
        share(&of.sensitivity),
        share(&of.specificity),
        share(&of.ppv),
        number(&scaled(&of.delay), 1),
        number(&of.false_alarms, 2)
    );
}

/// `81.2 % (74.9–86.2)`.
fn share(of: &Estimate) -> String {
    let Some(value) = of.value else { return "–".to_owned() };
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    match (of.low, of.high) {
        (Some(low), Some(high)) => format!("{} % ({}–{})", percent(value), percent(low), percent(high)),
        _ => format!("{} %", percent(value)),
    }
}

fn number(of: &Estimate, digits: usize) -> String {
    let Some(value) = of.value else { return "–".to_owned() };
    match (of.low, of.high) {
        (Some(low), Some(high)) => format!("{value:.digits$} ({low:.digits$}–{high:.digits$})"),
        _ => format!("{value:.digits$}"),
    }
}
