//! How long searches take in a store of made-up patients: `cargo run --release -p store --example search_speed --
//! FOLDER PATIENTS [QUESTIONS [MANAGED [EXPLAIN|- [NAME]]]]`. The folder is filled if it is empty (61 resources a patient);
//! one organization manages MANAGED of the patients (5,000). Prints a line a workload: the median and the slowest hundredth,
//! for who sees all and for a clinician of that organization, and with `EXPLAIN` how the first question was run. With NAME
//! only workloads whose name begins so.

#![expect(clippy::print_stdout, reason = "a tool that prints what it measures")]

use base::clock::Stopwatch;
use base::{Cx, Error, Purpose, Result, Role, Who};
use fhir::definitions::r4;
use fhir::search::{Handling, Search, parse_search};
use std::fmt::Write as _;
use std::path::Path;
use store::{Batch, Expect, Options, Put, Store, Write};

/// Numbers for the workload (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
    /// A day of the eight years 2018 to 2025.
    fn day(&mut self) -> String {
        format!("{}-{:02}-{:02}", 2018 + self.below(8), 1 + self.below(12), 1 + self.below(28))
    }
}

const VITALS: [&str; 4] = ["8480-6", "8462-4", "8867-4", "8310-5"];
const LABS: [&str; 20] = [
    "718-7", "6690-2", "777-3", "789-8", "4544-3", "2345-7", "4548-4", "2160-0", "3094-0", "2951-2", "2823-3",
    "1742-6", "1920-8", "1975-2", "2093-3", "2571-8", "2085-9", "13457-7", "1988-5", "3016-3",
];
const FAMILIES: [&str; 8] = ["王", "李", "张", "刘", "陈", "Smith", "Novak", "Garcia"];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |nth: usize, or: u64| words.get(nth).and_then(|word| word.parse().ok()).unwrap_or(or);
    let folder = words.first().ok_or_else(|| Error::invalid("name a folder"))?;
    let (patients, questions, managed) = (word(1, 1_000), word(2, 400), word(3, 5_000));
    let store = Store::open(Path::new(folder), Options { sync: false, ..Options::default() })?;
    if store.position() == 0 {
        fill(&store, patients, managed.min(patients))?;
    }
    let stats = store.stats();
    println!("{patients} patients, {} versions, {} MiB", stats.position, stats.file_bytes >> 20);
    let all = Cx::platform();
    let who = Who { account: 1, name: "clinician".into(), role: Role::Clinician, scope: Some("org".into()) };
    let clinician = Cx::new(who, Purpose::Treatment);
    let named = words.get(5).map_or("", String::as_str);
    for (name, ask) in WORKLOADS.into_iter().filter(|(name, _)| name.starts_with(named)) {
        let mut line = format!("{name:<34}");
        for (cx, own) in [(&all, false), (&clinician, true)] {
            let (mut times, mut found) = (Vec::new(), 0);
            let mut dice = Dice(7);
            for nth in 0..questions + questions / 10 {
                let patient = if own {
                    dice.below(managed.min(patients)) * patients / managed.min(patients)
                } else {
                    dice.below(patients)
                };
                let search = parsed(&ask(&mut dice, patient).replace("{id}", &id_of(&store, patient)?))?;
                let watch = Stopwatch::start();
                let page = store.search(cx, &search)?;
                // The first tenth warms up.
                if nth >= questions / 10 {
                    times.push(watch.elapsed().as_secs_f64() * 1_000.0);
                    found += page.matches.len();
                }
            }
            times.sort_by(f64::total_cmp);
            let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
            let _ = write!(line, "{:9.3} {:9.3} ms {:6.1} rows", at(0.5), at(0.99), found as f64 / times.len() as f64);
        }
        println!("{line}");
        if words.get(4).is_some_and(|word| word == "EXPLAIN") {
            let question = ask(&mut Dice(9), patients / 2).replace("{id}", &id_of(&store, patients / 2)?);
            let mut search = parsed(&question)?;
            search.explain = true;
            let page = store.search(&all, &search)?;
            page.explain.iter().for_each(|line| println!("    {line}"));
        }
    }
    Ok(())
}

type Ask = fn(&mut Dice, u64) -> String;

