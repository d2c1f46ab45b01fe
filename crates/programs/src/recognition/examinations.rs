//! Repeats: a second examination of an item within its window, at any institution, the own one too. A reaction keeps the
//! examinations of each registration and finds, over all registrations that certainly are one resident's, which of them
//! had one before. It judges nothing: whether a repeat was right is the doctor's to say.

use super::again::{self, AGAIN};
use super::apart::links;
use super::book::book;
use super::codes::reaction::{CODES, MAPS};
use super::codes::{Maps, Meant, maps};
use super::model::{Book, MarkLevel, PatientState, Status};
use super::reaction::{DIVIDER, day_key, millis_key, read_row};
use super::read;
use super::tables::WINDOW;
use crate::directory::{Picture, picture};
use base::{Cx, Error, Millis, Result};
use fhir::definitions::r4;
use runtime::program::Env;
use runtime::reactions::Reaction;
use runtime::residents::local_id;
use runtime::rules::{self, Days, Place, Rules};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use store::{Batch, Op, ShelfOp, Stored};

pub const REACTION: Reaction = Reaction {
    name: "recognition-repeats",
    types: &["ConceptMap", "DiagnosticReport", "Person"],
    spaces: &[EXAMINATIONS, REPEATS, REPEAT_DAYS, REPORTS, AGAIN],
    // Codes are understood by the maps, windows found by where an institution stands; the codes in use tell whether a map
    // that changes bears on reports.
    after: &[MAPS.name, CODES.name, "directory"],
    rest: Some(rest),
    slice_entries_max: SLICE_ENTRIES_MAX,
    plan,
};

/// A row a registration: its examinations.
const EXAMINATIONS: &str = "recognition.examinations";
/// A row a repeat, newest day first, by institution.
pub const REPEATS: &str = "recognition.repeats";
/// Up to where the feed was followed when a day's repeats were last touched (a row a day).
pub const REPEAT_DAYS: &str = "recognition.repeat-days";
/// Final reports of a day by institution, with a mark of recognition (`h1|marked`) or without (`h1|plain`).
pub const REPORTS: &str = "recognition.reports";
pub const MARKED: &str = "marked";
pub const PLAIN: &str = "plain";

const SLICE_ENTRIES_MAX: usize = 3_000;
/// Examinations so much older than a registration's newest are let go: no window is as wide.
const HELD_MILLIS: Millis = 400 * 86_400_000;
/// Examinations of one registration that are held.
const HELD_MAX: usize = 1_000;
const HOUR: Millis = 3_600_000;

/// An examination that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exam {
    /// Id of the DiagnosticReport.
    pub report: String,
    pub item: String,
    pub at: Millis,
    /// Id of the Organization that made it.
    pub institution: String,
    pub encounter: Option<String>,
    /// The order it answers: two reports of one order are one examination.
    pub order: Option<String>,
    /// The one that it repeats.
    pub before: Option<Before>,
}

/// What an examination repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub report: String,
    pub at: Millis,
    pub institution: String,
    /// State of the patient at the repeat.
    pub state: String,
    pub window_hours: i64,
}

/// A repeat as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatRow {
    pub exam: Exam,
    pub patient: String,
}

impl RepeatRow {
    /// The examination before was made at the same institution.
    pub fn is_own(&self) -> bool {
        self.exam.before.as_ref().is_some_and(|before| before.institution == self.exam.institution)
    }
}

/// What the rules say of a pair of examinations: state and window, where the later one is inside it.
type Judge<'a> = dyn FnMut(&Exam, &Exam) -> Result<Option<(PatientState, i64)>> + 'a;

fn plan(cx: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut sums: BTreeMap<(i32, String), i64> = BTreeMap::new();
    let mut work = Work::new(cx, env)?;
    for entry in slice {
        cx.go_on()?;
        match r4().type_name(entry.type_) {
            "Person" if entry.op != Op::Delete => work.touched.extend(several(entry)?),
            "Person" | "ConceptMap" => {}
            _ => work.report(entry, &mut sums)?,
        }
    }
    let is_map = |entry: &Stored| r4().type_name(entry.type_) == "ConceptMap";
    let again: Vec<Stored> = slice.iter().filter(|entry| entry.op != Op::Create || is_map(entry)).cloned().collect();
    let mut codes = Vec::new();
    for (entry, before) in again.iter().zip(env.store.replaced(&again)?) {
        match (r4().type_name(entry.type_), before) {
            ("ConceptMap", before) => codes.extend(again::changed(env, entry, before.as_ref())?),
            (_, None) => {}
            ("Person", Some(before)) => work.touched.extend(several(&before)?),
            (_, Some(before)) => work.take_back(&before, &mut sums)?,
        }
    }
    work.put_reports(slice)?;
    work.find_repeats()?;
    let mark = slice.last().map_or(0, |entry| entry.position);
    let mut shelves = work.into_shelves(sums, mark)?;
    shelves.extend(codes);
    Ok(Batch { shelves, ..Batch::default() })
}

