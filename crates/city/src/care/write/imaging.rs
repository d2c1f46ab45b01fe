//! An imaging examination: order, study with its series in the shared set of images, findings as an Observation, and the
//! report. Findings belong to the result; the conclusion is the doctor's diagnosis and stands apart.

use super::super::plan::{Exam, Kind, Reason};
use super::super::tables::Image;
use super::Scene;
use super::codes::{self, Coded};
use super::laboratory::{LOINC, Report};
use crate::City;
use crate::day::Minute;
use crate::images;
use crate::json::Json;
use crate::out::Out;
use crate::places::InstitutionKind;
use crate::rng::Rng;
use crate::settings;
use std::fmt::Write;

/// How many studies of each examination the shared set of images holds.
pub const SHARED: u64 = 4;

impl Scene<'_> {
    pub fn image(&self, nth: u8, exam: &Exam, out: &mut Out, rng: &mut Rng) {
        if !self.keep.results || self.keep.infectious_only {
            return;
        }
        let image = &self.plan.tables.images[nth as usize];
        let abnormal = rng.chance(self.abnormal_share());
        let method = image.methods[self.plan.method(self.contact.institution, nth)];
        let issue = self.issue_of(exam);
        let id = self.numbered("r", exam.nth.into());
        let local_system = self.local_system();
        let report = Report { id: &id, exam, issue: &issue, local_system: &local_system };
        let coded = Coded::Image(nth);
        let code = codes::code(self.institution, coded);
        let loinc = if self.is_mapped(coded) { image.loinc } else { "" };
        let wanted = if image.methods.len() > 1 { method } else { "" };
        self.order(&report, (&code, image.name, loinc), wanted, out);
        let has_study = !matches!(image.modality, "ECG" | "ES");
        if has_study {
            self.study(&report, image, nth, abnormal, rng, out);
        }
        let findings = format!("{id}o0");
        out.versions("Observation", &findings, issue.arrivals(), |json, version| {
            self.findings(json, &report, image, method, abnormal, version);
        });
        let category = match image.modality {
            "ECG" | "ES" => ("OTH", "Other"),
            "US" => ("RUS", "Radiology Ultrasound"),
            "CT" => ("CT", "CAT Scan"),
            "MR" => ("NMR", "Nuclear Magnetic Resonance"),
            _ => ("RAD", "Radiology"),
        };
        out.versions("DiagnosticReport", report.id, issue.arrivals(), |json, version| {
            let codings = [(report.local_system, code.as_str(), image.name), (LOINC, loinc, "")];
            self.report_head(json, &report, version, category, &codings);
            json.array("result", |json| json.item_reference("Observation", &findings));
            if has_study {
                json.array("imagingStudy", |json| json.item_reference("ImagingStudy", report.id));
            }
            json.text("conclusion", if abnormal { image.conclusion } else { "未见明显异常" });
        });
    }

    /// How often an examination finds what it was ordered for.
    fn abnormal_share(&self) -> f64 {
        match (self.kind(), self.contact.reason) {
            (_, Reason::Operation(_)) => 0.7,
            (_, Reason::Antenatal(..)) => 0.06,
            (Kind::Stay, _) => 0.68,
            (Kind::Emergency | Kind::Fever, _) => 0.36,
            _ => 0.44,
        }
    }

    fn study(&self, report: &Report, image: &Image, nth: u8, abnormal: bool, rng: &mut Rng, out: &mut Out) {
        // Two normal and two abnormal studies of each examination are shared by all.
        let shared = u64::from(nth) * SHARED + u64::from(abnormal) * 2 + rng.below(2);
        let pictures = match image.modality {
            "CT" => 40,
            "MR" => 60,
            "US" => 4,
            _ => 2,
        };
        let mut endpoint = String::with_capacity(24);
        endpoint.push_str("endpoint-");
        endpoint.push_str(&self.institution.key);
        out.resource(self.arrival(report.exam.at + 12), "ImagingStudy", report.id, |json| {
            self.source(json);
            json.array("identifier", |json| {
                json.item(|json| {
                    json.piece(r#""system":"urn:dicom:uid""#);
                    json.texts("value", &["urn:oid:", &uid(1, shared)]);
                });
            });
            json.piece(r#""status":"available""#);
            self.subject(json);
            self.in_encounter(json);
            json.instant("started", report.exam.at);
            json.array("basedOn", |json| json.item_reference("ServiceRequest", report.id));
            json.array("endpoint", |json| {
                json.item_reference("Endpoint", &endpoint);
                if let Some(picture) = images::of_exam(image.key) {
                    json.item_reference("Endpoint", picture.id);
                }
            });
            json.piece(r#""numberOfSeries":1"#);
            json.number("numberOfInstances", pictures);
            json.array("procedureCode", |json| json.item(|json| json.text("text", image.name)));
            json.array("series", |json| {
                json.item(|json| {
                    json.text("uid", &uid(2, shared));
                    json.object("modality", |json| {
                        json.coding("http://dicom.nema.org/resources/ontology/DCM", image.modality, "");
                    });
                    json.number("numberOfInstances", pictures);
                    json.object("bodySite", |json| json.coding("http://snomed.info/sct", image.site, image.site_name));
                });
            });
        });
    }

    fn findings(&self, json: &mut Json, report: &Report, image: &Image, method: &str, abnormal: bool, version: usize) {
        self.source(json);
        json.array("basedOn", |json| json.item_reference("ServiceRequest", report.id));
        json.text("status", report.issue.states[version]);
        json.piece(concat!(
            r#""category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","#,
            r#""code":"imaging"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"59776-5","#,
            r#""display":"Procedure findings Narrative"}],"text":"检查所见"}"#
        ));
        self.result_time(json, report, version);
        json.text("valueString", if abnormal { image.abnormal } else { image.normal });
        json.object("bodySite", |json| json.codings(&[("http://snomed.info/sct", image.site, image.site_name)], ""));
        json.object("method", |json| json.text("text", method));
    }
}

/// Where the images of an institution can be fetched: all from the one shared set.
pub fn endpoints(city: &City, out: &mut Out) {
    if !matches!(out.only, None | Some(settings::Part::Results)) {
        return;
    }
    let examines = |kind| kind == InstitutionKind::CommunityCentre;
    let places = city.places.institutions.iter();
    for institution in places.filter(|found| found.is_hospital() || examines(found.kind)) {
        out.resource(Minute::MIN, "Endpoint", &["endpoint-", &institution.key].concat(), |json| {
            json.source(&institution.id);
            json.piece(concat!(
                r#""status":"active","connectionType":{"#,
                r#""system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"dicom-wado-rs"}"#
            ));
            json.text("name", &institution.name);
            json.reference("managingOrganization", "Organization", &institution.id);
            json.piece(r#""payloadType":[{"text":"DICOM"}],"address":"https://images.pingchuan.example/dicom-web""#);
        });
    }
}

/// A DICOM unique identifier of the shared set.
fn uid(level: u8, shared: u64) -> String {
    let mut uid = String::with_capacity(28);
    // Writing to a String cannot fail.
    let _ = write!(uid, "1.2.826.0.1.3680043.10.999.{level}.{}", shared + 1);
    uid
}
