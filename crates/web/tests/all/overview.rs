//! The overview over HTTP: who sees which numbers, small counts hidden, every number down to the resources it counts.

use crate::harness::{Client, Server};
use base::{Clock, Cx, Role};
use runtime::reactions::catch_up;
use serde_json::{Value, json};

/// 2026-03-03T10:30+08:00, a Tuesday.
const NOW: i64 = 1_772_505_000_000;
const TODAY: &str = "2026-03-03";

/// A city of two districts with two streets each: hospitals with departments in `d1`, small ones in `d2`.
struct City {
    server: Server,
    system: Client,
    entries: Vec<Value>,
}

impl City {
    fn new() -> City {
        let server = Server::on(Clock::fixed(NOW));
        let mut city = City { system: server.system(), server, entries: Vec::new() };
        city.area("339900", "平川市", None);
        for (code, name) in [("339901", "东湖区"), ("339902", "西山区")] {
            city.area(code, name, Some("339900"));
            for street in 1..=2 {
                city.area(&format!("{code}00{street}"), &format!("{name}{street}街道"), Some(code));
            }
        }
        // The city's commission has its seat in one of the districts.
        city.organization("wjw", "Z100", None, Some("339901"));
        city.organization("d1", "Z100", Some("wjw"), Some("339901"));
        city.organization("d2", "Z100", Some("wjw"), Some("339902"));
        city.organization("h1", "A100", Some("d1"), Some("339901001"));
        city.organization("h1-in", "Z600", Some("h1"), None);
        city.organization("h1-ed", "Z600", Some("h1"), None);
        city.organization("c1", "B100", Some("d1"), Some("339901002"));
        city.organization("h2", "A100", Some("d2"), Some("339902001"));
        city.organization("c2", "B100", Some("d2"), Some("339902002"));
        city.put(json!({"resourceType": "Location", "id": "w1", "name": "一病区", "physicalType": {"coding": [{"code": "wa"}]},
            "extension": [{"url": "urn:jingluo:beds", "valueInteger": 40}],
            "managingOrganization": {"reference": "Organization/h1-in"}}));
        for org in ["h1", "c1", "h2", "c2"] {
            city.put(json!({"resourceType": "Patient", "id": format!("p-{org}"),
                "managingOrganization": {"reference": format!("Organization/{org}")}}));
        }
        city
    }

    fn area(&mut self, code: &str, name: &str, above: Option<&str>) {
        let mut area = json!({"resourceType": "Location", "id": format!("area-{code}"), "name": name,
            "identifier": [{"system": "urn:jingluo:area", "value": code}], "physicalType": {"coding": [{"code": "area"}]}});
        if let Some(above) = above {
            area["partOf"] = json!({"reference": format!("Location/area-{above}")});
        }
        self.put(area);
    }

    fn organization(&mut self, id: &str, kind: &str, above: Option<&str>, area: Option<&str>) {
        let mut organization = json!({"resourceType": "Organization", "id": id, "active": true, "name": id,
            "type": [{"coding": [{"system": "urn:jingluo:institution-kind", "code": kind}]}]});
        if let Some(above) = above {
            organization["partOf"] = json!({"reference": format!("Organization/{above}")});
        }
        if let Some(area) = area {
            organization["address"] = json!([{"extension": [{"url": "urn:jingluo:area", "valueCode": area}]}]);
        }
        self.put(organization);
    }

    /// So many visits to a department (or an institution), spread over the hours from eight.
    fn visits(&mut self, org: &str, day: &str, count: usize) {
        let top = org.split('-').next().unwrap();
        for nth in 0..count {
            let (hour, class) = (8 + nth % 4, if nth % 3 == 0 { "EMER" } else { "AMB" });
            self.put(json!({"resourceType": "Encounter", "id": format!("v-{org}-{day}-{nth}"), "status": "finished",
                "meta": {"source": format!("urn:jingluo:institution:{top}")}, "class": {"code": class},
                "subject": {"reference": format!("Patient/p-{top}")},
                "period": {"start": format!("{day}T{hour:02}:10:00+08:00"), "end": format!("{day}T{hour:02}:30:00+08:00")},
                "serviceProvider": {"reference": format!("Organization/{org}")}}));
        }
    }

    fn put(&mut self, resource: Value) {
        let url = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        self.entries.push(json!({"resource": resource, "request": {"method": "PUT", "url": url}}));
    }

