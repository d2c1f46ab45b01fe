//! What the record holds of the resident that bears on an order: reports, their values, orders elsewhere. One search finds
//! reports and orders of all registrations; then the values of those reports that can matter are read.

use super::codes::{Maps, Meant};
use super::model::{Book, Found, HOUR_MILLIS, Item, ItemKind, Ordered, PENDING_HOURS_MAX, SignPlace, Status, Value};
use super::read::{self, Reading, Report, Request};
use crate::directory::Picture;
use base::zone::instant_text;
use base::{Cx, Millis, Result};
use fhir::definitions::{TypeId, r4};
use fhir::search::{Handling, Search, parse_search};
use runtime::care::Care;
use runtime::program::Env;
use std::collections::{HashMap, HashSet};
use store::{Op, Stored};

/// Reports and orders looked at for one question, the newest first; nobody has more within a window.
pub const REPORTS_MAX: usize = 400;
/// Values read for one question.
pub const READINGS_MAX: usize = 1_000;
/// How long after an instant a question may come and still be about now.
const NOW_MILLIS: Millis = 60_000;

/// What is asked of the record.
pub struct Wanted<'a> {
    /// Items that were ordered.
    pub items: &'a [&'a Item],
    /// The moment of the order: what is later is not known yet.
    pub at: Millis,
    /// Reports taken before are not looked at.
    pub since: Millis,
    /// Id of the Encounter, where its diagnoses may tell that the condition has changed.
    pub encounter: Option<&'a str>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    pub results: Vec<Found>,
    pub ordered: Vec<Ordered>,
    /// Severities of the encounter's diagnoses.
    pub severities: Vec<String>,
    /// There was more than is looked at.
    pub cut: bool,
}

/// What the meaning of codes rests on.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub book: &'a Book,
    pub maps: &'a Maps,
    pub picture: &'a Picture,
}

/// Gathers what bears on the items, read with the sight of `care`.
pub fn gather(env: &Env, care: &Care, known: Known<'_>, wanted: &Wanted<'_>) -> Result<Gathered> {
    let cx = &care.cx;
    let is_past = wanted.at + NOW_MILLIS < cx.now();
    let page = env.store.search_each(cx, &searches(env, cx, care, known.book, wanted, is_past)?)?;
    let mut gathered = Gathered { cut: page.next.is_some(), ..Gathered::default() };
    let certain = care.certain();
    let (mut reports, mut requests): (Vec<Report>, Vec<Request>) = (Vec::new(), Vec::new());
    for stored in &page.matches {
        match r4().type_name(stored.type_) {
            "DiagnosticReport" => reports.extend(report_then(env, cx, stored, wanted.at, is_past)?),
            "ServiceRequest" => {
                requests.push(read::request(&stored.id, &stored.resource()?, env.store.zone()));
            }
            _ => severity(env, stored, wanted, &mut gathered)?,
        }
    }
    gathered.ordered = ordered(known, &certain, &reports, requests, wanted.at, is_past);
    let mut kept = Kept::new(known, wanted);
    reports.retain(|report| kept.matters(report));
    let readings = readings(env, cx, &reports, wanted.at, is_past)?;
    for report in &reports {
        let whose = certain.contains(&report.patient.as_str());
        gathered.results.extend(kept.found(report, whose, &readings));
    }
    specimens(env, cx, &mut gathered, &kept)?;
    Ok(gathered)
}

fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| base::Error::fault(format!("R4 has no type `{name}`")))
}

fn search(env: &Env, cx: &Cx, type_name: &str, params: &[(&str, String)]) -> Result<Search> {
    let params: Vec<(String, String)> =
        params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    parse_search(type_named(type_name)?, &params, Handling::Strict, env.store.zone(), "", cx.now())
}

/// Reports and orders in one look at the record; diagnoses of the encounter where the rules ask for them.
fn searches(env: &Env, cx: &Cx, care: &Care, book: &Book, wanted: &Wanted<'_>, is_past: bool) -> Result<Vec<Search>> {
    let registrations = care.registrations.iter().map(|linked| format!("Patient/{}", linked.patient));
    let subject = registrations.collect::<Vec<_>>().join(",");
    let count = REPORTS_MAX.to_string();
    let since = format!("ge{}", instant_text(wanted.since));
    let reports = [("subject", subject.clone()), ("date", since), ("_count", count)];
    let ordered_since = format!("ge{}", instant_text(wanted.at - PENDING_HOURS_MAX * HOUR_MILLIS));
    let mut orders = vec![("subject", subject), ("authored", ordered_since)];
    if !is_past {
        orders.push(("status", "active".to_owned()));
    }
    let mut searches =
        vec![search(env, cx, "DiagnosticReport", &reports)?, search(env, cx, "ServiceRequest", &orders)?];
    let asks_severity = book.signs.iter().any(|sign| sign.place == SignPlace::ConditionSeverity);
    if let (Some(encounter), true) = (wanted.encounter, asks_severity) {
        searches.push(search(env, cx, "Condition", &[("encounter", format!("Encounter/{encounter}"))])?);
    }
    Ok(searches)
}

