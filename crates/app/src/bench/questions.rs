//! Questions for `bench recognition`: orders of residents of a synthetic city at hospitals that know them. Two of three are
//! about what was examined lately, at another hospital or the same, within the window of the item; the third is about
//! anything. The city is made again from its wish, so nothing has to be read from the record.

use crate::generate::Wish;
use anyhow::{Context, bail};
use city::care::{Tables, read_tables};
use city::{City, Minute, Out, Rng, Window};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;

const SEED: u64 = 5;
const LOCAL: &str = "urn:jingluo:local:";
/// Of three questions, so many are about what is known.
const KNOWN_OF_THREE: usize = 2;

pub struct Questions<'a> {
    pub wish: Wish,
    /// Hospitals that ask, the first ones.
    pub hospitals: usize,
    pub count: usize,
    pub out: &'a str,
}

/// The codes of an institution by item, and the items by code.
#[derive(Default)]
struct Codes {
    by_item: HashMap<String, (String, String)>,
    items: HashMap<String, String>,
}

/// What is known of a resident.
#[derive(Default)]
struct Resident {
    /// Ids of institutions that ask and have a registration with a number.
    registered: Vec<String>,
    /// Item and when it was examined.
    lately: Vec<(String, Minute)>,
}

struct Making {
    codes: HashMap<String, Codes>,
    /// Minutes of the window of each item on the list.
    windows: HashMap<&'static str, Minute>,
    /// Ids of the hospitals that ask.
    asking: Vec<String>,
    end: Minute,
    rng: Rng,
    known: Vec<String>,
    others: Vec<String>,
}

pub fn run(wanted: &Questions<'_>) -> anyhow::Result<()> {
    let city = City::build(wanted.wish.settings()?)?;
    let end = city::day::minute(city.settings.end, 0, 0);
    let mut out = Out::new(Window::history(end), city.settings.only);
    city.places(&mut out);
    let hospitals = city.places.institutions.iter().filter(|institution| institution.is_hospital());
    let asking = hospitals.take(wanted.hospitals).map(|institution| institution.id.clone()).collect();
    let tables = read_tables()?;
    let (known, others) = (Vec::new(), Vec::new());
    let rng = Rng::of(SEED, 1, wanted.count as u64);
    let mut making = Making { codes: codes(&out.ndjson)?, windows: windows(&tables), asking, end, rng, known, others };
    for block in 0..city.blocks() {
        out.clear();
        city.block(block, &mut out);
        making.block(&out.ndjson)?;
    }
    let questions = making.drawn(wanted.count)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(wanted.out)?);
    for question in &questions {
        writeln!(file, "{question}")?;
    }
    file.flush()?;
    crate::say::line(&format!("{} questions of {} hospitals", questions.len(), making.asking.len()));
    Ok(())
}

fn windows(tables: &Tables) -> HashMap<&'static str, Minute> {
    let panels = tables.panels.iter().filter(|panel| panel.marked).map(|panel| (panel.key, panel.window_hours * 60));
    panels.chain(tables.images.iter().map(|image| (image.key, image.window_hours * 60))).collect()
}

fn codes(places: &[u8]) -> anyhow::Result<HashMap<String, Codes>> {
    let mut all: HashMap<String, Codes> = HashMap::new();
    for line in lines(places, "ConceptMap") {
        let map: Value = serde_json::from_slice(line)?;
        let group = &map["group"][0];
        let institution = group["source"].as_str().and_then(|source| source.strip_prefix(LOCAL));
        let codes = all.entry(institution.context("a ConceptMap of no institution")?.to_owned()).or_default();
        for element in group["element"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (code, item) = (text(&element["code"]), text(&element["target"][0]["code"]));
            // The panel stands after the single test of the same name, and is what is ordered.
            codes.by_item.insert(item.clone(), (code.clone(), text(&element["display"])));
            codes.items.insert(code, item);
        }
    }
    Ok(all)
}

fn lines<'a>(text: &'a [u8], type_: &str) -> impl Iterator<Item = &'a [u8]> {
    let head = format!("{{\"resourceType\":\"{type_}\"");
    text.split(|byte| *byte == b'\n').filter(move |line| line.starts_with(head.as_bytes()))
}

