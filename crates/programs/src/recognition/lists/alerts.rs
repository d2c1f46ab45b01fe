//! What was shown and what became of it, newest day first: the list behind every figure. Who may not see single residents
//! sees how many there are of a kind, and no small number of them.

use super::{cell, column, filter, item_of, opened, reference, tag, worded};
use crate::recognition::alert::{AlertRow, Outcome};
use crate::recognition::figures::shown_counts;
use crate::recognition::reaction::{ALERTS, DIVIDER, day_key, day_of_key, read_row};
use crate::recognition::reasons::Reasons;
use crate::recognition::statistics::Counted;
use crate::recognition::whose::{Asked, Reader, Seen};
use crate::recognition::{STAFF, figures::shown_count};
use base::zone::instant_text;
use base::{Cx, Error, Result, hex};
use runtime::listing::{Entry, Key, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};
use store::ShelfRow;

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

/// Rows read from the shelf at once.
const SCAN_ROWS: usize = 512;

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let reader = Reader::of(cx, env)?;
    if !reader.detail {
        return kinds(cx, env, query);
    }
    let asked = Asked::of(cx, env, &reader, |name| query.filter(name))?;
    let reasons = Reasons::of(env)?;
    let mut rows = Walk::new(&reader, &asked, query.page.as_deref())?;
    let mut page = ListPage::default();
    let mut last = None;
    while let Some((at, row)) = rows.next(cx, env)? {
        if page.rows.len() == query.count {
            page.next = last;
            return Ok(page);
        }
        page.rows.push(shown(&reader, &reasons, &row)?);
        last = Some(mark(&at));
    }
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

/// Walks through the shelf from the newest day asked for to the oldest, past what the reader does not see.
struct Walk<'a> {
    reader: &'a Reader,
    asked: &'a Asked,
    /// The institutions of a reader who sees few, sorted.
    few: Option<Vec<&'a str>>,
    after: (String, String),
    ready: std::vec::IntoIter<ShelfRow>,
    ended: bool,
}

impl<'a> Walk<'a> {
    fn new(reader: &'a Reader, asked: &'a Asked, page: Option<&str>) -> Result<Walk<'a>> {
        let after = match page {
            None => (day_key(asked.to), String::new()),
            Some(token) => read_mark(token)?,
        };
        let few = reader.few().map(|mut few| {
            few.sort_unstable();
            few
        });
        Ok(Walk { reader, asked, few, after, ready: Vec::new().into_iter(), ended: false })
    }

    fn next(&mut self, cx: &Cx, env: &Env) -> Result<Option<(ShelfRow, AlertRow)>> {
        loop {
            let Some(found) = self.ready.next() else {
                if self.ended {
                    return Ok(None);
                }
                cx.go_on()?;
                let rows = env.store.row_list(ALERTS, (&self.after.0, &self.after.1), SCAN_ROWS)?;
                self.ended = rows.len() < SCAN_ROWS;
                if let Some(last) = rows.last() {
                    self.after = (last.sort.clone(), last.key.clone());
                }
                self.ready = rows.into_iter();
                continue;
            };
            let Some(day) = day_of_key(&found.sort).filter(|&day| day >= self.asked.from) else { return Ok(None) };
            let row: AlertRow = read_row(&found.doc)?;
            if self.asked.keeps(self.reader, &Seen::row(&row), day) {
                return Ok(Some((found, row)));
            }
            if !self.reader.sees(&row.institution) {
                self.jump(day, &row.institution);
            }
        }
    }

    /// On to the next institution that the reader sees, of that day or the one before.
    fn jump(&mut self, day: i32, institution: &str) {
        let Some(few) = &self.few else { return };
        let next = few.iter().find(|&&seen| seen > institution);
        let sort = match next {
            Some(next) => format!("{}{DIVIDER}{next}{DIVIDER}", day_key(day)),
            None => format!("{}{DIVIDER}", day_key(day - 1)),
        };
        self.after = (sort, String::new());
        self.ready = Vec::new().into_iter();
        self.ended = false;
    }
}

fn mark(row: &ShelfRow) -> String {
    hex::encode(format!("{}{DIVIDER}{}", row.sort, row.key).as_bytes())
}

fn read_mark(token: &str) -> Result<(String, String)> {
    let text = hex::decode(token).and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.rsplit_once(DIVIDER));
    let owned = parts.map(|(sort, key)| (sort.to_owned(), key.to_owned()));
    owned.ok_or_else(|| Error::invalid("`page` is not the `next` of an answer to this list; start again without it"))
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
