//! Many clients at once: conditions hold at the moment of the commit.

use crate::harness::{Client, Server, id};
use serde_json::{Value, json};
use std::thread;

fn together<T: Send>(clients: usize, system: &Client, work: impl Fn(usize, Client) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..clients)
            .map(|nth| {
                let client = system.clone();
                scope.spawn(move || work(nth, client))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn patient(number: usize) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": number.to_string()}]})
}

fn total(system: &Client, query: &str) -> u64 {
    system.get(&format!("/{query}_summary=count")).expect(200)["total"].as_u64().unwrap()
}

#[test]
fn conditional_creates_make_no_duplicate() {
    let server = Server::start();
    let system = server.system();
    let ids = together(8, &system, |_, client| {
        (0..25)
            .map(|number| {
                let condition = format!("identifier=urn:x|{number}");
                let body = patient(number).to_string();
                let reply = client.send("POST", "/Patient", &[("If-None-Exist", &condition)], Some(body.as_bytes()));
                assert!(matches!(reply.status, 200 | 201), "{reply:?}");
                id(&reply.json())
            })
            .collect::<Vec<_>>()
    });
    assert_eq!(total(&system, "Patient?"), 25);
    assert!(ids.iter().all(|seen| *seen == ids[0]), "all were told the same ids");
}

#[test]
fn conditional_updates_and_transactions_make_no_duplicate() {
    let server = Server::start();
    let system = server.system();
    let statuses = together(8, &system, |nth, client| {
        let mut statuses = Vec::new();
        for number in 0..10 {
            let mut body = patient(number);
            body["language"] = json!(format!("c{nth}"));
            let condition = format!("identifier=urn:x|{number}");
            let request = json!({"method": "PUT", "url": format!("Patient?{condition}")});
            let reply = if nth % 2 == 0 {
                client.put(&format!("/Patient?{condition}"), &body)
            } else {
                let entry = json!({"resource": body, "request": request});
                client.post("", &json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}))
            };
            statuses.push(reply.status);
        }
        statuses
    });
    assert!(statuses.iter().flatten().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
    assert_eq!(total(&system, "Patient?"), 10);
}

#[test]
fn one_of_many_writers_of_a_version_wins() {
    let server = Server::start();
    let system = server.system();
    system.put("/Patient/p", &json!({"resourceType": "Patient", "id": "p"})).expect(201);
    for version in 1..=10 {
        let tag = format!("W/\"{version}\"");
        let statuses = together(6, &system, |nth, client| {
            let body =
                json!({"resourceType": "Patient", "id": "p", "language": format!("c{version}-{nth}")}).to_string();
            client.send("PUT", "/Patient/p", &[("If-Match", &tag)], Some(body.as_bytes())).status
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 5, "{statuses:?}");
    }
}

#[test]
fn plain_updates_of_one_resource_all_land() {
    let server = Server::start();
    let system = server.system();
    let statuses = together(4, &system, |nth, client| {
        let put = |round: usize| {
            let body = json!({"resourceType": "Patient", "id": "p", "language": format!("c{nth}-{round}")});
            client.put("/Patient/p", &body).status
        };
        (0..25).map(put).collect::<Vec<_>>()
    });
    let all: Vec<u16> = statuses.into_iter().flatten().collect();
    assert!(all.iter().all(|status| matches!(status, 200 | 201)), "{all:?}");
    assert_eq!(all.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(system.get("/Patient/p").expect(200)["meta"]["versionId"], "100");
}
