//! What happens beside the server of a demonstration: the city comes in, places first; then it lives.

use super::accounts;
use super::life::{Life, instant};
use super::recognition::{Desk, ask_the_past};
use super::{city_of, time};
use crate::generate::record;
use crate::house::House;
use base::{Cx, StopFlag, Stopwatch};
use city::{City, Out, Window};
use identity::number::SYSTEM;
use runtime::import::{ImportOptions, Source};
use serde_json::Value;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use store::{Batch, ShelfOp};

/// Where the store keeps that the whole history has come in. From then on the city only lives: what it has lived
/// through is newer than its history.
const FILLED: (&str, &str) = ("demo", "filled");
/// The minute of the first day at which somebody may look: the night before passes at once.
const MORNING: i64 = 7 * 60 + 30;

/// Brings the data in, in this order: places and the first residents, who may sign in, the examples, all residents; then
/// lets the city live until the server stops.
pub fn fill(house: &House, examples: Option<&Path>, stop: &StopFlag) -> anyhow::Result<()> {
    let (city, key) = city_of(house)?;
    let cx = Cx { stop: stop.clone(), ..house.cx() };
    if !is_filled(house)? {
        let blocks = city.blocks();
        bring(house, &cx, &city, &key, 0..2.min(blocks + 1))?;
        if let Some(patient) = best_known(&city) {
            accounts::make_resident(house, &cx, &patient)?;
        }
        if let Err(error) = bring_examples(house, &cx, examples) {
            tracing::warn!(reason = format!("{error:#}"), "the official examples did not come in");
        }
        bring(house, &cx, &city, &key, 2..blocks + 1)?;
        past(house, &city, stop)?;
        if stop.is_raised() {
            return Ok(());
        }
        let (space, sort) = (FILLED.0.to_owned(), String::new());
        let filled = ShelfOp::Row { space, key: FILLED.1.to_owned(), sort, doc: Some(b"true".to_vec()) };
        house.store.write(&cx, Batch { shelves: vec![filled], ..Batch::default() })?;
    }
    live(house, city, stop)
}

/// Has the hospitals ask about the orders of the history. Without that, the city lives all the same.
fn past(house: &House, city: &City, stop: &StopFlag) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    if let Err(error) = ask_the_past(&mut Desk::of(house, city, stop)?, city)
        && !stop.is_raised()
    {
        tracing::warn!(reason = error.text(), "not every order of the history was asked about");
    }
    tracing::info!(millis = watch.elapsed().as_millis() as u64, "the orders of the history were asked about");
    Ok(())
}

/// Lets the clock of a city that lives already go on as it was left; that of a new one stands until its history is in.
pub fn wake(house: &House) -> anyhow::Result<()> {
    if let (Some(paced), true, Some(kept)) = (house.clock.paced(), is_filled(house)?, time::kept(&house.store)?) {
        paced.steer(None, Some(kept.paused));
    }
    Ok(())
}

fn is_filled(house: &House) -> anyhow::Result<bool> {
    Ok(house.store.row_read(FILLED.0, FILLED.1)?.is_some())
}

/// Lets the city live. The first morning comes at once.
fn live(house: &House, city: Arc<City>, stop: &StopFlag) -> anyhow::Result<()> {
    let Some(paced) = house.clock.paced() else { return Ok(()) };
    let morning = city::day::minute(city.settings.end, 0, 0) + MORNING;
    let mut life = Life::resume(house, paced, city, stop)?;
    if paced.course().now < instant(morning) {
        life.hurry(morning)?;
        let course = paced.steer(None, Some(false));
        if let Some(live) = house.live.get() {
            live.tell_clock(course);
        }
    }
    life.run()
}

/// Brings parts of the city in: part 0 are the places, then one part a block.
fn bring(house: &House, cx: &Cx, city: &Arc<City>, key: &str, parts: Range<usize>) -> anyhow::Result<()> {
    let Some(imports) = house.imports.get() else { return Ok(()) };
    if cx.stop.is_raised() || parts.is_empty() {
        return Ok(());
    }
    let name =
        if parts.start == 0 { "synthetic institutions 虚构机构" } else { "synthetic residents 虚构居民" };
    let part = record::source(name, city.clone(), parts, key, &cx.stop);
    let report = imports.beside(cx, name, vec![part.source], &house.import_options(), &|_, _| {});
    match part.failure.get() {
        Some(error) => Err(error.clone().into()),
        None => Ok(report.map(drop)?),
    }
}

fn bring_examples(house: &House, cx: &Cx, examples: Option<&Path>) -> anyhow::Result<()> {
    let (Some(imports), Some(examples)) = (house.imports.get(), examples) else { return Ok(()) };
    let options = ImportOptions { keep_bundles: true, ..house.import_options() };
    imports.beside(cx, "hl7.fhir.r4.examples", vec![Source::path(examples)], &options, &|_, _| {})?;
    Ok(())
}

/// The registration, among the first residents, that most is recorded about and whose Person is found by its number.
fn best_known(city: &City) -> Option<String> {
    let window = Window::history(city::day::minute(city.settings.end, 0, 0));
    let mut out = Out::new(window, city.settings.only);
    city.block(0, &mut out);
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut numbered = Vec::new();
    for line in out.ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Ok(resource) = serde_json::from_slice::<Value>(line) else { continue };
        let about = resource["subject"]["reference"].as_str().or(resource["patient"]["reference"].as_str());
        if let Some(patient) = about.and_then(|reference| reference.strip_prefix("Patient/")) {
            *counts.entry(patient.to_owned()).or_default() += 1;
        }
        let identifiers = resource["identifier"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_numbered = identifiers.iter().any(|identifier| identifier["system"] == SYSTEM);
        if resource["resourceType"] == "Patient" && is_numbered && resource.get("deceasedDateTime").is_none() {
            numbered.extend(resource["id"].as_str().map(str::to_owned));
        }
    }
    numbered.into_iter().max_by_key(|patient| counts.get(patient).copied().unwrap_or(0))
}
