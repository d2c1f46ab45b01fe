//! `supervision`: who never recognises, who never marks, whose results are refused and why, which items repeat most.
//! A low rate is a question, not a fault: recognition is the doctor's judgement, and no quota.

use super::alert::Outcome;
use super::examinations::{MARKED, REPORTS};
use super::figures::{Figures, Hidden, shown_count, shown_counts};
use super::lists::repeats::Repeats;
use super::lists::{opened, tag};
use super::reasons::Reasons;
use super::statistics::{Counted, doctor_name, input};
use super::whose::{NOT_TOLD, named};
use base::zone::{day_text, instant_text};
use base::{Cx, Result, Role};
use runtime::program::{BodyKind, Env, Given, Input, Operation, Run, Said, Words};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub const OPERATION: Operation = Operation {
    name: "supervision",
    about: Words {
        zh: "互认监管：从不互认、从不标识、结果被拒及原因、重复最多的项目",
        en: "Who never recognises, who never marks, whose results are refused and why, which items repeat most",
    },
    roles: SUPERVISORS,
    inputs: INPUTS,
    body: BodyKind::None,
    run: Run::Read(supervision),
};

/// Who supervises.
pub const SUPERVISORS: &[Role] = &[Role::Integration, Role::Officer];

const INPUTS: &[Input] = &[
    input("from", "起始日期；缺省为 30 天", "first day; 30 days if left out"),
    input("to", "截止日期；缺省为今天", "last day; today if left out"),
    input("district", "区代码", "code of the district"),
    input("institution", "机构标识", "id of the institution"),
    input("item", "项目", "the item"),
];

/// From so many alerts or reports on, none recognised or marked is told as never.
const NEVER_FROM: i64 = 10;
/// Doctors that are told of, those with most alerts.
const DOCTORS_MAX: usize = 200;

/// Refusals by reason.
type Refused = BTreeMap<String, i64>;
/// Institution, department and doctor.
type Doctor = (String, String, String);

/// What one pass over the alerts gives.
#[derive(Default)]
struct Sums {
    hospitals: BTreeMap<String, (Figures, Refused)>,
    doctors: BTreeMap<Doctor, (Figures, Refused)>,
    /// Results of an institution that doctors of all refused, and those of others among them.
    origins: BTreeMap<String, (Refused, i64)>,
}

fn supervision(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let counted = Counted::of(cx, env, |name| given.text(name))?;
    let words = Reasons::of(env)?;
    let whole = counted.figures(|_, _| true);
    let sums = sums(&counted);
    Ok(json!({
        "from": day_text(counted.asked.from),
        "to": day_text(counted.asked.to),
        "as_of": instant_text(cx.now()),
        "place": counted.reader.home(),
        "detail": counted.reader.detail,
        "hospitals": hospitals(env, &counted, &words, &whole, &sums)?,
        "doctors": doctors(cx, env, &counted, &words, &whole, &sums)?,
        "refused": refused(&counted, &words, &sums)?,
        "repeats": repeats(cx, env, given)?,
    }))
}

fn sums(counted: &Counted) -> Sums {
    let mut sums = Sums::default();
    for (day, line, seen) in counted.each() {
        let hospital = named(counted.reader.top(seen.institution)).to_owned();
        let origin = named(counted.reader.top(seen.origin)).to_owned();
        let doctor = (hospital.clone(), named(seen.department).to_owned(), named(seen.doctor).to_owned());
        let is_today = day == counted.asked.today;
        let reason = named(seen.reason);
        let is_foreign = origin != hospital;
        let of_hospital = sums.hospitals.entry(hospital).or_default();
        let of_doctor = sums.doctors.entry(doctor).or_default();
        for (figures, refused) in [of_hospital, of_doctor] {
            figures.add(line, is_today);
            if seen.outcome == Outcome::Overridden {
                *refused.entry(reason.to_owned()).or_default() += line.count;
            }
        }
        if seen.outcome == Outcome::Overridden {
            let (refused, foreign) = sums.origins.entry(origin).or_default();
            *refused.entry(reason.to_owned()).or_default() += line.count;
            *foreign += if is_foreign { line.count } else { 0 };
        }
    }
    sums
}

