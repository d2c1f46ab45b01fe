//! What happened to a resident over two years: visits, diagnoses, results with a course, prescriptions, vaccinations.

use super::laboratory::{self, BLOOD_COUNT, LIPIDS, Panel, SUGAR, Test, interpretation};
use super::people::{Person, Registration, narrative};
use super::random::Random;
use super::source::Calendar;
use serde_json::{Value, json};

/// A long illness: its code, and what is prescribed against it.
struct Illness {
    key: &'static str,
    icd10: &'static str,
    name: &'static str,
    medicine: (&'static str, &'static str, &'static str),
}

const DIABETES: Illness = Illness {
    key: "dm",
    icd10: "E11.9",
    name: "2型糖尿病",
    medicine: ("A10BA02", "二甲双胍片 0.5g", "口服，一次 0.5g，一日两次，随餐"),
};
const HYPERTENSION: Illness = Illness {
    key: "ht",
    icd10: "I10",
    name: "原发性高血压",
    medicine: ("C08CA01", "苯磺酸氨氯地平片 5mg", "口服，一次 5mg，一日一次"),
};
const LIPIDAEMIA: Illness = Illness {
    key: "hl",
    icd10: "E78.5",
    name: "高脂血症",
    medicine: ("C10AA05", "阿托伐他汀钙片 20mg", "口服，一次 20mg，每晚一次"),
};
const KIDNEY: Illness = Illness {
    key: "ckd",
    icd10: "N18.9",
    name: "慢性肾脏病",
    medicine: ("C09CA03", "缬沙坦胶囊 80mg", "口服，一次 80mg，一日一次"),
};
const LUNG: Illness = Illness {
    key: "copd",
    icd10: "J44.9",
    name: "慢性阻塞性肺疾病",
    medicine: ("R03BB04", "噻托溴铵粉吸入剂 18µg", "吸入，一次一粒，一日一次"),
};

/// Short illnesses that lead to a visit.
const SHORT: [(&str, &str); 5] = [
    ("J06.9", "急性上呼吸道感染"),
    ("K29.7", "胃炎"),
    ("M54.5", "下背痛"),
    ("L30.9", "皮炎"),
    ("J20.9", "急性支气管炎"),
];

/// How a resident's health goes.
pub struct Course {
    illnesses: Vec<&'static Illness>,
    /// Days ago of each visit, the oldest first.
    visits: Vec<i64>,
}

impl Course {
    pub fn draw(person: &Person, random: &Random) -> Course {
        let mut illnesses: Vec<&'static Illness> = Vec::new();
        let mut with = |percent: i64, illness: &'static Illness| {
            if person.number == 1 || (person.age >= 40 && random.percent(percent)) {
                illnesses.push(illness);
            }
        };
        with(35, &DIABETES);
        with(45, &HYPERTENSION);
        with(30, &LIPIDAEMIA);
        if person.number != 1 {
            with(10, &KIDNEY);
            with(10, &LUNG);
        }
        let pause = if illnesses.is_empty() { random.between(150, 360) } else { random.between(75, 100) };
        let mut visits: Vec<i64> = Vec::new();
        let mut days_ago = random.between(3, 40);
        while days_ago < 730 {
            visits.push(days_ago);
            days_ago += pause + random.between(-12, 12);
        }
        visits.reverse();
        Course { illnesses, visits }
    }

    fn has(&self, illness: &Illness) -> bool {
        self.illnesses.iter().any(|held| held.key == illness.key)
    }
}

/// One visit at one registration.
struct Visit<'a> {
    person: &'a Person,
    registration: &'a Registration,
    nth: usize,
    days_ago: i64,
    calendar: &'a Calendar,
}

impl Visit<'_> {
    fn id(&self, part: &str) -> String {
        format!("demo-p{}-v{}-{part}", self.person.number, self.nth)
    }
    fn subject(&self) -> Value {
        json!({"reference": format!("Patient/{}", self.registration.id)})
    }
    fn encounter(&self) -> Value {
        json!({"reference": format!("Encounter/{}", self.id("enc"))})
    }
    fn performer(&self) -> Value {
        let institution = self.registration.institution;
        json!([{"reference": format!("Organization/{}", institution.id), "display": institution.name}])
    }
    fn at(&self, hour: i64, minute: i64) -> String {
        self.calendar.instant(self.days_ago, hour, minute)
    }
}

