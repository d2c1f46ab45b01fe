//! CDS Hooks as a hospital's system speaks it: discovery, cards, what is not known in time. The source is the test's own.

use crate::api_session::{account, sign_in};
use crate::harness::{Client, Reply, Server};
use base::limits::HOOK_MILLIS_MAX;
use base::{Cx, Error, Role, Stopwatch};
use runtime::cards::{Asked, Card, CardKind, CardSource, Hook, Indicator, Order, Reason, Recorded};
use runtime::care::Care;
use runtime::program::{Env, Said, Words};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;
use store::Options;

/// What the source does follows from the code of an order: `slow` works until it is stopped, `stuck` does not look whether
/// it is, `panic` and `fault` fail, `view` has something to view, `pending` is only told; all else offers a report.
pub static OFFERS: CardSource = CardSource {
    name: "offers",
    title: Words { zh: "测试提示", en: "Test cards" },
    about: Words { zh: "测试", en: "A test" },
    use_case: "test",
    hooks: &[Hook::OrderSelect, Hook::OrderSign],
    prefetch: &[],
    cards,
    reasons,
    view: Some(view),
};
/// Says something when a patient is opened.
pub static GREETS: CardSource =
    CardSource { name: "greets", hooks: &[Hook::PatientView], cards: greet, view: None, ..copied(&OFFERS) };

/// How many questions were stopped.
static STOPPED: AtomicUsize = AtomicUsize::new(0);

const fn copied(source: &CardSource) -> CardSource {
    let CardSource { name, title, about, use_case, hooks, prefetch, cards, reasons, view } = *source;
    CardSource { name, title, about, use_case, hooks, prefetch, cards, reasons, view }
}

fn cards(cx: &Cx, _: &Env, asked: &Asked) -> base::Result<Vec<Card>> {
    let coded = asked.orders.iter().filter(|order| !order.codings.is_empty());
    coded.map(|order| card(cx, asked, order)).collect()
}

fn card(cx: &Cx, asked: &Asked, order: &Order) -> base::Result<Card> {
    let code = order.codings[0].code.as_str();
    match code {
        "slow" => loop {
            if let Err(error) = cx.go_on() {
                STOPPED.fetch_add(1, Ordering::SeqCst);
                return Err(error);
            }
            sleep(Duration::from_millis(1));
        },
        "stuck" => sleep(Duration::from_millis(2 * HOOK_MILLIS_MAX)),
        "panic" => panic!("a defect of the test's source"),
        "fault" => return Err(Error::fault("a defect")),
        _ => {}
    }
    let offers = code != "pending";
    Ok(Card {
        subject: code.to_owned(),
        kind: if offers { CardKind::Offer } else { CardKind::Information },
        indicator: if offers { Indicator::Warning } else { Indicator::Info },
        summary: Said::new(format!("已有结果：{code}"), format!("A result exists: {code} {}", "x".repeat(200))),
        detail: Said::new("**详情**", "**Detail**"),
        rank: if offers { 10 } else { 1 },
        order: Some(order.id.clone()),
        replaces_order: offers,
        implicated: vec![format!("DiagnosticReport/r-{code}")],
        has_view: code == "view",
        facts: vec![("item", json!(code)), ("fen", json!(2_000)), ("class", json!(class(asked)))],
    })
}

/// The class of the encounter, to see which one the source was given.
fn class(asked: &Asked) -> Option<String> {
    Some(asked.encounter.as_ref()?.1.root().text_at("class.code")?.into_owned())
}

fn greet(_: &Cx, _: &Env, asked: &Asked) -> base::Result<Vec<Card>> {
    Ok(vec![Card {
        subject: "hello".to_owned(),
        kind: CardKind::Information,
        indicator: Indicator::Info,
        summary: Said::new("近期有 2 项结果", "2 recent results"),
        detail: Said::new("", ""),
        rank: 0,
        order: None,
        replaces_order: false,
        implicated: Vec::new(),
        has_view: false,
        facts: vec![("registrations", json!(asked.care.certain()))],
    }])
}

fn reasons(_: &Cx, _: &Env) -> base::Result<Vec<Reason>> {
    let reason = |code: &str, zh: &str, en: &str, needs_text| Reason {
        system: "urn:test:reason",
        code: code.to_owned(),
        words: Said::new(zh, en),
        needs_text,
        tells_patient: needs_text,
    };
    Ok(vec![reason("changed", "病情变化", "The condition has changed", false), reason("other", "其他", "Other", true)])
}

