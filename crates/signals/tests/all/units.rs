use base::rng::Rng;
use proptest::prelude::*;
use signals::Day;
use signals::files;
use signals::units::{Case, Rule, Span, Tracker, Unit, UnitKind, Why, diseases, thresholds};
use std::collections::BTreeMap;
use std::sync::Arc;

fn case(id: &str, version: u32, disease: &str, onset: Day, units: &[(UnitKind, &str)]) -> Case {
    let units = units.iter().map(|(kind, name)| Unit { kind: *kind, name: (*name).into() }).collect();
    let (death, admitted, withdrawn) = (false, false, false);
    Case { version, id: id.into(), disease: disease.to_owned(), onset, units, death, admitted, withdrawn }
}

fn rules(text: &str) -> Vec<Rule> {
    Rule::read(format!("rule,diseases,units,counted,least,window_days,valid_from,valid_to\n{text}").as_bytes(), "rules")
        .unwrap()
}

/// By rule name, unit and disease: first and last onset, reached, counted, members.
type Counted = BTreeMap<(String, String, String), Vec<(Span, Vec<Arc<str>>)>>;

fn standing(tracker: &Tracker, rules: &[Rule]) -> Counted {
    let mut all = Counted::new();
    for cluster in tracker.clusters() {
        let place = &cluster.place;
        let unit = format!("{} {}", place.unit.kind.name(), place.unit.name);
        let key = (rules[place.rule].rule.clone(), unit, place.disease.to_string());
        all.entry(key).or_default().push((cluster.span, cluster.members));
    }
    all
}

type Members = Vec<(Day, Arc<str>)>;

/// The same from the latest versions at once, day by day and without the tracker's shortcuts.
fn recounted(cases: &[Case], rules: &[Rule]) -> Counted {
    let mut latest: BTreeMap<Arc<str>, Case> = BTreeMap::new();
    for case in cases {
        let mut case = case.clone();
        case.units.sort();
        case.units.dedup();
        match latest.get(&case.id) {
            Some(known) if *known >= case => {}
            _ => {
                latest.insert(case.id.clone(), case);
            }
        }
    }
    let mut all = Counted::new();
    for rule in rules {
        let mut groups: BTreeMap<(String, String), Members> = BTreeMap::new();
        for case in latest.values().filter(|case| !case.withdrawn && rule.counted.holds(case)) {
            for disease in diseases().keys(&case.disease).into_iter().filter(|key| rule.diseases.contains(key)) {
                let mut units: Vec<String> = Vec::new();
                if rule.units.contains(&UnitKind::Any) {
                    units.push("any ".to_owned());
                }
                let of_rule = case.units.iter().filter(|unit| rule.units.contains(&unit.kind));
                units.extend(of_rule.map(|unit| format!("{} {}", unit.kind.name(), unit.name)));
                for unit in units {
                    groups.entry((unit, disease.clone())).or_default().push((case.onset, case.id.clone()));
                }
            }
        }
        for ((unit, disease), mut members) in groups {
            members.sort();
            let clusters = in_one(rule, &members);
            if !clusters.is_empty() {
                all.insert((rule.rule.clone(), unit, disease), clusters);
            }
        }
    }
    all
}

fn in_one(rule: &Rule, members: &[(Day, Arc<str>)]) -> Vec<(Span, Vec<Arc<str>>)> {
    let width = rule.window_days as Day;
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return Vec::new() };
    // Which members are in a reached window, and which reached windows share a member.
    let mut clusters: Vec<(Day, Vec<usize>)> = Vec::new();
    for end in first.0..=last.0 {
        let inside: Vec<usize> =
            (0..members.len()).filter(|nth| (end - width + 1..=end).contains(&members[*nth].0)).collect();
        let ends_here = members.iter().any(|(day, _)| *day == end);
        if !ends_here || inside.len() < rule.least as usize || !rule.is_valid_on(end) {
            continue;
        }
        match clusters.last_mut().filter(|(_, known)| inside.iter().any(|nth| known.contains(nth))) {
            Some((_, known)) => {
                known.extend(inside);
                known.sort_unstable();
                known.dedup();
            }
            None => clusters.push((end, inside)),
        }
    }
    let of = |(reached, inside): (Day, Vec<usize>)| {
        let ids: Vec<Arc<str>> = inside.iter().map(|nth| members[*nth].1.clone()).collect();
        let (first_onset, last_onset) = (members[inside[0]].0, members[inside[inside.len() - 1]].0);
        (Span { first_onset, last_onset, reached, counted: ids.len() }, ids)
    };
    clusters.into_iter().map(of).collect()
}

