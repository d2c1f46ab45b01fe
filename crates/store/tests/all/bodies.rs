//! Where bodies stand: that of a current version in the row of its resource, that of an older one in the feed.

use crate::harness::{House, options};
use fhir::definitions::r4;
use rusqlite::Connection;
use store::{HistoryOf, HistoryQuery, Op, Store};

fn observation(text: &str) -> String {
    format!(r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"{text}"}}}}"#)
}

/// One that was created, changed, deleted and put again, and one that was deleted.
fn lived() -> House {
    let house = House::new();
    house.put(&observation("first"));
    house.put(&observation("second"));
    house.delete("Observation", "o");
    house.put(&observation("third"));
    house.put(r#"{"resourceType":"Patient","id":"gone"}"#);
    house.delete("Patient", "gone");
    house
}

fn problems(house: &House) -> Vec<String> {
    house.store.check(&mut |_, _| {}).unwrap().problems
}

#[test]
fn every_version_is_read_from_where_it_stands() {
    for house in [lived(), lived().reopen()] {
        let type_ = r4().type_named("Observation").unwrap();
        let text = |stored: &store::Stored| match stored.op {
            Op::Delete => "deleted".to_owned(),
            _ => stored.resource().unwrap().root().text_at("code.text").unwrap().into_owned(),
        };
        let of = |of| HistoryQuery { of, count: 10, since: None, at_position: None, before: None };
        let told =
            [(4, Op::Create, "third"), (3, Op::Delete, "deleted"), (2, Op::Update, "second"), (1, Op::Create, "first")];
        let told: Vec<_> = told.iter().map(|&(version, op, text)| (version, op, text.to_owned())).collect();
        for history in [HistoryOf::Resource(type_, "o".to_owned()), HistoryOf::Type(type_)] {
            let page = house.store.history(&house.cx, &of(history)).unwrap();
            let entries: Vec<_> = page.entries.iter().map(|one| (one.version, one.op, text(one))).collect();
            assert_eq!(entries, told);
        }
        let fed = house.store.feed(&house.cx, 0, 4).unwrap();
        assert_eq!(fed.iter().rev().map(|one| (one.version, one.op, text(one))).collect::<Vec<_>>(), told);
        for (version, op, content) in &told {
            let one = house.store.read_version(&house.cx, type_, "o", *version).unwrap().unwrap();
            assert_eq!((one.op, &text(&one)), (*op, content));
        }
        let replaced = house.store.replaced(&fed[1..2]).unwrap();
        assert_eq!(text(replaced[0].as_ref().unwrap()), "first");
        let now = house.store.read(&house.cx, type_, "o").unwrap().unwrap();
        assert_eq!((now.version, now.op, text(&now)), (4, Op::Create, "third".to_owned()));
        let gone = house.store.read(&house.cx, r4().type_named("Patient").unwrap(), "gone").unwrap().unwrap();
        assert_eq!((gone.version, gone.op), (2, Op::Delete));
        assert_eq!(text(&house.page(&house.cx, "Observation").unwrap().matches[0]), "third");
        assert_eq!(problems(&house), Vec::<String>::new());
    }
}

#[test]
fn a_body_in_the_wrong_place_is_found_by_the_check() {
    let damages = [
        "UPDATE version SET dictionary = 1, body = x'00' WHERE position = 4",
        "UPDATE version SET body = NULL WHERE position = 2",
        "UPDATE version SET dictionary = NULL WHERE position = 1",
        "UPDATE resource SET at = at + 1 WHERE position = 4",
        "UPDATE resource SET op = 1 WHERE position = 6",
        "UPDATE resource SET body = x'00' WHERE position = 6",
    ];
    for damage in damages {
        let house = lived();
        house.store.close().unwrap();
        let file = Connection::open(house.dir.path().join("record.db")).unwrap();
        assert_eq!(file.execute(damage, []).unwrap(), 1, "{damage}");
        drop(file);
        let store = Store::open(house.dir.path(), options(&house.clock)).unwrap();
        let said = store.check(&mut |_, _| {}).unwrap().problems;
        assert_eq!(said, ["1 versions and the rows of their resources do not agree"], "{damage}");
    }
}
