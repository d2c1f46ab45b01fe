//! What became of the alerts of mutual recognition: figures, lists, who sees what, rebuilds.

use crate::harness::{House, somebody};
use base::{Cx, Kind};
use runtime::program::Given;
use runtime::rebuild;
use runtime::rules::Seeds;
use serde_json::{Value, json};

/// A city of two districts: `h1` and `c1` in the first, `h2` in the second; one registration at each.
pub fn city() -> House {
    let house = House::new();
    lay(&house);
    let area = |code: &str, name: &str, above: Option<&str>| {
        let mut area = json!({"resourceType": "Location", "id": format!("area-{code}"), "name": name,
            "identifier": [{"system": "urn:jingluo:area", "value": code}], "physicalType": {"coding": [{"code": "area"}]}});
        if let Some(above) = above {
            area["partOf"] = json!({"reference": format!("Location/area-{above}")});
        }
        area
    };
    let organization = |id: &str, kind: &str, above: Option<&str>, area: Option<&str>| {
        let mut organization = json!({"resourceType": "Organization", "id": id, "active": true, "name": format!("{id}医院"),
            "type": [{"coding": [{"system": "urn:jingluo:institution-kind", "code": kind}]}]});
        if let Some(above) = above {
            organization["partOf"] = json!({"reference": format!("Organization/{above}")});
        }
        if let Some(area) = area {
            organization["address"] = json!([{"extension": [{"url": "urn:jingluo:area", "valueCode": area}]}]);
        }
        organization
    };
    let patient = |id: &str, org: &str| {
        json!({"resourceType": "Patient", "id": id,
        "managingOrganization": {"reference": format!("Organization/{org}")}})
    };
    house.put(&[
        area("339900", "平川市", None),
        area("339901", "东湖区", Some("339900")),
        area("339902", "西山区", Some("339900")),
        organization("wjw", "Z100", None, Some("339901")),
        organization("d1", "Z100", Some("wjw"), Some("339901")),
        organization("d2", "Z100", Some("wjw"), Some("339902")),
        organization("h1", "A100", Some("d1"), Some("339901")),
        organization("c1", "B100", Some("d1"), Some("339901")),
        organization("h2", "A100", Some("d2"), Some("339902")),
        patient("p-h1", "h1"),
        patient("p-c1", "c1"),
        patient("p-h2", "h2"),
    ]);
    house
}

/// An alert as a card records it.
#[derive(Clone)]
pub struct Alert {
    pub id: String,
    pub org: &'static str,
    pub at: &'static str,
    pub item: &'static str,
    pub fen: i64,
    pub origin: &'static str,
    pub doctor: &'static str,
    pub opened: bool,
    pub kind: &'static str,
    pub report: String,
    /// Code, reason, and whether the patient was told.
    pub outcomes: Vec<(&'static str, &'static str)>,
}

pub fn alert(id: impl Into<String>, org: &'static str, item: &'static str, fen: i64) -> Alert {
    Alert {
        id: id.into(),
        org,
        at: "2026-03-02T01:00:00Z",
        item,
        fen,
        origin: "h2",
        doctor: "Practitioner/zhang",
        opened: false,
        kind: "offer",
        report: "r1".to_owned(),
        outcomes: Vec::new(),
    }
}

impl Alert {
    pub fn with(mut self, outcome: &'static str, reason: &'static str) -> Alert {
        self.outcomes.push((outcome, reason));
        self
    }

