//! The follow-up: a result that was corrected or withdrawn after somebody relied on it, or turned out not to be certainly
//! the patient's. The relying doctor is told by a `Communication`, and the chart (the `DetectedIssue` that stands for the
//! recognition) says so.
//!
//! It writes to the record, so it keeps no shelf: its cursor moves in the batch that tells, and nothing is told twice.
//! It looks at a card from both sides, because either may come first: when a result changes or a link is undone, at those
//! who relied on it; when a card is accepted, at whether that has happened since it was shown.

use super::alert::{AlertRow, Change, FOLLOW_SYSTEM, Outcome, text};
use super::apart::{Apart, Doubtful, apart, doubtful_in};
use super::lists::name_of;
use super::read;
use crate::directory::picture;
use base::limits::{HOOK_MILLIS_MAX, PAGE_ENTRIES_MAX};
use base::zone::instant_text;
use base::{Cx, Error, Millis, Result};
use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use fhir::search::{Handling, parse_search};
use runtime::cards::{CODE_SYSTEM, Recorded};
use runtime::program::{Env, Said};
use runtime::reactions::{Reaction, SLICE_ENTRIES};
use runtime::residents::{self, local_id};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, Expect, Op, Put, Stored, Write};

pub const REACTION: Reaction = Reaction {
    name: "recognition-follow-up",
    types: &["DiagnosticReport", "Observation", "DetectedIssue", "Person"],
    spaces: &[],
    // Who is whose resident is to be known before a card is held against it.
    after: &[residents::REACTION.name],
    rest: None,
    slice_entries_max: SLICE_ENTRIES,
    plan,
};

/// Between reading a result and showing it: what changes then was not seen either. Telling once too often is safe.
pub const SHOWING_MILLIS: Millis = 2 * HOOK_MILLIS_MAX as Millis;
/// Versions of a result that are looked at for the one that was shown.
const VERSIONS_MAX: usize = 50;
/// Resources named in one search for those who relied on them.
const SEARCHED_AT_ONCE: usize = 40;
/// A report and its results are corrected together; what changes within this time of a notice is part of it.
const ONE_CORRECTION_MILLIS: Millis = 10 * 60_000;
/// In a follow-up's mitigation: what changed. Each holds `reference` and `version`.
const CHANGED: &str = "urn:jingluo:recognition:changed";
/// On a notice: where the doctor works, who that is as the order system names it, and what was examined.
pub const ABOUT: &str = "urn:jingluo:recognition:notice";

/// A version of a result that is no longer what somebody may have relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Changed {
    /// `DiagnosticReport/12`, or the Person whose links changed.
    reference: String,
    version: u32,
    at: Millis,
    change: Change,
}

/// A recognition that has to be amended.
struct Relied {
    stored: Stored,
    row: AlertRow,
    changed: Vec<Changed>,
}

fn plan(cx: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let mut relied: BTreeMap<String, Relied> = BTreeMap::new();
    let changed = changed_in(env, slice)?;
    let references: Vec<&String> = changed.keys().collect();
    for some in references.chunks(SEARCHED_AT_ONCE) {
        for stored in cards_of(cx, env, "implicated", some)? {
            let Some((row, implicated)) = accepted(&stored)? else { continue };
            let mine = implicated.iter().filter_map(|reference| changed.get(reference));
            let mine = mine.filter(|changed| changed.is_unseen(&row)).cloned().collect();
            relied.insert(stored.id.clone(), Relied { stored, row, changed: mine });
        }
    }
    for found in parted(cx, env, &doubtful_in(env, slice)?)? {
        join(&mut relied, found);
    }
    for entry in slice.iter().filter(|entry| r4().type_name(entry.type_) == "DetectedIssue" && entry.op != Op::Delete) {
        cx.go_on()?;
        if let Some(found) = changed_before_the_choice(cx, env, entry)? {
            join(&mut relied, found);
        }
    }
    let mut batch = Batch::default();
    for relied in relied.into_values() {
        amend(cx, env, relied, &mut batch.writes)?;
    }
    Ok(batch)
}

