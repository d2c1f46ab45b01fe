//! A question at the moment of an order, from codes to answers: what is ordered, who asks where, what the record holds,
//! and the decision for each order. The order-time cards, the plain operation and the yearly check all ask here.

use super::book::book;
use super::codes::{Maps, Meant, maps};
use super::gather::{Gathered, Known, Wanted, consortia, gather, top};
use super::model::{Book, Circumstances, Decision, Here, Item, PatientState, Question};
use super::read;
use super::rules::{decide, names_class, precluded};
use crate::directory::rows::text;
use crate::directory::{Picture, picture};
use base::{Millis, Result};
use fhir::Resource;
use runtime::cards::{Coding, Order};
use runtime::care::Care;
use runtime::program::Env;
use runtime::rules::Place;
use std::sync::Arc;

/// Where nothing but the window matters, older results are not looked at; an explanation looks further back.
const EXPLAINED_HOURS: i64 = 90 * 24;

/// The moment of a question.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// What is later is not known yet; the rules are those of its day.
    pub at: Millis,
    /// Id of the Organization that asks, or of a department of it.
    pub institution: Option<String>,
    pub visit: Option<Visit>,
    /// Results older than any window are looked at, too, so that the answer can name them.
    pub explains: bool,
}

/// The visit at which something is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Id of the Encounter, where it is in the record.
    pub encounter: Option<String>,
    pub state: PatientState,
    /// Its reasons, as written.
    pub reasons: Vec<String>,
}

/// The answers, one an order, and what they rest on.
pub struct Answers {
    pub book: Arc<Book>,
    pub here: Here,
    pub state: PatientState,
    pub at: Millis,
    pub gathered: Gathered,
    pub answers: Vec<Answered>,
}

/// The answer to one order.
pub struct Answered {
    /// Place among the orders asked about.
    pub order: usize,
    pub meant: Meant,
    /// None where the codes of the order mean nothing here.
    pub decision: Option<Decision>,
}

impl Visit {
    pub fn of(id: Option<String>, encounter: &Resource) -> Visit {
        let root = encounter.root();
        let class = text(root, "class.code").unwrap_or_default();
        let words = |path: &str| root.path(path).filter_map(|one| one.str().map(Into::into)).collect::<Vec<String>>();
        let mut reasons = words("reasonCode.text");
        reasons.extend(words("reasonCode.coding.display"));
        Visit { encounter: id, state: PatientState::of_class(&class), reasons }
    }
}

impl Answers {
    pub fn item(&self, key: &str) -> Option<&Item> {
        self.book.items.get(key)
    }
}

/// Where an institution stands: itself, its district and its consortia.
pub fn here(picture: &Picture, institution: Option<&str>) -> Here {
    let Some(id) = institution.map(|id| top(picture, id)) else { return Here::default() };
    let district = picture.institution(&id).and_then(|institution| institution.district.clone());
    Here { consortia: consortia(picture, &id), district, institution: Some(id) }
}

/// The rules in force for an institution on the local day of an instant.
pub fn book_at(env: &Env, here: &Here, at: Millis) -> Result<Arc<Book>> {
    let (day, _) = env.store.zone().day_and_minute(at);
    book(env, day, &Place { district: here.district.clone(), institution: here.institution.clone() })
}

/// The item that an institution's codes mean on a day; none where they mean nothing.
pub fn item_of(env: &Env, institution: Option<&str>, at: Millis, codings: &[Coding]) -> Result<Option<String>> {
    let picture = picture(env)?;
    let here = here(&picture, institution);
    let book = book_at(env, &here, at)?;
    Ok(match maps(env)?.meant(&book, here.institution.as_deref(), codings) {
        Meant::Item(item) => Some(item),
        Meant::Unknown | Meant::Contradiction => None,
    })
}

/// Answers each order of a resident, by the rules in force at the moment and what was known then.
pub fn answer(env: &Env, care: &Care, moment: &Moment, orders: &[Order]) -> Result<Answers> {
    let here = here(&*picture(env)?, moment.institution.as_deref());
    let book = book_at(env, &here, moment.at)?;
    answer_by(env, care, moment, orders, here, book)
}

