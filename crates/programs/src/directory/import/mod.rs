//! Institutions from a CSV file: what it would do line by line, and doing it as one batch.

mod resource;
pub mod table;

use super::picture::picture;
use super::read;
use super::rules::{Above, Action, Existing, Known, Verdict, judge};
use base::limits::ISSUES_MAX;
use base::{Cx, Error, Issue, Kind, Result, Severity};
use fhir::search::{Handling, parse_search};
use fhir::{TypeId, r4};
use identity::organisation;
use runtime::csv;
use runtime::program::{Env, File, Given, Planned, Said};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use store::{Batch, Expect, Put, Store, Write};
use table::{COLUMNS, Column, Draft, Heading, drafts};

/// Codes looked up by one search.
const CODES_AT_ONCE: usize = 200;

/// A file as it was judged.
struct Judged {
    columns: Vec<Heading>,
    drafts: Vec<Draft>,
    verdicts: Vec<Verdict>,
    existing: HashMap<String, Vec<Existing>>,
}

/// What an import would do, line by line.
pub fn preview(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let judged = judged(cx, env, &given.body)?;
    let mut answer = judged.counts();
    answer["columns"] = judged.columns.iter().map(|column| json!(column.map(Column::key))).collect();
    answer["rows"] = judged.lines().map(|(draft, verdict)| row(draft, verdict)).collect();
    Ok(answer)
}

/// Plans the import; an error names the wrong lines, and then nothing is changed.
pub fn import(cx: &Cx, env: &Env, given: &Given) -> Result<Planned> {
    let judged = judged(cx, env, &given.body)?;
    judged.refuse()?;
    let mut batch = Batch::default();
    let mut rows = Vec::with_capacity(judged.drafts.len());
    for (draft, verdict) in judged.lines() {
        cx.go_on()?;
        batch.writes.extend(write_of(cx, env, &judged, draft, verdict)?.map(Write::Put));
        let mut row = row(draft, verdict);
        row["id"] = json!(judged.id(draft));
        rows.push(row);
    }
    let mut answer = judged.counts();
    answer["rows"] = Value::Array(rows);
    Ok(Planned { batch, answer })
}

/// A file with the columns and one line as an example.
pub fn template(_: &Cx, _: &Env, _: &Given) -> Result<File> {
    let mut text = String::from("\u{feff}");
    csv::write_line(&mut text, COLUMNS.iter().map(|(_, names)| names[0].to_owned()));
    let example = [
        "示例社区卫生服务中心",
        "91350100M000100Y43",
        "B100",
        "1",
        "",
        "",
        "",
        "示例路1号",
        "021-00000000",
        "是",
        "2026-01-01",
    ];
    csv::write_line(&mut text, example.iter().map(|cell| (*cell).to_owned()));
    Ok(File {
        name: "机构导入模板.csv".to_owned(), media_type: "text/csv; charset=utf-8", bytes: text.into_bytes()
    })
}

fn judged(cx: &Cx, env: &Env, body: &[u8]) -> Result<Judged> {
    let keeps = access::directory::keeps(cx)?;
    let lines = csv::read(body, &csv::Limits::default())?;
    let picture = picture(env)?;
    let (year, month, day) = env.site.zone.date_of(cx.now());
    let (columns, drafts) = drafts(&lines, &picture, &format!("{year:04}-{month:02}-{day:02}"))?;
    let existing = existing_of(cx, env, &drafts)?;
    let verdicts = judge(&drafts, &Known { picture: &picture, existing: &existing, keeps: &keeps });
    Ok(Judged { columns, drafts, verdicts, existing })
}

