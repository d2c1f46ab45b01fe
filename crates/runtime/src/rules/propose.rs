//! Proposing a change of the rules: a row to be put, or a local one to be taken back. A proposal is a `Library` of its
//! own; nothing holds otherwise until another person approves it.

use super::ledger::{By, Entry, Ledger, Proposal, State};
use super::library::{self, unwritable};
use super::model::{Row, RuleTable, Scope};
use super::reach::{Reach, is_there, reach};
use super::seeds::says_the_same;
use super::sheet::{Flaw, row_of};
use crate::program::{Env, Planned, Said};
use base::limits::ISSUES_MAX;
use base::{Cx, Error, Issue, Kind, Result, Severity, hex};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Batch, Expect, Put, Write};

/// Proposals that wait for a decision.
pub const PROPOSALS_MAX: usize = 10_000;
/// Rows of a table.
pub const TABLE_ROWS_MAX: usize = 50_000;
/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 1_000;
/// Bytes of chance in the id of a proposal.
const ID_BYTES: usize = library::PROPOSAL_DIGITS / 2;

/// What somebody wants changed.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A row, by the keys of its columns.
    Row(BTreeMap<String, String>),
    /// Taking back the local row of this id.
    Back(String),
}

/// Rules and proposals by their ids.
pub(super) type Entries = BTreeMap<String, Arc<Entry>>;

/// What a wanted row would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    New,
    Change,
    /// It says what stands already.
    Same,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Action::New => "new",
            Action::Change => "change",
            Action::Same => "same",
        }
    }
}

/// Plans a proposal.
pub fn propose(cx: &Cx, env: &Env, ledger: &Ledger, table: &str, wanted: &Wanted, reason: &str) -> Result<Planned> {
    let table = table_named(ledger, table)?;
    let reach = reach(cx, &env.store)?;
    let entries = ledger.entries(&env.store)?;
    room(table, &entries, 1)?;
    let (row, takes_back) = wanted_row(env, &reach, table, &entries, wanted)?;
    if !takes_back && action(table, &entries, &row) == Action::Same {
        return Err(Error::invalid(Said::new("与现行规则相同，无需修改", "the rule says this already").both()));
    }
    let id = row.id.clone();
    if let Some(waiting) = entries.values().find(|entry| waits(entry) && target_of(entry) == Some(&id)) {
        let said = Said::new(
            format!("这条规则已有待审批的建议 `{}`，请先处理", waiting.row.id),
            format!("a proposal for this rule waits already, `{}`; decide about it first", waiting.row.id),
        );
        return Err(Error::conflict(said.both()));
    }
    let draft = draft(cx, table, &entries, row, takes_back, checked_reason(reason)?)?;
    let answer = json!({ "id": draft.row.id });
    let writes = vec![put(table, &draft, Expect::Absent)?];
    Ok(Planned { batch: Batch { writes, ..Batch::default() }, answer })
}

/// The row that is wanted, and whether it is to be taken back; whoever asks may change it.
pub(super) fn wanted_row(
    env: &Env,
    reach: &Reach,
    table: &'static RuleTable,
    entries: &Entries,
    wanted: &Wanted,
) -> Result<(Row, bool)> {
    match wanted {
        Wanted::Row(fields) => {
            if let Some(unknown) = fields.keys().find(|key| !super::sheet::is_field(table, key)) {
                return Err(Error::invalid(format!("the table `{}` has no column `{unknown}`", table.name)));
            }
            let row = row_of(table, fields, false).map_err(|flaws| refused(&flaws))?;
            reach.must_cover(&env.store, &row.scope)?;
            there(env, &row.scope).map_err(|said| Error::invalid(said.both()))?;
            Ok((row, false))
        }
        Wanted::Back(id) => {
            let entry = entries.get(id).filter(|entry| entry.is_in_force() && entry.table == table.name);
            let entry = entry.ok_or_else(|| Error::not_found(format!("there is no rule `{id}` in force")))?;
            reach.must_cover(&env.store, &entry.row.scope)?;
            if entry.row.shipped {
                let said = Said::new(
                    "随系统发布的规则不能撤回；可建议一条本地规则代替它，或将其停用",
                    "a shipped rule is not taken back; propose a local row instead of it, or one that lifts it",
                );
                return Err(Error::invalid(said.both()));
            }
            Ok((entry.row.clone(), true))
        }
    }
}

/// Whether the institution of a scope is in the record.
pub(super) fn there(env: &Env, scope: &Scope) -> std::result::Result<(), Said> {
    let Scope::Institution(id) = scope else { return Ok(()) };
    match is_there(&env.store, id) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Said::new(format!("没有机构 `{id}`"), format!("there is no institution `{id}`"))),
        Err(error) => Err(Said::new(error.text(), error.text())),
    }
}

