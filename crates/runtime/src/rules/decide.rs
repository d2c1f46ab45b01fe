//! Deciding about proposals: another officer than the one who proposed it approves or refuses; who proposed it may
//! withdraw it. Several are decided in one batch, all or none.

use super::ledger::{By, End, Entry, Ledger, Outcome, State};
use super::model::Row;
use super::propose::{by, checked_reason, put, table_named, waits};
use super::reach::{Reach, reach, reach_of_files};
use crate::program::{Env, Planned, Said};
use base::{Cx, Error, Result};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Batch, Expect};

/// Proposals that are decided at once.
pub const DECIDED_AT_ONCE_MAX: usize = 2_000;

/// Plans a decision about proposals.
pub fn decide(cx: &Cx, env: &Env, ledger: &Ledger, proposals: &[String], end: End, reason: &str) -> Result<Planned> {
    let reason = checked_reason(reason)?;
    if proposals.is_empty() || proposals.len() > DECIDED_AT_ONCE_MAX {
        return Err(Error::invalid(format!("name 1 to {DECIDED_AT_ONCE_MAX} proposals")));
    }
    if end == End::Refused && reason.is_none() {
        return Err(Error::invalid(Said::new("退回建议要写明理由", "a refusal needs a reason").both()));
    }
    // What came in as a file is taken back by who sent it.
    let reach = match end {
        End::Withdrawn => reach_of_files(cx, &env.store)?,
        End::Approved | End::Refused => reach(cx, &env.store)?,
    };
    let entries = ledger.entries(&env.store)?;
    let mut batch = Batch::default();
    let mut seen = BTreeSet::new();
    for id in proposals {
        cx.go_on()?;
        let entry = entries.get(id).filter(|entry| entry.proposal.is_some());
        let entry = entry.ok_or_else(|| Error::not_found(format!("there is no proposal `{id}`")))?;
        may_decide(cx, env, &reach, entry, end)?;
        let Some(proposal) = &entry.proposal else { continue };
        if !seen.insert(&proposal.target) {
            let text = format!("the proposals name the rule `{}` twice; decide about them one by one", proposal.target);
            return Err(Error::invalid(text));
        }
        let table = table_named(ledger, &entry.table)?;
        if end == End::Approved {
            let now = entries.get(&proposal.target).map_or(0, |target| target.row.version);
            if now != proposal.base {
                let said = Said::new(
                    format!("建议 `{id}` 提出之后规则已被修改，请撤回后重新提出"),
                    format!("the rule has changed since `{id}` was proposed; withdraw it and propose it again"),
                );
                return Err(Error::conflict(said.both()));
            }
            let expect = if now == 0 { Expect::Absent } else { Expect::Version(now) };
            let target = approved(cx, entry, proposal.target.clone(), now, proposal.takes_back);
            (table.check)(&target.row)
                .or_else(|said| if target.row.lifted { Ok(()) } else { Err(said) })
                .map_err(|said| Error::invalid(said.both()))?;
            batch.writes.push(put(table, &target, expect)?);
        }
        batch.writes.push(put(table, &decided(cx, entry, end, reason.clone()), Expect::Version(entry.row.version))?);
    }
    Ok(Planned { batch, answer: json!({ "decided": proposals.len(), "decision": end.name() }) })
}

fn may_decide(cx: &Cx, env: &Env, reach: &Reach, entry: &Arc<Entry>, end: End) -> Result<()> {
    if !waits(entry) {
        return Err(Error::conflict(decided_already(entry).both()));
    }
    reach.must_cover(&env.store, &entry.row.scope)?;
    match (end, is_own(cx, entry)) {
        (End::Withdrawn, false) => Err(Error::forbidden(
            Said::new(
                "只有提出人可以撤回建议；其他人可以退回",
                "only who proposed it may withdraw it; others may refuse it",
            )
            .both(),
        )),
        (End::Approved | End::Refused, true) => Err(Error::forbidden(
            Said::new(
                "提出人不能审批自己的建议，须由另一人审批",
                "who proposed it may not decide about it; another person does",
            )
            .both(),
        )),
        _ => Ok(()),
    }
}

/// Whether a proposal is the caller's own.
pub(super) fn is_own(cx: &Cx, entry: &Entry) -> bool {
    let same = |by: &By| by.account == cx.who.account || *by.name == *cx.who.name;
    entry.proposed.as_ref().is_none_or(same)
}

fn decided_already(entry: &Entry) -> Said {
    let id = &entry.row.id;
    match entry.proposal.as_ref().and_then(|proposal| proposal.outcome.as_ref()) {
        Some(Outcome { end, by, .. }) => {
            let (zh, name) = (end.words().zh, &by.name);
            Said::new(
                format!("建议 `{id}` 已由 {name} {zh}"),
                format!("the proposal `{id}` was {} by {name}", end.name()),
            )
        }
        None => Said::new(format!("建议 `{id}` 已处理"), format!("the proposal `{id}` was decided")),
    }
}

/// The rule as it will be.
fn approved(cx: &Cx, proposal: &Entry, id: String, now: u32, takes_back: bool) -> Entry {
    Entry {
        state: if takes_back { State::Retired } else { State::Active },
        row: Row { id, version: now + 1, ..proposal.row.clone() },
        approved: Some(by(cx)),
        proposal: None,
        ..proposal.clone()
    }
}

/// The proposal with what became of it.
fn decided(cx: &Cx, entry: &Entry, end: End, reason: Option<String>) -> Entry {
    let mut decided = entry.clone();
    decided.state = State::Retired;
    decided.row.version += 1;
    if let Some(proposal) = &mut decided.proposal {
        proposal.outcome = Some(Outcome { end, by: by(cx), reason });
    }
    decided
}
