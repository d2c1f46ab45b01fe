//! Cards from outside: a question becomes cards, cards become records, records get outcomes and figures. The sources are
//! the test's own.

use crate::harness::{House, NOW, house};
use base::{Cx, Error, Kind, Role};
use fhir::{Resource, r4};
use runtime::cards::{
    self, Answer, Asked, Asking, By, CARDS_MAX, Card, CardKind, CardSource, Count, Counts, CountsKeeper, Differs,
    Ending, FiguresQuery, Hook, Indicator, Kept, Links, OUTCOMES_MAX, Order, Outcome, Question, REACTION, Reason,
    Recorded, Standing, contradiction,
};
use runtime::program::{Env, Kept as Memory, Said, Words};
use runtime::reactions::{catch_up, env_of};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// Offers the report `r-<code>` for every order with a code.
static OFFERS: CardSource = source("offers", offers);
/// Says the same as `OFFERS` with less weight, and something of its own.
static ECHO: CardSource = source("echo", echo);
static BROKEN: CardSource = source("broken", |_, _, _| Err(Error::fault("a defect")));
static STOPPED: CardSource = source("stopped", |_, _, _| Err(Error::busy("stopped")));

const fn source(name: &'static str, cards: fn(&Cx, &Env, &Asked) -> base::Result<Vec<Card>>) -> CardSource {
    CardSource {
        name,
        title: Words { zh: "测试提示", en: "Test" },
        about: Words { zh: "测试", en: "A test" },
        use_case: "test",
        hooks: &[Hook::OrderSelect, Hook::OrderSign],
        prefetch: &[],
        cards,
        reasons,
        view: None,
    }
}

fn reasons(_: &Cx, _: &Env) -> base::Result<Vec<Reason>> {
    let words = Said::new("病情变化", "The condition has changed");
    Ok(vec![Reason {
        system: "urn:test:reason",
        code: "changed".to_owned(),
        words,
        needs_text: false,
        tells_patient: false,
    }])
}

fn card(order: &Order, rank: u32) -> Card {
    let code = &order.codings[0].code;
    Card {
        subject: code.clone(),
        kind: CardKind::Offer,
        indicator: Indicator::Warning,
        summary: Said::new(format!("已有结果：{code}"), format!("A result exists: {code}")),
        detail: Said::new("详情", "Detail"),
        rank,
        order: Some(order.id.clone()),
        replaces_order: true,
        implicated: vec![format!("DiagnosticReport/r-{code}")],
        has_view: true,
        facts: vec![
            ("item", json!(code)),
            ("fen", json!(2_000)),
            ("age_hours", json!(12.5)),
            ("own", json!(false)),
            ("rules", json!(["a/1", "b/2"])),
            ("nothing", Value::Null),
            ("large", json!(9_000_000_000_i64)),
        ],
    }
}

fn offers(_: &Cx, _: &Env, asked: &Asked) -> base::Result<Vec<Card>> {
    Ok(asked.orders.iter().filter(|order| !order.codings.is_empty()).map(|order| card(order, 10)).collect())
}

fn echo(_: &Cx, _: &Env, asked: &Asked) -> base::Result<Vec<Card>> {
    let information = Card {
        subject: "news".to_owned(),
        kind: CardKind::Information,
        indicator: Indicator::Critical,
        order: None,
        implicated: Vec::new(),
        ..card(&asked.orders[0], 1)
    };
    Ok(vec![card(&asked.orders[0], 5), information])
}

/// Two hospitals; the patient is at both, and the Person links the registrations.
fn city() -> (House, Env) {
    let house = house();
    house.put(r#"{"resourceType":"Organization","id":"district"}"#);
    for org in ["org-a", "org-b"] {
        house.put(&format!(
            r#"{{"resourceType":"Organization","id":"{org}","partOf":{{"reference":"Organization/district"}}}}"#
        ));
    }
    for (id, org, number) in [("p-a", "org-a", "A7"), ("p-b", "org-b", "B7"), ("other", "org-a", "A8")] {
        house.put(&format!(
            r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:local:{org}","value":"{number}"}}],
            "name":[{{"family":"王","given":["芳"]}}],"birthDate":"1980-05-12","gender":"female",
            "managingOrganization":{{"reference":"Organization/{org}"}}}}"#
        ));
    }
    house.put(
        r#"{"resourceType":"Person","id":"person","link":[
        {"target":{"reference":"Patient/p-a"},"assurance":"level3"},
        {"target":{"reference":"Patient/p-b"},"assurance":"level3"}]}"#,
    );
    let env = env_of(&house.store, &Memory::default());
    (house, env)
}

