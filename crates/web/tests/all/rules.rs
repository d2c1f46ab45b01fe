//! Dated rules over HTTP: who reads them, who changes them, and that two of one mind are not enough.

use crate::harness::{Client, Server};
use base::{Cx, Role};
use runtime::rules::Seeds;
use serde_json::{Value, json};
use std::sync::Barrier;

const TABLE: &str = "recognition.window";

fn ask(server: &Server, client: &Client, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let body = body.map(Value::to_string);
    send(server, client, method, path, "application/json", body.as_deref())
}

fn send(
    server: &Server,
    client: &Client,
    method: &str,
    path: &str,
    media_type: &str,
    body: Option<&str>,
) -> (u16, Value) {
    let url = format!("http://{}/api/rules{path}", server.address);
    let reply = client.send(method, &url, &[("Content-Type", media_type)], body.map(str::as_bytes));
    let text = reply.body.clone();
    (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::String(text)))
}

fn organization(id: &str, above: Option<&str>, area: &str) -> Value {
    let mut json = json!({
        "resourceType": "Organization", "id": id, "name": id,
        "type": [{ "coding": [{ "system": "urn:jingluo:institution-kind", "code": "Z100" }] }],
        "address": [{ "extension": [{ "url": "urn:jingluo:area", "valueCode": area }] }],
    });
    if let Some(above) = above {
        json["partOf"] = json!({ "reference": format!("Organization/{above}") });
    }
    json
}

/// A server with the shipped rules, the city's commission and one of a district.
fn town() -> Server {
    let server = Server::start();
    let system = server.system();
    system.keep(&organization("wjw", None, "339901001"));
    system.keep(&organization("wjw1", Some("wjw"), "339901001"));
    runtime::rules::lay(&Cx::platform(), &server.store, &programs::rule_tables(), Seeds::Everywhere).unwrap();
    server
}

fn city_row(hours: u32) -> Value {
    json!({ "fields": {
        "scope": "city", "from": "2026-01-01", "source": "平川卫〔2026〕3号", "item": "test-item", "state": "outpatient",
        "hours": hours,
    }, "reason": "试行" })
}

fn propose(server: &Server, client: &Client, hours: u32) -> String {
    let (status, told) = ask(server, client, "POST", &format!("/{TABLE}"), Some(&city_row(hours)));
    assert_eq!(status, 200, "{told}");
    told["id"].as_str().unwrap().to_owned()
}

fn decision(ids: &[&str], decision: &str) -> Value {
    json!({ "proposals": ids, "decision": decision, "reason": "同意" })
}

/// The hours that hold in the city on a day.
fn hours(server: &Server, client: &Client, day: &str) -> Value {
    let (status, told) = ask(server, client, "GET", &format!("/{TABLE}?on={day}&q=test-item"), None);
    assert_eq!(status, 200, "{told}");
    told["rows"][0]["values"]["hours"].clone()
}

#[test]
fn a_rule_goes_from_a_proposal_to_force() {
    let server = town();
    let (anna, bo) = (server.user("anna", Role::Officer, Some("wjw")), server.user("bo", Role::Officer, Some("wjw")));
    let (status, tables) = ask(&server, &anna, "GET", "", None);
    assert_eq!((status, &tables["reach"]["level"]), (200, &json!("city")));
    let window = tables["tables"].as_array().unwrap().iter().find(|table| table["name"] == TABLE).unwrap();
    assert!(window["rows"].as_u64().unwrap() > 0 && window["columns"].as_array().unwrap().len() > 2, "{window}");

    let id = propose(&server, &anna, 240);
    let (_, waiting) = ask(&server, &bo, "GET", "/proposals", None);
    assert_eq!((&waiting["total"], &waiting["proposals"][0]["may_decide"]), (&json!(1), &json!(true)));
    let (status, trial) = ask(&server, &bo, "POST", "/trial", Some(&json!({ "proposals": [id] })));
    assert_eq!(status, 200, "{trial}");
    assert_eq!(
        (&trial["effects"][0]["before"], &trial["effects"][0]["after"]["values"]["hours"]),
        (&Value::Null, &json!(240))
    );
    assert_eq!(hours(&server, &bo, "2026-06-01"), Value::Null);

    let (status, told) = ask(&server, &anna, "POST", "/decisions", Some(&decision(&[&id], "approved")));
    assert_eq!(status, 403, "{told}");
    let (status, told) = ask(&server, &bo, "POST", "/decisions", Some(&decision(&[&id], "approved")));
    assert_eq!((status, &told["decided"]), (200, &json!(1)), "{told}");
    assert_eq!(hours(&server, &bo, "2026-06-01"), json!(240), "at once");
    let (status, told) = ask(&server, &bo, "POST", "/decisions", Some(&decision(&[&id], "approved")));
    assert_eq!(status, 409, "{told}");

    let (_, decided) = ask(&server, &bo, "GET", "/proposals?decided=true", None);
    let target = decided["proposals"][0]["proposal"]["target"].as_str().unwrap();
    let (_, row) = ask(&server, &bo, "GET", &format!("/row/{target}"), None);
    assert_eq!((&row["approved"]["name"], &row["history"][0]["version"]), (&json!("bo"), &json!(1)), "{row}");
    // It is a resource like any other, for whoever reads the record.
    let library = server.user("reader", Role::Integration, None).get(&format!("/Library/{target}")).expect(200);
    assert_eq!((&library["status"], &library["name"]), (&json!("active"), &json!(TABLE)), "{library}");
}

