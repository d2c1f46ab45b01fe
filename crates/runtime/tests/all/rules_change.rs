//! Changing rules: proposals, the second person, races, scopes, files, and what a release may not overwrite.

use crate::harness::{House, house};
use crate::rules::{WINDOWS, day, env, table};
use base::{Cx, Kind, Result, Role, Who};
use runtime::program::{Env, Planned, Words};
use runtime::rules::{
    self, End, Figure, Found, Ledger, Place, ProposalsQuery, RowsQuery, RuleTable, Rules, Seeds, Trial, Tried, Wanted,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

const TABLE: &str = "test.window";
static TABLES: [&RuleTable; 1] = [&WINDOWS];

struct Town {
    house: House,
    env: Env,
}

/// The city's commission, one of a district, a hospital in each of two districts and a department of the first.
fn town() -> Town {
    let house = house();
    let organization = |id: &str, kind: &str, area: &str, above: &str| {
        let address = match area {
            "" => String::new(),
            area => format!(r#","address":[{{"extension":[{{"url":"urn:jingluo:area","valueCode":"{area}"}}]}}]"#),
        };
        let above = match above {
            "" => String::new(),
            above => format!(r#","partOf":{{"reference":"Organization/{above}"}}"#),
        };
        house.put(&format!(
            r#"{{"resourceType":"Organization","id":"{id}","name":"{id} 名","type":[{{"coding":[{{
            "system":"urn:jingluo:institution-kind","code":"{kind}"}}]}}]{address}{above}}}"#
        ));
    };
    organization("wjw", "Z100", "339901001", "");
    organization("wjw1", "Z100", "339901001", "wjw");
    organization("wjw2", "Z100", "339902001", "wjw");
    organization("h1", "A100", "339901002", "wjw1");
    organization("h2", "A100", "339902002", "wjw2");
    organization("h1-lab", "A100", "", "h1");
    organization("stray", "A100", "339901003", "");
    rules::lay(&house.cx(), &house.store, &TABLES, Seeds::Everywhere).unwrap();
    let env = env(&house);
    Town { house, env }
}

impl Town {
    fn ledger(&self) -> Arc<Ledger> {
        rules::ledger(&self.env, &TABLES).unwrap()
    }

    fn officer(&self, account: i64, name: &str, scope: &str) -> Cx {
        let who = Who { account, name: name.into(), role: Role::Officer, scope: Some(scope.into()) };
        self.house.as_who(who)
    }

    fn anna(&self) -> Cx {
        self.officer(11, "anna", "wjw")
    }

    fn bo(&self) -> Cx {
        self.officer(12, "bo", "wjw")
    }

    fn commit(&self, cx: &Cx, planned: Result<Planned>) -> Result<Value> {
        let planned = planned?;
        self.house.store.write(cx, planned.batch)?;
        Ok(planned.answer)
    }

    fn propose(&self, cx: &Cx, fields: &[(&str, &str)]) -> Result<String> {
        let planned = rules::propose(cx, &self.env, &self.ledger(), TABLE, &row(fields), "试行");
        Ok(self.commit(cx, planned)?["id"].as_str().unwrap().to_owned())
    }

    fn decide(&self, cx: &Cx, ids: &[&str], end: End) -> Result<Value> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        self.commit(cx, rules::decide(cx, &self.env, &self.ledger(), &ids, end, "因为"))
    }

    /// Proposed by one and approved by another.
    fn set(&self, fields: &[(&str, &str)]) -> String {
        let id = self.propose(&self.anna(), fields).unwrap();
        self.decide(&self.bo(), &[&id], End::Approved).unwrap();
        id
    }

    fn hours(&self, on: &str, place: &Place) -> Option<i64> {
        let rules = rules::of(&self.env, &TABLES).unwrap();
        let table = rules.table(TABLE).unwrap();
        table.find(day(on), place, &["glucose", "outpatient"]).and_then(|row| row.integer("hours"))
    }

    fn at(&self, institution: &str) -> Place {
        rules::place_of(&self.house.store, institution).unwrap()
    }

    fn waiting(&self, cx: &Cx) -> Vec<Value> {
        let shown = rules::proposals(cx, &self.env, &self.ledger(), &ProposalsQuery::default()).unwrap();
        shown["proposals"].as_array().unwrap().clone()
    }
}