    pub fn json(&self) -> Value {
        let text = |url: &str, value: &str| json!({"url": format!("urn:jingluo:card:{url}"), "valueString": value});
        let mut extensions = vec![
            text("source", "recognition"),
            json!({"url": "urn:jingluo:card:kind", "valueCode": self.kind}),
            json!({"url": "urn:jingluo:card:hook", "valueCode": "order-sign"}),
            json!({"url": "urn:jingluo:card:institution",
                "valueReference": {"reference": format!("Organization/{}", self.org)}}),
            text("department", "内科"),
            text("user", self.doctor),
            json!({"url": "urn:jingluo:card:facts", "extension": [
                {"url": "item", "valueString": self.item},
                {"url": "item_zh", "valueString": if self.item == "glucose" { "血糖" } else { "胸部CT" }},
                {"url": "item_en", "valueString": self.item},
                {"url": "fen", "valueInteger": self.fen},
                {"url": "origin", "valueString": self.origin},
            ]}),
        ];
        if self.opened {
            extensions.push(json!({"url": "urn:jingluo:card:opened", "valueInstant": "2026-03-02T01:00:30Z"}));
        }
        let mut issue = json!({"resourceType": "DetectedIssue", "id": self.id, "extension": extensions,
            "status": if self.outcomes.is_empty() { "preliminary" } else { "final" },
            "code": {"coding": [{"system": "urn:jingluo:card", "code": "recognition"}], "text": "已有可互认的结果"},
            "patient": {"reference": format!("Patient/p-{}", self.org)},
            "identifiedDateTime": self.at,
            "implicated": [{"reference": format!("DiagnosticReport/{}", self.report)}]});
        let mitigation = |(outcome, reason): &(&str, &str)| {
            let mut codings = vec![json!({"system": "urn:jingluo:card:outcome", "code": outcome})];
            if !reason.is_empty() {
                codings.push(json!({"system": "urn:jingluo:recognition:reason", "code": reason}));
            }
            json!({"action": {"coding": codings}, "date": "2026-03-02T01:02:00Z"})
        };
        if !self.outcomes.is_empty() {
            issue["mitigation"] = self.outcomes.iter().map(mitigation).collect();
        }
        issue
    }
}

pub fn put(house: &House, alerts: &[Alert]) {
    house.put(&alerts.iter().map(Alert::json).collect::<Vec<_>>());
}

pub fn ask(house: &House, who: &str, operation: &str, params: &[(&str, &str)]) -> base::Result<Value> {
    let params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    house.ask(&somebody(who), "recognition", operation, &Given { params, body: Vec::new() })
}

pub const MARCH: [(&str, &str); 2] = [("from", "2026-03-01"), ("to", "2026-03-31")];

fn march(house: &House, who: &str, more: &[(&str, &str)]) -> Value {
    let params: Vec<(&str, &str)> = MARCH.iter().chain(more).copied().collect();
    ask(house, who, "statistics", &params).unwrap()
}

/// How many rows a list has that a figure names, following its pages.
fn length(house: &House, who: &str, list: &Value) -> usize {
    let (path, query) = list.as_str().unwrap().split_once('?').unwrap();
    let name = path.strip_prefix("/p/recognition/").unwrap();
    let params: Vec<(String, String)> = runtime::record::parse_query(query).unwrap();
    let mut rows = 0;
    let mut page: Option<String> = None;
    loop {
        let mut asked: Vec<(&str, &str)> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        asked.push(("count", "70"));
        if let Some(page) = &page {
            asked.push(("page", page));
        }
        let answer = house.list(&somebody(who), "recognition", name, &asked).unwrap();
        rows += answer["rows"].as_array().unwrap().len();
        match answer["next"].as_str() {
            Some(next) => page = Some(next.to_owned()),
            None => return rows,
        }
    }
}

/// The worked example of the facts (care.md §1.5).
fn worked_example() -> Vec<Alert> {
    let mut alerts = Vec::new();
    alerts.extend((0..500).map(|nth| alert(format!("g{nth}"), "h1", "glucose", 500).with("accepted", "")));
    alerts.extend((0..320).map(|nth| alert(format!("c{nth}"), "h1", "chestct", 22_000).with("accepted", "")));
    alerts.extend((0..130).map(|nth| {
        let reason = if nth < 100 { "condition-changed" } else { "emergency" };
        alert(format!("o{nth}"), "h1", "chestct", 22_000).with("overridden", reason)
    }));
    alerts.extend((0..20).map(|nth| alert(format!("d{nth}"), "h1", "glucose", 500).with("dismissed", "")));
    alerts.extend((0..30).map(|nth| alert(format!("u{nth}"), "h1", "glucose", 500)));
    alerts
}