    /// Sends what was gathered and lets the reactions follow.
    fn send(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let sent =
            self.system.post("", &json!({"resourceType": "Bundle", "type": "batch", "entry": entries})).expect(200);
        for entry in sent["entry"].as_array().unwrap() {
            let status = entry["response"]["status"].as_str().unwrap();
            assert!(status.starts_with("20"), "{entry}");
        }
        let cx = Cx { clock: Clock::fixed(NOW), ..Cx::platform() };
        catch_up(&cx, &self.server.store, &programs::reactions()).unwrap();
    }

    fn ask(&self, who: &Client, what: &str) -> crate::harness::Reply {
        who.get(&format!("http://{}/api/programs/overview/{what}", self.server.address))
    }

    fn officer(&self, scope: &str) -> Client {
        self.server.user(&format!("officer-{scope}"), Role::Officer, Some(scope))
    }
}

#[track_caller]
fn figure<'a>(board: &'a Value, key: &str) -> &'a Value {
    board["figures"].as_array().unwrap().iter().find(|figure| figure["key"] == key).unwrap()
}

#[track_caller]
fn row<'a>(table: &'a Value, key: &str) -> &'a Value {
    let rows = table["rows"].as_array().unwrap_or_else(|| panic!("{table}"));
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no row `{key}` in {table}"))
}

/// The parameters of the breakdown that a row opens.
#[track_caller]
fn opened(row: &Value) -> String {
    let params = row["opens"]["breakdown"].as_object().unwrap_or_else(|| panic!("{row} opens nothing"));
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    format!("breakdown?{}", pairs.join("&"))
}

#[test]
fn the_board_counts_today_against_the_same_weekday() {
    let mut city = City::new();
    city.visits("h1-in", TODAY, 12);
    for week in ["2026-02-24", "2026-02-17", "2026-02-10", "2026-02-03"] {
        city.visits("h1-in", week, 16);
    }
    city.visits("c1", TODAY, 5);
    city.send();
    let board = city.ask(&city.system, "city").expect(200);
    assert_eq!(board["area"], json!({"code": "339900", "name": "平川市", "kind": "city"}));
    assert_eq!(board["day"], TODAY);
    assert_eq!(board["counting"]["behind"], 0);
    let visits = figure(&board, "visits");
    assert_eq!((&visits["value"], &visits["hidden"]), (&json!(17), &json!(false)));
    // At half past ten, two and a half of the four usual hours have passed.
    assert_eq!(visits["compare"], json!({"kind": "same-weekday", "value": 10.0, "share_of_day": 0.625}));
    assert_eq!(figure(&board, "institutions")["value"], 4);
    assert_eq!(figure(&board, "beds")["value"], 40);
    assert_eq!(figure(&board, "residents")["value"], 2, "registrations at community centres");
    assert_eq!(figure(&board, "registrations")["value"], 4);
    assert_eq!(board["by_area"][0]["code"], "339901");
    assert_eq!((&board["by_area"][0]["visits"], &board["by_area"][0]["visits_usual"]), (&json!(17), &json!(10.0)));
    assert_eq!(board["hours"][8], 5);
    assert_eq!(board["usual_hours"][11], 4.0);
    let trend = board["trend"].as_array().unwrap();
    assert_eq!((trend.len(), &trend[89]["day"], &trend[89]["visits"]), (90, &json!(TODAY), &json!(17)));
    assert_eq!(trend[82]["visits"], 16);
    // A day that is over is compared as a whole.
    let past = city.ask(&city.system, "city?day=2026-02-24").expect(200);
    assert_eq!(figure(&past, "visits")["compare"], json!({"kind": "same-weekday", "value": 16.0, "share_of_day": 1.0}));
    city.ask(&city.system, "city?day=2026-03-04").refused(400, "invalid", "still to come");
    city.ask(&city.system, "city?area=nowhere").refused(404, "not-found", "nowhere");
}