const WORKLOADS: [(&str, Ask); 12] = [
    ("(d) patient + code", |dice, _| {
        format!("Observation?patient={{id}}&code=http://loinc.org|{}", VITALS[dice.below(4) as usize])
    }),
    ("(e) birthdate range + gender", |dice, _| {
        let year = 1930 + dice.below(80);
        format!("Patient?birthdate=ge{year}-01-01&birthdate=lt{}-01-01&gender=female&_count=50", year + 5)
    }),
    ("(e) sorted by name", |dice, _| {
        let year = 1930 + dice.below(80);
        format!(
            "Patient?birthdate=ge{year}-01-01&birthdate=lt{}-01-01&gender=female&_count=50&_sort=family,-birthdate",
            year + 5
        )
    }),
    ("(f) code + 90 days", |dice, _| {
        let (year, month) = (2018 + dice.below(8), 1 + dice.below(9));
        let code = LABS[dice.below(20) as usize];
        format!(
            "Observation?code=http://loinc.org|{code}&date=ge{year}-{month:02}-01&date=lt{year}-{:02}-01&_count=50",
            month + 3
        )
    }),
    ("(f) newest first", |dice, _| {
        let (year, month) = (2018 + dice.below(8), 1 + dice.below(9));
        let code = LABS[dice.below(20) as usize];
        format!(
            "Observation?code=http://loinc.org|{code}&date=ge{year}-{month:02}-01&date=lt{year}-{:02}-01&_count=50&_sort=-date",
            month + 3
        )
    }),
    ("(g) chained by identifier", |_, patient| format!("Observation?patient.identifier=urn:mrn|M{patient}&_count=50")),
    ("a name", |dice, _| format!("Patient?family={}&_count=50", FAMILIES[dice.below(8) as usize])),
    ("a type, newest first", |_, _| "Observation?_sort=-date&_count=50".to_owned()),
    ("chain, both sides large", |dice, _| {
        format!("Observation?code={}&patient.gender=male&_count=50", LABS[dice.below(20) as usize])
    }),
    ("_has, both sides large", |dice, _| {
        format!("Patient?gender=male&_has:Observation:patient:code={}&_count=50", LABS[dice.below(20) as usize])
    }),
    ("value range", |dice, _| {
        format!("Observation?code={}&value-quantity=gt{}&_count=50", LABS[dice.below(20) as usize], 20 + dice.below(30))
    }),
    ("count by code + 90 days", |dice, _| {
        let (year, month) = (2018 + dice.below(8), 1 + dice.below(9));
        format!(
            "Observation?code={}&date=ge{year}-{month:02}-01&date=lt{year}-{:02}-01&_summary=count",
            LABS[dice.below(20) as usize],
            month + 3
        )
    }),
];

fn parsed(query: &str) -> Result<Search> {
    let (type_name, rest) = query.split_once('?').unwrap_or((query, ""));
    let pairs = rest.split('&').filter_map(|part| part.split_once('='));
    let params: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let type_ = r4().type_named(type_name).ok_or_else(|| Error::invalid("no such type"))?;
    parse_search(
        type_,
        &params,
        Handling::Strict,
        &base::zone::Zone::default(),
        "http://localhost/fhir",
        1_780_000_000_000,
    )
}

/// The id of a patient by the number.
fn id_of(store: &Store, patient: u64) -> Result<String> {
    let found = store.search(&Cx::platform(), &parsed(&format!("Patient?identifier=urn:mrn|M{patient}"))?)?.matches;
    found.into_iter().next().map(|found| found.id).ok_or_else(|| Error::fault("the folder holds other patients"))
}

fn fill(store: &Store, patients: u64, managed: u64) -> Result<()> {
    let watch = Stopwatch::start();
    let org = r#"{"resourceType":"Organization","id":"org","name":"医院"}"#;
    store.write(&Cx::platform(), Batch { writes: vec![put(org.to_owned(), "org".to_owned())?], ..Batch::default() })?;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                scope.spawn(move || -> Result<()> {
                    for nth in (worker..patients).step_by(4) {
                        let own = (nth + 1) * managed / patients > nth * managed / patients;
                        let writes = patient(store, nth, own)?;
                        store.write(&Cx::platform(), Batch { writes, ..Batch::default() })?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(Error::fault("a writer fell"))))
    })?;
    println!("filled in {:.1} s", watch.elapsed().as_secs_f64());
    Ok(())
}

fn put(json: String, id: String) -> Result<Write> {
    let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default())?;
    Ok(Write::Put(Put { id, resource, expect: Expect::Any, source: None }))
}

