//! Why doctors ordered anyway: by reason and institution, the most frequent first.

use super::{column, filter, opened, sorted, tag};
use crate::recognition::STAFF;
use crate::recognition::alert::Outcome;
use crate::recognition::figures::{shown_count, shown_counts};
use crate::recognition::reasons::Reasons;
use crate::recognition::statistics::{Counted, Kind};
use crate::recognition::whose::NOT_TOLD;
use base::{Cx, Result};
use runtime::listing::{Entry, Key, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Said, Sort, Words};
use serde_json::json;
use std::collections::BTreeMap;

pub const LIST: List = List {
    name: "reasons",
    title: Words { zh: "不互认理由", en: "Reasons" },
    roles: STAFF,
    columns: &[
        sorted("reason", "理由", "Reason", ColumnKind::Tag),
        column("institution", "机构", "Institution", ColumnKind::Reference),
        sorted("count", "数量", "Count", ColumnKind::Number),
        column("list", "明细", "List", ColumnKind::Text),
    ],
    filters: &[
        filter("from", "自", "From"),
        filter("to", "至", "To"),
        filter("district", "区", "District"),
        filter("institution", "机构", "Institution"),
        filter("item", "项目", "Item"),
        filter("origin", "结果来源", "Result of"),
        filter("reason", "理由", "Reason"),
    ],
    searches: false,
    page,
};

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let counted = Counted::of(cx, env, |name| query.filter(name))?;
    let (reader, reasons) = (&counted.reader, Reasons::of(env)?);
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (Kind { institution, reason, outcome, .. }, count) in counted.kinds() {
        if outcome == Outcome::Overridden {
            let reason = if reason.is_empty() { NOT_TOLD.to_owned() } else { reason };
            *sums.entry((reason, institution)).or_default() += count;
        }
    }
    let sums: Vec<((String, String), i64)> = sums.into_iter().collect();
    let counts: Vec<i64> = sums.iter().map(|(_, count)| *count).collect();
    let whole = shown_count(counts.iter().sum(), reader.detail).is_none();
    let shown = shown_counts(&counts, reader.detail, whole);
    let by_reason = query.sort.as_ref().is_some_and(|sort| sort.key == "reason");
    let ids: Vec<String> = sums.iter().map(|((reason, institution), _)| format!("{reason}|{institution}")).collect();
    // The most frequent first, unless it is asked for otherwise.
    let most = Some(Sort { key: "count".to_owned(), descending: true });
    let query = ListQuery { sort: query.sort.clone().or(most), ..query.clone() };
    // A hidden number does not show by its place either.
    let key = |at: usize| match by_reason {
        true => Key::Text(sums[at].0.0.clone()),
        false => shown[at].map_or(Key::Missing, Key::Number),
    };
    let entries = ids.iter().enumerate().map(|(at, id)| Entry { key: key(at), id, at }).collect();
    page_of(&query, entries, |at| {
        let (reason, institution) = &sums[at].0;
        let said = if reason == NOT_TOLD { Said::new("未注明", "not told") } else { reasons.words(reason)? };
        let own = [("outcome", "overridden"), ("reason", reason.as_str()), ("institution", institution.as_str())];
        Ok(json!({
            "id": ids[at], "reason": tag(reason, &said.zh, &said.en), "institution": opened(&reader.picture, institution),
            "count": shown[at], "list": format!("/p/recognition/alerts{}", counted.asked.link(&own)),
        }))
    })
}
