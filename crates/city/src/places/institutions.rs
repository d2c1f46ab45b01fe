//! The institutions: which there are, where they stand, what they are like.

use super::areas::{self, share_out};
use super::codes;
use super::counts::Counts;
use super::departments;
use super::map::distance_km;
use super::model::{
    CodeStyle, Delay, Department, Institution, InstitutionKind, Level, Mark, Places, Quality, Specialty,
};
use crate::rng::{Rng, stream};
use crate::settings::Settings;
use InstitutionKind as K;

/// The next municipal hospitals beyond the numbers they begin with, in this order again and again.
const MUNICIPAL: [(K, &str); 20] = [
    (K::GeneralHospital, "第一人民医院"),
    (K::GeneralHospital, "第二人民医院"),
    (K::TcmHospital, "中医医院"),
    (K::WomenChildrenHospital, "妇女儿童医院"),
    (K::GeneralHospital, "第三人民医院"),
    (K::SpecialtyHospital, "公共卫生临床中心"),
    (K::SpecialtyHospital, "肿瘤医院"),
    (K::GeneralHospital, "第四人民医院"),
    (K::SpecialtyHospital, "精神卫生中心"),
    (K::WomenChildrenHospital, "儿童医院"),
    (K::GeneralHospital, "第五人民医院"),
    (K::SpecialtyHospital, "胸科医院"),
    (K::TcmHospital, "中西医结合医院"),
    (K::GeneralHospital, "第六人民医院"),
    (K::SpecialtyHospital, "眼病防治中心"),
    (K::SpecialtyHospital, "口腔医院"),
    (K::GeneralHospital, "第七人民医院"),
    (K::SpecialtyHospital, "皮肤病医院"),
    (K::SpecialtyHospital, "康复医院"),
    (K::GeneralHospital, "第八人民医院"),
];
const NUMERALS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// Kinds of district hospitals in the order in which a district gets them.
const OF_DISTRICT: [(K, &str); 4] = [
    (K::GeneralHospital, "中心医院"),
    (K::TcmHospital, "中医医院"),
    (K::WomenChildrenHospital, "妇幼保健院"),
    (K::GeneralHospital, "人民医院"),
];

/// Draws all institutions into `places`.
pub fn build(settings: &Settings, counts: &Counts, places: &mut Places) {
    let mut rng = Rng::of(settings.seed, stream::PLACES, 3);
    commissions(places, &mut rng);
    hospitals(counts, places, &mut rng);
    centres(counts, places, &mut rng);
    public_health(counts, places, &mut rng);
    pharmacies(counts, places, &mut rng);
    services(counts, places);
    staff(counts, places);
}

/// An institution without departments yet, at a place of the street.
fn institution(
    places: &Places,
    (key, kind, level): (String, InstitutionKind, Level),
    name: String,
    street: usize,
    rng: &mut Rng,
) -> Institution {
    let place = &places.streets[street];
    let number = places.institutions.len() as u32 + 1;
    let registration = if kind == K::Pharmacy { "91" } else { "12" };
    let district = &places.districts[place.district];
    let region = &district.code;
    let (median, late) = match level {
        Level::Tertiary => (rng.lognormal(6.0, 0.5), rng.unit() * 0.02),
        Level::Secondary => (rng.lognormal(20.0, 0.6), rng.unit() * 0.05),
        _ => (rng.lognormal(60.0, 0.7), rng.unit() * 0.1),
    };
    let assessed = match level {
        Level::Tertiary => rng.chance(0.97),
        Level::Secondary => rng.chance(0.85),
        _ => rng.chance(0.5),
    };
    let mark = match level {
        _ if !assessed => Mark::None,
        Level::Tertiary => Mark::National,
        _ => Mark::City,
    };
    Institution {
        id: format!("org-{key}"),
        name,
        kind,
        level,
        municipal: false,
        district: place.district,
        street,
        point: areas::inside(&place.ring, rng),
        code: codes::credit_code(registration, region, 10_000 + number * 37),
        departments: Vec::new(),
        campuses: 1,
        fever_clinic: false,
        emergency: false,
        weight: 1.0,
        delay: Delay { median_minutes: median, late },
        codes: CodeStyle { set: rng.below(4) as u8, unmapped: rng.unit() * rng.unit() * 0.2 },
        quality: Quality { assessed, mark },
        messages_a_day: 0,
        parent: None,
        key,
    }
}

