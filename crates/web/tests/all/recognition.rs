//! Mutual recognition over HTTP, the whole way: a result of another hospital is shown at the order, the doctor decides,
//! the figures count it, the result is corrected, the doctor is told.

use crate::harness::{Client, Reply, Server};
use base::{Cx, Role};
use runtime::reactions::catch_up;
use runtime::rules::Seeds;
use serde_json::{Value, json};

struct City {
    server: Server,
    system: Client,
    doctor: Client,
}

fn city() -> City {
    let server = Server::start();
    runtime::rules::lay(&Cx::platform(), &server.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
    let system = server.system();
    for (code, name, above) in [("339900", "平川市", None), ("339901", "东湖区", Some("339900"))] {
        let mut area = json!({"resourceType": "Location", "id": format!("area-{code}"), "name": name,
            "identifier": [{"system": "urn:jingluo:area", "value": code}], "physicalType": {"coding": [{"code": "area"}]}});
        if let Some(above) = above {
            area["partOf"] = json!({"reference": format!("Location/area-{above}")});
        }
        system.keep(&area);
    }
    for (id, kind, above) in [("wjw", "Z100", None), ("near", "A100", Some("wjw")), ("far", "A100", Some("wjw"))] {
        let mut organization = json!({"resourceType": "Organization", "id": id, "name": format!("{id}医院"), "active": true,
            "type": [{"coding": [{"system": "urn:jingluo:institution-kind", "code": kind}]}],
            "address": [{"extension": [{"url": "urn:jingluo:area", "valueCode": "339901"}]}],
            "extension": [{"url": "urn:jingluo:laboratory-quality", "extension": [
                {"url": "assessed", "valueBoolean": true}, {"url": "mark", "valueCode": "national"}]}]});
        if let Some(above) = above {
            organization["partOf"] = json!({"reference": format!("Organization/{above}")});
        }
        system.keep(&organization);
    }
    for id in ["near", "far"] {
        system.keep(&json!({"resourceType": "Patient", "id": format!("p-{id}"), "name": [{"text": "张静"}],
            "managingOrganization": {"reference": format!("Organization/{id}")}}));
        system.keep(&json!({"resourceType": "ConceptMap", "id": format!("recognition-codes-{id}"), "status": "active",
            "url": format!("urn:jingluo:recognition:codes:{id}"),
            "group": [{"source": format!("urn:jingluo:local:{id}"), "target": "urn:jingluo:recognition:item",
                "element": [{"code": "CT", "target": [{"code": "chestct", "equivalence": "equivalent"}]}]}]}));
    }
    let link = |id: &str| json!({"target": {"reference": format!("Patient/p-{id}")}, "assurance": "level3"});
    system.keep(&json!({"resourceType": "Person", "id": "person", "link": [link("near"), link("far")]}));
    let doctor = server.user("doctor", Role::Clinician, Some("near"));
    City { server, system, doctor }
}

impl City {
    fn follow(&self) {
        catch_up(&Cx::platform(), &self.server.store, &programs::reactions()).unwrap();
    }

    /// A chest CT of the other hospital, taken two days ago.
    fn report(&self, status: &str, words: &str) {
        let hours_ago = |hours: i64| base::zone::instant_text(Cx::platform().now() - hours * 3_600_000);
        let source = json!({"source": "urn:jingluo:institution:far"});
        let subject = json!({"reference": "Patient/p-far"});
        self.system.keep(&json!({"resourceType": "Observation", "id": "o1", "status": status, "meta": source,
            "code": {"coding": [{"system": "http://loinc.org", "code": "59776-5"}]}, "subject": subject,
            "effectiveDateTime": hours_ago(48), "valueString": words, "method": {"text": "128排"}}));
        self.system.keep(&json!({"resourceType": "DiagnosticReport", "id": "r1", "status": status, "meta": source,
            "extension": [{"url": "urn:jingluo:mark", "valueString": "全国HR"}],
            "code": {"coding": [{"system": "urn:jingluo:local:far", "code": "CT", "display": "胸部CT平扫"}]},
            "subject": subject, "effectiveDateTime": hours_ago(48), "issued": hours_ago(46),
            "result": [{"reference": "Observation/o1"}]}));
        self.follow();
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/{path}", self.server.address)
    }

    fn ask(&self, who: &Client, what: &str) -> Value {
        who.get(&self.url(&format!("programs/recognition/{what}"))).expect(200)
    }

    fn send(&self, what: &str, body: &Value) -> Reply {
        self.post(&format!("programs/recognition/{what}"), body)
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        let headers = [("Content-Type", "application/json")];
        self.doctor.send("POST", &self.url(path), &headers, Some(body.to_string().as_bytes()))
    }
}

#[test]
fn a_refusal_by_any_way_says_whether_the_patient_was_told() {
    let city = city();
    city.report("final", "两肺纹理清晰");
    let order = json!({"patient": "p-near", "user": "Practitioner/wang", "hook": "order-sign",
        "orders": [{"system": "urn:jingluo:local:near", "code": "CT", "text": "胸部CT"}]});
    let shown = city.post("cards", &order).expect(200);
    let offer = &shown["cards"][0];
    let card = offer["uuid"].as_str().unwrap();
    assert!(offer["reasons"].as_array().unwrap().iter().all(|reason| reason["tells_patient"] == true));
    let reason = json!({"system": "urn:jingluo:recognition:reason", "code": "emergency"});
    // Plainly.
    let mut plain = json!({"outcome": "overridden", "reason": reason});
    let lacking = city.post(&format!("cards/{card}"), &plain).expect(400).to_string();
    assert!(
        lacking.contains("`told_patient` (whether purpose and necessity") && lacking.contains("`explanation`"),
        "{lacking}"
    );
    plain["told_patient"] = json!(false);
    city.post(&format!("cards/{card}"), &plain).expect(200);
    city.follow();
    assert_eq!(city.ask(&city.doctor, "lists/alerts?outcome=overridden")["rows"][0]["told"], false);
    // Over CDS Hooks: the extension, or a comment that says what was explained.
    let url = format!("http://{}/cds-services/jingluo-order-sign/feedback", city.server.address);
    let feedback = |more: Value| {
        let mut entry = json!({"card": card, "outcome": "overridden", "overrideReason": {"reason": reason}});
        more.as_object().unwrap().iter().for_each(|(name, value)| entry[name] = value.clone());
        let body = json!({"feedback": [entry]}).to_string();
        city.doctor.send("POST", &url, &[("Content-Type", "application/json")], Some(body.as_bytes()))
    };
    let lacking = feedback(json!({})).expect(400)["feedback"][0]["text"].to_string();
    assert!(lacking.contains("urn:jingluo:told-patient") && lacking.contains("`userComment`"), "{lacking}");
    assert_eq!(
        feedback(json!({"extension": {"urn:jingluo:told-patient": true}})).expect(200)["feedback"][0]["status"],
        "recorded"
    );
    city.follow();
    assert_eq!(city.ask(&city.doctor, "lists/alerts?outcome=overridden")["rows"][0]["told"], true);
    let said = json!({"overrideReason": {"reason": reason, "userComment": "已向家属说明抢救需要"}});
    assert_eq!(feedback(said).expect(200)["feedback"][0]["status"], "recorded");
    // Closing asks for nothing.
    assert_eq!(feedback(json!({"overrideReason": null})).expect(200)["feedback"][0]["status"], "recorded");
}

#[test]
fn from_the_order_to_the_figures_and_back_to_the_doctor() {
    let city = city();
    city.report("final", "两肺纹理清晰");
    let order = json!({"patient": "p-near", "user": "Practitioner/wang", "department": "内科", "hook": "order-sign",
        "orders": [{"system": "urn:jingluo:local:near", "code": "CT", "text": "胸部CT"}]});
    let shown = city.post("cards", &order).expect(200);
    let card = shown["cards"][0]["uuid"].as_str().unwrap_or_else(|| panic!("no card: {shown}")).to_owned();
    assert_eq!(shown["cards"][0]["kind"], "offer");
    // Asked again, the same alert.
    let again = city.post("cards", &order).expect(200);
    assert_eq!(again["cards"][0]["uuid"], card);
    city.follow();
    let totals = city.ask(&city.doctor, "statistics")["totals"].clone();
    assert_eq!((&totals["shown"], &totals["open"], &totals["unanswered"]), (&json!(1), &json!(1), &json!(1)));

    let lacking = city.send("decide", &json!({"card": card, "decision": "order-anyway"})).expect(400);
    assert!(lacking.to_string().contains("told_patient"), "{lacking}");
    let done = city.send("decide", &json!({"card": card, "decision": "recognise"})).expect(200);
    assert_eq!(done["outcome"], "accepted");
    city.follow();
    let totals = city.ask(&city.doctor, "statistics")["totals"].clone();
    assert_eq!((&totals["accepted"], &totals["saved_fen"]), (&json!(1), &json!(22_000)));
    let list = city.ask(&city.doctor, "lists/alerts?outcome=accepted");
    let row = &list["rows"][0];
    assert_eq!((&row["patient"]["name"], &row["item"]["code"]), (&json!("张静"), &json!("chestct")));
    assert_eq!((&row["origin"]["id"], &row["institution"]["id"]), (&json!("far"), &json!("near")));
    // Officers see no such row, and nothing of so few.
    let officer = city.server.user("officer", Role::Officer, Some("wjw"));
    assert_eq!(city.ask(&officer, "statistics")["totals"]["shown"], Value::Null);
    assert!(!city.ask(&officer, "lists/alerts").to_string().contains("p-near"));

    city.report("corrected", "右肺下叶结节");
    let told = city.ask(&city.doctor, "lists/notices?read=false");
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{told}");
    assert_eq!((&rows[0]["card"]["id"], &rows[0]["kind"]["code"]), (&json!(card), &json!("corrected")));
    let chart = city.doctor.get(&format!("/DetectedIssue/{card}")).expect(200);
    assert_eq!(chart["status"], "amended");
    let read = city.send("notices-read", &json!({"notices": [rows[0]["id"]]})).expect(200);
    assert_eq!(read["read"], 1);
    city.follow();
    assert_eq!(city.ask(&city.doctor, "lists/notices?read=false")["rows"], json!([]));
    assert_eq!(city.ask(&city.doctor, "statistics")["totals"]["changed"], 1);
    // Residents and strangers find no figures.
    let resident = city.server.user("resident", Role::Resident, Some("person"));
    resident.get(&city.url("programs/recognition/statistics")).expect(403);
    city.server.nobody().get(&city.url("programs/recognition/statistics")).expect(401);
}
