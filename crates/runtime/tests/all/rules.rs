//! Dated rules: seeds, precedence, what holds and what was known.

use crate::harness::{House, house};
use base::zone::{day_named, day_text};
use runtime::program::{Env, Kept, Said, Words};
use runtime::record::Site;
use runtime::rules::{self, Days, Place, Row, RuleColumn, RuleTable, Seeds, ValueKind};

const fn column(key: &'static str, kind: ValueKind, required: bool, is_key: bool) -> RuleColumn {
    RuleColumn { key, title: Words { zh: key, en: key }, kind, required, is_key, unit: None }
}

fn hours_are_positive(row: &Row) -> Result<(), Said> {
    match row.integer("hours") {
        Some(hours) if hours <= 0 => Err(Said::new("小时数应大于 0", "hours are above 0")),
        _ => Ok(()),
    }
}

const COLUMNS: &[RuleColumn] = &[
    column("item", ValueKind::Text, true, true),
    column("state", ValueKind::Code(&["outpatient", "inpatient"]), true, true),
    column("hours", ValueKind::Integer, true, false),
    column("names", ValueKind::Texts, false, false),
    column("hard", ValueKind::Flag, false, false),
    column("checked", ValueKind::Date, false, false),
];

pub const fn table(seeds: &'static [&'static str]) -> RuleTable {
    RuleTable {
        name: "test.window",
        title: Words { zh: "时间窗", en: "Windows" },
        about: Words { zh: "结果多久内可用", en: "How long a result is usable" },
        columns: COLUMNS,
        seeds,
        demo_seeds: &[],
        check: hours_are_positive,
        dry_run: None,
    }
}