fn row(fields: &[(&str, &str)]) -> Wanted {
    let common =
        [("item", "glucose"), ("state", "outpatient"), ("source", "平川卫〔2026〕3号"), ("from", "2026-01-01")];
    let all = common.iter().chain(fields).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Wanted::Row(all.collect::<BTreeMap<_, _>>())
}

fn text(result: Result<impl std::fmt::Debug>, kind: Kind) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    error.to_string()
}

#[test]
fn one_person_proposes_and_another_approves() {
    let town = town();
    let (anna, bo) = (town.anna(), town.bo());
    let id = town.propose(&anna, &[("scope", "city"), ("hours", "240")]).unwrap();
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(720), "a proposal changes nothing");
    let own = text(town.decide(&anna, &[&id], End::Approved), Kind::Forbidden);
    assert!(own.contains("提出人不能审批"), "{own}");
    text(town.decide(&anna, &[&id], End::Refused), Kind::Forbidden);
    // The same person under another number, or another name under the same number, is the same person.
    text(town.decide(&town.officer(99, "anna", "wjw"), &[&id], End::Approved), Kind::Forbidden);
    text(town.decide(&town.officer(11, "anna2", "wjw"), &[&id], End::Approved), Kind::Forbidden);
    let seen = town.waiting(&bo);
    assert_eq!((seen.len(), &seen[0]["may_decide"], &seen[0]["may_withdraw"]), (1, &true.into(), &false.into()));
    assert_eq!(town.waiting(&anna)[0]["may_withdraw"], true);
    town.decide(&bo, &[&id], End::Approved).unwrap();
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(240), "at once");
    assert_eq!(town.hours("2025-06-01", &town.at("h1")), Some(720), "not before its first day");
    let again = text(town.decide(&town.officer(13, "cai", "wjw"), &[&id], End::Approved), Kind::Conflict);
    assert!(again.contains("approved by bo"), "{again}");
    assert!(town.waiting(&bo).is_empty());

    let ledger = town.ledger();
    let decided = ProposalsQuery { decided: true, ..ProposalsQuery::default() };
    let decided = rules::proposals(&bo, &town.env, &ledger, &decided).unwrap();
    assert_eq!(decided["proposals"][0]["proposal"]["outcome"]["decision"], "approved");
    let target = decided["proposals"][0]["proposal"]["target"].as_str().unwrap();
    let shown = rules::one(&bo, &town.env, &ledger, target).unwrap();
    assert_eq!((&shown["proposed"]["name"], &shown["approved"]["name"]), (&"anna".into(), &"bo".into()));
    assert_eq!((&shown["version"], &shown["state"], &shown["reason"]), (&1.into(), &"active".into(), &"试行".into()));
    assert_eq!(shown["beside"][0]["shipped"], true);
}

#[test]
fn refused_and_withdrawn_proposals_change_nothing_and_say_who() {
    let town = town();
    let (anna, bo) = (town.anna(), town.bo());
    let id = town.propose(&anna, &[("scope", "city"), ("hours", "240")]).unwrap();
    text(town.decide(&bo, &[&id], End::Withdrawn), Kind::Forbidden);
    let waits = text(town.propose(&bo, &[("scope", "city"), ("hours", "250")]), Kind::Conflict);
    assert!(waits.contains(&id), "{waits}");
    let silent = rules::decide(&bo, &town.env, &town.ledger(), std::slice::from_ref(&id), End::Refused, " ");
    assert!(silent.is_err_and(|error| error.kind == Kind::Invalid), "a refusal needs a reason");
    town.decide(&bo, &[&id], End::Refused).unwrap();
    text(town.decide(&bo, &[&id], End::Approved), Kind::Conflict);
    let id = town.propose(&anna, &[("scope", "city"), ("hours", "240")]).unwrap();
    town.decide(&anna, &[&id], End::Withdrawn).unwrap();
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(720));
    text(town.decide(&bo, &["rule-proposal-none"], End::Approved), Kind::NotFound);
}