/// What is found of a card joins what is known of it.
fn join(relied: &mut BTreeMap<String, Relied>, found: Relied) {
    match relied.get_mut(&found.stored.id) {
        None => drop(relied.insert(found.stored.id.clone(), found)),
        Some(known) => {
            let is_known = |changed: &Changed| known.changed.iter().any(|one| one.reference == changed.reference);
            let more: Vec<Changed> = found.changed.into_iter().filter(|changed| !is_known(changed)).collect();
            known.changed.extend(more);
        }
    }
}

/// Those who relied on results of registrations that may have been parted from the patient's.
fn parted(cx: &Cx, env: &Env, doubtful: &Doubtful) -> Result<Vec<Relied>> {
    let mut found = Vec::new();
    let patients: Vec<String> = doubtful.keys().map(|patient| format!("Patient/{patient}")).collect();
    for some in patients.chunks(SEARCHED_AT_ONCE) {
        for stored in cards_of(cx, env, "patient", &some.iter().collect::<Vec<_>>())? {
            let Some((row, implicated)) = accepted(&stored)? else { continue };
            let Some(persons) = doubtful.get(&row.patient) else { continue };
            if let Some(apart) = apart(cx, env, &row, &implicated, persons)? {
                found.push(Relied { stored, row, changed: vec![Changed::parted(apart)] });
            }
        }
    }
    Ok(found)
}

/// What in the slice corrects or withdraws, by report or result; the last of several. A first version corrects nothing that
/// somebody has seen.
fn changed_in(env: &Env, slice: &[Stored]) -> Result<BTreeMap<String, Changed>> {
    let is_result = |entry: &&Stored| {
        entry.op != Op::Create && matches!(r4().type_name(entry.type_), "DiagnosticReport" | "Observation")
    };
    let later: Vec<Stored> = slice.iter().filter(is_result).cloned().collect();
    let mut changed = BTreeMap::new();
    for (entry, before) in later.iter().zip(env.store.replaced(&later)?) {
        let reference = format!("{}/{}", r4().type_name(entry.type_), entry.id);
        let now = match (Changed::of(&reference, entry)?, &before) {
            (None, Some(before)) => Changed::unsaid(env, &reference, before, entry)?,
            (now, _) => now,
        };
        if let Some(now) = now {
            changed.insert(reference, now);
        }
    }
    Ok(changed)
}

impl Changed {
    fn of(reference: &str, stored: &Stored) -> Result<Option<Changed>> {
        let change = match stored.op {
            Op::Delete => Some(Change::Withdrawn),
            _ => Change::of_status(&text(stored.resource()?.root(), "status")),
        };
        Ok(change.map(|change| Changed::new(reference, stored, change)))
    }

    fn new(reference: &str, stored: &Stored, change: Change) -> Changed {
        Changed { reference: reference.to_owned(), version: stored.version, at: stored.updated, change }
    }

    fn parted(apart: Apart) -> Changed {
        let Apart { reference, version, at } = apart;
        Changed { reference, version, at, change: Change::Identity }
    }

    /// A correction that the sender does not call one: what was sent again says something else, or is another patient's.
    fn unsaid(env: &Env, reference: &str, before: &Stored, now: &Stored) -> Result<Option<Changed>> {
        if before.op == Op::Delete || now.op == Op::Delete {
            return Ok(None);
        }
        let (was, is, zone) = (before.resource()?, now.resource()?, env.store.zone());
        let subject = |of: &Resource| of.root().text_at("subject.reference").map(String::from);
        if subject(&was) != subject(&is) {
            return Ok(Some(Changed::new(reference, now, Change::Withdrawn)));
        }
        let says_otherwise = match r4().type_name(now.type_) {
            "Observation" => read::reading(&was, zone).value != read::reading(&is, zone).value,
            _ => {
                let kept = read::report(now, &is, zone).results;
                read::report(before, &was, zone).results.iter().any(|result| !kept.contains(result))
            }
        };
        Ok(says_otherwise.then(|| Changed::new(reference, now, Change::Corrected)))
    }