fn commissions(places: &mut Places, rng: &mut Rng) {
    let first = places.districts[0].streets.start;
    let mut city =
        institution(places, ("wjw".into(), K::Commission, Level::None), "平川市卫生健康委员会".into(), first, rng);
    city.municipal = true;
    places.institutions.push(city);
    for nth in 0..places.districts.len() {
        let district = &places.districts[nth];
        let name = format!("平川市{}卫生健康委员会", district.name);
        let street = district.streets.start;
        let key = format!("wjw{}", nth + 1);
        let mut one = institution(places, (key, K::Commission, Level::None), name, street, rng);
        one.parent = Some(0);
        places.districts[nth].commission = places.institutions.len();
        places.institutions.push(one);
    }
}

fn hospitals(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    // Municipal hospitals stand in the inner districts first, two of three there.
    let inner: Vec<usize> = (0..areas::DISTRICTS.len()).filter(|nth| areas::DISTRICTS[*nth].inner).collect();
    let outer: Vec<usize> = (0..areas::DISTRICTS.len()).filter(|nth| !areas::DISTRICTS[*nth].inner).collect();
    for nth in 0..counts.municipal_hospitals as usize {
        let (kind, name) = MUNICIPAL[nth % MUNICIPAL.len()];
        let district = if nth % 3 == 2 { outer[nth / 3 % outer.len()] } else { inner[nth % inner.len()] };
        let round = nth / MUNICIPAL.len();
        let name = match round {
            0 => format!("平川市{name}"),
            _ => format!("平川大学附属{}{name}", NUMERALS[round.min(9)]).replace("附属一", "附属"),
        };
        let street = street_of(places, district, rng);
        let mut one = institution(places, (format!("h{}", nth + 1), kind, Level::Tertiary), name, street, rng);
        one.municipal = true;
        one.parent = Some(0);
        one.weight = rng.lognormal(if kind == K::GeneralHospital { 4.0 } else { 2.2 }, 0.35);
        // The first of them is the city's largest.
        one.weight *= if nth == 0 { 2.0 } else { 1.0 };
        one.campuses = if kind == K::GeneralHospital && nth % 3 == 0 { 2 } else { 1 };
        places.institutions.push(one);
    }
    // Districts without a municipal hospital come first, the others after them.
    let mut order: Vec<usize> = (0..places.districts.len()).collect();
    order.sort_by_key(|nth| places.institutions.iter().filter(|one| one.is_hospital() && one.district == *nth).count());
    for nth in 0..(counts.hospitals - counts.municipal_hospitals) as usize {
        let district = order[nth % order.len()];
        let round = nth / order.len();
        let (kind, name) = OF_DISTRICT[round % OF_DISTRICT.len()];
        let again = round / OF_DISTRICT.len();
        let prefix = if again > 0 { format!("第{}", NUMERALS[(again + 1).min(9)]) } else { String::new() };
        let name = format!("平川市{}{prefix}{name}", places.districts[district].name);
        let street = street_of(places, district, rng);
        let key = format!("h{}", counts.municipal_hospitals as usize + nth + 1);
        let mut one = institution(places, (key, kind, Level::Secondary), name, street, rng);
        one.parent = Some(places.districts[district].commission);
        one.weight = rng.lognormal(if kind == K::GeneralHospital { 1.6 } else { 0.8 }, 0.3);
        places.institutions.push(one);
    }
}

/// A street of a district, one with many residents rather than few.
fn street_of(places: &Places, district: usize, rng: &mut Rng) -> usize {
    let range = places.districts[district].streets.clone();
    let weights: Vec<f64> = range.clone().map(|nth| places.streets[nth].residents as f64).collect();
    range.start + rng.by_weight(&weights)
}

