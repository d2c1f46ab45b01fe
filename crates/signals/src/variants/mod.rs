//! Which variant spreads how much faster: shares by multinomial logistic regression, p_v(t) ∝ exp(α_v + δ_v·t).
//!
//! δ_v is the growth advantage a day over the reference variant; relative Rt = exp(δ·Tg) with the mean generation time Tg
//! (Ito, Piantham and Nishiura 2021); the ratio to the reference doubles in ln 2/δ. A weak normal prior on δ (deviation
//! `shrink` a day) keeps variants with zeros or few weeks finite. Intervals: ± t_{df}·se·√φ, φ = Pearson's χ²/df at
//! least 1, df = (times − 2)·(variants − 1); shares on the logit scale.
//!
//! Limits: the advantage is constant over the days given; sequenced samples are taken as drawn at random from cases of
//! their day; a variant imported again and again looks fitter than it is.

mod alias;
mod fit;

pub use alias::{Aliases, OTHER};

use crate::numbers::dist;
use crate::settings::Range::{Number, OneOf, Text, Whole};
use crate::{Setting, Words};
use base::{Error, Result};
use fit::{Counts, Fitted};
use serde::Serialize;

/// Variants that are compared at once.
pub const VARIANTS_MAX: usize = 60;

/// Times of sampling.
pub const TIMES_MAX: usize = 5_000;

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    Setting {
        key,
        about: Words { zh, en },
        unit: "",
        default,
        range: Text,
        source: "our choice; see the documentation",
    }
}

pub static SETTINGS: &[Setting] = &[
    setting("reference", "参照变异株", "the variant that others are compared with; empty for the most frequent", ""),
    Setting {
        unit: "days",
        range: Number(0.0, 500.0),
        source: "no default: it belongs to the disease",
        ..setting("tg", "平均代间隔", "mean generation time, for relative Rt", "")
    },
    Setting {
        unit: "1/day",
        range: Number(0.0, 100.0),
        ..setting("shrink", "优势的先验标准差", "deviation of the prior of advantages; 0 for no prior", "0.5")
    },
    Setting { range: Number(0.5, 0.999), ..setting("level", "区间水平", "how sure intervals are", "0.95") },
    Setting {
        unit: "days",
        range: Whole(0, 365),
        ..setting("ahead", "预测天数", "days after the last sample for which shares are predicted", "28")
    },
    setting("groups", "归并的谱系", "lineages, parted by commas, to which their descendants are added", ""),
    Setting {
        range: OneOf(&["advantages", "shares"]),
        ..setting("print", "输出表", "which table is printed as CSV; JSON has both", "advantages")
    },
];

/// Counts of variants by time.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    pub variants: Vec<String>,
    /// Days, rising.
    pub times: Vec<f64>,
    /// By time, one for each variant.
    pub counts: Vec<Vec<f64>>,
}

/// A value and its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What is known of one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advantage {
    pub variant: String,
    pub count: f64,
    /// A day, over the reference; none of the reference itself and of variants never seen.
    pub advantage: Option<Estimate>,
}

/// A share at a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    pub variant: String,
    pub time: f64,
    pub share: Estimate,
}

/// The fit of all variants.
#[derive(Clone, Debug)]
pub struct Fit {
    pub variants: Vec<Advantage>,
    pub reference: String,
    /// φ, at least 1.
    pub dispersion: f64,
    /// Those that were seen, the reference first.
    fitted_names: Vec<String>,
    fitted: Fitted,
    middle: f64,
    /// Standard errors that an interval reaches, dispersion in it.
    width: f64,
}

impl Estimate {
    fn map(self, of: impl Fn(f64) -> f64) -> Estimate {
        Estimate { value: of(self.value), lower: of(self.lower), upper: of(self.upper) }
    }
}

impl Advantage {
    /// How much larger its reproduction number is than that of the reference.
    pub fn relative_rt(&self, tg: f64) -> Option<Estimate> {
        self.advantage.map(|advantage| advantage.map(|delta| (delta * tg).exp()))
    }

    /// Days in which its ratio to the reference doubles (negative: halves), and bounds where the advantage is not nought.
    pub fn doubling(&self) -> (Option<f64>, Option<f64>, Option<f64>) {
        let days = |delta: f64| (delta != 0.0).then(|| std::f64::consts::LN_2 / delta);
        match self.advantage {
            None => (None, None, None),
            Some(delta) if delta.lower <= 0.0 && delta.upper >= 0.0 => (days(delta.value), None, None),
            Some(delta) => (days(delta.value), days(delta.upper), days(delta.lower)),
        }
    }
}

