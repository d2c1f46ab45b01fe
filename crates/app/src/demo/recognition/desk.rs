//! The order systems of the hospitals: they ask about what is signed, show the cards, and pass on what the doctors choose.
//! An examination that is not needed any more is taken back: it never comes to pass.

use super::corrections;
use super::habits::{Choice, Habits, Met, Reply};
use crate::demo::instant;
use crate::house::House;
use crate::orders::{Written, question};
use base::{Clock, Cx, Kind, Purpose, Role, StopFlag, Who};
use city::{City, Minute};
use fhir::Resource;
use fhir::definitions::{TypeId, r4};
use fhir::search::{Handling, parse_search};
use programs::recognition;
use runtime::accounts::{NewAccount, operator};
use runtime::cards::{self, Asked, Asking, CardKind, CardSource, Counts, Shown};
use runtime::program::{Env, Given, Kept, Run};
use runtime::reactions::{Reaction, behind, catch_up_to};
use runtime::record::plan_again;
use runtime::residents;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use store::{Batch, Expect, Op, Put, Stored, Write};

/// What the platform has to know before a hospital can be answered: who is who, and what its codes mean.
const NEEDED: [&str; 2] = [residents::REACTION.name, "recognition-maps"];
/// A visit comes after its order at times; so long is waited for it.
const VISIT_MINUTES_MAX: Minute = 60;
/// What reaches the platform so late was asked about by nobody: the connection of the hospital was down.
const LATE_MINUTES_MAX: Minute = 24 * 60;
/// What is written on an order that is taken back.
const TAKEN_BACK: &str = "已有可互认结果，撤销申请";

pub struct Desk<'a> {
    pub(super) house: &'a House,
    pub(super) cx: Cx,
    pub(super) env: Env,
    pub(super) habits: Habits,
    counts: Counts,
    /// The accounts of the order systems, by institution.
    systems: HashMap<String, Who>,
    names: HashMap<String, String>,
    /// Orders of which the desk has heard and not asked yet.
    heard: VecDeque<Written>,
    /// What doctors are about to do, by minute and number.
    due: BTreeMap<(Minute, u64), Due>,
    numbered: u64,
    /// Ids of the orders that were taken back.
    revoked: HashSet<String>,
    /// Up to which minute the desk has worked.
    worked: Option<Minute>,
}

/// Something a doctor will do.
struct Due {
    who: Who,
    card: String,
    deed: Deed,
}

enum Deed {
    Open,
    /// The body of the program's `decide`, and the order that is taken back with it.
    Decide(Value, Option<String>),
}

impl Deed {
    /// The order that is taken back.
    fn order(self) -> Option<String> {
        match self {
            Deed::Open => None,
            Deed::Decide(_, order) => order,
        }
    }
}