/// Community centres: one a district at least, then by residents; a street has up to two.
fn centres(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let spare = u64::from(counts.community_centres) - places.districts.len() as u64;
    let weights: Vec<f64> = places.districts.iter().map(|district| district.streets.len() as f64 - 0.9).collect();
    let mut shares: Vec<u64> = share_out(spare, &weights).iter().map(|share| share + 1).collect();
    for (share, district) in shares.iter_mut().zip(&places.districts) {
        *share = (*share).min(2 * district.streets.len() as u64);
    }
    for (district, share) in shares.into_iter().enumerate() {
        let mut streets: Vec<usize> = places.districts[district].streets.clone().collect();
        streets.sort_by_key(|nth| (std::cmp::Reverse(places.streets[*nth].residents), *nth));
        let mut made: Vec<usize> = Vec::new();
        for nth in 0..share as usize {
            let street = streets[nth % streets.len()];
            let second = nth >= streets.len();
            let word = if second { "第二" } else { "" };
            let name = format!("平川市{}{word}社区卫生服务中心", places.streets[street].name);
            let key = format!("c{}", count_of(places, K::CommunityCentre) + 1);
            let mut one = institution(places, (key, K::CommunityCentre, Level::Primary), name, street, rng);
            one.parent = Some(places.districts[district].commission);
            let at = places.institutions.len();
            if second {
                places.streets[street].second_centre = Some(at);
            } else {
                places.streets[street].centre = at;
                made.push(street);
            }
            places.institutions.push(one);
        }
        // A street without a centre goes to the nearest one of its district.
        for street in streets.iter().filter(|street| !made.contains(street)) {
            let here = places.streets[*street].point;
            let near = made.iter().min_by(|a, b| {
                let away = |nth: usize| distance_km(here, places.streets[nth].point);
                away(**a).total_cmp(&away(**b))
            });
            if let Some(near) = near {
                places.streets[*street].centre = places.streets[*near].centre;
            }
        }
    }
}

fn count_of(places: &Places, kind: InstitutionKind) -> usize {
    places.institutions.iter().filter(|one| one.kind == kind).count()
}

fn public_health(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    let mut city = |key: &str, kind: InstitutionKind, name: &str, places: &mut Places| {
        let street = street_of(places, 0, rng);
        let mut one = institution(places, (key.into(), kind, Level::None), name.into(), street, rng);
        one.municipal = true;
        one.parent = Some(0);
        places.institutions.push(one);
    };
    city("cdc", K::Cdc, "平川市疾病预防控制中心", places);
    city("amb", K::AmbulanceCentre, "平川市医疗急救中心", places);
    city("blood", K::BloodCentre, "平川市血液中心", places);
    city("lab", K::Laboratory, "平川市临床检验中心", places);
    city("mch", K::MaternalChildStation, "平川市妇幼保健中心", places);
    for nth in 1..counts.laboratories {
        let street = rng.below(places.streets.len() as u64) as usize;
        let name = format!("平川{}医学检验实验室", ["康正", "博检", "安验", "华测", "明德"][nth as usize % 5]);
        let mut one = institution(places, (format!("lab{nth}"), K::Laboratory, Level::None), name, street, rng);
        one.parent = Some(0);
        places.institutions.push(one);
    }
    for nth in 0..places.districts.len() {
        let name = places.districts[nth].name;
        let with_stations = (nth as u32) + 1 < counts.stations_of_a_kind;
        let kinds = [
            ("cdc", K::Cdc, "疾病预防控制中心", true),
            ("mch", K::MaternalChildStation, "妇幼保健所", with_stations),
            ("mh", K::MentalHealthCentre, "精神卫生中心", with_stations),
        ];
        for (key, kind, word, wanted) in kinds {
            if wanted {
                let street = street_of(places, nth, rng);
                let name = format!("平川市{name}{word}");
                let key = format!("{key}{}", nth + 1);
                let mut one = institution(places, (key, kind, Level::None), name, street, rng);
                one.parent = Some(places.districts[nth].commission);
                places.institutions.push(one);
            }
        }
    }
}

fn pharmacies(counts: &Counts, places: &mut Places, rng: &mut Rng) {
    const CHAINS: [&str; 8] = ["仁济堂", "康寿", "百草", "益民", "同春", "和泰", "国风", "老百信"];
    for nth in 0..counts.pharmacies {
        let district = nth as usize % places.districts.len();
        let street = street_of(places, district, rng);
        let name = format!("{}大药房{}店", rng.pick(&CHAINS), short(&places.streets[street].name));
        let mut one = institution(places, (format!("y{}", nth + 1), K::Pharmacy, Level::None), name, street, rng);
        one.parent = Some(places.districts[district].commission);
        places.institutions.push(one);
    }
}

