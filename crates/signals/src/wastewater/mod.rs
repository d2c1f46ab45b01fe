//! Transmission from wastewater: normalised, smoothed, deconvolved by what people shed, then Rt.
//!
//! What is below the limit of detection counts half the limit (or as set). Samples are multiplied by flow/median flow and
//! by median PMMoV/PMMoV. Local linear regression over 14 days smooths them and fills the days between. Richardson–Lucy
//! deconvolution with the shedding distribution, at most nine rounds, gives infections; they are scaled to a mean a day
//! (`scale`), and Cori's method gives Rt. The chain is that of R's `ern` (Champredon et al. 2024).
//!
//! Limits: the scale of the signal is unknown, so the width of Rt's intervals hangs on `scale`; no measurement error is
//! carried on; shedding is the same for all; infections of the last days, of which less than half is shed, are not used.
//! Samples more than `gap_max` days apart begin anew.

mod deconvolve;
mod smooth;

pub use deconvolve::deconvolve;
pub use smooth::loess;

use crate::intervals::{Gamma, Interval};
use crate::numbers::dist;
use crate::rt;
use crate::settings::Range::{Number, OneOf, Whole};
use crate::{Setting, Settings, Words};
use base::{Error, Result};
use serde::Serialize;

const ERN: &str = "R ern";

/// The longest shedding, in days.
pub const SHEDDING_MAX: usize = 200;

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    let about = Words { zh, en };
    Setting {
        key,
        about,
        unit: "days",
        default,
        range: Number(0.0, 500.0),
        source: "our choice; see the documentation",
    }
}

const fn of_disease(key: &'static str, zh: &'static str, en: &'static str) -> Setting {
    Setting { source: "no default: it belongs to the disease", ..setting(key, zh, en, "") }
}

pub static SETTINGS: &[Setting] = &[
    Setting {
        unit: "as the samples",
        range: Number(0.0, 1e18),
        source: "no default: it belongs to the laboratory",
        ..setting("lod", "检出限", "limit of detection; a column `lod` outranks it", "")
    },
    Setting {
        unit: "",
        range: OneOf(&["half", "root", "zero", "leave-out"]),
        ..setting("below_lod", "低于检出限", "what stands for samples below it: lod/2, lod/√2, 0, or nothing", "half")
    },
    Setting {
        unit: "",
        range: OneOf(&["auto", "none", "flow", "pmmov", "both"]),
        ..setting("normalise", "归一化", "by what; auto: by the columns that are there", "auto")
    },
    Setting {
        range: Number(2.0, 100.0), source: ERN, ..setting("span", "平滑跨度", "days of the smoothing", "14")
    },
    Setting { range: Whole(1, 100), ..setting("gap_max", "最大间隔", "samples further apart begin anew", "14") },
    of_disease("shedding_mean", "排毒时间均值", "mean time from infection to what is shed"),
    of_disease("shedding_sd", "排毒时间标准差", "standard deviation of that time"),
    Setting {
        unit: "rounds",
        range: Whole(1, 9),
        source: ERN,
        ..setting("rounds", "反卷积轮数", "rounds of the deconvolution", "9")
    },
    of_disease("gi_mean", "代间隔均值", "mean of the generation interval"),
    of_disease("gi_sd", "代间隔标准差", "standard deviation of the generation interval"),
    Setting {
        unit: "infections a day",
        range: Number(1.0, 1e7),
        ..setting("scale", "平均每日感染数", "what the mean of the signal stands for; Rt's interval hangs on it", "100")
    },
    Setting {
        range: Whole(1, 366),
        source: "Cori et al. 2013",
        ..setting("window", "滑动窗口长度", "window of Rt", "7")
    },
];

/// A sample of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Days after the first sample.
    pub day: usize,
    /// Such as copies a litre.
    pub concentration: f64,
    pub lod: Option<f64>,
    pub flow: Option<f64>,
    pub pmmov: Option<f64>,
}

/// What is put in the place of a sample below the limit of detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    Half,
    Root,
    Zero,
    LeaveOut,
}

/// How it is done.
#[derive(Clone, Debug)]
pub struct Options {
    pub lod: Option<f64>,
    pub below: Below,
    pub by_flow: bool,
    pub by_pmmov: bool,
    pub span: f64,
    pub gap_max: usize,
    /// By days from infection.
    pub shedding: Vec<f64>,
    pub rounds: usize,
    pub generation: Interval,
    pub scale: f64,
    pub window: usize,
}

