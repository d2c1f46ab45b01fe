//! `variants COUNTS.csv [ALIASES.csv]`: growth advantages and shares of variants.
//!
//! COUNTS: rows of `date` (or `t`), `variant` (or `lineage`) and `count` (or `n`, `sequences`); the same day and variant in
//! several rows are added up. ALIASES: `alias` and `name`, for the roll-up by the setting `groups`.

use super::Table;
use super::print::{days_text, number_text, printed_json, row_text};
use crate::variants::{self, Aliases, Estimate, Fit, Samples, Share, TIMES_MAX};
use crate::{Day, Given, Settings};
use base::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

/// Different lineages in a file, before they are put into groups.
const LINEAGES_MAX: usize = 10_000;

/// What the file said: counts by day and lineage.
struct Sampled {
    dated: bool,
    cells: BTreeMap<(Day, String), f64>,
}

/// Reads the counts (and aliases) and prints advantages or shares.
pub fn variants(
    counts: impl Read,
    what: &str,
    aliases: Option<(impl Read, &str)>,
    given: &Given,
    as_json: bool,
) -> Result<String> {
    let settings = Settings::of(variants::SETTINGS, given)?;
    let aliases = match aliases {
        Some((file, name)) => read_aliases(file, name)?,
        None => Aliases::default(),
    };
    let groups: Vec<String> =
        settings.text("groups").split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let read = read(counts, what, &aliases, &groups)?;
    let samples = samples(&read, what)?;
    let reference = Some(settings.text("reference")).filter(|name| !name.is_empty());
    let fit = variants::fit(&samples, reference, settings.number("shrink"), settings.number("level"));
    let fit = fit.map_err(|error| Error::new(error.kind, format!("{what}: {}", error.text())))?;
    let last = samples.times.last().copied().unwrap_or(0.0);
    let ahead = (1..=settings.size("ahead")).map(|days| last + days as f64);
    let shares: Vec<Share> = samples.times.iter().copied().chain(ahead).flat_map(|time| fit.shares(time)).collect();
    let tg = settings.number_if_set("tg");
    let first = read.cells.keys().next().map_or(0, |(day, _)| *day);
    Ok(match (as_json, settings.text("print")) {
        (true, _) => as_object(&read, first, &settings, &fit, &shares, tg),
        (false, "shares") => share_rows(&read, first, &samples, &shares),
        (false, _) => advantage_rows(&fit, tg),
    })
}

fn read_aliases(from: impl Read, what: &str) -> Result<Aliases> {
    let mut table = Table::open(from, what)?;
    let (alias, name) = (table.column(&["alias"])?, table.column(&["name", "lineage"])?);
    let mut pairs = Vec::new();
    while table.advance()? {
        pairs.push((table.text(&alias).to_owned(), table.text(&name).to_owned()));
        if pairs.len() > 100_000 {
            return Err(Error::too_costly(format!("{what}: more than 100,000 aliases")));
        }
    }
    Aliases::of(&pairs).map_err(|(nth, error)| Error::invalid(format!("{what}: row {}: {}", nth + 2, error.text())))
}

fn read(from: impl Read, what: &str, aliases: &Aliases, groups: &[String]) -> Result<Sampled> {
    let mut table = Table::open(from, what)?;
    let time = table.column(&["date", "t", "week", "collection_date"])?;
    let variant = table.column(&["variant", "lineage", "clade"])?;
    let count = table.column(&["count", "n", "sequences"])?;
    let mut read = Sampled { dated: true, cells: BTreeMap::new() };
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut first = true;
    while table.advance()? {
        if first {
            read.dated = table.text(&time).parse::<i64>().is_err();
            first = false;
        }
        let day = match read.dated {
            true => table.day(&time)?,
            false => match table.text(&time).parse::<Day>() {
                Ok(day @ -10_000_000..=10_000_000) => day,
                _ => return Err(table.wrong(&time, "is no whole number as in the rows above")),
            },
        };
        let name = table.text(&variant);
        if name.is_empty() {
            return Err(table.wrong(&variant, "is empty; name the variant"));
        }
        if !known.contains_key(name) {
            let group = if groups.is_empty() {
                name.to_owned()
            } else {
                aliases.group(name, groups).map_err(|error| table.wrong(&variant, error.text()))?.to_owned()
            };
            if known.len() == LINEAGES_MAX {
                return Err(Error::too_costly(format!(
                    "{what}: row {}: more than {LINEAGES_MAX} lineages",
                    table.row()
                )));
            }
            known.insert(name.to_owned(), group);
        }
        let amount = table.amount(&count)?;
        if amount > 1e9 {
            return Err(table.wrong(&count, "is more than 1,000,000,000"));
        }
        *read.cells.entry((day, known[name].clone())).or_default() += amount;
    }
    Ok(read)
}