impl Making {
    fn block(&mut self, text: &[u8]) -> anyhow::Result<()> {
        let mut residents: BTreeMap<String, Resident> = BTreeMap::new();
        let person = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
        for line in lines(text, "Patient") {
            let patient: Value = serde_json::from_slice(line)?;
            let id = patient["id"].as_str().unwrap_or_default();
            let institution = patient["meta"]["source"].as_str().unwrap_or_default().rsplit(':').next();
            let institution = institution.unwrap_or_default();
            let identifiers = patient["identifier"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_numbered = identifiers.iter().any(|identifier| identifier["system"] == identity::number::SYSTEM);
            if is_numbered && self.asking.iter().any(|asking| asking == institution) {
                residents.entry(person(id)).or_default().registered.push(institution.to_owned());
            }
        }
        for line in lines(text, "DiagnosticReport") {
            let report: Value = serde_json::from_slice(line)?;
            let coding = &report["code"]["coding"][0];
            let institution = coding["system"].as_str().and_then(|system| system.strip_prefix(LOCAL));
            let Some(codes) = institution.and_then(|institution| self.codes.get(institution)) else { continue };
            let Some(item) = coding["code"].as_str().and_then(|code| codes.items.get(code)) else { continue };
            let Some(taken) = report["effectiveDateTime"].as_str().and_then(city::day::minute_named) else { continue };
            let id = report["id"].as_str().unwrap_or_default();
            if let Some(resident) = residents.get_mut(&person(id)) {
                resident.lately.push((item.clone(), taken));
            }
        }
        residents.iter().for_each(|(person, resident)| self.of_resident(person, resident));
        Ok(())
    }

    /// One question about what is known, where something is, and one about anything.
    fn of_resident(&mut self, person: &str, resident: &Resident) {
        if resident.registered.is_empty() {
            return;
        }
        let institution = self.rng.pick(&resident.registered).clone();
        // Half of the window is left, so that the record may be some days old.
        let is_fresh = |(item, taken): &&(String, Minute)| {
            self.windows.get(item.as_str()).is_some_and(|window| self.end - taken <= window / 2)
        };
        let fresh: Vec<String> = resident.lately.iter().filter(is_fresh).map(|(item, _)| item.clone()).collect();
        if !fresh.is_empty() {
            let item = self.rng.pick(&fresh).clone();
            self.known.extend(self.question(person, &institution, &item));
        }
        let mut listed: Vec<&str> = self.windows.keys().copied().collect();
        listed.sort_unstable();
        let item = *self.rng.pick(&listed);
        self.others.extend(self.question(person, &institution, item));
    }

    fn question(&self, person: &str, institution: &str, item: &str) -> Option<String> {
        let (code, display) = self.codes.get(institution)?.by_item.get(item)?;
        let key = institution.strip_prefix("org-").unwrap_or(institution);
        let patient = format!("{person}-{key}");
        Some(
            json!({ "institution": institution, "patient": patient, "item": item, "code": code, "display": display })
                .to_string(),
        )
    }

    /// Mixed, in an order that says nothing.
    fn drawn(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        let known = (count * KNOWN_OF_THREE / 3).min(self.known.len());
        let others = (known / KNOWN_OF_THREE).min(self.others.len());
        if known == 0 || others == 0 {
            bail!("this city has nothing to ask about; it needs more residents or more days");
        }
        let mut questions: Vec<String> = Vec::with_capacity(known + others);
        for (from, wanted) in [(std::mem::take(&mut self.known), known), (std::mem::take(&mut self.others), others)] {
            questions.extend(shuffled(from, &mut self.rng).into_iter().take(wanted));
        }
        Ok(shuffled(questions, &mut self.rng))
    }
}

fn shuffled(mut list: Vec<String>, rng: &mut Rng) -> Vec<String> {
    for last in (1..list.len()).rev() {
        list.swap(last, rng.below(last as u64 + 1) as usize);
    }
    list
}