/// Two pictures of the patient's studies and an attachment, by their addresses.
fn view(_: &Cx, env: &Env, care: &Care, card: &Recorded, base: &str) -> base::Result<Value> {
    let type_ = fhir::r4().type_named("DiagnosticReport").unwrap();
    let read = env.store.read(&care.cx, type_, "r-view")?;
    Ok(json!({
        "report": read.map(|stored| stored.id),
        "registrations": care.certain(),
        "fen": card.fact("fen"),
        "images": [{ "url": format!("{base}/images/ImagingStudy/s-far"), "caption": "CT" }],
        "documents": [{ "url": format!("{base}/attachment/DiagnosticReport/r-view?path=presentedForm") }],
    }))
}

/// Two hospitals with a patient of the same resident, and a doctor of the first.
pub struct City {
    pub server: Server,
    pub system: Client,
    pub doctor: Client,
}

pub fn city() -> City {
    city_with(vec![&OFFERS, &GREETS])
}

pub fn city_with(sources: Vec<&'static CardSource>) -> City {
    let server = Server::with_cards(Options::default(), sources);
    let system = server.system();
    system.keep(&json!({"resourceType": "Organization", "id": "city"}));
    for (org, patient, number) in [("near", "pn", "N1"), ("far", "pf", "F1")] {
        let part = json!({"reference": "Organization/city"});
        system.keep(&json!({"resourceType": "Organization", "id": org, "partOf": part}));
        system.keep(&json!({
            "resourceType": "Patient", "id": patient, "birthDate": "1980-05-12", "gender": "female",
            "identifier": [{"system": format!("urn:local:{org}"), "value": number}],
            "name": [{"family": "王", "given": ["芳"]}],
            "managingOrganization": {"reference": format!("Organization/{org}")},
        }));
    }
    let link = |patient: &str| json!({"target": {"reference": format!("Patient/{patient}")}, "assurance": "level4"});
    system.keep(&json!({"resourceType": "Person", "id": "person", "link": [link("pn"), link("pf")]}));
    let doctor = server.user("doctor", Role::Clinician, Some("near"));
    City { server, system, doctor }
}

/// Posts to a service of CDS Hooks.
pub fn post(city: &City, client: &Client, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let url = format!("http://{}/cds-services{path}", city.server.address);
    let mut headers = headers.to_vec();
    if !headers.iter().any(|(name, _)| *name == "Content-Type") {
        headers.push(("Content-Type", "application/json"));
    }
    client.send("POST", &url, &headers, Some(body))
}

pub fn draft(code: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest", "id": format!("draft-{code}"), "status": "draft", "intent": "order",
        "subject": {"reference": "Patient/pn"}, "code": {"coding": [{"system": "urn:local:near", "code": code}]},
    })
}

/// A call for these codes, in the encounter `visit`.
pub fn call(hook: &str, codes: &[&str]) -> Value {
    let entries: Vec<Value> = codes.iter().map(|code| json!({"resource": draft(code)})).collect();
    let selections: Vec<String> = codes.iter().map(|code| format!("ServiceRequest/draft-{code}")).collect();
    json!({
        "hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/li", "patientId": "pn", "encounterId": "visit", "selections": selections,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
        },
    })
}

/// The answer to a call by the doctor.
pub fn ask(city: &City, call: &Value) -> Reply {
    let hook = call["hook"].as_str().unwrap();
    post(city, &city.doctor, &format!("/jingluo-{hook}"), &[], call.to_string().as_bytes())
}

#[track_caller]
pub fn cards_of(reply: Reply) -> Vec<Value> {
    reply.expect(200)["cards"].as_array().unwrap().clone()
}

