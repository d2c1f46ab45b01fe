//! Shelves: tallies, bounded counts, rows, timers, the outbox, cursors.

use crate::harness::House;
use base::{Kind, Result};
use store::{Batch, Done, Guard, ShelfOp};

fn shelve(house: &House, shelves: Vec<ShelfOp>) -> Result<Done> {
    house.store.write(&house.cx, Batch { shelves, ..Batch::default() })
}

#[test]
fn tallies_add_up_by_day() {
    let house = House::new();
    let add = |day, add| ShelfOp::Tally { space: "visits".into(), key: "h1".into(), day, add };
    shelve(&house, vec![add(10, 2), add(11, 1), add(10, 3)]).unwrap();
    assert_eq!(house.store.tally_read("visits", "h1", 0, 100).unwrap(), [(10, 5), (11, 1)]);
}

#[test]
fn the_tallies_of_a_space_are_read_by_day() {
    let house = House::new();
    let add = |space: &str, key: &str, day, add| ShelfOp::Tally { space: space.into(), key: key.into(), day, add };
    let ops = vec![
        add("visits", "h2", 10, 1),
        add("visits", "h1", 11, 4),
        add("visits", "h1", 10, 2),
        add("visits", "h3", 11, 3),
        add("visits", "h3", 11, -3),
        add("visits", "h1", -1, 9),
        add("visits2", "h1", 10, 9),
    ];
    shelve(&house, ops).unwrap();
    let days = |from, to| -> Vec<(i32, String, i64)> {
        let counts = house.store.tally_days("visits", from, to).unwrap();
        counts.into_iter().map(|found| (found.day, found.key, found.count)).collect()
    };
    let wanted = [(10, "h1".to_owned(), 2), (10, "h2".to_owned(), 1), (11, "h1".to_owned(), 4)];
    assert_eq!(days(0, 100), wanted, "a count of zero is none");
    assert_eq!(days(11, 11), wanted[2..]);
    assert_eq!(house.store.tally_read("visits", "h1", i32::MIN, i32::MAX).unwrap(), [(-1, 9), (10, 2), (11, 4)]);
    assert_eq!(house.store.tally_read("visits", "h3", 0, 100).unwrap(), []);
}

#[test]
fn a_space_is_emptied_together_with_its_cursor() {
    let house = House::new();
    let fill = |space: &str| {
        let (space, key) = (space.to_owned(), "k".to_owned());
        vec![
            ShelfOp::Tally { space: space.clone(), key: key.clone(), day: 1, add: 1 },
            ShelfOp::Count { space: space.clone(), key: key.clone(), add: 1, min: 0, max: 9 },
            ShelfOp::Row { space: space.clone(), key: key.clone(), sort: String::new(), doc: Some(vec![1]) },
            ShelfOp::Timer { space, key, due: Some(5), doc: vec![] },
        ]
    };
    let counting = Guard::Cursor { name: "counting".into(), from: 0, to: 7 };
    let shelves = fill("a").into_iter().chain(fill("b")).collect();
    house.store.write(&house.cx, Batch { shelves, guards: vec![counting], ..Batch::default() }).unwrap();
    let empty = |from| {
        let shelves = vec![ShelfOp::Empty { space: "a".into() }];
        let guards = vec![Guard::Cursor { name: "counting".into(), from, to: 0 }];
        house.store.write(&house.cx, Batch { shelves, guards, ..Batch::default() })
    };
    let state = |space: &str| {
        let count = house.store.counter_read(space, "k").unwrap();
        (house.store.tally_days(space, 0, 9).unwrap().len(), count, house.store.row_read(space, "k").unwrap())
    };
    assert_eq!(empty(6).unwrap_err().kind, Kind::Conflict, "the cursor has moved on: nothing is emptied");
    assert_eq!(state("a"), (1, 1, Some(vec![1])));
    empty(7).unwrap();
    assert_eq!((state("a"), house.store.cursor("counting").unwrap()), ((0, 0, None), 0));
    assert_eq!(state("b"), (1, 1, Some(vec![1])), "another space stays");
    assert_eq!(house.store.timers_due(9, 9).unwrap().len(), 1);
}

#[test]
fn a_count_stays_within_its_bounds_under_racing_writers() {
    let house = House::new();
    let take = || ShelfOp::Count { space: "slot".into(), key: "s".into(), add: 1, min: 0, max: 5 };
    let won: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..20).map(|_| scope.spawn(|| usize::from(shelve(&house, vec![take()]).is_ok()))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!((won, house.store.counter_read("slot", "s").unwrap()), (5, 5));
    assert_eq!(shelve(&house, vec![take()]).unwrap_err().kind, Kind::Conflict);
    let two = vec![
        ShelfOp::Count { space: "slot".into(), key: "t".into(), add: 4, min: 0, max: 5 },
        ShelfOp::Count { space: "slot".into(), key: "t".into(), add: 2, min: 0, max: 5 },
    ];
    assert_eq!(shelve(&house, two).unwrap_err().kind, Kind::Conflict, "both together go too far");
}

