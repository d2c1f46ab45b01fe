//! A clock that is set back: times in the feed stand still until it has caught up, also across a restart.

use crate::harness::{House, search};
use base::Clock;
use fhir::definitions::r4;
use std::sync::atomic::Ordering;
use store::{HistoryOf, HistoryQuery};

const BEGIN: i64 = 1_780_000_000_000;

fn set(house: &House, at: i64) {
    if let Clock::Set(hand) = &house.clock {
        hand.store(at, Ordering::Relaxed);
    }
}

fn put(house: &House, nth: usize) -> i64 {
    let json = format!(r#"{{"resourceType":"Basic","id":"b","code":{{"text":"{nth}"}}}}"#);
    house.put(&json).written[0].updated
}

#[test]
fn the_feed_stands_still_until_the_clock_has_caught_up() {
    let mut house = House::new();
    assert_eq!(put(&house, 0), BEGIN);
    set(&house, BEGIN - 3_600_000);
    assert_eq!(put(&house, 1), BEGIN, "an hour back");
    house = house.reopen();
    assert_eq!(put(&house, 2), BEGIN, "after a restart too");
    set(&house, BEGIN - 1);
    assert_eq!(put(&house, 3), BEGIN);
    set(&house, BEGIN + 5);
    assert_eq!(put(&house, 4), BEGIN + 5, "it goes on");
    let type_ = r4().type_named("Basic").unwrap();
    let query = HistoryQuery {
        of: HistoryOf::Resource(type_, "b".into()),
        count: 10,
        since: None,
        at_position: None,
        before: None,
    };
    let history = house.store.history(&house.cx, &query).unwrap().entries;
    let versions: Vec<(u32, i64)> = history.iter().map(|one| (one.version, one.updated - BEGIN)).collect();
    assert_eq!(versions, [(5, 5), (4, 0), (3, 0), (2, 0), (1, 0)], "newest first, although four have one time");
    // What changed at or after an instant is found by that time.
    let since = |at: i64| {
        let query = HistoryQuery { of: HistoryOf::System, since: Some(at), count: 10, at_position: None, before: None };
        house.store.history(&house.cx, &query).unwrap().entries.len()
    };
    assert_eq!((since(BEGIN), since(BEGIN + 1), since(BEGIN + 6)), (5, 1, 0));
    assert_eq!(house.ids("Basic?_lastUpdated=gt2026-01-01"), ["b"]);
    assert!(house.page(&house.cx, "Basic?_lastUpdated=lt2026-01-01").unwrap().matches.is_empty());
    assert!(search("Basic?_lastUpdated=x").is_err());
    assert_eq!(house.store.check(&mut |_, _| {}).unwrap().problems, Vec::<String>::new());
}