fn doctor(house: &House) -> Cx {
    house.as_role(Role::Clinician, Some("org-a"))
}

fn order(code: &str) -> Order {
    let coding = cards::Coding { system: "urn:local".to_owned(), code: code.to_owned(), display: None };
    Order { id: format!("ServiceRequest/{code}"), codings: vec![coding], ..Order::default() }
}

fn question(codes: &[&str]) -> Question {
    Question {
        hook: Hook::OrderSelect,
        patient: "p-a".to_owned(),
        sent_patient: None,
        encounter: Some("visit".to_owned()),
        sent_encounter: None,
        user: Some("Practitioner/li".to_owned()),
        department: Some("心内科".to_owned()),
        orders: codes.iter().map(|code| order(code)).collect(),
    }
}

#[track_caller]
fn asked(cx: &Cx, env: &Env, question: &Question) -> Asked {
    match cards::ask(cx, env, question).unwrap() {
        Asking::Asked(asked) => *asked,
        Asking::Differs(differs) => panic!("{differs:?}"),
    }
}

/// Asks and commits what is to be recorded.
#[track_caller]
fn show(house: &House, env: &Env, sources: &[&'static CardSource], question: &Question) -> Answer {
    let cx = doctor(house);
    let mut answer = cards::answer(&cx, env, sources, &asked(&cx, env, question)).unwrap();
    let batch = std::mem::take(&mut answer.batch);
    if !batch.writes.is_empty() {
        house.store.write(&cx, batch).unwrap();
    }
    answer
}

#[track_caller]
fn end(house: &House, uuid: &str, outcome: Outcome) -> Recorded {
    let Kept { card, batch } = cards::outcome(&doctor(house), &house.store, uuid, outcome).unwrap();
    if !batch.writes.is_empty() {
        house.store.write(&doctor(house), batch).unwrap();
    }
    let stored = cards::read(&doctor(house), &house.store, uuid).unwrap();
    assert_eq!(Recorded { version: 0, ..card }, Recorded { version: 0, ..stored.clone() });
    stored
}

fn outcome(ending: Ending) -> Outcome {
    Outcome { ending, reason: None, text: None, at: None, by: None, facts: Vec::new() }
}

fn uuids(answer: &Answer) -> Vec<&str> {
    answer.cards.iter().map(|shown| shown.uuid.as_str()).collect()
}

#[test]
fn a_card_shown_again_is_the_same_and_costs_no_write() {
    let (house, env) = city();
    let first = show(&house, &env, &[&OFFERS], &question(&["cbc", "glu"]));
    assert_eq!(first.cards.iter().map(|shown| shown.again).collect::<Vec<_>>(), [false, false]);
    assert_eq!(first.cards[0].reasons[0].code, "changed");
    let position = house.store.position();
    house.pass(HOUR);
    let signed = Question { hook: Hook::OrderSign, ..question(&["cbc", "glu"]) };
    let second = show(&house, &env, &[&OFFERS], &signed);
    assert_eq!(uuids(&first), uuids(&second));
    assert!(second.cards.iter().all(|shown| shown.again));
    assert_eq!(house.store.position(), position);
    // Another encounter, another patient, another day without an encounter: another card.
    let mut all = vec![first.cards[0].uuid.clone()];
    let elsewhere = Question { encounter: Some("next".to_owned()), ..question(&["cbc"]) };
    all.push(show(&house, &env, &[&OFFERS], &elsewhere).cards[0].uuid.clone());
    let somebody = Question { patient: "other".to_owned(), ..question(&["cbc"]) };
    all.push(show(&house, &env, &[&OFFERS], &somebody).cards[0].uuid.clone());
    let today = Question { encounter: None, ..question(&["cbc"]) };
    all.push(show(&house, &env, &[&OFFERS], &today).cards[0].uuid.clone());
    house.pass(HOUR);
    assert!(show(&house, &env, &[&OFFERS], &today).cards[0].again);
    house.pass(24 * HOUR);
    all.push(show(&house, &env, &[&OFFERS], &today).cards[0].uuid.clone());
    let different = all.iter().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(different.len(), all.len(), "{all:?}");
}

#[test]
fn the_record_of_a_card_is_valid_and_reads_back() {
    let (house, env) = city();
    house.put(r#"{"resourceType":"Practitioner","id":"li"}"#);
    let shown = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
    let uuid = shown.cards[0].uuid.as_str();
    let type_ = r4().type_named("DetectedIssue").unwrap();
    let stored = house.store.read(&doctor(&house), type_, uuid).unwrap().unwrap();
    let mut json = Vec::new();
    stored.json(&mut json).unwrap();
    fhir::parse(&json, &fhir::Limits::default()).unwrap();
    let written: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(written["author"]["reference"], "Practitioner/li");
    assert_eq!(written["status"], "preliminary");
    let card = cards::read(&doctor(&house), &house.store, uuid).unwrap();
    assert_eq!((card.source.as_str(), card.use_case.as_str(), card.kind), ("offers", "test", CardKind::Offer));
    assert_eq!((card.patient.as_str(), card.institution.as_deref()), ("p-a", Some("org-a")));
    assert_eq!((card.department.as_deref(), card.user.as_deref()), (Some("心内科"), Some("Practitioner/li")));
    assert_eq!((card.hook, card.shown, card.opened), (Some(Hook::OrderSelect), NOW, None));
    assert_eq!((card.encounter.as_deref(), card.order.as_deref()), (Some("visit"), Some("ServiceRequest/cbc")));
    assert_eq!(card.summary, Said::new("已有结果：cbc", "A result exists: cbc"));
    assert_eq!(card.detail, Said::new("详情", "Detail"));
    assert_eq!(card.implicated, ["DiagnosticReport/r-cbc"]);
    assert_eq!(card.fact("item"), Some(&json!("cbc")));
    assert_eq!(card.fact("fen"), Some(&json!(2_000)));
    assert_eq!(card.fact("age_hours").map(ToString::to_string), Some("12.5".to_owned()));
    assert_eq!(card.fact("own"), Some(&json!(false)));
    assert_eq!(card.fact("rules"), Some(&json!(["a/1", "b/2"])));
    assert_eq!(card.fact("large").map(ToString::to_string), Some("9000000000".to_owned()));
    assert_eq!(card.fact("nothing"), None);
    // An issue of another kind is no card.
    house.put(r#"{"resourceType":"DetectedIssue","id":"drug","status":"final","patient":{"reference":"Patient/p-a"}}"#);
    let error = cards::read(&doctor(&house), &house.store, "drug").unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
}

#[test]
fn cards_are_ranked_merged_and_limited() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&ECHO, &OFFERS], &question(&["cbc", "glu"]));
    let what: Vec<_> = shown.cards.iter().map(|shown| (shown.source.name, shown.card.subject.as_str())).collect();
    // What is critical comes first; two sources that say the same about one order are one card.
    assert_eq!(what, [("echo", "news"), ("offers", "cbc"), ("offers", "glu")]);
    assert!(shown.cards[0].reasons.is_empty(), "who is only told something overrides nothing");
    let codes: Vec<String> = (0..1_000).map(|nth| format!("c{nth}")).collect();
    let many = question(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let shown = show(&house, &env, &[&OFFERS], &many);
    assert_eq!((shown.cards.len(), shown.left_out), (CARDS_MAX, cards::ORDERS_MAX - CARDS_MAX));
    // The same order twice is one card.
    assert_eq!(show(&house, &env, &[&OFFERS], &question(&["tsh", "tsh"])).cards.len(), 1);
}

#[test]
fn a_source_that_fails_costs_its_own_cards_only() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&BROKEN, &OFFERS], &question(&["cbc"]));
    assert_eq!((shown.cards.len(), shown.failed.len(), shown.failed[0].name), (1, 1, "broken"));
    let cx = doctor(&house);
    let asked = asked(&cx, &env, &question(&["cbc"]));
    let stopped = cards::answer(&cx, &env, &[&OFFERS, &STOPPED], &asked).err().unwrap();
    assert_eq!(stopped.kind, Kind::Busy);
    cx.stop.raise();
    assert_eq!(cards::answer(&cx, &env, &[&OFFERS], &asked).err().unwrap().kind, Kind::Busy);
}