/// The one remark of an answer that has nothing else.
#[track_caller]
pub fn remark(reply: Reply) -> String {
    let cards = cards_of(reply);
    assert_eq!(cards.len(), 1, "{cards:?}");
    assert!(cards[0].get("uuid").is_none());
    cards[0]["extension"]["urn:jingluo:card"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn anyone_finds_the_services() {
    let city = city();
    let url = format!("http://{}/cds-services", city.server.address);
    let found = city.server.nobody().get(&url).expect(200);
    let ids: Vec<&Value> = found["services"].as_array().unwrap().iter().map(|service| &service["id"]).collect();
    assert_eq!(ids, ["jingluo-order-select", "jingluo-order-sign", "jingluo-patient-view"]);
    let first = &found["services"][0];
    assert_eq!((&first["hook"], &first["description"]), (&json!("order-select"), &json!("测试提示 / Test cards")));
    assert_eq!(first["prefetch"]["patient"], "Patient/{{context.patientId}}");
    let bare = city_with(vec![&OFFERS]);
    let url = format!("http://{}/cds-services", bare.server.address);
    assert_eq!(bare.server.nobody().get(&url).expect(200)["services"].as_array().unwrap().len(), 2);
    let unknown = call("patient-view", &[]);
    ask(&bare, &unknown).refused(404, "not-found", "jingluo-patient-view");
    let none = city_with(Vec::new());
    let url = format!("http://{}/cds-services", none.server.address);
    assert_eq!(none.server.nobody().get(&url).expect(200), json!({"services": []}));
}

#[test]
fn a_card_is_written_as_cds_hooks_says() {
    let city = city();
    let shown = cards_of(ask(&city, &call("order-select", &["cbc", "pending"])));
    let (offer, told) = (&shown[0], &shown[1]);
    let uuid = offer["uuid"].as_str().unwrap();
    assert_eq!(offer["summary"], "已有结果：cbc");
    assert_eq!((&offer["detail"], &offer["indicator"]), (&json!("**详情**"), &json!("warning")));
    let topic = json!({"system": "urn:jingluo:card", "code": "test", "display": "测试提示"});
    assert_eq!(offer["source"], json!({"label": "测试提示", "topic": topic}));
    assert_eq!(offer["selectionBehavior"], "at-most-one");
    let suggestion = &offer["suggestions"][0];
    assert_eq!(suggestion["actions"][0]["type"], "delete");
    assert_eq!(suggestion["actions"][0]["resourceId"], "ServiceRequest/draft-cbc");
    assert_ne!(suggestion["uuid"], *uuid);
    let reason = json!({"system": "urn:test:reason", "code": "changed", "display": "病情变化"});
    assert_eq!(offer["overrideReasons"][0], reason);
    let more = &offer["extension"]["urn:jingluo:card"];
    assert_eq!((&more["kind"], &more["order"]), (&json!("offer"), &json!("ServiceRequest/draft-cbc")));
    assert_eq!((&more["facts"]["fen"], &more["reasons"][1]["needs_text"]), (&json!(2_000), &json!(true)));
    assert!(offer.get("links").is_none());
    // What is only told asks for nothing. Nothing is null or empty.
    let asks: Vec<&str> = ["suggestions", "selectionBehavior", "overrideReasons"]
        .into_iter()
        .filter(|name| told.get(name).is_some())
        .collect();
    assert_eq!((asks.len(), &told["indicator"]), (0, &json!("info")));
    // In English, and shorter than 140 characters.
    let headers = [("Accept-Language", "en-GB,en;q=0.9")];
    let body = call("order-select", &["cbc"]).to_string();
    let english = cards_of(post(&city, &city.doctor, "/jingluo-order-select", &headers, body.as_bytes()));
    assert_eq!(english[0]["uuid"], *uuid);
    let summary = english[0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("A result exists: cbc") && summary.chars().count() < 140, "{summary}");
    // The record of the card is in the patient's record.
    let issue = city.doctor.get(&format!("/DetectedIssue/{uuid}")).expect(200);
    assert_eq!((&issue["status"], &issue["patient"]["reference"]), (&json!("preliminary"), &json!("Patient/pn")));
    let position = city.server.store.position();
    assert_eq!(cards_of(ask(&city, &call("order-sign", &["cbc"])))[0]["uuid"], *uuid);
    assert_eq!(city.server.store.position(), position, "shown again, nothing is written");
}

#[test]
fn only_what_was_selected_is_looked_at() {
    let city = city();
    let mut call = call("order-select", &["cbc", "glu", "tsh"]);
    let orders = |call: &Value| -> Vec<String> {
        let shown = cards_of(ask(&city, call));
        let order = |card: &Value| card["extension"]["urn:jingluo:card"]["order"].as_str().unwrap().to_owned();
        shown.iter().map(order).collect()
    };
    call["context"]["selections"] = json!(["ServiceRequest/draft-glu", "draft-tsh", "ServiceRequest/else"]);
    assert_eq!(orders(&call), ["ServiceRequest/draft-glu", "ServiceRequest/draft-tsh"]);
    // A client that names none of them is asked about all.
    call["context"]["selections"] = json!(["else"]);
    assert_eq!(orders(&call).len(), 3);
    call["context"].as_object_mut().unwrap().remove("selections");
    ask(&city, &call).refused(400, "invalid", "context.selections");
}

#[test]
fn a_patient_that_is_opened_may_bring_cards_too() {
    let city = city();
    let call = json!({
        "hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/li", "patientId": "Patient/pn"},
    });
    let shown = cards_of(ask(&city, &call));
    assert_eq!(shown[0]["summary"], "近期有 2 项结果");
    assert!(shown[0].get("detail").is_none());
    let registrations = &shown[0]["extension"]["urn:jingluo:card"]["facts"]["registrations"];
    assert_eq!(*registrations, json!(["pn", "pf"]));
}

#[test]
fn who_may_not_ask_is_refused() {
    let city = city();
    let body = call("order-sign", &["cbc"]).to_string();
    let send = |client: &Client| post(&city, client, "/jingluo-order-sign", &[], body.as_bytes());
    send(&city.server.nobody()).refused(401, "login", "token");
    for (role, scope) in [(Role::Admin, None), (Role::Officer, Some("city")), (Role::Resident, Some("person"))] {
        send(&city.server.user(role.name(), role, scope)).refused(403, "forbidden", role.name());
    }
    assert_eq!(cards_of(send(&city.system)).len(), 1);
    // Another hospital does not see this patient; nobody is told whether there is one.
    let stranger = city.server.user("stranger", Role::Clinician, Some("far"));
    let refused = send(&stranger);
    let mut unknown = call("order-sign", &["cbc"]);
    unknown["context"]["patientId"] = "nobody".into();
    unknown["context"]["draftOrders"]["entry"] = json!([]);
    let same = ask(&city, &unknown);
    assert_eq!((refused.status, refused.json()), (same.status, same.json()));
    refused.refused(412, "not-found", "no such registration");
    let url = format!("http://{}/cds-services/jingluo-order-sign", city.server.address);
    city.doctor.get(&url).refused(405, "not-supported", "POST");
}

#[test]
fn the_console_asks_with_its_session() {
    let city = city();
    let admin = city.server.user("boss", Role::Admin, None);
    account(&city.server, &admin, "zhang", "clinician", json!("near"));
    let (cookie, csrf) = sign_in(&city.server, "zhang");
    let body = call("order-sign", &["cbc"]).to_string();
    let nobody = city.server.nobody();
    let without = post(&city, &nobody, "/jingluo-order-sign", &[("Cookie", &cookie)], body.as_bytes());
    without.refused(403, "forbidden", "X-CSRF");
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF", csrf.as_str())];
    assert_eq!(cards_of(post(&city, &nobody, "/jingluo-order-sign", &headers, body.as_bytes())).len(), 1);
}

#[test]
fn the_encounter_is_that_of_the_record_or_the_one_that_was_sent() {
    let city = city();
    let encounter = |class: &str, patient: &str| {
        let subject = json!({"reference": format!("Patient/{patient}")});
        json!({"resourceType": "Encounter", "id": "visit", "status": "in-progress", "class": {"code": class}, "subject": subject})
    };
    let with = |sent: Value| {
        let mut call = call("order-sign", &["cbc"]);
        call["prefetch"] = json!({"encounter": sent});
        call
    };
    let class = |reply: Reply| cards_of(reply)[0]["extension"]["urn:jingluo:card"]["facts"]["class"].clone();
    assert_eq!(class(ask(&city, &call("order-sign", &["cbc"]))), Value::Null);
    assert_eq!(class(ask(&city, &with(encounter("EMER", "pn")))), "EMER");
    assert_eq!(remark(ask(&city, &with(encounter("EMER", "another")))), "other-identity");
    city.system.keep(&encounter("IMP", "pn"));
    assert_eq!(class(ask(&city, &with(encounter("EMER", "pn")))), "IMP");
}

#[test]
fn what_is_not_ready_in_time_is_not_known() {
    let city = city();
    let stopped = STOPPED.load(Ordering::SeqCst);
    for code in ["slow", "stuck"] {
        let watch = Stopwatch::start();
        let answer = ask(&city, &call("order-sign", &["cbc", code]));
        let took = watch.elapsed();
        assert_eq!(remark(answer), "not-known");
        assert!(took < Duration::from_millis(HOOK_MILLIS_MAX + 250), "{code}: {took:?}");
    }
    // The work was told to stop, and did.
    let watch = Stopwatch::start();
    while STOPPED.load(Ordering::SeqCst) < stopped + 2 {
        assert!(watch.elapsed() < Duration::from_secs(5), "the work goes on");
        sleep(Duration::from_millis(5));
    }
    // Whoever asks next is answered while the stuck one is still at work.
    assert_eq!(cards_of(ask(&city, &call("order-sign", &["cbc"]))).len(), 1);
    let admin = city.server.user("boss", Role::Admin, None);
    let metrics = admin.get(&format!("http://{}/metrics", city.server.address)).body;
    assert!(metrics.contains("jingluo_cards_not_known_total 2\n"), "{metrics}");
    assert!(metrics.contains("jingluo_requests_total{interaction=\"cards\",status=\"2xx\"} 3\n"), "{metrics}");
}

#[test]
fn many_slow_questions_are_all_answered_in_time() {
    let city = city();
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_eq!(remark(ask(&city, &call("order-sign", &["slow"]))), "not-known"));
        }
    });
    assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
    assert_eq!(cards_of(ask(&city, &call("order-sign", &["cbc"]))).len(), 1);
}