#[test]
fn of_two_approvers_one_wins() {
    let town = town();
    let id = town.propose(&town.anna(), &[("scope", "city"), ("hours", "240")]).unwrap();
    let ids = [id];
    let (bo, cai) = (town.bo(), town.officer(13, "cai", "wjw"));
    // Both have planned before either has written.
    let first = rules::decide(&bo, &town.env, &town.ledger(), &ids, End::Approved, "").unwrap();
    let second = rules::decide(&cai, &town.env, &town.ledger(), &ids, End::Refused, "不").unwrap();
    town.house.store.write(&bo, first.batch).unwrap();
    let lost = town.house.store.write(&cai, second.batch).unwrap_err();
    assert!(matches!(lost.kind, Kind::Precondition | Kind::Conflict), "{lost}");
    let again = rules::decide(&cai, &town.env, &town.ledger(), &ids, End::Refused, "不");
    assert!(again.is_err_and(|error| error.kind == Kind::Conflict));
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(240));
}

#[test]
fn what_moved_under_a_proposal_is_not_approved() {
    let town = town();
    let (anna, bo) = (town.anna(), town.bo());
    let (first, second) = {
        // Two come in at the same moment, so neither sees the other.
        let ledger = town.ledger();
        let one = rules::propose(&anna, &town.env, &ledger, TABLE, &row(&[("scope", "city"), ("hours", "240")]), "");
        let other = rules::propose(&bo, &town.env, &ledger, TABLE, &row(&[("scope", "city"), ("hours", "48")]), "");
        (town.commit(&anna, one).unwrap()["id"].clone(), town.commit(&bo, other).unwrap()["id"].clone())
    };
    let (first, second) = (first.as_str().unwrap(), second.as_str().unwrap());
    let twice = text(town.decide(&town.officer(13, "cai", "wjw"), &[first, second], End::Approved), Kind::Invalid);
    assert!(twice.contains("twice"), "{twice}");
    town.decide(&bo, &[first], End::Approved).unwrap();
    let moved = text(town.decide(&anna, &[second], End::Approved), Kind::Conflict);
    assert!(moved.contains("has changed"), "{moved}");
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(240));
}

#[test]
fn an_officer_changes_the_own_area() {
    let town = town();
    let district = town.officer(21, "dora", "wjw1");
    let second = town.officer(22, "emil", "wjw1");
    let city = town.anna();
    let hospital = town.officer(23, "fang", "h1");
    let stray = town.officer(24, "gu", "stray");
    for (cx, scope, may) in [
        (&city, "nation", false),
        (&city, "city", true),
        (&city, "district:339902", true),
        (&city, "institution:h2", true),
        (&district, "nation", false),
        (&district, "city", false),
        (&district, "district:339901", true),
        (&district, "district:339902", false),
        (&district, "institution:h1", true),
        (&district, "institution:h1-lab", true),
        (&district, "institution:h2", false),
        (&hospital, "institution:h1", true),
        (&hospital, "institution:h2", false),
        (&hospital, "city", false),
        // Only a health commission that stands above all is the city's.
        (&stray, "city", false),
        (&stray, "institution:stray", true),
    ] {
        let proposed = town.propose(cx, &[("scope", scope), ("hours", "5")]);
        assert_eq!(proposed.is_ok(), may, "{} {scope}: {proposed:?}", cx.who.name);
        if let Ok(id) = proposed {
            town.decide(cx, &[&id], End::Withdrawn).unwrap();
        }
    }
    let id = town.propose(&city, &[("scope", "district:339902"), ("hours", "5")]).unwrap();
    text(town.decide(&district, &[&id], End::Approved), Kind::Forbidden);
    let id = town.propose(&district, &[("scope", "institution:h1"), ("hours", "5")]).unwrap();
    town.decide(&second, &[&id], End::Approved).unwrap();
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(5));
    assert_eq!(town.hours("2026-06-01", &town.at("h2")), Some(720));
    for (role, scope) in [
        (Role::Clinician, "h1"),
        (Role::Admin, ""),
        (Role::Resident, "p"),
        (Role::Officer, "nobody"),
        (Role::Integration, ""),
    ] {
        let cx = town.house.as_role(role, Some(scope).filter(|scope| !scope.is_empty()));
        text(town.propose(&cx, &[("scope", "institution:h1"), ("hours", "5")]), Kind::Forbidden);
        text(town.decide(&cx, &[&id], End::Approved), Kind::Forbidden);
    }
    let missing = text(town.propose(&city, &[("scope", "institution:nobody"), ("hours", "5")]), Kind::Invalid);
    assert!(missing.contains("no institution `nobody`"), "{missing}");
}

