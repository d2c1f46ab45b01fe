//! RKI 1, 2 and 3: the count against a Poisson bound on the mean of reference weeks.
//!
//! μ = mean of the reference weeks R(w, b); U = μ + 2·deviation (n−1) where μ > 20, else the tabled bound of ⌊μ⌋; alarm
//! where the count > U. RKI 1: the six weeks before; 2: these and the thirteen weeks around the same week of last year; 3:
//! the nine weeks around it in each of two years. Source: algo.rki and its table in R surveillance. Limits: no trend, no
//! past outbreaks left out; ⌊μ⌋ makes the bound jump. Gaps are left out of the reference; half of it must be known.

use super::reference::{CURRENT, FESTIVAL, HALF_WIDTH, Reference, YEARS};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::sample;
use crate::{Series, Setting, Settings, Step, Words};
use base::{Error, Result};
use std::ops::Range;

pub static RKI1: Method = Method {
    name: "rki1",
    title: Words { zh: "RKI法1", en: "RKI 1" },
    about: Words {
        zh: "与前6周均值的泊松上界比较。",
        en: "The count against a Poisson bound on the mean of the six weeks before.",
    },
    source: "R surveillance, algo.rki1",
    steps: &[Step::Week],
    whole: false,
    settings: &[YEARS, HALF_WIDTH, CURRENT, FESTIVAL],
    make: |settings| Ok(Box::new(Rki { reference: some(settings)? })),
};

pub static RKI2: Method = Method {
    name: "rki2",
    title: Words { zh: "RKI法2", en: "RKI 2" },
    about: Words {
        zh: "与前6周及去年同期前后6周均值的泊松上界比较。",
        en: "As RKI 1, with the thirteen weeks around the same week of last year.",
    },
    source: "R surveillance, algo.rki2",
    steps: &[Step::Week],
    whole: false,
    settings: &[Setting { default: "1", ..YEARS }, HALF_WIDTH, CURRENT, FESTIVAL],
    make: |settings| Ok(Box::new(Rki { reference: some(settings)? })),
};

pub static RKI3: Method = Method {
    name: "rki3",
    title: Words { zh: "RKI法3", en: "RKI 3" },
    about: Words {
        zh: "与前两年同期前后4周均值的泊松上界比较。",
        en: "The nine weeks around the same week of each of two years before, none of this year.",
    },
    source: "R surveillance, algo.rki3",
    steps: &[Step::Week],
    whole: false,
    settings: &[
        Setting { default: "2", ..YEARS },
        Setting { default: "4", ..HALF_WIDTH },
        Setting { default: "no", ..CURRENT },
        FESTIVAL,
    ],
    make: |settings| Ok(Box::new(Rki { reference: some(settings)? })),
};

/// A reference that holds a week at least.
pub fn some(settings: &Settings) -> Result<Reference> {
    let reference = Reference::of(settings);
    let empty = reference.years == 0 && (!reference.current || reference.half_width == 0);
    match empty {
        true => {
            Err(Error::invalid("there are no reference weeks: set `years`, or `current = yes` with a `half_width`"))
        }
        false => Ok(reference),
    }
}

/// Upper bounds of means 0 to 20 (R surveillance, sysdata).
const BOUNDS: [f64; 21] = [
    3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.050, 20.335, 21.364, 22.945,
    23.762, 25.400, 26.306, 27.735, 28.966, 30.017,
];

struct Rki {
    reference: Reference,
}

impl Rki {
    fn verdict(&self, series: &Series, at: usize, values: &mut Vec<f64>) -> Verdict {
        let observed = series.observed[at];
        let known = if observed.is_nan() { Err(Silent::Gap) } else { self.reference.values(series, at, values) };
        if let Err(why) = known {
            return Verdict::silent(at, observed, why);
        }
        let mean = sample::mean(values);
        let upper = match mean > 20.0 {
            true if values.len() < 2 => return Verdict::silent(at, observed, Silent::NoSpread),
            true => mean + 2.0 * sample::deviation(values),
            false => BOUNDS[mean.floor() as usize],
        };
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        let (expected, upper, statistic) = (Some(mean), Some(upper), Some(observed - mean));
        Verdict { at, observed, expected, upper, statistic, p: None, level, silent: None }
    }
}

impl Detector for Rki {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut values = Vec::new();
        out.extend(range.map(|at| self.verdict(series, at, &mut values)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.reference.reach())
    }
}
