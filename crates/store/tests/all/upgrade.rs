//! A store of another release: a newer one is refused in plain words and left as it was.

use crate::harness::{House, options};
use base::Kind;
use rusqlite::Connection;
use store::Store;

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let house = House::new();
    house.put(r#"{"resourceType":"Patient","id":"p"}"#);
    house.store.close().unwrap();
    let file = house.dir.path().join("record.db");
    let set = |version: i64| Connection::open(&file).unwrap().pragma_update(None, "user_version", version).unwrap();
    set(99);
    let refused = Store::open(house.dir.path(), options(&house.clock)).err().unwrap();
    assert_eq!(refused.kind, Kind::Unsupported);
    for word in ["newer jingluo", "99", "backup"] {
        assert!(refused.text().contains(word), "{refused}");
    }
    set(1);
    let store = Store::open(house.dir.path(), options(&house.clock)).unwrap();
    assert_eq!(store.position(), 1);
}

#[test]
fn what_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("record.db"), vec![7; 8_192]).unwrap();
    assert_eq!(Store::open(dir.path(), options(&base::Clock::System)).err().unwrap().kind, Kind::Fault);
}

#[test]
fn the_database_is_built_without_a_lock_around_all_page_caches() {
    // `.cargo/config.toml` sets it; a build from another folder would miss it and be slower by a third.
    let connection = Connection::open_in_memory().unwrap();
    let used = "SELECT sqlite_compileoption_used('ENABLE_MEMORY_MANAGEMENT')";
    assert!(!connection.query_row(used, [], |row| row.get::<_, bool>(0)).unwrap());
}
