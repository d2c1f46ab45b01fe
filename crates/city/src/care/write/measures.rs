//! What is measured at a contact besides the laboratory: blood pressure, temperature, glucose at the finger, growth.

use super::super::plan::{Kind, Reason};
use super::super::tables::Tables;
use super::super::value::{Value, body, pressure, value};
use super::Scene;
use super::laboratory::LOINC;
use crate::day::{Minute, day_of};
use crate::json::Json;
use crate::model::Disease;
use crate::out::Out;
use crate::rng::Rng;

const RECORD: &str = "urn:jingluo:record";

/// A quantity that is measured: id part, LOINC code, name, value, digits, unit, UCUM.
pub type Measured<'a> = (&'a str, &'a str, &'a str, f64, u32, &'a str, &'a str);

impl Scene<'_> {
    pub fn measure(&self, out: &mut Out, rng: &mut Rng) {
        let contact = self.contact;
        let on = day_of(contact.start);
        let at = contact.start + 6;
        match (contact.kind, contact.reason) {
            (Kind::FollowUp | Kind::Home, Reason::Lasting(_)) => {
                self.blood_pressure(at, out, rng);
                if self.plan.person.has(Disease::Diabetes, on) {
                    self.finger_glucose(at, out, rng);
                }
            }
            (Kind::Clinic | Kind::Community, Reason::Lasting(_)) => {
                let circulation =
                    [Disease::Hypertension, Disease::CoronaryHeart, Disease::HeartFailure, Disease::Stroke];
                if circulation.iter().any(|disease| self.plan.person.has(*disease, on)) || rng.chance(0.2) {
                    self.blood_pressure(at, out, rng);
                }
            }
            (Kind::Emergency | Kind::Fever | Kind::Stay, _) if !matches!(contact.reason, Reason::Newborn) => {
                self.temperature(at, out, rng);
                if contact.kind == Kind::Stay {
                    self.blood_pressure(at, out, rng);
                }
            }
            (Kind::Clinic | Kind::Community, Reason::Acute(_)) if self.is_feverish() => self.temperature(at, out, rng),
            (Kind::ChildCheck | Kind::Home, Reason::Child(_)) => {
                let (height, weight) = body(self.plan, on, rng);
                self.quantity(("len", "8302-2", "身长（高）", height, 1, "cm", "cm"), at, out);
                self.quantity(("wt", "29463-7", "体重", weight, 1, "kg", "kg"), at, out);
            }
            _ => {}
        }
    }

    pub fn blood_pressure(&self, at: Minute, out: &mut Out, rng: &mut Rng) {
        let (systolic, diastolic) = pressure(self.plan, day_of(at), rng);
        let id = self.id("bp");
        out.resource(self.arrival(at), "Observation", &id, |json| {
            self.source(json);
            pressure_body(json, systolic, diastolic);
            self.measured_at(json, at);
        });
    }

    fn temperature(&self, at: Minute, out: &mut Out, rng: &mut Rng) {
        let mean = if self.is_feverish() { 38.6 } else { 36.6 };
        let found = mean + rng.normal().clamp(-2.5, 2.8) * if self.is_feverish() { 0.6 } else { 0.25 };
        self.quantity(("t", "8310-5", "体温", found, 1, "℃", "Cel"), at, out);
    }

    fn finger_glucose(&self, at: Minute, out: &mut Out, rng: &mut Rng) {
        let Some(test) = Tables::get().test("fpg") else { return };
        if let Value::Number(found) = value(self.plan, self.contact, test, at, rng) {
            self.quantity(("glu", "14743-9", "指尖血糖", found, 1, "mmol/L", "mmol/L"), at, out);
        }
    }

    pub fn quantity(&self, measured: Measured, at: Minute, out: &mut Out) {
        let id = self.id(measured.0);
        out.resource(self.arrival(at), "Observation", &id, |json| {
            self.source(json);
            quantity_body(json, &measured);
            self.measured_at(json, at);
        });
    }

    /// Something told in words or by a local code.
    pub fn said(&self, part: &str, code: &str, name: &str, value: (&str, &str), at: Minute, out: &mut Out) {
        let id = self.id(part);
        out.resource(self.arrival(at), "Observation", &id, |json| {
            self.source(json);
            said_body(json, RECORD, code, name, value);
            self.measured_at(json, at);
        });
    }

    fn measured_at(&self, json: &mut Json, at: Minute) {
        self.subject(json);
        self.in_encounter(json);
        json.instant("effectiveDateTime", at);
        self.performer(json);
    }
}

const VITAL: &str = concat!(
    r#""status":"final","category":[{"coding":[{"#,
    r#""system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]"#
);

pub fn pressure_body(json: &mut Json, systolic: f64, diastolic: f64) {
    json.piece(VITAL);
    json.piece(r#""code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"血压"}"#);
    json.array("component", |json| {
        for (code, name, value) in [("8480-6", "收缩压", systolic), ("8462-4", "舒张压", diastolic)] {
            json.item(|json| {
                json.object("code", |json| json.codings(&[(LOINC, code, "")], name));
                json.quantity("valueQuantity", value, 0, "mmHg", "mm[Hg]");
            });
        }
    });
}

pub fn quantity_body(json: &mut Json, (_, loinc, name, value, digits, unit, ucum): &Measured) {
    json.piece(VITAL);
    let (system, code) = match loinc.strip_prefix('#') {
        Some(local) => (RECORD, local),
        None => (LOINC, *loinc),
    };
    json.object("code", |json| json.codings(&[(system, code, "")], name));
    json.quantity("valueQuantity", *value, *digits, unit, ucum);
}

pub fn said_body(json: &mut Json, system: &str, code: &str, name: &str, value: (&str, &str)) {
    json.piece(r#""status":"final""#);
    json.object("code", |json| json.codings(&[(system, code, "")], name));
    json.object("valueCodeableConcept", |json| json.codings(&[(system, value.0, "")], value.1));
}
