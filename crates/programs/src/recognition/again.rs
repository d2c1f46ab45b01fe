//! Reports under codes whose meaning has changed: they are found again page by page while the feed holds nothing new, so
//! that a map of many codes holds up nothing.

use super::codes::reaction::{CODE, key_of, map_row};
use super::follow::type_named;
use super::reaction::{DIVIDER, read_row};
use base::zone::instant_text;
use base::{Cx, Error, Millis, Result};
use fhir::search::{Handling, parse_search};
use runtime::program::Env;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::{Op, ShelfOp, Stored};

/// A row a code whose meaning changed, until its reports were looked at.
pub const AGAIN: &str = "recognition.repeats-again";
/// Reports looked at in one step.
const REPORTS_AT_ONCE: usize = 200;

/// How far the reports of a code have been looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    /// When the map changed: what came later was understood by it.
    until: Millis,
    page: Option<String>,
}

/// Reports that are to be understood anew, and the row as it is afterwards.
pub struct Found {
    pub reports: Vec<Stored>,
    pub row: ShelfOp,
}

/// Rows for the codes that mean something else since a version of a map, where the institution had used them in reports.
pub fn changed(env: &Env, now: &Stored, before: Option<&Stored>) -> Result<Vec<ShelfOp>> {
    let (is, was) = (codes(Some(now))?, codes(before)?);
    let mut rows = Vec::new();
    for (institution, system, code, _) in is.symmetric_difference(&was) {
        let key = key_of(institution, system, code);
        if env.store.row_read(CODE, &key)?.is_some() {
            rows.push(written(&key, Some(&Row { until: now.updated, page: None }))?);
        }
    }
    Ok(rows)
}

/// Institution, system, code and item of a map.
type Codes = BTreeSet<(String, String, String, String)>;

fn codes(map: Option<&Stored>) -> Result<Codes> {
    let Some(map) = map.filter(|map| map.op != Op::Delete) else { return Ok(Codes::new()) };
    let resource = map.resource()?;
    let Some(row) = map_row(resource.root()) else { return Ok(Codes::new()) };
    let institution = row.institution;
    let of = |(system, codes): (String, Vec<super::codes::Mapped>)| {
        let institution = institution.clone();
        codes.into_iter().map(move |mapped| (institution.clone(), system.clone(), mapped.code, mapped.item))
    };
    Ok(row.systems.into_iter().flat_map(of).collect())
}

/// The next reports under a code whose meaning changed; none where all have been looked at. Those that the feed brings yet
/// (behind `seen`) are left out.
pub fn next(cx: &Cx, env: &Env, seen: u64) -> Result<Option<Found>> {
    let Some(kept) = env.store.row_list(AGAIN, ("", ""), 1)?.into_iter().next() else { return Ok(None) };
    let row: Row = read_row(&kept.doc)?;
    let mut parts = kept.key.split(DIVIDER);
    let (Some(institution), Some(system), Some(code)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::fault(format!("a row of `{AGAIN}` is damaged; rebuild it")));
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$");
    let params = [
        ("code".to_owned(), format!("{}|{}", escaped(system), escaped(code))),
        ("_lastUpdated".to_owned(), format!("le{}", instant_text(row.until))),
    ];
    let zone = env.store.zone();
    let mut search = parse_search(type_named("DiagnosticReport")?, &params, Handling::Strict, zone, "", cx.now())?;
    search.count = Some(REPORTS_AT_ONCE);
    search.page.clone_from(&row.page);
    let page = env.store.search(cx, &search)?;
    let mut reports = Vec::with_capacity(page.matches.len());
    for stored in page.matches {
        let sender = super::codes::reaction::institution_of(stored.resource()?.root());
        if stored.position <= seen && sender.as_deref() == Some(institution) {
            reports.push(stored);
        }
    }
    let left = page.next.map(|next| Row { page: Some(next), ..row });
    Ok(Some(Found { reports, row: written(&kept.key, left.as_ref())? }))
}

fn written(key: &str, row: Option<&Row>) -> Result<ShelfOp> {
    let fault = |_| Error::fault("a row of recognition could not be written");
    let doc = row.map(serde_json::to_vec).transpose().map_err(fault)?;
    Ok(ShelfOp::Row { space: AGAIN.to_owned(), key: key.to_owned(), sort: String::new(), doc })
}