#[test]
fn what_was_answered_is_not_shown_again() {
    let (house, env) = city();
    let asks = question(&["cbc", "glu", "tsh"]);
    let shown = show(&house, &env, &[&OFFERS], &asks);
    let [cbc, glu, tsh] = uuids(&shown)[..] else { panic!("three cards") };
    let accepted = end(&house, cbc, outcome(Ending::Accepted));
    assert_eq!((accepted.standing(), accepted.status.as_str()), (Standing::Accepted, "final"));
    let reason = Some(cards::Coding {
        system: "urn:test:reason".to_owned(),
        code: "changed".to_owned(),
        display: Some("病情变化".to_owned()),
    });
    let text = Some("发热三天".to_owned());
    let facts = vec![("told_patient".to_owned(), json!(true))];
    let by = Some("Practitioner/zhao".to_owned());
    let refused = Outcome { reason, text, facts, by, ..outcome(Ending::Overridden) };
    let overridden = end(&house, glu, refused.clone());
    assert_eq!(overridden.outcomes, [Outcome { at: Some(NOW), ..refused }]);
    end(&house, tsh, outcome(Ending::Dismissed));
    let next = show(&house, &env, &[&OFFERS], &asks);
    assert_eq!((next.cards.len(), next.answered), (0, 3));
    // What was closed without a choice comes once more when the orders are signed.
    let sign = Question { hook: Hook::OrderSign, ..asks };
    assert_eq!(uuids(&show(&house, &env, &[&OFFERS], &sign)), [tsh]);
    house.pass(HOUR);
    let closed = end(&house, tsh, outcome(Ending::Dismissed));
    assert_eq!((closed.standing(), closed.status.as_str()), (Standing::Dismissed(2), "preliminary"));
    assert!(show(&house, &env, &[&OFFERS], &sign).cards.is_empty());
    // In the next encounter it is asked again.
    let later = Question { encounter: Some("later".to_owned()), ..sign };
    assert_eq!(show(&house, &env, &[&OFFERS], &later).cards.len(), 3);
}