/// Reports under codes whose meaning has changed since they came, some at a time.
fn rest(cx: &Cx, env: &Env, seen: u64) -> Result<Batch> {
    let Some(found) = again::next(cx, env, seen)? else { return Ok(Batch::default()) };
    let mut work = Work::new(cx, env)?;
    // They may stand on the shelf already, under another item.
    let mut reports = found.reports;
    reports.iter_mut().for_each(|stored| stored.op = Op::Update);
    for stored in &reports {
        cx.go_on()?;
        // How many reports there are does not depend on what their codes mean.
        work.report(stored, &mut BTreeMap::new())?;
        let patient = read::report(stored, &stored.resource()?, env.store.zone()).patient;
        work.left.entry(patient).or_default().insert(stored.id.clone());
    }
    work.put_reports(&reports)?;
    work.find_repeats()?;
    let mut shelves = work.into_shelves(BTreeMap::new(), seen)?;
    shelves.push(found.row);
    Ok(Batch { shelves, ..Batch::default() })
}

/// The registrations of a Person, where there are several: one alone has nothing to be compared with.
fn several(person: &Stored) -> Result<Vec<String>> {
    let linked = links(person)?;
    Ok(if linked.len() > 1 { linked.into_keys().collect() } else { Vec::new() })
}

/// What a slice changes.
struct Work<'a> {
    cx: &'a Cx,
    env: &'a Env,
    rules: Arc<Rules>,
    /// The items as they are today, for the codes of all reports.
    book: Arc<Book>,
    maps: Arc<Maps>,
    picture: Arc<Picture>,
    /// Registrations whose examinations, or whose person, changed.
    touched: BTreeSet<String>,
    /// The last of each report: patient and examination, or none where it counts no more.
    reports: HashMap<String, Option<(String, Exam)>>,
    /// Registrations that a report stood at before.
    left: BTreeMap<String, BTreeSet<String>>,
    /// Examinations by registration, as they are on the shelf and as they will be.
    held: HashMap<String, (Vec<Exam>, Vec<Exam>)>,
    states: HashMap<String, PatientState>,
    repeats: BTreeMap<String, Option<RepeatRow>>,
}