#[test]
fn the_second_case_of_a_class_opens_a_cluster_and_a_correction_takes_it_back() {
    let rules = rules("hfm,hand-foot-mouth,class,cases,2,7,,\n");
    let mut tracker = Tracker::new(&rules, diseases());
    let class = [(UnitKind::Class, "3-1")];
    assert_eq!(tracker.add(case("a", 1, "手足口病", 100, &class)).1, []);
    // The seventh day is inside the window, the eighth is not.
    assert_eq!(tracker.add(case("far", 1, "hand-foot-mouth", 107, &class)).1, []);
    let (_, opened) = tracker.add(case("b", 1, "hand-foot-mouth", 106, &class));
    assert_eq!((opened.len(), opened[0].why), (1, Why::Opened));
    let span = Span { first_onset: 100, last_onset: 107, reached: 106, counted: 3 };
    assert_eq!(opened[0].now, [span]);
    assert_eq!(tracker.clusters()[0].members.len(), 3);
    // The same again, and an older version, change nothing.
    assert_eq!(tracker.add(case("b", 1, "hand-foot-mouth", 106, &class)).1, []);
    assert_eq!(tracker.add(case("b", 0, "hand-foot-mouth", 10, &class)).1, []);
    // The onset was wrong.
    let (_, changed) = tracker.add(case("b", 2, "hand-foot-mouth", 120, &class));
    assert_eq!((changed.len(), changed[0].why), (1, Why::TakenBack));
    assert_eq!(changed[0].was, [span]);
    assert_eq!(tracker.clusters(), []);
    // Another class, another disease: no neighbours.
    tracker.add(case("c", 1, "hand-foot-mouth", 120, &[(UnitKind::Class, "3-2")]));
    tracker.add(case("d", 1, "mumps", 120, &class));
    assert_eq!(tracker.clusters(), []);
}

#[test]
fn a_case_taken_out_of_the_middle_splits_a_cluster() {
    let rules = rules("x,mumps,school,cases,2,3,,\n");
    let mut tracker = Tracker::new(&rules, diseases());
    let school = [(UnitKind::School, "s")];
    for (id, onset) in [("a", 1), ("b", 2), ("c", 4), ("d", 6), ("e", 7)] {
        tracker.add(case(id, 1, "mumps", onset, &school));
    }
    assert_eq!(tracker.clusters().len(), 1);
    let mut gone = case("c", 2, "mumps", 4, &school);
    gone.withdrawn = true;
    let (_, changes) = tracker.add(gone);
    assert_eq!((changes[0].why, changes[0].now.len()), (Why::Split, 2));
    let (_, changes) = tracker.add(case("c", 3, "mumps", 4, &school));
    assert_eq!((changes[0].why, changes[0].was.len(), changes[0].now.len()), (Why::Changed, 2, 1));
}

#[test]
fn rows_hold_between_their_dates_only() {
    let rules = rules("old,mumps,school,cases,2,7,,1970-01-11\nnew,mumps,school,cases,3,7,1970-01-12,\n");
    let mut tracker = Tracker::new(&rules, diseases());
    let school = [(UnitKind::School, "s")];
    for (id, onset) in [("a", 10), ("b", 11)] {
        tracker.add(case(id, 1, "mumps", onset, &school));
    }
    // Day 11 is 1970-01-12: from there on two are too few.
    assert_eq!(tracker.clusters(), []);
    tracker.add(case("c", 1, "mumps", 9, &school));
    let names: Vec<&str> = tracker.clusters().iter().map(|cluster| rules[cluster.place.rule].rule.as_str()).collect();
    assert_eq!(names, ["old", "new"]);
}

