//! Residents: one Person per valid identity number, and finding them.

use crate::harness::{House, house};
use base::zone::Zone;
use base::{Kind, Role};
use runtime::reactions::catch_up;
use runtime::residents::{Query, Row, of_patient, of_person, search};

/// The standard's two examples, and the first one in its 15-digit form.
const WEI: &str = "11010519491231002X";
const WEI_SHORT: &str = "110105491231002";
const OLD: &str = "440524188001010014";

fn react(house: &House) {
    catch_up(&house.cx(), &house.store, &[&runtime::residents::REACTION]).unwrap();
}

#[test]
fn registrations_with_the_same_valid_number_are_one_person() {
    let house = house();
    let birth = r#","gender":"female","birthDate":"1949-12-31""#;
    house.register("p1", WEI, "张", "伟", birth);
    house.register("p2", "１１０１０５ 19491231 002x", "张", "伟", "");
    house.register("p3", WEI_SHORT, "张", "玮", r#","gender":"male","birthDate":"1949-12-31""#);
    house.register("p4", OLD, "李", "娜", "");
    house.register("p5", "110105194912310021", "王", "芳", birth);
    house.register("p6", "", "王", "芳", birth);
    react(&house);
    let first = ["Patient/p1 level3", "Patient/p2 level2", "Patient/p3 level2"];
    assert_eq!(house.links(), [&first[..], &["Patient/p4 level2"]]);
    let persons = house.persons();
    let (_, wei) = persons.iter().find(|(_, person)| person["identifier"][0]["value"] == WEI).unwrap();
    // Name and gender come from the newest registration, p3.
    assert_eq!((&wei["name"][0]["given"][0], &wei["gender"]), (&"玮".into(), &"male".into()));
    // What the registration does not say comes from the number.
    let (_, old) = persons.iter().find(|(_, person)| person["identifier"][0]["value"] == OLD).unwrap();
    assert_eq!((&old["birthDate"], &old["gender"]), (&"1880-01-01".into(), &"male".into()));
}

#[test]
fn a_card_that_was_lent_does_not_make_two_people_one() {
    let house = house();
    let told = |phone: &str, address: &str| {
        format!(
            r#","gender":"female","birthDate":"1949-12-31","telecom":[{{"system":"phone","value":"{phone}"}}],"address":[{{"text":"{address}"}}]"#
        )
    };
    house.register("lent", WEI, "张", "伟", &told("139", "中山路3号"));
    react(&house);
    // Nothing speaks against it yet, and there is nobody to take it for.
    assert_eq!(house.links(), [["Patient/lent level3"]]);
    house.register("p1", WEI, "张", "伟", &told("138", "和平街1号"));
    react(&house);
    assert_eq!(house.links(), [["Patient/lent level3", "Patient/p1 level2"]]);
    // The third agrees with the second.
    house.register("p2", WEI, "张", "伟", &told("138", "建设路2号"));
    react(&house);
    assert_eq!(house.links(), [["Patient/lent level2", "Patient/p1 level3", "Patient/p2 level3"]]);
    // The phone of the first is put right.
    house.register("lent", WEI, "张", "伟", &told("138", "中山路3号"));
    react(&house);
    assert_eq!(house.links(), [["Patient/lent level3", "Patient/p1 level3", "Patient/p2 level3"]]);
}

#[test]
fn a_registration_that_changes_or_loses_its_number_is_unlinked() {
    let house = house();
    for id in ["p1", "p2", "p3"] {
        house.register(id, WEI, "张", id, "");
    }
    react(&house);
    let id = house.persons()[0].0.clone();
    house.register("p2", "", "张", "p2", "");
    react(&house);
    assert_eq!(house.links(), [["Patient/p1 level2", "Patient/p3 level2"]]);
    // The newest that is left gives the name.
    house.delete("Patient", "p3");
    react(&house);
    assert_eq!(house.links(), [["Patient/p1 level2"]]);
    assert_eq!(house.persons()[0].1["name"][0]["given"][0], "p1");
    house.register("p1", OLD, "张", "p1", "");
    react(&house);
    let persons = house.persons();
    assert_eq!(persons.len(), 1);
    assert_eq!(persons[0].1["identifier"][0]["value"], OLD);
    assert_ne!(persons[0].0, id);
    // The number comes back, and with it the same Person.
    house.register("p3", WEI, "张", "p3", "");
    react(&house);
    assert!(house.persons().iter().any(|(person, _)| *person == id));
}

#[test]
fn several_changes_in_one_slice_end_in_the_last_state() {
    let house = house();
    house.register("p1", WEI, "张", "伟", "");
    house.register("p1", OLD, "张", "伟", "");
    house.register("p2", WEI, "张", "伟", "");
    house.delete("Patient", "p2");
    house.register("p3", OLD, "张", "伟", "");
    react(&house);
    assert_eq!(house.links(), [["Patient/p1 level2", "Patient/p3 level2"]]);
    // Nothing more to do: the Person stays at its version.
    let before = house.store.position();
    react(&house);
    assert_eq!(house.store.position(), before);
}

#[test]
fn a_person_from_elsewhere_is_left_alone() {
    let house = house();
    house.register("p1", "", "张", "伟", "");
    house.put(r#"{"resourceType":"Person","id":"foreign","link":[{"target":{"reference":"Patient/p1"}}]}"#);
    house.register("p1", WEI, "张", "伟", "");
    house.delete("Patient", "p1");
    react(&house);
    let persons = house.persons();
    assert_eq!(persons.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["foreign"]);
    assert_eq!(persons[0].1["meta"]["versionId"], "1");
}

fn found(house: &House, text: &str) -> Vec<Row> {
    let query = Query { text: text.to_owned(), ..Query::default() };
    search(&house.cx(), &house.store, &Zone::default(), &query).unwrap_or_else(|error| panic!("{text}: {error}")).rows
}

fn names(house: &House, text: &str) -> Vec<String> {
    let mut names: Vec<String> = found(house, text).into_iter().map(|row| row.name).collect();
    names.sort();
    names
}

fn city() -> House {
    let house = house();
    house.put(r#"{"resourceType":"Organization","id":"o1","name":"市第一人民医院"}"#);
    house.put(r#"{"resourceType":"Organization","id":"o2","name":"市中医院"}"#);
    let at = |organization: &str, more: &str| {
        format!(r#","managingOrganization":{{"reference":"Organization/{organization}"}}{more}"#)
    };
    house.register("p1", WEI, "张", "伟明", &at("o1", r#","birthDate":"1949-12-31","gender":"female""#));
    house.register("p2", WEI, "张", "伟明", &at("o2", ""));
    house.register("p3", "", "单", "雄信", &at("o1", r#","birthDate":"1985-03-07""#));
    house.register("p4", OLD, "Chalmers", "Peter", &at("o2", r#","birthDate":"1974-12-25""#));
    house.put(
        r#"{"resourceType":"Patient","id":"p5","identifier":[{"system":"http://one.example/mrn","value":"A-77"}],"name":[{"text":"欧阳娜娜"}]}"#,
    );
    react(&house);
    house
}

#[test]
fn residents_are_found_by_what_people_type() {
    let house = city();
    for (typed, expected) in [
        ("张伟明", &["张伟明"][..]),
        ("伟明", &["张伟明"]),
        ("明", &["张伟明"]),
        ("zhangweiming", &["张伟明"]),
        ("zhang wei ming", &["张伟明"]),
        ("zwm", &["张伟明"]),
        ("shanxiongxin", &["单雄信"]),
        ("peter", &["Peter Chalmers"]),
        ("Peter Chal", &["Peter Chalmers"]),
        ("almers", &["Peter Chalmers"]),
        ("娜娜", &["欧阳娜娜"]),
        (WEI, &["张伟明"]),
        ("11010519491231002x", &["张伟明"]),
        (WEI_SHORT, &["张伟明"]),
        ("A-77", &["欧阳娜娜"]),
        ("1985", &["单雄信"]),
        ("1985-03", &["单雄信"]),
        ("19850307", &["单雄信"]),
        ("1949-12-31", &["张伟明"]),
        ("p3", &["单雄信"]),
        ("p2", &["张伟明"]),
        ("nobody", &[]),
        ("a,b|c$\\", &[]),
        ("", &["Peter Chalmers", "单雄信", "张伟明", "欧阳娜娜"]),
    ] {
        assert_eq!(names(&house, typed), expected, "{typed}");
    }
}

#[test]
fn a_row_shows_all_registrations_and_no_whole_number() {
    let house = city();
    let rows = found(&house, "张伟明");
    let row = &rows[0];
    assert_eq!(row.number.as_deref(), Some("1101**********002X"));
    assert_eq!(row.pinyin, "zhangweiming");
    let mut institutions: Vec<_> = row.registrations.iter().map(|one| one.institution.as_deref().unwrap()).collect();
    institutions.sort_unstable();
    assert_eq!(institutions, ["市中医院", "市第一人民医院"]);
    let person = row.person.clone().unwrap();
    assert_eq!(&of_person(&house.cx(), &house.store, &person).unwrap(), row);
    assert_eq!(&of_patient(&house.cx(), &house.store, "p1").unwrap(), row);
    let alone = of_patient(&house.cx(), &house.store, "p3").unwrap();
    assert_eq!((alone.person, alone.registrations.len()), (None, 1));
    assert_eq!(of_patient(&house.cx(), &house.store, "p9").unwrap_err().kind, Kind::NotFound);
    house.delete("Patient", "p3");
    assert_eq!(of_patient(&house.cx(), &house.store, "p3").unwrap_err().kind, Kind::Gone);
}

#[test]
fn pages_show_each_resident_once() {
    let house = city();
    let mut query = Query { count: Some(1), ..Query::default() };
    let mut names = Vec::new();
    loop {
        let page = search(&house.cx(), &house.store, &Zone::default(), &query).unwrap();
        names.extend(page.rows.into_iter().map(|row| row.name));
        match page.next {
            Some(next) => query.page = Some(next),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names, ["Peter Chalmers", "单雄信", "张伟明", "欧阳娜娜"]);
    let query = Query { page: Some("7.x".into()), ..Query::default() };
    assert_eq!(search(&house.cx(), &house.store, &Zone::default(), &query).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn everybody_finds_within_their_sight() {
    let house = city();
    let person = found(&house, WEI)[0].person.clone().unwrap();
    let seen = |role, scope: &str, text: &str| {
        let query = Query { text: text.into(), ..Query::default() };
        search(&house.as_role(role, Some(scope)), &house.store, &Zone::default(), &query).map(|found| found.rows)
    };
    let rows = seen(Role::Clinician, "o2", "张").unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].person.as_deref(), rows[0].registrations.len()), (Some(person.as_str()), 1));
    assert_eq!(seen(Role::Clinician, "o2", "单").unwrap(), []);
    assert_eq!(seen(Role::Clinician, "o2", "p1").unwrap(), []);
    let own = seen(Role::Resident, &person, "").unwrap();
    assert_eq!((own.len(), own[0].registrations.len()), (1, 2));
    assert_eq!(seen(Role::Officer, "o1", "张").unwrap_err().kind, Kind::Forbidden);
    let admin = house.as_role(Role::Admin, None);
    assert_eq!(of_person(&admin, &house.store, &person).unwrap_err().kind, Kind::Forbidden);
}