    /// The same against the version that was there when the alert was shown.
    fn unsaid_since(cx: &Cx, env: &Env, reference: &str, row: &AlertRow, now: &Stored) -> Result<Option<Changed>> {
        if now.op == Op::Delete || now.updated <= row.shown - SHOWING_MILLIS {
            return Ok(None);
        }
        for version in (1..now.version).rev().take(VERSIONS_MAX) {
            let Some(before) = env.store.read_version(cx, now.type_, &now.id, version)? else { continue };
            if before.updated <= row.shown {
                return Changed::unsaid(env, reference, &before, now);
            }
        }
        Ok(None)
    }

    /// Whether who was shown the alert may have seen the result as it was before.
    fn is_unseen(&self, row: &AlertRow) -> bool {
        self.at > row.shown - SHOWING_MILLIS
    }
}

/// The cards that rest on one of these, or are of one of these patients, as they stand.
fn cards_of(cx: &Cx, env: &Env, by: &str, references: &[&String]) -> Result<Vec<Stored>> {
    let references: Vec<&str> = references.iter().map(|reference| reference.as_str()).collect();
    let params = [
        (by.to_owned(), references.join(",")),
        ("code".to_owned(), format!("{CODE_SYSTEM}|{}", super::alert::USE_CASE)),
    ];
    let issue = type_named("DetectedIssue")?;
    let mut search = parse_search(issue, &params, Handling::Strict, &env.site.zone, "", cx.now())?;
    search.count = Some(PAGE_ENTRIES_MAX);
    let mut found = Vec::new();
    loop {
        cx.go_on()?;
        let page = env.store.search(cx, &search)?;
        found.extend(page.matches);
        match page.next {
            Some(next) => search.page = Some(next),
            None => return Ok(found),
        }
    }
}

/// The alert and what it rests on, where its result was recognised.
fn accepted(stored: &Stored) -> Result<Option<(AlertRow, Vec<String>)>> {
    let resource = stored.resource()?;
    // What was not written by a card has no doctor to be told.
    let row = AlertRow::of(&resource).ok().flatten().filter(|row| row.outcome == Outcome::Accepted);
    let Some(row) = row else { return Ok(None) };
    let implicated = Recorded::of_resource(&resource)?.map(|card| card.implicated).unwrap_or_default();
    Ok(Some((row, implicated)))
}

/// A card that was accepted after what it rests on had changed: its doctor saw the result as it was.
fn changed_before_the_choice(cx: &Cx, env: &Env, entry: &Stored) -> Result<Option<Relied>> {
    let Some((row, implicated)) = accepted(entry)? else { return Ok(None) };
    let mut changed = Vec::new();
    changed.extend(apart(cx, env, &row, &implicated, &BTreeSet::new())?.map(Changed::parted));
    for reference in implicated {
        let Some((name, id)) = reference.split_once('/') else { continue };
        if !matches!(name, "DiagnosticReport" | "Observation") {
            continue;
        }
        let Some(stored) = env.store.read(cx, type_named(name)?, id)? else { continue };
        // A first version corrects nothing that somebody has seen; a record that was brought in has no earlier one.
        if stored.version == 1 {
            continue;
        }
        let now = match Changed::of(&reference, &stored)? {
            None => Changed::unsaid_since(cx, env, &reference, &row, &stored)?,
            now => now,
        };
        changed.extend(now.filter(|changed| changed.is_unseen(&row)));
    }
    if changed.is_empty() {
        return Ok(None);
    }
    let current = env.store.read(cx, entry.type_, &entry.id)?.filter(|stored| stored.op != Op::Delete);
    let Some(stored) = current else { return Ok(None) };
    Ok(accepted(&stored)?.map(|(row, _)| Relied { stored, row, changed }))
}