/// The same by a given book of rules.
pub fn answer_by(
    env: &Env,
    care: &Care,
    moment: &Moment,
    orders: &[Order],
    here: Here,
    book: Arc<Book>,
) -> Result<Answers> {
    let (picture, maps) = (picture(env)?, maps(env)?);
    let state = moment.visit.as_ref().map_or(PatientState::Outpatient, |visit| visit.state);
    let meant: Vec<Meant> =
        orders.iter().map(|order| maps.meant(&book, here.institution.as_deref(), &order.codings)).collect();
    let mut circumstances: Vec<Circumstances> =
        orders.iter().zip(&meant).map(|(order, meant)| circumstances(&book, moment, order, meant)).collect();
    let gathered = {
        let zone = env.store.zone();
        let day_of = |at: Millis| zone.day_and_minute(at).0;
        let open = |(meant, circumstances): (&Meant, &Circumstances)| {
            let Meant::Item(key) = meant else { return None };
            let item = book.items.get(key)?;
            let question = Question {
                now: moment.at,
                item: key,
                state,
                here: &here,
                results: &[],
                ordered: &[],
                circumstances,
                book: &book,
                day_of: &day_of,
            };
            (moment.explains || precluded(&question).is_none()).then_some(item)
        };
        let items: Vec<&Item> = meant.iter().zip(&circumstances).filter_map(open).collect();
        look(env, care, Known { book: &book, maps: &maps, picture: &picture }, moment, state, &items)?
    };
    for known in &mut circumstances {
        known.severities.clone_from(&gathered.severities);
    }
    let answers = decided(env, &book, &here, state, moment.at, &gathered, &meant, &circumstances);
    Ok(Answers { book, here, state, at: moment.at, gathered, answers })
}

fn look(
    env: &Env,
    care: &Care,
    known: Known<'_>,
    moment: &Moment,
    state: PatientState,
    items: &[&Item],
) -> Result<Gathered> {
    if items.is_empty() {
        return Ok(Gathered::default());
    }
    let widest = items.iter().map(|item| known.book.widest_hours(item, state)).max().unwrap_or(0);
    // An age counts in whole hours.
    let hours = widest.max(if moment.explains { EXPLAINED_HOURS } else { 0 }) + 1;
    let encounter = moment.visit.as_ref().and_then(|visit| visit.encounter.as_deref());
    let since = moment.at - hours * super::model::HOUR_MILLIS;
    gather(env, care, known, &Wanted { items, at: moment.at, since, encounter })
}

#[expect(clippy::too_many_arguments, reason = "the parts of a question, each of which a decision needs")]
fn decided(
    env: &Env,
    book: &Book,
    here: &Here,
    state: PatientState,
    now: Millis,
    gathered: &Gathered,
    meant: &[Meant],
    circumstances: &[Circumstances],
) -> Vec<Answered> {
    let zone = env.store.zone();
    let day_of = |at: Millis| zone.day_and_minute(at).0;
    let decision = |(order, (meant, circumstances)): (usize, (&Meant, &Circumstances))| {
        let decision = match meant {
            Meant::Item(item) => Some(decide(&Question {
                now,
                item,
                state,
                here,
                results: &gathered.results,
                ordered: &gathered.ordered,
                circumstances,
                book,
                day_of: &day_of,
            })),
            Meant::Unknown | Meant::Contradiction => None,
        };
        Answered { order, meant: meant.clone(), decision }
    };
    meant.iter().zip(circumstances).enumerate().map(decision).collect()
}

/// What the order and the visit tell; the method and the instrument that are wanted, where the order names one of the item's.
fn circumstances(book: &Book, moment: &Moment, order: &Order, meant: &Meant) -> Circumstances {
    let item = match meant {
        Meant::Item(item) => book.items.get(item),
        Meant::Unknown | Meant::Contradiction => None,
    };
    let named = |class: &&String| order.details.iter().any(|detail| names_class(detail, class));
    Circumstances {
        encounter_reasons: moment.visit.as_ref().map(|visit| visit.reasons.clone()).unwrap_or_default(),
        severities: Vec::new(),
        order_reasons: order.reasons.clone(),
        own_method: item.and_then(|item| item.methods.iter().rev().find(named).cloned()),
        own_instrument: item.and_then(|item| item.instruments.iter().rev().find(named).cloned()),
    }
}

/// Codes meant by an institution, for whoever reads many.
pub fn meaning<'a>(maps: &'a Maps, book: &'a Book, here: &'a Here) -> impl Fn(&[Coding]) -> Meant + use<'a> {
    move |codings| maps.meant(book, here.institution.as_deref(), codings)
}

/// The codings of a resource's `code`.
pub fn codings_of(resource: &Resource) -> Vec<Coding> {
    read::codings(resource.root().get("code"))
}
