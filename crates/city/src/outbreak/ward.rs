//! A hospital cluster: a resistant germ goes from patient to patient in one ward.

use crate::day::{Day, Minute, minute};
use crate::outbreak::course;
use crate::outbreak::infection::Stay;
use crate::outbreak::kinds::{Case, Scene};
use crate::outbreak::roster::Setting;
use crate::rng::Rng;

/// Patients of the street who lie in the ward in the weeks of the cluster.
const PATIENTS: usize = 14;
/// Days over which they are admitted.
const ADMISSION_DAYS: i64 = 20;
/// Chance that a patient is infected by another one during a day together.
const A_DAY: f64 = 0.045;
/// Days from an infection until the patient infects others, and until it is stopped by isolation.
const LATENT_DAYS: i64 = 1;
const CLEARED_DAYS: i64 = 14;
/// So many infections within so many days are a cluster; so many beginnings are tried.
const CLUSTER: usize = 5;
const CLUSTER_DAYS: Day = 20;
const TRIES: usize = 30;

/// Most single patients infect nobody; the first of some beginnings is taken from which a cluster follows.
pub fn cases(scene: &Scene) -> Vec<Case> {
    let Some(ward) = chosen_ward(scene) else { return Vec::new() };
    let mut rng = scene.first_draws();
    let mut best: Vec<Case> = Vec::new();
    let early = minute(scene.outbreak.start + CLUSTER_DAYS, 0, 0);
    let size = |cases: &[Case]| cases.iter().filter(|case| case.at < early).count();
    for _ in 0..TRIES {
        let patients = patients(scene, ward, &mut rng);
        let cases = spread(scene.outbreak.start, ward, &patients, &mut rng);
        if size(&cases) > size(&best) {
            best = cases;
        }
        if size(&best) >= CLUSTER {
            break;
        }
    }
    best.retain(|case| case.at < minute(scene.settings.last(), 0, 0));
    best
}

/// Old people of the street with the times they lie in the ward; the first is there from the beginning.
fn patients(scene: &Scene, (institution, department): (u32, u16), rng: &mut Rng) -> Vec<(u32, Stay)> {
    let start = scene.outbreak.start;
    let fits = |nth: &u32| {
        let person = &scene.street.people[*nth as usize];
        let goes = person.goes_to[1..].contains(&institution);
        goes && person.age_on(start) >= 60 && person.is_here(start) && person.is_here(start + 40)
    };
    let mut old: Vec<u32> = (0..scene.street.people.len() as u32).filter(fits).collect();
    let mut patients: Vec<(u32, Stay)> = Vec::new();
    while patients.len() < PATIENTS && !old.is_empty() {
        let member = old.swap_remove(rng.below(old.len() as u64) as usize);
        let after = if patients.is_empty() { -2 } else { rng.between(-2, ADMISSION_DAYS) };
        let from = minute(start + after as Day, 9, rng.between(0, 480));
        let days = rng.lognormal(13.0, 0.35).clamp(6.0, 35.0) as Day;
        let to = minute(start + after as Day + days, 10, rng.between(0, 240));
        patients.push((member, Stay { institution, department, from, to, acquired: true }));
    }
    patients
}

/// Day by day, each patient in the ward may be infected by one who infects.
fn spread(start: Day, (institution, department): (u32, u16), patients: &[(u32, Stay)], rng: &mut Rng) -> Vec<Case> {
    let place = u64::from(institution) << 16 | u64::from(department);
    let mut cases: Vec<Case> = Vec::new();
    let mut infected: Vec<Option<Minute>> = vec![None; patients.len()];
    for day in 0..60_i64 {
        let noon = minute(start + day as Day, 12, 0);
        for (nth, (member, stay)) in patients.iter().enumerate() {
            let draws = (rng.unit(), rng.unit());
            let at = noon + rng.between(-240, 480);
            if infected[nth].is_some() || !(stay.from..stay.to).contains(&at) {
                continue;
            }
            let sources: Vec<usize> =
                (0..patients.len()).filter(|by| infects(infected[*by], &patients[*by].1, at)).collect();
            let first = day == 0 && nth == 0;
            if !first && draws.0 >= 1.0 - (1.0 - A_DAY).powi(sources.len() as i32) {
                continue;
            }
            let by = sources.get((draws.1 * sources.len() as f64) as usize).map(|by| patients[*by].0);
            infected[nth] = Some(at);
            let setting = if first { Setting::Outside } else { Setting::Ward };
            cases.push(Case { member: *member, by, setting, place, at, stay: Some(*stay) });
        }
    }
    cases
}

/// Whether a patient who was infected then infects others at a minute.
fn infects(infected: Option<Minute>, stay: &Stay, minute: Minute) -> bool {
    infected.is_some_and(|at| {
        (at + LATENT_DAYS * 1440..at + CLEARED_DAYS * 1440).contains(&minute) && (stay.from..stay.to).contains(&minute)
    })
}

/// The hospital that most of the old people of the street like best, and a ward of it.
fn chosen_ward(scene: &Scene) -> Option<(u32, u16)> {
    let mut liked = std::collections::BTreeMap::new();
    for person in scene.street.people.iter().filter(|person| person.age_on(scene.outbreak.start) >= 60) {
        *liked.entry(person.goes_to[1]).or_insert(0) += 1;
    }
    let mut order: Vec<(i32, u32)> = liked.into_iter().map(|(institution, count)| (-count, institution)).collect();
    order.sort_unstable();
    order.into_iter().find_map(|(_, nth)| {
        let department = course::ward(scene.places.institutions.get(nth as usize)?, false)?;
        Some((nth, department))
    })
}