fn hospitals(env: &Env, counted: &Counted, words: &Reasons, whole: &Figures, sums: &Sums) -> Result<Vec<Value>> {
    let reports = reports(env, counted)?;
    let mut keys: Vec<&String> = sums.hospitals.keys().chain(reports.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let empty = (Figures::default(), Refused::new());
    let rows: Vec<&(Figures, Refused)> = keys.iter().map(|key| sums.hospitals.get(*key).unwrap_or(&empty)).collect();
    let figures: Vec<Figures> = rows.iter().map(|row| row.0).collect();
    let (_, hidden) = counted.hidden(whole, &figures);
    let foreign: Vec<i64> = keys.iter().map(|key| sums.origins.get(*key).map_or(0, |(_, foreign)| *foreign)).collect();
    let foreign = shown_counts(&foreign, counted.reader.detail, false);
    let mut shown = Vec::with_capacity(keys.len());
    for (at, key) in keys.iter().enumerate() {
        let narrow = [("institution", key.as_str())];
        let mut row = row(counted, words, rows[at], hidden[at], &narrow)?;
        let (marked, all) = reports.get(*key).copied().unwrap_or_default();
        row.insert("institution".to_owned(), opened(&counted.reader.picture, key));
        row.insert("reports".to_owned(), json!(shown_count(all, counted.reader.detail)));
        row.insert("marked".to_owned(), json!(shown_count(marked, counted.reader.detail)));
        row.insert("never_marks".to_owned(), json!(all >= NEVER_FROM && marked == 0));
        row.insert("refused_by_others".to_owned(), json!(foreign[at]));
        shown.push((figures[at].shown, hidden[at].shown, Value::Object(row)));
    }
    // A hidden number does not show by its place either.
    shown.sort_by_key(|(count, hidden, _)| std::cmp::Reverse(if *hidden { 0 } else { *count }));
    Ok(shown.into_iter().map(|(_, _, row)| row).collect())
}

fn doctors(cx: &Cx, env: &Env, counted: &Counted, words: &Reasons, whole: &Figures, sums: &Sums) -> Result<Vec<Value>> {
    let all: Vec<(&Doctor, &(Figures, Refused))> = sums.doctors.iter().collect();
    let figures: Vec<Figures> = all.iter().map(|(_, (figures, _))| *figures).collect();
    let (_, hidden) = counted.hidden(whole, &figures);
    let mut order: Vec<usize> = (0..all.len()).filter(|&at| all[at].0.2 != NOT_TOLD).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(if hidden[at].shown { 0 } else { figures[at].shown }));
    let mut shown = Vec::new();
    for at in order.into_iter().take(DOCTORS_MAX) {
        let (institution, department, doctor) = all[at].0;
        let narrow =
            [("institution", institution.as_str()), ("department", department.as_str()), ("doctor", doctor.as_str())];
        let mut row = row(counted, words, all[at].1, hidden[at], &narrow)?;
        row.insert("institution".to_owned(), opened(&counted.reader.picture, institution));
        let department = Some(department).filter(|department| *department != NOT_TOLD);
        row.insert("department".to_owned(), json!(department));
        row.insert("name".to_owned(), json!(doctor_name(cx, env, doctor)?));
        shown.push(Value::Object(row));
    }
    Ok(shown)
}

/// What hospitals and doctors have in common.
fn row(
    counted: &Counted,
    words: &Reasons,
    (figures, refused): &(Figures, Refused),
    hidden: Hidden,
    narrow: &[(&str, &str)],
) -> Result<Map<String, Value>> {
    let mut row = figures.json(hidden);
    let never = figures.shown >= NEVER_FROM && figures.accepted == 0;
    row.insert("never_recognises".to_owned(), json!(never));
    row.insert("reasons".to_owned(), reasons(counted, words, refused, hidden.parts, narrow)?);
    row.insert("lists".to_owned(), counted.lists(narrow));
    Ok(row)
}