#[test]
fn the_shipped_rows_are_dated_and_say_how_sure_they_are() {
    assert!(thresholds().len() > 50);
    for rule in thresholds() {
        assert!(["yes", "unsure", "local"].contains(&rule.sure.as_str()), "{}", rule.rule);
        assert!(!rule.source.is_empty() && !rule.units.is_empty() && !rule.diseases.is_empty());
        for disease in &rule.diseases {
            let known = include_str!("../../src/units/data/diseases.csv");
            assert!(known.contains(disease.as_str()), "{disease}");
        }
    }
    let find = |name: &str| thresholds().iter().find(|rule| rule.rule == name).unwrap();
    assert_eq!((find("local-influenza-like").least, find("local-influenza-like").window_days), (5, 3));
    assert_eq!((find("other-diarrhoea").least, find("other-diarrhoea").window_days), (20, 7));
}

#[test]
fn a_file_prints_clusters_and_what_was_taken_back() {
    let text = "id,version,unit_kind,unit,disease,onset,reported\n\
                a,1,class,3-1,手足口病,2026-03-01,2026-03-02\n\
                a,1,school,S,手足口病,2026-03-01,2026-03-02\n\
                b,1,class,3-1,手足口病,2026-03-04,2026-03-05\n\
                b,1,class,3-1,手足口病,2026-03-04,2026-03-05\n\
                m,1,community,9,麻疹,2026-03-04,2026-03-06\n\
                c,1,kitchen,K,诺如病毒感染,2026-03-04,2026-03-06\n\
                d,1,kitchen,K,呕吐,2026-03-05,2026-03-06\n\
                e,1,kitchen,K,腹泻,2026-03-05,2026-03-07\n\
                e,2,kitchen,K,腹泻,2026-03-01,2026-03-09\n";
    let printed = files::units(text.as_bytes(), "cases.csv", None, false).unwrap();
    let rows: Vec<&str> = printed.lines().collect();
    assert!(rows[0].starts_with("unit_kind,unit,disease,rule,version,kind,level,counted,cases,first_onset"));
    let find = |part: &str| *rows.iter().find(|row| row.contains(part)).unwrap_or_else(|| panic!("{part}: {printed}"));
    assert_eq!(
        find("local-hand-foot-mouth"),
        "class,3-1,hand-foot-mouth,local-hand-foot-mouth,1,local,early,cases,2,2026-03-01,2026-03-04,2026-03-04,open,\
         2026-03-05,a b"
    );
    assert!(find("local-measles").contains(",open,2026-03-06,m"));
    assert!(find("local-vomiting").contains("kitchen,K,vomiting-or-diarrhoea"));
    assert!(find("taken-back").contains(",taken-back,2026-03-09,"));
    let json: serde_json::Value =
        serde_json::from_str(&files::units(text.as_bytes(), "cases.csv", None, true).unwrap()).unwrap();
    assert_eq!(json["read"]["duplicate rows"], 1);
    assert_eq!(json["read"]["corrections"], 1);
}

#[test]
fn what_is_wrong_is_named_with_its_row() {
    let wrong = |text: &str| files::units(text.as_bytes(), "cases.csv", None, false).unwrap_err().text().to_owned();
    assert!(wrong("id,unit,disease\n").contains("`onset`"));
    assert!(wrong("id,unit,disease,onset\na,u,mumps,soon\n").contains("row 2, column `onset`"));
    assert!(wrong("id,unit,unit_kind,disease,onset\na,u,pub,mumps,2026-01-01\n").contains("row 2, column `unit_kind`"));
    let twice = "id,version,unit,disease,onset\na,1,u,mumps,2026-01-01\na,1,u,mumps,2026-01-02\n";
    assert!(wrong(twice).contains("row 3"));
    assert!(files::unit_rules("rule,diseases,units,least,window_days\nx,mumps,class,0,3\n".as_bytes(), "r").is_err());
}

/// Cases with several versions, a few units and diseases, in a few weeks.
fn versions() -> impl Strategy<Value = Vec<Case>> {
    let one = (0_u8..14, 0_u32..4, 0_i32..40, 0_u8..3, 0_u8..4, any::<(bool, bool, bool)>());
    proptest::collection::vec(one, 0..60).prop_map(|drawn| {
        let made = drawn.into_iter().map(|(id, version, onset, unit, disease, (death, admitted, withdrawn))| {
            let disease = ["mumps", "norovirus", "hand-foot-mouth", "measles"][usize::from(disease)];
            let mut units = vec![(UnitKind::Class, ["1", "2", "3"][usize::from(unit)])];
            if unit > 0 {
                units.push((UnitKind::School, "s"));
            }
            let mut case = case(&format!("c{id}"), version, disease, onset, &units);
            (case.death, case.admitted, case.withdrawn) = (death && admitted, admitted, withdrawn && onset % 3 == 0);
            case
        });
        made.collect()
    })
}

