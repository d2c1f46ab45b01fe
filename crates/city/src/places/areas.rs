//! Districts, streets and neighbourhoods: names, codes, ground and how many people live there.

use super::counts::Counts;
use super::map::{self, Km};
use super::model::{District, Neighbourhood, Places, Section, StreetPlace};
use crate::rng::{Rng, stream};
use crate::settings::Settings;

pub struct DistrictRow {
    pub name: &'static str,
    pub english: &'static str,
    /// Residents of the Shanghai district it is modelled on (第七次全国人口普查, 2020).
    pub census: u32,
    /// Streets and towns of that district.
    pub streets: u32,
    /// Kilometres east and north of the middle, and how far its lines are pushed out (km²).
    seed: Km,
    weight: f64,
    /// Inner districts have subdistricts, outer ones mostly towns.
    pub inner: bool,
}

const fn row(
    name: &'static str,
    english: &'static str,
    census: u32,
    streets: u32,
    seed: Km,
    weight: f64,
    inner: bool,
) -> DistrictRow {
    DistrictRow { name, english, census, streets, seed, weight, inner }
}

pub const DISTRICTS: [DistrictRow; 16] = [
    row("河东区", "Hedong", 662_030, 10, (0.5, 0.5), 0.0, true),
    row("河西区", "Hexi", 1_113_078, 13, (-4.5, -6.5), 0.0, true),
    row("山北县", "Shanbei", 637_921, 18, (12.0, 33.0), 60.0, false),
    row("文昌区", "Wenchang", 693_051, 10, (-7.5, -0.5), 0.0, true),
    row("钟楼区", "Zhonglou", 975_707, 14, (-2.5, 6.0), 0.0, true),
    row("临川区", "Linchuan", 1_239_800, 10, (-9.0, 6.5), 0.0, true),
    row("虹桥区", "Hongqiao", 757_498, 8, (4.0, 6.5), 0.0, true),
    row("东望区", "Dongwang", 1_242_548, 12, (9.0, 10.0), 0.0, true),
    row("南岗区", "Nangang", 2_653_489, 14, (-9.0, -17.0), 40.0, false),
    row("宝塔区", "Baota", 2_235_218, 12, (-3.0, 20.0), 30.0, false),
    row("嘉禾区", "Jiahe", 1_834_258, 12, (-22.0, 17.0), 40.0, false),
    row("江东新区", "Jiangdong", 5_681_512, 36, (22.0, -5.0), 260.0, false),
    row("金湾区", "Jinwan", 822_776, 10, (-24.0, -31.0), 60.0, false),
    row("松林区", "Songlin", 1_909_713, 17, (-25.0, -12.0), 60.0, false),
    row("青湖区", "Qinghu", 1_271_424, 11, (-36.0, 2.0), 60.0, false),
    row("奉安区", "Feng'an", 1_140_872, 9, (5.0, -31.0), 60.0, false),
];

/// Characters of place names; two make a name, and no name is used twice.
const FIRST: [&str; 24] = [
    "文", "滨", "柳", "青", "长", "永", "安", "和", "福", "金", "玉", "明", "华", "清", "新", "龙", "凤", "石", "云",
    "桃", "梅", "竹", "松", "荷",
];
const SECOND: [&str; 24] = [
    "昌", "河", "溪", "桥", "塘", "泾", "浦", "山", "岭", "湾", "港", "庄", "坊", "亭", "园", "林", "泉", "川", "洲",
    "渡", "台", "阳", "平", "屏",
];

const ROADS: [&str; 24] = [
    "解放", "人民", "建设", "文昌", "和平", "新华", "学院", "滨河", "中山", "朝阳", "光明", "东风", "育才", "长宁",
    "复兴", "延河", "沿江", "振兴", "环城", "丰收", "体育", "科技", "迎宾", "翠竹",
];
const ROAD_KINDS: [&str; 3] = ["路", "街", "弄"];
const ESTATES: [&str; 20] = [
    "新村", "花园", "苑", "家园", "公寓", "里", "雅苑", "小区", "新苑", "名邸", "佳园", "豪庭", "水岸", "华庭", "景苑",
    "坊", "嘉园", "丽都", "人家", "广场",
];