#[test]
fn questions_that_are_stuck_keep_nobody_else_waiting() {
    let city = city();
    let other = city.server.user("another", Role::Clinician, Some("near"));
    // As many as may be at work as short ones.
    let stuck = 2 * std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..stuck {
            scope.spawn(|| assert_eq!(remark(ask(&city, &call("order-sign", &["stuck"]))), "not-known"));
        }
        sleep(Duration::from_millis(HOOK_MILLIS_MAX / 10));
        let body = call("order-sign", &["cbc"]).to_string();
        let shown = cards_of(post(&city, &other, "/jingluo-order-sign", &[], body.as_bytes()));
        assert!(shown.len() == 1 && shown[0]["uuid"].is_string(), "{shown:?}");
    });
}

#[test]
fn a_defect_of_a_source_is_said_and_the_order_goes_on() {
    let city = city_with(vec![&OFFERS, &ALSO]);
    // A panic tells nothing of any source; an error costs the cards of its source.
    assert_eq!(remark(ask(&city, &call("order-sign", &["panic"]))), "not-known");
    let shown = cards_of(ask(&city, &call("order-sign", &["fault"])));
    let kinds: Vec<&Value> = shown.iter().map(|card| &card["extension"]["urn:jingluo:card"]["kind"]).collect();
    assert_eq!(kinds, ["information", "remark"]);
    assert_eq!(shown[1]["summary"], "测试提示：查询出错，结果未知");
}