/// What a row would do beside what stands.
pub(super) fn action(table: &RuleTable, entries: &Entries, row: &Row) -> Action {
    let standing = |id: &str| entries.get(id).filter(|entry| entry.is_in_force()).map(|entry| &entry.row);
    if let Some(local) = standing(&row.id) {
        return if says_the_same(local, row) { Action::Same } else { Action::Change };
    }
    // A line of an export that nobody changed stands for the shipped row that it came from.
    let shipped = Row { shipped: true, ..row.clone() };
    match standing(&library::id_of(table, &shipped)) {
        Some(standing)
            if says_the_same(&Row { id: String::new(), ..standing.clone() }, &Row { id: String::new(), ..shipped }) =>
        {
            Action::Same
        }
        Some(_) => Action::Change,
        None => Action::New,
    }
}

/// The proposal of a row.
pub(super) fn draft(
    cx: &Cx,
    table: &RuleTable,
    entries: &Entries,
    row: Row,
    takes_back: bool,
    reason: Option<String>,
) -> Result<Entry> {
    let mut bytes = [0; ID_BYTES];
    cx.dice.fill(&mut bytes);
    let base = entries.get(&row.id).map_or(0, |entry| entry.row.version);
    let proposal = Proposal { target: row.id, base, takes_back, outcome: None };
    let id = format!("{}{}", library::PROPOSAL_ID, hex::encode(&bytes));
    Ok(Entry {
        table: table.name.to_owned(),
        state: State::Draft,
        row: Row { id, version: 1, ..row },
        proposed: Some(by(cx)),
        approved: None,
        reason,
        proposal: Some(proposal),
    })
}

pub(super) fn by(cx: &Cx) -> By {
    By { name: cx.who.name.to_string(), account: cx.who.account, at: cx.now() }
}

pub(super) fn put(table: &RuleTable, entry: &Entry, expect: Expect) -> Result<Write> {
    let resource = library::resource(table, entry).map_err(|error| unwritable(&error))?;
    Ok(Write::Put(Put { id: entry.row.id.clone(), resource, expect, source: None }))
}

/// Whether it is a proposal that nobody has decided about.
pub(super) fn waits(entry: &Entry) -> bool {
    entry.state == State::Draft && entry.proposal.is_some()
}

pub(super) fn target_of(entry: &Entry) -> Option<&String> {
    entry.proposal.as_ref().map(|proposal| &proposal.target)
}

pub(super) fn table_named(ledger: &Ledger, name: &str) -> Result<&'static RuleTable> {
    let found = ledger.tables().iter().find(|table| table.name == name);
    let name: String = name.chars().take(100).collect();
    found.copied().ok_or_else(|| Error::not_found(format!("there is no rule table `{name}`")))
}

/// Whether so many more proposals fit.
pub(super) fn room(table: &RuleTable, entries: &Entries, more: usize) -> Result<()> {
    let waiting = entries.values().filter(|entry| waits(entry)).count();
    let rows = entries.values().filter(|entry| entry.proposal.is_none() && entry.table == table.name).count();
    if waiting + more > PROPOSALS_MAX {
        return Err(Error::too_costly(format!(
            "more than {PROPOSALS_MAX} proposals would wait; decide about some first"
        )));
    }
    if rows + more > TABLE_ROWS_MAX {
        return Err(Error::too_costly(format!(
            "the table `{}` would have more than {TABLE_ROWS_MAX} rows",
            table.name
        )));
    }
    Ok(())
}

/// A reason as it is kept; none for an empty one.
pub(super) fn checked_reason(reason: &str) -> Result<Option<String>> {
    let reason = reason.trim();
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Error::too_costly(format!("a reason has at most {REASON_CHARS_MAX} characters")));
    }
    if reason.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Error::invalid("a reason holds no control characters"));
    }
    Ok(Some(reason.to_owned()).filter(|reason| !reason.is_empty()))
}

/// One error that names the flaws, as many as are told.
pub(super) fn refused(flaws: &[Flaw]) -> Error {
    let issue = |text: String| Issue { severity: Severity::Error, code: Kind::Invalid.answer().1, text, at: None };
    let mut issues: Vec<Issue> = flaws.iter().take(ISSUES_MAX).map(|flaw| issue(flaw.said().both())).collect();
    if let Some(left) = flaws.len().checked_sub(ISSUES_MAX).filter(|left| *left > 0) {
        let said = Said::new(format!("另有 {left} 处；预览会列出全部"), format!("{left} more; the preview tells all"));
        issues.push(issue(said.both()));
    }
    Error::invalid_input(issues)
}
