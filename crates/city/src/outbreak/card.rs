//! The report card of a notifiable disease (传染病报告卡), and its sisters for foodborne disease and hospital infections.
//!
//! Fields follow the card of 2019: who, where living, which group of people, class of the case, onset, diagnosis, disease,
//! who reports and when.

use crate::city::City;
use crate::json::Json;
use crate::model::{Person, Street};
use crate::out::Out;
use crate::outbreak::illness::Class;
use crate::outbreak::infection::Infection;
use crate::outbreak::{lineage, streams};
use crate::places::{Institution, Specialty, WorkSiteKind};
use crate::rng::Rng;

/// What a report card hangs on; the ids are those of the visit.
pub struct Card<'a> {
    pub infection: &'a Infection,
    /// Id of the Patient at the reporting institution.
    pub patient: &'a str,
    pub encounter: &'a str,
    pub condition: &'a str,
}

/// Writes what an infection leads to outside the hospital that saw it: the report card, if it is reported, and the lineage.
pub fn report_card(city: &City, street: &Street, person: &Person, card: &Card, out: &mut Out) {
    let infection = card.infection;
    lineage::write(city, person, card, out);
    let institution = &city.places.institutions[infection.institution as usize];
    if !infection.reported {
        return;
    }
    let index = infection.at.unsigned_abs() ^ person.number << 24;
    let mut rng = Rng::of(city.settings.seed, streams::ARRIVAL, index);
    let arrival = institution.arrival(infection.filled, rng.unit());
    if !out.is_due(arrival) {
        return;
    }
    let id = format!("p{}-card-{}-{}", person.number, infection.disease.0, infection.onset);
    out.resource(arrival, "Composition", &id, |json| {
        json.source(&institution.id);
        fields(city, street, person, card, institution, json);
        body(card, institution, &mut rng, json);
    });
}

/// The fields that a Composition has no place for.
fn fields(city: &City, street: &Street, person: &Person, card: &Card, institution: &Institution, json: &mut Json) {
    let infection = card.infection;
    let confirmed = infection.test.is_some_and(|test| test.positive);
    json.array("extension", |json| {
        let mut code = |url: &str, value: &str| {
            json.item(|json| {
                json.texts("url", &["urn:jingluo:report-card:", url]);
                json.text("valueCode", value);
            });
        };
        code("case-class", if confirmed { "confirmed" } else { "clinical" });
        code("people", people_group(city, person, infection));
        if let Some(place) = city.places.streets.get(street.number) {
            let neighbourhood = place.neighbourhoods.get(usize::from(person.neighbourhood));
            code("residence", neighbourhood.map_or(&place.code, |neighbourhood| &neighbourhood.code));
            code("belongs-to", if place.district == institution.district { "district" } else { "city" });
        }
        json.item(|json| {
            json.piece(r#""url":"urn:jingluo:report-card:diagnosed""#);
            json.instant("valueDateTime", infection.diagnosed);
        });
        if let Some((type_, id)) = workplace(city, street, person, infection) {
            json.item(|json| {
                json.piece(r#""url":"urn:jingluo:report-card:workplace""#);
                json.reference("valueReference", type_, id);
            });
        }
    });
}

fn body(card: &Card, institution: &Institution, rng: &mut Rng, json: &mut Json) {
    let infection = card.infection;
    let facts = infection.disease.facts();
    let (code, title) = match facts.class {
        Class::Foodborne => ("foodborne-report", "食源性疾病病例报告"),
        Class::Hospital => ("hospital-infection-report", "医院感染病例报告卡"),
        Class::B | Class::C | Class::Watched => ("infectious-report", "中华人民共和国传染病报告卡"),
    };
    json.piece(r#""status":"final""#);
    json.concept("type", "urn:jingluo:document", code, title);
    json.array("category", |json| {
        json.item_concept("urn:jingluo:notifiable-class", facts.class.code(), facts.class.name());
    });
    json.reference("subject", "Patient", card.patient);
    json.reference("encounter", "Encounter", card.encounter);
    json.instant("date", infection.filled);
    json.array("author", |json| match doctor(institution, rng) {
        Some(doctor) => json.item_reference("PractitionerRole", doctor),
        None => json.item_reference("Organization", &institution.id),
    });
    json.text("title", title);
    json.reference("custodian", "Organization", &institution.id);
    json.array("event", |json| {
        json.item(|json| {
            json.array("code", |json| json.item_concept("http://hl7.org/fhir/sid/icd-10", facts.icd10, facts.name));
            json.object("period", |json| json.date("start", infection.onset));
        });
    });
    json.array("section", |json| {
        json.item(|json| {
            json.text("title", facts.name);
            json.array("entry", |json| json.item_reference("Condition", card.condition));
        });
    });
}

/// A doctor of the department that would see it.
fn doctor<'a>(institution: &'a Institution, rng: &mut Rng) -> Option<&'a str> {
    let order = [Specialty::Infectious, Specialty::FeverClinic, Specialty::Prevention, Specialty::GeneralPractice];
    let of = |specialty: &Specialty| institution.department(*specialty).filter(|found| !found.doctors.is_empty());
    let any = || institution.departments.iter().find(|department| !department.doctors.is_empty());
    let department = order.iter().find_map(of).or_else(any)?;
    Some(rng.pick(department.doctors.as_slice()).as_str())
}

/// 人群分类.
fn people_group(city: &City, person: &Person, infection: &Infection) -> &'static str {
    let age = person.age_on(infection.onset);
    let grade = person.school_class.and_then(|class| class.grade_on(infection.onset));
    let site = person.work_site.and_then(|nth| city.places.work_sites.get(nth as usize));
    match (grade, age) {
        (Some(..1), _) => "kindergarten-child",
        (None, ..7) => "child-at-home",
        (Some(_), _) => "pupil",
        (None, 60..) => "retired",
        _ => match site.map(|site| site.kind) {
            Some(WorkSiteKind::Office) => "office-staff",
            Some(WorkSiteKind::Factory) => "worker",
            Some(WorkSiteKind::Shop | WorkSiteKind::Logistics) => "commerce",
            Some(WorkSiteKind::Restaurant) => "catering",
            Some(WorkSiteKind::Construction) => "migrant-worker",
            Some(WorkSiteKind::Care) => "care-staff",
            None => "at-home",
        },
    }
}

/// 工作单位（学校）.
fn workplace<'a>(
    city: &'a City,
    street: &Street,
    person: &Person,
    infection: &Infection,
) -> Option<(&'static str, &'a str)> {
    if person.is_pupil(infection.onset) {
        let place = city.places.streets.get(street.number)?;
        return Some(("Organization", &city.places.schools.get(place.school)?.id));
    }
    let site = city.places.work_sites.get(person.work_site? as usize)?;
    Some(("Location", &site.id))
}