impl<'a> Work<'a> {
    fn new(cx: &'a Cx, env: &'a Env) -> Result<Work<'a>> {
        let today = env.store.zone().day_and_minute(cx.now()).0;
        Ok(Work {
            cx,
            env,
            rules: rules::of(env, &crate::rule_tables())?,
            book: book(env, today, &Place::default())?,
            maps: maps(env)?,
            picture: picture(env)?,
            touched: BTreeSet::new(),
            reports: HashMap::new(),
            left: BTreeMap::new(),
            held: HashMap::new(),
            states: HashMap::new(),
            repeats: BTreeMap::new(),
        })
    }

    fn report(&mut self, entry: &Stored, sums: &mut BTreeMap<(i32, String), i64>) -> Result<()> {
        let found = if entry.op == Op::Delete { None } else { self.examined(entry, sums, 1)? };
        self.reports.insert(entry.id.clone(), found);
        Ok(())
    }

    /// A version that was replaced: its count goes, and it may have stood at another registration.
    fn take_back(&mut self, before: &Stored, sums: &mut BTreeMap<(i32, String), i64>) -> Result<()> {
        let resource = before.resource()?;
        let report = read::report(before, &resource, self.env.store.zone());
        count(&report, self.env, sums, -1);
        if !report.patient.is_empty() {
            self.left.entry(report.patient).or_default().insert(before.id.clone());
        }
        Ok(())
    }

    /// Patient and examination that a report tells of; none where it is not final, is kept back, or its codes mean no item.
    fn examined(
        &self,
        entry: &Stored,
        sums: &mut BTreeMap<(i32, String), i64>,
        add: i64,
    ) -> Result<Option<(String, Exam)>> {
        let resource = entry.resource()?;
        let report = read::report(entry, &resource, self.env.store.zone());
        count(&report, self.env, sums, add);
        // What is kept back is told to nobody at another hospital, also not as the one that was repeated.
        let is_there = matches!(report.status, Status::Final | Status::Corrected) && !report.restricted;
        let (Some(at), true) = (report.taken.or(report.issued), is_there && !report.patient.is_empty()) else {
            return Ok(None);
        };
        // The codes as they are understood now; a map that is confirmed later counts from then on.
        let meant = self.maps.meant(&self.book, report.institution.as_deref(), &report.codings);
        let Meant::Item(item) = meant else { return Ok(None) };
        let encounter = resource.root().text_at("encounter.reference");
        let exam = Exam {
            report: entry.id.clone(),
            item,
            at,
            institution: report.institution.unwrap_or_default(),
            encounter: encounter.and_then(|reference| local_id(&reference, "Encounter")),
            order: report.orders.into_iter().next(),
            before: None,
        };
        Ok(Some((report.patient, exam)))
    }

    /// Puts the reports of the slice among the examinations of their registrations, in the order of the feed.
    fn put_reports(&mut self, slice: &[Stored]) -> Result<()> {
        for (patient, reports) in std::mem::take(&mut self.left) {
            let exams = &mut self.exams(&patient)?.1;
            exams.retain(|exam| !reports.contains(&exam.report));
            self.touched.insert(patient);
        }
        for entry in slice {
            let Some(found) = self.reports.remove(&entry.id) else { continue };
            // A first version has no row yet that might have to go.
            if entry.op != Op::Create {
                self.repeats.insert(entry.id.clone(), None);
            }
            let Some((patient, exam)) = found else { continue };
            let exams = &mut self.exams(&patient)?.1;
            exams.retain(|known| known.report != exam.report);
            exams.push(exam);
            exams.sort_by(|a, b| (a.at, &a.report).cmp(&(b.at, &b.report)));
            let oldest = exams.last().map_or(0, |newest| newest.at - HELD_MILLIS);
            exams.retain(|exam| exam.at >= oldest);
            let over = exams.len().saturating_sub(HELD_MAX);
            exams.drain(..over);
            self.touched.insert(patient);
        }
        Ok(())
    }

    fn exams(&mut self, patient: &str) -> Result<&mut (Vec<Exam>, Vec<Exam>)> {
        if !self.held.contains_key(patient) {
            let doc = self.env.store.row_read(EXAMINATIONS, patient)?;
            let exams: Vec<Exam> = doc.map(|doc| read_row(&doc)).transpose()?.unwrap_or_default();
            self.held.insert(patient.to_owned(), (exams.clone(), exams));
        }
        self.held.get_mut(patient).ok_or_else(|| Error::fault("the examinations of a registration are missing"))
    }

    /// Over all registrations of each resident that something happened to.
    fn find_repeats(&mut self) -> Result<()> {
        let mut open = std::mem::take(&mut self.touched);
        while let Some(patient) = open.pop_first() {
            self.cx.go_on()?;
            let group = self.registrations(&patient)?;
            let mut exams: Vec<(String, Exam)> = Vec::new();
            for one in &group {
                open.remove(one);
                let held = self.exams(one)?.1.clone();
                exams.extend(held.into_iter().map(|exam| (one.clone(), exam)));
            }
            exams.sort_by(|(_, a), (_, b)| (&a.item, a.at, &a.report).cmp(&(&b.item, b.at, &b.report)));
            let plain: Vec<Exam> = exams.iter().map(|(_, exam)| exam.clone()).collect();
            let found = repeats(&plain, &mut |before, exam| self.judged(before, exam))?;
            for ((patient, exam), before) in exams.into_iter().zip(found) {
                self.keep(patient, exam, before)?;
            }
        }
        Ok(())
    }

    /// The registrations that are certainly one resident's, this one among them.
    fn registrations(&self, patient: &str) -> Result<Vec<String>> {
        let alone = vec![patient.to_owned()];
        let persons = self.env.store.persons_of(patient)?;
        let [person] = persons.as_slice() else { return Ok(alone) };
        let type_ = r4().type_named("Person").ok_or_else(|| Error::fault("R4 has no type `Person`"))?;
        let stored = self.env.store.read(self.cx, type_, person)?.filter(|stored| stored.op != Op::Delete);
        let Some(stored) = stored else { return Ok(alone) };
        let certain = links(&stored)?.into_iter().filter(|(_, certain)| *certain).map(|(patient, _)| patient);
        let certain: Vec<String> = certain.collect();
        Ok(if certain.iter().any(|one| one == patient) { certain } else { alone })
    }

    fn keep(&mut self, patient: String, exam: Exam, before: Option<Before>) -> Result<()> {
        if exam.before == before && !self.repeats.contains_key(&exam.report) {
            return Ok(());
        }
        let held = self.exams(&patient)?.1.iter_mut().find(|known| known.report == exam.report);
        if let Some(held) = held {
            held.before = before.clone();
        }
        let row = before.is_some().then(|| RepeatRow { exam: Exam { before, ..exam.clone() }, patient });
        self.repeats.insert(exam.report, row);
        Ok(())
    }

    /// State of the patient and the window, where an examination was made inside it.
    fn judged(&mut self, before: &Exam, exam: &Exam) -> Result<Option<(PatientState, i64)>> {
        let hours = (exam.at - before.at) / HOUR;
        let place = self.place(&exam.institution);
        let days = Days { event: self.day(before.at), decision: self.day(exam.at), birth: None };
        // Most pairs are too far apart in any state; only the others need the encounter.
        let windows = PatientState::ALL.map(|state| (state, self.window(&exam.item, state, &place, &days)));
        if !windows.iter().any(|(_, window)| window.as_ref().is_ok_and(|&window| hours <= window)) {
            return Ok(None);
        }
        let state = self.state(exam.encounter.as_deref())?;
        let window = self.window(&exam.item, state, &place, &days)?;
        Ok((hours <= window).then_some((state, window)))
    }

    fn day(&self, at: Millis) -> i32 {
        self.env.store.zone().day_and_minute(at).0
    }

    fn place(&self, institution: &str) -> Place {
        let Some(here) = self.picture.institution(institution) else { return Place::default() };
        let top = &self.picture.institutions[here.top];
        Place { district: top.district.clone(), institution: Some(top.row.id.clone()) }
    }

    /// The widest window of an item, whatever the reach of the mark: minus one where there is none.
    fn window(&self, item: &str, state: PatientState, place: &Place, days: &Days) -> Result<i64> {
        let table = self.rules.table(WINDOW)?;
        let levels = MarkLevel::CODES.into_iter().chain([""]);
        let hours = levels.filter_map(|level| {
            let row = table.find_days(days, place, &[item, state.code(), level])?;
            if row.lifted { None } else { row.integer("hours") }
        });
        Ok(hours.max().unwrap_or(-1))
    }

    /// By the class of the encounter; out-patient where the record does not hold it.
    fn state(&mut self, encounter: Option<&str>) -> Result<PatientState> {
        let Some(id) = encounter else { return Ok(PatientState::Outpatient) };
        if let Some(state) = self.states.get(id) {
            return Ok(*state);
        }
        let type_ = r4().type_named("Encounter").ok_or_else(|| Error::fault("R4 has no type `Encounter`"))?;
        let stored = self.env.store.read(self.cx, type_, id)?.filter(|stored| stored.op != Op::Delete);
        let class = match stored {
            Some(stored) => stored.resource()?.root().text_at("class.code").map(Into::into).unwrap_or_default(),
            None => String::new(),
        };
        let state = PatientState::of_class(&class);
        self.states.insert(id.to_owned(), state);
        Ok(state)
    }

    fn into_shelves(self, sums: BTreeMap<(i32, String), i64>, mark: u64) -> Result<Vec<ShelfOp>> {
        let mut shelves = Vec::new();
        let written = |row: serde_json::Result<Vec<u8>>| {
            row.map_err(|_| Error::fault("a row of recognition could not be written"))
        };
        let row = |space: &str, key: String, sort: String, doc: Option<Vec<u8>>| ShelfOp::Row {
            space: space.to_owned(),
            key,
            sort,
            doc,
        };
        let changed = self.held.into_iter().filter(|(_, (was, is))| was != is);
        let changed: BTreeMap<String, Vec<Exam>> = changed.map(|(patient, (_, is))| (patient, is)).collect();
        for (patient, exams) in changed {
            let doc = (!exams.is_empty()).then(|| written(serde_json::to_vec(&exams))).transpose()?;
            shelves.push(row(EXAMINATIONS, patient, String::new(), doc));
        }
        let mut days = BTreeSet::new();
        for (report, repeat) in self.repeats {
            let was = self.env.store.row_read(REPEATS, &report)?;
            let is = repeat.as_ref().map(|repeat| written(serde_json::to_vec(repeat))).transpose()?;
            if was == is {
                continue;
            }
            let was: Option<RepeatRow> = was.map(|doc| read_row(&doc)).transpose()?;
            let touched = was.iter().chain(&repeat).map(|row| self.env.store.zone().day_and_minute(row.exam.at).0);
            days.extend(touched);
            let sort = repeat.as_ref().map(|row| repeat_sort(self.env, &row.exam)).unwrap_or_default();
            shelves.push(row(REPEATS, report, sort, is));
        }
        for day in days {
            // A day may be touched more than once while the feed stands still; each time its mark moves.
            let before = self.env.store.row_read(REPEAT_DAYS, &day.to_string())?;
            let before: Option<u64> = before.and_then(|doc| std::str::from_utf8(&doc).ok()?.parse().ok());
            let mark = before.map_or(mark, |before| mark.max(before + 1));
            shelves.push(row(REPEAT_DAYS, day.to_string(), day_key(day), Some(mark.to_string().into_bytes())));
        }
        let tallies = sums.into_iter().filter(|(_, add)| *add != 0);
        let tally = |((day, key), add)| ShelfOp::Tally { space: REPORTS.to_owned(), key, day, add };
        shelves.extend(tallies.map(tally));
        Ok(shelves)
    }
}