/// A source of orders that never fails.
static ALSO: CardSource = CardSource { name: "also", cards: greet, view: None, ..copied(&OFFERS) };

#[test]
fn two_who_ask_at_once_record_one_card() {
    let city = city();
    for round in 0..5 {
        let code = format!("c{round}");
        let uuids: Vec<Value> = std::thread::scope(|scope| {
            let ask = || cards_of(ask(&city, &call("order-sign", &[&code])))[0]["uuid"].clone();
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        assert!(uuids.iter().all(|uuid| *uuid == uuids[0] && uuid.is_string()), "{uuids:?}");
    }
    assert_eq!(city.system.get("/DetectedIssue?_summary=count").expect(200)["total"], 5);
}

#[test]
fn questions_are_tallied_without_a_commit() {
    let city = city();
    ask(&city, &call("order-sign", &["cbc"])).expect(200);
    let batches = city.server.store.stats().batches;
    for _ in 0..2 {
        ask(&city, &call("order-sign", &["cbc"])).expect(200);
    }
    assert_eq!(city.server.store.stats().batches, batches);
    city.server.card_counts.flush(&Cx::platform(), &city.server.store).unwrap();
    let counted = city.server.store.tally_days("cards.asked", 0, 100_000).unwrap();
    assert_eq!((counted.len(), counted[0].key.as_str(), counted[0].count), (1, "offers|near", 3));
    assert_eq!(city.server.store.tally_days("cards.again", 0, 100_000).unwrap()[0].count, 2);
}