/// Fits all variants. `reference` none: the most frequent one.
///
/// # Errors
/// Fewer than two times with samples or two variants seen, an unknown reference, a fit that does not settle.
pub fn fit(samples: &Samples, reference: Option<&str>, shrink: f64, level: f64) -> Result<Fit> {
    check(samples)?;
    let totals: Vec<f64> = (0..samples.variants.len()).map(|v| samples.counts.iter().map(|row| row[v]).sum()).collect();
    let reference = match reference {
        Some(name) => samples.variants.iter().position(|variant| variant == name).ok_or_else(|| {
            Error::invalid(format!("`reference` = `{name}`: there is none; there are: {}", samples.variants.join(", ")))
        })?,
        None => (0..totals.len()).max_by(|a, b| totals[*a].total_cmp(&totals[*b]).then(b.cmp(a))).unwrap_or(0),
    };
    if totals[reference] <= 0.0 {
        let name = &samples.variants[reference];
        return Err(Error::invalid(format!("`{name}` was never seen; take another reference")));
    }
    let seen = (0..totals.len()).filter(|v| *v != reference && totals[*v] > 0.0);
    let order: Vec<usize> = std::iter::once(reference).chain(seen).collect();
    let rows = || samples.times.iter().zip(&samples.counts).filter(|(_, row)| row.iter().sum::<f64>() > 0.0);
    let middle = rows().map(|(time, _)| time).sum::<f64>() / rows().count().max(1) as f64;
    let times: Vec<f64> = rows().map(|(time, _)| time - middle).collect();
    if times.len() < 2 || order.len() < 2 {
        let text = format!("{} times with samples of {} variants; growth needs two of both", times.len(), order.len());
        return Err(Error::invalid(text));
    }
    let counts: Vec<f64> = rows().flat_map(|(_, row)| order.iter().map(|v| row[*v])).collect();
    let data = Counts { times: &times, counts: &counts, variants: order.len() };
    let precision = if shrink > 0.0 { 1.0 / (shrink * shrink) } else { 0.0 };
    let fitted = fit::fit(&data, precision).ok_or_else(|| {
        Error::invalid("the fit does not settle: a variant was seen at one end only; set `shrink` above 0")
    })?;
    let df = (times.len() as f64 - 2.0) * (order.len() as f64 - 1.0);
    let dispersion = if df >= 1.0 { (fitted.pearson / df).max(1.0) } else { 1.0 };
    let p = 0.5 + 0.5 * level;
    let quantile = if df >= 1.0 { dist::t_quantile(p, df) } else { dist::normal_quantile(p) };
    let width = quantile * dispersion.sqrt();
    let advantage = |v: usize| {
        let nth = order.iter().skip(1).position(|known| *known == v)?;
        let n = fitted.coefficients.len();
        let (value, at) = (fitted.coefficients[2 * nth + 1], 2 * nth + 1);
        let reach = width * fitted.covariance[at * n + at].max(0.0).sqrt();
        Some(Estimate { value, lower: value - reach, upper: value + reach })
    };
    let of = |v: usize| Advantage { variant: samples.variants[v].clone(), count: totals[v], advantage: advantage(v) };
    let variants = (0..totals.len()).map(of).collect();
    let fitted_names = order.iter().map(|v| samples.variants[*v].clone()).collect();
    let reference = samples.variants[reference].clone();
    Ok(Fit { variants, reference, dispersion, fitted_names, fitted, middle, width })
}

fn check(samples: &Samples) -> Result<()> {
    let (variants, times) = (samples.variants.len(), samples.times.len());
    if variants == 0 {
        return Err(Error::invalid("there are no samples"));
    }
    if variants > VARIANTS_MAX {
        let text = format!("{variants} variants; at most {VARIANTS_MAX} at once: put them into `groups`");
        return Err(Error::too_costly(text));
    }
    if times > TIMES_MAX {
        return Err(Error::too_costly(format!("{times} times; at most {TIMES_MAX} at once")));
    }
    let good = |count: &f64| (0.0..=1e12).contains(count);
    if samples.counts.len() != times || !samples.counts.iter().all(|row| row.len() == variants && row.iter().all(good))
    {
        return Err(Error::invalid("counts are numbers from 0, one for each time and variant"));
    }
    Ok(())
}

impl Fit {
    /// The shares at a time, of every variant that was seen.
    pub fn shares(&self, time: f64) -> Vec<Share> {
        let mut shares = vec![0.0; self.fitted_names.len()];
        let time_off = time - self.middle;
        fit::shares(&self.fitted.coefficients, time_off, &mut shares);
        let of = |v: usize| {
            let reach = self.width * self.logit_error(&shares, v, time_off);
            let logit = (shares[v].max(1e-300) / (1.0 - shares[v]).max(1e-300)).ln();
            let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            let share = Estimate { value: shares[v], lower: back(logit - reach), upper: back(logit + reach) };
            Share { variant: self.fitted_names[v].clone(), time, share }
        };
        (0..shares.len()).map(of).collect()
    }

    /// The standard error of a share's logit: its derivative by the linear predictor of w is 1 for the variant itself and
    /// −p_w/(1 − p_v) for others.
    fn logit_error(&self, shares: &[f64], v: usize, time: f64) -> f64 {
        let n = self.fitted.coefficients.len();
        let rest = (1.0 - shares[v]).max(1e-300);
        let slope = |w: usize| if w == v { 1.0 } else { -shares[w] / rest };
        let row: Vec<f64> = (1..shares.len()).flat_map(|w| [slope(w), slope(w) * time]).collect();
        let mut variance = 0.0;
        for i in 0..n {
            for j in 0..n {
                variance += row[i] * row[j] * self.fitted.covariance[i * n + j];
            }
        }
        variance.max(0.0).sqrt()
    }
}