#[test]
fn the_same_outcome_again_is_nothing_and_the_last_one_holds() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
    let uuid = shown.cards[0].uuid.as_str();
    end(&house, uuid, outcome(Ending::Accepted));
    let position = house.store.position();
    house.pass(HOUR);
    let again = end(&house, uuid, outcome(Ending::Accepted));
    assert_eq!((again.outcomes.len(), house.store.position()), (1, position));
    // A clock that is ahead puts nothing into the future.
    let ahead = Outcome { at: Some(NOW + 999 * HOUR), ..outcome(Ending::Overridden) };
    let changed = end(&house, uuid, ahead);
    assert_eq!((changed.standing(), changed.outcomes[1].at), (Standing::Overridden, Some(NOW + HOUR)));
    for nth in 2..OUTCOMES_MAX {
        let ending = if nth % 2 == 0 { Ending::Accepted } else { Ending::Overridden };
        end(&house, uuid, outcome(ending));
    }
    let full = cards::outcome(&doctor(&house), &house.store, uuid, outcome(Ending::Accepted)).err().unwrap();
    assert_eq!(full.kind, Kind::Precondition);
    let long = Outcome { text: Some("长".repeat(2_001)), ..outcome(Ending::Overridden) };
    assert_eq!(cards::outcome(&doctor(&house), &house.store, uuid, long).err().unwrap().kind, Kind::Invalid);
    let opened = cards::open(&doctor(&house), &house.store, uuid).unwrap();
    house.store.write(&doctor(&house), opened.batch).unwrap();
    house.pass(HOUR);
    let again = cards::open(&doctor(&house), &house.store, uuid).unwrap();
    assert_eq!((again.card.opened, again.batch.writes.len()), (Some(NOW + HOUR), 0));
}

#[test]
fn an_amended_card_stays_amended() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
    let uuid = shown.cards[0].uuid.as_str();
    let type_ = r4().type_named("DetectedIssue").unwrap();
    let mut json = Vec::new();
    house.store.read(&house.cx(), type_, uuid).unwrap().unwrap().json(&mut json).unwrap();
    house.put(&String::from_utf8(json).unwrap().replace("preliminary", "amended"));
    assert_eq!(end(&house, uuid, outcome(Ending::Accepted)).status, "amended");
}