/// `文昌` of `文昌街道`.
pub fn short(street: &str) -> &str {
    street.trim_end_matches("街道").trim_end_matches('镇')
}

/// Fever clinics and emergency departments: general hospitals first, the large ones before the small.
fn services(counts: &Counts, places: &mut Places) {
    let mut order: Vec<usize> =
        (0..places.institutions.len()).filter(|nth| places.institutions[*nth].is_hospital()).collect();
    let rank = |one: &Institution| match (one.kind, one.level) {
        (K::GeneralHospital, _) => 0,
        (K::SpecialtyHospital, _) if one.name.contains("公共卫生") => 1,
        (K::TcmHospital, _) => 2,
        (K::WomenChildrenHospital, _) => 3,
        _ => 4,
    };
    order.sort_by_key(|nth| (rank(&places.institutions[*nth]), *nth));
    for (nth, at) in order.into_iter().enumerate() {
        let one = &mut places.institutions[at];
        one.fever_clinic = nth < counts.fever_clinics as usize;
        one.emergency = one.kind != K::SpecialtyHospital;
    }
}

/// Departments with beds, doctors and nurses: the city's totals shared out by size, two doctors and two beds at least.
fn staff(counts: &Counts, places: &mut Places) {
    // Of all physicians, four of five work in hospitals and centres in this ratio (上海统计年鉴 2021, 表 21).
    let size = |one: &Institution| match one.kind {
        _ if one.is_hospital() => one.weight,
        K::CommunityCentre => 0.55,
        K::Cdc if one.municipal => 1.0,
        K::Commission | K::Pharmacy => 0.0,
        _ => 0.12,
    };
    let sizes: Vec<f64> = places.institutions.iter().map(size).collect();
    let whole: f64 = sizes.iter().sum();
    let wards: Vec<f64> = places
        .institutions
        .iter()
        .map(|one| match one.kind {
            _ if one.is_hospital() => one.weight,
            K::CommunityCentre => 0.15,
            K::MentalHealthCentre => 0.6,
            _ => 0.0,
        })
        .collect();
    let all_wards: f64 = wards.iter().sum();
    for (nth, one) in places.institutions.iter_mut().enumerate() {
        let share = sizes[nth] / whole;
        let beds = f64::from(counts.beds) * wards[nth] / all_wards;
        let rows: Vec<_> = departments::of(one.kind, one.level, &one.name)
            .into_iter()
            .filter(|row| row.specialty != Specialty::FeverClinic)
            .chain(departments::ALL.iter().filter(|row| one.fever_clinic && row.specialty == Specialty::FeverClinic))
            .collect();
        let all_doctors: f64 = rows.iter().map(|row| row.doctors).sum();
        let all_beds: f64 = rows.iter().map(|row| row.beds).sum();
        let with_wards = wards[nth] > 0.0;
        for row in rows {
            let doctors = (f64::from(counts.doctors) * share * row.doctors / all_doctors).round().max(2.0) as u32;
            let nurses = (f64::from(counts.nurses) * share * row.doctors / all_doctors).round() as u32;
            let ward = with_wards && row.beds > 0.0 && all_beds > 0.0;
            let beds = if ward { (beds * row.beds / all_beds).round().max(2.0) as u32 } else { 0 };
            let id = format!("{}-{}", one.id, row.code);
            one.departments.push(Department {
                ward: format!("loc-{}-{}", one.key, row.code),
                name: row.name.into(),
                specialty: row.specialty,
                code: row.code,
                beds,
                doctors: (1..=doctors).map(|doctor| format!("role-{}-{}-d{doctor}", one.key, row.code)).collect(),
                nurses: nurses.max(u32::from(beds > 0)),
                campus: if one.campuses > 1
                    && matches!(
                        row.specialty,
                        Specialty::Obstetrics
                            | Specialty::Paediatrics
                            | Specialty::Oncology
                            | Specialty::Rehabilitation
                    ) {
                    2
                } else {
                    1
                },
                id,
            });
        }
    }
}