#[test]
fn rows_come_in_their_order_and_go() {
    let house = House::new();
    let row = |key: &str, sort: &str, doc: Option<&[u8]>| ShelfOp::Row {
        space: "list".into(),
        key: key.into(),
        sort: sort.into(),
        doc: doc.map(<[u8]>::to_vec),
    };
    shelve(&house, vec![row("a", "2", Some(b"x")), row("b", "1", Some(b"y"))]).unwrap();
    let keys = |after| -> Vec<String> {
        house.store.row_list("list", after, 10).unwrap().into_iter().map(|row| row.key).collect()
    };
    assert_eq!(keys(("", "")), ["b", "a"]);
    assert_eq!(keys(("1", "b")), ["a"]);
    shelve(&house, vec![row("a", "2", None)]).unwrap();
    assert_eq!(house.store.row_read("list", "a").unwrap(), None);
}

#[test]
fn timers_and_messages_wait_until_they_are_done() {
    let house = House::new();
    let timer = |due| ShelfOp::Timer { space: "t".into(), key: "k".into(), due, doc: vec![] };
    let message = || ShelfOp::Outbox { space: "hook".into(), key: "once".into(), doc: vec![7] };
    shelve(&house, vec![timer(Some(50)), message(), message()]).unwrap();
    assert!(house.store.timers_due(49, 10).unwrap().is_empty());
    assert_eq!(house.store.timers_due(50, 10).unwrap().len(), 1);
    shelve(&house, vec![timer(None)]).unwrap();
    assert!(house.store.timers_due(50, 10).unwrap().is_empty());
    let waiting = house.store.outbox_next(10).unwrap();
    assert_eq!(waiting.len(), 1, "the same key is one message");
    shelve(&house, vec![ShelfOp::OutboxDone { number: waiting[0].number }]).unwrap();
    assert!(house.store.outbox_next(10).unwrap().is_empty());
}

#[test]
fn a_cursor_moves_once() {
    let house = House::new();
    let step = |from, to| {
        let guards = vec![Guard::Cursor { name: "reaction".into(), from, to }];
        house.store.write(&house.cx, Batch { guards, ..Batch::default() })
    };
    step(0, 5).unwrap();
    assert_eq!(step(0, 5).unwrap_err().kind, Kind::Conflict);
    step(5, 9).unwrap();
    assert_eq!(house.store.cursor("reaction").unwrap(), 9);
}

#[test]
fn a_reaction_is_told_what_a_version_replaced() {
    let house = House::new();
    house.put(r#"{"resourceType":"Patient","id":"a","gender":"male"}"#);
    house.put(r#"{"resourceType":"Patient","id":"a","gender":"female"}"#);
    house.delete("Patient", "a");
    house.put(r#"{"resourceType":"Patient","id":"a","gender":"other"}"#);
    let feed = house.store.feed(&house.cx, 0, 10).unwrap();
    let gender = |stored: &store::Stored| stored.resource().unwrap().root().text_at("gender").unwrap().into_owned();
    let before: Vec<Option<String>> =
        house.store.replaced(&feed).unwrap().iter().map(|was| was.as_ref().map(gender)).collect();
    assert_eq!(
        before,
        [None, Some("male".to_owned()), Some("female".to_owned()), None],
        "nothing stood after the delete"
    );
}

#[test]
fn the_end_of_the_feed_in_memory_is_the_feed() {
    let house = House::new();
    let types: Vec<_> = ["Patient", "Organization"].iter().filter_map(|name| fhir::r4().type_named(name)).collect();
    for nth in 0..6 {
        house.put(&format!(
            r#"{{"resourceType":"Patient","id":"p{}","gender":"male","birthDate":"200{nth}"}}"#,
            nth % 2
        ));
        house.put(&format!(r#"{{"resourceType":"Location","id":"l{nth}","name":"{nth}"}}"#));
        house.put(&format!(r#"{{"resourceType":"Organization","id":"o{nth}","name":"{nth}"}}"#));
    }
    house.delete("Patient", "p1");
    let told = |store: &store::Store, after, to, limit| {
        let (found, looked_to) = store.feed_between(&house.cx, &types, after, to, limit).unwrap();
        assert!(found.iter().all(|one| one.position <= to) && looked_to <= to.max(after));
        let shown = |one: &store::Stored| {
            let mut json = Vec::new();
            one.json(&mut json).unwrap();
            (one.position, one.id.clone(), one.version, one.updated, one.op, json)
        };
        (found.iter().map(shown).collect::<Vec<_>>(), looked_to)
    };
    let end = u64::MAX;
    let asked = [(0, end, 100), (0, end, 3), (5, end, 4), (17, end, 9), (18, end, 1), (19, end, 5), (400, end, 5)];
    let asked = [&asked[..], &[(0, 7, 100), (0, 7, 3), (5, 6, 9), (5, 5, 9), (5, 2, 9), (17, 400, 9)]].concat();
    let from_memory: Vec<_> = asked.iter().map(|&(after, to, limit)| told(&house.store, after, to, limit)).collect();
    // A store that was just opened holds nothing in memory.
    house.store.close().unwrap();
    let again = store::Store::open(house.dir.path(), crate::harness::options(&house.clock)).unwrap();
    let from_disk: Vec<_> = asked.iter().map(|&(after, to, limit)| told(&again, after, to, limit)).collect();
    assert_eq!(from_memory, from_disk);
    assert_eq!(from_disk[0].0.len(), 13);
}