#[test]
fn an_outcome_is_short_after_the_card_and_for_a_card_that_asks() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&ECHO], &question(&["cbc"]));
    let (news, offer) = (&shown.cards[0], &shown.cards[1]);
    let refused =
        |uuid: &str, outcome: Outcome| cards::outcome(&doctor(&house), &house.store, uuid, outcome).err().unwrap();
    assert_eq!(news.card.kind, CardKind::Information);
    for ending in [Ending::Accepted, Ending::Overridden] {
        assert_eq!(refused(&news.uuid, outcome(ending)).kind, Kind::Invalid);
    }
    let coding = |code: &str| cards::Coding { system: "urn:x".to_owned(), code: code.to_owned(), display: None };
    for reason in ["长".repeat(201), "a\nb".to_owned()] {
        let wrong = Outcome { reason: Some(coding(&reason)), ..outcome(Ending::Overridden) };
        assert_eq!(refused(&offer.uuid, wrong).kind, Kind::Invalid);
    }
    house.pass(HOUR);
    let early = Outcome { at: Some(0), ..outcome(Ending::Accepted) };
    assert_eq!(end(&house, &offer.uuid, early).outcomes[0].at, Some(NOW));
}

#[test]
fn a_card_is_the_asking_institutions_own() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
    let uuid = shown.cards[0].uuid.as_str();
    let stranger = house.as_role(Role::Clinician, Some("org-b"));
    let missing = |error: Option<Error>| assert_eq!(error.unwrap().kind, Kind::NotFound);
    missing(cards::read(&stranger, &house.store, uuid).err());
    missing(cards::outcome(&stranger, &house.store, uuid, outcome(Ending::Accepted)).err());
    missing(cards::open(&stranger, &house.store, uuid).err());
    missing(cards::read(&doctor(&house), &house.store, "nothing").err());
    missing(cards::read(&doctor(&house), &house.store, "../x?").err());
    house.delete("DetectedIssue", uuid);
    missing(cards::read(&doctor(&house), &house.store, uuid).err());
}

#[test]
fn who_is_meant_is_found_or_refused() {
    let (house, env) = city();
    let cx = doctor(&house);
    let all = asked(&cx, &env, &question(&["cbc"]));
    assert_eq!((all.patient.as_str(), all.care.certain()), ("p-a", vec!["p-a", "p-b"]));
    assert_eq!(all.registration.id(), Some("p-a"));
    // By an identifier of the own institution.
    let local = |number: &str| Question {
        patient: "local-7".to_owned(),
        sent_patient: Some(patient(json!({
            "resourceType": "Patient", "id": "local-7", "identifier": [{"system": "urn:local:org-a", "value": number}],
        }))),
        ..question(&["cbc"])
    };
    assert_eq!(asked(&cx, &env, &local("A7")).patient, "p-a");
    let refused = |cx: &Cx, question: &Question| cards::ask(cx, &env, question).err().unwrap().kind;
    assert_eq!(refused(&cx, &local("nobody")), Kind::NotFound);
    // The registration of another institution, and one that is nowhere, look alike.
    let elsewhere = Question { patient: "p-b".to_owned(), ..question(&["cbc"]) };
    let nowhere = Question { patient: "nobody".to_owned(), ..question(&["cbc"]) };
    let texts = [&elsewhere, &nowhere].map(|question| cards::ask(&cx, &env, question).err().unwrap());
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].kind, Kind::NotFound);
    // One that is not unique.
    house.put(
        r#"{"resourceType":"Patient","id":"twin","identifier":[{"system":"urn:local:org-a","value":"A7"}],
        "managingOrganization":{"reference":"Organization/org-a"}}"#,
    );
    assert!(cards::ask(&cx, &env, &local("A7")).err().unwrap().text().contains("more than one"));
    for role in [Role::Admin, Role::Officer, Role::Resident] {
        assert_eq!(refused(&house.as_role(role, Some("district")), &question(&["cbc"])), Kind::Forbidden);
    }
    // An institution's system is asked for the institution that manages the registration.
    let system = house.cx();
    assert_eq!(asked(&system, &env, &question(&["cbc"])).institution.as_deref(), Some("org-a"));
}

