//! A store in a folder that goes away, and short ways to write and ask.

use base::{Clock, Cx, Dice, Purpose, Result, Role, Who};
use fhir::definitions::r4;
use fhir::search::{Handling, Search, parse_search};
use store::{Batch, Done, Expect, Options, Put, SearchPage, Store, Write};
use tempfile::TempDir;

pub struct House {
    pub store: Store,
    pub dir: TempDir,
    pub cx: Cx,
    pub clock: Clock,
}

pub fn options(clock: &Clock) -> Options {
    Options { clock: clock.clone(), dice: Dice::seeded(7), sync: false, disk_reserve_bytes: 0, ..Options::default() }
}

impl House {
    pub fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(1_780_000_000_000);
        let store = Store::open(dir.path(), options(&clock)).unwrap();
        let cx = Cx { clock: clock.clone(), ..Cx::platform() };
        House { store, dir, cx, clock }
    }

    /// Closes the store and opens it again.
    pub fn reopen(mut self) -> House {
        self.store.close().unwrap();
        self.store = Store::open(self.dir.path(), options(&self.clock)).unwrap();
        self
    }

    pub fn tick(&self) {
        if let Clock::Set(hand) = &self.clock {
            hand.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed);
        }
    }

    pub fn put(&self, json: &str) -> Done {
        self.try_put(json, Expect::Any).unwrap()
    }

    /// Puts a resource with its own id.
    pub fn try_put(&self, json: &str, expect: Expect) -> Result<Done> {
        self.store.write(&self.cx, Batch { writes: vec![put(json, expect)?], ..Batch::default() })
    }

    pub fn delete(&self, type_name: &str, id: &str) -> Done {
        let type_ = r4().type_named(type_name).unwrap();
        let write = Write::Delete { type_, id: id.to_owned(), expect: Expect::Any };
        self.store.write(&self.cx, Batch { writes: vec![write], ..Batch::default() }).unwrap()
    }

    pub fn json(&self, type_name: &str, id: &str) -> Option<String> {
        let found = self.store.read(&self.cx, r4().type_named(type_name).unwrap(), id).unwrap()?;
        let mut json = Vec::new();
        found.json(&mut json).unwrap();
        Some(String::from_utf8(json).unwrap())
    }

    /// A search such as `Observation?code=x`.
    pub fn page(&self, cx: &Cx, query: &str) -> Result<SearchPage> {
        self.store.search(cx, &search(query)?)
    }

    /// Ids of all matches of a search, over all its pages of `count`.
    pub fn ids_paged(&self, query: &str, count: usize) -> Vec<String> {
        let mut search = search(query).unwrap();
        search.count = Some(count);
        let mut ids = Vec::new();
        loop {
            let page = self.store.search(&self.cx, &search).unwrap();
            ids.extend(page.matches.iter().map(|found| found.id.clone()));
            match page.next {
                Some(next) => search.page = Some(next),
                None => return ids,
            }
        }
    }

    /// Sorted ids of a search, and that a page size of two finds the same.
    pub fn ids(&self, query: &str) -> Vec<String> {
        let mut whole = self.ids_paged(query, 1_000);
        let mut paged = self.ids_paged(query, 2);
        whole.sort();
        paged.sort();
        assert_eq!(whole, paged, "the pages of {query}");
        whole
    }
}

pub fn put(json: &str, expect: Expect) -> Result<Write> {
    let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default())?;
    let id = resource.id().unwrap().to_owned();
    Ok(Write::Put(Put { id, resource, expect, source: None }))
}

pub fn search(query: &str) -> Result<Search> {
    let (type_name, rest) = query.split_once('?').unwrap_or((query, ""));
    let params: Vec<(String, String)> = rest
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let zone = base::zone::Zone::default();
    let type_ = r4().type_named(type_name).unwrap();
    parse_search(type_, &params, Handling::Strict, &zone, "http://localhost/fhir", 1_780_000_000_000)
}

pub fn user(role: Role, scope: &str) -> Cx {
    let who = Who { account: 5, name: "somebody".into(), role, scope: Some(scope.into()) };
    Cx::new(who, Purpose::Treatment)
}
