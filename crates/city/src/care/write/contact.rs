//! A visit: the Encounter, the diagnosis, the prescriptions, a referral, the run of the ambulance before it.

use super::super::plan::{Item, Kind, Reason};
use super::Scene;
use crate::day::Minute;
use crate::json::Json;
use crate::out::Out;
use crate::places::Specialty;
use crate::rng::Rng;

pub const ICD: &str = "http://hl7.org/fhir/sid/icd-10";
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

impl Scene<'_> {
    pub fn encounter(&self, fen: i64, out: &mut Out, rng: &mut Rng) {
        let contact = self.contact;
        let run = contact.ambulance.then(|| self.ambulance(out, rng)).flatten();
        // Open from the first minute on, so that what is ordered meanwhile has its contact.
        let arrivals = [self.arrival(contact.start), self.arrival(contact.end)];
        out.versions("Encounter", &self.base, &arrivals, |json, nth| self.visit(json, nth == 1, fen, run.as_deref()));
    }

    fn visit(&self, json: &mut Json, finished: bool, fen: i64, run: Option<&str>) {
        let contact = self.contact;
        self.source(json);
        if finished && fen > 0 {
            json.array("extension", |json| {
                json.item(|json| {
                    json.piece(r#""url":"urn:jingluo:cost-fen""#);
                    json.number("valueInteger", fen);
                });
            });
        }
        json.text("status", if finished { "finished" } else { "in-progress" });
        let (class, display) = class(contact.kind);
        json.object("class", |json| json.coding(CLASS, class, display));
        if let Some(department) = self.department {
            json.concept("serviceType", "urn:jingluo:department", &department.id, &department.name);
        }
        self.subject(json);
        if let Some(by) = contact.by {
            let mut order = String::with_capacity(30);
            order.push('p');
            super::push_number(&mut order, self.plan.person.number);
            order.push('-');
            by.write(&mut order);
            order.push_str("-ref");
            if self.keep.rest {
                json.array("basedOn", |json| json.item_reference("ServiceRequest", &order));
            }
        }
        if !self.doctor.is_empty() {
            json.array("participant", |json| {
                json.item(|json| json.reference("individual", "PractitionerRole", self.doctor));
            });
        }
        json.period("period", contact.start, finished.then_some(contact.end));
        let (icd, name) = self.plan.diagnosis(contact);
        json.array("reasonCode", |json| {
            json.item(|json| {
                json.codings(&[(ICD, icd, name)], if contact.changed { "病情变化，再次就诊" } else { "" });
            });
        });
        if let Some(run) = run {
            // Handed over by the ambulance.
            json.object("hospitalization", |json| json.reference("origin", "Location", run));
        }
        self.hospitalization(json, finished);
        if contact.kind == Kind::Stay
            && let Some(department) = self.department
            && department.beds > 0
        {
            json.array("location", |json| json.item(|json| json.reference("location", "Location", &department.ward)));
        }
        json.reference("serviceProvider", "Organization", &self.institution.id);
    }

    fn hospitalization(&self, json: &mut Json, finished: bool) {
        if self.kind() != Kind::Stay {
            return;
        }
        json.object("hospitalization", |json| {
            let (code, display) = match self.contact.reason {
                Reason::Newborn => ("born", "Born in hospital"),
                Reason::Acute(_) => ("emd", "From accident/emergency department"),
                _ => ("outp", "From outpatient department"),
            };
            json.concept("admitSource", "http://terminology.hl7.org/CodeSystem/admit-source", code, display);
            if finished {
                let (code, display) = if self.contact.last { ("exp", "Expired") } else { ("home", "Home") };
                json.concept(
                    "dischargeDisposition",
                    "http://terminology.hl7.org/CodeSystem/discharge-disposition",
                    code,
                    display,
                );
            }
        });
    }

    pub fn condition(&self, out: &mut Out) {
        let contact = self.contact;
        let id = self.id("c");
        let at = match contact.reason {
            Reason::Infection(nth) => self.plan.infections[nth as usize].diagnosed.max(contact.start),
            _ if contact.kind == Kind::Stay => contact.start + 120,
            _ => contact.end - 2,
        };
        out.resource(self.arrival(at), "Condition", &id, |json| {
            let lasting = matches!(contact.reason, Reason::Lasting(_) | Reason::Antenatal(..));
            self.source(json);
            let state = if lasting { "active" } else { "resolved" };
            json.object("clinicalStatus", |json| {
                json.codings(&[("http://terminology.hl7.org/CodeSystem/condition-clinical", state, "")], "");
            });
            json.piece(concat!(
                r#""verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","#,
                r#""code":"confirmed"}]},"category":[{"coding":[{"#,
                r#""system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"encounter-diagnosis"}]}]"#
            ));
            if contact.changed {
                json.piece(concat!(
                    r#""severity":{"coding":[{"system":"http://snomed.info/sct","code":"24484000","display":"Severe"}],"#,
                    r#""text":"较前加重"}"#
                ));
            }
            let (icd, name) = self.plan.diagnosis(contact);
            json.concept("code", ICD, icd, name);
            self.subject(json);
            self.in_encounter(json);
            match contact.reason {
                Reason::Lasting(nth) => json.date("onsetDateTime", self.plan.person.chronic[nth as usize].onset),
                Reason::Infection(nth) => json.date("onsetDateTime", self.plan.infections[nth as usize].onset),
                _ => {}
            }
            json.instant("recordedDate", at);
        });
    }

    /// Writes the prescriptions and tells what they and the visit itself cost, in fen.
    pub fn prescribe(&self, out: &mut Out, rng: &mut Rng) -> i64 {
        let contact = self.contact;
        let mut fen = match contact.kind {
            Kind::Community => 1000,
            Kind::FollowUp | Kind::Home | Kind::ChildCheck => 0,
            Kind::Emergency | Kind::Fever => 3000,
            _ => 2500,
        };
        let (icd, name) = self.plan.diagnosis(contact);
        let mut nth = 0;
        match contact.reason {
            Reason::Acute(reason) if contact.kind != Kind::Stay => {
                for drug in &self.plan.acute(reason).drugs {
                    if rng.chance(0.72) {
                        fen += self.prescription(&mut nth, *drug, (icd, name), false, out);
                    }
                }
            }
            Reason::Infection(infection) if contact.kind != Kind::Stay => {
                for drug in self.plan.infectious(infection).map_or(&[][..], |diagnosis| &diagnosis.drugs) {
                    fen += self.prescription(&mut nth, *drug, (icd, name), false, out);
                }
            }
            Reason::Lasting(main) if matches!(contact.kind, Kind::Clinic | Kind::Community) => {
                fen += self.lasting_prescriptions(&mut nth, main, out, rng);
            }
            Reason::Antenatal(_, week) if rng.chance(0.5) => {
                let key = if week < 14 { "folic" } else { "calcium" };
                if let Some(drug) = self.plan.tables.drug(key) {
                    fen += self.prescription(&mut nth, drug, (icd, name), false, out);
                }
            }
            _ => {}
        }
        fen
    }

    /// Medicines of the main disease, and of the others about every second time; at most five on a prescription.
    fn lasting_prescriptions(&self, nth: &mut usize, main: u8, out: &mut Out, rng: &mut Rng) -> i64 {
        let on = crate::day::day_of(self.contact.start);
        let long = self.plan.signed && self.kind() == Kind::Community && rng.chance(0.55);
        let mut given: Vec<u8> = Vec::with_capacity(5);
        let mut fen = 0;
        for (at, chronic) in self.plan.person.chronic.iter().enumerate() {
            let is_main = at == usize::from(main);
            if chronic.onset > on || !(is_main || rng.chance(0.36)) {
                continue;
            }
            let lasting = self.plan.tables.lasting(chronic.disease);
            for drug in lasting.drugs.iter().take(usize::from(chronic.severity.clamp(1, 3))).flatten() {
                if *nth < 5 && !given.contains(drug) && rng.chance(0.92) {
                    given.push(*drug);
                    fen += self.prescription(nth, *drug, (lasting.icd, lasting.name), long, out);
                }
            }
        }
        fen
    }

    fn prescription(&self, nth: &mut usize, drug: u8, reason: (&str, &str), long: bool, out: &mut Out) -> i64 {
        let drug = &self.plan.tables.drugs[drug as usize];
        let is_long = long && drug.long;
        let days = if is_long { 84 } else { drug.days };
        let id = self.numbered("m", *nth);
        *nth += 1;
        let at = self.contact.end - 3;
        out.resource(self.arrival(at), "MedicationRequest", &id, |json| {
            self.source(json);
            json.text("status", if drug.long { "active" } else { "completed" });
            json.piece(r#""intent":"order""#);
            if is_long {
                json.piece(r#""category":[{"coding":[{"system":"urn:jingluo:prescription","code":"long","display":"长期处方"}]}]"#);
            }
            json.concept("medicationCodeableConcept", "http://www.whocc.no/atc", drug.atc, drug.name);
            self.subject(json);
            self.in_encounter(json);
            json.instant("authoredOn", at);
            json.reference("requester", "Organization", &self.institution.id);
            json.array("reasonCode", |json| json.item_concept(ICD, reason.0, reason.1));
            json.array("dosageInstruction", |json| json.item(|json| json.text("text", drug.dosage)));
            json.object("dispenseRequest", |json| {
                json.quantity("expectedSupplyDuration", days as f64, 0, "天", "d");
            });
        });
        drug.fen_a_day * days
    }

    /// What the examinations of the contact cost, in fen.
    pub fn examinations_fen(&self) -> i64 {
        let fen = |item: Item| match item {
            Item::Panel(nth) => self.plan.tables.panels[nth as usize].fen,
            Item::Image(nth) => self.plan.tables.images[nth as usize].fen,
            Item::Assay => 4000,
        };
        self.plan.exams[self.contact.exams.clone()].iter().map(|exam| fen(exam.item)).sum()
    }

    /// From the community centre to a hospital, and from the hospital back when a lasting disease is stable again.
    pub fn referral(&self, out: &mut Out) {
        let contact = self.contact;
        let back = contact.kind == Kind::Stay && matches!(contact.reason, Reason::Lasting(_)) && !contact.last;
        let to = match contact.refers_to {
            Some(hospital) => hospital,
            None if back => self.plan.centre(),
            None => return,
        };
        let (id, at) = (self.id("ref"), contact.end - 1);
        // It goes through the platform, not with the records of the day.
        out.resource(at + 2, "ServiceRequest", &id, |json| {
            self.source(json);
            json.piece(r#""status":"completed","intent":"order""#);
            json.array("category", |json| json.item_concept("urn:jingluo:request", "referral", "双向转诊"));
            json.object("code", |json| {
                json.codings(
                    &[("http://snomed.info/sct", "3457005", "Patient referral")],
                    if back { "下转" } else { "上转" },
                );
            });
            self.subject(json);
            json.instant("authoredOn", at);
            json.reference("requester", "Organization", &self.institution.id);
            json.array("performer", |json| json.item_reference("Organization", &self.plan.institution(to).id));
            let (icd, name) = self.plan.diagnosis(contact);
            json.array("reasonCode", |json| json.item_concept(ICD, icd, name));
        });
    }

    /// The run before an emergency visit: taken, passed on, out, at the patient, at the hospital. The mean of the first four
    /// parts is 12.4 minutes (Shanghai, 2020). Tells the vehicle.
    fn ambulance(&self, out: &mut Out, rng: &mut Rng) -> Option<String> {
        let places = &self.plan.city.places;
        let street = self.plan.street.number;
        let distance = |at: usize| {
            places.streets.get(street).map_or(0.0, |place| {
                let (a, b) = (place.point, places.stations[at].point);
                (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
            })
        };
        let nearest = (0..places.stations.len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
        let station = &places.stations[nearest];
        let centre =
            places.institutions.iter().find(|found| found.kind == crate::places::InstitutionKind::AmbulanceCentre)?;
        let mut vehicle = station.id.clone();
        vehicle.push_str("-v");
        super::push_number(&mut vehicle, 1 + rng.below(u64::from(station.vehicles.max(1))));
        let hospital = self.contact.start;
        let on_scene = hospital - rng.between(9, 26);
        let at_patient = on_scene - rng.between(6, 18);
        let out_of_station = at_patient - (2.0 + rng.lognormal(6.6, 0.42)).clamp(2.0, 45.0) as Minute;
        let passed_on = out_of_station - rng.between(1, 3);
        let taken = passed_on - rng.between(1, 2);
        let id = self.id("run");
        let patient = &self.patient;
        out.resource(self.arrival(hospital + 10), "Encounter", &id, |json| {
            json.source(&centre.id);
            json.array("extension", |json| {
                let times = [
                    ("taken", taken),
                    ("passed-on", passed_on),
                    ("out", out_of_station),
                    ("at-patient", at_patient),
                    ("left-patient", on_scene),
                    ("at-hospital", hospital),
                ];
                for (name, at) in times {
                    json.item(|json| {
                        json.texts("url", &["urn:jingluo:run:", name]);
                        json.instant("valueDateTime", at);
                    });
                }
            });
            json.piece(r#""status":"finished""#);
            json.object("class", |json| json.coding(CLASS, "FLD", "院前急救"));
            json.reference("subject", "Patient", patient);
            json.period("period", taken, Some(hospital));
            let (icd, name) = self.plan.diagnosis(self.contact);
            json.array("reasonCode", |json| json.item_concept(ICD, icd, name));
            json.object("hospitalization", |json| json.reference("destination", "Organization", &self.institution.id));
            json.array("location", |json| json.item(|json| json.reference("location", "Location", &vehicle)));
            json.reference("serviceProvider", "Organization", &centre.id);
        });
        Some(vehicle)
    }

    pub fn is_feverish(&self) -> bool {
        matches!(self.contact.specialty, Specialty::FeverClinic)
            || matches!(self.plan.diagnosis(self.contact).0, "R50.8" | "R50.9" | "J18.9" | "J10.1" | "U07.1" | "R56.0")
    }
}

const fn class(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Clinic | Kind::Community | Kind::Antenatal | Kind::ChildCheck => ("AMB", "门诊"),
        Kind::Emergency => ("EMER", "急诊"),
        Kind::Fever => ("AMB", "发热门诊"),
        Kind::FollowUp => ("VR", "电话随访"),
        Kind::Home => ("HH", "上门"),
        Kind::Stay => ("IMP", "住院"),
    }
}