fn samples(read: &Sampled, what: &str) -> Result<Samples> {
    let mut variants: Vec<String> = read.cells.keys().map(|(_, name)| name.clone()).collect();
    variants.sort();
    variants.dedup();
    let mut days: Vec<Day> = read.cells.keys().map(|(day, _)| *day).collect();
    days.dedup();
    if variants.len() > variants::VARIANTS_MAX || days.len() > TIMES_MAX {
        return Err(Error::too_costly(format!(
            "{what}: {} variants at {} times; at most {} at {TIMES_MAX}: put them into `groups`",
            variants.len(),
            days.len(),
            variants::VARIANTS_MAX
        )));
    }
    let first = days.first().copied().unwrap_or(0);
    let times = days.iter().map(|day| f64::from(*day) - f64::from(first)).collect();
    let mut counts = vec![vec![0.0; variants.len()]; days.len()];
    for ((day, name), count) in &read.cells {
        let (at, nth) = (days.partition_point(|known| known < day), variants.partition_point(|known| known < name));
        counts[at][nth] += count;
    }
    Ok(Samples { variants, times, counts })
}

fn cells_of(estimate: Option<Estimate>) -> [String; 3] {
    match estimate {
        Some(of) => [of.value, of.lower, of.upper].map(number_text),
        None => Default::default(),
    }
}

fn advantage_rows(fit: &Fit, tg: Option<f64>) -> String {
    let mut out = "variant,advantage,lower,upper,relative_rt,rt_lower,rt_upper,doubling,doubling_lower,doubling_upper,\
        count,note\n"
        .to_owned();
    for variant in &fit.variants {
        let mut cells = vec![variant.variant.clone()];
        cells.extend(cells_of(variant.advantage));
        cells.extend(cells_of(tg.and_then(|tg| variant.relative_rt(tg))));
        let (days, low, high) = variant.doubling();
        cells.extend([days, low, high].map(|days| days.map_or_else(String::new, number_text)));
        cells.push(number_text(variant.count));
        cells.push(note(fit, &variant.variant, variant.count).to_owned());
        row_text(&mut out, &cells);
    }
    out
}

fn note(fit: &Fit, variant: &str, count: f64) -> &'static str {
    match () {
        () if variant == fit.reference => "reference",
        () if count <= 0.0 => "never-seen",
        () => "",
    }
}

fn time_text(read: &Sampled, first: Day, time: f64) -> String {
    if read.dated { days_text(first, time as usize) } else { number_text(f64::from(first) + time) }
}

fn share_rows(read: &Sampled, first: Day, samples: &Samples, shares: &[Share]) -> String {
    let mut out = format!("{},variant,share,lower,upper,observed,total\n", if read.dated { "date" } else { "t" });
    for share in shares {
        let at = samples.times.iter().position(|time| *time == share.time);
        let nth = samples.variants.iter().position(|name| *name == share.variant);
        let observed = at.zip(nth).map(|(at, nth)| number_text(samples.counts[at][nth]));
        let total = at.map(|at| number_text(samples.counts[at].iter().sum()));
        let mut cells = vec![time_text(read, first, share.time), share.variant.clone()];
        cells.extend(cells_of(Some(share.share)));
        cells.extend([observed.unwrap_or_default(), total.unwrap_or_default()]);
        row_text(&mut out, &cells);
    }
    out
}

fn as_object(read: &Sampled, first: Day, settings: &Settings, fit: &Fit, shares: &[Share], tg: Option<f64>) -> String {
    let variant = |one: &variants::Advantage| -> Value {
        let (days, lower, upper) = one.doubling();
        json!({
            "variant": one.variant, "count": one.count, "advantage": one.advantage,
            "relative_rt": tg.and_then(|tg| one.relative_rt(tg)),
            "doubling": { "days": days, "lower": lower, "upper": upper },
            "note": note(fit, &one.variant, one.count),
        })
    };
    let share = |one: &Share| -> Value {
        json!({ "time": time_text(read, first, one.time), "variant": one.variant, "share": one.share })
    };
    let variants: Vec<Value> = fit.variants.iter().map(variant).collect();
    let shares: Vec<Value> = shares.iter().map(share).collect();
    let answer = json!({
        "reference": fit.reference, "dispersion": fit.dispersion, "variants": variants, "shares": shares,
    });
    printed_json(settings, answer)
}