#[test]
fn the_worked_example_comes_out_exactly() {
    let house = city();
    put(&house, &worked_example());
    let answer = march(&house, "officer:d1", &[]);
    let totals = &answer["totals"];
    assert_eq!((&totals["shown"], &totals["accepted"]), (&json!(1_000), &json!(820)));
    assert_eq!((&totals["overridden"], &totals["unanswered"]), (&json!(130), &json!(50)));
    assert_eq!(totals["rate_alerts"].to_string(), "82.0");
    assert_eq!(totals["rate_decisions"].to_string(), "86.3");
    assert_eq!(totals["saved_fen"], 7_290_000, "72,900 yuan");
    assert_eq!((&totals["dismissed"], &totals["open"]), (&json!(20), &json!(0)), "of the unanswered");
    let reasons: Vec<(&str, i64)> = answer["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| (reason["code"].as_str().unwrap(), reason["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(reasons, [("condition-changed", 100), ("emergency", 30)]);
    assert_eq!(answer["reasons"][0]["zh"], "因病情变化，结果与临床表现、诊断不符，难以满足诊疗需要");
}

#[test]
fn every_figure_opens_into_its_list() {
    let house = city();
    put(&house, &worked_example());
    let mut more = alert("w1", "h2", "glucose", 500).with("accepted", "");
    more.opened = true;
    let information = Alert { kind: "information", ..alert("w2", "h2", "glucose", 500) };
    put(&house, &[more, information]);
    for who in ["integration", "clinician:h1", "clinician:h2"] {
        for by in ["item", "hospital", "department", "district", "month", "doctor", "reason", "origin"] {
            let answer = march(&house, who, &[("by", by)]);
            let rows = answer["rows"].as_array().unwrap();
            assert!(!rows.is_empty() || by == "reason", "{who} {by}");
            for figures in rows.iter().chain([&answer["totals"]]) {
                for name in ["shown", "opened", "accepted", "overridden", "unanswered", "dismissed", "open", "changed"]
                {
                    let count = figures[name].as_u64().unwrap() as usize;
                    assert_eq!(
                        length(&house, who, &figures["lists"][name]),
                        count,
                        "{who} by {by}: {name} of {figures}"
                    );
                }
            }
            if by != "reason" {
                let sum = |name: &str| rows.iter().map(|row| row[name].as_i64().unwrap()).sum::<i64>();
                for name in ["shown", "opened", "accepted", "overridden", "unanswered", "saved_fen"] {
                    assert_eq!(sum(name), answer["totals"][name].as_i64().unwrap(), "{who} by {by}: {name}");
                }
            }
        }
    }
}

#[test]
fn an_alert_counts_once_and_as_it_stands_last() {
    let house = city();
    let shown = alert("a1", "h1", "glucose", 500);
    put(&house, std::slice::from_ref(&shown));
    put(&house, std::slice::from_ref(&shown));
    let totals = |house: &House| {
        let totals = march(house, "integration", &[])["totals"].clone();
        ["shown", "accepted", "overridden", "unanswered", "saved_fen"].map(|name| totals[name].as_i64().unwrap())
    };
    assert_eq!(totals(&house), [1, 0, 0, 1, 0]);
    let closed = shown.with("dismissed", "");
    put(&house, std::slice::from_ref(&closed));
    assert_eq!(totals(&house), [1, 0, 0, 1, 0]);
    let recognised = closed.with("accepted", "");
    put(&house, std::slice::from_ref(&recognised));
    put(&house, std::slice::from_ref(&recognised));
    assert_eq!(totals(&house), [1, 1, 0, 0, 500]);
    let anyway = recognised.with("overridden", "emergency");
    put(&house, std::slice::from_ref(&anyway));
    assert_eq!(totals(&house), [1, 0, 1, 0, 0]);
    put(&house, &[anyway.with("dismissed", "")]);
    assert_eq!(totals(&house), [1, 0, 1, 0, 0], "closing it again takes no choice back");
    house.delete("DetectedIssue", "a1");
    assert_eq!(totals(&house), [0, 0, 0, 0, 0]);
}

#[test]
fn a_rebuild_ends_at_the_same_numbers() {
    let house = city();
    put(&house, &worked_example());
    put(&house, &[alert("g1", "h1", "glucose", 500).with("overridden", "emergency")]);
    house.delete("DetectedIssue", "g2");
    let by_item = march(&house, "integration", &[]);
    let list = house.list(&somebody("integration"), "recognition", "alerts", &MARCH).unwrap();
    let reactions = programs::reactions();
    let keeper = rebuild::keeper(&reactions, "recognition.alerts").unwrap();
    rebuild::begin(&Cx::platform(), &house.env.store, keeper).unwrap();
    assert_eq!(march(&house, "integration", &[])["totals"]["shown"], 0);
    house.follow();
    assert_eq!(march(&house, "integration", &[])["rows"], by_item["rows"]);
    assert_eq!(house.list(&somebody("integration"), "recognition", "alerts", &MARCH).unwrap(), list);
}

#[test]
fn each_sees_what_is_theirs() {
    let house = city();
    put(&house, &worked_example());
    let there: Vec<Alert> =
        (0..40).map(|nth| alert(format!("x{nth}"), "h2", "glucose", 500).with("accepted", "")).collect();
    put(&house, &there);
    let shown = |who: &str| march(&house, who, &[])["totals"]["shown"].clone();
    assert_eq!(shown("integration"), 1_040);
    assert_eq!(shown("officer:wjw"), 1_040);
    assert_eq!(shown("officer:d1"), 1_000);
    assert_eq!(shown("officer:d2"), 40);
    assert_eq!(shown("clinician:h1"), 1_000);
    assert_eq!(shown("clinician:h2"), 40);
    assert_eq!(shown("clinician:c1"), 0);
    let outside = ask(&house, "officer:d2", "statistics", &[("institution", "h1")]).unwrap_err();
    assert_eq!(outside.kind, Kind::NotFound);
    let outside = ask(&house, "clinician:h2", "statistics", &[("institution", "h1")]).unwrap_err();
    assert_eq!(outside.kind, Kind::NotFound);
    for who in ["admin", "resident:x"] {
        assert_eq!(ask(&house, who, "statistics", &[]).unwrap_err().kind, Kind::Forbidden);
    }
    // A clinician's list holds registrations; an officer's counts only.
    let list = |who: &str| house.list(&somebody(who), "recognition", "alerts", &MARCH).unwrap();
    let own = list("clinician:h2");
    assert_eq!(own["rows"].as_array().unwrap().len(), 40);
    assert!(own["rows"].as_array().unwrap().iter().all(|row| row["patient"]["id"] == "p-h2"));
    for row in list("officer:d1")["rows"].as_array().unwrap() {
        for personal in ["patient", "card", "at", "doctor", "explanation"] {
            assert_eq!(row[personal], Value::Null, "{row}");
        }
    }
    let text = list("officer:wjw").to_string();
    assert!(!text.contains("p-h1") && !text.contains("zhang"), "{text}");
}

#[test]
fn small_counts_are_not_told_to_officers() {
    let house = city();
    let many = |prefix: &str, org: &'static str, count: usize| {
        (0..count)
            .map(|nth| alert(format!("{prefix}{nth}"), org, "glucose", 500).with("accepted", ""))
            .collect::<Vec<_>>()
    };
    put(&house, &many("a", "h1", 30));
    put(&house, &many("b", "c1", 9));
    put(&house, &many("c", "h2", 2));
    let answer = march(&house, "officer:wjw", &[("by", "hospital")]);
    assert_eq!(answer["totals"]["shown"], 41);
    let row = |key: &str| {
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().find(|row| row["key"] == key).unwrap().clone()
    };
    assert_eq!(row("h1")["shown"], 30);
    for hidden in ["c1", "h2"] {
        for name in ["shown", "accepted", "saved_fen", "rate_alerts"] {
            assert_eq!(row(hidden)[name], Value::Null, "{hidden} {name}");
        }
    }
    let alone = march(&house, "officer:d2", &[]);
    assert_eq!(alone["totals"]["shown"], Value::Null);
    let list = house.list(&somebody("officer:wjw"), "recognition", "alerts", &MARCH).unwrap();
    let counts: Vec<&Value> = list["rows"].as_array().unwrap().iter().map(|row| &row["count"]).collect();
    assert_eq!(counts, [&json!(30), &Value::Null, &Value::Null]);
    // Their own clinicians see them.
    assert_eq!(march(&house, "clinician:h2", &[])["totals"]["accepted"], 2);
}

