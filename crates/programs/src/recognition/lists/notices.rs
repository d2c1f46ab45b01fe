//! The inbox of a doctor: results that were corrected or withdrawn after they were relied upon, newest first.

use super::{cell, column, filter, opened, reference, tag, worded};
use crate::recognition::CARE;
use crate::recognition::names::put_names;
use crate::recognition::notices::NoticeRow;
use crate::recognition::reaction::{DIVIDER, NOTICES, read_row};
use crate::recognition::whose::{Reader, named};
use base::zone::instant_text;
use base::{Cx, Error, Result};
use runtime::listing::{Shelf, shelf_page};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "notices",
    title: Words { zh: "结果更正通知", en: "Notices" },
    roles: CARE,
    columns: &[
        column("at", "时间", "When", ColumnKind::Instant),
        column("kind", "变更", "What", ColumnKind::Tag),
        column("item", "项目", "Item", ColumnKind::Tag),
        column("patient", "就诊登记", "Registration", ColumnKind::Reference),
        column("text", "内容", "Text", ColumnKind::Text),
        column("institution", "机构", "Institution", ColumnKind::Reference),
        column("department", "科室", "Department", ColumnKind::Text),
        column("doctor", "医生", "Doctor", ColumnKind::Text),
        column("report", "报告", "Report", ColumnKind::Reference),
        column("card", "互认记录", "Recognition", ColumnKind::Reference),
        column("read", "已读", "Read", ColumnKind::Flag),
    ],
    filters: &[
        filter("read", "已读", "Read"),
        filter("institution", "机构", "Institution"),
        filter("department", "科室", "Department"),
        filter("doctor", "医生", "Doctor"),
    ],
    searches: false,
    page,
};

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let reader = Reader::of(cx, env)?;
    let wanted = match query.filter("read") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => return Err(Error::invalid(format!("`read` is `true` or `false`, not `{other}`"))),
    };
    let institution = query.filter("institution");
    let range = |id: &str| format!("{id}{DIVIDER}");
    let ranges = match (institution, reader.few()) {
        (Some(id), _) if reader.sees(id) => vec![range(id)],
        (Some(id), _) => return Err(Error::not_found(format!("there is no institution `{id}` among those you see"))),
        (None, Some(few)) => few.into_iter().map(range).collect(),
        (None, None) => vec![String::new()],
    };
    let fits = |row: &NoticeRow| {
        let is = |name: &str, value: &str| query.filter(name).is_none_or(|wanted| wanted == named(value));
        reader.sees(&row.institution)
            && is("department", &row.department)
            && is("doctor", &row.doctor)
            && wanted.is_none_or(|wanted| wanted == row.read.is_some())
    };
    let keep = |doc: &[u8]| read_row(doc).is_ok_and(|row| fits(&row));
    let show = |doc: &[u8]| Ok(shown(&reader, &read_row(doc)?));
    let shelf = Shelf { space: NOTICES, ranges: &ranges, keep: &keep, key: None, show: &show };
    let mut page = shelf_page(cx, &env.store, query, &shelf)?;
    put_names(cx, env, &mut page.rows)?;
    Ok(page)
}

fn shown(reader: &Reader, row: &NoticeRow) -> Value {
    let report = row.report.as_deref().unwrap_or_default();
    json!({
        "id": row.id, "at": instant_text(row.sent), "kind": worded(row.change.code(), row.change.words()),
        "item": tag(&row.item, &row.zh, &row.en), "patient": reference("Patient", &row.patient, &row.patient),
        "text": row.text, "text_en": row.text_en, "institution": opened(&reader.picture, &row.institution),
        "department": cell(&row.department), "doctor": cell(&row.doctor),
        "report": reference("DiagnosticReport", report, report),
        "card": reference("DetectedIssue", &row.card, &row.card), "read": row.read.is_some(),
    })
}