/// The clinical resources of a resident.
pub fn record(
    person: &Person,
    registrations: &[Registration],
    course: &Course,
    random: &Random,
    calendar: &Calendar,
) -> Vec<Value> {
    let mut resources = Vec::new();
    for (nth, days_ago) in course.visits.iter().enumerate() {
        let registration = &registrations[nth % registrations.len()];
        let visit = Visit { person, registration, nth: nth + 1, days_ago: *days_ago, calendar };
        let short = course.illnesses.is_empty().then(|| random.one(&SHORT));
        resources.push(encounter(&visit, short.map_or("慢性病复诊", |(_, name)| name)));
        if let Some((code, name)) = short {
            resources.push(condition(&visit, "short", (code, name), false));
        } else if nth < registrations.len() {
            // Each institution notes the long illnesses at the first visit.
            for illness in &course.illnesses {
                resources.push(condition(&visit, illness.key, (illness.icd10, illness.name), true));
            }
        }
        if person.age >= 18 {
            resources.push(blood_pressure(&visit, course, random));
        }
        let panels: &[&Panel] = if course.illnesses.is_empty() { &[&BLOOD_COUNT] } else { &[&SUGAR, &LIPIDS] };
        for panel in panels {
            report(&visit, panel, course, random, &mut resources);
        }
        for illness in &course.illnesses {
            resources.push(prescription(&visit, illness));
        }
    }
    resources.extend(vaccinations(person, registrations, calendar));
    resources
}

fn encounter(visit: &Visit<'_>, reason: &str) -> Value {
    let institution = visit.registration.institution;
    json!({
        "resourceType": "Encounter", "id": visit.id("enc"),
        "text": narrative(&format!("{} 在{}门诊就诊：{reason}", visit.calendar.date(visit.days_ago), institution.name)),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "门诊"},
        "subject": visit.subject(),
        "period": {"start": visit.at(8, 30), "end": visit.at(11, 10)},
        "reasonCode": [{"text": reason}],
        "serviceProvider": {"reference": format!("Organization/{}", institution.id), "display": institution.name},
    })
}

fn condition(visit: &Visit<'_>, key: &str, (code, name): (&str, &str), lasting: bool) -> Value {
    let state = if lasting { "active" } else { "resolved" };
    json!({
        "resourceType": "Condition", "id": visit.id(&format!("con-{key}")),
        "text": narrative(&format!("诊断：{name}（{code}）")),
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": state}]},
        "verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]},
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "encounter-diagnosis"}]}],
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": name}], "text": name},
        "subject": visit.subject(),
        "encounter": visit.encounter(),
        "recordedDate": visit.at(9, 20),
    })
}