#[test]
fn who_may_what() {
    let server = town();
    let district = server.user("dora", Role::Officer, Some("wjw1"));
    let doctor = server.user("doctor", Role::Clinician, Some("h1"));
    assert_eq!(ask(&server, &server.nobody(), "GET", "", None).0, 401);
    for (client, may) in [
        (server.user("boss", Role::Admin, None), false),
        (server.user("resident", Role::Resident, Some("p1")), false),
        (doctor.clone(), true),
        (district.clone(), true),
    ] {
        let row = format!("/{TABLE}");
        for path in ["", row.as_str(), "/proposals", &format!("{row}/file")] {
            let (status, told) = ask(&server, &client, "GET", path, None);
            assert_eq!(status == 200, may, "{path} {status} {told}");
        }
    }
    for client in [&doctor, &district] {
        assert_eq!(ask(&server, client, "POST", &format!("/{TABLE}"), Some(&city_row(5))).0, 403);
    }
    let (_, tables) = ask(&server, &doctor, "GET", "", None);
    assert_eq!(tables["reach"], Value::Null);
    assert_eq!(ask(&server, &district, "GET", "/no.table", None).0, 404);
    assert_eq!(ask(&server, &district, "GET", "/row/rule-none", None).0, 404);
    assert_eq!(ask(&server, &district, "GET", &format!("/{TABLE}?on=yesterday"), None).0, 400);
    assert_eq!(ask(&server, &district, "GET", &format!("/{TABLE}?colour=red"), None).0, 400);
    let wrong = json!({ "fields": { "scope": "district:339901", "colour": "red" } });
    let (status, told) = ask(&server, &district, "POST", &format!("/{TABLE}"), Some(&wrong));
    assert!(status == 400 && told.to_string().contains("colour"), "{told}");
}

#[test]
fn a_system_brings_files_and_decides_about_nothing() {
    let server = town();
    let anna = server.user("anna", Role::Officer, Some("wjw"));
    let system = server.user("etl", Role::Integration, None);
    let path = format!("/{TABLE}/file");
    assert_eq!(ask(&server, &system, "POST", &format!("/{TABLE}"), Some(&city_row(5))).0, 403);
    let wanted = json!({ "table": TABLE, "fields": city_row(5)["fields"] });
    assert_eq!(ask(&server, &system, "POST", "/trial", Some(&wanted)).0, 403);
    let file = "scope,from,source,item,state,hours\ncity,2026-01-01,平川卫3号,filed-item,outpatient,5\n";
    let (status, told) = send(&server, &system, "POST", &path, "text/csv", Some(file));
    assert_eq!(status, 200, "{told}");
    let id = told["proposals"][0].as_str().unwrap().to_owned();
    let own = propose(&server, &anna, 7);
    for (id, what) in [(&id, "approved"), (&id, "refused"), (&own, "approved"), (&own, "refused"), (&own, "withdrawn")]
    {
        let (status, told) = ask(&server, &system, "POST", "/decisions", Some(&decision(&[id], what)));
        assert_eq!(status, 403, "{what} {told}");
    }
    assert_eq!(hours(&server, &system, "2026-06-01"), Value::Null);
    let (_, tables) = ask(&server, &system, "GET", "", None);
    assert_eq!((&tables["reach"], &tables["files"]), (&Value::Null, &json!(true)));
    assert_eq!(send(&server, &system, "GET", &path, "text/csv", None).0, 200);
    let (status, told) = ask(&server, &system, "POST", "/decisions", Some(&decision(&[&id], "withdrawn")));
    assert_eq!(status, 200, "{told}");
}

