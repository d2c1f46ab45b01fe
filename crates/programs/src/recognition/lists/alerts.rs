//! What was shown and what became of it, newest day first: the list behind every figure. Who may not see single residents
//! sees how many there are of a kind, and no small number of them.

use super::{cell, column, filter, item_of, opened, reference, tag, worded};
use crate::recognition::alert::{AlertRow, Outcome};
use crate::recognition::figures::shown_counts;
use crate::recognition::names::put_names;
use crate::recognition::reaction::{ALERTS, day_of_key, read_row};
use crate::recognition::reasons::Reasons;
use crate::recognition::statistics::Counted;
use crate::recognition::walk::Walk;
use crate::recognition::whose::{Asked, Reader, Seen};
use crate::recognition::{STAFF, figures::shown_count};
use base::zone::instant_text;
use base::{Cx, Result};
use runtime::listing::{Entry, Key, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "alerts",
    title: Words { zh: "互认提示", en: "Alerts" },
    roles: STAFF,
    columns: &[
        column("at", "提示时间", "Shown", ColumnKind::Instant),
        column("institution", "机构", "Institution", ColumnKind::Reference),
        column("department", "科室", "Department", ColumnKind::Text),
        column("doctor", "医生", "Doctor", ColumnKind::Text),
        column("patient", "就诊登记", "Registration", ColumnKind::Reference),
        column("item", "项目", "Item", ColumnKind::Tag),
        column("origin", "结果来源", "Result of", ColumnKind::Reference),
        column("outcome", "处理", "Outcome", ColumnKind::Tag),
        column("reason", "理由", "Reason", ColumnKind::Tag),
        column("explanation", "说明", "Explanation", ColumnKind::Text),
        column("opened", "已调阅", "Opened", ColumnKind::Flag),
        column("told", "已告知患者", "Patient told", ColumnKind::Flag),
        column("change", "结果变更", "Result since", ColumnKind::Tag),
        column("saved_fen", "节约（分）", "Saved (fen)", ColumnKind::Number),
        column("count", "数量", "Count", ColumnKind::Number),
        column("card", "记录", "Record", ColumnKind::Reference),
    ],
    filters: &[
        filter("from", "自", "From"),
        filter("to", "至", "To"),
        filter("district", "区", "District"),
        filter("institution", "机构", "Institution"),
        filter("department", "科室", "Department"),
        filter("doctor", "医生", "Doctor"),
        filter("item", "项目", "Item"),
        filter("origin", "结果来源", "Result of"),
        filter("outcome", "处理", "Outcome"),
        filter("reason", "理由", "Reason"),
        filter("opened", "已调阅", "Opened"),
        filter("told", "已告知患者", "Patient told"),
        filter("changed", "结果有变更", "Result changed"),
    ],
    searches: false,
    page,
};

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let reader = Reader::of(cx, env)?;
    if !reader.detail {
        return kinds(cx, env, query);
    }
    let asked = Asked::of(cx, env, &reader, |name| query.filter(name))?;
    let reasons = Reasons::of(env)?;
    let mut walk = Walk::new(ALERTS, &reader, &asked, query.page.as_deref())?;
    let mut page = ListPage::default();
    let mut last = None;
    while let Some(found) = walk.next(cx, env)? {
        let row: AlertRow = read_row(&found.doc)?;
        let day = day_of_key(&found.sort).unwrap_or_default();
        if !asked.keeps(&reader, &Seen::row(&row), day) {
            walk.pass(day, &row.institution);
            continue;
        }
        if page.rows.len() == query.count {
            page.next = last;
            put_names(cx, env, &mut page.rows)?;
            return Ok(page);
        }
        page.rows.push(shown(&reader, &reasons, &row)?);
        last = Some(Walk::mark(&found));
    }
    put_names(cx, env, &mut page.rows)?;
    page.total = query.page.is_none().then_some(page.rows.len() as u64);
    Ok(page)
}

fn shown(reader: &Reader, reasons: &Reasons, row: &AlertRow) -> Result<Value> {
    let picture = &reader.picture;
    let reason = if row.reason.is_empty() {
        Value::Null
    } else {
        let said = reasons.words(&row.reason)?;
        tag(&row.reason, &said.zh, &said.en)
    };
    let saved = (row.outcome == Outcome::Accepted).then_some(row.fen);
    Ok(json!({
        "id": row.id, "at": instant_text(row.shown), "institution": opened(picture, &row.institution),
        "department": cell(&row.department), "doctor": cell(&row.doctor),
        "patient": reference("Patient", &row.patient, &row.patient), "item": item_of(row),
        "origin": opened(picture, &row.origin), "outcome": worded(row.outcome.code(), row.outcome.words()),
        "reason": reason, "explanation": cell(&row.text), "opened": row.opened, "told": row.told,
        "change": row.changed.map_or(Value::Null, |change| worded(change.code(), change.words())),
        "saved_fen": saved, "count": 1, "card": reference("DetectedIssue", &row.id, &row.id),
    }))
}

/// How many alerts of each institution, item, outcome and reason there are.
fn kinds(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let counted = Counted::of(cx, env, |name| query.filter(name))?;
    let (reader, reasons) = (&counted.reader, Reasons::of(env)?);
    let whole = counted.figures(|_, _| true).shown;
    let kinds = counted.kinds();
    let counts: Vec<i64> = kinds.iter().map(|(_, count)| *count).collect();
    let shown = shown_counts(&counts, false, shown_count(whole, false).is_none());
    let ids: Vec<String> = kinds.iter().map(|(kind, _)| kind.id()).collect();
    let entries = ids.iter().enumerate().map(|(at, id)| Entry { key: Key::Number(-counts[at]), id, at });
    page_of(query, entries.collect(), |at| {
        let kind = &kinds[at].0;
        let (zh, en) = counted.known.item(&kind.item);
        let reason = if kind.reason.is_empty() { None } else { Some(reasons.words(&kind.reason)?) };
        Ok(json!({
            "id": ids[at], "at": null, "institution": opened(&reader.picture, &kind.institution), "department": null,
            "doctor": null, "patient": null, "item": tag(&kind.item, &zh, &en), "origin": null,
            "outcome": worded(kind.outcome.code(), kind.outcome.words()),
            "reason": reason.map_or(Value::Null, |said| tag(&kind.reason, &said.zh, &said.en)),
            "explanation": null, "opened": null, "told": null, "change": null, "saved_fen": null,
            "count": shown[at], "card": null,
        }))
    })
}
