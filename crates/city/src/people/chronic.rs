//! Long illnesses: who gets which at what age. The shares follow the named sources in their totals and their course by
//! age; none is a copied table, and `docs/city.md` says which figure is sure.

use crate::day::Day;
use crate::model::{Chronic, Disease, Sex};
use crate::rng::Rng;
use Disease as D;

/// How many of 100 have been diagnosed by the ages of `AGES`, for men and women; how strongly it goes with a frail
/// metabolism; its source.
pub struct Prevalence {
    pub disease: Disease,
    pub men: [f64; 8],
    pub women: [f64; 8],
    pub shared: f64,
    pub source: &'static str,
}

pub const AGES: [f64; 8] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0];

const fn row(disease: Disease, shared: f64, men: [f64; 8], women: [f64; 8], source: &'static str) -> Prevalence {
    Prevalence { disease, men, women, shared, source }
}

const NHSS: &str = "国家第六次卫生服务统计调查 2018, 慢性病患病率 (医生诊断)";
const NUTRITION: &str = "中国居民营养与慢性病状况报告 2020";
const CANCER: &str = "2022 年中国恶性肿瘤流行情况分析, 年龄别发病率累积";

/// Diagnosed, not merely present: about half of those with high blood pressure know it.
pub const ALL: [Prevalence; 32] = [
    row(
        D::Hypertension,
        0.7,
        [0.0, 0.3, 3.0, 11.0, 23.0, 38.0, 51.0, 58.0],
        [0.0, 0.2, 1.2, 6.0, 18.0, 36.0, 53.0, 62.0],
        NHSS,
    ),
    row(
        D::Diabetes,
        0.7,
        [0.05, 0.2, 1.0, 4.0, 9.5, 15.0, 20.0, 21.0],
        [0.05, 0.2, 0.7, 2.4, 6.5, 13.5, 20.0, 22.0],
        NHSS,
    ),
    row(
        D::Lipids,
        0.7,
        [0.0, 0.3, 2.5, 7.0, 11.0, 15.0, 18.0, 18.5],
        [0.0, 0.2, 1.0, 3.5, 9.0, 17.0, 21.0, 21.5],
        NUTRITION,
    ),
    row(
        D::CoronaryHeart,
        0.6,
        [0.0, 0.02, 0.2, 1.0, 3.5, 9.0, 17.0, 26.0],
        [0.0, 0.02, 0.1, 0.5, 2.2, 7.0, 16.0, 26.0],
        NHSS,
    ),
    row(
        D::AtrialFibrillation,
        0.4,
        [0.0, 0.02, 0.1, 0.3, 0.8, 1.8, 3.8, 6.8],
        [0.0, 0.02, 0.1, 0.2, 0.6, 1.5, 3.4, 6.5],
        "中国心血管健康与疾病报告 2022, 房颤患病率",
    ),
    row(
        D::HeartFailure,
        0.6,
        [0.0, 0.0, 0.05, 0.2, 0.6, 1.5, 3.2, 5.5],
        [0.0, 0.0, 0.05, 0.2, 0.5, 1.3, 3.0, 5.5],
        "中国心血管健康与疾病报告 2022, 心衰患病率",
    ),
    row(
        D::Stroke,
        0.6,
        [0.0, 0.02, 0.1, 0.6, 2.2, 5.5, 9.5, 12.5],
        [0.0, 0.02, 0.1, 0.4, 1.5, 4.2, 8.0, 11.0],
        "中国脑卒中防治报告 2021, 40 岁及以上患病率",
    ),
    row(
        D::Copd,
        0.2,
        [0.0, 0.05, 0.3, 1.0, 3.0, 7.0, 11.0, 14.0],
        [0.0, 0.05, 0.2, 0.5, 1.2, 3.0, 5.0, 6.5],
        "China Pulmonary Health 2018 (诊断率折算)",
    ),
    row(
        D::Asthma,
        0.1,
        [2.2, 2.8, 3.0, 3.3, 3.6, 4.0, 4.6, 5.0],
        [1.6, 2.2, 2.6, 3.0, 3.4, 3.9, 4.4, 4.8],
        "China Pulmonary Health 2019, 哮喘",
    ),
    row(
        D::ChronicKidney,
        0.6,
        [0.05, 0.2, 0.5, 1.2, 2.5, 4.5, 7.5, 10.5],
        [0.05, 0.2, 0.6, 1.3, 2.5, 4.2, 7.0, 10.0],
        "中国慢性肾脏病流行病学调查 2023 (诊断率折算)",
    ),
    row(
        D::HepatitisB,
        0.0,
        [0.2, 0.8, 3.0, 4.6, 5.2, 5.4, 5.4, 5.4],
        [0.2, 0.6, 2.2, 3.4, 4.0, 4.2, 4.2, 4.2],
        "全国乙肝血清流行病学调查 2020",
    ),
    row(
        D::FattyLiver,
        0.7,
        [0.3, 1.5, 7.0, 12.0, 15.0, 16.0, 16.5, 16.5],
        [0.1, 0.5, 2.0, 4.5, 8.5, 12.0, 13.0, 13.0],
        "中国脂肪肝患病率荟萃分析 2019 (诊断率折算)",
    ),
    row(
        D::ChronicGastritis,
        0.1,
        [0.5, 2.0, 6.0, 10.0, 14.0, 17.0, 19.0, 20.0],
        [0.5, 2.5, 7.0, 11.5, 16.0, 19.0, 21.0, 22.0],
        NHSS,
    ),
    row(
        D::Gout,
        0.6,
        [0.0, 0.3, 1.5, 2.8, 3.8, 4.6, 5.2, 5.6],
        [0.0, 0.02, 0.1, 0.2, 0.5, 1.2, 1.9, 2.4],
        "中国高尿酸血症与痛风诊疗指南 2019",
    ),
    row(
        D::Thyroid,
        0.1,
        [0.1, 0.3, 0.8, 1.5, 2.2, 2.8, 3.3, 3.6],
        [0.3, 1.2, 3.5, 6.0, 8.0, 9.5, 10.5, 11.0],
        "TIDE 2020, 甲状腺疾病 (诊断率折算)",
    ),
    row(
        D::Osteoporosis,
        0.1,
        [0.0, 0.0, 0.0, 0.2, 0.8, 2.0, 4.5, 8.0],
        [0.0, 0.0, 0.1, 0.4, 3.0, 11.0, 22.0, 30.0],
        "中国骨质疏松症流行病学调查 2018 (诊断率折算)",
    ),
    row(
        D::KneeArthrosis,
        0.3,
        [0.0, 0.1, 0.5, 1.5, 4.0, 7.5, 10.5, 12.0],
        [0.0, 0.1, 0.6, 2.0, 7.0, 14.0, 18.0, 20.0],
        "CHARLS 2015, 症状性膝骨关节炎",
    ),
    row(
        D::Rhinitis,
        0.0,
        [7.0, 10.0, 12.5, 14.0, 15.0, 15.5, 15.8, 16.0],
        [6.0, 9.5, 12.5, 14.5, 15.5, 16.0, 16.3, 16.5],
        "中国成人变应性鼻炎 2016 (诊断率折算)",
    ),
    row(
        D::Depression,
        0.1,
        [0.1, 0.9, 1.6, 2.0, 2.4, 2.8, 3.2, 3.5],
        [0.1, 1.4, 2.6, 3.4, 4.0, 4.6, 5.2, 5.6],
        "中国精神卫生调查 2019",
    ),
    row(
        D::Schizophrenia,
        0.0,
        [0.0, 0.25, 0.5, 0.6, 0.65, 0.68, 0.7, 0.7],
        [0.0, 0.2, 0.45, 0.6, 0.65, 0.68, 0.7, 0.7],
        "中国精神卫生调查 2019",
    ),
    row(
        D::Dementia,
        0.3,
        [0.0, 0.0, 0.0, 0.0, 0.1, 0.7, 2.8, 10.0],
        [0.0, 0.0, 0.0, 0.0, 0.1, 0.9, 3.6, 13.0],
        "中国痴呆患病率 Lancet Public Health 2020 (诊断率折算)",
    ),
    row(
        D::Parkinson,
        0.0,
        [0.0, 0.0, 0.0, 0.02, 0.1, 0.4, 1.1, 1.9],
        [0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 0.9, 1.6],
        "中国帕金森病报告 2020",
    ),
    row(
        D::Cataract,
        0.2,
        [0.1, 0.1, 0.2, 0.5, 2.0, 8.0, 22.0, 42.0],
        [0.1, 0.1, 0.2, 0.5, 2.2, 9.5, 26.0, 48.0],
        "中国九省眼病调查 2014 (诊断率折算)",
    ),
    row(
        D::LungCancer,
        0.0,
        [0.0, 0.0, 0.02, 0.1, 0.4, 1.3, 2.8, 4.2],
        [0.0, 0.0, 0.03, 0.15, 0.5, 1.1, 1.9, 2.6],
        CANCER,
    ),
    row(D::BreastCancer, 0.0, [0.0; 8], [0.0, 0.01, 0.1, 0.6, 1.9, 3.3, 4.4, 5.2], CANCER),
    row(
        D::ColorectalCancer,
        0.1,
        [0.0, 0.0, 0.02, 0.1, 0.4, 1.1, 2.3, 3.6],
        [0.0, 0.0, 0.02, 0.1, 0.3, 0.8, 1.6, 2.6],
        CANCER,
    ),
    row(
        D::StomachCancer,
        0.0,
        [0.0, 0.0, 0.01, 0.05, 0.2, 0.8, 1.8, 2.8],
        [0.0, 0.0, 0.01, 0.05, 0.15, 0.4, 0.8, 1.3],
        CANCER,
    ),
    row(
        D::LiverCancer,
        0.1,
        [0.0, 0.0, 0.02, 0.1, 0.4, 0.9, 1.5, 2.0],
        [0.0, 0.0, 0.0, 0.02, 0.08, 0.25, 0.5, 0.9],
        CANCER,
    ),
    row(
        D::ThyroidCancer,
        0.0,
        [0.0, 0.02, 0.15, 0.3, 0.4, 0.5, 0.55, 0.6],
        [0.0, 0.06, 0.5, 1.0, 1.5, 1.8, 2.0, 2.0],
        CANCER,
    ),
    row(D::ProstateCancer, 0.0, [0.0, 0.0, 0.0, 0.0, 0.02, 0.3, 1.3, 2.8], [0.0; 8], CANCER),
    row(
        D::ProstateHyperplasia,
        0.1,
        [0.0, 0.0, 0.0, 0.5, 5.0, 18.0, 34.0, 46.0],
        [0.0; 8],
        "中国良性前列腺增生荟萃分析 2019 (诊断率折算)",
    ),
    row(
        D::Anaemia,
        0.0,
        [2.0, 2.3, 2.5, 2.8, 3.1, 3.8, 5.5, 9.0],
        [2.5, 5.0, 8.0, 10.0, 11.0, 11.5, 12.5, 14.5],
        NUTRITION,
    ),
];