proptest! {
    /// Late, corrected and duplicate: what stands in the end depends on the latest versions alone.
    #[test]
    fn the_order_of_arrival_does_not_matter(cases in versions(), seed in any::<u64>()) {
        let rules = rules(
            "a,mumps|measles,class|school,cases,2,4,,\nb,vomiting-or-diarrhoea,class,cases,3,3,,1970-01-25\n\
             c,hand-foot-mouth,school,deaths,1,7,1970-01-10,\nd,measles,any,cases,1,1,,\ne,norovirus,any,admitted,2,9,,\n",
        );
        let wanted = recounted(&cases, &rules);
        for shuffle in 0..3 {
            let mut order = cases.clone();
            let mut rng = Rng::of(seed, 1, shuffle);
            for nth in (1..order.len()).rev() {
                order.swap(nth, rng.below(nth as u64 + 1) as usize);
            }
            let mut tracker = Tracker::new(&rules, diseases());
            let mut told = 0_i64;
            for case in order {
                for change in tracker.add(case).1 {
                    prop_assert!(change.was != change.now);
                    told += change.now.len() as i64 - change.was.len() as i64;
                }
            }
            prop_assert_eq!(&standing(&tracker, &rules), &wanted);
            // Nothing opens or goes silently.
            prop_assert_eq!(told, tracker.clusters().len() as i64);
        }
    }

    #[test]
    fn a_case_more_never_lowers_the_count_of_its_cluster(cases in versions(), onset in 0_i32..40) {
        let rules = rules("a,mumps,class|school,cases,2,4,,\n");
        let mut tracker = Tracker::new(&rules, diseases());
        for case in cases {
            tracker.add(case);
        }
        for change in tracker.add(case("more", 1, "mumps", onset, &[(UnitKind::School, "s")])).1 {
            prop_assert!(change.why == Why::Opened || change.why == Why::Changed);
            let sum = |spans: &[Span]| spans.iter().map(|span| span.counted).sum::<usize>();
            prop_assert!(sum(&change.now) > sum(&change.was));
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = files::units(&bytes[..], "cases.csv", None, true);
        let _ = files::unit_rules(&bytes[..], "rules.csv");
    }

    #[test]
    fn no_rows_are_a_panic(rows in proptest::collection::vec("[a-c],[0-9-]{0,3},(class|any|school|x),[u-w,\"]?,(mumps|麻疹|),(2026-0[1-3]-[0-3][0-9]|9999-12-31|0000-01-01|-),[01y]?\n", 0..30)) {
        let text = format!("id,version,unit_kind,unit,disease,onset,death\n{}", rows.concat());
        let _ = files::units(text.as_bytes(), "cases.csv", None, false);
    }
}

#[test]
fn a_disease_written_with_a_capital_letter_is_counted_too() {
    let clusters = |disease: &str| {
        let csv = format!("id,unit,disease,onset\n1,A,{disease},2026-03-01\n2,A,{disease},2026-03-02\n");
        files::units(csv.as_bytes(), "cases.csv", None, false).unwrap().lines().count() - 1
    };
    for (small, capital) in [("measles", "Measles"), ("hand-foot-mouth", "HAND-FOOT-MOUTH")] {
        assert!(clusters(small) > 0);
        assert_eq!(clusters(capital), clusters(small), "{capital}");
    }
    assert_eq!(diseases().keys("Something"), ["Something"]);
}

fn printed(csv: &str) -> String {
    files::units(csv.as_bytes(), "cases.csv", None, false).unwrap()
}

fn refused(csv: &str) -> String {
    files::units(csv.as_bytes(), "cases.csv", None, false).unwrap_err().text().to_owned()
}

fn told(csv: &str, rules: Option<&[Rule]>) -> serde_json::Value {
    serde_json::from_str(&files::units(csv.as_bytes(), "cases.csv", rules, true).unwrap()).unwrap()
}

#[test]
fn a_disease_without_a_rule_is_said() {
    let csv = "id,unit,disease,onset\n1,A,mumps,2026-03-01\n2,A,grippe,2026-03-01\n3,A,grippe,2026-03-02\n";
    let text = refused(csv);
    assert!(text.contains("row 3, column `disease`: `grippe` is no disease of the thresholds; there are: "), "{text}");
    assert!(text.contains("hand-foot-mouth") && text.contains("norovirus") && text.ends_with("with --rules"), "{text}");
    let wanted = serde_json::json!([{ "disease": "grippe", "cases": 2, "first_row": 3 }]);
    assert_eq!(told(csv, None)["without_rule"], wanted);
    // Corrected or withdrawn, it is no matter any more.
    let corrected = "id,version,unit,disease,onset\n1,1,A,grippe,2026-03-01\n1,2,A,hfmd,2026-03-01\n";
    assert!(printed(corrected).lines().count() == 1);
    // Own rules know it; what they leave out of the table is a row of its own.
    let own = rules("g,grippe,class,cases,2,7,,\n");
    let own_printed = files::units(csv.as_bytes(), "cases.csv", Some(&own), false).unwrap();
    assert!(own_printed.contains("class,A,grippe,g,"), "{own_printed}");
    assert!(own_printed.contains("\n,,mumps,,,,,,1,2026-03-01,2026-03-01,,without-rule,,1\n"), "{own_printed}");
}

#[test]
fn usual_names_and_full_width_units_are_the_same() {
    let csv = "id,unit,disease,onset\n1,３－１Ａ,hfmd,2026-03-01\n\
               2,3-1A,\"Hand, foot and mouth disease\",2026-03-02\n3,3-1A,手足口病,2026-03-03\n";
    assert!(printed(csv).contains("class,3-1A,hand-foot-mouth,local-hand-foot-mouth,1,local,early,cases,3,"));
    for (name, key) in [("ILI", "influenza-like"), ("varicella", "chickenpox"), ("COVID-19", "coronavirus")] {
        assert_eq!(diseases().keys(name), [key]);
    }
    // A rule by another name of the disease counts it too.
    let own = rules("h,hfmd,class,cases,3,7,,\n");
    assert_eq!(told(csv, Some(&own))["clusters"][0]["cases"], 3);
}

#[test]
fn cases_without_a_unit_that_counts_are_said() {
    let csv = "id,unit,unit_kind,disease,onset\n1,,class,hfmd,2026-03-01\n2,,class,hfmd,2026-03-02\n\
               3,A,class,mumps,2026-03-02\n4,,class,plague,2026-03-02\n";
    let text = printed(csv);
    assert!(text.contains("\n,,hand-foot-mouth,,,,,,2,2026-03-01,2026-03-02,,without-unit,,1 2\n"), "{text}");
    assert!(text.contains("\n,,mumps,,,,,,1,2026-03-02,2026-03-02,,other-unit-kind,,3\n"), "{text}");
    assert!(text.contains("plague,single") && !text.contains("\n,,plague"), "{text}");
    let columns = text.lines().next().unwrap().split(',').count();
    assert!(text.lines().all(|line| line.split(',').count() == columns), "{text}");
    let json = told(csv, None);
    let wanted = serde_json::json!([{ "disease": "hand-foot-mouth", "cases": 2, "first_row": 2 }]);
    assert_eq!(json["without_unit"], wanted);
    assert_eq!(json["other_unit_kind"][0]["first_row"], 4);
}

#[test]
fn days_that_cannot_be_are_refused() {
    let wrong = |onset: &str, reported: &str| {
        refused(&format!(
            "id,unit,disease,onset,reported\n0,A,mumps,2026-03-01,2026-03-02\n1,A,mumps,{onset},{reported}\n"
        ))
    };
    assert!(wrong("2026-03-02", "2026-03-01").contains("row 3, column `reported`: `2026-03-01` is before the onset"));
    assert!(wrong("1899-12-31", "").contains("row 3, column `onset`: `1899-12-31` is out of range"));
    let text = wrong("2026-03-01", "2201-01-01");
    assert!(text.contains("row 3, column `reported`: `2201-01-01`") && text.contains("2200"), "{text}");
    assert!(wrong("2026-03-04", "").contains("row 3, column `onset`: `2026-03-04` is more than a day after"));
    printed("id,unit,disease,onset\n0,A,mumps,1900-01-01\n1,A,mumps,2200-12-31\n");
}
