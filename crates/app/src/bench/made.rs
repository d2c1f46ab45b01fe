//! Invented patients with their care, as transactions: the input of the side-by-side measurements. The number of a patient
//! decides everything about it, so two servers are sent the same bytes and a question can be drawn without asking one.

use city::day::{day, write_date, write_minute};
use city::{Day, Minute, Rng};
use std::fmt::Arguments;
use std::io::Write as _;

const SEED: u64 = 20_240_229;
const SURNAMES: [&str; 16] =
    ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "欧阳"];
const GIVEN: [&str; 24] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超", "秀英", "建国",
    "子涵", "雨桐", "思远", "梓萱", "浩然", "嘉怡",
];
const DISTRICTS: [&str; 8] = ["东湖区", "西山区", "南桥区", "北关区", "临江区", "新城区", "高新区", "古城区"];
const STREETS: [&str; 8] = ["人民路", "解放路", "中山路", "建设路", "和平路", "文化路", "青年路", "滨江路"];

/// LOINC code, name, lowest and highest value in tenths, unit. The first `VITALS` of them are taken at every visit.
const CODES: [(&str, &str, i64, i64, &str); 24] = [
    ("8480-6", "Systolic blood pressure", 950, 1750, "mm[Hg]"),
    ("8462-4", "Diastolic blood pressure", 550, 1050, "mm[Hg]"),
    ("8867-4", "Heart rate", 500, 1200, "/min"),
    ("8310-5", "Body temperature", 358, 402, "Cel"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", 70, 180, "g/dL"),
    ("6690-2", "Leukocytes [#/volume] in Blood", 25, 190, "10*3/uL"),
    ("777-3", "Platelets [#/volume] in Blood", 800, 4500, "10*3/uL"),
    ("789-8", "Erythrocytes [#/volume] in Blood", 30, 62, "10*6/uL"),
    ("4544-3", "Hematocrit [Volume Fraction] of Blood", 250, 520, "%"),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", 600, 3200, "mg/dL"),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", 42, 120, "%"),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", 4, 40, "mg/dL"),
    ("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", 50, 600, "mg/dL"),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", 1250, 1500, "mmol/L"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", 28, 62, "mmol/L"),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume]", 50, 2000, "U/L"),
    ("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume]", 50, 2000, "U/L"),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", 2, 60, "mg/dL"),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", 1000, 3200, "mg/dL"),
    ("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", 400, 6000, "mg/dL"),
    ("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", 200, 1000, "mg/dL"),
    ("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma", 400, 2400, "mg/dL"),
    ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", 1, 2000, "mg/L"),
    ("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", 1, 200, "m[IU]/L"),
];
const VITALS: usize = 4;
const CONDITIONS: [(&str, &str); 10] = [
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("J06.9", "Acute upper respiratory infection, unspecified"),
    ("K29.7", "Gastritis, unspecified"),
    ("E78.5", "Hyperlipidaemia, unspecified"),
    ("I25.1", "Atherosclerotic heart disease"),
    ("J44.9", "Chronic obstructive pulmonary disease, unspecified"),
    ("M54.5", "Low back pain"),
    ("N39.0", "Urinary tract infection, site not specified"),
    ("J18.9", "Pneumonia, unspecified"),
];
const VACCINES: [(&str, &str); 5] = [
    ("08", "Hep B, adolescent or pediatric"),
    ("10", "IPV"),
    ("03", "MMR"),
    ("20", "DTaP"),
    ("141", "Influenza, seasonal, injectable"),
];
const PANELS: [(&str, &str); 4] = [
    ("58410-2", "CBC panel - Blood by Automated count"),
    ("24323-8", "Comprehensive metabolic 2000 panel"),
    ("57698-3", "Lipid panel with direct LDL"),
    ("24325-3", "Hepatic function 2000 panel"),
];
/// The visits of all patients lie between these days.
const FIRST: Day = day(2018, 1, 1);
const LAST: Day = day(2025, 12, 31);
const ENCOUNTERS: u64 = 6;
const OBSERVATIONS: u64 = 40;
const REPORTS: u64 = 4;
/// Resources of a patient's transaction: Patient, 6 Encounter, 6 Condition, 40 Observation, 4 DiagnosticReport, 4 Immunization.
pub const PATIENT_RESOURCES: u64 = 61;
/// The Organization whose clinician is measured.
pub const ORGANIZATION: &str = "bench-org";
pub const SYSTEM: &str = "https://bench.example.org";