/// The long illnesses of a life, also those to come before `until`: each has its own draw, so that the past of a person
/// does not depend on how far one looks ahead.
pub fn draw(sex: Sex, born: Day, until: Day, rng: &mut Rng) -> Vec<Chronic> {
    let frailty = rng.normal();
    let mut found = Vec::new();
    for row in &ALL {
        let own = rng.normal();
        let severity = rng.unit();
        let day_of_year = rng.unit();
        let rank = upper_share(row.shared * frailty + (1.0 - row.shared * row.shared).sqrt() * own) * 100.0;
        let shares = if sex == Sex::Male { &row.men } else { &row.women };
        let Some(age) = age_at(shares, rank) else { continue };
        let onset = born + ((age + day_of_year / 2.0) * 365.25) as Day;
        if onset < until {
            let severity = match severity {
                ..0.6 => 1,
                ..0.9 => 2,
                _ => 3,
            };
            found.push(Chronic { disease: row.disease, onset, severity });
        }
    }
    // What comes later stands later, so that a longer look ahead only adds.
    found.sort_by_key(|chronic| chronic.onset);
    found
}

/// The age at which so many of 100 are ill; none if that never comes.
fn age_at(shares: &[f64; 8], rank: f64) -> Option<f64> {
    let mut before = (1.0, 0.0);
    for (age, share) in AGES.iter().zip(shares) {
        if *share >= rank {
            let along = if share > &before.1 { (rank - before.1) / (share - before.1) } else { 0.0 };
            return Some(before.0 + (age - before.0) * along.max(0.0));
        }
        before = (*age, *share);
    }
    // Beyond the last age it grows half as fast.
    let slope = (shares[7] - shares[6]) / 10.0 / 2.0;
    let beyond = (rank - shares[7]) / slope.max(1e-9);
    (beyond < 25.0).then_some(AGES[7] + beyond)
}

/// Share of a standard normal above `z` (Abramowitz and Stegun 26.2.17; error below 1e-7).
fn upper_share(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly =
        t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-z * z / 2.0).exp() / (std::f64::consts::TAU).sqrt() * poly;
    if z >= 0.0 { tail } else { 1.0 - tail }
}
