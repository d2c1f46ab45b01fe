//! A stay: the operation, the bill, and death.

use super::super::plan::{Kind, Reason};
use super::Scene;
use super::contact::ICD;
use crate::day::{DAY_MINUTES, Minute, minute};
use crate::out::Out;
use crate::places::Level;
use crate::rng::Rng;

/// Operations and procedures of ICD-9-CM-3.
const PROCEDURES: &str = "urn:oid:2.16.156.10011.2.3.3.12";

impl Scene<'_> {
    pub fn stay(&self, examinations: i64, out: &mut Out, rng: &mut Rng) {
        let contact = self.contact;
        let nights = ((contact.end - contact.start) / DAY_MINUTES).max(1);
        let mut surgery = 0;
        match contact.reason {
            Reason::Operation(nth) => {
                let operation = &self.plan.tables.operations[nth as usize];
                surgery = (operation.fen as f64 * (0.8 + 0.45 * rng.unit())) as i64;
                let begin =
                    minute(crate::day::day_of(contact.start) + 1, 8, rng.between(30, 420)).min(contact.end - 240);
                self.procedure((operation.code, operation.name), begin, rng.between(30, 190), out);
            }
            Reason::Birth(nth) => {
                let (code, name, fen) = if self.plan.is_caesarean(nth) {
                    ("74.1x01", "子宫下段横切口剖宫产术", 420_000)
                } else if self.plan.is_loss(nth) {
                    ("69.0201", "流产后刮宫术", 90_000)
                } else {
                    ("73.5900", "手法助产", 180_000)
                };
                surgery = fen;
                let begin = (contact.start + 200).min(contact.end - 120);
                self.procedure((code, name), begin, 50, out);
            }
            _ => {}
        }
        self.bill(nights, surgery, examinations, out, rng);
    }

    fn procedure(&self, (code, name): (&str, &str), begin: Minute, minutes: i64, out: &mut Out) {
        let id = self.id("op");
        let end = begin + minutes;
        out.resource(self.arrival(end), "Procedure", &id, |json| {
            self.source(json);
            json.piece(r#""status":"completed""#);
            json.concept("code", PROCEDURES, code, name);
            self.subject(json);
            self.in_encounter(json);
            json.period("performedPeriod", begin, Some(end));
            json.array("performer", |json| {
                json.item(|json| json.reference("actor", "Organization", &self.institution.id));
            });
            let (icd, disease) = self.plan.diagnosis(self.contact);
            json.array("reasonCode", |json| json.item_concept(ICD, icd, disease));
        });
    }

    /// The bill by category, at discharge.
    fn bill(&self, nights: i64, surgery: i64, examinations: i64, out: &mut Out, rng: &mut Rng) {
        let by_level = match self.institution.level {
            Level::Tertiary => 1.35,
            Level::Secondary => 1.0,
            _ => 0.7,
        };
        let newborn = matches!(self.contact.reason, Reason::Newborn);
        let daily = |fen: f64, rng: &mut Rng| (fen * by_level * nights as f64 * rng.lognormal(1.0, 0.3)) as i64;
        let care = if newborn { 0.3 } else { 1.0 };
        let lines = [
            ("bed", "床位费", nights * if newborn { 2000 } else { 6000 }),
            ("drug", "药品费", daily(42_000.0 * care, rng)),
            ("treatment", "治疗费", daily(23_000.0 * care, rng)),
            ("nursing", "护理费", nights * 4500),
            ("examination", "检查检验费", examinations),
            ("material", "材料费", daily(14_000.0 * care, rng) + surgery / 3),
            ("surgery", "手术费", surgery),
        ];
        let total: i64 = lines.iter().map(|(.., fen)| fen).sum();
        let id = self.id("bill");
        let contact = self.contact;
        out.resource(self.arrival(contact.end + 20), "Invoice", &id, |json| {
            self.source(json);
            json.piece(r#""status":"balanced""#);
            self.subject(json);
            json.instant("date", contact.end + 20);
            json.reference("issuer", "Organization", &self.institution.id);
            json.array("lineItem", |json| {
                for (code, name, fen) in lines.iter().filter(|(.., fen)| *fen > 0) {
                    json.item(|json| {
                        json.concept("chargeItemCodeableConcept", "urn:jingluo:charge", code, name);
                        json.array("priceComponent", |json| {
                            json.item(|json| {
                                json.piece(r#""type":"base""#);
                                money(json, "amount", *fen);
                            });
                        });
                    });
                }
            });
            money(json, "totalNet", total);
            json.array("note", |json| json.item(|json| json.texts("text", &["Encounter/", &self.base])));
        });
    }

    /// The cause of death, as the certificate has it.
    pub fn death(&self, out: &mut Out) {
        if self.kind() != Kind::Stay {
            return;
        }
        let (icd, name) = self.plan.diagnosis(self.contact);
        let (id, at) = (self.id("dead"), self.contact.end);
        out.resource(self.arrival(at + 60), "Observation", &id, |json| {
            self.source(json);
            json.piece(r#""status":"final""#);
            json.piece(r#""code":{"coding":[{"system":"http://loinc.org","code":"69453-9"}],"text":"死亡原因"}"#);
            self.subject(json);
            self.in_encounter(json);
            json.instant("effectiveDateTime", at);
            self.performer(json);
            json.concept("valueCodeableConcept", ICD, icd, name);
        });
    }
}

fn money(json: &mut crate::json::Json, key: &str, fen: i64) {
    json.object(key, |json| {
        json.decimal("value", fen as f64 / 100.0, 2);
        json.piece(r#""currency":"CNY""#);
    });
}

/// Who dies outside a hospital is certified by the community centre.
pub fn death_at_home(plan: &super::Plan, out: &mut Out) {
    let (Some(death), None) = (plan.death, plan.contacts.iter().find(|contact| contact.last)) else { return };
    if !plan.days.contains(&crate::day::day_of(death)) {
        return;
    }
    let mut rng = plan.life(5);
    let (icd, name) = match plan.cause_of_death(&mut rng) {
        Reason::Lasting(nth) => (plan.lasting(nth).icd, plan.lasting(nth).name),
        Reason::Acute(nth) => (plan.acute(nth).icd, plan.acute(nth).name),
        _ => return,
    };
    let centre = plan.institution(plan.centre());
    let patient = plan.city.registration_id(plan.person.number, plan.centre() as usize);
    let id = format!("p{}-dead", plan.person.number);
    out.resource(centre.arrival(death + 300, rng.unit()), "Observation", &id, |json| {
        json.source(&centre.id);
        json.piece(r#""status":"final""#);
        json.piece(r#""code":{"coding":[{"system":"http://loinc.org","code":"69453-9"}],"text":"死亡原因"}"#);
        json.reference("subject", "Patient", &patient);
        json.instant("effectiveDateTime", death);
        json.array("performer", |json| json.item_reference("Organization", &centre.id));
        json.concept("valueCodeableConcept", ICD, icd, name);
    });
}
