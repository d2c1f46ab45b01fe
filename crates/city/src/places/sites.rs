//! Where people spend their days: schools, work sites, markets; and ambulance stations.

use super::areas;
use super::counts::Counts;
use super::institutions::short;
use super::map::distance_km;
use super::model::{AmbulanceStation, Market, Places, School, WorkSite, WorkSiteKind};
use crate::rng::{Rng, stream};
use crate::settings::Settings;

/// Share of residents at work, about (七普: 上海从业人员 1,374 万 of 2,487 万).
const AT_WORK: f64 = 0.55;

/// Kinds of work sites with their weight in number and size (after 第四次全国经济普查, 上海).
const KINDS: [(WorkSiteKind, &str, f64, f64); 7] = [
    (WorkSiteKind::Office, "商务楼", 3.0, 3.0),
    (WorkSiteKind::Factory, "工业园", 1.6, 5.0),
    (WorkSiteKind::Shop, "商场", 2.0, 1.2),
    (WorkSiteKind::Restaurant, "餐饮街", 1.4, 0.7),
    (WorkSiteKind::Construction, "建筑工地", 0.5, 2.0),
    (WorkSiteKind::Logistics, "物流园", 0.8, 1.8),
    (WorkSiteKind::Care, "养老院", 0.4, 0.8),
];

pub fn build(settings: &Settings, counts: &Counts, places: &mut Places) {
    let mut rng = Rng::of(settings.seed, stream::PLACES, 4);
    schools(counts, places, &mut rng);
    work_sites(counts, places, &mut rng);
    markets(counts, places, &mut rng);
    stations(counts, places, &mut rng);
}

/// Schools stand in the streets with most residents; children of a street without one go to the nearest.
fn schools(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let mut order: Vec<usize> = (0..places.streets.len()).collect();
    order.sort_by_key(|nth| (std::cmp::Reverse(places.streets[*nth].residents), *nth));
    let mut chosen = order[..(counts.schools as usize).min(order.len())].to_vec();
    chosen.sort_unstable();
    for (nth, street) in chosen.iter().enumerate() {
        let place = &places.streets[*street];
        let word = if nth % 3 == 0 { "实验学校" } else { "学校" };
        places.schools.push(School {
            id: format!("school-{}", nth + 1),
            name: format!("平川市{}{word}", short(&place.name)),
            street: *street,
            point: areas::inside(&place.ring, rng),
            canteen: nth % 10 != 9,
        });
    }
    for nth in 0..places.streets.len() {
        let here = places.streets[nth].point;
        let away = |school: &School| distance_km(here, places.streets[school.street].point);
        let nearest = places.schools.iter().enumerate().min_by(|a, b| away(a.1).total_cmp(&away(b.1)));
        places.streets[nth].school = nearest.map_or(0, |(at, _)| at);
    }
}

fn work_sites(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let weights: Vec<f64> = places.streets.iter().map(|street| street.residents as f64).collect();
    let shares = areas::share_out(u64::from(counts.work_sites), &weights);
    let kinds: Vec<f64> = KINDS.iter().map(|kind| kind.2).collect();
    for (nth, street) in places.streets.iter_mut().enumerate() {
        let first = places.work_sites.len();
        let drawn: Vec<usize> = (0..shares[nth]).map(|_| rng.by_weight(&kinds)).collect();
        let sizes: Vec<f64> = drawn.iter().map(|kind| rng.lognormal(KINDS[*kind].3, 0.6)).collect();
        let workers = areas::share_out((street.residents as f64 * AT_WORK) as u64, &sizes);
        for (at, kind) in drawn.into_iter().enumerate() {
            let (kind, word, _, _) = KINDS[kind];
            places.work_sites.push(WorkSite {
                id: format!("site-{}", first + at + 1),
                name: format!("{}{word}{}号", short(&street.name), at + 1),
                street: nth,
                kind,
                workers: workers[at] as u32,
                point: areas::inside(&street.ring, rng),
                canteen: matches!(kind, WorkSiteKind::Factory | WorkSiteKind::Construction | WorkSiteKind::Care)
                    || (kind == WorkSiteKind::Office && rng.chance(0.3)),
            });
        }
        street.work_sites = first..places.work_sites.len();
    }
}

fn markets(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let weights: Vec<f64> = places.streets.iter().map(|street| street.residents as f64).collect();
    let shares = areas::share_out(u64::from(counts.markets), &weights);
    for (nth, street) in places.streets.iter_mut().enumerate() {
        for at in 0..shares[nth] {
            street.market.get_or_insert(places.markets.len());
            places.markets.push(Market {
                id: format!("market-{}", places.markets.len() + 1),
                name: format!("{}{}菜市场", short(&street.name), if at == 0 { "" } else { "新" }),
                street: nth,
                point: areas::inside(&street.ring, rng),
            });
        }
    }
}

/// Ambulance stations: each next one goes to the street that is farthest from those before, weighted by residents.
fn stations(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let mut chosen: Vec<usize> = Vec::new();
    let mut nearest = vec![f64::MAX; places.streets.len()];
    for _ in 0..counts.ambulance_stations {
        let need = |nth: usize| {
            let people = places.streets[nth].residents as f64;
            nearest[nth].min(60.0) * people.sqrt()
        };
        let Some(next) = (0..places.streets.len()).max_by(|a, b| need(*a).total_cmp(&need(*b))) else { break };
        chosen.push(next);
        for (nth, street) in places.streets.iter().enumerate() {
            let away = distance_km(street.point, places.streets[next].point) + 0.5;
            nearest[nth] = nearest[nth].min(away);
        }
    }
    let vehicles =
        areas::share_out(u64::from(counts.vehicles.max(counts.ambulance_stations)), &vec![1.0; chosen.len()]);
    for (nth, street) in chosen.into_iter().enumerate() {
        let place = &places.streets[street];
        places.stations.push(AmbulanceStation {
            id: format!("loc-station-{}", nth + 1),
            name: format!("{}急救分站", short(&place.name)),
            street,
            point: areas::inside(&place.ring, rng),
            vehicles: vehicles[nth] as u32,
        });
    }
}