#[test]
fn a_system_sends_files_and_officers_decide() {
    let town = town();
    let etl = town.house.as_who(Who { account: 31, name: "etl".into(), role: Role::Integration, scope: None });
    let bring = |cx: &Cx, item: &str| {
        let file = format!("scope,from,source,item,state,hours\ncity,2026-02-01,平川卫3号,{item},inpatient,24\n");
        let planned = rules::import(cx, &town.env, &town.ledger(), TABLE, file.as_bytes(), "");
        town.commit(cx, planned).map(|told| told["proposals"][0].as_str().unwrap().to_owned())
    };
    text(town.propose(&etl, &[("scope", "city"), ("hours", "5")]), Kind::Forbidden);
    let wanted = row(&[("scope", "city"), ("hours", "5")]);
    let tried = rules::trial(&etl, &town.env, &town.ledger(), &Tried::Wanted(TABLE, &wanted));
    text(tried, Kind::Forbidden);
    let (first, second) = (bring(&etl, "na").unwrap(), bring(&etl, "cl").unwrap());
    let of_an_officer = bring(&town.anna(), "k").unwrap();
    for id in [&first, &of_an_officer] {
        text(town.decide(&etl, &[id], End::Approved), Kind::Forbidden);
        text(town.decide(&etl, &[id], End::Refused), Kind::Forbidden);
    }
    text(town.decide(&etl, &[&of_an_officer], End::Withdrawn), Kind::Forbidden);
    // It tries what it has sent, and takes back what it has sent by mistake.
    rules::trial(&etl, &town.env, &town.ledger(), &Tried::Proposals(std::slice::from_ref(&first))).unwrap();
    let seen = town.waiting(&etl);
    let may = |what: &str| seen.iter().filter(|one| one[what] == true).count();
    assert_eq!((seen.len(), may("may_decide"), may("may_withdraw")), (3, 0, 2));
    town.decide(&etl, &[&second], End::Withdrawn).unwrap();
    town.decide(&town.anna(), &[&first], End::Approved).unwrap();
    let told = rules::tables(&etl, &town.env, &town.ledger()).unwrap();
    assert_eq!((&told["reach"], &told["files"]), (&Value::Null, &true.into()));
    let told = rules::tables(&town.anna(), &town.env, &town.ledger()).unwrap();
    assert_eq!((&told["reach"]["level"], &told["files"]), (&"city".into(), &true.into()));
    for role in [Role::Clinician, Role::Officer] {
        let cx = town.house.as_role(role, Some("nobody"));
        text(bring(&cx, "mg"), Kind::Forbidden);
        assert_eq!(rules::tables(&cx, &town.env, &town.ledger()).unwrap()["files"], false);
    }
}

#[test]
fn narrow_before_wide_and_local_before_shipped() {
    let town = town();
    town.set(&[("scope", "city"), ("hours", "240")]);
    town.set(&[("scope", "district:339901"), ("hours", "100")]);
    town.set(&[("scope", "institution:h1"), ("hours", "10"), ("to", "2026-06-30")]);
    let place = |district: Option<&str>, institution: Option<&str>| Place {
        district: district.map(str::to_owned),
        institution: institution.map(str::to_owned),
    };
    assert_eq!(town.hours("2026-06-30", &town.at("h1")), Some(10));
    assert_eq!(town.hours("2026-07-01", &town.at("h1")), Some(100));
    assert_eq!(town.hours("2026-06-30", &town.at("h1-lab")), Some(100), "an institution is itself, not those below it");
    assert_eq!(town.hours("2026-06-30", &place(Some("339901"), None)), Some(100));
    assert_eq!(town.hours("2026-06-30", &town.at("h2")), Some(240));
    assert_eq!(town.hours("2026-06-30", &place(None, None)), Some(240));
    assert_eq!(town.hours("2025-12-31", &town.at("h1")), Some(720));
    // One that lifts says that nothing holds; the others are as they were.
    town.set(&[("scope", "institution:h2"), ("lifted", "yes"), ("from", "2026-03-01")]);
    assert_eq!(town.hours("2026-03-01", &town.at("h2")), None);
    assert_eq!(town.hours("2026-02-28", &town.at("h2")), Some(240));
    // Of two of one scope, the one that begins later.
    town.set(&[("scope", "city"), ("hours", "200"), ("from", "2026-09-01")]);
    assert_eq!(town.hours("2026-08-31", &place(None, None)), Some(240));
    assert_eq!(town.hours("2026-09-01", &place(None, None)), Some(200));
}

