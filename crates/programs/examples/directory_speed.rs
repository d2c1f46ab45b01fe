//! How fast the directory answers: `cargo run --release -p programs --example directory_speed [institutions]`.
//!
//! Makes a record in a temporary folder with 16 districts, that many institutions (3,000 unless said otherwise), more
//! than three departments, wards and six posts for each, lets the reaction follow and asks each thing twenty times.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement stops at the first surprise and prints")]

use base::{Clock, Cx, Stopwatch};
use runtime::program::{Env, Given, Kept, ListQuery, Run};
use runtime::reactions::catch_up;
use runtime::record::Site;
use serde_json::{Value, json};
use store::{Batch, Expect, Options, Put, Store, Write};

const BATCH: usize = 500;
const TIMES: usize = 20;

fn main() {
    let institutions: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let folder = tempfile::TempDir::new().unwrap();
    // The clock stands while a city is laid in: everything is committed at one instant, which is hardest for the changes.
    let clock = Clock::fixed(1_795_276_740_000);
    let store = Store::open(folder.path(), Options { sync: false, clock, ..Options::default() }).unwrap();
    let resources = resources(institutions);
    for some in resources.chunks(BATCH) {
        let writes = some.iter().map(write).collect();
        store.write(&Cx::platform(), Batch { writes, ..Batch::default() }).unwrap();
    }
    let reactions: Vec<_> = programs::reactions().into_iter().filter(|one| one.name == "directory").collect();
    let watch = Stopwatch::start();
    catch_up(&Cx::platform(), &store, &reactions).unwrap();
    let seconds = watch.elapsed().as_secs_f64();
    println!(
        "reaction      {} resources in {seconds:.2} s, {:.0}/s",
        resources.len(),
        resources.len() as f64 / seconds
    );
    let site = Site { base_url: "http://x/fhir".to_owned(), zone: base::zone::Zone::default() };
    let env = Env { store, site, kept: Kept::default() };
    let watch = Stopwatch::start();
    let picture = programs::directory::picture(&env).unwrap();
    let (count, millis) = (picture.institutions.len(), watch.elapsed().as_secs_f64() * 1e3);
    println!("picture       {count} organizations and {} sites, made in {millis:.1} ms", picture.sites.len());
    ask(&env, "tree", &[]);
    ask(&env, "tree", &[("parent", "d3")]);
    ask(&env, "tree", &[("path", "h5-1")]);
    ask(&env, "institution", &[("id", "h5")]);
    ask(&env, "institution", &[("id", "d3")]);
    ask(&env, "map", &[("measure", "beds")]);
    for params in [
        [("count", "50"), ("x", "")],
        [("count", "50"), ("q", "医院")],
        [("count", "50"), ("q", "rmyy")],
        [("count", "50"), ("sort", "-beds")],
        [("count", "500"), ("class", "department")],
    ] {
        list(&env, "institutions", &params);
    }
    list(&env, "posts", &[("count", "50")]);
    list(&env, "posts", &[("count", "50"), ("q", "zhangwei4999")]);
    list(&env, "posts", &[("count", "50"), ("q", "zhangw")]);
    list(&env, "posts", &[("count", "50"), ("sort", "practitioner")]);
    list(&env, "posts", &[("count", "50"), ("institution", "h5")]);
    list(&env, "posts", &[("count", "50"), ("sort", "practitioner"), ("institution", "d3")]);
    list(&env, "beds", &[("count", "50"), ("q", "内科")]);
    list(&env, "services", &[("count", "50")]);
    list(&env, "changes", &[("count", "50")]);
}

fn write(json: &Value) -> Write {
    let resource = fhir::parse(json.to_string().as_bytes(), &fhir::Limits::default()).unwrap();
    Write::Put(Put { id: json["id"].as_str().unwrap().to_owned(), resource, expect: Expect::Any, source: None })
}

fn resources(institutions: usize) -> Vec<Value> {
    let of = |id: &str| json!({ "reference": format!("Organization/{id}") });
    let kind = |code: &str| json!([{ "coding": [{ "system": "urn:jingluo:institution-kind", "code": code }] }]);
    let area = |code: String| json!([{ "extension": [{ "url": "urn:jingluo:area", "valueCode": code }] }]);
    let mut all =
        vec![json!({ "resourceType": "Organization", "id": "city", "name": "市卫健委", "type": kind("Z100") })];
    for nth in 0..16 {
        let id = format!("d{nth}");
        all.push(
            json!({ "resourceType": "Organization", "id": id, "name": format!("第{nth}区卫健委"), "type": kind("Z100"),
            "partOf": of("city"), "address": area(format!("3399{:02}", nth + 1)) }),
        );
    }
    for nth in 0..institutions {
        let (id, district) = (format!("h{nth}"), nth % 16);
        all.push(json!({ "resourceType": "Organization", "id": id, "name": format!("平川市第{nth}人民医院"),
            "type": kind("A100"), "partOf": of(&format!("d{district}")), "address": area(format!("3399{:02}001", district + 1)) }));
        all.push(json!({ "resourceType": "HealthcareService", "id": format!("s{nth}"), "name": "发热门诊", "providedBy": of(&id) }));
        for part in 0..=(3 + usize::from(nth % 3 == 0)) {
            let department = format!("{id}-{part}");
            all.push(json!({ "resourceType": "Organization", "id": department, "name": format!("内科{part}"),
                "type": kind("Z600"), "partOf": of(&id) }));
            all.push(json!({ "resourceType": "Location", "id": format!("w{department}"), "name": format!("内科{part}病区"),
                "extension": [{ "url": "urn:jingluo:beds", "valueInteger": 30 }], "physicalType": { "coding": [{ "code": "wa" }] },
                "managingOrganization": of(&department) }));
            for post in 0..2 {
                let (doctor, name) = (format!("p{department}-{post}"), format!("伟{}", nth * 2 + post));
                all.push(json!({ "resourceType": "Practitioner", "id": doctor, "name": [{ "family": "张", "given": [name] }] }));
                all.push(json!({ "resourceType": "PractitionerRole", "id": format!("r{department}-{post}"),
                    "practitioner": { "reference": format!("Practitioner/{doctor}") }, "organization": of(&department) }));
            }
        }
    }
    all
}

fn ask(env: &Env, name: &str, params: &[(&str, &str)]) {
    let operations = programs::directory::PROGRAM.operations;
    let Run::Read(run) = operations.iter().find(|one| one.name == name).unwrap().run else { return };
    let given = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let given = Given { params: given, body: Vec::new() };
    time(&format!("{name} {params:?}"), || run(&Cx::platform(), env, &given).unwrap().to_string().len());
}

fn list(env: &Env, name: &str, params: &[(&str, &str)]) {
    let list = programs::directory::PROGRAM.lists.iter().find(|one| one.name == name).unwrap();
    let params: Vec<(&str, &str)> = params.iter().filter(|(_, value)| !value.is_empty()).copied().collect();
    let given = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let query: ListQuery = list.query(&Cx::platform(), given).unwrap();
    time(&format!("list {name} {params:?}"), || (list.page)(&Cx::platform(), env, &query).unwrap().rows.len());
}

fn time(what: &str, run: impl Fn() -> usize) {
    let mut millis: Vec<f64> = Vec::new();
    let mut size = 0;
    for _ in 0..TIMES {
        let watch = Stopwatch::start();
        size = run();
        millis.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    millis.sort_by(f64::total_cmp);
    println!("{:8.2} ms median, {:8.2} ms most  {what} ({size})", millis[TIMES / 2], millis[TIMES - 1]);
}
