//! A page link shows what matched at its moment once, whatever is written in between.

use crate::harness::{House, search};
use std::collections::HashMap;

fn patient(id: &str, name: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{name}","given":["Xu","Xa"]}}],"birthDate":"1990-01-01","gender":"male"}}"#
    )
}

fn walk(query: &str) {
    let house = House::new();
    for nth in 0..30 {
        house.put(&patient(&format!("p{nth:02}"), &format!("X{}", nth % 7)));
    }
    let mut query = search(query).unwrap();
    query.count = Some(4);
    let mut seen: HashMap<String, Vec<u32>> = HashMap::new();
    let mut round = 0;
    loop {
        let page = house.store.search(&house.cx, &query).unwrap();
        for found in &page.matches {
            seen.entry(found.id.clone()).or_default().push(found.version);
        }
        // Between two pages: one is created, one is changed (its key too), one is deleted.
        house.put(&patient(&format!("new{round}"), "X0"));
        house.put(&patient(&format!("p{:02}", 20 + round % 10), &format!("X{}z", 6 - round % 7)));
        if round < 3 {
            house.delete("Patient", &format!("p{:02}", 15 + round));
        }
        round += 1;
        match page.next {
            Some(next) => query.page = Some(next),
            None => break,
        }
    }
    for nth in (0..15).chain(18..20) {
        let id = format!("p{nth:02}");
        assert_eq!(seen.get(&id).map(Vec::len), Some(1), "{id} did not change and is shown once");
    }
    for (id, versions) in &seen {
        assert!(!id.starts_with("new"), "{id} was created after the first page");
        let mut distinct = versions.clone();
        distinct.dedup();
        assert_eq!(distinct.len(), versions.len(), "{id} is shown twice in one version");
    }
}

#[test]
fn by_the_list_of_the_type() {
    walk("Patient");
}

#[test]
fn by_a_token() {
    walk("Patient?gender=male");
}

#[test]
fn by_a_text_with_several_rows_a_resource() {
    walk("Patient?name=x");
}

#[test]
fn by_a_date() {
    walk("Patient?birthdate=1990");
}

#[test]
fn sorted_by_a_text() {
    walk("Patient?_sort=family");
}

#[test]
fn sorted_by_the_last_change() {
    walk("Patient?_sort=-_lastUpdated");
}

#[test]
fn a_name_with_several_spellings_is_shown_on_one_page() {
    let house = House::new();
    for (id, family) in [("a", "张"), ("b", "Zhang"), ("c", "章"), ("d", "赵"), ("e", "李")] {
        house.put(&format!(
            r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}","given":["伟"]}}]}}"#
        ));
    }
    for query in ["Patient?family=z", "Patient?name=z", "Patient?family=zh&name=z,w"] {
        assert_eq!(house.ids(query), ["a", "b", "c", "d"], "{query}");
    }
}