impl Desk<'_> {
    pub fn of<'a>(house: &'a House, city: &City, stop: &StopFlag) -> anyhow::Result<Desk<'a>> {
        let institutions = city.places.institutions.iter();
        let mut desk = Desk {
            house,
            cx: Cx { stop: stop.clone(), ..house.cx() },
            env: Env { store: house.store.clone(), site: house.site(), kept: Kept::default() },
            habits: Habits::of(city),
            counts: Counts::default(),
            systems: HashMap::new(),
            names: institutions.map(|one| (one.id.clone(), one.name.clone())).collect(),
            heard: VecDeque::new(),
            due: BTreeMap::new(),
            numbered: 0,
            revoked: HashSet::new(),
            worked: None,
        };
        desk.revoked = desk.orders_taken_back()?;
        Ok(desk)
    }

    /// Whether a resource on its way will never be: an order that was taken back, and what would have come of it.
    pub fn is_taken_back(&self, resource: &Resource) -> bool {
        if self.revoked.is_empty() {
            return false;
        }
        let has = |id: Option<&str>| id.is_some_and(|id| self.revoked.contains(id));
        match r4().type_name(resource.type_id()) {
            "ServiceRequest" | "DiagnosticReport" | "ImagingStudy" => has(resource.id()),
            "Observation" => {
                let mut orders = resource.root().path("basedOn.reference").filter_map(|target| target.str());
                orders.any(|target| has(target.strip_prefix("ServiceRequest/")))
            }
            _ => false,
        }
    }

    /// Takes note of what has just been written.
    pub fn hear(&mut self, id: &str, resource: &Resource) {
        if r4().type_name(resource.type_id()) == "ServiceRequest"
            && resource.root().text_at("status").as_deref() == Some("active")
        {
            self.heard.extend(Written::of(id, resource));
        }
    }

    /// Asks about what was heard, and does what is due up to and with a minute.
    pub fn work(&mut self, now: Minute) -> base::Result<()> {
        if !self.heard.is_empty() {
            self.catch_up()?;
        }
        for _ in 0..self.heard.len() {
            let Some(written) = self.heard.pop_front() else { break };
            let age = now - written.minute;
            if age < VISIT_MINUTES_MAX && !self.has_visit(&written)? {
                self.heard.push_back(written);
            } else if age <= LATE_MINUTES_MAX {
                self.do_until(written.minute)?;
                self.sign(&[&written])?;
            }
        }
        self.do_until(now)?;
        let before = self.worked.replace(now).unwrap_or(now);
        if corrections::is_time(before, now) {
            corrections::correct_some(self, |_| 1)?;
        }
        self.flush()
    }

    fn has_visit(&self, written: &Written) -> base::Result<bool> {
        let Some(encounter) = &written.encounter else { return Ok(true) };
        Ok(self.read("Encounter", encounter)?.is_some())
    }

    /// Asks about orders that are signed together at a visit, as of their minute.
    pub fn sign(&mut self, orders: &[&Written]) -> base::Result<()> {
        let Some(first) = orders.first() else { return Ok(()) };
        let who = self.system(&first.institution)?;
        let cx = self.at(&who, first.minute);
        let mut asked = match cards::ask(&cx, &self.env, &question(orders, None)) {
            Ok(Asking::Asked(asked)) => asked,
            // The hospital's message about the registration is late, or says something else: it is told nothing.
            Ok(Asking::Differs(_)) => return Ok(()),
            Err(error) if error.kind == Kind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        asked.user = doctor(&asked);
        let sources: Vec<&'static CardSource> = programs::card_sources();
        let mut answer = cards::answer(&cx, &self.env, &sources, &asked)?;
        let batch = std::mem::take(&mut answer.batch);
        if !batch.writes.is_empty() {
            self.env.store.write(&cx, batch)?;
        }
        let names: Vec<&'static str> = sources.iter().map(|source| source.name).collect();
        self.counts.answered(&cx, &self.env.store, &asked, &answer, &names);
        for shown in answer.cards.iter().filter(|shown| shown.card.kind == CardKind::Offer) {
            let reply = self.habits.reply(&met(&asked, shown));
            self.expect(&who, first.minute, shown, reply);
        }
        Ok(())
    }

    /// Puts down what a doctor will do about a card.
    fn expect(&mut self, who: &Who, minute: Minute, shown: &Shown, reply: Reply) {
        let mut deeds = Vec::new();
        if let Some(after) = reply.opened {
            deeds.push((after, Deed::Open));
        }
        if let Some((after, choice)) = reply.choice {
            deeds.push((after, deed(shown, choice)));
        }
        for (after, deed) in deeds {
            let due = Due { who: who.clone(), card: shown.uuid.clone(), deed };
            self.due.insert((minute + after, self.numbered), due);
            self.numbered += 1;
        }
    }

    /// What doctors do up to and with a minute.
    pub fn do_until(&mut self, minute: Minute) -> base::Result<()> {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= minute) {
            let at = entry.key().0;
            let due = entry.remove();
            let cx = self.at(&due.who, at);
            let done = match &due.deed {
                Deed::Open => self.keep(&cx, || Ok(cards::open(&cx, &self.env.store, &due.card)?.batch)),
                Deed::Decide(body, order) => {
                    let given = Given { params: Vec::new(), body: body.to_string().into_bytes() };
                    self.keep(&cx, || self.decided(&cx, &given, order.as_deref()))
                }
            };
            match done {
                Ok(()) => self.revoked.extend(due.deed.order()),
                Err(error) if error.kind == Kind::Busy => return Err(error),
                Err(error) => tracing::warn!(reason = error.text(), card = due.card, "a doctor could not decide"),
            }
        }
        Ok(())
    }

    /// The decision and, in the same batch, the end of the order that it makes needless.
    fn decided(&self, cx: &Cx, given: &Given, order: Option<&str>) -> base::Result<Batch> {
        let operation = recognition::PROGRAM.operations.iter().find(|operation| operation.name == "decide");
        let Some(Run::Write(decide)) = operation.map(|operation| &operation.run) else {
            return Err(base::Error::fault("mutual recognition has no operation `decide`"));
        };
        let mut batch = decide(cx, &self.env, given)?.batch;
        if let Some(order) = order {
            self.take_back(order, &mut batch)?;
        }
        Ok(batch)
    }

    /// Ends an order. What the generator has made of it already is taken out: the examination never was.
    fn take_back(&self, order: &str, batch: &mut Batch) -> base::Result<()> {
        if let Some((mut request, version)) = self.read("ServiceRequest", order)? {
            request["status"] = "revoked".into();
            request["note"] = json!([{ "text": TAKEN_BACK }]);
            batch.writes.push(put(order, &request, Expect::Version(version))?);
        }
        let of_order = [("based-on", format!("ServiceRequest/{order}")), ("_count", "200".to_owned())];
        let results = self.search("Observation", &of_order)?.into_iter().map(|stored| ("Observation", stored.id));
        let own = ["ImagingStudy", "DiagnosticReport"].map(|name| (name, order.to_owned()));
        for (name, id) in results.chain(own) {
            if self.read(name, &id)?.is_some() {
                batch.writes.push(Write::Delete { type_: type_named(name)?, id, expect: Expect::Any });
            }
        }
        Ok(())
    }

    /// The orders of the last days that were taken back.
    fn orders_taken_back(&self) -> base::Result<HashSet<String>> {
        let newest = [("status", "revoked"), ("_sort", "-authored"), ("_count", "1000")];
        let params = newest.map(|(name, value)| (name, value.to_owned()));
        let found = self.search("ServiceRequest", &params)?;
        Ok(found.into_iter().map(|stored| stored.id).collect())
    }

    /// Writes what is planned, and plans again where somebody else was faster.
    pub(super) fn keep(&self, cx: &Cx, plan: impl Fn() -> base::Result<Batch>) -> base::Result<()> {
        let mut rounds = 0;
        loop {
            let batch = plan()?;
            if batch.writes.is_empty() {
                return Ok(());
            }
            match self.env.store.write(cx, batch) {
                Ok(_) => return Ok(()),
                Err(error) => {
                    let kind = if error.kind == Kind::Precondition { Kind::Conflict } else { error.kind };
                    let error = base::Error { kind, ..error };
                    if !plan_again(&error, rounds) {
                        return Err(error);
                    }
                    rounds += 1;
                }
            }
        }
    }

    /// Who is who, and what codes mean, as far as the record is now.
    pub(super) fn catch_up(&self) -> base::Result<()> {
        let to = self.env.store.position();
        let needed = |reaction: &&'static Reaction| NEEDED.contains(&reaction.name);
        for reaction in programs::reactions().into_iter().filter(needed) {
            if behind(&self.env.store, reaction, to)? > 0 {
                catch_up_to(&self.cx, &self.env.store, reaction, to)?;
            }
        }
        Ok(())
    }

    /// The counts of questions go to their tallies.
    pub(super) fn flush(&self) -> base::Result<()> {
        self.counts.flush(&self.cx, &self.env.store)
    }

    /// The account of a hospital's order system.
    fn system(&mut self, institution: &str) -> base::Result<Who> {
        if let Some(who) = self.systems.get(institution) {
            return Ok(who.clone());
        }
        let name = format!("orders-{}", institution.trim_start_matches("org-").to_lowercase());
        let number = match self.house.store.account_named(&name)? {
            Some(account) => account.number,
            None => {
                let place = self.names.get(institution).map_or(institution, String::as_str);
                let new = NewAccount {
                    name: name.clone(),
                    display: format!("开单系统 {place}"),
                    role: Role::Clinician,
                    scope: Some(institution.to_owned()),
                    password: None,
                };
                self.house.accounts.create(&Cx::new(operator(), Purpose::Operations), new)?.number
            }
        };
        let who = Who {
            account: number,
            name: name.into(),
            role: Role::Clinician,
            scope: Some(institution.to_owned().into()),
        };
        self.systems.insert(institution.to_owned(), who.clone());
        Ok(who)
    }

    fn at(&self, who: &Who, minute: Minute) -> Cx {
        let clock = Clock::fixed(instant(minute));
        Cx { clock, stop: self.cx.stop.clone(), ..Cx::new(who.clone(), Purpose::Treatment) }
    }

    pub(super) fn read(&self, type_name: &str, id: &str) -> base::Result<Option<(Value, u32)>> {
        let stored = self.env.store.read(&self.cx, type_named(type_name)?, id)?;
        let Some(stored) = stored.filter(|stored| stored.op != Op::Delete) else { return Ok(None) };
        let mut text = Vec::new();
        stored.json(&mut text)?;
        let json = serde_json::from_slice(&text).map_err(|_| base::Error::fault("a stored resource is not JSON"))?;
        Ok(Some((json, stored.version)))
    }
}

