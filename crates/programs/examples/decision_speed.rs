//! How fast mutual recognition decides: `cargo run --release -p programs --example decision_speed [DATA]`.
//!
//! The pure decision over a panel of eight tests with twenty results, and over an image with five, on one core. With the
//! folder of a record (a copy: it is opened), also whole answers from it: the registration, the search, the decision.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement stops at the first surprise and prints")]

use base::{Clock, Cx, Millis, Purpose, Role, Stopwatch, Who};
use programs::recognition::ask::{self, Moment};
use programs::recognition::book::compile;
use programs::recognition::model::{
    Answer, Assessment, Book, Circumstances, Found, HOUR_MILLIS, Here, MarkLevel, PatientState, Question, Value,
};
use programs::recognition::rules::decide;
use runtime::cards::{Coding, Order};
use runtime::care;
use runtime::program::{Env, Kept};
use runtime::record::Site;
use runtime::rules::{Place, Seeds};
use std::path::Path;
use store::{Options, Store};

const NOW: Millis = 1_795_000_000_000;
const DAY: i32 = (NOW / 86_400_000) as i32;
const DECISIONS: usize = 200_000;
const ANSWERS_MAX: usize = 20_000;

fn main() {
    let folder = tempfile::TempDir::new().unwrap();
    let env = open(folder.path());
    runtime::rules::lay(&Cx::platform(), &env.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
    let rules = runtime::rules::of(&env, &programs::rule_tables()).unwrap();
    let place = Place { district: Some("339901".to_owned()), institution: Some("h0".to_owned()) };
    let watch = Stopwatch::start();
    let book = compile(&rules, DAY, &place).unwrap();
    println!("rules compiled for a place in {:.2} ms", watch.elapsed().as_secs_f64() * 1e3);
    let panel: Vec<&str> = book.items["cbc"].tests();
    let results: Vec<Found> = (0..20).map(|nth| result(panel[nth % panel.len()], nth, "cbc", &book)).collect();
    measure("a panel of 8 tests, 20 results", &book, "cbc", &results);
    let results: Vec<Found> = (0..5).map(|nth| result("chestct", nth, "chestct", &book)).collect();
    measure("an image, 5 results", &book, "chestct", &results);
    measure("an image, nothing there", &book, "chestct", &[]);
    if let Some(data) = std::env::args().nth(1) {
        let env = open(Path::new(&data));
        runtime::rules::lay(&Cx::platform(), &env.store, &programs::rule_tables(), Seeds::Demonstration).unwrap();
        runtime::reactions::catch_up(&Cx::platform(), &env.store, &programs::reactions()).unwrap();
        answers(&env);
    }
}

fn open(folder: &Path) -> Env {
    let store = Store::open(folder, Options { sync: false, ..Options::default() }).unwrap();
    let site = Site { base_url: "http://x/fhir".to_owned(), zone: base::zone::Zone::default() };
    Env { store, site, kept: Kept::default() }
}

fn result(item: &str, nth: usize, panel: &str, book: &Book) -> Found {
    let unit = book.items[item].units.first().cloned();
    let report = format!("r{}", nth / book.items[panel].tests().len());
    let taken = NOW - (10 + nth as i64 * 9) * HOUR_MILLIS;
    let value = match &unit {
        Some(_) => Value::Quantity { number: "4.2".to_owned(), unit, shown: "4.2".to_owned() },
        None => Value::Text("未见异常".to_owned()),
    };
    Found {
        item: Some(item.to_owned()),
        report,
        institution: Some(format!("h{}", 1 + nth % 3)),
        assessed: [Assessment { passed: true, level: Some(MarkLevel::Nation), from: None, to: None }].into(),
        certain: true,
        taken: Some(taken),
        issued: Some(taken),
        arrived: NOW,
        value,
        mark: Some("全国HR".to_owned()),
        ..Found::default()
    }
}

fn measure(what: &str, book: &Book, item: &str, results: &[Found]) {
    let here = Here {
        institution: Some("h0".to_owned()),
        district: Some("339901".to_owned()),
        consortia: vec!["union-1".to_owned()],
    };
    let circumstances = Circumstances { encounter_reasons: vec!["高血压".to_owned()], ..Circumstances::default() };
    let watch = Stopwatch::start();
    let mut offers = 0;
    for _ in 0..DECISIONS {
        let decision = decide(&Question {
            now: NOW,
            item,
            state: PatientState::Outpatient,
            here: &here,
            results,
            ordered: &[],
            circumstances: &circumstances,
            book,
            day_of: &|at| (at / 86_400_000) as i32,
        });
        offers += usize::from(matches!(decision.answer, Answer::Offer(_)));
    }
    let seconds = watch.elapsed().as_secs_f64();
    println!("{what}: {:.0} decisions/s on a core ({offers} offers)", DECISIONS as f64 / seconds);
}

/// Orders of the record asked again as of when they were written; whole answers, one after the other.
fn answers(env: &Env) {
    let cx = Cx::platform();
    let type_ = fhir::r4().type_named("ServiceRequest").unwrap();
    let mut query = fhir::search::Search::of(type_, Vec::new());
    query.count = Some(1_000);
    let mut asked: Vec<(String, Order, Moment)> = Vec::new();
    loop {
        let page = env.store.search(&cx, &query).unwrap();
        for stored in &page.matches {
            let resource = stored.resource().unwrap();
            let root = resource.root();
            let coding = |coding: fhir::Element<'_>| {
                let text = |name: &str| coding.text_at(name).map(Into::into);
                Some(Coding { system: text("system")?, code: text("code")?, display: None })
            };
            let codings: Vec<Coding> = root.path("code.coding").filter_map(coding).collect();
            let patient =
                root.text_at("subject.reference").and_then(|target| Some(target.strip_prefix("Patient/")?.to_owned()));
            let at = root.text_at("authoredOn").and_then(|at| fhir::search::parse_date(&at, env.store.zone()));
            let institution = root
                .text_at("requester.reference")
                .and_then(|target| Some(target.strip_prefix("Organization/")?.to_owned()));
            let (Some(patient), Some(at), false) = (patient, at, codings.is_empty()) else { continue };
            let moment = Moment { at: at.start, institution, ..Moment::default() };
            asked.push((patient, Order { id: "1".to_owned(), codings, ..Order::default() }, moment));
        }
        match page.next {
            Some(next) if asked.len() < ANSWERS_MAX => query.page = Some(next),
            _ => break,
        }
    }
    let newest = asked.iter().map(|(.., moment)| moment.at).max().unwrap_or(NOW);
    for (what, now) in [("as of the order", None), ("as of now", Some(newest + HOUR_MILLIS))] {
        let (mut care_micros, mut micros): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        let (mut offers, mut results) = (0, 0);
        for (patient, order, moment) in &asked {
            let cx = clinician(moment.institution.as_deref(), now);
            let moment = Moment { at: now.unwrap_or(moment.at), ..moment.clone() };
            let watch = Stopwatch::start();
            let care = care::of_patient(&cx, &env.store, patient).unwrap();
            care_micros.push(watch.elapsed().as_secs_f64() * 1e6);
            let answers = ask::answer(env, &care, &moment, std::slice::from_ref(order)).unwrap();
            micros.push(watch.elapsed().as_secs_f64() * 1e6);
            results += answers.gathered.results.len();
            let decision = answers.answers.first().and_then(|answer| answer.decision.as_ref());
            offers += usize::from(decision.is_some_and(|decision| matches!(decision.answer, Answer::Offer(_))));
        }
        println!("{what}: {} answers, {offers} offers, {results} results looked at", micros.len());
        println!("  the care of the resident: {}", spread(&mut care_micros));
        println!("  the whole answer:         {}", spread(&mut micros));
    }
}

/// A doctor of the institution, on the machine's clock or at an instant.
fn clinician(institution: Option<&str>, now: Option<Millis>) -> Cx {
    let who = Who { account: 0, name: "speed".into(), role: Role::Clinician, scope: institution.map(Into::into) };
    let cx = Cx::new(who, Purpose::Treatment);
    Cx { clock: now.map_or(cx.clock.clone(), Clock::fixed), ..cx }
}

fn spread(micros: &mut [f64]) -> String {
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let mean = micros.iter().sum::<f64>() / micros.len().max(1) as f64;
    format!("mean {mean:.0} µs, median {:.0}, p90 {:.0}, p99 {:.0}, most {:.0}", at(0.5), at(0.9), at(0.99), at(0.9999))
}
