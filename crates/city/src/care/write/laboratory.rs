//! A laboratory report: the order, the results with local code and name, standard code unless the institution leaves it
//! unmapped, reference range and interpretation, the report with its mark. Some come preliminary first, a few are corrected.

use super::super::plan::{Exam, Purpose, Reason};
use super::super::tables::Test;
use super::super::value::{Value, filtration, value};
use super::Scene;
use super::codes::{self, Coded};
use super::issue::{Issue, PRELIMINARY};
use crate::day::day_of;
use crate::json::Json;
use crate::out::Out;
use crate::places::Mark;
use crate::rng::Rng;

pub const LOINC: &str = "http://loinc.org";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

/// What is common to the resources of one report.
pub struct Report<'a> {
    pub id: &'a str,
    pub exam: &'a Exam,
    pub issue: &'a Issue,
    pub local_system: &'a str,
}

impl Scene<'_> {
    pub fn panel(&self, nth: u8, exam: &Exam, out: &mut Out, rng: &mut Rng) {
        let panel = &self.plan.tables.panels[nth as usize];
        if !self.keep.results || (self.keep.infectious_only && !is_infectious(panel.key)) {
            return;
        }
        let mut values: Vec<(u8, Value)> =
            panel.tests.iter().map(|test| (*test, value(self.plan, self.contact, *test, exam.at, rng))).collect();
        self.agree(&mut values);
        let issue = self.issue_of(exam);
        let id = self.numbered("r", exam.nth.into());
        let local_system = self.local_system();
        let report = Report { id: &id, exam, issue: &issue, local_system: &local_system };
        let coded = Coded::Panel(nth);
        let code = codes::code(self.institution, coded);
        let name = codes::name(self.institution, coded);
        let loinc = if self.is_mapped(coded) { panel.loinc } else { "" };
        self.order(&report, (&code, name, loinc), "", out);
        let mut results = Vec::with_capacity(values.len());
        for (at, (test, found)) in values.iter().enumerate() {
            let mut id = String::with_capacity(report.id.len() + 4);
            id.push_str(report.id);
            id.push('o');
            super::push_number(&mut id, at as u64);
            self.result(&report, &id, *test, *found, at == 0, out);
            results.push(id);
        }
        out.versions("DiagnosticReport", report.id, issue.arrivals(), |json, version| {
            self.report_head(
                json,
                &report,
                version,
                ("LAB", "Laboratory"),
                &[(report.local_system, &code, name), (LOINC, loinc, "")],
            );
            json.array("result", |json| results.iter().for_each(|id| json.item_reference("Observation", id)));
        });
    }

    /// Values that hang together.
    fn agree(&self, values: &mut [(u8, Value)]) {
        let tests = &self.plan.tables.tests;
        let number = |values: &[(u8, Value)], key: &str| {
            values.iter().find_map(|(test, found)| match found {
                Value::Number(number) if tests[*test as usize].key == key => Some(*number),
                _ => None,
            })
        };
        if let Some(creatinine) = number(values, "crea") {
            let rate = filtration(creatinine, self.plan.person.sex, self.plan.age(day_of(self.contact.start)));
            set(values, |test| tests[test as usize].key == "egfr", rate);
        }
        if let (Some(neutrophils), Some(lymphocytes)) = (number(values, "neu"), number(values, "lym"))
            && neutrophils + lymphocytes > 97.0
        {
            set(values, |test| tests[test as usize].key == "lym", (97.0 - neutrophils).max(1.5));
        }
        if let (Some(red), Some(volume)) = (number(values, "rbc"), number(values, "mcv")) {
            // One litre of red cells holds about 330 g of haemoglobin.
            set(values, |test| tests[test as usize].key == "hct", red * volume / 10.0);
            set(values, |test| tests[test as usize].key == "hgb", red * volume * 0.33);
        }
    }

    pub fn local_system(&self) -> String {
        let mut system = String::with_capacity(40);
        system.push_str("urn:jingluo:local:");
        system.push_str(&self.institution.id);
        system
    }

    /// The order: open until its report is there. It tells what it is for where that decides whether an earlier result may
    /// stand for it, and by which method an image is to be made.
    pub fn order(&self, report: &Report, (code, name, loinc): (&str, &str, &str), method: &str, out: &mut Out) {
        let exam = report.exam;
        let arrivals = [self.arrival(exam.ordered), self.arrival(report.issue.last())];
        out.versions("ServiceRequest", report.id, &arrivals, |json, version| {
            self.source(json);
            json.text("status", if version == 0 { "active" } else { "completed" });
            json.piece(r#""intent":"order""#);
            json.object("code", |json| {
                self.codes(json, &[(report.local_system, code, name), (LOINC, loinc, "")], name)
            });
            if !method.is_empty() {
                json.array("orderDetail", |json| json.item(|json| json.text("text", method)));
            }
            self.subject(json);
            self.in_encounter(json);
            if day_of(exam.at) > day_of(exam.ordered) {
                json.instant("occurrenceDateTime", exam.at);
            }
            json.instant("authoredOn", exam.ordered);
            json.reference("requester", "Organization", &self.institution.id);
            self.performer(json);
            let purpose = match exam.purpose {
                Purpose::BeforeOperation => "术前检查",
                Purpose::Course => "病程监测",
                Purpose::Diagnosis => return,
            };
            json.array("reasonCode", |json| json.item(|json| json.text("text", purpose)));
        });
    }

    /// A local coding, and the standard one where it is known.
    pub fn codes(&self, json: &mut Json, codings: &[(&str, &str, &str)], text: &str) {
        let known = if codings[1].1.is_empty() { &codings[..1] } else { codings };
        json.codings(known, text);
    }

    pub fn report_head(
        &self,
        json: &mut Json,
        report: &Report,
        version: usize,
        category: (&str, &str),
        codings: &[(&str, &str, &str)],
    ) {
        self.source(json);
        self.mark(json);
        json.array("basedOn", |json| json.item_reference("ServiceRequest", report.id));
        json.text("status", report.issue.states[version]);
        json.array("category", |json| {
            json.item(|json| {
                json.codings(&[("http://terminology.hl7.org/CodeSystem/v2-0074", category.0, category.1)], "");
            });
        });
        json.object("code", |json| self.codes(json, codings, codings[0].2));
        self.subject(json);
        self.in_encounter(json);
        json.instant("effectiveDateTime", report.exam.at);
        json.instant("issued", report.issue.time(version));
        self.performer(json);
    }

    /// The mark of mutual recognition, with the widest area in which the institution's quality was assessed and passed.
    pub fn mark(&self, json: &mut Json) {
        let quality = self.institution.quality;
        let mark = match quality.mark {
            Mark::National if quality.assessed => r#""extension":[{"url":"urn:jingluo:mark","valueString":"全国HR"}]"#,
            Mark::City if quality.assessed => r#""extension":[{"url":"urn:jingluo:mark","valueString":"平川HR"}]"#,
            _ => return,
        };
        json.piece(mark);
    }

    /// Whether the institution tells the standard code, too.
    pub fn is_mapped(&self, coded: Coded) -> bool {
        codes::is_mapped(self.plan.city, self.contact.institution as usize, coded)
    }

    fn result(&self, report: &Report, id: &str, nth: u8, found: Value, first: bool, out: &mut Out) {
        let test = &self.plan.tables.tests[nth as usize];
        let coded = Coded::Test(nth);
        let code = codes::code(self.institution, coded);
        let name = codes::name(self.institution, coded);
        let loinc = if self.is_mapped(coded) { test.loinc } else { "" };
        let issue = report.issue;
        let age = self.plan.age(day_of(self.contact.start));
        out.versions("Observation", id, issue.arrivals(), |json, version| {
            self.result_head(json, report, version);
            json.object("code", |json| {
                self.codes(json, &[(report.local_system, &code, name), (LOINC, loinc, "")], name)
            });
            self.result_time(json, report, version);
            // What is corrected is the first result of the report.
            let wrong = first && version == 0 && issue.states.len() == 2 && issue.states[1] == "corrected";
            match found {
                Value::Number(number) => {
                    let number = if wrong { number * 1.6 } else { number };
                    quantity(json, test, number, test.range(self.plan.person.sex, age));
                }
                Value::Positive(positive) => presence(json, positive != wrong),
                Value::Grade(grade) => graded(json, grade),
            }
        });
    }

    pub fn result_head(&self, json: &mut Json, report: &Report, version: usize) {
        self.source(json);
        json.array("basedOn", |json| json.item_reference("ServiceRequest", report.id));
        json.text("status", report.issue.states[version]);
        json.piece(concat!(
            r#""category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","#,
            r#""code":"laboratory"}]}]"#
        ));
    }

    pub fn result_time(&self, json: &mut Json, report: &Report, version: usize) {
        self.subject(json);
        self.in_encounter(json);
        json.instant("effectiveDateTime", report.exam.at);
        json.instant("issued", report.issue.time(version));
        self.performer(json);
    }

    /// The test that confirms an infection.
    pub fn assay(&self, exam: &Exam, out: &mut Out, rng: &mut Rng) {
        let Reason::Infection(nth) = self.contact.reason else { return };
        let infection = &self.plan.infections[nth as usize];
        let (Some(test), true) = (infection.test, self.keep.results) else { return };
        let facts = infection.disease.facts().assay;
        let drawn = PRELIMINARY + 0.5 * rng.unit();
        let issue = Issue::of(self, drawn, false, [test.resulted; 3]);
        let id = self.numbered("r", exam.nth.into());
        let result = format!("{id}o0");
        let local_system = self.local_system();
        let report = Report { id: &id, exam, issue: &issue, local_system: &local_system };
        let coded = Coded::Assay(infection.disease.0);
        let code = codes::code(self.institution, coded);
        let loinc = if self.is_mapped(coded) { facts.loinc } else { "" };
        let codings = [(local_system.as_str(), code.as_str(), facts.name), (LOINC, loinc, "")];
        self.order(&report, (&code, facts.name, loinc), "", out);
        out.versions("Observation", &result, issue.arrivals(), |json, version| {
            self.result_head(json, &report, version);
            json.object("code", |json| self.codes(json, &codings, facts.name));
            self.result_time(json, &report, version);
            presence(json, test.positive);
        });
        out.versions("DiagnosticReport", report.id, issue.arrivals(), |json, version| {
            self.report_head(json, &report, version, ("LAB", "Laboratory"), &codings);
            json.array("result", |json| json.item_reference("Observation", &result));
        });
    }
}