/// What the samples say of one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Level {
    pub day: usize,
    /// Of the sample, where there is one: after the limit of detection and normalised.
    pub normalised: Option<f64>,
    pub below_lod: bool,
    /// None before the last long gap.
    pub smoothed: Option<f64>,
    /// Infections on the scale that is set; none where less than half of what they shed is in the samples.
    pub infections: Option<f64>,
    /// Of the window that ends on this day.
    pub rt: Option<rt::Estimate>,
    /// The samples that count hold nothing at all, as in a quiet season: there is no transmission to tell of.
    pub nothing_found: bool,
}

/// The options that are set; `shedding` and `generation` from files where given.
pub fn options(
    settings: &Settings,
    shedding: Option<Vec<f64>>,
    generation: Option<Interval>,
    (has_flow, has_pmmov): (bool, bool),
) -> Result<Options> {
    let pair = |name: &str| match (
        settings.number_if_set(&format!("{name}_mean")),
        settings.number_if_set(&format!("{name}_sd")),
    ) {
        (Some(mean), Some(sd)) => Ok(Some((mean, sd))),
        (None, None) => Ok(None),
        _ => Err(Error::invalid(format!("`{name}_mean` and `{name}_sd` belong together; give both"))),
    };
    let shedding = match (shedding, pair("shedding")?) {
        (Some(given), None) => given_shedding(given)?,
        (None, Some((mean, sd))) => gamma_shedding(mean, sd)?,
        _ => return Err(Error::invalid("shedding: give a file, or `shedding_mean` and `shedding_sd`, one of the two")),
    };
    let generation = match (generation, pair("gi")?) {
        (Some(given), None) => given,
        (None, Some((mean, sd))) => Interval::gamma(mean, sd)?,
        _ => {
            return Err(Error::invalid(
                "the generation interval: give a file, or `gi_mean` and `gi_sd`, one of the two",
            ));
        }
    };
    let (by_flow, by_pmmov) = match settings.text("normalise") {
        "none" => (false, false),
        "flow" => (true, false),
        "pmmov" => (false, true),
        "both" => (true, true),
        _ => (has_flow, has_pmmov),
    };
    if (by_flow && !has_flow) || (by_pmmov && !has_pmmov) {
        let normalise = settings.text("normalise");
        return Err(Error::invalid(format!("`normalise` = `{normalise}`: the samples have no such column")));
    }
    let below = match settings.text("below_lod") {
        "root" => Below::Root,
        "zero" => Below::Zero,
        "leave-out" => Below::LeaveOut,
        _ => Below::Half,
    };
    Ok(Options {
        lod: settings.number_if_set("lod"),
        below,
        by_flow,
        by_pmmov,
        span: settings.number("span"),
        gap_max: settings.size("gap_max"),
        shedding,
        rounds: settings.size("rounds"),
        generation,
        scale: settings.number("scale"),
        window: settings.size("window"),
    })
}

fn given_shedding(weights: Vec<f64>) -> Result<Vec<f64>> {
    let sum: f64 = weights.iter().sum();
    if (sum - 1.0).abs() > crate::intervals::SUM_TOLERANCE + 1e-12 {
        return Err(Error::invalid(format!("the weights of shedding add up to {sum}; they must add up to 1")));
    }
    if weights.len() > SHEDDING_MAX + 1 || weights.iter().any(|weight| *weight < 0.0) {
        return Err(Error::invalid(format!("shedding: weights from 0, over at most {SHEDDING_MAX} days")));
    }
    Ok(weights)
}

/// A gamma distribution by whole days: from half a day before to half a day after each.
fn gamma_shedding(mean: f64, sd: f64) -> Result<Vec<f64>> {
    let gamma = Gamma::of(mean, sd)?;
    let below = |x: f64| if x <= 0.0 { 0.0 } else { dist::gamma_cdf(x, gamma.shape, gamma.scale) };
    let mut weights = Vec::new();
    while weights.len() <= SHEDDING_MAX && weights.iter().sum::<f64>() < 0.999 {
        let day = weights.len() as f64;
        weights.push(below(day + 0.5) - below(day - 0.5));
    }
    let sum: f64 = weights.iter().sum();
    if sum < 0.999 {
        return Err(Error::invalid(format!(
            "shedding of mean {mean} and deviation {sd} goes beyond {SHEDDING_MAX} days"
        )));
    }
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Ok(weights)
}

