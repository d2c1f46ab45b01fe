//! How many places a city of a size has: a minimum for 20,000 residents, the full set from a million on, and in between
//! along the logarithm of the size.

use crate::settings::Settings;

pub const DISTRICTS: u32 = 16;
/// Six at any size: two general, one of traditional medicine, one for women and children, two of districts.
pub const HOSPITALS_MIN: u32 = 6;
pub const STREETS_MAX: u32 = 2000;

const SMALL: f64 = 20_000.0;
const FULL: f64 = 1_000_000.0;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub streets: u32,
    pub schools: u32,
    /// Municipal ones and those of districts.
    pub hospitals: u32,
    pub municipal_hospitals: u32,
    pub community_centres: u32,
    pub fever_clinics: u32,
    pub ambulance_stations: u32,
    pub vehicles: u32,
    /// Stations for mothers and children, and centres for mental health: of the city and of districts.
    pub stations_of_a_kind: u32,
    pub laboratories: u32,
    pub pharmacies: u32,
    pub markets: u32,
    pub work_sites: u32,
    pub beds: u32,
    pub doctors: u32,
    pub nurses: u32,
}

/// A number of places at 20,000 residents and from a million on, with its source.
pub struct Range {
    pub small: f64,
    pub full: f64,
    pub source: &'static str,
}

/// Shanghai 2020: 107 subdistricts, 106 towns, 2 townships and a farm area.
pub const STREETS: Range = Range { small: 32.0, full: 216.0, source: "上海市行政区划 2020" };
/// 145 fever clinics stand at hospitals of level 2 and 3; with 40 municipal ones that leaves 105 of districts.
pub const HOSPITALS: Range = Range { small: 6.0, full: 145.0, source: "上海市发热门诊名单 2022" };
pub const MUNICIPAL: Range = Range { small: 4.0, full: 40.0, source: "申康医院发展中心, 市级医院" };
pub const CENTRES: Range =
    Range { small: 16.0, full: 246.0, source: "上海市卫生健康委员会, 社区卫生服务中心 2020" };
pub const FEVER_CLINICS: Range = Range { small: 4.0, full: 145.0, source: "上海市发热门诊名单 2022" };
/// One of the city and, where it is large, one of each district.
pub const STATIONS_OF_A_KIND: Range =
    Range { small: 2.0, full: 17.0, source: "区妇幼保健所、区精神卫生中心: 每区一所" };
pub const AMBULANCE_STATIONS: Range =
    Range { small: 6.0, full: 175.0, source: "上海市院前医疗急救 2019-2020" };

/// Beds for 1,000 residents (Shanghai 2020: 161,200 beds).
const BEDS_PER_1000: f64 = 6.5;
/// Physicians and nurses for 1,000 residents (Minhang 2020: 3.03 and 3.76).
const DOCTORS_PER_1000: f64 = 3.03;
const NURSES_PER_1000: f64 = 3.76;
/// One ambulance for 30,000 residents (Shanghai 2020: 980 vehicles).
const RESIDENTS_PER_VEHICLE: f64 = 30_000.0;
/// Retail pharmacies: about 4,400 in Shanghai in 2020.
const RESIDENTS_PER_PHARMACY: f64 = 5600.0;
/// Wet markets: about 850 in Shanghai in 2020.
const RESIDENTS_PER_MARKET: f64 = 29_000.0;
/// People at work per site of the generator; a city has no more than 60 sites a street.
const RESIDENTS_PER_SITE: f64 = 150.0;
const SITES_PER_STREET_MAX: u32 = 60;

impl Range {
    pub fn at(&self, residents: u64) -> u32 {
        let along = ((residents as f64 / SMALL).ln() / (FULL / SMALL).ln()).clamp(0.0, 1.0);
        (self.small * (self.full / self.small).powf(along)).round() as u32
    }
}

impl Counts {
    pub fn of(settings: &Settings) -> Counts {
        let residents = settings.residents;
        let people = residents as f64;
        let given = &settings.places;
        let streets = given.streets.unwrap_or(STREETS.at(residents));
        let hospitals = given.hospitals.unwrap_or(HOSPITALS.at(residents));
        let usual_municipal = MUNICIPAL.at(residents);
        // Where the number of hospitals is given, municipal ones keep their share.
        let share = f64::from(hospitals) / f64::from(HOSPITALS.at(residents));
        let municipal = ((f64::from(usual_municipal) * share).round() as u32).clamp(4, hospitals.max(6) - 2);
        let per = |each: f64, least: u32| ((people / each).round() as u32).max(least);
        let sites = per(RESIDENTS_PER_SITE, 2 * streets).min(SITES_PER_STREET_MAX * streets);
        Counts {
            streets,
            schools: given.schools.unwrap_or(streets),
            hospitals,
            municipal_hospitals: municipal,
            community_centres: given
                .community_centres
                .unwrap_or(CENTRES.at(residents).clamp(DISTRICTS, 2 * streets.max(8))),
            fever_clinics: given.fever_clinics.unwrap_or(FEVER_CLINICS.at(residents).min(hospitals)),
            ambulance_stations: given.ambulance_stations.unwrap_or(AMBULANCE_STATIONS.at(residents)),
            vehicles: per(RESIDENTS_PER_VEHICLE, 1),
            stations_of_a_kind: STATIONS_OF_A_KIND.at(residents),
            laboratories: per(1_000_000.0, 1).min(15),
            pharmacies: given.pharmacies.unwrap_or(per(RESIDENTS_PER_PHARMACY, 8)),
            markets: given.markets.unwrap_or(per(RESIDENTS_PER_MARKET, streets / 2).min(4 * streets)),
            work_sites: given.work_sites.unwrap_or(sites),
            beds: (people * BEDS_PER_1000 / 1000.0).round() as u32,
            doctors: (people * DOCTORS_PER_1000 / 1000.0).round() as u32,
            nurses: (people * NURSES_PER_1000 / 1000.0).round() as u32,
        }
    }
}
