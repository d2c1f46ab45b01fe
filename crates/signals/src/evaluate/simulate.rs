//! Series whose truth is known.
//!
//! `Baseline`: counts are negative binomial with variance φ times the mean,
//! μ(t) = baseline · exp(season · sin(2π(t + phase)/year) + trend · t/year) · weekday(t), and outbreaks are laid over
//! them. An outbreak has a total of Poisson(size · √(φμ)) cases (at least one), or Poisson(size) where the size is given
//! in cases. In a point source every case falls ill a log-normal incubation after the exposure (Noufaily 2013 takes a
//! log-normal in weeks). A propagated one has generations that grow and then fall, with gamma times between them.
//! `Vignette`: the hidden chain of Höhle's R package `surveillance`: X stays 0 with p and 1 with r, and the count is
//! Poisson with mean exp(A sin(ω(t + φ)) + α + βt + K·X). The state is true from an outbreak's first case to its last.

use crate::numbers::draw;
use crate::settings::Range::{Number, OneOf, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use base::rng::Rng;
use std::f64::consts::TAU;

/// The stream of the draws of made series.
const STREAM: u32 = 9_000;
/// Cases that one outbreak may have.
const CASES_MAX: u64 = 100_000;
/// A day that made daily series begin on, a Monday.
const FIRST_DAY: i32 = 18_267;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Baseline,
    Vignette,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    PointSource,
    Propagated,
    /// One kind after the other, by the number of the outbreak.
    Mixed,
}

/// How series are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub kind: Kind,
    pub step: Step,
    pub points: usize,
    /// Mean count of a point in the middle of a season.
    pub baseline: f64,
    /// Amplitude of the logarithm.
    pub season: f64,
    /// Growth of the logarithm in a year.
    pub trend: f64,
    /// Variance over mean, from 1.
    pub dispersion: f64,
    /// Weekend against working days, for daily series.
    pub weekend: f64,
    pub outbreaks_a_year: f64,
    pub shape: Shape,
    pub size: f64,
    pub size_in_cases: bool,
    pub incubation_days: f64,
    pub incubation_spread: f64,
    pub generation_days: f64,
    pub growth: f64,
    pub generations: usize,
    /// p, r, A, α, β and K of the vignette.
    pub chain: [f64; 6],
    pub seed: u64,
}

const fn setting(
    key: &'static str,
    (zh, en): (&'static str, &'static str),
    (unit, default): (&'static str, &'static str),
    range: crate::settings::Range,
    source: &'static str,
) -> Setting {
    Setting { key, about: Words { zh, en }, unit, default, range, source }
}

const HOEHLE: &str = "Höhle 2007, sim.pointSource";
const NOUFAILY: &str = "after Noufaily 2013";
const JUDGEMENT: &str = "judgement";