/// Residents of a neighbourhood committee, about (Shanghai 2020: 6,077 committees for 24.87 million).
const RESIDENTS_PER_NEIGHBOURHOOD: u64 = 4000;
/// Residents of a block: what one call makes.
pub const BLOCK: u64 = 250;
/// Residents of a section: what is held in memory together.
pub const SECTION: u64 = 30_000;
/// How much streets of a district differ in size (deviation of the logarithm).
const STREET_SPREAD: f64 = 0.35;

/// Draws districts and streets with their residents.
pub fn build(settings: &Settings, counts: &Counts, places: &mut Places) {
    let outline = map::outline();
    let seeds: Vec<Km> = DISTRICTS.iter().map(|row| row.seed).collect();
    let weights: Vec<f64> = DISTRICTS.iter().map(|row| row.weight).collect();
    let grounds = map::cells(&outline, &seeds, &weights);
    let streets = streets_of_districts(counts.streets);
    let mut names = Rng::of(settings.seed, stream::PLACES, 1);
    let order = shuffled(FIRST.len() * SECOND.len(), &mut names);
    for (nth, row) in DISTRICTS.iter().enumerate() {
        let first = places.streets.len();
        let mut rng = Rng::of(settings.seed, stream::PLACES, 100 + nth as u64);
        let points = map::spread(&grounds[nth], streets[nth] as usize, &mut rng);
        let cells = map::cells(&grounds[nth], &points, &vec![0.0; points.len()]);
        let code = format!("3399{:02}", nth + 1);
        for (at, (point, cell)) in points.iter().zip(&cells).enumerate() {
            let street = street(row, nth, &code, at, places.streets.len(), &order, (*point, cell));
            places.streets.push(street);
        }
        places.districts.push(District {
            code,
            name: row.name,
            english: row.english,
            point: map::degrees(map::middle(&grounds[nth])),
            ring: grounds[nth].iter().map(|km| map::degrees(*km)).collect(),
            streets: first..places.streets.len(),
            commission: 0,
            residents: 0,
        });
    }
    settle(settings, places);
    neighbourhoods(settings, places);
}

/// At least one street a district; the rest as in the model city.
fn streets_of_districts(streets: u32) -> Vec<u64> {
    let spare = u64::from(streets).saturating_sub(2 * DISTRICTS.len() as u64);
    if streets < 2 * DISTRICTS.len() as u32 {
        let extra = u64::from(streets) - DISTRICTS.len() as u64;
        return (0..DISTRICTS.len() as u64).map(|nth| 1 + u64::from(nth < extra)).collect();
    }
    let weights: Vec<f64> = DISTRICTS.iter().map(|row| f64::from(row.streets - 2)).collect();
    share_out(spare, &weights).iter().map(|share| share + 2).collect()
}

fn street(
    row: &DistrictRow,
    district: usize,
    code: &str,
    at: usize,
    number: usize,
    order: &[usize],
    (point, cell): (Km, &[Km]),
) -> StreetPlace {
    let pair = order[number % order.len()];
    let again = if number >= order.len() { "新" } else { "" };
    let kind = if row.inner || at.is_multiple_of(3) { "街道" } else { "镇" };
    StreetPlace {
        code: format!("{code}{:03}", at + 1),
        name: format!("{again}{}{}{kind}", FIRST[pair / SECOND.len()], SECOND[pair % SECOND.len()]),
        district,
        point: map::degrees(point),
        ring: cell.iter().map(|km| map::degrees(*km)).collect(),
        residents: 0,
        sections: 0..0,
        blocks: 0..0,
        neighbourhoods: Vec::new(),
        roads: Vec::new(),
        centre: 0,
        second_centre: None,
        school: 0,
        work_sites: 0..0,
        market: None,
    }
}

