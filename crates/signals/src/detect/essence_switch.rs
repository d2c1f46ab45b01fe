//! ESSENCE's switch: the regression where it explains the baseline well enough, else the moving averages.
//!
//! Each day the adaptive regression is fitted; where its adjusted R² is at least 0.60 its verdict counts, else that of
//! ESSENCE's EWMA. Source: NSSP-ESSENCE (probrepswitch) as in CDC's Rnssp; there the moving average of the switch has
//! one weight (0.4) and a simpler deviation, here it is the `essence-ewma` with both weights. Limits and gaps: those of
//! the two; before the regression has its eleven days the EWMA judges.

use super::essence_ewma::{Ewma, recent};
use super::essence_regression::{ALPHA, ALPHA_WARNING, BASELINE, FILTER, GUARD, HOLIDAYS, Regression};
use super::holidays::Holidays;
use super::{Detector, Kept, Method, Silent, Verdict};
use crate::settings::Range::Number;
use crate::{Series, Setting, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "essence-switch",
    title: Words { zh: "ESSENCE回归/EWMA切换", en: "ESSENCE regression/EWMA switch" },
    about: Words {
        zh: "回归能解释基线时用回归，否则用EWMA；日数据的常用选择。",
        en: "The regression where it explains the baseline, else the EWMA; the usual choice for daily counts.",
    },
    source: "NSSP-ESSENCE (probrepswitch); CDC Rnssp, alert_switch",
    steps: &[Step::Day],
    whole: false,
    settings: &[
        BASELINE,
        GUARD,
        Setting {
            key: "least_explained",
            about: Words { zh: "采用回归所需的调整R²", en: "adjusted R² from which the regression judges" },
            unit: "",
            default: "0.6",
            range: Number(-1.0, 1.0),
            source: "NSSP-ESSENCE",
        },
        ALPHA,
        ALPHA_WARNING,
        FILTER,
        HOLIDAYS,
    ],
    make: |settings| {
        // Moving averages know no class of days: holidays that are a class of the regression are left out of theirs.
        let holidays = if settings.text("holidays") == "ignore" { Holidays::Ignore } else { Holidays::LeaveOut };
        Ok(Box::new(Switch {
            regression: Regression::of(settings)?,
            ewma: Ewma::of(settings, [0.4, 0.9], holidays)?,
            least_explained: settings.number("least_explained"),
        }))
    },
};

struct Switch {
    regression: Regression,
    ewma: Ewma,
    least_explained: f64,
}

impl Switch {
    fn next(&self, averages: &mut [f64; 2], series: &Series, at: usize) -> Verdict {
        let smoothed = self.ewma.next(averages, series, at);
        if series.is_gap(at) || series.first.is_none() {
            let why = if series.is_gap(at) { Silent::Gap } else { Silent::NoDays };
            return Verdict::silent(at, series.observed[at], why);
        }
        match self.regression.forecast(series, at) {
            Ok(forecast) if forecast.adjusted >= self.least_explained => self.regression.verdict(series, at, &forecast),
            _ => smoothed,
        }
    }
}

impl Detector for Switch {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut averages = self.ewma.run(series, range.start);
        out.extend(range.map(|at| self.next(&mut averages, series, at)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.regression.reach_days().max(self.ewma.reach_days()))
    }

    fn begin(&self, past: &Series) -> Option<Vec<f64>> {
        Some(self.ewma.run(past, past.len()).to_vec())
    }

    fn add(&self, carried: &mut Vec<f64>, kept: &Kept, observed: f64) -> Option<Verdict> {
        let (series, last) = recent(kept, observed);
        let mut averages = [carried[0], carried[1]];
        let verdict = self.next(&mut averages, &series, last);
        *carried = averages.to_vec();
        Some(Verdict { at: kept.seen, ..verdict })
    }
}