#[test]
fn an_encounter_of_another_patient_is_a_contradiction() {
    let (house, env) = city();
    let cx = doctor(&house);
    let encounter = |id: &str, patient: &str| {
        format!(
            r#"{{"resourceType":"Encounter","id":"{id}","status":"in-progress","class":{{"code":"EMER"}},
            "serviceType":{{"coding":[{{"display":"急诊科"}}]}},"subject":{{"reference":"Patient/{patient}"}}}}"#
        )
    };
    house.put(&encounter("mine", "p-a"));
    house.put(&encounter("hers", "other"));
    let visit = |id: &str| Question { encounter: Some(id.to_owned()), department: None, ..question(&["cbc"]) };
    let mine = asked(&cx, &env, &visit("mine"));
    assert_eq!((mine.department.as_deref(), mine.encounter.unwrap().0.as_str()), (Some("急诊科"), "mine"));
    let differs = |question: &Question| match cards::ask(&cx, &env, question).unwrap() {
        Asking::Differs(differs) => Some(differs),
        Asking::Asked(_) => None,
    };
    assert_eq!(differs(&visit("hers")), Some(Differs::Encounter));
    // One that the record does not have is taken as it is sent, if it is the patient's.
    let sent = |patient| Question { sent_encounter: Some(resource(&encounter("new", patient))), ..visit("new") };
    assert_eq!(differs(&sent("other")), Some(Differs::Encounter));
    assert_eq!(asked(&cx, &env, &sent("p-a")).encounter.unwrap().0, "new");
    // What is sent does not outrank what is in the record.
    let lies = Question { sent_encounter: Some(resource(&encounter("hers", "p-a"))), ..visit("hers") };
    assert_eq!(differs(&lies), Some(Differs::Encounter));
    let unknown = asked(&cx, &env, &visit("unknown"));
    assert!(unknown.encounter.is_none() && unknown.encounter_id.as_deref() == Some("unknown"));
}

#[test]
fn a_contradiction_is_seen_and_silence_is_none() {
    let known = patient(json!({
        "resourceType": "Patient", "birthDate": "1980-05-12", "gender": "female",
        "identifier": [{"system": "n", "value": "11010119800512002x"}, {"system": "old", "use": "old", "value": "1"}],
        "name": [{"family": "王", "given": ["芳"]}, {"text": "Wang Fang"}],
    }));
    let check = |sent: Value, expected: Option<Differs>| {
        let mut sent = sent;
        sent["resourceType"] = "Patient".into();
        assert_eq!(contradiction(&known, &patient(sent.clone())), expected, "{sent}");
    };
    check(json!({}), None);
    check(json!({"identifier": [{"system": "n", "value": " 11010119800512002X "}]}), None);
    check(json!({"identifier": [{"system": "n", "value": "110101198005120038"}]}), Some(Differs::Identifier));
    check(json!({"identifier": [{"system": "old", "value": "2"}, {"system": "m", "value": "2"}]}), None);
    check(json!({"name": [{"text": "王 芳"}]}), None);
    check(json!({"name": [{"family": "WANG", "given": ["Fang"]}]}), None);
    check(json!({"name": [{"family": "王", "given": ["方"]}]}), Some(Differs::Name));
    check(json!({"name": [{"text": " "}]}), None);
    check(json!({"birthDate": "1980-05"}), None);
    check(json!({"birthDate": "1980-05-21"}), Some(Differs::BirthDate));
    check(json!({"gender": "unknown"}), None);
    check(json!({"gender": "male"}), Some(Differs::Gender));
    check(json!({"name": [{}], "identifier": [{"system": "n"}], "birthDate": 7}), None);
}

