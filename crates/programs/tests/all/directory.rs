//! The directory: what is given in `src/directory/given`, and what needs more than data.

use crate::harness::{House, check, somebody};
use base::Kind;
use runtime::program::Given;
use serde_json::{Value, json};
use std::path::Path;

fn given(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/directory/given").join(name)
}

#[test]
fn the_tree_the_lists_and_the_map_are_as_given() {
    check(&given("city.json"));
}

#[test]
fn files_of_institutions_are_judged_as_given() {
    check(&given("import.json"));
}

fn records() -> Vec<Value> {
    let text = std::fs::read(given("city.json")).unwrap();
    let given: Value = serde_json::from_slice(&text).unwrap();
    given["records"].as_array().unwrap().clone()
}

/// Everything the directory tells, for a comparison.
fn everything(house: &House) -> Vec<Value> {
    let cx = somebody("integration");
    let ask = |operation: &str, params: &[(&str, &str)]| {
        let params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        house.ask(&cx, "directory", operation, &Given { params, body: Vec::new() }).unwrap()
    };
    let list = |name: &str| house.list(&cx, "directory", name, &[]).unwrap();
    let mut all = vec![
        ask("tree", &[]),
        ask("map", &[("level", "street"), ("measure", "beds")]),
        ask("institution", &[("id", "org-h1")]),
    ];
    all[2]["versions"] = Value::Null;
    all.extend(["institutions", "posts", "beds", "equipment", "services", "areas", "alliances"].map(list));
    all
}

#[test]
fn the_order_in_which_things_arrive_does_not_matter() {
    let house = House::new();
    house.put(&records());
    let expected = everything(&house);
    for turn in 1..4 {
        let mut records = records();
        let length = records.len();
        records.reverse();
        records.rotate_left(turn * length / 5);
        let other = House::new();
        // One by one, so that every reaction step sees less than the whole.
        for record in &records {
            other.put(std::slice::from_ref(record));
        }
        assert_eq!(everything(&other), expected);
    }
}

