//! Random operations on a store and on a model of maps; after each step both must tell the same.

use crate::asks::{Ask, Include};
use crate::harness::{House, put, search};
use crate::load::rounds;
use crate::luck::{Ids, Luck};
use crate::world::{Key, TYPES, World, type_};
use base::{Clock, Dice, Kind};
use fhir::search::{Search, Sort, Total};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use store::{
    AuditQuery, Batch, Done, Expect, Found, Guard, HistoryOf, HistoryQuery, Op, SearchPage, ShelfOp, Stored, Write,
    WriteOutcome,
};

const STEPS: u64 = 250;

#[test]
fn the_store_does_what_the_model_does() {
    for seed in 0..rounds(8) {
        // The seed of a run that fails is told by the panic's backtrace line below.
        let run = std::panic::catch_unwind(|| Run::new(seed).go());
        if let Err(panic) = run {
            eprintln!("the model run with seed {seed} failed");
            std::panic::resume_unwind(panic);
        }
    }
}

struct Run {
    house: House,
    world: World,
    luck: Luck,
    /// Ids in use, by type.
    ids: Ids,
    clock_max: i64,
}

/// A write as both sides are asked for it.
#[derive(Clone, Debug)]
struct Change {
    key: Key,
    /// None to delete.
    json: Option<String>,
    expect: Expect,
}

/// The guards and shelves of a batch, in words that the model understands.
#[derive(Clone, Debug)]
enum Extra {
    Finds { of: &'static str, asks: Vec<Ask>, expect: Found },
    Cursor { from: u64, to: u64 },
    NewRow(String),
    PutRow(String),
    DropRow(String),
    Count { key: String, add: i64 },
    Tally(i64),
}

impl Run {
    fn new(seed: u64) -> Run {
        let ids = TYPES.map(|name| (0..5).map(|nth| format!("{}{nth}", &name[..1].to_lowercase())).collect());
        let house = House::new();
        let luck = Luck(Dice::seeded(seed.wrapping_mul(7_919) + 1));
        let mut run = Run { clock_max: house.clock.now(), house, world: World::default(), luck, ids };
        // Some ids are the server's own.
        for (nth, name) in TYPES.iter().enumerate() {
            for _ in 0..3 {
                let owner = (nth == 1).then(|| run.ids[0][run.ids[0].len() - 1].clone());
                let id = run.house.store.new_id(type_(name), owner.as_deref()).unwrap();
                run.ids[nth].push(id);
            }
        }
        // The first write keeps the block of their numbers.
        let key = (type_("Patient"), run.ids[0][7].clone());
        let json = run.json(&key);
        run.batch(&[Change { key, json: Some(json), expect: Expect::Absent }], &[]);
        run
    }

