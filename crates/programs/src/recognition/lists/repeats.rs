//! Examinations made again within their window, newest day first. Who may not see single residents sees how many there
//! are by institution and item.

use super::{column, filter, name_of, opened, reference, tag};
use crate::recognition::STAFF;
use crate::recognition::book::book;
use crate::recognition::examinations::{REPEATS, RepeatRow};
use crate::recognition::figures::{shown_count, shown_counts};
use crate::recognition::held;
use crate::recognition::model::{Book, PatientState};
use crate::recognition::names::put_names;
use crate::recognition::reaction::{day_of_key, read_row};
use crate::recognition::walk::Walk;
use crate::recognition::whose::{Asked, Reader, named};
use base::zone::instant_text;
use base::{Cx, Error, Result};
use runtime::listing::{Entry, Key, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Said, Words};
use runtime::rules::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const LIST: List = List {
    name: "repeats",
    title: Words { zh: "重复检查检验", en: "Repeats" },
    roles: STAFF,
    columns: &[
        column("at", "时间", "When", ColumnKind::Instant),
        column("institution", "机构", "Institution", ColumnKind::Reference),
        column("item", "项目", "Item", ColumnKind::Tag),
        column("state", "就诊类型", "Kind of visit", ColumnKind::Tag),
        column("patient", "就诊登记", "Registration", ColumnKind::Reference),
        column("report", "报告", "Report", ColumnKind::Reference),
        column("before_at", "上次时间", "Before", ColumnKind::Instant),
        column("before_institution", "上次机构", "Made before by", ColumnKind::Reference),
        column("before_report", "上次报告", "Report before", ColumnKind::Reference),
        column("gap_hours", "间隔（小时）", "Hours between", ColumnKind::Number),
        column("window_hours", "时限（小时）", "Window in hours", ColumnKind::Number),
        column("own", "本机构", "Own", ColumnKind::Flag),
        column("count", "数量", "Count", ColumnKind::Number),
    ],
    filters: &[
        filter("from", "自", "From"),
        filter("to", "至", "To"),
        filter("district", "区", "District"),
        filter("institution", "机构", "Institution"),
        filter("item", "项目", "Item"),
        filter("own", "本机构", "Own"),
    ],
    searches: false,
    page,
};

/// Repeats that are asked for.
pub struct Repeats {
    pub reader: Reader,
    pub asked: Asked,
    own: Option<bool>,
    book: Arc<Book>,
}

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let repeats = Repeats::of(cx, env, |name| query.filter(name))?;
    if !repeats.reader.detail {
        return kinds(cx, env, query, &repeats);
    }
    let mut walk = Walk::new(REPEATS, &repeats.reader, &repeats.asked, query.page.as_deref())?;
    let mut page = ListPage::default();
    let mut last = None;
    while let Some(found) = walk.next(cx, env)? {
        let row: RepeatRow = read_row(&found.doc)?;
        let (exam, own) = (&row.exam, row.is_own());
        if !repeats.keeps(&exam.institution, &exam.item, own) {
            walk.pass(day_of_key(&found.sort).unwrap_or_default(), &exam.institution);
            continue;
        }
        if page.rows.len() == query.count {
            page.next = last;
            put_names(cx, env, &mut page.rows)?;
            return Ok(page);
        }
        page.rows.push(shown(&repeats, &row));
        last = Some(Walk::mark(&found));
    }
    put_names(cx, env, &mut page.rows)?;
    page.total = query.page.is_none().then_some(page.rows.len() as u64);
    Ok(page)
}