#[test]
fn nobody_changes_a_rule_by_writing_a_resource() {
    let server = town();
    let system = server.user("etl", Role::Integration, None);
    let (_, rows) = ask(&server, &system, "GET", &format!("/{TABLE}?count=1"), None);
    let id = rows["rows"][0]["id"].as_str().unwrap();
    let library = system.get(&format!("/Library/{id}")).expect(200);
    let url = format!("/Library/{id}");
    let fresh = format!("rule-{}", "0123456789".repeat(4));
    let made = json!({ "resourceType": "Library", "id": fresh, "status": "active", "type": { "text": "x" } });
    let condition = format!("/Library?_id={id}");
    assert_eq!(system.put(&url, &library).status, 403);
    assert_eq!(system.put(&format!("/Library/{fresh}"), &made).status, 403);
    assert_eq!(system.put(&condition, &library).status, 403);
    assert_eq!(system.delete(&url).status, 403);
    assert_eq!(system.delete(&condition).status, 403);
    for request in [
        json!({ "method": "PUT", "url": &url[1..] }),
        json!({ "method": "DELETE", "url": &url[1..] }),
        json!({ "method": "PUT", "url": &condition[1..] }),
        json!({ "method": "DELETE", "url": &condition[1..] }),
    ] {
        let entry = match request["method"] == "PUT" {
            true => json!({ "resource": library, "request": request }),
            false => json!({ "request": request }),
        };
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] });
        assert_eq!(system.post("", &bundle).status, 403, "{bundle}");
    }
    assert_eq!(system.get(&url).expect(200)["meta"]["versionId"], "1");
    // One that only begins like a rule is a resource like any other.
    let other =
        json!({ "resourceType": "Library", "id": "rule-of-thumb", "status": "active", "type": { "text": "x" } });
    system.keep(&other);
}

#[test]
fn two_who_approve_at_once_approve_once() {
    let server = town();
    let anna = server.user("anna", Role::Officer, Some("wjw"));
    let others: Vec<Client> =
        (0..6).map(|nth| server.user(&format!("other{nth}"), Role::Officer, Some("wjw"))).collect();
    for round in 0..5 {
        let id = propose(&server, &anna, 100 + round);
        let barrier = Barrier::new(others.len());
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let each = others.iter().enumerate().map(|(nth, other)| {
                let (server, id, barrier) = (&server, &id, &barrier);
                scope.spawn(move || {
                    let what = if nth % 2 == 0 { "approved" } else { "refused" };
                    barrier.wait();
                    ask(server, other, "POST", "/decisions", Some(&decision(&[id], what))).0
                })
            });
            each.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(
            (won, statuses.iter().filter(|status| **status == 409).count()),
            (1, others.len() - 1),
            "{statuses:?}"
        );
        let (_, decided) = ask(&server, &anna, "GET", "/proposals?decided=true&count=1", None);
        let shown = &decided["proposals"][0];
        let is_approved = shown["proposal"]["outcome"]["decision"] == "approved";
        assert_eq!(hours(&server, &anna, "2026-06-01") == json!(100 + round), is_approved, "{shown}");
    }
}

#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let server = town();
    let (anna, bo) = (server.user("anna", Role::Officer, Some("wjw")), server.user("bo", Role::Officer, Some("wjw")));
    let path = format!("/{TABLE}/file");
    let heading = "scope,from,source,item,state,hours";
    let lines: Vec<String> =
        (0..300).map(|nth| format!("city,2026-01-01,平川卫3号,bulk{nth},outpatient,{}", nth + 1)).collect();
    let wrong = format!("{heading}\n{}\ncity,2026-01-01,a,x,nowhere,1\n", lines.join("\n"));
    let (status, told) = send(&server, &anna, "POST", &path, "text/csv", Some(&wrong));
    assert!(status == 400 && told.to_string().contains("line 302"), "{told}");
    assert_eq!(ask(&server, &anna, "GET", "/proposals", None).1["total"], 0);
    let preview = send(&server, &anna, "POST", &format!("{path}?preview=true"), "text/csv", Some(&wrong)).1;
    assert_eq!((&preview["new"], &preview["errors"]), (&json!(300), &json!(1)), "{preview}");

    let right = format!("{heading}\n{}\n", lines.join("\n"));
    let (status, told) = send(&server, &anna, "POST", &format!("{path}?reason=one"), "text/csv", Some(&right));
    assert_eq!(status, 200, "{told}");
    let ids: Vec<&str> = told["proposals"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids.len(), 300);
    let (status, told) = ask(&server, &bo, "POST", "/decisions", Some(&decision(&ids, "approved")));
    assert_eq!((status, &told["decided"]), (200, &json!(300)), "{told}");
    let (_, rows) = ask(&server, &bo, "GET", &format!("/{TABLE}?on=2026-06-01&q=bulk&count=500"), None);
    assert_eq!(rows["total"], 300);
    let (status, _) = send(&server, &anna, "POST", &path, "application/json", Some("{}"));
    assert_eq!(status, 415);
    let exported = send(&server, &anna, "GET", &path, "text/csv", None).1;
    let preview = send(&server, &anna, "POST", &format!("{path}?preview=true"), "text/csv", exported.as_str()).1;
    assert_eq!((&preview["errors"], &preview["new"], &preview["change"]), (&json!(0), &json!(0), &json!(0)));
}