pub static WINDOWS: RuleTable = table(&["\
scope,from,to,applies_by,source,sure,item,state,hours,names,hard,checked
nation,2022-03-01,,event,国卫医发〔2022〕6号,yes,glucose,outpatient,720,血糖;Glu,yes,2026-01-05
nation,2022-03-01,2025-12-31,event,国卫医发〔2022〕6号,unsure,potassium,outpatient,168,,,
"]);
/// The next release: another number, one row less, one more.
static UPGRADED: RuleTable = table(&[
    "\
scope,from,to,applies_by,source,sure,item,state,hours,names,hard,checked
nation,2022-03-01,,event,国卫医发〔2022〕6号,yes,glucose,outpatient,480,血糖;Glu,yes,2026-01-05
",
    "\
scope,from,source,item,state,hours
city,2026-01-01,平川卫〔2026〕1号,sodium,inpatient,24
",
]);
static WRONG: RuleTable = table(&["\
scope,from,source,item,state,hours
city,2026-13-01,平川卫〔2026〕1号,sodium,inpatient,24
moon,2026-01-01,,sodium,night,many
"]);

pub fn env(house: &House) -> Env {
    let site = Site { base_url: "http://test/fhir".to_owned(), zone: base::zone::Zone::default() };
    Env { store: house.store.clone(), site, kept: Kept::default() }
}

pub fn day(text: &str) -> i32 {
    day_named(text).unwrap()
}

fn anywhere() -> Place {
    Place::default()
}

#[test]
fn seeds_are_laid_once_and_brought_up_to_date() {
    let house = house();
    let env = env(&house);
    assert!(rules::of(&env, &[&WINDOWS]).unwrap().table("test.window").unwrap().rows().next().is_none());
    let laid = rules::lay(&house.cx(), &house.store, &[&WINDOWS], Seeds::Everywhere).unwrap();
    assert_eq!((laid.added, laid.changed, laid.retired), (2, 0, 0));
    let position = house.store.position();
    let laid = rules::lay(&house.cx(), &house.store, &[&WINDOWS], Seeds::Everywhere).unwrap();
    assert_eq!((laid.added, laid.changed, laid.retired), (0, 0, 0));
    assert_eq!(house.store.position(), position, "what is there already costs no write");

    let known = rules::of(&env, &[&WINDOWS]).unwrap();
    let windows = known.table("test.window").unwrap();
    let row = windows.find(day("2026-06-01"), &anywhere(), &["glucose", "outpatient"]).unwrap();
    assert_eq!((row.integer("hours"), row.version, row.shipped), (Some(720), 1, true));
    assert_eq!((row.texts("names").join("|").as_str(), row.flag("hard")), ("血糖|Glu", true));
    assert_eq!(row.values.get("checked"), Some(&rules::Value::Date(day("2026-01-05"))));
    assert_eq!(row.source, "国卫医发〔2022〕6号");
    assert!(windows.find(day("2022-02-28"), &anywhere(), &["glucose", "outpatient"]).is_none());
    assert!(windows.find(day("2025-12-31"), &anywhere(), &["potassium", "outpatient"]).is_some(), "the last day holds");
    assert!(windows.find(day("2026-01-01"), &anywhere(), &["potassium", "outpatient"]).is_none());
    assert_eq!(windows.on(day("2025-01-01"), &anywhere()).len(), 2);

    house.pass(86_400_000);
    let then = house.cx().now() - 1;
    let laid = rules::lay(&house.cx(), &house.store, &[&UPGRADED], Seeds::Everywhere).unwrap();
    assert_eq!((laid.added, laid.changed, laid.retired), (1, 1, 1));
    let known = rules::of(&env, &[&WINDOWS]).unwrap();
    let windows = known.table("test.window").unwrap();
    let row = windows.find(day("2026-06-01"), &anywhere(), &["glucose", "outpatient"]).unwrap();
    assert_eq!((row.integer("hours"), row.version), (Some(480), 2));
    assert!(windows.find(day("2025-01-01"), &anywhere(), &["potassium", "outpatient"]).is_none());

    let before = rules::as_known(&env, &[&WINDOWS], then).unwrap();
    let windows = before.table("test.window").unwrap();
    assert_eq!(windows.find(day("2026-06-01"), &anywhere(), &["glucose", "outpatient"]).unwrap().version, 1);
    assert_eq!(windows.on(day("2025-01-01"), &anywhere()).len(), 2);
    let never = rules::as_known(&env, &[&WINDOWS], 0).unwrap();
    assert_eq!(never.table("test.window").unwrap().rows().count(), 0);
}

#[test]
fn rows_of_the_demonstration_city_stay_with_it() {
    const OF_THE_CITY: &[&str] = &["\
scope,from,source,item,state,hours
city,2026-01-01,演示城市,glucose,outpatient,100
"];
    static TABLE: RuleTable = RuleTable { demo_seeds: OF_THE_CITY, ..table(WINDOWS.seeds) };
    let house = house();
    let env = env(&house);
    let lay = |seeds| {
        let laid = rules::lay(&house.cx(), &house.store, &[&TABLE], seeds).unwrap();
        (laid.added, laid.changed, laid.retired)
    };
    let hours = || {
        let known = rules::of(&env, &[&TABLE]).unwrap();
        let found =
            known.table("test.window").unwrap().find(day("2026-06-01"), &anywhere(), &["glucose", "outpatient"]);
        found.and_then(|row| row.integer("hours"))
    };
    assert_eq!((lay(Seeds::Everywhere), hours()), ((2, 0, 0), Some(720)));
    assert_eq!((lay(Seeds::Demonstration), hours()), ((1, 0, 0), Some(100)));
    assert_eq!((lay(Seeds::Demonstration), hours()), ((0, 0, 0), Some(100)));
    // A folder that is no demonstration any more loses them, and could have them again.
    assert_eq!((lay(Seeds::Everywhere), hours()), ((0, 0, 1), Some(720)));
    assert_eq!((lay(Seeds::Demonstration), hours()), ((0, 1, 0), Some(100)));
}

#[test]
fn a_wrong_seed_names_every_flaw() {
    let told = rules::shipped(&WRONG, Seeds::Everywhere).unwrap_err();
    for part in ["line 2", "2026-13-01", "line 3", "`moon` is no scope", "Source", "`night`", "`many`"] {
        assert!(told.text().contains(part), "{part}: {told}");
    }
}

#[test]
fn what_nobody_changed_is_not_read_again() {
    let house = house();
    let env = env(&house);
    rules::lay(&house.cx(), &house.store, &[&WINDOWS], Seeds::Everywhere).unwrap();
    let first = rules::of(&env, &[&WINDOWS]).unwrap();
    house.put(r#"{"resourceType":"Patient","id":"p1"}"#);
    house.put(r#"{"resourceType":"Library","id":"other","status":"active","type":{"text":"x"},"url":"urn:other"}"#);
    let second = rules::of(&env, &[&WINDOWS]).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    // A rule that nobody can read does not count, and takes nothing else with it.
    let broken = r#"{"resourceType":"Library","id":"rule-0123456789abcdef0123456789abcdef01234567","status":"active","type":{"text":"x"},
        "url":"urn:jingluo:rule:test.window:x","name":"test.window"}"#;
    house.put(broken);
    assert_eq!(rules::of(&env, &[&WINDOWS]).unwrap().table("test.window").unwrap().rows().count(), 2);
}

#[test]
fn days_go_by_what_the_row_says() {
    static BY_BIRTH: RuleTable = table(&["\
scope,from,source,applies_by,item,state,hours
nation,2020-01-01,a,birth,hib,outpatient,1
nation,2020-01-01,a,decision,mmr,outpatient,1
nation,2020-01-01,a,event,bcg,outpatient,1
"]);
    let house = house();
    rules::lay(&house.cx(), &house.store, &[&BY_BIRTH], Seeds::Everywhere).unwrap();
    let known = rules::of(&env(&house), &[&BY_BIRTH]).unwrap();
    let windows = known.table("test.window").unwrap();
    let (old, new) = (day("2019-12-31"), day("2020-01-01"));
    let holding = |days: Days| -> Vec<String> {
        windows.on_days(&days, &anywhere()).iter().map(|row| row.text("item").unwrap().to_owned()).collect()
    };
    assert_eq!(holding(Days { event: old, decision: old, birth: Some(new) }), ["hib"]);
    assert_eq!(holding(Days { event: old, decision: new, birth: None }), ["mmr"]);
    assert_eq!(holding(Days::on(new)), ["bcg", "mmr"]);
    assert_eq!(day_text(old), "2019-12-31");
}