/// Which transaction is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Patient and Observation: workload (a).
    Pair,
    /// 61 resources of one patient: workload (b).
    Patient,
}

impl Kind {
    pub fn resources(self) -> u64 {
        match self {
            Kind::Pair => 2,
            Kind::Patient => PATIENT_RESOURCES,
        }
    }
}

/// How many of how many patients are managed by `ORGANIZATION`, spread evenly over them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Managed {
    pub count: u64,
    pub of: u64,
}

impl Managed {
    pub fn holds(self, nth: u64) -> bool {
        self.of > 0 && (nth + 1) * self.count / self.of > nth * self.count / self.of
    }
}

/// The number that a patient is known by, unique.
pub fn number(nth: u64) -> String {
    format!("MRN{nth:08}")
}

/// A code that somebody may ask for.
pub fn any_code(rng: &mut Rng) -> &'static str {
    CODES[rng.below(CODES.len() as u64) as usize].0
}

/// A day on which visits take place, at least `days` before the last.
pub fn any_day(rng: &mut Rng, days: i32) -> Day {
    FIRST + rng.below((LAST - FIRST - days).unsigned_abs().into()) as i32
}

/// A day of birth, and so are the `days` after it.
pub fn any_birth(rng: &mut Rng, days: i32) -> Day {
    day(1930, 1, 1) + rng.below((day(2017, 12, 31) - day(1930, 1, 1) - days).unsigned_abs().into()) as i32
}

/// Writes the transaction of patient `nth` to `out`, which it empties first.
pub fn transaction(out: &mut Vec<u8>, kind: Kind, nth: u64, managed: Managed) {
    out.clear();
    out.extend_from_slice(br#"{"resourceType":"Bundle","type":"transaction","entry":["#);
    let mut made = Made { out, nth, entry: 0, rng: Rng::of(SEED, 1, nth) };
    made.patient(managed);
    match kind {
        Kind::Pair => {
            let (code, at) = (made.rng.below(CODES.len() as u64), made.visit());
            made.observation(0, code as usize, at, None);
        }
        Kind::Patient => made.care(),
    }
    out.extend_from_slice(b"]}");
}

struct Made<'a> {
    out: &'a mut Vec<u8>,
    nth: u64,
    /// The entry that is being written; 0 is the Patient.
    entry: u64,
    rng: Rng,
}

