//! Bayes 1, 2 and 3: the count against what a Poisson process predicts whose mean is learnt from reference weeks.
//!
//! With n reference weeks R(w, b) of the sum Σy and Jeffreys' prior the next count is negative binomial with size Σy+½
//! and prob n/(n+1), so with the mean (Σy+½)/n. U is the least count with P(X ≤ U) ≥ 1−α; alarm where the count > U. p =
//! P(X ≥ count). Reference weeks as of RKI 1, 2, 3. Source: Riebler 2004; algo.bayes in R surveillance (its text says ≥,
//! its code and results say >). Limits: no trend, no over-dispersion. Gaps are left out; half must be known.

use super::reference::{CURRENT, FESTIVAL, HALF_WIDTH, Reference, YEARS};
use super::rki::some;
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist;
use crate::settings::Range::Number;
use crate::{Series, Setting, Settings, Step, Words};
use base::Result;
use std::ops::Range;

pub static BAYES1: Method = Method {
    name: "bayes1",
    title: Words { zh: "贝叶斯法1", en: "Bayes 1" },
    about: Words {
        zh: "由前6周推断预测分布，超过其上分位数即报警。",
        en: "Above the upper quantile of what the six weeks before predict.",
    },
    source: "Riebler 2004; R surveillance, algo.bayes1",
    steps: &[Step::Week],
    whole: true,
    settings: &[ALPHA, YEARS, HALF_WIDTH, CURRENT, FESTIVAL],
    make: |settings| Ok(Box::new(Bayes::of(settings)?)),
};

pub static BAYES2: Method = Method {
    name: "bayes2",
    title: Words { zh: "贝叶斯法2", en: "Bayes 2" },
    about: Words {
        zh: "由前6周及去年同期前后6周推断预测分布。",
        en: "As Bayes 1, with the thirteen weeks around the same week of last year.",
    },
    source: "Riebler 2004; R surveillance, algo.bayes2",
    steps: &[Step::Week],
    whole: true,
    settings: &[ALPHA, Setting { default: "1", ..YEARS }, HALF_WIDTH, CURRENT, FESTIVAL],
    make: |settings| Ok(Box::new(Bayes::of(settings)?)),
};

pub static BAYES3: Method = Method {
    name: "bayes3",
    title: Words { zh: "贝叶斯法3", en: "Bayes 3" },
    about: Words {
        zh: "由前两年同期前后4周推断预测分布。",
        en: "The nine weeks around the same week of each of two years before, none of this year.",
    },
    source: "Riebler 2004; R surveillance, algo.bayes3",
    steps: &[Step::Week],
    whole: true,
    settings: &[
        ALPHA,
        Setting { default: "2", ..YEARS },
        Setting { default: "4", ..HALF_WIDTH },
        Setting { default: "no", ..CURRENT },
        FESTIVAL,
    ],
    make: |settings| Ok(Box::new(Bayes::of(settings)?)),
};

const ALPHA: Setting = Setting {
    key: "alpha",
    about: Words { zh: "误报概率", en: "chance of a false alarm at each point" },
    unit: "probability",
    default: "0.05",
    range: Number(1e-12, 0.5),
    source: "R surveillance, algo.bayes",
};

struct Bayes {
    alpha: f64,
    reference: Reference,
}

impl Bayes {
    fn of(settings: &Settings) -> Result<Bayes> {
        Ok(Bayes { alpha: settings.number("alpha"), reference: some(settings)? })
    }

    fn verdict(&self, series: &Series, at: usize, values: &mut Vec<f64>) -> Verdict {
        let observed = series.observed[at];
        let known = if observed.is_nan() { Err(Silent::Gap) } else { self.reference.values(series, at, values) };
        if let Err(why) = known {
            return Verdict::silent(at, observed, why);
        }
        let size = values.iter().sum::<f64>() + 0.5;
        let mean = size / values.len() as f64;
        let upper = dist::nb_quantile(1.0 - self.alpha, mean, size);
        let p = if observed > 0.0 { dist::nb_sf(observed - 1.0, mean, size) } else { 1.0 };
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        let (expected, upper, statistic) = (Some(mean), Some(upper), Some(observed - mean));
        Verdict { at, observed, expected, upper, statistic, p: Some(p), level, silent: None }
    }
}

impl Detector for Bayes {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut values = Vec::new();
        out.extend(range.map(|at| self.verdict(series, at, &mut values)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.reference.reach())
    }
}