fn reasons(
    counted: &Counted,
    words: &Reasons,
    refused: &Refused,
    hidden: bool,
    narrow: &[(&str, &str)],
) -> Result<Value> {
    let mut counts: Vec<(&String, i64)> = refused.iter().map(|(code, count)| (code, *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let plain: Vec<i64> = counts.iter().map(|(_, count)| *count).collect();
    let shown = shown_counts(&plain, counted.reader.detail, hidden);
    let mut rows = Vec::with_capacity(counts.len());
    for ((code, _), count) in counts.iter().zip(shown) {
        let said = if *code == NOT_TOLD { Said::new("未注明", "not told") } else { words.words(code)? };
        let own = [("outcome", "overridden"), ("reason", code.as_str())];
        let params: Vec<(&str, &str)> = narrow.iter().chain(&own).copied().collect();
        let list = format!("/p/recognition/alerts{}", counted.asked.link(&params));
        rows.push(json!({ "code": code, "zh": said.zh, "en": said.en, "count": count, "list": list }));
    }
    Ok(rows.into())
}

/// Whose results are refused, most first.
fn refused(counted: &Counted, words: &Reasons, sums: &Sums) -> Result<Vec<Value>> {
    let mut origins: Vec<(&String, &Refused, i64)> =
        sums.origins.iter().map(|(origin, (refused, _))| (origin, refused, refused.values().sum())).collect();
    origins.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    let plain: Vec<i64> = origins.iter().map(|(_, _, count)| *count).collect();
    let whole = shown_count(plain.iter().sum(), counted.reader.detail).is_none();
    let shown = shown_counts(&plain, counted.reader.detail, whole);
    let mut rows = Vec::with_capacity(origins.len());
    for ((origin, refused, _), count) in origins.iter().zip(shown) {
        let narrow = [("origin", origin.as_str()), ("outcome", "overridden")];
        rows.push(json!({
            "institution": opened(&counted.reader.picture, origin),
            "count": count,
            "reasons": reasons(counted, words, refused, count.is_none(), &narrow)?,
            "list": format!("/p/recognition/alerts{}", counted.asked.link(&narrow)),
        }));
    }
    Ok(rows)
}

/// Final reports of each institution: those that carry a mark, and all.
fn reports(env: &Env, counted: &Counted) -> Result<BTreeMap<String, (i64, i64)>> {
    let (reader, asked) = (&counted.reader, &counted.asked);
    let mut reports: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for found in env.store.tally_days(REPORTS, asked.from, asked.to)? {
        let Some((institution, kind)) = found.key.rsplit_once('|') else { continue };
        if asked.keeps_place(reader, institution) {
            let (marked, all) = reports.entry(reader.top(institution).to_owned()).or_default();
            *all += found.count;
            *marked += if kind == MARKED { found.count } else { 0 };
        }
    }
    Ok(reports)
}

/// The items that were repeated most, with what they cost.
fn repeats(cx: &Cx, env: &Env, given: &Given) -> Result<Vec<Value>> {
    let repeats = Repeats::of(cx, env, |name| given.text(name))?;
    let mut items: BTreeMap<String, i64> = BTreeMap::new();
    for ((_, item), count) in repeats.counts(cx, env)? {
        *items.entry(item).or_default() += count;
    }
    let mut items: Vec<(String, i64)> = items.into_iter().collect();
    items.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let plain: Vec<i64> = items.iter().map(|(_, count)| *count).collect();
    let detail = repeats.reader.detail;
    let whole = shown_count(plain.iter().sum(), detail).is_none();
    let rows = items.iter().zip(shown_counts(&plain, detail, whole)).map(|((item, _), count)| {
        let said = repeats.item(item);
        let fen = count.zip(repeats.fen(item)).map(|(count, fen)| count * fen);
        let list = format!("/p/recognition/repeats{}", repeats.asked.link(&[("item", item)]));
        json!({ "item": tag(item, &said.zh, &said.en), "count": count, "fen": fen, "list": list })
    });
    Ok(rows.collect())
}