    fn go(mut self) {
        for step in 0..STEPS {
            self.move_clock();
            if self.luck.chance(2) {
                self = self.reopen();
            }
            let count = if self.luck.chance(65) { 1 } else { 1 + self.luck.below(5) };
            let asks: Vec<Change> = (0..count).map(|_| self.change()).collect();
            let extras: Vec<Extra> = match self.luck.chance(35) {
                true => (0..1 + self.luck.below(3)).map(|_| self.extra()).collect(),
                false => Vec::new(),
            };
            self.batch(&asks, &extras);
            for ask in &asks {
                self.compare_thing(&ask.key.clone());
            }
            for _ in 0..3 {
                self.compare_search();
            }
            self.compare_includes();
            self.compare_feed(step);
            if step % 25 == 24 {
                self.compare_all();
            }
        }
        self.compare_all();
        let report = self.house.store.check(&mut |_, _| {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        self.reopen().compare_all();
    }

    fn move_clock(&mut self) {
        let Clock::Set(hand) = &self.house.clock else { return };
        match self.luck.below(30) {
            0 => hand.fetch_sub(1_000 * self.luck.below(100_000) as i64, Ordering::Relaxed),
            1..15 => hand.fetch_add(self.luck.below(5_000) as i64, Ordering::Relaxed),
            _ => 0,
        };
        self.clock_max = self.clock_max.max(self.house.clock.now());
    }

    fn reopen(mut self) -> Run {
        self.house = self.house.reopen();
        self.compare_audit();
        self
    }

    fn key(&self) -> Key {
        let nth = self.luck.below(5) as usize;
        let id = &self.ids[nth][self.luck.below(self.ids[nth].len() as u64) as usize];
        (type_(TYPES[nth]), id.clone())
    }

    fn json(&self, key: &Key) -> String {
        let name = TYPES.into_iter().find(|name| type_(name) == key.0).unwrap();
        format!(r#"{{"resourceType":"{name}","id":"{}"{}}}"#, key.1, self.luck.content(name, &self.ids))
    }

    fn change(&self) -> Change {
        let key = self.key();
        let number = self.world.version_number(&key);
        let expect = match self.luck.below(10) {
            0 | 1 => Expect::Absent,
            2 | 3 => Expect::Present,
            4 => Expect::Version(number.saturating_sub(1)),
            5 => Expect::Version(number),
            _ => Expect::Any,
        };
        let json = match self.luck.below(10) {
            0 | 1 => None,
            // The same content again.
            2 | 3 => Some(self.world.live(&key).map_or_else(|| self.json(&key), str::to_owned)),
            _ => Some(self.json(&key)),
        };
        Change { key, json, expect }
    }

    fn extra(&self) -> Extra {
        let row = format!("r{}", self.luck.below(5));
        match self.luck.below(8) {
            0 | 1 => {
                let of = TYPES[self.luck.below(5) as usize];
                let asks = self.luck.asks(of, &self.ids, "2026-05-28");
                let expect = match self.luck.chance(50) {
                    true => Found::Nothing,
                    false => Found::Only { id: self.key().1 },
                };
                Extra::Finds { of, asks, expect }
            }
            2 => Extra::Cursor { from: self.world.cursor + u64::from(self.luck.chance(30)), to: self.luck.below(50) },
            3 => Extra::NewRow(row),
            4 => Extra::PutRow(row),
            5 => Extra::DropRow(row),
            6 => Extra::Count { key: row, add: self.luck.below(5) as i64 - 2 },
            _ => Extra::Tally(1 + self.luck.below(3) as i64),
        }
    }

    /// Carries a batch out on both sides.
    fn batch(&mut self, asks: &[Change], extras: &[Extra]) {
        let expected = self.expected(asks).and_then(|()| self.holds(extras));
        let result = self.house.store.write(&self.house.cx, batch_of(asks, extras));
        match (expected, result) {
            (Ok(()), Ok(done)) => self.apply(asks, extras, &done),
            (Err(kind), Err(error)) => assert_eq!(error.kind, kind, "{error}: {asks:?} {extras:?}"),
            (expected, result) => panic!("expected {expected:?}, got {result:?}: {asks:?} {extras:?}"),
        }
    }

    /// Whether a write would change something.
    fn changes(&self, ask: &Change) -> bool {
        ask.json.as_deref() != self.world.live(&ask.key)
    }

    fn expected(&self, asks: &[Change]) -> Result<(), Kind> {
        let mut touched = HashSet::new();
        for ask in asks {
            let live = self.world.live(&ask.key).is_some();
            match ask.expect {
                Expect::Absent if live => return Err(Kind::Conflict),
                Expect::Present if !live => return Err(Kind::NotFound),
                Expect::Version(number) if !live || self.world.version_number(&ask.key) != number => {
                    return Err(Kind::Precondition);
                }
                _ => {}
            }
            if touched.contains(&ask.key) {
                return Err(Kind::Invalid);
            }
            if self.changes(ask) {
                touched.insert(&ask.key);
            }
        }
        Ok(())
    }

    fn holds(&self, extras: &[Extra]) -> Result<(), Kind> {
        let mut counters = self.world.counters.clone();
        let mut holds = true;
        for extra in extras {
            holds &= match extra {
                Extra::Finds { of, asks, expect } => {
                    let found = self.world.find(type_(of), asks);
                    match expect {
                        Found::Nothing => found.is_empty(),
                        Found::Only { id } => found == [id.clone()],
                    }
                }
                Extra::Cursor { from, .. } => *from == self.world.cursor,
                Extra::NewRow(row) => !self.world.rows.contains(row),
                Extra::Count { key, add } => {
                    let now = counters.entry(key.clone()).or_default();
                    *now += add;
                    (0..=5).contains(now)
                }
                _ => true,
            };
        }
        if holds { Ok(()) } else { Err(Kind::Conflict) }
    }

    fn apply(&mut self, asks: &[Change], extras: &[Extra], done: &Done) {
        let mut audited: HashSet<(&'static str, Key, Option<String>)> = HashSet::new();
        for (ask, written) in asks.iter().zip(&done.written) {
            assert_eq!((written.type_, &written.id), (ask.key.0, &ask.key.1));
            let told = (written.outcome, written.version, written.updated);
            if !self.changes(ask) {
                let updated = self.world.newest(&ask.key).map_or(0, |version| version.updated);
                let outcome = if ask.json.is_some() { WriteOutcome::Unchanged } else { WriteOutcome::AlreadyDeleted };
                assert_eq!(told, (outcome, self.world.version_number(&ask.key), updated), "{ask:?}");
                continue;
            }
            let before = self.world.feed.last().map_or(0, |(key, nth)| self.world.things[key][*nth].updated);
            assert!(written.updated >= before.max(self.house.clock.now()), "time ran backwards");
            assert!(written.updated <= self.clock_max);
            let outcome = self.world.add(&ask.key, ask.json.as_deref(), written.updated);
            assert_eq!(told, (outcome, self.world.version_number(&ask.key), written.updated), "{ask:?}");
            let newest = self.world.newest(&ask.key).unwrap();
            let action = match newest.op {
                Op::Create => "create",
                Op::Update => "update",
                Op::Delete => "delete",
            };
            // One row for each kind of change, type and patient of the batch.
            if audited.insert((action, (ask.key.0, String::new()), newest.patient.clone())) {
                *self.world.audit.entry((action, Some(ask.key.0))).or_default() += 1;
            }
        }
        assert_eq!(done.position, self.world.feed.len() as u64);
        for extra in extras {
            match extra.clone() {
                Extra::Finds { .. } | Extra::NewRow(_) => {}
                Extra::Cursor { to, .. } => self.world.cursor = to,
                Extra::PutRow(row) => drop(self.world.rows.insert(row)),
                Extra::DropRow(row) => drop(self.world.rows.remove(&row)),
                Extra::Count { key, add } => *self.world.counters.entry(key).or_default() += add,
                Extra::Tally(add) => self.world.tally += add,
            }
        }
    }

    fn compare_thing(&mut self, key: &Key) {
        let store = &self.house.store;
        let versions = self.world.things.get(key).cloned().unwrap_or_default();
        let read = store.read(&self.house.cx, key.0, &key.1).unwrap();
        same(read.as_ref(), versions.len(), &versions);
        let about = versions.last().is_some_and(|version| version.patient.is_some());
        self.world.note("read", Some(key.0), about);
        let number = 1 + self.luck.below(versions.len() as u64 + 1) as usize;
        let read = store.read_version(&self.house.cx, key.0, &key.1, number as u32).unwrap();
        same(read.as_ref(), number, &versions[..number.min(versions.len())]);
        let about = versions.get(number - 1).is_some_and(|version| version.patient.is_some());
        self.world.note("vread", Some(key.0), about);
        let wanted: Vec<u64> = versions.iter().rev().map(|version| version.position).collect();
        self.compare_history(&HistoryOf::Resource(key.0, key.1.clone()), &wanted, Some(key.0));
        if key.0 == type_("Patient") {
            let mut persons = self.house.store.persons_of(&key.1).unwrap();
            persons.sort();
            assert_eq!(persons, self.world.persons_of(&key.1), "persons of {}", key.1);
        }
    }

    /// Walks a history by pages and holds it against the positions, newest first.
    fn compare_history(&mut self, of: &HistoryOf, wanted: &[u64], type_: Option<fhir::definitions::TypeId>) {
        let count = 1 + self.luck.below(6) as usize;
        let mut query = HistoryQuery { of: of.clone(), count, since: None, at_position: None, before: None };
        let mut found = Vec::new();
        loop {
            let page = match self.house.store.history(&self.house.cx, &query) {
                Ok(page) => page,
                Err(error) => {
                    assert!(error.kind == Kind::NotFound && wanted.is_empty(), "{of:?}: {error}");
                    self.world.note("history", type_, false);
                    return;
                }
            };
            let mut about = false;
            for entry in &page.entries {
                let (key, nth) = self.world.feed[entry.position as usize - 1].clone();
                let versions = &self.world.things[&key];
                same(Some(entry), nth + 1, &versions[..=nth]);
                about |= versions[nth].patient.is_some();
                found.push(entry.position);
            }
            self.world.note("history", type_, about);
            let Some((at, before)) = page.next else { break };
            (query.at_position, query.before) = (Some(at), Some(before));
        }
        assert_eq!(found, wanted, "{of:?}");
    }

    fn compare_search(&mut self) {
        let of = TYPES[self.luck.below(5) as usize];
        let some = self.luck.below(self.world.feed.len() as u64) as usize;
        let (key, nth) = &self.world.feed[some];
        let now = instant(self.world.things[key][*nth].updated);
        let asks = self.luck.asks(of, &self.ids, &now);
        let wanted = self.world.find(type_(of), &asks);
        for count in [1_000, 2, 3] {
            if count == 1_000 || self.luck.chance(35) {
                let order = if self.luck.chance(50) { self.luck.order(of) } else { Vec::new() };
                self.compare_pages(of, &asks, &order, count, &wanted);
            }
        }
        self.compare_count(of, &asks, wanted.len() as u64);
    }

    /// Walks a search by pages to its end, and back.
    fn compare_pages(
        &mut self,
        of: &str,
        asks: &[Ask],
        order: &[(&'static str, bool)],
        count: usize,
        wanted: &[String],
    ) {
        let mut asked = searched(of, asks);
        asked.sort = sorted_by(of, order);
        asked.count = Some(count);
        let told = || format!("{of} {asks:?} by {order:?} in pages of {count}");
        let mut pages: Vec<Vec<Key>> = Vec::new();
        let (last, mut previous) = loop {
            let page = self.page(&asked).unwrap_or_else(|error| panic!("{}: {error}", told()));
            let keys = keys_of(&page);
            assert!(keys.len() <= count && (page.next.is_none() || keys.len() == count), "{}", told());
            assert_eq!(page.previous.is_some(), !pages.is_empty(), "a page before: {}", told());
            pages.push(keys);
            match page.next {
                Some(next) => asked.page = Some(next),
                None => break (page.last, page.previous),
            }
        };
        let found: Vec<Key> = pages.concat();
        for two in found.windows(2) {
            let in_order = self.world.in_order(&two[0], &two[1], order);
            assert!(in_order, "{:?} stands before {:?}: {}", two[0], two[1], told());
        }
        let mut ids: Vec<String> = found.iter().map(|key| key.1.clone()).collect();
        ids.sort();
        assert_eq!(ids, wanted, "{}", told());
        for before in pages.iter().rev().skip(1) {
            asked.page = previous.take();
            let page = self.page(&asked).unwrap_or_else(|error| panic!("backwards, {}: {error}", told()));
            assert_eq!(&keys_of(&page), before, "backwards, {}", told());
            previous = page.previous;
        }
        assert_eq!(previous, None, "before the first page: {}", told());
        if let Some(last) = last {
            asked.page = Some(last);
            let page = self.page(&asked).unwrap_or_else(|error| panic!("the last page, {}: {error}", told()));
            assert!(found.ends_with(&keys_of(&page)) && page.next.is_none(), "the last page: {}", told());
        }
    }

    fn page(&mut self, asked: &Search) -> base::Result<SearchPage> {
        let page = self.house.store.search(&self.house.cx, asked)?;
        let shown = page.matches.iter().chain(&page.included);
        let about = shown.into_iter().any(|one| self.world.is_about_somebody(one.type_, &one.id));
        self.world.note("search", Some(asked.type_), about);
        Ok(page)
    }

    /// What is shown beside the matches of a page.
    fn compare_includes(&mut self) {
        let of = TYPES[self.luck.below(5) as usize];
        let asks = if self.luck.chance(50) { self.luck.asks(of, &self.ids, "2026-05-28") } else { Vec::new() };
        let includes = self.luck.includes(of);
        let params: Vec<String> = includes.iter().map(Include::written).collect();
        let mut asked = searched(of, &asks);
        asked.includes = search(&format!("{of}?{}", params.join("&"))).unwrap().includes;
        asked.count = Some(1 + self.luck.below(5) as usize);
        let page = self.page(&asked).unwrap();
        let matches: BTreeSet<Key> = keys_of(&page).into_iter().collect();
        let mut shown = matches.clone();
        let mut newest: Vec<Key> = matches.iter().cloned().collect();
        let mut round = 0;
        while !newest.is_empty() {
            let by = includes.iter().filter(|include| round == 0 || include.iterate);
            let found: BTreeSet<Key> = by.flat_map(|include| self.world.included(&newest, include)).collect();
            newest = found.into_iter().filter(|key| shown.insert(key.clone())).collect();
            round += 1;
        }
        let wanted: Vec<Key> = shown.difference(&matches).cloned().collect();
        let mut included: Vec<Key> = page.included.iter().map(|one| (one.type_, one.id.clone())).collect();
        included.sort();
        assert_eq!(included, wanted, "{of} {asks:?} {params:?}");
    }

    fn compare_count(&mut self, of: &str, asks: &[Ask], wanted: u64) {
        let mut asked = searched(of, asks);
        asked.count = Some(0);
        let page = self.page(&asked).unwrap();
        assert_eq!((page.total, page.matches.len()), (Some(wanted), 0), "{of} {asks:?}");
        (asked.count, asked.total) = (Some(1), Total::Accurate);
        let page = self.page(&asked).unwrap();
        assert_eq!((page.total, page.matches.len() as u64), (Some(wanted), wanted.min(1)), "{of} {asks:?}");
    }

    fn compare_feed(&self, step: u64) {
        let store = &self.house.store;
        assert_eq!(store.position(), self.world.feed.len() as u64, "step {step}");
        let after = self.luck.below(self.world.feed.len() as u64 + 1);
        let entries = store.feed(&self.house.cx, after, 10).unwrap();
        let wanted: Vec<u64> = (after + 1..=self.world.feed.len() as u64).take(10).collect();
        assert_eq!(entries.iter().map(|entry| entry.position).collect::<Vec<_>>(), wanted);
        for entry in &entries {
            let (key, nth) = &self.world.feed[entry.position as usize - 1];
            assert_eq!((entry.type_, &entry.id), (key.0, &key.1));
            same(Some(entry), nth + 1, &self.world.things[key][..=*nth]);
        }
        assert_eq!(store.cursor("c").unwrap(), self.world.cursor);
        assert_eq!(store.tally_read("t", "t", 0, 9).unwrap().iter().map(|day| day.1).sum::<i64>(), self.world.tally);
    }

    fn compare_all(&mut self) {
        let keys: Vec<Key> =
            (0..5).flat_map(|nth| self.ids[nth].iter().map(move |id| (type_(TYPES[nth]), id.clone()))).collect();
        keys.iter().for_each(|key| self.compare_thing(key));
        let all: Vec<u64> = (1..=self.world.feed.len() as u64).rev().collect();
        self.compare_history(&HistoryOf::System, &all, None);
        for name in TYPES {
            let of = |&position: &u64| self.world.feed[position as usize - 1].0.0 == type_(name);
            let wanted: Vec<u64> = all.iter().copied().filter(of).collect();
            self.compare_history(&HistoryOf::Type(type_(name)), &wanted, Some(type_(name)));
        }
        let store = &self.house.store;
        let counts: BTreeMap<_, _> = store.counts(&self.house.cx).unwrap().into_iter().collect();
        for name in TYPES {
            assert_eq!(
                counts.get(&type_(name)).copied().unwrap_or(0),
                self.world.count(type_(name)),
                "count of {name}"
            );
        }
        for (key, &count) in &self.world.counters {
            assert_eq!(store.counter_read("n", key).unwrap(), count);
        }
        let rows: Vec<String> = store.row_list("s", ("", ""), 100).unwrap().into_iter().map(|row| row.key).collect();
        assert_eq!(rows, self.world.rows.iter().cloned().collect::<Vec<_>>());
        for key in keys.iter().take(3) {
            self.compare_since(key);
        }
    }

    fn compare_since(&mut self, key: &Key) {
        let Some(versions) = self.world.things.get(key) else { return };
        let since = versions[self.luck.below(versions.len() as u64) as usize].updated;
        let query =
            HistoryQuery { of: HistoryOf::System, count: 1_000, since: Some(since), at_position: None, before: None };
        let page = self.house.store.history(&self.house.cx, &query).unwrap();
        let wanted = self.world.feed.iter().filter(|(key, nth)| self.world.things[key][*nth].updated >= since).count();
        assert_eq!(page.entries.len(), wanted);
        self.world.note("history", None, true);
    }

    /// After the store was closed every access is on the disk.
    fn compare_audit(&self) {
        let rows = self.house.store.audit(&AuditQuery { count: usize::MAX, ..AuditQuery::default() }).unwrap();
        let mut found: BTreeMap<(&'static str, Option<fhir::definitions::TypeId>), usize> = BTreeMap::new();
        for row in rows {
            *found.entry((row.action.name(), row.type_)).or_default() += 1;
        }
        assert_eq!(found, self.world.audit);
    }
}

fn keys_of(page: &SearchPage) -> Vec<Key> {
    page.matches.iter().map(|found| (found.type_, found.id.clone())).collect()
}

fn searched(of: &str, asks: &[Ask]) -> Search {
    Search::of(type_(of), asks.iter().map(|ask| ask.criterion(type_(of))).collect())
}

fn sorted_by(of: &str, order: &[(&'static str, bool)]) -> Vec<Sort> {
    let keys: Vec<String> =
        order.iter().map(|(param, descending)| format!("{}{param}", if *descending { "-" } else { "" })).collect();
    match keys.is_empty() {
        true => Vec::new(),
        false => search(&format!("{of}?_sort={}", keys.join(","))).unwrap().sort,
    }
}

fn batch_of(asks: &[Change], extras: &[Extra]) -> Batch {
    let mut batch = Batch::default();
    for ask in asks {
        batch.writes.push(match &ask.json {
            Some(json) => put(json, ask.expect).unwrap(),
            None => Write::Delete { type_: ask.key.0, id: ask.key.1.clone(), expect: ask.expect },
        });
    }
    let row = |key, doc| ShelfOp::Row { space: "s".into(), key, sort: String::new(), doc };
    for extra in extras {
        match extra.clone() {
            Extra::Finds { of, asks, expect } => {
                batch.guards.push(Guard::Finds { search: Box::new(searched(of, &asks)), expect });
            }
            Extra::Cursor { from, to } => batch.guards.push(Guard::Cursor { name: "c".into(), from, to }),
            Extra::NewRow(key) => batch.guards.push(Guard::NewRow { space: "s".into(), key }),
            Extra::PutRow(key) => batch.shelves.push(row(key, Some(vec![1]))),
            Extra::DropRow(key) => batch.shelves.push(row(key, None)),
            Extra::Count { key, add } => {
                batch.shelves.push(ShelfOp::Count { space: "n".into(), key, add, min: 0, max: 5 });
            }
            Extra::Tally(add) => batch.shelves.push(ShelfOp::Tally { space: "t".into(), key: "t".into(), day: 1, add }),
        }
    }
    batch
}

/// What was read is the version of this number, the last of `versions`; nothing where there is none.
fn same(found: Option<&Stored>, number: usize, versions: &[crate::world::Version]) {
    let wanted = versions.get(number.wrapping_sub(1));
    assert_eq!(found.is_some(), wanted.is_some(), "{found:?} {wanted:?}");
    let (Some(found), Some(wanted)) = (found, wanted) else { return };
    let told = (found.version as usize, found.op, found.updated, found.position);
    assert_eq!(told, (number, wanted.op, wanted.updated, wanted.position));
    let mut json = Vec::new();
    found.json(&mut json).unwrap();
    let json = String::from_utf8(json).unwrap();
    match &wanted.json {
        None => assert_eq!(json, ""),
        Some(wanted) => {
            let (head, rest) = json.split_once(",\"meta\":{").unwrap();
            let (_, rest) = rest.split_once('}').unwrap();
            assert_eq!(&format!("{head}{rest}"), wanted);
        }
    }
}

/// An instant as a search writes it.
fn instant(at: i64) -> String {
    let mut text = Vec::new();
    fhir::render("Basic", "x", 1, at, b"", b"}", &mut text);
    let text = String::from_utf8(text).unwrap();
    text.split_once("\"lastUpdated\":\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}
