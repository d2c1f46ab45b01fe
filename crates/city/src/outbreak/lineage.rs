//! The centre for disease control sequences some of the coronaviruses found; only there a new variant can be told from the
//! old ones. The names of lineages are invented.

use crate::city::City;
use crate::day::DAY_MINUTES;
use crate::json::Json;
use crate::model::Person;
use crate::out::Out;
use crate::outbreak::card::Card;
use crate::outbreak::illness::Illness;
use crate::outbreak::streams;
use crate::places::InstitutionKind;
use crate::rng::Rng;
use crate::settings::OutbreakKind;

/// Share of positive tests that are sequenced.
const SEQUENCED: f64 = 0.1;
/// Sporadic cases are of the lineages that went around before, with these shares.
const BEFORE: [(&str, f64); 3] = [("PC.2", 0.2), ("PC.4", 0.55), ("PC.4.1", 0.25)];
const NEW: &str = "PC.7";

/// Writes the lineage of a coronavirus, for the tests that are sequenced.
pub fn write(city: &City, person: &Person, card: &Card, out: &mut Out) {
    let infection = card.infection;
    let Some(test) = infection.test.filter(|test| test.positive && infection.disease == Illness::CORONAVIRUS) else {
        return;
    };
    let mut rng = Rng::of(city.settings.seed, streams::LINEAGE, infection.at.unsigned_abs() ^ person.number << 24);
    let issued = test.resulted + rng.between(4, 11) * DAY_MINUTES;
    if !rng.chance(SEQUENCED) || !out.is_due(issued) {
        return;
    }
    let of_cdc = |one: &&crate::places::Institution| one.kind == InstitutionKind::Cdc && one.municipal;
    let Some(cdc) = city.places.institutions.iter().find(of_cdc) else { return };
    let outbreak = infection.outbreak.and_then(|number| city.outbreaks.all.get(number as usize));
    let is_new = outbreak.is_some_and(|outbreak| outbreak.kind == OutbreakKind::NewVariant);
    let lineage = if is_new { NEW } else { BEFORE[rng.by_weight(&BEFORE.map(|(_, share)| share))].0 };
    let id = format!("p{}-lineage-{}", person.number, infection.onset);
    out.resource(issued, "Observation", &id, |json| {
        json.source(&cdc.id);
        json.piece(r#""status":"final""#);
        json.array("category", |json| {
            let system = "http://terminology.hl7.org/CodeSystem/observation-category";
            json.item(|json| json.codings(&[(system, "laboratory", "")], ""));
        });
        json.concept("code", "http://loinc.org", "96895-8", "新型冠状病毒谱系");
        json.reference("subject", "Patient", card.patient);
        json.reference("encounter", "Encounter", card.encounter);
        json.instant("effectiveDateTime", test.taken);
        json.instant("issued", issued);
        json.array("performer", |json: &mut Json| json.item_reference("Organization", &cdc.id));
        json.concept("valueCodeableConcept", "urn:jingluo:lineage", lineage, lineage);
    });
}
