//! The tallies of the overview: equal to a recount, whatever came, changed and went, and however often it was interrupted.

use base::{Clock, Cx, Dice};
use fhir::r4;
use programs::overview::REACTION;
use programs::overview::rules::{self, Contribution, Measure};
use runtime::program::Kept;
use runtime::reactions::{Ahead, Place, Reaction, catch_up, env_of, place_of, step};
use runtime::rebuild;
use std::collections::BTreeMap;
use store::{Batch, Expect, Op, Options, Put, Store, Write};
use tempfile::TempDir;

/// 2026-03-03T10:00+08:00, a Tuesday.
const NOW: i64 = 1_772_503_200_000;
const DAY: i64 = 86_400_000;

type Counts = BTreeMap<(Measure, i32, String), i64>;

struct House {
    dir: TempDir,
    store: Store,
    cx: Cx,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), options()).unwrap();
    House { store, dir, cx: Cx { clock: Clock::fixed(NOW), ..Cx::platform() } }
}

fn options() -> Options {
    Options {
        clock: Clock::fixed(NOW),
        dice: Dice::seeded(3),
        sync: false,
        disk_reserve_bytes: 0,
        ..Options::default()
    }
}

impl House {
    fn put(&self, json: &str) {
        let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap();
        let id = resource.id().unwrap().to_owned();
        let put = Write::Put(Put { id, resource, expect: Expect::Any, source: None });
        self.store.write(&self.cx, Batch { writes: vec![put], ..Batch::default() }).unwrap();
    }

    fn delete(&self, type_name: &str, id: &str) {
        let delete = Write::Delete { type_: r4().type_named(type_name).unwrap(), id: id.into(), expect: Expect::Any };
        self.store.write(&self.cx, Batch { writes: vec![delete], ..Batch::default() }).unwrap();
    }

    fn count(&self) {
        catch_up(&self.cx, &self.store, &[&REACTION]).unwrap();
    }

    /// What the tallies say.
    fn kept(&self) -> Counts {
        let mut kept = Counts::new();
        for measure in Measure::ALL {
            for found in self.store.tally_days(measure.space(), i32::MIN, i32::MAX).unwrap() {
                kept.insert((measure, found.day, found.key), found.count);
            }
        }
        kept
    }

    /// The same from the feed: facts of what is there now, arrivals of all that came.
    fn recounted(&self) -> Counts {
        let feed = self.store.feed(&self.cx, 0, 1_000_000).unwrap();
        let mut counts = Counts::new();
        let mut add = |found: Vec<Contribution>| {
            found.into_iter().for_each(|one| *counts.entry((one.measure, one.day, one.key)).or_default() += 1);
        };
        for (nth, entry) in feed.iter().enumerate().filter(|(_, entry)| entry.op != Op::Delete) {
            let name = r4().type_name(entry.type_);
            if !rules::TYPES.contains(&name) {
                continue;
            }
            let resource = entry.resource().unwrap();
            add(rules::arrival(name, resource.root(), entry.updated, self.store.zone()));
            let is_current = !feed[nth + 1..].iter().any(|later| (later.type_, &later.id) == (entry.type_, &entry.id));
            if is_current {
                add(rules::facts(name, resource.root(), entry.updated, self.store.zone()));
            }
        }
        counts
    }
}

/// A small generator of numbers, the same on every machine.
struct Luck(u64);