#[test]
fn what_is_changed_or_deleted_is_followed() {
    let house = House::new();
    let all = records();
    house.put(&all);
    let cx = somebody("integration");
    house.put(&[json!({"resourceType": "Practitioner", "id": "doc-1", "name": [{"family": "欧阳", "given": ["静"]}]})]);
    let found = house.list(&cx, "directory", "posts", &[("q", "ouyang")]).unwrap();
    assert_eq!(found["rows"][0]["practitioner"]["name"], "欧阳静");
    assert_eq!(house.list(&cx, "directory", "posts", &[("q", "zhangwei")]).unwrap()["rows"], json!([]));
    house.delete("PractitionerRole", "post-1");
    house.delete("PractitionerRole", "post-3");
    assert_eq!(house.list(&cx, "directory", "posts", &[("q", "ouyang")]).unwrap()["rows"], json!([]));
    house.delete("Location", "loc-h1-1");
    let beds = house.list(&cx, "directory", "beds", &[("institution", "org-h1")]).unwrap();
    assert_eq!(beds["rows"].as_array().unwrap().len(), 1);
    house.delete("Organization", "org-d1");
    // What was below stands among the roots now.
    let tree = house.ask(&cx, "directory", "tree", &Given::default()).unwrap();
    let roots: Vec<&str> = tree["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert!(roots.contains(&"org-h1"), "{roots:?}");
    // Given again, everything is as it was.
    house.put(&all);
    let other = House::new();
    other.put(&all);
    assert_eq!(everything(&house), everything(&other));
}

/// The examples of a standard carry no kind of the city.
fn examples() -> Vec<Value> {
    let owner = || json!({"reference": "Organization/1-example"});
    let ward = json!({"coding": [{"code": "wa"}]});
    vec![
        json!({"resourceType": "Organization", "id": "1-example", "name": "A Example Hospital"}),
        json!({"resourceType": "Location", "id": "1-ward", "name": "A ward", "physicalType": ward, "managingOrganization": owner()}),
        json!({"resourceType": "HealthcareService", "id": "1-service", "name": "A service", "providedBy": owner()}),
        json!({"resourceType": "PractitionerRole", "id": "1-post", "organization": owner()}),
    ]
}

#[test]
fn what_is_of_unknown_kind_stands_behind_the_city() {
    let house = House::new();
    house.put(&examples());
    house.put(&records());
    let cx = somebody("integration");
    let last = |rows: &Value| rows.as_array().unwrap().last().unwrap()["id"].clone();
    let tree = house.ask(&cx, "directory", "tree", &Given::default()).unwrap();
    assert_eq!((&tree["nodes"][0]["id"], last(&tree["nodes"])), (&json!("org-city"), json!("1-example")));
    for (list, id) in
        [("institutions", "1-example"), ("beds", "1-ward"), ("services", "1-service"), ("posts", "1-post")]
    {
        assert_eq!(last(&house.list(&cx, "directory", list, &[]).unwrap()["rows"]), id, "{list}");
    }
    // Who asks for an order by name gets it.
    let by_name = house.list(&cx, "directory", "institutions", &[("sort", "name")]).unwrap();
    assert_eq!(by_name["rows"][0]["id"], "1-example");
}

#[test]
fn posts_are_paged_narrowed_and_put_in_order() {
    let house = House::new();
    house.put(&examples());
    house.put(&records());
    let cx = somebody("integration");
    for fixed in [vec![], vec![("sort", "practitioner")], vec![("sort", "-valid_from")], vec![("q", "zhang")]] {
        let whole = house.list(&cx, "directory", "posts", &fixed).unwrap();
        let (mut rows, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut params = fixed.clone();
            params.push(("count", "1"));
            params.extend(next.as_deref().map(|next| ("page", next)));
            let page = house.list(&cx, "directory", "posts", &params).unwrap();
            assert_eq!(page["total"], whole["total"]);
            rows.extend(page["rows"].as_array().unwrap().clone());
            assert!(rows.len() <= 10, "a page leads back");
            match page["next"].as_str() {
                Some(more) => next = Some(more.to_owned()),
                None => break,
            }
        }
        assert_eq!(Value::Array(rows), whole["rows"], "{fixed:?}");
    }
}

/// A load commits many resources at one instant: who did it is told of each, and each page ends where the next begins.
#[test]
fn changes_of_one_instant_are_told_newest_first() {
    let house = House::new();
    let organization = |nth: usize| json!({"resourceType": "Organization", "id": format!("o{nth}"), "name": "甲"});
    house.put(&(0..120).map(organization).collect::<Vec<_>>());
    house.put(&[json!({"resourceType": "Patient", "id": "p"}), json!({"resourceType": "Location", "id": "l"})]);
    house.put(&[json!({"resourceType": "Organization", "id": "o7", "name": "乙"})]);
    let cx = somebody("integration");
    let page = house.list(&cx, "directory", "changes", &[]).unwrap();
    let rows = page["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 50);
    assert_eq!((&rows[0]["what"]["id"], &rows[0]["changes"]), (&json!("o7"), &json!("name: 甲 → 乙")));
    assert_eq!(rows[1]["what"]["id"], "o119");
    assert!(rows.iter().all(|row| row["who"] == "platform" && row["what"]["type"] == "Organization"));
    let next = page["next"].as_str().unwrap();
    let page = house.list(&cx, "directory", "changes", &[("page", next)]).unwrap();
    assert_eq!(page["rows"][0]["what"]["id"], "o70");
}

#[test]
fn a_circle_in_the_record_is_shown_and_harms_nothing() {
    let house = House::new();
    let part = |id: &str, above: &str| json!({"resourceType": "Organization", "id": id, "name": id, "partOf": {"reference": format!("Organization/{above}")}});
    house.put(&[part("a", "b"), part("b", "c"), part("c", "a"), part("d", "a"), part("e", "e")]);
    let cx = somebody("integration");
    let tree = house.ask(&cx, "directory", "tree", &Given::default()).unwrap();
    let roots: Vec<&str> = tree["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(roots, ["a", "b", "c", "e"]);
    let given = Given { params: vec![("path".to_owned(), "d".to_owned())], body: Vec::new() };
    let path = house.ask(&cx, "directory", "tree", &given).unwrap();
    assert_eq!(path["nodes"].as_array().unwrap().len(), 2);
}

#[test]
fn a_reaction_writes_nothing_for_what_is_not_its_own() {
    let house = House::new();
    house.put(&records());
    let before = house.env.store.stats().batches;
    // A device at a patient and a group that is no population are no part of the directory.
    let patient = json!({"resourceType": "Patient", "id": "p1"});
    let device = json!({"resourceType": "Device", "id": "pump", "patient": {"reference": "Patient/p1"}});
    let group = json!({"resourceType": "Group", "id": "cohort", "type": "person", "actual": true});
    house.put(&[patient, device, group]);
    house.put(&records());
    let after = house.env.store.stats().batches;
    // Two of them are this test's own writes; each catching up may move the cursors of all reactions.
    let reactions = programs::reactions().len() as u64;
    assert!(after - before <= 2 + 2 * reactions, "{}", after - before);
}

#[test]
fn two_imports_at_once_make_one_institution() {
    let house = House::new();
    house.put(&records());
    let cx = somebody("integration");
    let csv = "名称,统一社会信用代码\n新医院,12339901000000100K\n";
    let csv = csv.replace("12339901000000100K", &code(100));
    let given = Given { params: Vec::new(), body: csv.into_bytes() };
    let operation = programs::named("directory").unwrap().operations.iter().find(|one| one.name == "import").unwrap();
    let runtime::program::Run::Write(run) = operation.run else { panic!() };
    let (one, other) = (run(&cx, &house.env, &given).unwrap(), run(&cx, &house.env, &given).unwrap());
    house.env.store.write(&cx, one.batch).unwrap();
    let refused = house.env.store.write(&cx, other.batch).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict, "{refused}");
    // Planned again, before any reaction has followed, it changes nothing.
    let again = run(&cx, &house.env, &given).unwrap();
    assert_eq!((&again.answer["create"], &again.answer["same"], again.batch.writes.len()), (&json!(0), &json!(1), 0));
}

/// A valid code with this number in it.
fn code(number: u64) -> String {
    let body = format!("12339901{number:09}");
    let letters = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    letters.map(|last| format!("{body}{last}")).find(|code| identity::OrganisationCode::parse(code).is_ok()).unwrap()
}

#[test]
fn an_import_that_was_overtaken_is_a_conflict_and_planned_again() {
    let house = House::new();
    house.put(&records());
    let cx = somebody("integration");
    let csv = "名称,统一社会信用代码,电话\n平川市第一人民医院,91350100M000100Y43,021-1\n";
    let given = Given { params: Vec::new(), body: csv.as_bytes().to_vec() };
    let program = programs::named("directory").unwrap();
    let operation = program.operations.iter().find(|operation| operation.name == "import").unwrap();
    let runtime::program::Run::Write(run) = operation.run else { panic!() };
    let planned = run(&cx, &house.env, &given).unwrap();
    let other = "名称,统一社会信用代码,电话\n平川市第一人民医院,91350100M000100Y43,021-2\n";
    house.ask(&cx, "directory", "import", &Given { params: Vec::new(), body: other.as_bytes().to_vec() }).unwrap();
    let refused = house.env.store.write(&cx, planned.batch).unwrap_err();
    assert_eq!(refused.kind, Kind::Precondition);
    house.ask(&cx, "directory", "import", &given).unwrap();
    let shown = Given { params: vec![("id".to_owned(), "org-h1".to_owned())], body: Vec::new() };
    assert_eq!(house.ask(&cx, "directory", "institution", &shown).unwrap()["phone"], "021-1");
}

#[test]
fn the_template_is_a_file_that_can_be_imported() {
    let house = House::new();
    let cx = somebody("integration");
    let template = house.ask(&cx, "directory", "template", &Given::default()).unwrap();
    let body = template.as_str().unwrap().as_bytes().to_vec();
    let preview = house.ask(&cx, "directory", "preview", &Given { params: Vec::new(), body }).unwrap();
    assert_eq!((&preview["create"], &preview["errors"]), (&json!(1), &json!(0)), "{preview}");
}