fn shown(repeats: &Repeats, row: &RepeatRow) -> Value {
    let picture = &repeats.reader.picture;
    let (exam, before) = (&row.exam, row.exam.before.clone().unwrap_or_default());
    let item = repeats.item(&exam.item);
    let state = PatientState::named(&before.state).map(|state| (state.code(), state.words()));
    // Where else the patient was is for who takes part in the care, and asks about the one patient.
    let tells = row.is_own() || repeats.reader.sees(&before.institution);
    let before_institution = if tells { opened(picture, &before.institution) } else { Value::Null };
    let report = if tells { before.report.as_str() } else { "" };
    json!({
        "id": exam.report, "at": instant_text(exam.at), "institution": opened(picture, &exam.institution),
        "item": tag(&exam.item, &item.zh, &item.en),
        "state": state.map_or(Value::Null, |(code, words)| tag(code, words.zh, words.en)),
        "patient": reference("Patient", &row.patient, &row.patient),
        "report": reference("DiagnosticReport", &exam.report, &exam.report),
        "before_at": instant_text(before.at), "before_institution": before_institution,
        "before_report": reference("DiagnosticReport", report, report),
        "gap_hours": (exam.at - before.at) / 3_600_000, "window_hours": before.window_hours, "own": row.is_own(),
        "count": 1,
    })
}

impl Repeats {
    pub fn of<'a>(cx: &Cx, env: &Env, param: impl Fn(&str) -> Option<&'a str>) -> Result<Repeats> {
        let reader = Reader::of(cx, env)?;
        let asked = Asked::of(cx, env, &reader, &param)?;
        let own = match param("own") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(other) => return Err(Error::invalid(format!("`own` is `true` or `false`, not `{other}`"))),
        };
        let book = book(env, asked.today, &Place::default())?;
        Ok(Repeats { reader, asked, own, book })
    }

    fn keeps(&self, institution: &str, item: &str, own: bool) -> bool {
        self.asked.keeps_place(&self.reader, institution)
            && self.asked.item.as_deref().is_none_or(|wanted| wanted == item)
            && self.own.is_none_or(|wanted| wanted == own)
    }

    /// Names of an item as the catalogue has them today.
    pub fn item(&self, key: &str) -> Said {
        match self.book.items.get(key) {
            Some(item) => Said::new(&item.zh, &item.en),
            None => Said::new(key, key),
        }
    }

    /// Local price of an item, where the catalogue tells it.
    pub fn fen(&self, key: &str) -> Option<i64> {
        self.book.items.get(key).and_then(|item| item.fen)
    }

    /// How many there are by institution and item.
    pub fn counts(&self, cx: &Cx, env: &Env) -> Result<BTreeMap<(String, String), i64>> {
        let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
        for (_, lines) in held::repeats(cx, env, self.asked.from, self.asked.to)? {
            for line in lines.iter().filter(|line| self.keeps(&line.institution, &line.item, line.own)) {
                let institution = named(self.reader.top(&line.institution)).to_owned();
                *counts.entry((institution, line.item.clone())).or_default() += line.count;
            }
        }
        Ok(counts)
    }
}

fn kinds(cx: &Cx, env: &Env, query: &ListQuery, repeats: &Repeats) -> Result<ListPage> {
    let counts: Vec<((String, String), i64)> = repeats.counts(cx, env)?.into_iter().collect();
    let plain: Vec<i64> = counts.iter().map(|(_, count)| *count).collect();
    let whole = shown_count(plain.iter().sum(), false).is_none();
    let told = shown_counts(&plain, false, whole);
    let ids: Vec<String> = counts.iter().map(|((institution, item), _)| format!("{institution}|{item}")).collect();
    // A hidden number does not show by its place either.
    let key = |at: usize| told[at].map_or(Key::Missing, |count| Key::Number(-count));
    let entries = ids.iter().enumerate().map(|(at, id)| Entry { key: key(at), id, at }).collect();
    page_of(query, entries, |at| {
        let (institution, item) = &counts[at].0;
        let said = repeats.item(item);
        let name = name_of(&repeats.reader.picture, institution);
        Ok(json!({
            "id": ids[at], "institution": reference("Organization", institution, &name),
            "item": tag(item, &said.zh, &said.en), "count": told[at],
        }))
    })
}