#[test]
fn a_name_in_pinyin_agrees_where_birth_date_sex_and_number_do() {
    let same = |name: Value| {
        json!({"resourceType": "Patient", "birthDate": "1980-05-12", "gender": "female", "name": [name],
            "identifier": [{"system": "n", "value": "11010119800512002X"}]})
    };
    let check = |known: &Value, sent: &Value, expected: Option<Differs>| {
        assert_eq!(contradiction(&patient(known.clone()), &patient(sent.clone())), expected, "{known} {sent}");
        assert_eq!(contradiction(&patient(sent.clone()), &patient(known.clone())), expected, "the other way round");
    };
    let known = same(json!({"family": "吕", "given": ["晓明"]}));
    for (family, given) in [("Lyu", "Xiaoming"), ("LV", "XIAO MING"), ("lu", "Xiǎo-míng")] {
        check(&known, &same(json!({"family": family, "given": [given]})), None);
    }
    check(&known, &same(json!({"text": "Xiaoming LYU"})), None);
    check(&same(json!({"text": "欧阳娜"})), &same(json!({"text": "Ouyang Na"})), None);
    check(&same(json!({"text": "单飞"})), &same(json!({"text": "Dan Fei"})), None);
    check(&known, &same(json!({"text": "Li Xiaoming"})), Some(Differs::Name));
    // The initials alone are nobody's name, and the same sound in other characters is another name.
    check(&known, &same(json!({"text": "LXM"})), Some(Differs::Name));
    check(&known, &same(json!({"text": "吕小明"})), Some(Differs::Name));
    check(
        &known,
        &json!({"resourceType": "Patient", "name": [{"text": "吕小明"}, {"text": "Lyu Xiaoming"}]}),
        Some(Differs::Name),
    );
    // Without the others it may be anybody of that sound.
    for missing in ["birthDate", "gender", "identifier"] {
        let mut sent = same(json!({"text": "Lyu Xiaoming"}));
        sent.as_object_mut().unwrap().remove(missing);
        check(&known, &sent, Some(Differs::Name));
    }
    let mut sent = same(json!({"text": "Lyu Xiaoming"}));
    sent["birthDate"] = json!("1980");
    check(&known, &sent, Some(Differs::Name));
    sent["birthDate"] = json!("1980-05-13");
    check(&known, &sent, Some(Differs::Name));
}

fn patient(json: Value) -> Resource {
    resource(&json.to_string())
}

fn resource(json: &str) -> Resource {
    fhir::parse_trusted(json.as_bytes().to_vec()).unwrap()
}

#[test]
fn questions_are_counted_without_a_commit_each() {
    let (house, env) = city();
    let (cx, counts) = (doctor(&house), Counts::default());
    let asked = asked(&cx, &env, &question(&["cbc"]));
    let position = house.store.position();
    for _ in 0..3 {
        let answer = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
        counts.answered(&cx, &house.store, &asked, &answer, &["offers"]);
    }
    counts.late(&cx, &house.store, &["offers"], Some("org-a"));
    assert_eq!(house.store.position(), position + 1, "one card, and no count");
    let (today, _) = house.store.zone().day_and_minute(NOW);
    let tally = |count: Count| house.store.tally_read(count.space(), "offers|org-a", today, today).unwrap();
    assert!(tally(Count::Asked).is_empty());
    // The thread adds what is left when it is told to stop.
    CountsKeeper::start(counts.clone(), house.store.clone(), house.cx()).unwrap().stop();
    assert_eq!(Count::ALL.map(|count| tally(count)[0].1), [3, 2, 1]);
    counts.flush(&house.cx(), &house.store).unwrap();
    assert_eq!(Count::ALL.map(|count| tally(count)[0].1), [3, 2, 1]);
}

#[test]
fn figures_tell_who_is_tired_of_cards() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&ECHO, &OFFERS], &question(&["a", "b", "c", "d"]));
    let offers: Vec<&str> = shown
        .cards
        .iter()
        .filter(|shown| shown.card.kind == CardKind::Offer)
        .map(|shown| shown.uuid.as_str())
        .collect();
    // Some of the feed is counted before anything is answered, some after.
    catch_up(&house.cx(), &house.store, &[&REACTION]).unwrap();
    end(&house, offers[0], outcome(Ending::Accepted));
    end(&house, offers[1], outcome(Ending::Accepted));
    end(&house, offers[1], Outcome { text: Some("重做".to_owned()), ..outcome(Ending::Overridden) });
    end(&house, offers[2], outcome(Ending::Dismissed));
    let opened = cards::open(&doctor(&house), &house.store, offers[0]).unwrap();
    house.store.write(&doctor(&house), opened.batch).unwrap();
    catch_up(&house.cx(), &house.store, &[&REACTION]).unwrap();
    let (today, _) = house.store.zone().day_and_minute(NOW);
    let ask = |cx: &Cx, by: By| {
        let query =
            FiguresQuery { by, from: today - 1, to: today, source: Some("offers".to_owned()), institution: None };
        cards::figures(cx, &env, &query).unwrap()["rows"].clone()
    };
    let row = &ask(&doctor(&house), By::Doctor)[0];
    let expected = json!({
        "source": "offers", "institution": "org-a", "department": "心内科", "doctor": "Practitioner/li", "shown": 4,
        "offers": 4, "opened": 1, "accepted": 1, "overridden": 1, "dismissed": 1, "unanswered": 2,
        "override_percent": 50.0, "accept_percent": 25.0,
    });
    assert_eq!(row.to_string(), expected.to_string());
    let officer = house.as_role(Role::Officer, Some("district"));
    let few = &ask(&officer, By::Institution)[0];
    assert_eq!((&few["institution"], &few["shown"], &few["accepted"]), (&json!("org-a"), &Value::Null, &Value::Null));
    assert_eq!(ask(&house.as_role(Role::Clinician, Some("org-b")), By::Source), json!([]));
    let nobody = FiguresQuery { by: By::Source, from: today, to: today, source: None, institution: None };
    for role in [Role::Admin, Role::Resident] {
        let refused = cards::figures(&house.as_role(role, Some("x")), &env, &nobody).unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden);
    }
    let wide = FiguresQuery { from: today - 400, ..nobody };
    assert_eq!(cards::figures(&officer, &env, &wide).unwrap_err().kind, Kind::Invalid);
    // What is taken out of the record is taken out of the figures.
    house.delete("DetectedIssue", offers[3]);
    catch_up(&house.cx(), &house.store, &[&REACTION]).unwrap();
    assert_eq!(ask(&doctor(&house), By::Source)[0]["shown"], 3);
}

