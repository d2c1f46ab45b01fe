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