#[test]
fn every_number_opens_down_to_a_search_that_finds_as_many() {
    let mut city = City::new();
    city.visits("h1-in", TODAY, 9);
    city.visits("h1-ed", TODAY, 6);
    city.visits("c1", TODAY, 7);
    for (nth, status) in [(0, "in-progress"), (1, "in-progress"), (2, "finished")] {
        let end = if status == "finished" { json!("2026-03-03T09:00:00+08:00") } else { Value::Null };
        let mut stay = json!({"resourceType": "Encounter", "id": format!("s{nth}"), "status": status, "class": {"code": "IMP"},
            "subject": {"reference": "Patient/p-h1"}, "period": {"start": "2026-03-02T23:59:59+08:00"},
            "serviceProvider": {"reference": "Organization/h1-in"}, "location": [{"location": {"reference": "Location/w1"}}]});
        if !end.is_null() {
            stay["period"]["end"] = end;
        }
        city.put(stay);
    }
    for nth in 0..6 {
        city.put(json!({"resourceType": "DiagnosticReport", "id": format!("r{nth}"), "status": "final", "code": {"text": "x"},
            "subject": {"reference": "Patient/p-c1"}, "issued": format!("2026-03-03T0{nth}:00:00+08:00"),
            "performer": [{"reference": "Organization/c1"}]}));
        city.put(
            json!({"resourceType": "Composition", "id": format!("k{nth}"), "status": "final", "title": "传染病报告卡",
            "meta": {"source": "urn:jingluo:institution:h1"}, "type": {"coding": [{"code": "infectious-report"}]},
            "subject": {"reference": "Patient/p-h1"}, "author": [{"display": "x"}], "date": "2026-03-03T08:00:00+08:00",
            "event": [{"code": [{"coding": [{"code": if nth < 5 { "A09" } else { "B05" }, "display": "某病"}]}]}]}),
        );
    }
    city.send();
    let mut leaves = 0;
    let board = city.ask(&city.system, "city").expect(200);
    for key in ["residents", "registrations", "visits", "reports", "cards", "in_bed"] {
        let figure = figure(&board, key);
        let total = figure["value"].as_i64().unwrap();
        assert!(total > 0, "{key}");
        let sum = follow(&city, &opened(figure), &mut leaves);
        assert_eq!(sum, total, "the rows of `{key}` add up");
    }
    for (figure, by) in [("visits", "hour"), ("visits", "class"), ("cards", "disease"), ("admissions", "institution")] {
        follow(&city, &format!("breakdown?figure={figure}&by={by}&day=2026-03-02"), &mut leaves);
        follow(&city, &format!("breakdown?figure={figure}&by={by}"), &mut leaves);
    }
    assert_eq!(follow(&city, "breakdown?figure=discharges", &mut leaves), 1);
    assert!(leaves > 20, "{leaves} searches were compared");
}

/// Opens every row of a breakdown; the sum of its values. At the end a search must find exactly as many.
fn follow(city: &City, what: &str, leaves: &mut usize) -> i64 {
    let table = city.ask(&city.system, what).expect(200);
    let mut sum = 0;
    for row in table["rows"].as_array().unwrap() {
        let value = row["value"].as_i64().unwrap();
        sum += value;
        if let Some(browse) = row["opens"]["browse"].as_str() {
            let search = browse.strip_prefix("/browse").unwrap();
            let found = city.system.get(&format!("{search}&_summary=count")).expect(200);
            assert_eq!(found["total"], value, "{search} of {row}");
            *leaves += 1;
        } else {
            assert_eq!(follow(city, &opened(row), leaves), value, "{row} of {what}");
        }
    }
    sum
}

#[test]
fn an_officer_sees_the_own_subtree_and_no_small_counts() {
    let mut city = City::new();
    city.visits("h1-in", TODAY, 20);
    city.visits("h1-ed", TODAY, 3);
    city.visits("c1", TODAY, 9);
    city.visits("h2", TODAY, 3);
    city.visits("c2", TODAY, 7);
    city.send();
    let whole = city.officer("wjw");
    let board = city.ask(&whole, "city").expect(200);
    assert_eq!(figure(&board, "visits")["value"], 42);
    // Of the second district (ten visits) one street has three: both streets are hidden, the district is not.
    assert_eq!(board["by_area"][1]["visits"], 10);
    let streets = city.ask(&whole, "breakdown?figure=visits&by=area&area=339902").expect(200);
    for row in streets["rows"].as_array().unwrap() {
        assert_eq!((&row["value"], &row["hidden"], &row["usual"]), (&Value::Null, &json!(true), &Value::Null), "{row}");
    }
    let institutions = city.ask(&whole, "breakdown?figure=visits&by=institution").expect(200);
    assert_eq!(row(&institutions, "h1")["value"], 23);
    assert_eq!(row(&institutions, "c1")["value"], 9);
    assert_eq!((&row(&institutions, "h2")["value"], &row(&institutions, "c2")["value"]), (&Value::Null, &Value::Null));
    let street = city.ask(&whole, "city?area=339902002").expect(200);
    assert_eq!(figure(&street, "visits")["value"], Value::Null, "seven here are all but the hidden three");
    assert_eq!(figure(&street, "visits")["hidden"], true);
    assert_eq!(street["trend"][89]["visits"], Value::Null);
    let departments = city.ask(&whole, "breakdown?figure=visits&by=department&institution=h1").expect(200);
    for row in departments["rows"].as_array().unwrap() {
        assert_eq!((&row["value"], &row["opens"]), (&Value::Null, &Value::Null), "{row}");
    }
    let text = city.ask(&whole, "breakdown?figure=visits&by=institution").body;
    assert!(!text.contains("browse"), "an officer opens no resources: {text}");

    let district = city.officer("d2");
    let board = city.ask(&district, "city").expect(200);
    assert_eq!(board["area"], json!({"code": "339902", "name": "西山区", "kind": "district"}));
    assert_eq!(figure(&board, "visits")["value"], 10);
    assert_eq!(figure(&board, "institutions")["value"], 2);
    let codes: Vec<&Value> = board["by_area"].as_array().unwrap().iter().map(|area| &area["code"]).collect();
    assert_eq!(codes, ["339902001", "339902002"]);
    city.ask(&district, "city?area=339901").refused(403, "forbidden", "西山区");
    city.ask(&district, "breakdown?figure=visits&institution=h1").refused(404, "not-found", "h1");
    let quality = city.ask(&district, "quality").expect(200);
    let ids: Vec<&Value> = quality["rows"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&&json!("h2")) && ids.contains(&&json!("c2")));
}

