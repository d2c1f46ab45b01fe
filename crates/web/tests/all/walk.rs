//! Every way to ask, walked by every role: what a reader does not see changes no answer.
//!
//! The same requests go to worlds that differ only in what the reader does not see. Whatever would leak – a body, a
//! count, an order, a page link, an error, a header – makes two answers differ. Integration walks along: what tells the
//! worlds apart for it is a request that could have leaked.

use crate::walk_worlds::{Answer, Line, MARKS, OWN, Peopled, World, lines};
use base::Role;
use fhir::definitions::{Param, ParamKind, r4};
use std::fmt::Write as _;

/// What went wrong, told together at the end.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, role: Role, line: &Line, what: &str) {
        let Line { expect, method, path, .. } = line;
        self.0.push(format!("{} {expect} {method} {path}: {what}", role.name()));
    }

    #[track_caller]
    fn none(self) {
        let shown: Vec<&str> = self.0.iter().take(40).map(String::as_str).collect();
        assert!(self.0.is_empty(), "{} problems:\n{}", self.0.len(), shown.join("\n"));
    }
}

#[test]
fn what_a_reader_does_not_see_changes_no_answer() {
    let (everybody, own_only) = (World::new(Peopled::Everybody), World::new(Peopled::OwnOnly));
    assert_eq!(everybody.server.store.position(), own_only.server.store.position());
    let mut problems = Problems::default();
    for role in [Role::Clinician, Role::Resident] {
        let (here, there) = (everybody.reader(role), own_only.reader(role));
        for line in lines() {
            let answers = everybody.answers(&here, &line);
            let without = own_only.answers(&there, &line);
            same(&mut problems, role, &line, &answers, &without);
            marked(&mut problems, role, &line, &answers, &MARKS);
            let own = answers.iter().any(|answer| answer.shows_something() && answer.body.contains(OWN));
            match line.expect.as_str() {
                "own" if !own => problems.add(role, &line, &told("finds nothing", &answers)),
                "person" if own != (role == Role::Resident) => problems.add(role, &line, &told("is wrong", &answers)),
                "none" if answers.iter().any(Answer::shows_something) => {
                    problems.add(role, &line, &told("finds something", &answers));
                }
                _ => {}
            }
        }
    }
    problems.none();
}

#[test]
fn an_officer_is_told_of_no_single_person() {
    let worlds = [Peopled::Everybody, Peopled::OwnOnly, Peopled::Nobody].map(World::new);
    let officers = [0, 1, 2].map(|nth| worlds[nth].reader(Role::Officer));
    let mut problems = Problems::default();
    // The overview says where there is anything at all; how much it is, it hides under five.
    let told_that_any = ["/api/programs/overview/city", "/api/programs/overview/breakdown"];
    for line in lines().into_iter().filter(|line| !told_that_any.iter().any(|path| line.path.starts_with(path))) {
        let answers = [0, 1, 2].map(|nth| worlds[nth].answers(&officers[nth], &line));
        same(&mut problems, Role::Officer, &line, &answers[0], &answers[1]);
        same(&mut problems, Role::Officer, &line, &answers[1], &answers[2]);
        marked(&mut problems, Role::Officer, &line, &answers[0], &MARKS);
        marked(&mut problems, Role::Officer, &line, &answers[0], &[OWN]);
    }
    problems.none();
}

/// Every search parameter of every type that the worlds hold, with every kind of modifier, by what is the reader's own
/// and by what is somebody else's.
#[test]
fn no_search_parameter_tells_of_what_is_not_seen() {
    let (everybody, own_only) = (World::new(Peopled::Everybody), World::new(Peopled::OwnOnly));
    let mut problems = Problems::default();
    for role in [Role::Clinician, Role::Resident] {
        let (here, there) = (everybody.reader(role), own_only.reader(role));
        for type_name in TYPES {
            let type_ = r4().type_named(type_name).unwrap();
            for param in r4().params_of(type_) {
                for line in lines_of(type_name, param) {
                    let answers = everybody.answers(&here, &line);
                    same(&mut problems, role, &line, &answers, &own_only.answers(&there, &line));
                }
            }
        }
    }
    problems.none();
}

const TYPES: [&str; 13] = [
    "Patient",
    "Person",
    "RelatedPerson",
    "Encounter",
    "Condition",
    "Observation",
    "DiagnosticReport",
    "Immunization",
    "RiskAssessment",
    "DocumentReference",
    "List",
    "ImagingStudy",
    "ChargeItem",
];