/// What may be set of made series.
pub static PLAN: &[Setting] = &[
    setting("kind", ("模拟方式", "how counts are made"), ("", "baseline"), OneOf(&["baseline", "vignette"]), JUDGEMENT),
    setting("made_step", ("模拟数据间隔", "the step of made series"), ("", "week"), OneOf(&["day", "week"]), JUDGEMENT),
    setting("series", ("序列条数", "how many series"), ("series", "100"), Whole(1, 100_000), JUDGEMENT),
    setting(
        "points",
        ("每条序列的期数", "points of a series; 0: 416 weeks or 2,192 days"),
        ("points", "0"),
        Whole(0, 100_000),
        "five years of baseline, two and more to judge",
    ),
    setting("baseline", ("平均每期病例数", "mean cases of a point"), ("cases", "5"), Number(0.0, 1e6), JUDGEMENT),
    setting(
        "season",
        ("季节振幅（对数）", "seasonal amplitude of the logarithm"),
        ("", "0.6"),
        Number(0.0, 5.0),
        NOUFAILY,
    ),
    setting(
        "trend",
        ("年趋势（对数）", "growth of the logarithm in a year"),
        ("1/year", "0"),
        Number(-2.0, 2.0),
        JUDGEMENT,
    ),
    setting("dispersion", ("方差与均值之比", "variance over mean"), ("", "1.5"), Number(1.0, 100.0), NOUFAILY),
    setting(
        "weekend",
        ("周末相对工作日", "a weekend day against a working day, in daily series"),
        ("", "0.5"),
        Number(0.01, 10.0),
        "docs/city.md, visits on Saturdays and Sundays",
    ),
    setting(
        "outbreaks",
        ("每年暴发次数", "outbreaks a year, past ones too"),
        ("1/year", "1"),
        Number(0.0, 50.0),
        JUDGEMENT,
    ),
    setting(
        "shape",
        ("暴发类型", "one exposure, or from case to case, or both in turn"),
        ("", "mixed"),
        OneOf(&["point-source", "propagated", "mixed"]),
        JUDGEMENT,
    ),
    setting("size", ("暴发规模", "mean cases of an outbreak, in `size_unit`"), ("", "6"), Number(0.0, 1e4), NOUFAILY),
    setting(
        "size_unit",
        ("规模单位", "standard deviations of the count at its beginning, or cases"),
        ("", "sd"),
        OneOf(&["sd", "cases"]),
        NOUFAILY,
    ),
    setting(
        "incubation_days",
        ("潜伏期中位数", "median incubation of a point source"),
        ("days", "4"),
        Number(0.01, 365.0),
        JUDGEMENT,
    ),
    setting(
        "incubation_spread",
        ("潜伏期离散系数", "factor of the log-normal spread"),
        ("", "1.65"),
        Number(1.0, 10.0),
        "Noufaily 2013: deviation 0.5 of the logarithm",
    ),
    setting(
        "generation_days",
        ("代间距均值", "mean generation interval"),
        ("days", "5"),
        Number(0.1, 365.0),
        JUDGEMENT,
    ),
    setting(
        "growth",
        ("每代增长倍数", "cases of a generation for each of the last, while it grows"),
        ("", "2"),
        Number(1.0, 20.0),
        JUDGEMENT,
    ),
    setting("generations", ("代数", "generations, half of them growing"), ("", "6"), Whole(1, 100), JUDGEMENT),
    setting("p", ("维持无暴发概率", "vignette: chance that none stays none"), ("", "0.99"), Number(0.0, 1.0), HOEHLE),
    setting("r", ("维持暴发概率", "vignette: chance that an outbreak stays on"), ("", "0.5"), Number(0.0, 1.0), HOEHLE),
    setting("a", ("振幅", "vignette: A"), ("", "1"), Number(-5.0, 5.0), HOEHLE),
    setting("alpha", ("水平", "vignette: α"), ("", "1"), Number(-10.0, 10.0), HOEHLE),
    setting("beta", ("趋势", "vignette: β"), ("1/point", "0"), Number(-0.1, 0.1), HOEHLE),
    setting("k", ("暴发强度", "vignette: K"), ("", "1.7"), Number(0.0, 10.0), HOEHLE),
    setting("seed", ("随机种子", "the draws"), ("", "1"), Whole(0, i64::MAX), JUDGEMENT),
];

impl Plan {
    /// The plan that settings of `PLAN` name.
    pub fn of(settings: &Settings) -> Plan {
        let number = |key: &str| settings.number(key);
        let step = if settings.text("made_step") == "day" { Step::Day } else { Step::Week };
        Plan {
            kind: if settings.text("kind") == "vignette" { Kind::Vignette } else { Kind::Baseline },
            step,
            points: match (settings.size("points"), step) {
                (0, Step::Week) => 416,
                (0, Step::Day) => 2_192,
                (points, _) => points,
            },
            baseline: number("baseline"),
            season: number("season"),
            trend: number("trend"),
            dispersion: number("dispersion"),
            weekend: number("weekend"),
            outbreaks_a_year: number("outbreaks"),
            shape: match settings.text("shape") {
                "point-source" => Shape::PointSource,
                "propagated" => Shape::Propagated,
                _ => Shape::Mixed,
            },
            size: number("size"),
            size_in_cases: settings.text("size_unit") == "cases",
            incubation_days: number("incubation_days"),
            incubation_spread: number("incubation_spread"),
            generation_days: number("generation_days"),
            growth: number("growth"),
            generations: settings.size("generations"),
            chain: ["p", "r", "a", "alpha", "beta", "k"].map(number),
            seed: settings.whole("seed").unsigned_abs(),
        }
    }
}

