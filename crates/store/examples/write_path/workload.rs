//! Made-up resources of the two writing workloads, the same for the same seed.

use std::fmt::Write as _;
use store::{Batch, Expect, Put, Store, Write};

/// Numbers for the workload (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

const FAMILIES: [&str; 24] = [
    "Smith", "Garcia", "Chen", "Müller", "Novak", "Rossi", "Silva", "Kim", "Patel", "Nguyen", "Olsen", "Dubois",
    "Haddad", "Okafor", "Ivanov", "Kowalski", "Tanaka", "Lopez", "Berg", "Costa", "Weber", "Moreau", "Singh", "Walsh",
];
const GIVENS: [&str; 20] = [
    "Anna", "Ben", "Clara", "David", "Eva", "Felix", "Grace", "Hugo", "Ida", "Jonas", "Klara", "Liam", "Mia", "Noah",
    "Olga", "Paul", "Rosa", "Sara", "Tom", "Vera",
];
const CITIES: [&str; 8] =
    ["Springfield", "Riverton", "Lakeside", "Hillview", "Oakdale", "Fairport", "Milford", "Ashland"];
/// LOINC code, display, unit, lowest and highest value in tenths.
const LABS: [(&str, &str, &str, u64, u64); 20] = [
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 45, 95),
    ("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 650, 2200),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 5, 25),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 100, 180),
    ("8867-4", "Heart rate", "/min", 500, 1100),
    ("8310-5", "Body temperature", "Cel", 360, 395),
    ("29463-7", "Body weight", "kg", 450, 1200),
    ("8302-2", "Body height", "cm", 1450, 2000),
    ("39156-5", "Body mass index (BMI) [Ratio]", "kg/m2", 170, 400),
    ("9279-1", "Respiratory rate", "/min", 100, 240),
    ("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 1300, 2800),
    ("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 500, 4000),
    ("18262-6", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by Direct assay", "mg/dL", 500, 1900),
    ("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 250, 900),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 30, 140),
    ("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 35, 60),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 1200, 4500),
    ("2947-0", "Sodium [Moles/volume] in Blood", "mmol/L", 1300, 1500),
    ("6298-4", "Potassium [Moles/volume] in Blood", "mmol/L", 30, 60),
    ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", 880, 1000),
];
const PROBLEMS: [(&str, &str); 12] = [
    ("38341003", "Hypertensive disorder"),
    ("44054006", "Diabetes mellitus type 2"),
    ("195967001", "Asthma"),
    ("195662009", "Acute viral pharyngitis"),
    ("10509002", "Acute bronchitis"),
    ("53741008", "Coronary arteriosclerosis"),
    ("40055000", "Chronic sinusitis"),
    ("162864005", "Body mass index 30+ - obesity"),
    ("15777000", "Prediabetes"),
    ("271737000", "Anemia"),
    ("55822004", "Hyperlipidemia"),
    ("444814009", "Viral sinusitis"),
];
const VISITS: [(&str, &str, &str); 4] = [
    ("AMB", "185345009", "Encounter for symptom"),
    ("AMB", "185349003", "Encounter for check up"),
    ("EMER", "50849002", "Emergency room admission"),
    ("IMP", "32485007", "Hospital admission"),
];
const VACCINES: [(&str, &str); 6] = [
    ("140", "Influenza, seasonal, injectable, preservative free"),
    ("113", "Td (adult) preservative free"),
    ("121", "zoster live"),
    ("133", "Pneumococcal conjugate PCV 13"),
    ("62", "HPV, quadrivalent"),
    ("43", "Hep B, adult"),
];
const REPORTS: [(&str, &str); 4] = [
    ("58410-2", "CBC panel - Blood by Automated count"),
    ("57698-3", "Lipid panel with direct LDL - Serum or Plasma"),
    ("51990-0", "Basic metabolic panel - Blood"),
    ("24323-8", "Comprehensive metabolic 2000 panel - Serum or Plasma"),
];

struct Maker<'a> {
    store: &'a Store,
    dice: &'a mut Dice,
    writes: Vec<Write>,
    patient: String,
}

/// A transaction of Patient and Observation.
pub fn pair(store: &Store, dice: &mut Dice) -> Batch {
    let mut maker = Maker::new(store, dice);
    maker.patient();
    let day = maker.day();
    maker.observation(None, &day);
    Batch { writes: maker.writes, ..Batch::default() }
}

/// A transaction of 61 resources of one patient.
pub fn person(store: &Store, dice: &mut Dice) -> Batch {
    let mut maker = Maker::new(store, dice);
    maker.patient();
    let mut left = 40;
    for nth in 0..6 {
        let day = maker.day();
        let encounter = maker.encounter(&day);
        maker.condition(&encounter, &day);
        let here = if nth == 5 { left } else { 6 + maker.dice.below(2) };
        left -= here;
        let results: Vec<String> = (0..here).map(|_| maker.observation(Some(&encounter), &day)).collect();
        if nth < 4 {
            maker.report(&encounter, &day, &results);
            maker.immunization(&encounter, &day);
        }
    }
    Batch { writes: maker.writes, ..Batch::default() }
}

impl<'a> Maker<'a> {
    fn new(store: &'a Store, dice: &'a mut Dice) -> Maker<'a> {
        Maker { store, dice, writes: Vec::new(), patient: String::new() }
    }

    fn day(&mut self) -> String {
        let (year, month, day) = (2014 + self.dice.below(12), 1 + self.dice.below(12), 1 + self.dice.below(28));
        format!("{year}-{month:02}-{day:02}")
    }

    fn time(&mut self) -> String {
        format!("{:02}:{:02}:{:02}", 7 + self.dice.below(11), self.dice.below(60), self.dice.below(60))
    }

    /// Puts a resource given without its id; gives the id.
    fn put(&mut self, type_name: &str, rest: &str) -> String {
        let type_ = fhir::definitions::r4().type_named(type_name).expect("a type");
        let owner = (type_name != "Patient").then_some(self.patient.as_str());
        let id = self.store.new_id(type_, owner).expect("an id");
        let json = format!(r#"{{"resourceType":"{type_name}","id":"{id}",{rest}}}"#);
        let resource = fhir::parse(json.as_bytes(), &fhir::Limits::default()).expect("it parses");
        self.writes.push(Write::Put(Put { id: id.clone(), resource, expect: Expect::Absent, source: None }));
        id
    }

    fn patient(&mut self) {
        let dice = &mut *self.dice;
        let number = dice.below(1 << 40);
        let (family, given, second) = (dice.pick(&FAMILIES), dice.pick(&GIVENS), dice.pick(&GIVENS));
        let gender = dice.pick(&["male", "female"]);
        let birth = format!("{}-{:02}-{:02}", 1935 + dice.below(85), 1 + dice.below(12), 1 + dice.below(28));
        let (house, city, zip) = (1 + dice.below(990), dice.pick(&CITIES), 10_000 + dice.below(80_000));
        let phone = format!("555-{:03}-{:04}", dice.below(1_000), dice.below(10_000));
        let married = dice.pick(&[("M", "Married"), ("S", "Never Married"), ("D", "Divorced")]);
        let text = format!(
            r#""identifier":[{{"type":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical Record Number"}}],"text":"Medical Record Number"}},"system":"http://hospital.example.org/mrn","value":"{number:012}"}}],"active":true,"name":[{{"use":"official","family":"{family}","given":["{given}","{second}"]}}],"telecom":[{{"system":"phone","value":"{phone}","use":"home"}}],"gender":"{gender}","birthDate":"{birth}","address":[{{"line":["{house} {family} Street"],"city":"{city}","state":"Massachusetts","postalCode":"{zip}","country":"US"}}],"maritalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"{}","display":"{}"}}],"text":"{}"}},"communication":[{{"language":{{"coding":[{{"system":"urn:ietf:bcp:47","code":"en-US","display":"English"}}],"text":"English"}}}}]"#,
            married.0, married.1, married.1
        );
        self.patient = self.put("Patient", &text);
    }

    fn encounter(&mut self, day: &str) -> String {
        let (class, code, display) = self.dice.pick(&VISITS);
        let (from, to) = (self.time(), self.dice.below(60));
        let hour: u64 = from[..2].parse().unwrap_or(7);
        let text = format!(
            r#""status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{class}"}},"type":[{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}","display":"{display}"}}],"text":"{display}"}}],"subject":{{"reference":"Patient/{}"}},"period":{{"start":"{day}T{from}+08:00","end":"{day}T{:02}:{to:02}:00+08:00"}}"#,
            self.patient,
            hour + 1
        );
        self.put("Encounter", &text)
    }

    fn condition(&mut self, encounter: &str, day: &str) {
        let (code, display) = self.dice.pick(&PROBLEMS);
        let at = self.time();
        let text = format!(
            r#""clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}}]}},"verificationStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}}]}},"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"encounter-diagnosis","display":"Encounter Diagnosis"}}]}}],"code":{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{encounter}"}},"onsetDateTime":"{day}T{at}+08:00","recordedDate":"{day}T{at}+08:00""#,
            self.patient
        );
        self.put("Condition", &text);
    }

    fn observation(&mut self, encounter: Option<&str>, day: &str) -> String {
        let (code, display, unit, low, high) = self.dice.pick(&LABS);
        let value = low + self.dice.below(high - low);
        let (at, category) = (self.time(), self.dice.pick(&["laboratory", "laboratory", "vital-signs"]));
        let mut text = format!(
            r#""status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}","display":"{category}"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{}"}},"#,
            self.patient
        );
        if let Some(encounter) = encounter {
            let _ = write!(text, r#""encounter":{{"reference":"Encounter/{encounter}"}},"#);
        }
        let _ = write!(
            text,
            r#""effectiveDateTime":"{day}T{at}+08:00","issued":"{day}T{at}.000+08:00","valueQuantity":{{"value":{}.{},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#,
            value / 10,
            value % 10
        );
        self.put("Observation", &text)
    }

    fn report(&mut self, encounter: &str, day: &str, results: &[String]) {
        let (code, display) = self.dice.pick(&REPORTS);
        let at = self.time();
        let results: Vec<String> =
            results.iter().map(|id| format!(r#"{{"reference":"Observation/{id}","display":"{display}"}}"#)).collect();
        let text = format!(
            r#""status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"LAB","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}","display":"{display}"}}],"text":"{display}"}},"subject":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{encounter}"}},"effectiveDateTime":"{day}T{at}+08:00","issued":"{day}T{at}.000+08:00","result":[{}]"#,
            self.patient,
            results.join(",")
        );
        self.put("DiagnosticReport", &text);
    }

    fn immunization(&mut self, encounter: &str, day: &str) {
        let (code, display) = self.dice.pick(&VACCINES);
        let at = self.time();
        let text = format!(
            r#""status":"completed","vaccineCode":{{"coding":[{{"system":"http://hl7.org/fhir/sid/cvx","code":"{code}","display":"{display}"}}],"text":"{display}"}},"patient":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{encounter}"}},"occurrenceDateTime":"{day}T{at}+08:00","primarySource":true"#,
            self.patient
        );
        self.put("Immunization", &text);
    }
}