fn lines_of(type_name: &str, param: &Param) -> Vec<Line> {
    let values: &[&str] = match param.kind {
        ParamKind::String => &["=zqx", "=own,zqx1city", ":contains=qx", ":exact=zqx1family", ":text=zqx"],
        ParamKind::Token => &["=zqx1-code", "=urn:zqx1|", ":not=urn:zqx1|zqx1-code", ":text=zqx", "=female,final,c1"],
        ParamKind::Reference => {
            &["=Patient/zqx1", "=zqx1-visit", ":identifier=urn:zqx1|zqx1-by-identifier", "=Patient/own1"]
        }
        ParamKind::Date => &["=1931-07-23", "=lt1985", "=ne1931", "=ap1931-07"],
        ParamKind::Number | ParamKind::Quantity => &["=98765.4", "=gt1000", "=ne5.5", "=lt0.95"],
        ParamKind::Uri => {
            &["=http://zqx1.example/paper", ":below=http://zqx1.example", ":above=http://zqx1.example/paper/x"]
        }
        ParamKind::Composite | ParamKind::Special => &["=urn:codes|c1$gt1000", "=c1$1931-07-23", "=zqx1-code$zqx"],
    };
    let missing = [":missing=true", ":missing=false&_sort=-date&_count=2", ":missing=false&_summary=count"];
    let line = |value: &&str| Line {
        expect: "same".into(),
        method: "GET".into(),
        path: format!("/fhir/{type_name}?{}{value}&_total=accurate", param.name)
            .replace("count&_total=accurate", "count"),
        body: None,
    };
    let sorted = format!("/fhir/{type_name}?_sort={}&_count=3", param.name);
    let mut lines: Vec<Line> = values.iter().chain(&missing).map(line).collect();
    lines.push(Line { path: sorted, ..lines[0].clone() });
    lines
}

/// What happens now is told as that something did, not what.
#[test]
fn live_updates_tell_a_narrow_reader_only_that_something_changed() {
    let world = World::new(Peopled::Everybody);
    let system = world.reader(Role::Integration);
    for role in [Role::Clinician, Role::Resident, Role::Officer] {
        let told = world.live(&world.reader(role), &system);
        assert!(told.contains("\"changes\":{}") && told.contains("event: feed"), "{told}");
        assert!(!told.contains("Patient") && !told.contains("zqx"), "{told}");
    }
}

/// The table is worth something only if its requests do find what is hidden from the others.
#[test]
fn who_sees_all_finds_what_the_others_do_not() {
    let (everybody, own_only) = (World::new(Peopled::Everybody), World::new(Peopled::OwnOnly));
    let (here, there) = (everybody.reader(Role::Integration), own_only.reader(Role::Integration));
    let mut problems = Problems::default();
    for line in lines()
        .iter()
        .filter(|line| !matches!(line.method.as_str(), "DELETE" | "POST") || line.path.ends_with("_search"))
    {
        let answers = everybody.answers(&here, line);
        let without = own_only.answers(&there, line);
        let carried_out = answers[0].status < 400 || line.path.contains("zqx-gone") || line.path.contains("own1-gone");
        if line.expect != "same" && !carried_out {
            problems.add(Role::Integration, line, &told("is not carried out", &answers));
        } else if line.expect == "none" && answers == without {
            problems.add(Role::Integration, line, &told("finds nothing hidden", &answers));
        }
    }
    problems.none();
}

fn same(problems: &mut Problems, role: Role, line: &Line, one: &[Answer], other: &[Answer]) {
    if let Some(nth) = (0..one.len().max(other.len())).find(|&nth| one.get(nth) != other.get(nth)) {
        let mut what = format!("answer {nth} depends on what is not seen");
        for answer in [one.get(nth), other.get(nth)].into_iter().flatten() {
            let _ = write!(what, "\n    {} {:.700}", answer.status, answer.body);
        }
        problems.add(role, line, &what);
    }
}

/// A request that names a mark itself is held to by the comparison alone.
fn marked(problems: &mut Problems, role: Role, line: &Line, answers: &[Answer], marks: &[&str]) {
    let asked = format!("{} {}", line.path, line.body.as_deref().unwrap_or_default());
    for mark in marks.iter().filter(|mark| !marks.iter().any(|mark| asked.contains(mark)) && !asked.contains(**mark)) {
        if answers.iter().any(|answer| answer.body.contains(mark) || answer.headers.contains(mark)) {
            problems.add(role, line, &told(&format!("shows `{mark}`"), answers));
        }
    }
}

fn told(what: &str, answers: &[Answer]) -> String {
    format!("{what}\n    {} {:.500}", answers[0].status, answers[0].body)
}