/// The series of a number, with its state. Each is drawn for itself.
pub fn simulate(plan: &Plan, nth: u64) -> Series {
    let mut rng = Rng::of(plan.seed, STREAM, nth);
    let mut series = match plan.kind {
        Kind::Vignette => vignette(plan, &mut rng),
        Kind::Baseline => over_baseline(plan, &mut rng),
    };
    series.first = Some(FIRST_DAY);
    series
}

fn vignette(plan: &Plan, rng: &mut Rng) -> Series {
    let [p, r, a, alpha, beta, k] = plan.chain;
    let omega = TAU / plan.step.per_year() as f64;
    let (mut state, mut on) = (Vec::with_capacity(plan.points), false);
    let observed = (1..=plan.points).map(|t| {
        on = if on { rng.chance(r) } else { t > 1 && !rng.chance(p) };
        state.push(on);
        let t = t as f64;
        let mean = (a * (omega * t).sin() + alpha + beta * t + if on { k } else { 0.0 }).min(14.0).exp();
        draw::poisson(rng, mean) as f64
    });
    let mut series = Series::new(plan.step, None, observed.collect());
    series.state = state;
    series
}

fn over_baseline(plan: &Plan, rng: &mut Rng) -> Series {
    let year = plan.step.per_year() as f64;
    // Where in the year the season of this series stands is its own.
    let phase = rng.unit() * year;
    let mean = |at: usize| {
        let t = at as f64;
        let log = plan.season * (TAU * (t + phase) / year).sin() + plan.trend * t / year;
        let weekend = plan.step == Step::Day && at % 7 >= 5;
        plan.baseline * log.clamp(-20.0, 20.0).exp() * if weekend { plan.weekend } else { 1.0 }
    };
    let count = |rng: &mut Rng, mean: f64| {
        // Variance φμ is size μ/(φ − 1).
        match plan.dispersion > 1.0 && mean > 0.0 {
            true => draw::negative_binomial(rng, mean, mean / (plan.dispersion - 1.0)),
            false => draw::poisson(rng, mean),
        }
    };
    let observed = (0..plan.points).map(|at| count(rng, mean(at)) as f64).collect();
    let mut series = Series::new(plan.step, None, observed);
    series.state = vec![false; plan.points];
    let outbreaks = draw::poisson(rng, plan.outbreaks_a_year * plan.points as f64 / year);
    for nth in 0..outbreaks {
        let start = rng.below(plan.points as u64) as usize;
        let deviation = (plan.dispersion * mean(start)).sqrt();
        let expected = if plan.size_in_cases { plan.size } else { plan.size * deviation };
        let total = draw::poisson(rng, expected).clamp(1, CASES_MAX);
        let propagated = match plan.shape {
            Shape::PointSource => false,
            Shape::Propagated => true,
            Shape::Mixed => nth % 2 == 1,
        };
        let days: Vec<f64> =
            (0..total).map(|_| if propagated { by_chain(plan, rng) } else { by_source(plan, rng) }).collect();
        lay(&mut series, start, &days);
    }
    series
}

/// Days from the exposure to a case of a point source.
fn by_source(plan: &Plan, rng: &mut Rng) -> f64 {
    rng.lognormal(plan.incubation_days, plan.incubation_spread.ln())
}

/// Days from the first case to another: its generation, and a gamma time (shape 4) for each before it.
fn by_chain(plan: &Plan, rng: &mut Rng) -> f64 {
    let half = plan.generations.div_ceil(2) as i32;
    let weights: Vec<f64> = (0..plan.generations as i32)
        .map(|nth| plan.growth.powi(if nth < half { nth } else { plan.generations as i32 - 1 - nth }))
        .collect();
    let generation = rng.by_weight(&weights);
    (0..generation).map(|_| draw::gamma(rng, 4.0, plan.generation_days / 4.0)).sum()
}

/// Adds the cases of an outbreak; those beyond the end are not there yet.
fn lay(series: &mut Series, start: usize, days: &[f64]) {
    let step = f64::from(series.step.days());
    let first = days.iter().copied().fold(f64::INFINITY, f64::min);
    let mut last = start;
    for day in days {
        let at = start.saturating_add(((day - first) / step) as usize);
        if at < series.len() {
            series.observed[at] += 1.0;
            last = last.max(at);
        }
    }
    series.state[start..=last].fill(true);
}
