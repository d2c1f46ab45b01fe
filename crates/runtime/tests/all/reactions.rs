//! Reactions: every effect once, whatever happens between looking and committing.

use crate::harness::{House, house};
use base::{Cx, Error, Kind, Result};
use runtime::program::{Env, Kept};
use runtime::reactions::{
    Ahead, Place, Reaction, Runner, SLICE_ENTRIES, Step, catch_up, env_of, in_order, place_of, step,
};
use runtime::residents;
use store::{Batch, ShelfOp, Stored};

/// Counts the Patients of the feed on a shelf.
const COUNTING: Reaction = Reaction {
    name: "test-counting",
    types: &["Patient"],
    spaces: &["test"],
    after: &[],
    rest: None,
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
    while step(&house.cx(), &env(house), &COUNTING, &Ahead::default(), place).unwrap() == Step::Looked {}
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
    let refused = step(&house.cx(), &env(&house), &COUNTING, &Ahead::default(), &mut old).unwrap_err();
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

/// Counts what was counted before it: it may never see a Patient that is not.
const FOLLOWING: Reaction =
    Reaction { name: "test-following", spaces: &["test-after"], after: &[COUNTING.name], plan: follow, ..COUNTING };

fn follow(_: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let counted = env.store.counter_read("test", "patients")?;
    let followed = env.store.counter_read("test-after", "patients")?;
    let add = i64::try_from(slice.len()).unwrap();
    assert!(counted >= followed + add, "{counted} were counted, and {followed} + {add} are to follow");
    let shelves =
        vec![ShelfOp::Count { space: "test-after".into(), key: "patients".into(), add, min: 0, max: i64::MAX }];
    Ok(Batch { shelves, ..Batch::default() })
}

fn followed(house: &House) -> i64 {
    house.store.counter_read("test-after", "patients").unwrap()
}

#[test]
fn a_reaction_plans_nothing_that_the_one_before_it_has_not_passed() {
    let house = house();
    let register = |nth: usize| house.register(&format!("p{nth}"), "", "张", "伟", "");
    (0..3).for_each(register);
    let (ahead, env) = (Ahead::default(), env(&house));
    let mut place = place_of(&house.store, &FOLLOWING).unwrap();
    let mut go = || step(&house.cx(), &env, &FOLLOWING, &ahead, &mut place).unwrap();
    assert_eq!((go(), followed(&house)), (Step::Waits(COUNTING.name), 0));
    let mut before = place_of(&house.store, &COUNTING).unwrap();
    run(&house, &mut before);
    (3..5).for_each(register);
    assert_eq!((go(), followed(&house)), (Step::Looked, 3), "no further than the other has passed");
    assert_eq!((go(), followed(&house)), (Step::Waits(COUNTING.name), 3));
    // The list is in the wrong order: they run in the right one.
    catch_up(&house.cx(), &house.store, &[&FOLLOWING, &COUNTING]).unwrap();
    assert_eq!((counted(&house), followed(&house)), (5, 5));
}

#[test]
fn side_by_side_the_order_is_kept_and_none_waits_for_what_has_no_effect() {
    let house = house();
    let runner = Runner::start(house.store.clone(), house.cx(), vec![&FOLLOWING, &COUNTING]).unwrap();
    for nth in 0..60 {
        // In which the one before finds nothing, so that its cursor stays where it is.
        house.put(&format!(r#"{{"resourceType":"Organization","id":"o{nth}","name":"一院"}}"#));
        house.register(&format!("p{nth}"), "", "张", "伟", "");
    }
    runner.finish();
    assert_eq!((counted(&house), followed(&house)), (60, 60));
}

#[test]
fn a_failing_reaction_blocks_those_after_it_until_it_succeeds() {
    const FAILING: Reaction = Reaction { plan: |_, _, _| Err(Error::fault("it fails")), ..COUNTING };
    let house = house();
    let runner = Runner::start(house.store.clone(), house.cx(), vec![&FAILING, &FOLLOWING]).unwrap();
    house.register("p0", "", "张", "伟", "");
    // It fails at its first try, and the other gives up with it instead of waiting for ever.
    runner.finish();
    assert_eq!((followed(&house), house.store.cursor(FOLLOWING.name).unwrap()), (0, 0));
    catch_up(&house.cx(), &house.store, &[&COUNTING, &FOLLOWING]).unwrap();
    assert_eq!(followed(&house), 1);
}

/// What is left beside the feed: some steps.
const RESTING: Reaction =
    Reaction { name: "test-resting", spaces: &["test-rest"], rest: Some(a_step_of_rest), ..COUNTING };
const REST_STEPS: i64 = 20;

fn rested(store: &store::Store) -> i64 {
    store.counter_read("test-rest", "steps").unwrap()
}

fn a_step_of_rest(_: &Cx, env: &Env, _: u64) -> Result<Batch> {
    if rested(&env.store) == REST_STEPS {
        return Ok(Batch::default());
    }
    let shelves =
        vec![ShelfOp::Count { space: "test-rest".into(), key: "steps".into(), add: 1, min: 0, max: i64::MAX }];
    Ok(Batch { shelves, ..Batch::default() })
}

#[test]
fn what_is_left_beside_the_feed_has_its_turn_while_the_feed_is_never_still() {
    let house = house();
    let runner = Runner::start(house.store.clone(), house.cx(), vec![&RESTING]).unwrap();
    let mut registered = 0;
    while rested(&house.store) < REST_STEPS && registered < 20_000 {
        house.register(&format!("p{registered}"), "", "张", "伟", "");
        registered += 1;
    }
    assert_eq!(rested(&house.store), REST_STEPS, "after {registered}");
    runner.finish();
    assert_eq!((counted(&house), rested(&house.store)), (registered, REST_STEPS));
}

#[test]
fn reactions_that_wait_for_each_other_are_refused_at_the_start() {
    const ONE: Reaction = Reaction { name: "one", after: &["two"], ..COUNTING };
    const TWO: Reaction = Reaction { name: "two", after: &["three"], ..COUNTING };
    const THREE: Reaction = Reaction { name: "three", after: &["one"], ..COUNTING };
    let house = house();
    let start =
        |reactions: Vec<&'static Reaction>| Runner::start(house.store.clone(), house.cx(), reactions).map(Runner::stop);
    let refused = start(vec![&COUNTING, &ONE, &TWO, &THREE]).unwrap_err();
    assert!(refused.text().contains("circle: one, two, three"), "{}", refused.text());
    let refused = start(vec![&FOLLOWING]).unwrap_err();
    assert!(refused.text().contains("`test-counting`, which does not run"), "{}", refused.text());
    assert!(in_order(&[&ONE, &TWO, &THREE]).is_err());
    let ordered = in_order(&[&FOLLOWING, &residents::REACTION, &COUNTING]).unwrap();
    let names: Vec<&str> = ordered.iter().map(|reaction| reaction.name).collect();
    assert_eq!(names, [residents::REACTION.name, COUNTING.name, FOLLOWING.name]);
}
