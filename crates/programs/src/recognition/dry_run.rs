//! What a change of the rules would have done: orders of the month before are answered again, as of the minute in which they
//! were written, by the rules without the change and with it. Counts for whoever decides about the change; no patient.

use super::ask::{Moment, Visit, answer_by, here};
use super::book::compile;
use super::codes::{Meant, maps};
use super::gather::top;
use super::model::{Answer, Book, Item};
use super::read::{self, Request};
use crate::directory::rows::{target, text};
use crate::directory::{Picture, picture};
use base::zone::{day_text, instant_text};
use base::{Cx, Error, Kind, Result};
use fhir::r4;
use fhir::search::{Handling, parse_search};
use runtime::cards::Order;
use runtime::care;
use runtime::program::{Env, Said, Words};
use runtime::rules::{Example, Figure, Found, Place, Rules, Trial};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{Op, Stored};

/// Orders that are looked through, and of these answered again.
const ORDERS_READ_MAX: usize = 20_000;
const ORDERS_ASKED_MAX: usize = 1_000;
const PAGE_ORDERS: usize = 500;
const EXAMPLES_MAX: usize = 50;

/// Both books of each place.
type Books = HashMap<(i32, Option<String>, Option<String>), (Arc<Book>, Arc<Book>)>;

/// Answers the orders of the trial's days that the changed rows bear on.
pub fn dry_run(cx: &Cx, env: &Env, trial: &Trial) -> Result<Found> {
    // Orders of all institutions count; the reader is told numbers.
    let cx_of_all = access::for_numbers(cx);
    let mut run = Run {
        cx: &cx_of_all,
        env,
        trial,
        picture: picture(env)?,
        shows_resources: access::sight(cx).detail,
        affected: affected(trial),
        books: Books::new(),
        read: 0,
        asked: 0,
        offers: (0, 0),
        examples: Vec::new(),
    };
    let is_whole = run.orders()?;
    let figure = |zh, en, before, after| Figure { title: Words { zh, en }, before, after };
    let (gained, lost) = run.examples.iter().fold((0, 0), |(gained, lost), one| match one.gained {
        true => (gained + 1, lost),
        false => (gained, lost + 1),
    });
    let mut found = Found {
        figures: vec![
            figure("重新判断的申请", "Orders answered again", run.asked as i64, run.asked as i64),
            figure("提示可互认", "Offers", run.offers.0, run.offers.1),
            figure("仅一方提示", "Offered on one side only", lost, gained),
        ],
        examples: run.examples,
        notes: Vec::new(),
    };
    found.examples.truncate(EXAMPLES_MAX);
    if !is_whole {
        found.notes.push(Said::new(
            format!("只重新判断了最近的 {} 份申请", run.asked),
            format!("only the {} newest orders were answered again", run.asked),
        ));
    }
    Ok(found)
}

/// The items that the changed rows are about; none where they may bear on any.
fn affected(trial: &Trial) -> Option<HashSet<String>> {
    let items: Option<Vec<String>> =
        trial.rows.iter().map(|row| row.text("item").filter(|item| *item != "*").map(str::to_owned)).collect();
    items.map(|items| items.into_iter().collect())
}

struct Run<'a> {
    /// Who asks, with the sight of the platform.
    cx: &'a Cx,
    env: &'a Env,
    trial: &'a Trial,
    picture: Arc<Picture>,
    shows_resources: bool,
    affected: Option<HashSet<String>>,
    books: Books,
    read: usize,
    asked: usize,
    /// Without the change and with it.
    offers: (i64, i64),
    examples: Vec<Example>,
}