/// The Patient itself; `own` puts it under the institution of the clinician.
fn registration(dice: &mut Dice, patient: &str, nth: u64, own: bool) -> Result<Write> {
    let gender = if dice.below(2) == 0 { "male" } else { "female" };
    let family = FAMILIES[dice.below(8) as usize];
    let managed = if own { r#","managingOrganization":{"reference":"Organization/org"}"# } else { "" };
    let born = format!("{}-{:02}-{:02}", 1930 + dice.below(88), 1 + dice.below(12), 1 + dice.below(28));
    put(
        format!(
            r#"{{"resourceType":"Patient","id":"{patient}","identifier":[{{"system":"urn:mrn","value":"M{nth}"}}],"active":true,"name":[{{"use":"official","text":"{family}G{nth}","family":"{family}","given":["G{nth}"]}}],"telecom":[{{"system":"phone","value":"0{nth:08}"}}],"gender":"{gender}","birthDate":"{born}","address":[{{"city":"安和市","district":"东湖区","line":["人民路{nth}号"]}}]{managed}}}"#
        ),
        patient.to_owned(),
    )
}

/// One patient with six visits and what was found at each: 61 resources.
fn patient(store: &Store, nth: u64, own: bool) -> Result<Vec<Write>> {
    let mut dice = Dice(nth + 1);
    let mut writes = Vec::with_capacity(61);
    let id_of = |name: &str, owner: Option<&str>| {
        store.new_id(r4().type_named(name).ok_or_else(|| Error::fault("no such type"))?, owner)
    };
    let patient = id_of("Patient", None)?;
    writes.push(registration(&mut dice, &patient, nth, own)?);
    let mut visits: Vec<(String, String)> = Vec::new();
    for _ in 0..6 {
        visits.push((id_of("Encounter", Some(&patient))?, dice.day()));
    }
    let subject = format!(r#""subject":{{"reference":"Patient/{patient}"}}"#);
    let mut add = |name: &str, id: Option<String>, rest: String| -> Result<()> {
        let id = match id {
            Some(id) => id,
            None => id_of(name, Some(&patient))?,
        };
        writes.push(put(format!(r#"{{"resourceType":"{name}","id":"{id}",{rest}}}"#), id)?);
        Ok(())
    };
    for (id, day) in &visits {
        add(
            "Encounter",
            Some(id.clone()),
            format!(
                r#""status":"finished","class":{{"code":"AMB"}},{subject},"period":{{"start":"{day}T09:00:00+08:00","end":"{day}T10:30:00+08:00"}}"#
            ),
        )?;
        let code = dice.below(10);
        add(
            "Condition",
            None,
            format!(
                r#""code":{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"I{code}","display":"Problem {code}"}}]}},{subject},"encounter":{{"reference":"Encounter/{id}"}},"onsetDateTime":"{day}","recordedDate":"{day}T09:30:00+08:00""#
            ),
        )?;
    }
    for nth in 0..40_u64 {
        let (id, day) = &visits[(nth % 6) as usize];
        let code = if nth < 24 { VITALS[(nth / 6) as usize] } else { LABS[dice.below(20) as usize] };
        let (minute, value) = (10 + dice.below(45), 100 + dice.below(400));
        add(
            "Observation",
            None,
            format!(
                r#""status":"final","category":[{{"coding":[{{"code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"Measure {code}"}}]}},{subject},"encounter":{{"reference":"Encounter/{id}"}},"effectiveDateTime":"{day}T09:{minute}:00+08:00","issued":"{day}T11:{minute}:00+08:00","valueQuantity":{{"value":{}.{},"unit":"x","system":"http://unitsofmeasure.org","code":"x"}}"#,
                value / 10,
                value % 10
            ),
        )?;
    }
    for (id, day) in visits.iter().take(4) {
        add(
            "DiagnosticReport",
            None,
            format!(
                r#""status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"58410-2"}}]}},{subject},"encounter":{{"reference":"Encounter/{id}"}},"effectiveDateTime":"{day}T12:00:00+08:00""#
            ),
        )?;
        add(
            "Immunization",
            None,
            format!(
                r#""status":"completed","vaccineCode":{{"coding":[{{"code":"08"}}]}},"patient":{{"reference":"Patient/{patient}"}},"occurrenceDateTime":"{day}T10:00:00+08:00""#
            ),
        )?;
    }
    Ok(writes)
}