fn set(values: &mut [(u8, Value)], is: impl Fn(u8) -> bool, number: f64) {
    if let Some((_, found)) = values.iter_mut().find(|(test, _)| is(*test)) {
        *found = Value::Number(number);
    }
}

/// Panels that surveillance reads.
fn is_infectious(key: &str) -> bool {
    matches!(key, "flu" | "covid" | "noro" | "stool" | "measles")
}

fn quantity(json: &mut Json, test: &Test, value: f64, (low, high): (f64, f64)) {
    let write = |json: &mut Json, key: &str, value: f64| {
        if test.unit.is_empty() {
            json.object(key, |json| {
                json.decimal("value", value, test.decimals);
                json.piece(r#""system":"http://unitsofmeasure.org""#);
                json.text("code", test.ucum);
            });
        } else {
            json.quantity(key, value, test.decimals, test.unit, test.ucum);
        }
    };
    write(json, "valueQuantity", value);
    let scale = 10_f64.powi(test.decimals as i32);
    let rounded = (value * scale).round() / scale;
    let (code, word) = if rounded < low {
        ("L", "偏低")
    } else if rounded > high {
        ("H", "偏高")
    } else {
        ("N", "正常")
    };
    interpretation(json, code, word);
    json.array("referenceRange", |json| {
        json.item(|json| {
            if low > 0.0 {
                write(json, "low", low);
            }
            write(json, "high", high);
        });
    });
}

fn presence(json: &mut Json, positive: bool) {
    let (code, display, text) =
        if positive { ("10828004", "Positive", "阳性") } else { ("260385009", "Negative", "阴性") };
    json.object("valueCodeableConcept", |json| json.codings(&[("http://snomed.info/sct", code, display)], text));
    if positive {
        interpretation(json, "POS", "阳性");
    } else {
        interpretation(json, "NEG", "阴性");
    }
}

fn graded(json: &mut Json, grade: u8) {
    let text = ["阴性", "1+", "2+", "3+"][usize::from(grade.min(3))];
    json.object("valueCodeableConcept", |json| json.text("text", text));
    interpretation(json, if grade == 0 { "N" } else { "A" }, if grade == 0 { "正常" } else { "异常" });
}

fn interpretation(json: &mut Json, code: &str, text: &str) {
    json.array("interpretation", |json| {
        json.item(|json| json.codings(&[(INTERPRETATION, code, "")], text));
    });
}