impl Desk<'_> {
    /// The first page of what is found, as the platform sees it.
    pub(super) fn search(&self, type_name: &str, params: &[(&str, String)]) -> base::Result<Vec<Stored>> {
        let params: Vec<(String, String)> =
            params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let type_ = type_named(type_name)?;
        let search = parse_search(type_, &params, Handling::Strict, &self.env.site.zone, "", self.cx.now())?;
        Ok(self.env.store.search(&self.cx, &search)?.matches)
    }
}

/// A choice as it is told to the program. Who recognises takes the order back.
fn deed(shown: &Shown, choice: Choice) -> Deed {
    let card = &shown.uuid;
    match choice {
        Choice::Dismiss => Deed::Decide(json!({ "card": card, "decision": "dismiss" }), None),
        Choice::OrderAnyway { reason, explanation, told_patient } => {
            let body = json!({
                "card": card, "decision": "order-anyway", "reason": reason, "explanation": explanation,
                "told_patient": told_patient,
            });
            Deed::Decide(body, None)
        }
        Choice::Recognise => {
            let order = shown.card.order.as_deref().and_then(|order| order.strip_prefix("ServiceRequest/"));
            Deed::Decide(json!({ "card": card, "decision": "recognise" }), order.map(str::to_owned))
        }
    }
}

