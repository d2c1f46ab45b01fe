//! One order put to the program as its hospital would, and what came back held against the truth.

use super::tally::{Became, Tally};
use super::truth::{Repeat, Truth};
use crate::demo::instant;
use crate::orders::{Written, question};
use base::{Clock, Cx, Kind, Purpose, Role, Who};
use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use programs::recognition::card::SOURCE;
use runtime::cards::{self, Asked, Asking, Card, CardKind};
use runtime::program::Env;
use std::sync::Arc;

/// Asks about orders and keeps count.
pub struct Asker<'a> {
    pub env: &'a Env,
    pub truth: &'a Truth,
    pub tally: Tally,
}

impl Asker<'_> {
    /// Asks as the hospital's order system does in the moment of the order. `encounter` is the visit as that system has it.
    pub fn ask(&mut self, written: &Written, encounter: Option<Resource>) -> anyhow::Result<()> {
        let who = Who {
            account: 1,
            name: "check".into(),
            role: Role::Clinician,
            scope: Some(Arc::from(written.institution.as_str())),
        };
        let cx = Cx { clock: Clock::fixed(instant(written.minute)), ..Cx::new(who, Purpose::Treatment) };
        let question = question(&[written], encounter);
        self.tally.orders += 1;
        let asked = match cards::ask(&cx, self.env, &question) {
            Ok(Asking::Asked(asked)) => asked,
            Ok(Asking::Differs(_)) => anyhow::bail!("`{}` contradicts the record", written.id),
            Err(error) if error.kind == Kind::NotFound => {
                self.tally.unasked += 1;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let shown = (SOURCE.cards)(&cx, self.env, &asked)?;
        self.judge(&cx, written, &asked, &shown)
    }

    fn judge(&mut self, cx: &Cx, written: &Written, asked: &Asked, shown: &[Card]) -> anyhow::Result<()> {
        let offer = shown.iter().find(|card| card.kind == CardKind::Offer);
        let truth = self.truth;
        let repeat = truth.repeat(&written.id);
        self.tally.repeats += u64::from(repeat.is_some());
        if offer.is_none() {
            let is_partly = |card: &&Card| card.facts.iter().any(|(key, _)| *key == "missing");
            let partly = shown.iter().filter(is_partly).count();
            self.tally.partly += partly as u64;
            self.tally.pending += (shown.len() - partly) as u64;
        }
        if let Some(offer) = offer
            && self.is_of_another(written, offer)?
        {
            return Ok(());
        }
        match (repeat, offer) {
            (Some(repeat), Some(_)) if repeat.avoidable => self.tally.avoidable(repeat, &Became::Offered),
            (Some(repeat), None) if repeat.avoidable => {
                let became = match self.cause(repeat, asked)? {
                    Some(cause) => Became::Missed(cause),
                    None => super::explain::why(cx, self.env, asked, &repeat.first)?,
                };
                if let Became::MissedByRules(why) = &became {
                    self.tally.fault(format!("{}: {} not offered for it: {why}", written.id, repeat.first));
                }
                self.tally.avoidable(repeat, &became);
            }
            (repeat, Some(offer)) => {
                let reason = repeat.map_or("nothing-before", |repeat| repeat.reason.as_str()).to_owned();
                let fen = offer.facts.iter().find(|(key, _)| *key == "fen").and_then(|(_, fen)| fen.as_i64());
                self.tally.needless(&reason, fen.unwrap_or(0));
                self.tally.fault(format!("{}: {} offered: {reason}", written.id, offer.implicated.join(", ")));
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// Whether an offer rests on a result of somebody else.
    fn is_of_another(&mut self, written: &Written, offer: &Card) -> anyhow::Result<bool> {
        let person = self.truth.person(&written.patient);
        for report in offer.implicated.iter().filter_map(|target| target.strip_prefix("DiagnosticReport/")) {
            let Some(subject) = self.subject(report)? else { continue };
            if self.truth.person(&subject) != person {
                self.tally.of_others += 1;
                let on_card = [&subject, &written.patient].into_iter().any(|one| self.truth.is_on_anothers_card(one));
                self.tally.of_others_by_card += u64::from(on_card);
                self.tally.fault(format!("{}: {report} of another person ({subject}) offered", written.id));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why an avoidable repeat could not be offered whatever the rules say.
    fn cause(&self, repeat: &Repeat, asked: &Asked) -> anyhow::Result<Option<&'static str>> {
        if repeat.arrived > repeat.ordered {
            return Ok(Some("not-arrived"));
        }
        let Some(subject) = self.subject(&repeat.first)? else { return Ok(Some("not-arrived")) };
        Ok((!asked.care.certain().contains(&subject.as_str())).then_some("identity"))
    }

    /// The registration that a report is about.
    fn subject(&self, report: &str) -> anyhow::Result<Option<String>> {
        let stored = self.env.store.read(&Cx::platform(), type_named("DiagnosticReport")?, report)?;
        let Some(stored) = stored else { return Ok(None) };
        let resource = stored.resource()?;
        let subject = resource.root().text_at("subject.reference");
        Ok(subject.and_then(|target| target.strip_prefix("Patient/").map(str::to_owned)))
    }
}

pub fn type_named(name: &str) -> anyhow::Result<TypeId> {
    r4().type_named(name).ok_or_else(|| anyhow::anyhow!("R4 has no type `{name}`"))
}