fn blood_pressure(visit: &Visit<'_>, course: &Course, random: &Random) -> Value {
    // Treatment takes hold over two years.
    let years = visit.days_ago as f64 / 365.0;
    let high = if course.has(&HYPERTENSION) { 134.0 + 12.0 * years } else { 121.0 };
    let systolic = (high + 9.0 * random.noise()).round();
    let diastolic = (systolic * 0.62 + 5.0 * random.noise()).round();
    let part = |code: &str, display: &str, text: &str, value: f64| {
        json!({
            "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": text},
            "valueQuantity": {"value": laboratory::number(&format!("{value:.0}")), "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        })
    };
    json!({
        "resourceType": "Observation", "id": visit.id("bp"),
        "text": narrative(&format!("血压 {systolic:.0}/{diastolic:.0} mmHg")),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs", "display": "Vital Signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9", "display": "Blood pressure panel with all children optional"}], "text": "血压"},
        "subject": visit.subject(),
        "encounter": visit.encounter(),
        "effectiveDateTime": visit.at(8, 45),
        "performer": visit.performer(),
        "component": [
            part("8480-6", "Systolic blood pressure", "收缩压", systolic),
            part("8462-4", "Diastolic blood pressure", "舒张压", diastolic),
        ],
    })
}

/// A laboratory report and its results.
fn report(visit: &Visit<'_>, panel: &Panel, course: &Course, random: &Random, resources: &mut Vec<Value>) {
    let mut results = Vec::new();
    let mut lines = Vec::new();
    for test in panel.tests {
        let value = value_of(test, visit, course, random);
        let (_, word) = interpretation(value, test.range(visit.person.is_male));
        lines.push(format!("{} {} {}（{word}）", test.name, test.written(value), test.unit));
        results.push(json!({"reference": format!("Observation/{}", visit.id(test.key)), "display": test.name}));
        resources.push(observation(visit, test, value));
    }
    resources.push(json!({
        "resourceType": "DiagnosticReport", "id": visit.id(&format!("rep-{}", panel.key)),
        "text": narrative(&format!("{}：{}", panel.name, lines.join("；"))),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB", "display": "Laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": panel.loinc, "display": panel.loinc_display}], "text": panel.name},
        "subject": visit.subject(),
        "encounter": visit.encounter(),
        "effectiveDateTime": visit.at(8, 50),
        "issued": visit.at(10, 40),
        "performer": visit.performer(),
        "result": results,
        "conclusion": lines.join("；"),
    }));
}

/// A plausible value: the middle of the range, moved by the illnesses, settling under treatment.
fn value_of(test: &Test, visit: &Visit<'_>, course: &Course, random: &Random) -> f64 {
    let (low, high) = test.range(visit.person.is_male);
    let years = visit.days_ago as f64 / 365.0;
    let middle = (low + high) / 2.0;
    let moved = match test.key {
        "glu" if course.has(&DIABETES) => 7.0 + 1.2 * years,
        "a1c" if course.has(&DIABETES) => 6.6 + 0.8 * years,
        "cre" if course.has(&KIDNEY) => high * (1.45 - 0.12 * years),
        "cho" | "ldl" | "tri" if course.has(&LIPIDAEMIA) => high * (0.98 + 0.16 * years),
        _ => middle,
    };
    (moved + (high - low) * 0.14 * random.noise()).max(low * 0.6)
}

fn observation(visit: &Visit<'_>, test: &Test, value: f64) -> Value {
    let (low, high) = test.range(visit.person.is_male);
    let (code, word) = interpretation(value, (low, high));
    let written = test.written(value);
    json!({
        "resourceType": "Observation", "id": visit.id(test.key),
        "text": narrative(&format!("{} {written} {}（参考 {}–{}，{word}）", test.name, test.unit, test.written(low), test.written(high))),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory", "display": "Laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": test.loinc, "display": test.loinc_display}], "text": test.name},
        "subject": visit.subject(),
        "encounter": visit.encounter(),
        "effectiveDateTime": visit.at(8, 50),
        "issued": visit.at(10, 30),
        "performer": visit.performer(),
        "valueQuantity": test.quantity(value),
        "interpretation": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": code}], "text": word}],
        "referenceRange": [{"low": test.quantity(low), "high": test.quantity(high), "text": format!("{}–{} {}", test.written(low), test.written(high), test.unit)}],
    })
}

fn prescription(visit: &Visit<'_>, illness: &Illness) -> Value {
    let (atc, medicine, dosage) = illness.medicine;
    json!({
        "resourceType": "MedicationRequest", "id": visit.id(&format!("med-{}", illness.key)),
        "text": narrative(&format!("处方：{medicine}，{dosage}")),
        "status": if visit.days_ago < 90 { "active" } else { "completed" },
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": atc}], "text": medicine},
        "subject": visit.subject(),
        "encounter": visit.encounter(),
        "authoredOn": visit.at(9, 40),
        "reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": illness.icd10, "display": illness.name}], "text": illness.name}],
        "dosageInstruction": [{"text": dosage}],
        "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "天", "system": "http://unitsofmeasure.org", "code": "d"}},
    })
}

/// Influenza each autumn from 60 on; the first vaccinations of a child.
fn vaccinations(person: &Person, registrations: &[Registration], calendar: &Calendar) -> Vec<Value> {
    let given: &[(&str, &str, i64)] = match person.age {
        0..=6 => &[("08", "乙型肝炎疫苗", 620), ("03", "麻腮风联合减毒活疫苗", 410), ("21", "水痘减毒活疫苗", 200)],
        60.. => {
            &[("88", "流感病毒裂解疫苗", 560), ("88", "流感病毒裂解疫苗", 195), ("33", "23价肺炎球菌多糖疫苗", 188)]
        }
        _ => return Vec::new(),
    };
    let registration =
        registrations.iter().find(|held| held.institution.id.contains("centre")).unwrap_or(&registrations[0]);
    let institution = registration.institution;
    let one = |(nth, (code, name, days_ago)): (usize, &(&str, &str, i64))| {
        json!({
            "resourceType": "Immunization", "id": format!("demo-p{}-vac{nth}", person.number),
            "text": narrative(&format!("{} 接种{name}", calendar.date(*days_ago))),
            "status": "completed",
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code}], "text": name},
            "patient": {"reference": format!("Patient/{}", registration.id)},
            "occurrenceDateTime": calendar.date(*days_ago),
            "primarySource": true,
            "lotNumber": format!("PC{:05}", 20_000 + person.number),
            "performer": [{"actor": {"reference": format!("Organization/{}", institution.id), "display": institution.name}}],
        })
    };
    given.iter().enumerate().map(one).collect()
}
