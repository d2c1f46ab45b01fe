//! Reactions: every effect once, whatever happens between looking and committing.

use crate::harness::{House, house};
use base::{Cx, Kind, Result};
use runtime::program::{Env, Kept};
use runtime::reactions::{Place, Reaction, Runner, SLICE_ENTRIES, catch_up, env_of, place_of, step};
use runtime::residents;
use store::{Batch, ShelfOp, Stored};

/// Counts the Patients of the feed on a shelf.
const COUNTING: Reaction = Reaction {
    name: "test-counting",
    types: &["Patient"],
    spaces: &["test"],
    slice_entries_max: SLICE_ENTRIES,
    plan: count,
};
const REACTIONS: [&Reaction; 2] = [&residents::REACTION, &COUNTING];

fn count(_: &Cx, _: &Env, slice: &[Stored]) -> Result<Batch> {
    let (space, key) = ("test".to_owned(), "patients".to_owned());
    let add = i64::try_from(slice.len()).unwrap();
    let shelves = vec![ShelfOp::Count { space, key, add, min: 0, max: i64::MAX }];
    Ok(Batch { shelves, ..Batch::default() })
}

fn env(house: &House) -> Env {
    env_of(&house.store, &Kept::default())
}

fn counted(house: &House) -> i64 {
    house.store.counter_read("test", "patients").unwrap()
}

fn run(house: &House, place: &mut Place) {
    while step(&house.cx(), &env(house), &COUNTING, place).unwrap() {}
}

#[test]
fn an_effect_and_its_cursor_are_one() {
    let house = house();
    for nth in 0..5 {
        house.register(&format!("p{nth}"), "", "张", "伟", "");
    }
    let start = place_of(&house.store, &COUNTING).unwrap();
    let mut place = start;
    run(&house, &mut place);
    assert_eq!(counted(&house), 5);
    // A second runner, or the same after a crash in between, stands at the old place: its batch is refused whole.
    let mut old = start;
    let refused = step(&house.cx(), &env(&house), &COUNTING, &mut old).unwrap_err();
    assert_eq!((refused.kind, counted(&house)), (Kind::Conflict, 5));
    // It reads the place again and goes on with what is new.
    house.register("p5", "", "张", "伟", "");
    let mut again = place_of(&house.store, &COUNTING).unwrap();
    run(&house, &mut again);
    assert_eq!(counted(&house), 6);
}

#[test]
fn what_has_no_effect_costs_no_write_and_is_read_again() {
    let house = house();
    house.put(r#"{"resourceType":"Organization","id":"o1","name":"一院"}"#);
    let mut place = place_of(&house.store, &COUNTING).unwrap();
    run(&house, &mut place);
    assert!(place.seen > place.stored);
    assert_eq!(house.store.cursor(COUNTING.name).unwrap(), place.stored);
    house.register("p1", "", "张", "伟", "");
    run(&house, &mut place);
    assert_eq!((place.seen, counted(&house)), (place.stored, 1));
    assert_eq!(house.store.cursor(COUNTING.name).unwrap(), place.stored);
}

#[test]
fn the_runner_follows_the_feed_and_stops() {
    let house = house();
    let runner = Runner::start(house.store.clone(), house.cx(), REACTIONS.to_vec()).unwrap();
    house.register("p1", "11010519491231002X", "张", "伟", "");
    let registered = house.store.position();
    for _ in 0..1_000 {
        if !house.persons().is_empty() {
            break;
        }
        house.store.wait_past(registered, std::time::Duration::from_millis(10));
    }
    assert_eq!(house.links(), [["Patient/p1 level2"]]);
    runner.stop();
    house.register("p2", "11010519491231002X", "张", "伟", "");
    let reached = catch_up(&house.cx(), &house.store, &REACTIONS).unwrap();
    assert_eq!(house.links(), [["Patient/p1 level2", "Patient/p2 level2"]]);
    assert_eq!(reached, house.store.position());
    for reaction in REACTIONS {
        assert_eq!(place_of(&house.store, reaction).unwrap().stored, reached);
    }
}