/// The institutions that carry a code of the file, as they are in the record now: the shelves may lag behind.
fn existing_of(cx: &Cx, env: &Env, drafts: &[Draft]) -> Result<HashMap<String, Vec<Existing>>> {
    let named = drafts.iter().flat_map(|draft| draft.code.iter().chain(&draft.parent));
    let codes: Vec<&String> = named.collect::<BTreeSet<_>>().into_iter().collect();
    let mut found: HashMap<String, Vec<Existing>> = HashMap::new();
    for some in codes.chunks(CODES_AT_ONCE) {
        let values: Vec<String> = some.iter().map(|code| format!("{}|{code}", organisation::SYSTEM)).collect();
        let params = [("identifier".to_owned(), values.join(","))];
        let (zone, base) = (&env.site.zone, &env.site.base_url);
        let mut search = parse_search(organization()?, &params, Handling::Strict, zone, base, cx.now())?;
        search.count = Some(base::limits::PAGE_ENTRIES_MAX);
        loop {
            let page = env.store.search(cx, &search)?;
            for stored in page.matches {
                let resource = stored.resource()?;
                let row = read::institution(&stored.id, resource.root());
                let code = row.code.clone().unwrap_or_default();
                found.entry(code).or_default().push(Existing { id: stored.id, version: stored.version, row });
            }
            match page.next {
                Some(next) => search.page = Some(next),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The id of a new institution. It follows from the code, so that two who import at once do not make two of it.
fn id_for(code: &str) -> String {
    format!("org-{code}")
}

/// The write that a line asks for; none where it changes nothing.
fn write_of(cx: &Cx, env: &Env, judged: &Judged, draft: &Draft, verdict: &Verdict) -> Result<Option<Put>> {
    let code = draft.code.as_deref().unwrap_or_default();
    let parent = match &verdict.parent {
        None => None,
        Some(Above::Record(id)) => Some(id.clone()),
        Some(Above::File(code)) => Some(id_for(code)),
    };
    match verdict.action {
        Action::Same | Action::Error => Ok(None),
        Action::Create => {
            let id = id_for(code);
            let resource = resource::created(&id, draft, parent.as_deref())?;
            Ok(Some(Put { id, resource, expect: Expect::Absent, source: None }))
        }
        Action::Change => {
            let known = judged.existing.get(code).and_then(|found| found.first());
            let known = known.ok_or_else(|| Error::fault("a changed institution is not there"))?;
            let moved = || Error::conflict(format!("the institution `{}` was changed at the same moment", known.id));
            let stored = read_organization(cx, &env.store, &known.id)?.ok_or_else(moved)?;
            let resource = resource::changed(&stored, draft, parent.as_deref(), &verdict.changes)?;
            Ok(Some(Put { id: known.id.clone(), resource, expect: Expect::Version(known.version), source: None }))
        }
    }
}

fn read_organization(cx: &Cx, store: &Store, id: &str) -> Result<Option<Vec<u8>>> {
    let Some(stored) = store.read(cx, organization()?, id)? else { return Ok(None) };
    let mut json = Vec::new();
    stored.json(&mut json)?;
    Ok(Some(json).filter(|json| !json.is_empty()))
}

fn organization() -> Result<TypeId> {
    r4().type_named("Organization").ok_or_else(|| Error::fault("the definitions have no type `Organization`"))
}

impl Judged {
    fn lines(&self) -> impl Iterator<Item = (&Draft, &Verdict)> {
        self.drafts.iter().zip(&self.verdicts)
    }

    /// The institution that a line without flaws is about, or that it makes.
    fn id(&self, draft: &Draft) -> String {
        let code = draft.code.as_deref().unwrap_or_default();
        let known = self.existing.get(code).and_then(|found| found.first());
        known.map_or_else(|| id_for(code), |known| known.id.clone())
    }

    fn counts(&self) -> Value {
        let count = |action| self.verdicts.iter().filter(|verdict| verdict.action == action).count();
        json!({
            "create": count(Action::Create), "change": count(Action::Change), "same": count(Action::Same),
            "errors": count(Action::Error),
        })
    }

    /// An error that names every wrong line, where there is one.
    fn refuse(&self) -> Result<()> {
        let mut issues = Vec::new();
        let mut left_out = 0;
        for (draft, verdict) in self.lines() {
            for flaw in &verdict.flaws {
                if issues.len() >= ISSUES_MAX {
                    left_out += 1;
                    continue;
                }
                let (line, title, Said { zh, en }) = (draft.line, flaw.column.title(), &flaw.text);
                let text =
                    Said::new(format!("第 {line} 行，{title}：{zh}"), format!("line {line}, {title}: {en}")).both();
                issues.push(Issue { severity: Severity::Error, code: Kind::Invalid.answer().1, text, at: None });
            }
        }
        if left_out > 0 {
            let text = Said::new(
                format!("另有 {left_out} 处；预览会列出全部"),
                format!("{left_out} more; the preview tells all"),
            )
            .both();
            issues.push(Issue { severity: Severity::Error, code: Kind::Invalid.answer().1, text, at: None });
        }
        if issues.is_empty() { Ok(()) } else { Err(Error::invalid_input(issues)) }
    }
}

fn row(draft: &Draft, verdict: &Verdict) -> Value {
    let action = match verdict.action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Same => "same",
        Action::Error => "error",
    };
    let changes = verdict
        .changes
        .iter()
        .map(|(column, from, to)| json!({ "field": column.key(), "title": column.title(), "from": from, "to": to }));
    let flaws = verdict
        .flaws
        .iter()
        .map(|flaw| json!({ "column": flaw.column.title(), "key": flaw.column.key(), "text": flaw.text.json() }));
    json!({
        "line": draft.line, "action": action, "name": draft.name, "code": draft.code,
        "changes": changes.collect::<Vec<_>>(), "errors": flaws.collect::<Vec<_>>(),
    })
}