/// A report as it was known at the moment: an earlier version where the present one came later, none where it was not there.
fn report_then(env: &Env, cx: &Cx, stored: &Stored, at: Millis, is_past: bool) -> Result<Option<Report>> {
    let zone = env.store.zone();
    let now = read::report(stored, &stored.resource()?, zone);
    if !is_past || now.issued.is_none_or(|issued| issued <= at) || stored.updated <= at {
        return Ok(Some(now));
    }
    for version in (1..stored.version).rev() {
        let Some(before) = env.store.read_version(cx, stored.type_, &stored.id, version)? else { continue };
        if before.op == Op::Delete {
            continue;
        }
        let then = read::report(&before, &before.resource()?, zone);
        if then.issued.is_none_or(|issued| issued <= at) {
            return Ok(Some(then));
        }
    }
    Ok(None)
}

/// The values of reports, as known at the moment, by their ids.
fn readings(env: &Env, cx: &Cx, reports: &[Report], at: Millis, is_past: bool) -> Result<HashMap<String, Reading>> {
    let mut ids: Vec<&str> = reports.iter().flat_map(|report| &report.results).map(String::as_str).collect();
    ids.truncate(READINGS_MAX);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found = HashMap::with_capacity(ids.len());
    for stored in env.store.read_each(cx, type_named("Observation")?, &ids)? {
        let mut reading = read::reading(&stored.resource()?, env.store.zone());
        if is_past && stored.version > 1 && reading.issued.is_some_and(|issued| issued > at) && stored.updated > at {
            reading = reading_then(env, cx, &stored, at)?.unwrap_or(reading);
        }
        found.insert(stored.id, reading);
    }
    Ok(found)
}

fn reading_then(env: &Env, cx: &Cx, stored: &Stored, at: Millis) -> Result<Option<Reading>> {
    for version in (1..stored.version).rev() {
        let Some(before) = env.store.read_version(cx, stored.type_, &stored.id, version)? else { continue };
        if before.op != Op::Delete {
            let then = read::reading(&before.resource()?, env.store.zone());
            if then.issued.is_none_or(|issued| issued <= at) {
                return Ok(Some(then));
            }
        }
    }
    Ok(None)
}

fn severity(env: &Env, stored: &Stored, wanted: &Wanted<'_>, gathered: &mut Gathered) -> Result<()> {
    let resource = stored.resource()?;
    let root = resource.root();
    let recorded = crate::directory::rows::text(root, "recordedDate");
    let known = read::instant(recorded, env.store.zone()).is_none_or(|recorded| recorded <= wanted.at);
    if known && let Some(severity) = root.get("severity").and_then(read::words) {
        gathered.severities.push(severity);
    }
    Ok(())
}

/// Orders that were open at the moment. What is closed by now was open while no report answered it.
fn ordered(
    known: Known<'_>,
    certain: &[&str],
    reports: &[Report],
    requests: Vec<Request>,
    at: Millis,
    is_past: bool,
) -> Vec<Ordered> {
    let answered: HashSet<&str> = reports.iter().flat_map(|report| &report.orders).map(String::as_str).collect();
    let was_open = |request: &Request| {
        (request.is_open || is_past)
            && !request.restricted
            && !answered.contains(request.id.as_str())
            && request.ordered.is_some_and(|ordered| ordered <= at)
    };
    let requests = requests.into_iter().filter(was_open);
    requests
        .map(|request| {
            let institution = request.institution.as_deref().map(|id| top(known.picture, id));
            let meant = known.maps.meant(known.book, institution.as_deref(), &request.codings);
            Ordered {
                item: item_of(meant),
                order: request.id,
                institution_name: institution.as_deref().and_then(|id| name_of(known.picture, id)),
                institution,
                ordered: request.ordered,
                due: request.due,
                certain: certain.contains(&request.patient.as_str()),
            }
        })
        .collect()
}

fn item_of(meant: Meant) -> Option<String> {
    match meant {
        Meant::Item(item) => Some(item),
        Meant::Unknown | Meant::Contradiction => None,
    }
}

