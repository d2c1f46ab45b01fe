//! Rules of a table as a CSV file, out and in. What comes in becomes proposals, all lines or none.

use super::ledger::Ledger;
use super::model::{Row, RuleTable};
use super::propose::{
    Action, Entries, action, checked_reason, draft, put, refused, room, table_named, target_of, there, waits,
};
use super::reach::{Reach, reach_of_files};
use super::sheet::{self, Flaw, Sheet};
use crate::program::{Env, File, Planned, Said};
use base::{Cx, Error, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Batch, Expect};

/// Lines of one file, so that one decision can take them all.
pub const IMPORT_LINES_MAX: usize = super::decide::DECIDED_AT_ONCE_MAX;

/// The rows of a table that are in force or will be, as a file.
pub fn export(env: &Env, ledger: &Ledger, table: &str) -> Result<File> {
    let table = table_named(ledger, table)?;
    let rules = ledger.rules(&env.store)?;
    let text = sheet::write(table, rules.table(table.name)?.rows());
    let name = format!("{}.csv", table.title.zh);
    Ok(File { name, media_type: "text/csv; charset=utf-8", bytes: text.into_bytes() })
}

/// A file as it was judged.
struct Judged {
    table: &'static RuleTable,
    /// With their lines.
    rows: Vec<(usize, Row, Action)>,
    flaws: Vec<Flaw>,
    entries: Arc<Entries>,
}

/// What an import would do, line by line.
pub fn preview(cx: &Cx, env: &Env, ledger: &Ledger, table: &str, body: &[u8]) -> Result<Value> {
    let judged = judged(cx, env, ledger, table, body)?;
    let mut lines: BTreeMap<usize, Value> = BTreeMap::new();
    for (line, row, action) in &judged.rows {
        let shown =
            json!({ "line": line, "action": action.name(), "row": super::view::row(judged.table, row), "errors": [] });
        lines.insert(*line, shown);
    }
    for flaw in &judged.flaws {
        let wrong = || json!({ "line": flaw.line, "action": "error", "row": null, "errors": [] });
        let line = lines.entry(flaw.line).or_insert_with(wrong);
        line["action"] = json!("error");
        if let Some(errors) = line["errors"].as_array_mut() {
            errors.push(json!({ "column": flaw.column, "title": flaw.title.json(), "text": flaw.text.json() }));
        }
    }
    let mut answer = judged.counts();
    answer["lines"] = lines.into_values().collect();
    Ok(answer)
}

/// Plans the import; an error names the wrong lines, and then nothing is changed.
pub fn import(cx: &Cx, env: &Env, ledger: &Ledger, table: &str, body: &[u8], reason: &str) -> Result<Planned> {
    let reason = checked_reason(reason)?;
    let judged = judged(cx, env, ledger, table, body)?;
    if !judged.flaws.is_empty() {
        return Err(refused(&judged.flaws));
    }
    let mut batch = Batch::default();
    let mut ids = Vec::new();
    for (_, row, _) in judged.rows.iter().filter(|(_, _, action)| *action != Action::Same) {
        cx.go_on()?;
        let draft = draft(cx, judged.table, &judged.entries, row.clone(), false, reason.clone())?;
        ids.push(json!(draft.row.id));
        batch.writes.push(put(judged.table, &draft, Expect::Absent)?);
    }
    room(judged.table, &judged.entries, ids.len())?;
    let mut answer = judged.counts();
    answer["proposals"] = Value::Array(ids);
    Ok(Planned { batch, answer })
}

fn judged(cx: &Cx, env: &Env, ledger: &Ledger, table: &str, body: &[u8]) -> Result<Judged> {
    let table = table_named(ledger, table)?;
    let reach = reach_of_files(cx, &env.store)?;
    let entries = ledger.entries(&env.store)?;
    let Sheet { rows, mut flaws } = sheet::read(table, body, false)?;
    if rows.len() > IMPORT_LINES_MAX {
        let said = Said::new(
            format!("一次最多导入 {IMPORT_LINES_MAX} 行，请分批上传"),
            format!("at most {IMPORT_LINES_MAX} lines are taken at once; send the file in parts"),
        );
        return Err(Error::too_costly(said.both()));
    }
    let waiting: BTreeSet<&String> =
        entries.values().filter(|entry| waits(entry)).filter_map(|entry| target_of(entry)).collect();
    let mut judged = Vec::new();
    for (line, row) in rows {
        cx.go_on()?;
        match action(table, &entries, &row) {
            Action::Same => judged.push((line, row, Action::Same)),
            action => match flaw_of(env, &reach, &row, waiting.contains(&row.id))? {
                None => judged.push((line, row, action)),
                Some(text) => flaws.push(Flaw { line, ..Flaw::of_row(text) }),
            },
        }
    }
    flaws.sort_by_key(|flaw| flaw.line);
    Ok(Judged { table, rows: judged, flaws, entries })
}

/// Why a row that is right in itself may not be proposed by this one now.
fn flaw_of(env: &Env, reach: &Reach, row: &Row, waits: bool) -> Result<Option<Said>> {
    if !reach.covers(&env.store, &row.scope)? {
        return Ok(Some(Said::new(
            format!("此账号不能修改适用范围为 `{}` 的规则", row.scope),
            format!("this account does not change rules of scope `{}`", row.scope),
        )));
    }
    if let Err(said) = there(env, &row.scope) {
        return Ok(Some(said));
    }
    Ok(waits.then(|| Said::new("这条规则已有待审批的建议", "a proposal for this rule waits already")))
}

impl Judged {
    fn counts(&self) -> Value {
        let count = |wanted| self.rows.iter().filter(|(_, _, action)| *action == wanted).count();
        let wrong: BTreeSet<usize> = self.flaws.iter().map(|flaw| flaw.line).collect();
        json!({
            "new": count(Action::New), "change": count(Action::Change), "same": count(Action::Same),
            "errors": wrong.len(),
        })
    }
}