/// Writes the change into the chart and, unless it is part of what was told just before, tells the doctor.
fn amend(cx: &Cx, env: &Env, relied: Relied, writes: &mut Vec<Write>) -> Result<()> {
    let Relied { stored, row, changed } = relied;
    let mut json = Vec::new();
    stored.json(&mut json)?;
    let mut issue: Value = serde_json::from_slice(&json).map_err(|_| Error::fault("a DetectedIssue is not JSON"))?;
    let mut mitigations = issue["mitigation"].as_array().cloned().unwrap_or_default();
    let fresh: Vec<Changed> = changed.into_iter().filter(|changed| !is_told(&mitigations, changed)).collect();
    // What is withdrawn needs no word that it was corrected too.
    let Some(change) = fresh.iter().map(|changed| changed.change).max() else { return Ok(()) };
    let told: Vec<usize> = (0..mitigations.len()).filter(|&at| follow_code(&mitigations[at]).is_some()).collect();
    let part_of = told.last().copied().filter(|&at| is_part_of(&mitigations[at], change, &fresh));
    match part_of {
        Some(at) => {
            let mut known = mitigations[at]["extension"].as_array().cloned().unwrap_or_default();
            known.extend(fresh.iter().map(Changed::json));
            mitigations[at]["extension"] = known.into();
        }
        None => {
            let said = said(env, &row, change)?;
            mitigations.push(json!({
                "extension": fresh.iter().map(Changed::json).collect::<Vec<_>>(),
                "action": { "coding": [{ "system": FOLLOW_SYSTEM, "code": change.code() }], "text": said.zh },
                "date": instant_text(cx.now()),
            }));
            let id = format!("{}-{}", stored.id, told.len() + 1);
            let notice = notice(cx, &id, &row, &issue, change, &fresh, &said);
            writes.push(put(id, &notice, Expect::Absent)?);
        }
    }
    issue["mitigation"] = mitigations.into();
    issue["status"] = "amended".into();
    writes.push(put(stored.id.clone(), &issue, Expect::Version(stored.version))?);
    Ok(())
}

impl Changed {
    fn json(&self) -> Value {
        json!({ "url": CHANGED, "extension": [
            { "url": "reference", "valueReference": { "reference": self.reference } },
            { "url": "version", "valueInteger": self.version },
        ]})
    }
}

fn follow_code(mitigation: &Value) -> Option<&str> {
    let codings = mitigation["action"]["coding"].as_array()?;
    codings.iter().find(|coding| coding["system"] == FOLLOW_SYSTEM)?["code"].as_str()
}

/// What a follow-up names: reference and version.
fn named_in(mitigation: &Value) -> impl Iterator<Item = (&str, u64)> {
    let extensions = mitigation["extension"].as_array().into_iter().flatten();
    extensions.filter(|extension| extension["url"] == CHANGED).filter_map(|extension| {
        let [reference, version] = extension["extension"].as_array()?.as_slice() else { return None };
        Some((reference["valueReference"]["reference"].as_str()?, version["valueInteger"].as_u64()?))
    })
}

fn is_told(mitigations: &[Value], changed: &Changed) -> bool {
    let known = mitigations.iter().filter(|mitigation| follow_code(mitigation).is_some()).flat_map(named_in);
    known
        .into_iter()
        .any(|(reference, version)| reference == changed.reference && version >= u64::from(changed.version))
}

/// Whether what changed belongs to the correction that this mitigation told of: soon after it, the same kind of change,
/// of other resources.
fn is_part_of(mitigation: &Value, change: Change, fresh: &[Changed]) -> bool {
    let date = mitigation["date"].as_str().and_then(|date| fhir::parse_date(date, &base::zone::Zone::default()));
    let is_soon =
        date.is_some_and(|date| fresh.iter().all(|changed| (changed.at - date.start).abs() <= ONE_CORRECTION_MILLIS));
    let is_named = |changed: &Changed| named_in(mitigation).any(|(reference, _)| reference == changed.reference);
    follow_code(mitigation) == Some(change.code()) && is_soon && !fresh.iter().any(is_named)
}