#[test]
fn an_officer_is_told_no_small_count_of_cards() {
    let (house, env) = city();
    let names: Vec<String> = (0..20).map(|nth| format!("o{nth}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shown = show(&house, &env, &[&OFFERS], &question(&names));
    let offers: Vec<&str> = shown.cards.iter().map(|shown| shown.uuid.as_str()).collect();
    assert!(offers.len() >= 15, "{}", offers.len());
    for uuid in &offers[..6] {
        end(&house, uuid, outcome(Ending::Accepted));
    }
    let opened = cards::open(&doctor(&house), &house.store, offers[0]).unwrap();
    house.store.write(&doctor(&house), opened.batch).unwrap();
    catch_up(&house.cx(), &house.store, &[&REACTION]).unwrap();
    let (today, _) = house.store.zone().day_and_minute(NOW);
    let ask = |cx: &Cx, by: By| {
        let query = FiguresQuery { by, from: today, to: today, source: None, institution: None };
        cards::figures(cx, &env, &query).unwrap()["rows"][0].clone()
    };
    let officer = house.as_role(Role::Officer, Some("district"));
    for by in [By::Source, By::Institution, By::Department, By::Doctor] {
        let row = ask(&officer, by);
        assert_eq!(row["shown"], offers.len(), "{row}");
        assert_eq!(
            (&row["accepted"], &row["overridden"], &row["opened"]),
            (&json!(6), &json!(0), &Value::Null),
            "{row}"
        );
        assert_eq!(ask(&doctor(&house), by)["opened"], 1);
    }
    end(&house, offers[7], Outcome { text: Some("重做".to_owned()), ..outcome(Ending::Overridden) });
    catch_up(&house.cx(), &house.store, &[&REACTION]).unwrap();
    let row = ask(&officer, By::Source);
    for name in ["accepted", "overridden", "unanswered", "override_percent", "accept_percent"] {
        assert_eq!(row[name], Value::Null, "{name} would tell of the one: {row}");
    }
    assert_eq!((&row["offers"], &row["dismissed"]), (&json!(offers.len()), &json!(0)));
}

#[test]
fn a_link_is_good_for_one_card_and_a_quarter_of_an_hour() {
    let (house, env) = city();
    let shown = show(&house, &env, &[&OFFERS], &question(&["cbc"]));
    let uuid = shown.cards[0].uuid.as_str();
    let links = Links::open(&house.cx(), &house.store).unwrap();
    let (text, expires) = links.make(9, uuid, NOW);
    assert_eq!(expires, NOW + 15 * 60_000);
    // Another process, or the next one, has the same key.
    let link = Links::open(&house.cx(), &house.store).unwrap().read(&text, NOW).unwrap();
    assert_eq!((link.card.as_str(), link.account, link.expires), (uuid, 9, expires));
    assert!(links.read(&text, expires - 1).is_ok());
    assert!(links.read(&text, expires).is_err());
    for at in 0..text.len() {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'0' { b'1' } else { b'0' };
        assert!(links.read(&String::from_utf8(other).unwrap(), NOW).is_err(), "{at}");
    }
    for other in ["", "00", &text[2..], &format!("{text}00"), &"é".repeat(68)] {
        assert!(links.read(other, NOW).is_err());
    }
}