impl Run<'_> {
    /// Goes through the orders, the newest first; false where there were more than may be answered.
    fn orders(&mut self) -> Result<bool> {
        let zone = self.env.store.zone();
        let (Some(from), Some(to)) = (zone.start_of_day(self.trial.from), zone.start_of_day(self.trial.to + 1)) else {
            return Ok(true);
        };
        let params = [
            ("authored".to_owned(), format!("ge{}", instant_text(from))),
            ("authored".to_owned(), format!("lt{}", instant_text(to))),
            ("_sort".to_owned(), "-authored".to_owned()),
            ("_count".to_owned(), PAGE_ORDERS.to_string()),
        ];
        let type_ = r4().type_named("ServiceRequest").ok_or_else(|| Error::fault("no such type"))?;
        let mut search = parse_search(type_, &params, Handling::Strict, zone, "", self.cx.now())?;
        loop {
            self.cx.go_on()?;
            let page = self.env.store.search(self.cx, &search)?;
            for stored in &page.matches {
                self.read += 1;
                if self.asked >= ORDERS_ASKED_MAX || self.read > ORDERS_READ_MAX {
                    return Ok(false);
                }
                self.order(stored)?;
            }
            match page.next {
                Some(next) => search.page = Some(next),
                None => return Ok(true),
            }
        }
    }

    fn order(&mut self, stored: &Stored) -> Result<()> {
        let resource = stored.resource()?;
        let request = read::request(&stored.id, &resource, self.env.store.zone());
        let (Some(at), Some(institution)) = (request.ordered, &request.institution) else { return Ok(()) };
        let here = here(&self.picture, Some(&top(&self.picture, institution)));
        // Both sets of rules stand still, so a row that begins next month is tried on the order's own day.
        let (day, _) = self.env.store.zone().day_and_minute(at);
        let key = (day, here.district.clone(), here.institution.clone());
        let (before, after) = match self.books.get(&key) {
            Some(books) => books.clone(),
            None => {
                let place = Place { district: here.district.clone(), institution: here.institution.clone() };
                let book = |rules: &Rules| Ok::<_, Error>(Arc::new(compile(rules, day, &place)?));
                let books = (book(&self.trial.before)?, book(&self.trial.after)?);
                self.books.insert(key, books.clone());
                books
            }
        };
        let maps = maps(self.env)?;
        let item = [&before, &after].into_iter().find_map(|book| {
            match maps.meant(book, here.institution.as_deref(), &request.codings) {
                Meant::Item(key) => book.items.get(&key).filter(|item| self.bears_on(item)),
                Meant::Unknown | Meant::Contradiction => None,
            }
        });
        let Some(item) = item.cloned() else { return Ok(()) };
        let root = resource.root();
        let order = Order {
            id: stored.id.clone(),
            codings: request.codings.clone(),
            reasons: root.path("reasonCode").filter_map(read::words).collect(),
            details: root.path("orderDetail").filter_map(read::words).collect(),
            ..Order::default()
        };
        let visit = target(root, "encounter.reference", "Encounter").map(|id| self.visit(id)).transpose()?.flatten();
        let moment = Moment { at, institution: here.institution.clone(), visit, explains: false };
        let care = match care::of_patient(self.cx, &self.env.store, &request.patient) {
            Err(error) if error.kind == Kind::NotFound => return Ok(()),
            care => care?,
        };
        let offered = |book: Arc<Book>| {
            let answers = answer_by(self.env, &care, &moment, std::slice::from_ref(&order), here.clone(), book)?;
            let decision = answers.answers.first().and_then(|answer| answer.decision.as_ref());
            Ok::<_, Error>(decision.is_some_and(|decision| matches!(decision.answer, Answer::Offer(_))))
        };
        let (was, is) = (offered(before)?, offered(after)?);
        self.asked += 1;
        self.offers.0 += i64::from(was);
        self.offers.1 += i64::from(is);
        if was != is {
            self.keep(&item, &request, day, is);
        }
        Ok(())
    }

    /// Whether a changed row is about an item, a part of it, or the panel.
    fn bears_on(&self, item: &Item) -> bool {
        let Some(affected) = &self.affected else { return true };
        affected.contains(&item.key) || item.parts.iter().any(|part| affected.contains(part))
    }

    fn visit(&self, id: String) -> Result<Option<Visit>> {
        let type_ = r4().type_named("Encounter").ok_or_else(|| Error::fault("no such type"))?;
        let stored = self.env.store.read(self.cx, type_, &id)?.filter(|stored| stored.op != Op::Delete);
        let Some(encounter) = stored.map(|stored| stored.resource()).transpose()? else { return Ok(None) };
        Ok(Some(Visit::of(text(encounter.root(), "id"), &encounter)))
    }

    fn keep(&mut self, item: &Item, request: &Request, day: i32, gained: bool) {
        let institution = request.institution.as_deref().unwrap_or_default();
        let name = self.picture.institution(institution).map_or(institution, |one| one.row.name.as_str());
        let day = day_text(day);
        let text = Said::new(format!("{day} {name} {}", item.zh), format!("{day} {name}: {}", item.en));
        let resource = self.shows_resources.then(|| format!("ServiceRequest/{}", request.id));
        self.examples.push(Example { gained, text, resource });
    }
}
