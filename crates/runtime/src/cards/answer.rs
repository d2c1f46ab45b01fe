//! Cards for one question: the sources are run, their cards ranked, merged and limited, what is new is recorded.

use super::recorded::{Recorded, Standing};
use super::{Asked, Card, CardKind, CardSource, Hook, Indicator, Reason, issue};
use crate::program::Env;
use base::{Cx, Error, Kind, Result};
use fhir::r4;
use std::collections::HashSet;
use store::{Batch, Expect, Op, Put, Write};

/// Cards of one answer; of the rest only their number is told.
pub const CARDS_MAX: usize = 20;
/// Cards of one source that are looked at.
const CARDS_OF_ONE_MAX: usize = 500;

/// What is shown, and what has to be written for it.
#[derive(Default)]
pub struct Answer {
    /// The most important first.
    pub cards: Vec<Shown>,
    /// Cards beyond `CARDS_MAX`.
    pub left_out: usize,
    /// Cards that are not shown again because they were answered.
    pub answered: usize,
    /// Sources that met an error: whether they have a card is not known.
    pub failed: Vec<&'static CardSource>,
    /// The records of cards that were not shown before; empty where there is none.
    pub batch: Batch,
}

/// A card on its way to the one who asked.
pub struct Shown {
    /// Id of its DetectedIssue.
    pub uuid: String,
    /// Id of the one suggestion that it makes.
    pub suggestion: String,
    pub source: &'static CardSource,
    pub card: Card,
    /// For what it may be overridden; empty where it asks for no decision.
    pub reasons: Vec<Reason>,
    /// It was shown before.
    pub again: bool,
}

/// Asks every source of the hook. A source that fails costs its own cards only; work that is stopped or out of time is an
/// error.
pub fn answer(cx: &Cx, env: &Env, sources: &[&'static CardSource], asked: &Asked) -> Result<Answer> {
    let mut answer = Answer::default();
    let mut found: Vec<(&'static CardSource, Card)> = Vec::new();
    for source in sources.iter().filter(|source| source.hooks.contains(&asked.hook)) {
        cx.go_on()?;
        match (source.cards)(cx, env, asked) {
            Ok(cards) => {
                answer.left_out += cards.len().saturating_sub(CARDS_OF_ONE_MAX);
                found.extend(cards.into_iter().take(CARDS_OF_ONE_MAX).map(|card| (*source, card)));
            }
            Err(error) if matches!(error.kind, Kind::Busy | Kind::TooCostly) => return Err(error),
            Err(error) => {
                tracing::error!(source = source.name, kind = error.kind.name(), "a source of cards failed");
                answer.failed.push(*source);
            }
        }
    }
    if found.is_empty() {
        return Ok(answer);
    }
    merge(&mut found);
    let (day, _) = env.store.zone().day_and_minute(cx.now());
    for (source, card) in found {
        if answer.cards.len() >= CARDS_MAX {
            answer.left_out += 1;
            continue;
        }
        let uuid = issue::uuid(source, asked, &card, day);
        // In the care of one resident a sight is a few registrations; a hospital's is all its departments.
        match recorded(&asked.care.cx, env, &uuid)? {
            Some(before) if is_answered(&before, asked.hook) => answer.answered += 1,
            before => answer.show(cx, env, asked, Show { source, card, uuid, again: before.is_some() })?,
        }
    }
    Ok(answer)
}

struct Show {
    source: &'static CardSource,
    card: Card,
    uuid: String,
    again: bool,
}

impl Answer {
    fn show(&mut self, cx: &Cx, env: &Env, asked: &Asked, show: Show) -> Result<()> {
        let Show { source, card, uuid, again } = show;
        let asks = card.kind == CardKind::Offer;
        let reasons =
            match self.cards.iter().find(|shown| shown.source.name == source.name && !shown.reasons.is_empty()) {
                _ if !asks => Vec::new(),
                Some(before) => before.reasons.clone(),
                None => (source.reasons)(cx, env)?,
            };
        if !again {
            let author = author(env, asked)?;
            let resource = issue::resource(cx, source, asked, &card, &uuid, author.as_deref())?;
            let put = Put { id: uuid.clone(), resource, expect: Expect::Absent, source: None };
            self.batch.writes.push(Write::Put(put));
        }
        let suggestion = issue::suggestion(&uuid);
        self.cards.push(Shown { uuid, suggestion, source, card, reasons, again });
        Ok(())
    }
}

/// Puts the most important first, and leaves one of several cards that say the same: about the same order, resting on
/// the same resources, or of the same source with the same subject.
fn merge(found: &mut Vec<(&'static CardSource, Card)>) {
    found.sort_by_key(|(_, card)| std::cmp::Reverse((card.indicator == Indicator::Critical, card.rank)));
    let mut subjects = HashSet::new();
    let mut rested = HashSet::new();
    found.retain(|(source, card)| {
        let mut implicated = card.implicated.clone();
        implicated.sort_unstable();
        let new = subjects.insert((source.name, card.subject.clone(), implicated.clone()));
        new && (implicated.is_empty() || rested.insert((card.order.clone(), implicated)))
    });
}

/// The record of a card that was shown before.
fn recorded(cx: &Cx, env: &Env, uuid: &str) -> Result<Option<Recorded>> {
    let type_ = r4().type_named("DetectedIssue").ok_or_else(|| Error::fault("R4 has no type `DetectedIssue`"))?;
    match env.store.read(cx, type_, uuid)? {
        Some(stored) if stored.op != Op::Delete => Recorded::of(&stored),
        _ => Ok(None),
    }
}

/// Whether a card is not to be shown again. One that was closed without a choice comes once more when the orders are
/// signed, and then no more.
fn is_answered(card: &Recorded, hook: Hook) -> bool {
    match card.standing() {
        Standing::Open => false,
        Standing::Accepted | Standing::Overridden => true,
        Standing::Dismissed(times) => hook != Hook::OrderSign || times > 1,
    }
}

/// The one who orders, where the record knows the resource that the client names.
fn author(env: &Env, asked: &Asked) -> Result<Option<String>> {
    let Some((type_name, id)) = asked.user.as_deref().and_then(|user| user.split_once('/')) else { return Ok(None) };
    if !matches!(type_name, "Practitioner" | "PractitionerRole") || !crate::record::is_id(id) {
        return Ok(None);
    }
    let Some(type_) = r4().type_named(type_name) else { return Ok(None) };
    Ok(env.store.home(type_, id)?.map(|_| format!("{type_name}/{id}")))
}
