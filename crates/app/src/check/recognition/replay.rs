//! A city that has not been yet: what its institutions send arrives in a record of its own, minute by minute, and each order
//! is asked about in the minute in which it is written. So the record knows then what it would have known, in the versions
//! of that minute.

use super::asking::Asker;
use super::tally::Tally;
use super::truth::Truth;
use crate::demo::instant;
use crate::orders::Written;
use anyhow::Context;
use base::zone::Zone;
use base::{Clock, Cx, Dice, StopFlag};
use city::{City, Minute, Out, Window};
use fhir::{Limits, Resource};
use runtime::program::{Env, Kept};
use runtime::reactions::catch_up;
use runtime::record::Site;
use runtime::residents;
use runtime::rules::Seeds;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Batch, Expect, Options, Put, Store, Write};

/// Resources of one write.
const BATCH_MAX: usize = 500;
/// Mebibytes of pages that the record of a part keeps in memory.
const CACHE_MIB: usize = 32;
const PLACES: [&str; 4] = ["Organization", "OrganizationAffiliation", "ConceptMap", "Location"];

/// Lines of NDJSON in the order of their arrival.
struct Arrivals {
    text: Vec<u8>,
    /// Minute and place in the text.
    lines: Vec<(Minute, Range<usize>)>,
}

struct Replay<'a> {
    cx: Cx,
    hand: Arc<AtomicI64>,
    env: &'a Env,
    arrivals: &'a Arrivals,
    /// First line of each registration and visit.
    firsts: HashMap<(&'static str, String), usize>,
    /// Lines before it have been written.
    next: usize,
    /// Lines that were brought forward, because the hospital that asks has sent them.
    early: HashSet<usize>,
}

/// Replays some blocks of a city in a new folder and asks about every order.
pub fn part(city: &City, blocks: Range<usize>, dir: &Path, stop: &StopFlag) -> anyhow::Result<Tally> {
    let end = city::day::minute(city.settings.end, 0, 0);
    let mut out = Out::new(Window::live(Minute::MIN, end), city.settings.only);
    city.places(&mut out);
    let places = Arrivals::of(&mut out, |line| PLACES.iter().any(|type_| is_of(line, type_)));
    for block in blocks {
        city.block(block, &mut out);
    }
    let mut truth = Truth::default();
    truth.add_repeats(&out.truth.repeats)?;
    truth.add_registrations(&out.truth.registrations)?;
    let arrivals = Arrivals::of(&mut out, is_wanted);
    let hand =
        Arc::new(AtomicI64::new(instant(city::day::minute(city.settings.end - city.settings.days as i32, 0, 0))));
    let store = open(dir, Clock::Set(hand.clone()))?;
    let cx = Cx { clock: Clock::Set(hand.clone()), stop: stop.clone(), ..Cx::platform() };
    runtime::rules::lay(&cx, &store, &programs::rule_tables(), Seeds::Demonstration)?;
    let site = Site { base_url: "http://localhost/fhir".to_owned(), zone: Zone::default() };
    let env = Env { store: store.clone(), site, kept: Kept::default() };
    for lines in places.lines.chunks(BATCH_MAX) {
        write(&cx, &store, lines.iter().map(|(_, place)| &places.text[place.clone()]))?;
    }
    catch_up(&cx, &store, &programs::reactions())?;
    let mut asker = Asker { env: &env, truth: &truth, tally: Tally::default() };
    let firsts = arrivals.firsts()?;
    let (next, early) = (0, HashSet::new());
    let mut replay = Replay { cx, hand, env: &env, arrivals: &arrivals, firsts, next, early };
    for question in arrivals.questions()? {
        anyhow::ensure!(!stop.is_raised(), "stopped before its end");
        replay.up_to(question.minute)?;
        let encounter = replay.bring(&question)?;
        replay.hand.store(instant(question.minute), Ordering::Relaxed);
        asker.ask(&question, encounter).with_context(|| format!("at the order `{}`", question.id))?;
    }
    let tally = asker.tally;
    store.close()?;
    Ok(tally)
}

fn open(dir: &Path, clock: Clock) -> anyhow::Result<Store> {
    let options =
        Options { clock, dice: Dice::System, sync: false, readers: 2, cache_mib: CACHE_MIB, ..Options::default() };
    Ok(Store::open(dir, options)?)
}

/// Writes resources; one that comes in several versions gets them one after the other.
fn write<'a>(cx: &Cx, store: &Store, lines: impl Iterator<Item = &'a [u8]>) -> anyhow::Result<()> {
    let (mut writes, mut keys) = (Vec::new(), HashSet::new());
    for line in lines {
        let resource = fhir::parse(line.trim_ascii_end(), &Limits::default())?;
        let id = resource.id().context("a resource without an id")?.to_owned();
        if !keys.insert((resource.type_id().0, id.clone())) {
            store.write(cx, Batch { writes: std::mem::take(&mut writes), ..Batch::default() })?;
            keys.clear();
            keys.insert((resource.type_id().0, id.clone()));
        }
        writes.push(Write::Put(Put { id, resource, expect: Expect::Any, source: None }));
    }
    if !writes.is_empty() {
        store.write(cx, Batch { writes, ..Batch::default() })?;
    }
    Ok(())
}