/// The whole chain; one level for each day from the first sample to the last.
pub fn levels(samples: &[Sample], options: &Options) -> Result<Vec<Level>> {
    let Some(last) = samples.last().map(|sample| sample.day) else {
        return Err(Error::invalid("there are no samples"));
    };
    if last >= rt::DAYS_MAX / 10 {
        return Err(Error::too_costly(format!("{last} days of samples; at most {}", rt::DAYS_MAX / 10)));
    }
    let mut levels: Vec<Level> = (0..=last).map(|day| Level { day, ..Level::default() }).collect();
    let factors = factors(samples, options);
    for (sample, factor) in samples.iter().zip(factors) {
        let level = &mut levels[sample.day];
        let (value, below) = detected(sample, options);
        level.below_lod = below;
        level.normalised = value.zip(factor).map(|(value, factor)| value * factor);
    }
    let kept: Vec<(usize, f64)> = levels.iter().filter_map(|level| Some((level.day, level.normalised?))).collect();
    let begins = (1..kept.len()).rev().find(|nth| kept[*nth].0 - kept[nth - 1].0 > options.gap_max).unwrap_or(0);
    let kept = &kept[begins..];
    let (Some(first), Some(end)) = (kept.first().map(|kept| kept.0), kept.last().map(|kept| kept.0)) else {
        if samples.iter().all(|sample| levels[sample.day].below_lod) {
            levels.iter_mut().for_each(|level| level.nothing_found = true);
            return Ok(levels);
        }
        return Err(Error::invalid(
            "no sample is left: each is below the limit of detection or lacks what normalises it",
        ));
    };
    if kept.len() < 4 {
        let text =
            format!("{} samples without a gap of more than {} days; four are needed", kept.len(), options.gap_max);
        return Err(Error::invalid(text));
    }
    let moved: Vec<(usize, f64)> = kept.iter().map(|(day, value)| (day - first, *value)).collect();
    let smooth = loess(&moved, end - first, options.span);
    let mean = smooth.iter().sum::<f64>() / smooth.len() as f64;
    if !mean.is_finite() {
        return Err(Error::invalid("the samples are too large to be smoothed; give them in a larger unit"));
    }
    for (level, value) in levels[first..].iter_mut().zip(&smooth) {
        level.smoothed = Some(*value);
        level.nothing_found = mean <= 0.0;
    }
    if mean <= 0.0 {
        return Ok(levels);
    }
    let scaled: Vec<f64> = smooth.iter().map(|value| value / mean * options.scale).collect();
    let (infections, shares) = deconvolve(&scaled, &options.shedding, options.rounds);
    let before = options.shedding.len() - 1;
    let known = (before..infections.len()).take_while(|day| shares[*day] >= 0.5).count();
    let infections = &infections[before..before + known];
    for (level, value) in levels[first..].iter_mut().zip(infections) {
        level.infections = Some(*value);
    }
    let windows: Vec<(usize, usize)> = (1..(infections.len() + 1).saturating_sub(options.window))
        .map(|start| (start, start + options.window - 1))
        .collect();
    let prior = Gamma::of(5.0, 5.0)?;
    let generation = std::slice::from_ref(&options.generation);
    for estimate in rt::estimate(infections, &[], generation, &windows, prior, 0.3)? {
        let day = first + estimate.end;
        levels[day].rt = Some(estimate).filter(|estimate| estimate.note != Some(rt::Note::TooEarly));
    }
    Ok(levels)
}

/// The value that stands for a sample, and whether it was below the limit of detection.
fn detected(sample: &Sample, options: &Options) -> (Option<f64>, bool) {
    match sample.lod.or(options.lod) {
        Some(lod) if sample.concentration < lod => {
            let stands = match options.below {
                Below::Half => Some(0.5 * lod),
                Below::Root => Some(lod / std::f64::consts::SQRT_2),
                Below::Zero => Some(0.0),
                Below::LeaveOut => None,
            };
            (stands, true)
        }
        _ => (Some(sample.concentration), false),
    }
}

/// What each sample is multiplied by; none where what it needs is missing.
fn factors(samples: &[Sample], options: &Options) -> Vec<Option<f64>> {
    let median = |of: fn(&Sample) -> Option<f64>| -> f64 {
        let mut values: Vec<f64> = samples.iter().filter_map(of).filter(|value| *value > 0.0).collect();
        values.sort_by(f64::total_cmp);
        crate::numbers::sample::quantile(&values, 0.5)
    };
    let (flow, pmmov) = (median(|sample| sample.flow), median(|sample| sample.pmmov));
    let positive = |value: Option<f64>| value.filter(|value| *value > 0.0);
    let factor = |sample: &Sample| {
        let by_flow = if options.by_flow { positive(sample.flow)? / flow } else { 1.0 };
        let by_pmmov = if options.by_pmmov { pmmov / positive(sample.pmmov)? } else { 1.0 };
        Some(by_flow * by_pmmov)
    };
    samples.iter().map(factor).collect()
}