/// The doctor of the visit.
fn doctor(asked: &Asked) -> Option<String> {
    let (_, encounter) = asked.encounter.as_ref()?;
    Some(encounter.root().text_at("participant.individual.reference")?.into_owned())
}

fn met<'a>(asked: &'a Asked, shown: &'a Shown) -> Met<'a> {
    let fact = |name: &str| shown.card.facts.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
    let hours = |name: &str| fact(name).and_then(Value::as_f64);
    Met {
        card: &shown.uuid,
        institution: asked.institution.as_deref().unwrap_or_default(),
        doctor: asked.user.as_deref().unwrap_or_default(),
        origin: fact("origin").and_then(Value::as_str).unwrap_or_default(),
        age: hours("age_hours").zip(hours("window_hours")).map_or(0.0, |(age, window)| age / window.max(1.0)),
        is_image: fact("kind").is_some_and(|kind| kind == "imaging"),
        reasons: &shown.reasons,
    }
}

pub(super) fn put(id: &str, resource: &Value, expect: Expect) -> base::Result<Write> {
    let resource = fhir::parse(resource.to_string().as_bytes(), &fhir::Limits::default())?;
    Ok(Write::Put(Put { id: id.to_owned(), resource, expect, source: None }))
}

pub(super) fn type_named(name: &str) -> base::Result<TypeId> {
    r4().type_named(name).ok_or_else(|| base::Error::fault(format!("R4 has no type `{name}`")))
}