/// What the doctor is told. No name of a patient: the notice stands in the patient's chart.
fn said(env: &Env, row: &AlertRow, change: Change) -> Result<Said> {
    let picture = picture(env)?;
    let day = base::zone::day_text(env.store.zone().day_and_minute(row.shown).0);
    let origin = name_of(&picture, &row.origin);
    let item = if row.zh.is_empty() { row.item.as_str() } else { row.zh.as_str() };
    let item_en = if row.en.is_empty() { item } else { row.en.as_str() };
    let (zh, en) = match change {
        Change::Corrected => {
            ("已更正，请核对后再作诊疗判断", "was corrected; look at it again before you decide on it")
        }
        Change::Withdrawn => {
            ("已撤回，请勿再据此诊疗，必要时重新检查", "was withdrawn; do not rely on it, examine again if needed")
        }
        Change::Identity => (
            "与本患者的身份关联已不再确认，可能不是本人结果，请勿再据此诊疗，必要时重新检查",
            "may not be this patient's: the link between the registrations is no longer certain; do not rely on it, \
             examine again if needed",
        ),
    };
    Ok(Said::new(
        format!("{day} 互认采用的「{item}」结果（{origin}）{zh}。"),
        format!("The result of {item_en} recognised on {day} (from {origin}) {en}."),
    ))
}

fn notice(cx: &Cx, id: &str, row: &AlertRow, issue: &Value, change: Change, fresh: &[Changed], said: &Said) -> Value {
    let mut about = vec![json!({ "reference": format!("DetectedIssue/{}", row.id) })];
    // Who the other Person is, is not the doctor's to know: only the results are named.
    let results = fresh.iter().filter(|changed| changed.change != Change::Identity);
    about.extend(results.map(|changed| json!({ "reference": changed.reference })));
    let facts = [
        ("institution", &row.institution),
        ("department", &row.department),
        ("doctor", &row.doctor),
        ("item", &row.item),
        ("zh", &row.zh),
        ("en", &row.en),
    ];
    let facts: Vec<Value> = facts
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| json!({ "url": name, "valueString": text }))
        .collect();
    let mut recipients: Vec<Value> = issue.get("author").cloned().into_iter().collect();
    if !row.institution.is_empty() {
        recipients.push(json!({ "reference": format!("Organization/{}", row.institution) }));
    }
    let mut notice = json!({
        "resourceType": "Communication",
        "id": id,
        "extension": [{ "url": ABOUT, "extension": facts }],
        "status": "completed",
        "category": [{ "coding": [{ "system": FOLLOW_SYSTEM, "code": change.code() }], "text": change.words().zh }],
        "priority": if change == Change::Corrected { "routine" } else { "urgent" },
        "subject": { "reference": format!("Patient/{}", row.patient) },
        "about": about,
        "sent": instant_text(cx.now()),
        "payload": [{ "contentString": said.zh }, { "contentString": said.en }],
    });
    if facts.is_empty() {
        notice["extension"] = json!([]);
    }
    if !recipients.is_empty() {
        notice["recipient"] = recipients.into();
    }
    if local_id(&format!("Organization/{}", row.origin), "Organization").is_some_and(|id| !id.is_empty()) {
        notice["sender"] = json!({ "reference": format!("Organization/{}", row.origin) });
    }
    notice
}

fn put(id: String, json: &Value, expect: Expect) -> Result<Write> {
    let resource = fhir::parse(json.to_string().as_bytes(), &fhir::Limits::default())?;
    Ok(Write::Put(Put { id, resource, expect, source: None }))
}

pub fn type_named(name: &str) -> Result<TypeId> {
    r4().type_named(name).ok_or_else(|| Error::fault(format!("the definitions have no type `{name}`")))
}