#[test]
fn a_release_brings_its_own_rows_and_leaves_local_ones() {
    static NEXT: RuleTable = table(&["\
scope,from,source,sure,item,state,hours
nation,2022-03-01,国卫医发〔2022〕6号,yes,glucose,outpatient,480
city,2026-01-01,平川卫〔2026〕1号,yes,glucose,outpatient,100
"]);
    let town = town();
    town.set(&[("scope", "city"), ("hours", "240")]);
    let laid = rules::lay(&town.house.cx(), &town.house.store, &[&NEXT], Seeds::Everywhere).unwrap();
    assert_eq!((laid.added, laid.changed, laid.retired), (1, 1, 1));
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(240), "the local row outranks the shipped one");
    assert_eq!(town.hours("2025-06-01", &town.at("h1")), Some(480), "and the nation's is the new one");
    // Once the local row is taken back, the shipped one of the same scope holds.
    let local = rules::rows(&town.bo(), &town.env, &town.ledger(), TABLE, &RowsQuery::default()).unwrap();
    let local = local["rows"].as_array().unwrap().iter().find(|row| row["shipped"] == false).unwrap().clone();
    let back = Wanted::Back(local["id"].as_str().unwrap().to_owned());
    let cx = town.bo();
    let planned = rules::propose(&cx, &town.env, &town.ledger(), TABLE, &back, "");
    let id = town.commit(&cx, planned).unwrap()["id"].as_str().unwrap().to_owned();
    town.decide(&town.anna(), &[&id], End::Approved).unwrap();
    assert_eq!(town.hours("2026-06-01", &town.at("h1")), Some(100));
    let shown = rules::one(&cx, &town.env, &town.ledger(), local["id"].as_str().unwrap()).unwrap();
    assert_eq!((&shown["state"], shown["history"].as_array().unwrap().len()), (&"retired".into(), 2));
    text(rules::propose(&cx, &town.env, &town.ledger(), TABLE, &back, "").map(|_| ()), Kind::NotFound);
    let shipped = Wanted::Back(shown["beside"][0]["id"].as_str().unwrap().to_owned());
    text(rules::propose(&cx, &town.env, &town.ledger(), TABLE, &shipped, "").map(|_| ()), Kind::Invalid);
}

#[test]
fn what_was_decided_then_is_known_later() {
    let town = town();
    let before = town.house.cx().now();
    town.house.pass(86_400_000);
    town.set(&[("scope", "city"), ("hours", "240")]);
    let between = town.house.cx().now();
    town.house.pass(86_400_000);
    town.set(&[("scope", "city"), ("hours", "200")]);
    let hours = |at: i64| {
        let rules = rules::as_known(&town.env, &TABLES, at).unwrap();
        let found = rules.table(TABLE).unwrap().find(day("2026-06-01"), &Place::default(), &["glucose", "outpatient"]);
        found.map(|row| (row.integer("hours").unwrap(), row.version))
    };
    assert_eq!(hours(before), Some((720, 1)));
    assert_eq!(hours(between), Some((240, 1)));
    assert_eq!(hours(town.house.cx().now()), Some((200, 2)));
    let one = rules::as_known(&town.env, &TABLES, between).unwrap();
    assert!(Arc::ptr_eq(&one, &rules::as_known(&town.env, &TABLES, between + 1).unwrap()), "made once");
    let known = RowsQuery { known: Some(between), on: Some("2026-06-01".into()), ..RowsQuery::default() };
    let shown = rules::rows(&town.bo(), &town.env, &town.ledger(), TABLE, &known).unwrap();
    assert_eq!(shown["total"], 2);
}

#[test]
fn a_file_goes_out_and_comes_back_the_same() {
    let town = town();
    town.set(&[("scope", "institution:h1"), ("hours", "10"), ("names", "=1+1;b,\"c\""), ("to", "2026-06-30")]);
    let file = rules::export(&town.env, &town.ledger(), TABLE).unwrap();
    let exported = String::from_utf8(file.bytes).unwrap();
    let preview = |body: &str| rules::preview(&town.anna(), &town.env, &town.ledger(), TABLE, body.as_bytes()).unwrap();
    let same = preview(&exported);
    assert_eq!((&same["same"], &same["errors"], &same["new"]), (&3.into(), &0.into(), &0.into()), "{same}");
    let changed = exported.replace("720", "700").replace("nation", "city");
    let changed = preview(&changed);
    assert_eq!((&changed["same"], &changed["new"]), (&1.into(), &2.into()), "{changed}");
    // As an office writes it: Chinese heading, GB18030.
    let (office, _, _) = encoding_rs::GB18030
        .encode("适用范围,生效日,依据,item,state,hours\ncity,2026-02-01,平川卫3号,钠,inpatient,24\n");
    let planned = rules::import(&town.anna(), &town.env, &town.ledger(), TABLE, &office, "一批").unwrap();
    assert_eq!(planned.answer["new"], 1);
    let ids = town.commit(&town.anna(), Ok(planned)).unwrap()["proposals"].clone();
    town.decide(&town.bo(), &[ids[0].as_str().unwrap()], End::Approved).unwrap();
    let rules = rules::of(&town.env, &TABLES).unwrap();
    let found = rules.table(TABLE).unwrap().find(day("2026-02-01"), &Place::default(), &["钠", "inpatient"]);
    assert_eq!(found.unwrap().integer("hours"), Some(24));
}

#[test]
fn a_file_with_one_wrong_line_changes_nothing_and_names_it() {
    let town = town();
    let file = "scope,from,to,source,item,state,hours,names,hard,checked,lifted\n\
                city,2026-02-01,,a,na,inpatient,24,,,,\n\
                city,2026-02-01,2026-01-01,a,na,outpatient,24,,,,\n\
                mars,2026-02-30,,,,night,-1.5,,maybe,soon,\n\
                district:339902,2026-02-01,,a,na,inpatient,0,,,,\n\
                institution:nobody,2026-02-01,,a,na,inpatient,1,,,,\n\
                nation,2026-02-01,,a,na,inpatient,1,,,,\n\
                city,2026-02-01,,b,na,inpatient,9,,,,\n\
                city,2026-02-01,,a,na,inpatient,9,,,,,extra\n";
    let cx = town.anna();
    let position = town.house.store.position();
    let told = text(
        rules::import(&cx, &town.env, &town.ledger(), TABLE, file.as_bytes(), "").map(|planned| planned.answer),
        Kind::Invalid,
    );
    for part in [
        "line 3, Last day: is before the first day",
        "line 4, Scope: `mars`",
        "line 4, First day: `2026-02-30`",
        "line 4, Source: must not be empty",
        "line 4, item: must not be empty",
        "line 4, state: `night` is none of: outpatient, inpatient",
        "line 4, hours: `-1.5` is no whole number",
        "line 4, hard: `maybe`",
        "line 4, checked: `soon`",
        "第 5 行，整行：小时数应大于 0",
        "line 6, the row: there is no institution `nobody`",
        "line 7, the row: this account does not change rules of scope `nation`",
        "line 8, the row: the same rule as line 2",
        "line 9, the row: has 12 cells",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert_eq!(town.house.store.position(), position);
    let preview = rules::preview(&cx, &town.env, &town.ledger(), TABLE, file.as_bytes()).unwrap();
    assert_eq!((&preview["new"], &preview["errors"]), (&1.into(), &7.into()), "{preview}");
    assert_eq!(preview["lines"].as_array().unwrap().len(), 8);
}

#[test]
fn hostile_files_are_refused_in_plain_words() {
    let town = town();
    let cx = town.anna();
    let mut told = Vec::new();
    let heading = "scope,from,source,item,state,hours\n";
    let many = format!("{heading}{}", "city,2026-01-01,a,x,inpatient,1\n".repeat(10_001));
    let long = format!("{heading}city,2026-01-01,{},x,inpatient,1\n", "长".repeat(1_001));
    for body in [
        b"".as_slice(),
        b"\n\n",
        b"scope\n",
        b"scope,from,source,item,state,hours,colour\n",
        b"scope,scope,from,source,item,state,hours\n",
        b"scope,from,source,item,state,hours\ncity,2026-01-01,\"a",
        b"PK\x03\x04\0\0",
        b"\xff\xfes\0c\0",
        many.as_bytes(),
        long.as_bytes(),
    ] {
        let refused = rules::preview(&cx, &town.env, &town.ledger(), TABLE, body).unwrap_err();
        assert!(matches!(refused.kind, Kind::Invalid | Kind::TooCostly), "{refused}");
        told.push(refused.to_string());
    }
    assert!(told[3].contains("there is no column `colour`"), "{}", told[3]);
    assert!(told[4].contains("`scope` is there twice"), "{}", told[4]);
    // What would be a formula, a break of the key or a huge number is data or an error, nothing else.
    let strange = format!(
        "{heading}city,2026-01-01,=cmd(),\"a\nb\",inpatient,1\n\
         city,2026-01-01,a,x\u{1f}y,inpatient,1\ncity,2026-01-01,a,z,inpatient,99999999999999999999\n\
         city,9999-12-31,=cmd(),ok,inpatient,1\n"
    );
    let preview = rules::preview(&cx, &town.env, &town.ledger(), TABLE, strange.as_bytes()).unwrap();
    assert_eq!((&preview["errors"], &preview["new"]), (&3.into(), &1.into()), "{preview}");
}

#[test]
fn a_dry_run_says_what_would_hold() {
    let town = town();
    town.set(&[("scope", "institution:h1"), ("hours", "10")]);
    let position = town.house.store.position();
    let wanted = row(&[("scope", "city"), ("hours", "240")]);
    let told = rules::trial(&town.bo(), &town.env, &town.ledger(), &Tried::Wanted(TABLE, &wanted)).unwrap();
    let effect = &told["effects"][0];
    assert_eq!((&effect["before"]["values"]["hours"], &effect["after"]["values"]["hours"]), (&720.into(), &240.into()));
    assert_eq!((&effect["narrower"][0]["scope"]["text"], &effect["is_past"]), (&"institution:h1".into(), &true.into()));
    assert_eq!(told["found"], Value::Null);
    let id = town.propose(&town.anna(), &[("scope", "city"), ("lifted", "yes")]).unwrap();
    let told = rules::trial(&town.bo(), &town.env, &town.ledger(), &Tried::Proposals(&[id])).unwrap();
    assert_eq!(told["effects"][0]["after"]["lifted"], true);
    assert_eq!(town.house.store.position(), position + 1, "the proposal alone was written");
    assert_eq!(town.hours("2026-06-01", &town.at("h2")), Some(720));
    // An end is told for the first day without the rule.
    let wanted = row(&[("scope", "institution:h1"), ("hours", "10"), ("to", "2027-03-31")]);
    let told = rules::trial(&town.bo(), &town.env, &town.ledger(), &Tried::Wanted(TABLE, &wanted)).unwrap();
    let effect = &told["effects"][0];
    assert_eq!((&effect["day"], &effect["after"]["values"]["hours"]), (&"2027-04-01".into(), &720.into()), "{effect}");
}

#[test]
fn a_program_decides_the_past_again_by_rules_that_stand_still() {
    const TRIED_SEEDS: &[&str] = &["scope,from,source,item,state,hours\n"];
    static TRIED: RuleTable = RuleTable { dry_run: Some(hours_then), ..table(TRIED_SEEDS) };
    fn hours_then(_: &Cx, _: &Env, trial: &Trial) -> Result<Found> {
        let hours = |rules: &Rules, day: i32| {
            let found = rules.table(TABLE)?.find(day, &Place::default(), &["glucose", "outpatient"]);
            Ok(found.and_then(|row| row.integer("hours")).unwrap_or(-1))
        };
        let title = Words { zh: "时限", en: "Hours" };
        let figure = |day| -> Result<Figure> {
            Ok(Figure { title, before: hours(&trial.before, day)?, after: hours(&trial.after, day)? })
        };
        assert_eq!((trial.to - trial.from, trial.rows.len()), (29, 1));
        Ok(Found { figures: vec![figure(trial.from - 400)?, figure(trial.to)?], ..Found::default() })
    }
    let town = town();
    let env = env(&town.house);
    let ledger = rules::ledger(&env, &[&TRIED]).unwrap();
    // It begins next spring; last month is decided as if it had held.
    let wanted = row(&[("scope", "city"), ("hours", "240"), ("from", "2027-03-01")]);
    let told = rules::trial(&town.bo(), &env, &ledger, &Tried::Wanted(TABLE, &wanted)).unwrap();
    assert_eq!((&told["from"], &told["to"]), (&"2026-10-22".into(), &"2026-11-20".into()));
    for figure in told["found"]["figures"].as_array().unwrap() {
        assert_eq!((&figure["before"], &figure["after"]), (&720.into(), &240.into()));
    }
}
