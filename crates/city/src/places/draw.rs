//! How much institutions draw the people of a street: by size, distance and kind.

use super::map::distance_km;
use super::model::{InstitutionKind, Level, Places, StreetPlace};

/// Messages a resident causes on a working day, over all institutions; an expectation for quality boards, not a rule of
/// generation.
const MESSAGES_PER_RESIDENT: f64 = 0.33;
/// Of these, the share that community centres send: a third of the visits, with fewer examinations each.
const CENTRES: f64 = 0.25;

/// One weight a hospital, in the order of `Places::hospitals`.
pub fn weights(places: &Places, hospitals: &[usize], place: &StreetPlace, children: bool) -> Vec<f64> {
    let weight = |nth: &usize| {
        let one = &places.institutions[*nth];
        let away = distance_km(place.point, one.point);
        let reach = if one.level == Level::Tertiary { 9.0 } else { 4.5 };
        let kind = match (one.kind, children) {
            (InstitutionKind::WomenChildrenHospital, true) => 6.0,
            (InstitutionKind::WomenChildrenHospital, false) => 0.25,
            (InstitutionKind::SpecialtyHospital, _) => 0.1,
            (InstitutionKind::TcmHospital, true) => 0.3,
            _ => 1.0,
        };
        one.weight * kind / (1.0 + (away / reach).powi(2))
    };
    hospitals.iter().map(weight).collect()
}

/// Puts into each institution how many messages may be expected of it on a working day.
pub fn expectations(places: &mut Places) {
    let hospitals = places.hospitals();
    let mut expected = vec![0.0; places.institutions.len()];
    for street in &places.streets {
        let messages = street.residents as f64 * MESSAGES_PER_RESIDENT;
        let weights = weights(places, &hospitals, street, false);
        let whole: f64 = weights.iter().sum();
        for (nth, weight) in hospitals.iter().zip(weights) {
            expected[*nth] += messages * (1.0 - CENTRES) * weight / whole;
        }
        let second = if street.second_centre.is_some() { super::SECOND_CENTRE } else { 0.0 };
        expected[street.centre] += messages * CENTRES * (1.0 - second);
        if let Some(centre) = street.second_centre {
            expected[centre] += messages * CENTRES * second;
        }
    }
    for (one, messages) in places.institutions.iter_mut().zip(expected) {
        one.messages_a_day = f64::round(messages) as u32;
    }
}