fn is_of(line: &[u8], type_: &str) -> bool {
    let head = br#"{"resourceType":""#;
    let rest = line.strip_prefix(head).and_then(|rest| rest.strip_prefix(type_.as_bytes()));
    rest.is_some_and(|rest| rest.first() == Some(&b'"'))
}

fn contains(line: &[u8], text: &str) -> bool {
    line.windows(text.len()).any(|part| part == text.as_bytes())
}

/// What a decision may look at: registrations, visits and their diagnoses, orders, results.
fn is_wanted(line: &[u8]) -> bool {
    match () {
        () if is_of(line, "Patient") || is_of(line, "Encounter") || is_of(line, "DiagnosticReport") => true,
        () if is_of(line, "Condition") => contains(line, r#""encounter":{"#),
        () if is_of(line, "Observation") => contains(line, r#""basedOn":[{"reference":"ServiceRequest/"#),
        () => is_of(line, "ServiceRequest") && contains(line, "urn:jingluo:local:"),
    }
}

impl Arrivals {
    /// Takes the lines that are wanted out of what was made.
    fn of(out: &mut Out, is_wanted: impl Fn(&[u8]) -> bool) -> Arrivals {
        let text = std::mem::take(&mut out.ndjson);
        let lines = out.arrivals.drain(..).map(|(minute, start, end)| (minute, start..end));
        let mut lines: Vec<_> = lines.filter(|(_, place)| is_wanted(&text[place.clone()])).collect();
        // Stable: what is made within a minute keeps its order.
        lines.sort_by_key(|(minute, _)| *minute);
        Arrivals { text, lines }
    }

    fn line(&self, nth: usize) -> &[u8] {
        self.text[self.lines[nth].1.clone()].trim_ascii_end()
    }

    /// Where each registration and visit is told first.
    fn firsts(&self) -> anyhow::Result<HashMap<(&'static str, String), usize>> {
        let mut firsts = HashMap::new();
        for nth in 0..self.lines.len() {
            let line = self.line(nth);
            for type_ in ["Patient", "Encounter"] {
                if is_of(line, type_) {
                    let rest = &line[type_.len() + br#"{"resourceType":"","id":""#.len()..];
                    let id = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
                    firsts.entry((type_, String::from_utf8(id.to_vec())?)).or_insert(nth);
                }
            }
        }
        Ok(firsts)
    }

    /// Every order of an examination, in the order in which they were written.
    fn questions(&self) -> anyhow::Result<Vec<Written>> {
        let mut seen = HashSet::new();
        let mut questions = Vec::new();
        for nth in 0..self.lines.len() {
            let line = self.line(nth);
            if !is_of(line, "ServiceRequest") {
                continue;
            }
            let request = fhir::parse(line, &Limits::default())?;
            let id = request.id().unwrap_or_default().to_owned();
            if let Some(written) = Written::of(&id, &request)
                && seen.insert(id)
            {
                questions.push(written);
            }
        }
        questions.sort_by_key(|written: &Written| written.minute);
        Ok(questions)
    }
}

impl Replay<'_> {
    /// Writes what has arrived up to and with a minute, and lets the reactions follow.
    fn up_to(&mut self, minute: Minute) -> anyhow::Result<()> {
        let mut registered = false;
        while self.arrivals.lines.get(self.next).is_some_and(|(at, _)| *at <= minute) {
            let from = self.next;
            let until = self.arrivals.lines[from..].partition_point(|(at, _)| *at <= minute) + from;
            let until = until.min(from + BATCH_MAX);
            let at = self.arrivals.lines[until - 1].0;
            self.hand.store(instant(at), Ordering::Relaxed);
            let lines = (from..until).filter(|nth| !self.early.remove(nth)).map(|nth| self.arrivals.line(nth));
            let lines: Vec<&[u8]> = lines.collect();
            registered |= lines.iter().any(|line| is_of(line, "Patient"));
            write(&self.cx, &self.env.store, lines.into_iter())?;
            self.next = until;
        }
        if registered {
            catch_up(&self.cx, &self.env.store, &[&residents::REACTION])?;
        }
        Ok(())
    }

    /// The first line of a resource, where it has not been written yet.
    fn waiting(&self, type_: &'static str, id: &str) -> Option<usize> {
        let first = *self.firsts.get(&(type_, id.to_owned()))?;
        (first >= self.next && !self.early.contains(&first)).then_some(first)
    }

    /// Who asks has sent the registration; the visit goes along with the question, as it was when it began.
    fn bring(&mut self, question: &Written) -> anyhow::Result<Option<Resource>> {
        let registration = self.waiting("Patient", &question.patient);
        if let Some(nth) = registration {
            write(&self.cx, &self.env.store, std::iter::once(self.arrivals.line(nth)))?;
            self.early.insert(nth);
            catch_up(&self.cx, &self.env.store, &[&residents::REACTION])?;
        }
        let visit = question.encounter.as_deref().and_then(|id| self.waiting("Encounter", id));
        Ok(visit.map(|nth| fhir::parse(self.arrivals.line(nth), &Limits::default())).transpose()?)
    }
}