impl Luck {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Some version of one of a few resources: types, institutions, days and statuses at random.
fn version(luck: &mut Luck, type_name: &str, id: u64) -> String {
    let day = |luck: &mut Luck| {
        format!("2026-0{}-{:02}T{:02}:30:00+08:00", luck.below(3) + 1, luck.below(3) + 1, luck.below(24))
    };
    let org = luck.pick(&["h1", "h1-d2", "c7"]);
    let meta = match luck.below(4) {
        0 => String::new(),
        _ => format!(r#","meta":{{"source":"urn:jingluo:institution:{org}"}}"#),
    };
    let head = format!(r#"{{"resourceType":"{type_name}","id":"{type_name}-{id}"{meta}"#);
    let code = luck.pick(&[
        r#"{"coding":[{"system":"urn:jingluo:local:h1","code":"K1"},{"system":"http://loinc.org","code":"718-7"}]}"#,
        r#"{"coding":[{"system":"urn:jingluo:local:h1","code":"K1"}]}"#,
        r#"{"text":"血常规"}"#,
    ]);
    let (start, end) = (day(luck), day(luck));
    match type_name {
        "Patient" => format!(r#"{head},"managingOrganization":{{"reference":"Organization/{org}"}}}}"#),
        "Encounter" => {
            let status = luck.pick(&["in-progress", "finished", "cancelled", "planned"]);
            let class = luck.pick(&["AMB", "EMER", "IMP", "FLD"]);
            let ward = luck.pick(&["", r#","location":[{"location":{"reference":"Location/w1"}}]"#]);
            format!(
                r#"{head},"status":"{status}","class":{{"code":"{class}"}},"period":{{"start":"{start}","end":"{end}"}},"serviceProvider":{{"reference":"Organization/{org}"}}{ward}}}"#
            )
        }
        "DiagnosticReport" => {
            let status = luck.pick(&["final", "registered"]);
            format!(
                r#"{head},"status":"{status}","code":{code},"issued":"{start}","performer":[{{"reference":"Organization/{org}"}}]}}"#
            )
        }
        "Observation" => {
            format!(r#"{head},"status":"final","code":{code},"effectiveDateTime":"{start}","valueString":"{end}"}}"#)
        }
        _ => {
            let type_ = luck.pick(&["infectious-report", "summary"]);
            let disease = luck.pick(&["A09", "B05"]);
            format!(
                r#"{head},"status":"final","type":{{"coding":[{{"code":"{type_}"}}]}},"date":"{start}","author":[{{"display":"x"}}],"title":"t","event":[{{"code":[{{"coding":[{{"code":"{disease}"}}]}}]}}]}}"#
            )
        }
    }
}

const KINDS: [&str; 5] = ["Patient", "Encounter", "DiagnosticReport", "Observation", "Composition"];

#[test]
fn tallies_are_equal_to_a_recount_whatever_came_changed_and_went() {
    for seed in 0..12 {
        let (house, mut luck) = (house(), Luck(seed * 7_919 + 1));
        for round in 0..120 {
            let (kind, id) = (luck.pick(&KINDS), luck.below(6));
            match luck.below(6) {
                0 => house.delete(kind, &format!("{kind}-{id}")),
                _ => house.put(&version(&mut luck, kind, id)),
            }
            if luck.below(5) == 0 {
                house.count();
            }
            if round % 40 == 39 {
                house.count();
                assert_eq!(house.kept(), house.recounted(), "seed {seed}, round {round}");
            }
        }
        assert!(house.kept().len() > 20, "the test counts something");
        assert!(house.kept().values().all(|&count| count > 0));
    }
}

/// The same reaction, but in steps of three entries.
const SMALL_STEPS: Reaction = Reaction { slice_entries_max: 3, ..REACTION };

#[test]
fn tallies_stay_right_through_ends_in_between_and_two_runners() {
    let (mut house, mut luck) = (house(), Luck(99));
    for round in 0..60 {
        let (kind, id) = (luck.pick(&KINDS), luck.below(4));
        house.put(&version(&mut luck, kind, id));
        if luck.below(6) == 0 {
            house.delete(kind, &format!("{kind}-{id}"));
        }
        let mut one = place_of(&house.store, &SMALL_STEPS).unwrap();
        let mut other: Place = one;
        let _ = step(&house.cx, &env_of(&house.store, &Kept::default()), &SMALL_STEPS, &Ahead::default(), &mut one)
            .unwrap();
        // A second runner that stands where the first one stood is refused, or there was nothing to do.
        let refused =
            step(&house.cx, &env_of(&house.store, &Kept::default()), &SMALL_STEPS, &Ahead::default(), &mut other);
        assert!(refused.is_err() || one == other);
        if round % 13 == 0 {
            // The process ends here; what was planned and not committed is planned again.
            house.store.close().unwrap();
            house.store = Store::open(house.dir.path(), options()).unwrap();
        }
    }
    house.count();
    assert_eq!(house.kept(), house.recounted());
}

#[test]
fn a_rebuild_ends_at_the_same_numbers() {
    let (house, mut luck) = (house(), Luck(5));
    for _ in 0..150 {
        let (kind, id) = (luck.pick(&KINDS), luck.below(9));
        house.put(&version(&mut luck, kind, id));
    }
    house.count();
    let live = house.kept();
    let mut running = place_of(&house.store, &REACTION).unwrap();
    let found = rebuild::keeper(&programs::reactions(), "overview.visits").unwrap();
    assert_eq!(found.name, REACTION.name);
    rebuild::begin(&house.cx, &house.store, found).unwrap();
    assert!(house.kept().is_empty());
    // A runner that had nothing left to do notices that it has to begin again.
    let noticed = step(&house.cx, &env_of(&house.store, &Kept::default()), &REACTION, &Ahead::default(), &mut running)
        .unwrap_err();
    assert_eq!(noticed.kind, base::Kind::Conflict);
    house.count();
    assert_eq!(house.kept(), live);
    let unknown = rebuild::keeper(&programs::reactions(), "overview.nothing").err().unwrap();
    assert_eq!(unknown.kind, base::Kind::NotFound);
    assert!(unknown.text().contains("overview.visits"), "{}", unknown.text());
}

fn facts(json: &str) -> Vec<(Measure, i32, String)> {
    let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap();
    let zone = base::zone::Zone::default();
    let found = rules::facts(resource.type_name(), resource.root(), NOW, &zone);
    found.into_iter().map(|one| (one.measure, one.day, one.key)).collect()
}

#[test]
fn a_visit_belongs_to_the_local_day_and_hour_of_its_start() {
    let visit = r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"EMER"},
        "period":{"start":"2026-03-01T23:50:00+08:00","end":"2026-03-02T00:20:00+08:00"},
        "serviceProvider":{"reference":"Organization/h1"}}"#;
    let day = 20_513;
    let wanted = [(Measure::Visits, day, "h1|EMER".to_owned()), (Measure::Hours, day, "h1|23".to_owned())];
    assert_eq!(facts(visit), wanted);
    let in_utc = visit.replace("2026-03-01T23:50:00+08:00", "2026-03-01T15:50:00Z");
    assert_eq!(facts(&in_utc), wanted);
}

#[test]
fn a_stay_is_in_bed_until_it_ends() {
    let stay = r#"{"resourceType":"Encounter","id":"e","status":"in-progress","class":{"code":"IMP"},
        "period":{"start":"2026-03-01T09:00:00+08:00"},"serviceProvider":{"reference":"Organization/h1-d2"},
        "location":[{"location":{"reference":"Location/w1"}},{"location":{"reference":"Location/w2"}}]}"#;
    let begun = (Measure::Admissions, 20_513, "h1-d2".to_owned());
    assert_eq!(facts(stay), [begun.clone(), (Measure::InBed, 0, "h1-d2|w2".to_owned())]);
    let ended = stay
        .replace("in-progress", "finished")
        .replace("09:00:00+08:00\"}", "09:00:00+08:00\",\"end\":\"2026-03-04T10:00:00+08:00\"}");
    assert_eq!(facts(&ended), [begun, (Measure::Discharges, 20_516, "h1-d2".to_owned())]);
    assert_eq!(facts(&stay.replace("in-progress", "cancelled")), []);
}

#[test]
fn a_message_counts_for_the_day_it_tells_of() {
    let json = r#"{"resourceType":"Observation","id":"o","meta":{"source":"urn:jingluo:institution:h1"},"status":"final",
        "code":{"text":"x"},"effectiveDateTime":"2026-03-02T09:00:00+08:00"}"#;
    let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap();
    let zone = base::zone::Zone::default();
    let came = |at| -> Vec<(Measure, i32, String)> {
        let found = rules::arrival("Observation", resource.root(), at, &zone);
        found.into_iter().map(|one| (one.measure, one.day, one.key)).collect()
    };
    let (day, today) = (20_514, 20_515);
    let wanted = [(Measure::Messages, day, "h1|5".to_owned()), (Measure::Arrivals, today, "h1|recent".to_owned())];
    assert_eq!(came(NOW), wanted, "25 hours later");
    // What tells of tomorrow, or of no day at all, is counted as arrived only.
    assert_eq!(came(NOW - 2 * DAY), [(Measure::Arrivals, day - 1, "h1|recent".to_owned())]);
    // An old record that is brought in says nothing of how quickly institutions send.
    assert_eq!(came(NOW + 60 * DAY), [(Measure::Arrivals, today + 60, "h1|old".to_owned())]);
}