impl Made<'_> {
    /// A patient's visits with what was found and done at each.
    fn care(&mut self) {
        let mut visits: Vec<Minute> = (0..ENCOUNTERS).map(|_| self.visit()).collect();
        visits.sort_unstable();
        for (nth, at) in (0..).zip(&visits) {
            self.encounter(nth, *at);
        }
        for (nth, at) in (0..).zip(&visits) {
            self.condition(nth, *at);
        }
        for nth in 0..OBSERVATIONS {
            let visit = nth % ENCOUNTERS;
            let code = match nth / ENCOUNTERS {
                vital if vital < VITALS as u64 => vital as usize,
                _ => VITALS + self.rng.below((CODES.len() - VITALS) as u64) as usize,
            };
            let at = visits[visit as usize] + 5 + self.rng.between(0, 40);
            self.observation(nth, code, at, Some(visit));
        }
        for nth in 0..REPORTS {
            self.report(nth, visits[nth as usize] + 60);
        }
        for nth in 0..4 {
            self.immunization(nth, visits[2 + nth as usize] + 20);
        }
    }

    /// A minute of the years in which patients come, in the opening hours.
    fn visit(&mut self) -> Minute {
        Minute::from(any_day(&mut self.rng, 0)) * 1440 + self.rng.between(8 * 60, 17 * 60)
    }

    fn patient(&mut self, managed: Managed) {
        let (surname, given) = (*self.rng.pick(&SURNAMES), *self.rng.pick(&GIVEN));
        let gender = if self.rng.below(2) == 0 { "male" } else { "female" };
        let born = any_birth(&mut self.rng, 0);
        self.begin("Patient", "mrn", &number(self.nth));
        self.put(format_args!(r#","active":true,"name":[{{"use":"official","text":"{surname}{given}","family":"{surname}","given":["{given}"]}}]"#));
        let phone = self.rng.below(100_000_000);
        self.put(format_args!(r#","telecom":[{{"system":"phone","value":"000{phone:08}","use":"mobile"}}],"gender":"{gender}","birthDate":""#));
        write_date(self.out, born);
        let (district, street, house) =
            (*self.rng.pick(&DISTRICTS), *self.rng.pick(&STREETS), self.rng.between(1, 299));
        self.put(format_args!(r#"","address":[{{"use":"home","text":"安和市{district}{street}{house}号","line":["{street}{house}号"],"city":"安和市","district":"{district}","country":"CN"}}]"#));
        if managed.holds(self.nth) {
            self.put(format_args!(r#","managingOrganization":{{"reference":"Organization/{ORGANIZATION}"}}"#));
        }
        self.end("Patient");
    }

    fn encounter(&mut self, nth: u64, at: Minute) {
        self.begin("Encounter", "visit", &format!("V{}-{nth}", self.nth));
        let (class, display) = if self.rng.below(6) == 0 { ("EMER", "emergency") } else { ("AMB", "ambulatory") };
        self.put(format_args!(r#","status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{class}","display":"{display}"}},"type":[{{"coding":[{{"system":"http://snomed.info/sct","code":"185349003","display":"Encounter for check up"}}]}}]"#));
        self.subject("subject");
        self.time(r#","period":{"start":"#, at);
        self.time(r#","end":"#, at + 90);
        self.put(format_args!("}}"));
        self.end("Encounter");
    }

    fn condition(&mut self, nth: u64, at: Minute) {
        let (code, display) = *self.rng.pick(&CONDITIONS);
        self.begin("Condition", "problem", &format!("C{}-{nth}", self.nth));
        self.put(format_args!(r#","clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}}]}},"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"encounter-diagnosis"}}]}}],"code":{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"{code}","display":"{display}"}}],"text":"{display}"}}"#));
        self.subject("subject");
        self.of_visit(nth);
        self.time(r#","onsetDateTime":"#, at);
        self.time(r#","recordedDate":"#, at + 30);
        self.end("Condition");
    }

    fn observation(&mut self, nth: u64, code: usize, at: Minute, visit: Option<u64>) {
        let (code, display, low, high, unit) = CODES[code];
        let category = if low > 500 || unit == "Cel" { "vital-signs" } else { "laboratory" };
        let value = self.rng.between(low, high);
        self.begin("Observation", "result", &format!("O{}-{nth}", self.nth));
        self.put(format_args!(r#","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"{display}"}}],"text":"{display}"}}"#));
        self.subject("subject");
        if let Some(visit) = visit {
            self.of_visit(visit);
        }
        self.time(r#","effectiveDateTime":"#, at);
        self.time(r#","issued":"#, at + 30);
        self.put(format_args!(r#","valueQuantity":{{"value":{}.{},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#, value / 10, value % 10));
        self.end("Observation");
    }

    fn report(&mut self, nth: u64, at: Minute) {
        let (code, display) = PANELS[nth as usize];
        self.begin("DiagnosticReport", "report", &format!("R{}-{nth}", self.nth));
        self.put(format_args!(r#","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"{display}"}}]}}"#));
        self.subject("subject");
        self.of_visit(nth);
        self.time(r#","effectiveDateTime":"#, at);
        self.time(r#","issued":"#, at + 60);
        // The laboratory results of the same visit stand after its vital signs.
        let first = 1 + 2 * ENCOUNTERS + VITALS as u64 * ENCOUNTERS + nth;
        for (place, entry) in [first, first + ENCOUNTERS].into_iter().enumerate() {
            self.put(format_args!("{}", if place == 0 { r#","result":["# } else { "," }));
            self.put(format_args!(r#"{{"reference":"urn:uuid:{}"}}"#, uuid(self.nth, entry)));
        }
        self.put(format_args!("]"));
        self.end("DiagnosticReport");
    }

    fn immunization(&mut self, nth: u64, at: Minute) {
        let (code, display) = *self.rng.pick(&VACCINES);
        self.begin("Immunization", "dose", &format!("I{}-{nth}", self.nth));
        self.put(format_args!(r#","status":"completed","vaccineCode":{{"coding":[{{"system":"http://hl7.org/fhir/sid/cvx","code":"{code}","display":"{display}"}}],"text":"{display}"}}"#));
        self.subject("patient");
        self.of_visit(2 + nth);
        self.time(r#","occurrenceDateTime":"#, at);
        let lot = self.rng.below(10_000);
        self.put(format_args!(r#","primarySource":true,"lotNumber":"L{lot:04}""#));
        self.end("Immunization");
    }

    /// Begins an entry and its resource, up to the identifier by which two servers' answers are compared.
    fn begin(&mut self, kind: &str, list: &str, value: &str) {
        if self.entry > 0 {
            self.out.push(b',');
        }
        self.put(format_args!(r#"{{"fullUrl":"urn:uuid:{}","resource":{{"resourceType":"{kind}","identifier":[{{"system":"{SYSTEM}/{list}","value":"{value}"}}]"#,
            uuid(self.nth, self.entry)));
    }

    fn end(&mut self, kind: &str) {
        self.put(format_args!(r#"}},"request":{{"method":"POST","url":"{kind}"}}}}"#));
        self.entry += 1;
    }

    fn put(&mut self, text: Arguments<'_>) {
        // Writing into memory does not fail.
        let _ = self.out.write_fmt(text);
    }

    fn subject(&mut self, name: &str) {
        self.put(format_args!(r#","{name}":{{"reference":"urn:uuid:{}"}}"#, uuid(self.nth, 0)));
    }

    fn of_visit(&mut self, visit: u64) {
        self.put(format_args!(r#","encounter":{{"reference":"urn:uuid:{}"}}"#, uuid(self.nth, 1 + visit)));
    }

    fn time(&mut self, before: &str, at: Minute) {
        self.out.extend_from_slice(before.as_bytes());
        self.out.push(b'"');
        write_minute(self.out, at);
        self.out.push(b'"');
    }
}

fn uuid(nth: u64, entry: u64) -> String {
    format!("{nth:08x}-0000-4000-8000-{entry:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::{Limits, parse};
    use std::collections::HashSet;

    #[test]
    fn the_transactions_are_valid_and_always_the_same() {
        let (mut out, mut again) = (Vec::new(), Vec::new());
        for kind in [Kind::Pair, Kind::Patient] {
            transaction(&mut out, kind, 7, Managed { count: 1, of: 1 });
            parse(&out, &Limits::default()).unwrap();
            transaction(&mut again, kind, 7, Managed { count: 1, of: 1 });
            assert_eq!(out, again);
            let bundle: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let entries = bundle["entry"].as_array().unwrap();
            assert_eq!(entries.len() as u64, kind.resources());
            let urls: HashSet<_> = entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
            let keys: HashSet<_> =
                entries.iter().map(|entry| entry["resource"]["identifier"][0]["value"].as_str().unwrap()).collect();
            assert_eq!((urls.len(), keys.len()), (entries.len(), entries.len()));
            for entry in entries {
                assert_eq!(entry["resource"]["resourceType"], entry["request"]["url"]);
            }
        }
    }

    #[test]
    fn the_managed_patients_are_spread_evenly() {
        let managed = Managed { count: 5_000, of: 64_000 };
        assert_eq!((0..64_000).filter(|nth| managed.holds(*nth)).count(), 5_000);
        assert_eq!((0..12_800).filter(|nth| managed.holds(*nth)).count(), 1_000);
        assert!(!Managed::default().holds(0));
    }
}