fn repeat_sort(env: &Env, exam: &Exam) -> String {
    let day = env.store.zone().day_and_minute(exam.at).0;
    format!("{}{DIVIDER}{}{DIVIDER}{}", day_key(day), exam.institution, millis_key(exam.at))
}

/// Counts a final report by whether it carries a mark of recognition.
fn count(report: &read::Report, env: &Env, sums: &mut BTreeMap<(i32, String), i64>, add: i64) {
    let (Some(at), Some(institution)) = (report.issued.or(report.taken), &report.institution) else { return };
    if matches!(report.status, Status::Final | Status::Corrected) {
        let kind = if report.mark.is_some() { MARKED } else { PLAIN };
        let day = env.store.zone().day_and_minute(at).0;
        *sums.entry((day, format!("{institution}|{kind}"))).or_default() += add;
    }
}

/// What each examination repeats: the last one of its item before it, where the rules put it inside the window. The
/// examinations are in the order of item and time.
fn repeats(exams: &[Exam], judge: &mut Judge<'_>) -> Result<Vec<Option<Before>>> {
    let mut found = Vec::with_capacity(exams.len());
    for (nth, exam) in exams.iter().enumerate() {
        let same_order = |before: &&Exam| before.order.is_some() && before.order == exam.order;
        let earlier = exams[..nth].iter().rev().take_while(|before| before.item == exam.item);
        let before = earlier.filter(|before| before.at < exam.at).find(|before| !same_order(before));
        let Some(before) = before else {
            found.push(None);
            continue;
        };
        let judged = judge(before, exam)?;
        found.push(judged.map(|(state, window_hours)| Before {
            report: before.report.clone(),
            at: before.at,
            institution: before.institution.clone(),
            state: state.code().to_owned(),
            window_hours,
        }));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exam(report: &str, item: &str, hours: i64, order: Option<&str>) -> Exam {
        let order = order.map(str::to_owned);
        Exam { report: report.to_owned(), item: item.to_owned(), at: hours * HOUR, order, ..Exam::default() }
    }

    #[test]
    fn a_repeat_is_of_the_last_one_of_its_item_inside_the_window() {
        let exams = [
            exam("a", "cbc", 0, None),
            exam("b", "cbc", 24, None),
            exam("c", "cbc", 200, None),
            exam("d", "ct", 24, Some("o1")),
            exam("e", "ct", 25, Some("o1")),
            exam("f", "ct", 26, Some("o2")),
        ];
        let found = repeats(&exams, &mut |before, exam| {
            Ok(((exam.at - before.at) / HOUR <= 100).then_some((PatientState::Outpatient, 100)))
        });
        let found: Vec<Option<String>> =
            found.unwrap().into_iter().map(|before| before.map(|before| before.report)).collect();
        let of = |report: &str| Some(report.to_owned());
        assert_eq!(found, [None, of("a"), None, None, None, of("e")], "one order is one examination");
    }
}