/// The institution that a department or campus belongs to.
pub fn top(picture: &Picture, id: &str) -> String {
    let place = picture.place_of(id);
    place.map_or_else(|| id.to_owned(), |at| picture.institutions[picture.institutions[at].top].row.id.clone())
}

pub fn name_of(picture: &Picture, id: &str) -> Option<String> {
    picture.institution(id).map(|institution| institution.row.name.clone())
}

/// The consortia that an institution leads or belongs to.
pub fn consortia(picture: &Picture, id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in picture.affiliations.iter().filter(|row| row.active) {
        let takes_part = row.participant.as_deref() == Some(id) || row.organization.as_deref() == Some(id);
        if takes_part {
            let names = row.networks.iter().chain(row.organization.as_ref());
            found.extend(names.filter(|name| name.as_str() != id).cloned());
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What was ordered, and what the reports found mean beside it.
struct Kept<'a> {
    known: Known<'a>,
    /// Keys of the items and of their parts.
    keys: HashSet<&'a str>,
    has_lab: bool,
    /// Meanings of the reports' codes, by report.
    items: HashMap<String, Option<String>>,
    /// Consortia by institution.
    consortia: HashMap<String, Vec<String>>,
}

impl<'a> Kept<'a> {
    fn new(known: Known<'a>, wanted: &'a Wanted<'a>) -> Kept<'a> {
        let keys = wanted.items.iter().flat_map(|item| item.tests().into_iter().chain([item.key.as_str()])).collect();
        let has_lab = wanted.items.iter().any(|item| item.kind == ItemKind::Lab);
        Kept { known, keys, has_lab, items: HashMap::new(), consortia: HashMap::new() }
    }

    /// Whether a report may hold what was ordered: one of an item or part, a panel or a report under an unknown code that
    /// may hold a part.
    fn matters(&mut self, report: &Report) -> bool {
        let institution = report.institution.as_deref().map(|id| top(self.known.picture, id));
        let item = item_of(self.known.maps.meant(self.known.book, institution.as_deref(), &report.codings));
        let matters = match item.as_deref().and_then(|key| self.known.book.items.get(key)) {
            None => true,
            Some(item) if item.kind == ItemKind::Imaging => self.keys.contains(item.key.as_str()),
            Some(item) if item.parts.is_empty() => self.keys.contains(item.key.as_str()),
            Some(_) => self.has_lab,
        };
        self.items.insert(report.id.clone(), item);
        matters
    }

    /// The results of a report: one a value, or one for an image.
    fn found(&mut self, report: &Report, certain: bool, readings: &HashMap<String, Reading>) -> Vec<Found> {
        let item = self.items.get(&report.id).cloned().flatten();
        let institution = report.institution.as_deref().map(|id| top(self.known.picture, id));
        let consortia = institution.as_deref().map(|id| self.consortia_of(id)).unwrap_or_default();
        let whole = Found {
            name: report.name.clone(),
            report: report.id.clone(),
            report_name: report.name.clone(),
            institution_name: institution.as_deref().and_then(|id| name_of(self.known.picture, id)),
            assessed: institution.as_deref().map(|id| self.known.maps.assessed(id)).unwrap_or_default(),
            institution,
            consortia,
            certain,
            status: report.status,
            taken: report.taken,
            issued: report.issued,
            arrived: report.arrived,
            mark: report.mark.clone(),
            restricted: report.restricted,
            number: report.number.clone(),
            specimen: report.specimen.kind.clone(),
            specimen_id: report.specimen.id.clone(),
            fasting: report.specimen.fasting,
            item: item.clone(),
            ..Found::default()
        };
        let kind = item.as_deref().and_then(|key| self.known.book.items.get(key)).map(|item| item.kind);
        if kind == Some(ItemKind::Imaging) {
            return vec![image(report, whole, readings)];
        }
        if report.results.is_empty() {
            return vec![whole];
        }
        let panel = item.as_deref().and_then(|key| self.known.book.items.get(key));
        let mut values: Vec<Found> =
            report.results.iter().map(|id| self.value(&whole, id, readings.get(id), panel)).collect();
        by_name(self.known.book, panel, &mut values);
        values.retain(|value| value.item.as_deref().is_none_or(|item| self.keys.contains(item)));
        values
    }

    fn value(&self, whole: &Found, id: &str, reading: Option<&Reading>, panel: Option<&Item>) -> Found {
        let base = Found { observation: Some(id.to_owned()), ..whole.clone() };
        let Some(reading) = reading else {
            // It stands for the panel, or for the single test that the report is about.
            return Found { item: panel.map(|panel| panel.key.clone()), value: Value::Unseen, ..base };
        };
        let meant = self.known.maps.meant(self.known.book, whole.institution.as_deref(), &reading.codings);
        Found {
            item: item_of(meant),
            name: reading.name.clone(),
            status: worse(whole.status, reading.status),
            taken: reading.taken.or(whole.taken),
            value: reading.value.clone(),
            flag: reading.flag.clone(),
            range: reading.range.clone(),
            mark: reading.mark.clone().or(base.mark),
            restricted: whole.restricted || reading.restricted,
            method: reading.method.clone(),
            instrument: reading.instrument.clone(),
            thickness_um: reading.thickness_um,
            specimen: reading.specimen.kind.clone().or(base.specimen),
            specimen_id: reading.specimen.id.clone().or(base.specimen_id),
            fasting: reading.specimen.fasting.or(base.fasting),
            ..base
        }
    }

    fn consortia_of(&mut self, id: &str) -> Vec<String> {
        let picture = self.known.picture;
        self.consortia.entry(id.to_owned()).or_insert_with(|| consortia(picture, id)).clone()
    }
}

/// Within a report whose code was mapped to a panel, a value without a known code is known by its exact name.
fn by_name(book: &Book, panel: Option<&Item>, values: &mut [Found]) {
    let Some(panel) = panel.filter(|panel| !panel.parts.is_empty()) else { return };
    for nth in 0..values.len() {
        if values[nth].item.is_some() || values[nth].value == Value::Unseen {
            continue;
        }
        let name = fhir::fold(&values[nth].name);
        let is_called = |part: &&String| {
            let item = book.items.get(*part);
            item.is_some_and(|item| item.names.iter().chain([&item.zh]).any(|known| fhir::fold(known) == name))
        };
        let mut parts = panel.parts.iter().filter(is_called);
        let part = parts.next().cloned().filter(|_| parts.next().is_none());
        if let Some(part) = part
            && !values.iter().any(|value| value.item.as_ref() == Some(&part))
        {
            values[nth].item = Some(part);
        }
    }
}

/// An imaging examination: its findings, never the conclusion.
fn image(report: &Report, whole: Found, readings: &HashMap<String, Reading>) -> Found {
    let held: Vec<&Reading> = report.results.iter().filter_map(|id| readings.get(id)).collect();
    let text = |reading: &&Reading| match &reading.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let findings: Vec<String> = held.iter().filter_map(text).collect();
    let value = match (findings.is_empty(), held.len() < report.results.len(), report.has_study) {
        (false, ..) => Value::Text(findings.join("；")),
        (true, true, _) => Value::Unseen,
        (true, false, true) => Value::Text("影像".to_owned()),
        (true, false, false) => Value::Missing,
    };
    let status = held.iter().fold(whole.status, |status, reading| worse(status, reading.status));
    let restricted = whole.restricted || held.iter().any(|reading| reading.restricted);
    let method = held.iter().find_map(|reading| reading.method.clone());
    let instrument = held.iter().find_map(|reading| reading.instrument.clone());
    let thickness_um = held.iter().filter_map(|reading| reading.thickness_um).max();
    let observation = report.results.first().cloned();
    Found { value, status, restricted, method, instrument, thickness_um, observation, ..whole }
}

/// The status of a value in a report: the one that says less.
fn worse(one: Status, other: Status) -> Status {
    let rank = |status: Status| match status {
        Status::Withdrawn => 3,
        Status::Preliminary => 2,
        Status::Corrected => 1,
        Status::Final => 0,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// Reads Specimens that are resources of their own, where an item asks for what they tell.
fn specimens(env: &Env, cx: &Cx, gathered: &mut Gathered, kept: &Kept<'_>) -> Result<()> {
    let asks = |item: &str| kept.known.book.items.get(item).is_some_and(|item| item.fasting);
    if !kept.keys.iter().any(|key| asks(key)) {
        return Ok(());
    }
    for found in gathered.results.iter_mut().filter(|found| found.fasting.is_none()) {
        let (Some(id), Some(item)) = (&found.specimen_id, &found.item) else { continue };
        if !asks(item) {
            continue;
        }
        let Some(stored) = env.store.read(cx, type_named("Specimen")?, id)?.filter(|stored| stored.op != Op::Delete)
        else {
            continue;
        };
        let told = read::specimen_of(&stored.resource()?);
        found.fasting = told.fasting;
        found.specimen = told.kind.or_else(|| found.specimen.take());
    }
    Ok(())
}