/// How many live where: a district has its share of the census, its streets long-tailed shares of it; every street has
/// at least one resident, and all together are as many as asked for.
fn settle(settings: &Settings, places: &mut Places) {
    let mut rng = Rng::of(settings.seed, stream::PLACES, 2);
    let mut weights = Vec::with_capacity(places.streets.len());
    for (row, district) in DISTRICTS.iter().zip(&places.districts) {
        let drawn: Vec<f64> = district.streets.clone().map(|_| rng.lognormal(1.0, STREET_SPREAD)).collect();
        let whole: f64 = drawn.iter().sum();
        weights.extend(drawn.iter().map(|weight| weight / whole * f64::from(row.census)));
    }
    let spare = settings.residents - places.streets.len() as u64;
    let mut first_person = 1;
    for (nth, residents) in share_out(spare, &weights).into_iter().enumerate() {
        let residents = residents + 1;
        let (first_section, first_block) = (places.sections.len(), places.blocks.len());
        let count = residents.div_ceil(SECTION) as usize;
        for residents in share_out(residents, &vec![1.0; count]) {
            let blocks = residents.div_ceil(BLOCK).max(1) as usize;
            let section = places.sections.len() as u32;
            let range = places.blocks.len()..places.blocks.len() + blocks;
            places.sections.push(Section { street: nth, residents, first_person, blocks: range });
            places.blocks.extend((0..blocks as u32).map(|block| (section, block)));
            first_person += residents;
        }
        let street = &mut places.streets[nth];
        street.residents = residents;
        street.sections = first_section..places.sections.len();
        street.blocks = first_block..places.blocks.len();
    }
    for district in &mut places.districts {
        district.residents = places.streets[district.streets.clone()].iter().map(|street| street.residents).sum();
    }
}

fn neighbourhoods(settings: &Settings, places: &mut Places) {
    for (nth, street) in places.streets.iter_mut().enumerate() {
        let mut rng = Rng::of(settings.seed, stream::PLACES, 1000 + nth as u64);
        let count = (street.residents / RESIDENTS_PER_NEIGHBOURHOOD).clamp(3, 99);
        let roads = shuffled(ROADS.len(), &mut rng);
        let road = |road: &usize| format!("{}{}", ROADS[*road], ROAD_KINDS[(road + nth) % ROAD_KINDS.len()]);
        street.roads = roads[..8].iter().map(road).collect();
        let names = shuffled(FIRST.len() * ESTATES.len(), &mut rng);
        for at in 0..count {
            let name = names[at as usize % names.len()];
            let word = if street.name.ends_with('镇') && at % 3 == 2 { "村委会" } else { "居委会" };
            let point = inside(&street.ring, &mut rng);
            street.neighbourhoods.push(Neighbourhood {
                code: format!("{}{:03}", street.code, at + 1),
                name: format!("{}{}{word}", FIRST[name / ESTATES.len()], ESTATES[name % ESTATES.len()]),
                point,
            });
        }
    }
}

/// A point of a ring in degrees.
pub fn inside(ring: &[super::Point], rng: &mut Rng) -> super::Point {
    map::inside(ring, rng)
}

/// Whole numbers in the ratio of the weights that are `whole` together (largest remainder).
pub fn share_out(whole: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return weights.iter().enumerate().map(|(nth, _)| if nth == 0 { whole } else { 0 }).collect();
    }
    let exact: Vec<f64> = weights.iter().map(|weight| whole as f64 * weight / sum).collect();
    let mut shares: Vec<u64> = exact.iter().map(|share| share.floor() as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let left = whole - shares.iter().sum::<u64>().min(whole);
    for nth in order.into_iter().take(left as usize) {
        shares[nth] += 1;
    }
    shares
}

fn shuffled(count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for nth in (1..count).rev() {
        order.swap(nth, rng.below(nth as u64 + 1) as usize);
    }
    order
}