#[test]
fn questions_are_held_against_recognitions() {
    let house = city();
    put(&house, &worked_example());
    let asked = |institution: &str, add: i64| store::ShelfOp::Tally {
        space: "cards.asked".to_owned(),
        key: format!("recognition|{institution}"),
        day: 20_514,
        add,
    };
    let shelves = vec![asked("h1", 9_840), asked("h2", 50)];
    house.env.store.write(&Cx::platform(), store::Batch { shelves, ..store::Batch::default() }).unwrap();
    let totals = |who: &str, more: &[(&str, &str)]| march(&house, who, more)["totals"].clone();
    let own = totals("clinician:h1", &[]);
    assert_eq!((own["queries"].as_i64(), own["per_accepted"].to_string()), (Some(9_840), "12.0".to_owned()));
    assert_eq!(totals("officer:wjw", &[])["queries"], 9_890);
    assert_eq!(totals("officer:d2", &[])["queries"], 50);
    // They are not counted by item.
    assert_eq!(totals("officer:wjw", &[("item", "glucose")])["queries"], Value::Null);
    let by_hospital = march(&house, "integration", &[("by", "hospital")]);
    assert_eq!(by_hospital["rows"][0]["queries"], 9_840);
}

#[test]
fn few_questions_are_hidden_from_officers() {
    let house = city();
    let twenty = |name: &str, institution: &'static str| -> Vec<Alert> {
        let one = |nth: u32| alert(format!("{name}{nth}"), institution, "glucose", 500).with("accepted", "");
        (0..20).map(one).collect()
    };
    put(&house, &worked_example());
    put(&house, &twenty("n", "h2"));
    let asked = |institution: &str, add: i64| {
        let key = format!("recognition|{institution}");
        let tally = store::ShelfOp::Tally { space: "cards.asked".to_owned(), key, day: 20_514, add };
        let batch = store::Batch { shelves: vec![tally], ..store::Batch::default() };
        house.env.store.write(&Cx::platform(), batch).unwrap();
    };
    let queries = |who: &str, by: &str| -> Vec<(String, Value, Value, Value)> {
        let answer = march(&house, who, &[("by", by)]);
        let rows = answer["rows"].as_array().unwrap().iter().chain([&answer["totals"]]);
        let mut rows: Vec<_> = rows
            .map(|row| {
                let key = row["key"].as_str().unwrap_or_default().to_owned();
                (key, row["queries"].clone(), row["per_accepted"].clone(), row["queries_hidden"].clone())
            })
            .collect();
        rows.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        rows
    };
    let row = |key: &str, queries: Value, per: Value, hidden: bool| (key.to_owned(), queries, per, json!(hidden));
    asked("h2", 3);
    assert_eq!(queries("officer:wjw", "hospital")[0], row("", Value::Null, Value::Null, true), "three in all");
    asked("h2", 60);
    asked("h1", 9_840);
    // An institution without an alert has no row; its few questions are what is left of the whole.
    asked("c1", 2);
    let told = queries("officer:wjw", "hospital");
    assert_eq!(told[0], row("", json!(9_905), json!(11.8), false));
    assert_eq!(told[1], row("h1", json!(9_840), json!(12.0), false));
    assert_eq!(told[2], row("h2", Value::Null, Value::Null, true));
    put(&house, &twenty("m", "c1"));
    let told = queries("officer:wjw", "hospital");
    assert_eq!(told[1], row("c1", Value::Null, Value::Null, true));
    assert_eq!((&told[2].1, &told[3]), (&json!(9_840), &row("h2", Value::Null, Value::Null, true)));
    let own = queries("clinician:c1", "hospital");
    assert_eq!((&own[0].1, &own[1].1), (&json!(2), &json!(2)), "their own clinicians see them");
    assert!(queries("officer:wjw", "item").iter().skip(1).all(|row| row.1.is_null() && row.3 == false), "not divided");
}

#[test]
fn reasons_are_listed_by_institution() {
    let house = city();
    put(&house, &worked_example());
    let list = house.list(&somebody("clinician:h1"), "recognition", "reasons", &MARCH).unwrap();
    let rows: Vec<(&str, i64)> = list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["reason"]["code"].as_str().unwrap(), row["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(rows, [("condition-changed", 100), ("emergency", 30)]);
    assert_eq!(length(&house, "clinician:h1", &list["rows"][0]["list"]), 100);
}

#[test]
fn a_span_too_long_or_turned_round_is_refused() {
    let house = city();
    let refused = |params: &[(&str, &str)]| ask(&house, "integration", "statistics", params).unwrap_err().kind;
    assert_eq!(refused(&[("from", "2024-01-01"), ("to", "2026-01-01")]), Kind::TooCostly);
    assert_eq!(refused(&[("from", "2026-02-01"), ("to", "2026-01-01")]), Kind::Invalid);
    assert_eq!(refused(&[("from", "yesterday")]), Kind::Invalid);
    assert_eq!(refused(&[("by", "weather")]), Kind::Invalid);
}

/// The shipped rules.
fn lay(house: &House) {
    runtime::rules::lay(&Cx::platform(), &house.env.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
}