#[test]
fn a_clinician_sees_the_own_institution_and_opens_its_resources() {
    let mut city = City::new();
    city.visits("h1-in", TODAY, 4);
    city.visits("h1-ed", TODAY, 2);
    city.visits("c1", TODAY, 9);
    city.send();
    let clinician = city.server.user("doctor", Role::Clinician, Some("h1"));
    let board = city.ask(&clinician, "city").expect(200);
    assert_eq!(board["area"]["kind"], "institution");
    assert_eq!(figure(&board, "visits")["value"], 6);
    let departments = city.ask(&clinician, "breakdown?figure=visits&by=department").expect(200);
    assert_eq!(departments["rows"].as_array().unwrap().len(), 2);
    let browse = row(&departments, "h1-ed")["opens"]["browse"].as_str().unwrap().to_owned();
    let found = clinician.get(&format!("{}&_summary=count", browse.strip_prefix("/browse").unwrap())).expect(200);
    assert_eq!(found["total"], 2);
    city.ask(&clinician, "city?area=339901").refused(403, "forbidden", "outside");
    city.ask(&city.server.user("admin", Role::Admin, None), "city").refused(403, "forbidden", "admin");
    city.ask(&city.server.user("new", Role::Clinician, Some("nowhere")), "city").expect(200);
}

#[test]
fn quality_tells_who_is_silent_late_or_badly_coded() {
    let mut city = City::new();
    for week in ["2026-02-24", "2026-02-17", "2026-02-10", "2026-02-03"] {
        city.visits("c1", week, 8);
        city.visits("c2", week, 8);
    }
    city.visits("c1", TODAY, 6);
    for (nth, system) in
        ["http://loinc.org", "urn:jingluo:local:c1", "urn:jingluo:local:c1", "http://loinc.org"].iter().enumerate()
    {
        city.put(json!({"resourceType": "Observation", "id": format!("o{nth}"), "status": "final",
            "meta": {"source": "urn:jingluo:institution:c1"}, "subject": {"reference": "Patient/p-c1"},
            "code": {"coding": [{"system": system, "code": "K1"}]}, "effectiveDateTime": "2026-03-03T10:20:00+08:00"}));
    }
    city.send();
    let quality = city.ask(&city.system, "quality").expect(200);
    let of = |id: &str| quality["rows"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone();
    let (good, silent) = (of("c1"), of("c2"));
    assert_eq!((&good["messages"], &silent["messages"]), (&json!(10), &json!(0)));
    assert_eq!((&good["expected"], &silent["expected"]), (&json!(5.0), &json!(5.0)), "by half past ten");
    assert_eq!((&good["unknown_codes_share"], &silent["unknown_codes_share"]), (&json!(0.5), &Value::Null));
    assert_eq!(
        (&good["late_share"], &silent["late_share"]),
        (&json!(0.0), &Value::Null),
        "what was loaded tells nothing"
    );
    assert!(good["delay_median_minutes"].as_i64().unwrap() < 60, "{good}");
    assert_eq!(good["last_message_at"], "2026-03-03T02:30:00.000Z");
}
