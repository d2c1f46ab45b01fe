//! EARS C1, C2 and C3: today against mean and deviation of a week before.
//!
//! C1: baseline t−7…t−1, U = mean + z·s with z of 1−α and s = max(deviation with n−1, least spread); alarm where the
//! count > U. C2: the same with the baseline t−9…t−3, so that the first two days of an outbreak do not raise it.
//! C3 adds up what C2 has found on the last days. As in R's surveillance (`form = surveillance`): U = max(0, y + s·(z −
//! Σ of i = 1, 2 over max(0, C2(t−i) − 1))), which does not look at today's count; as CDC has it (`form = cdc`): alarm
//! where Σ of i = 0, 1, 2 over max(0, C2(t−i) − 1) > 2, and U is today's count from above which that is so.
//!
//! Source: Hutwagner et al. 2003; Fricker et al. 2008 (doi 10.1002/sim.3197); defaults of surveillance's earsC. Limits:
//! knows no season, trend or day of week; nearly every count alarms after a week of zeros, which `least_spread` softens.
//! A gap in the baseline is left out of it; C2(t−1) or C2(t−2) that cannot be worked out adds nothing to C3.

use super::holidays::{self, Holidays};
use super::window::{Window, Windows};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::dist;
use crate::settings::Range::{Number, OneOf, Whole};
use crate::{Series, Setting, Settings, Step, Words};
use base::{Error, Result};
use std::ops::Range;

pub static C1: Method = Method {
    name: "ears-c1",
    title: Words { zh: "EARS C1 早期异常报告", en: "EARS C1" },
    about: Words {
        zh: "当期与前7期均值加z倍标准差比较，无需历史数据；不识别季节与星期效应。",
        en: "Today against mean and deviation of the seven points before; needs no history, knows no season or weekday.",
    },
    source: "Hutwagner et al. 2003; Fricker et al. 2008, doi 10.1002/sim.3197",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[BASELINE, ALPHA, LEAST_SPREAD, LEAST_KNOWN, holidays::SETTING],
    make: |settings| Ok(Box::new(Ears::of(settings, Kind::C1)?)),
};

pub static C2: Method = Method {
    name: "ears-c2",
    title: Words { zh: "EARS C2 早期异常报告", en: "EARS C2" },
    about: Words {
        zh: "同C1，基线与当期之间隔2期，缓慢上升的暴发不抬高基线。",
        en: "As C1, with two points between baseline and today, so that a slow outbreak does not raise its own baseline.",
    },
    source: "Hutwagner et al. 2003; Fricker et al. 2008, doi 10.1002/sim.3197",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[BASELINE, ALPHA, LEAST_SPREAD, LEAST_KNOWN, holidays::SETTING],
    make: |settings| Ok(Box::new(Ears::of(settings, Kind::C2)?)),
};

pub static C3: Method = Method {
    name: "ears-c3",
    title: Words { zh: "EARS C3 早期异常报告", en: "EARS C3" },
    about: Words {
        zh: "累加近3期C2超出部分，适合缓慢上升；`form = surveillance` 与R一致，不看当期数值。",
        en: "Adds up what C2 found on the last points, for slow rises. `form = surveillance` is R's and does not look at \
             today's count; `form = cdc` does.",
    },
    source: "Hutwagner et al. 2003; Fricker et al. 2008, doi 10.1002/sim.3197",
    steps: &[Step::Day, Step::Week],
    whole: false,
    settings: &[
        BASELINE,
        Setting { default: "0.025", ..ALPHA },
        LEAST_SPREAD,
        LEAST_KNOWN,
        Setting {
            key: "form",
            about: Words { zh: "R的上界或CDC的和", en: "R's bound, or CDC's sum with its limit" },
            unit: "",
            default: "surveillance",
            range: OneOf(&["surveillance", "cdc"]),
            source: "R surveillance, earsC",
        },
        Setting {
            key: "limit",
            about: Words { zh: "CDC形式的界限", en: "what CDC's sum must exceed" },
            unit: "deviations",
            default: "2",
            range: Number(0.0, 100.0),
            source: "CDC EARS",
        },
        holidays::SETTING,
    ],
    make: |settings| Ok(Box::new(Ears::of(settings, Kind::C3)?)),
};

const BASELINE: Setting = Setting {
    key: "baseline",
    about: Words { zh: "基线期数", en: "points of the baseline" },
    unit: "points",
    default: "7",
    range: Whole(3, 366),
    source: "R surveillance, earsC",
};

const ALPHA: Setting = Setting {
    key: "alpha",
    about: Words { zh: "单侧误报概率", en: "chance of a false alarm at each point, if counts were normal" },
    unit: "probability",
    default: "0.001",
    range: Number(1e-12, 0.5),
    source: "R surveillance, earsC: z = 3.09",
};

const LEAST_SPREAD: Setting = Setting {
    key: "least_spread",
    about: Words {
        zh: "标准差下限；0为不设（与R一致）",
        en: "least deviation of the baseline; 0 sets none, as R does",
    },
    unit: "cases",
    default: "0.2",
    range: Number(0.0, 1e9),
    source: "CDC EARS: 0.2 to 0.5",
};

const LEAST_KNOWN: Setting = Setting {
    key: "least_known",
    about: Words { zh: "基线中至少有数据的期数", en: "points of the baseline that must be known" },
    unit: "points",
    default: "4",
    range: Whole(2, 366),
    source: "ours: more than half of seven",
};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    C1,
    C2,
    C3,
}

struct Ears {
    kind: Kind,
    baseline: usize,
    guard: usize,
    z: f64,
    least_spread: f64,
    least_known: usize,
    /// CDC's limit of C3; none in R's form.
    limit: Option<f64>,
    holidays: Holidays,
}

impl Ears {
    fn of(settings: &Settings, kind: Kind) -> Result<Ears> {
        let (baseline, least_known) = (settings.size("baseline"), settings.size("least_known"));
        if least_known > baseline {
            let text = format!("`least_known` = {least_known} is more than `baseline` = {baseline}");
            return Err(Error::invalid(text));
        }
        let limit = (kind == Kind::C3 && settings.text("form") == "cdc").then(|| settings.number("limit"));
        Ok(Ears {
            kind,
            baseline,
            guard: if kind == Kind::C1 { 0 } else { 2 },
            z: dist::normal_quantile(1.0 - settings.number("alpha")),
            least_spread: settings.number("least_spread"),
            least_known,
            limit,
            holidays: Holidays::of(settings),
        })
    }

    /// What C3 looks back further than C2.
    const fn further(&self) -> usize {
        match self.kind {
            Kind::C1 | Kind::C2 => 0,
            Kind::C3 => 2,
        }
    }

    /// The baseline's mean and spread, or why there is none.
    fn judged(&self, at: usize, window: Option<Window>) -> std::result::Result<Window, Silent> {
        let short = |have, need| Err(Silent::ShortBaseline { have, need });
        let need = self.baseline + self.further();
        let Some(window) = window.filter(|_| at >= need + self.guard) else {
            return short(at.saturating_sub(self.guard), need);
        };
        if window.known < self.least_known {
            return short(window.known, self.least_known);
        }
        let deviation = window.deviation.max(self.least_spread);
        if deviation == 0.0 { Err(Silent::NoSpread) } else { Ok(Window { deviation, ..window }) }
    }

    /// max(0, C2 − 1) of an earlier point, nothing where it cannot be worked out.
    fn excess(&self, observed: f64, window: Option<Window>) -> f64 {
        let Some(window) = window.filter(|window| window.known >= self.least_known) else { return 0.0 };
        let deviation = window.deviation.max(self.least_spread);
        let excess = (observed - window.mean) / deviation - 1.0;
        if excess.is_finite() { excess.max(0.0) } else { 0.0 }
    }

    fn verdict(&self, at: usize, observed: f64, window: Option<Window>, before: f64) -> Verdict {
        if observed.is_nan() {
            return Verdict::silent(at, observed, Silent::Gap);
        }
        let Window { mean, deviation, .. } = match self.judged(at, window) {
            Ok(window) => window,
            Err(why) => return Verdict::silent(at, observed, why),
        };
        let z = (observed - mean) / deviation;
        let (upper, statistic, p) = match (self.kind, self.limit) {
            (Kind::C1 | Kind::C2, _) => (mean + self.z * deviation, z, Some(dist::normal_sf(z))),
            (Kind::C3, None) => ((observed + deviation * (self.z - before)).max(0.0), before, None),
            (Kind::C3, Some(limit)) if before > limit => (0.0, before + (z - 1.0).max(0.0), None),
            (Kind::C3, Some(limit)) => {
                let upper = (mean + deviation * (1.0 + limit - before)).max(0.0);
                (upper, before + (z - 1.0).max(0.0), None)
            }
        };
        let level = if observed > upper { Level::Alarm } else { Level::Quiet };
        let (expected, upper, statistic) = (Some(mean), Some(upper), Some(statistic));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

impl Detector for Ears {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let start = range.start.saturating_sub(self.baseline + self.guard + self.further());
        let Some(baseline) = self.holidays.known(series, start..range.end) else {
            out.extend(range.map(|at| Verdict::silent(at, series.observed[at], Silent::NoDays)));
            return;
        };
        let mut windows = Windows::new(&baseline, self.baseline, self.guard);
        let mut excess = [0.0; 2];
        for back in (1..=self.further()).rev().filter(|back| *back <= range.start) {
            let at = range.start - back;
            excess = [excess[1], self.excess(series.observed[at], windows.before(at - start))];
        }
        for at in range {
            let (observed, window) = (series.observed[at], windows.before(at - start));
            out.push(self.verdict(at, observed, window, excess[0] + excess[1]));
            if self.kind == Kind::C3 {
                excess = [excess[1], self.excess(observed, window)];
            }
        }
    }

    fn reach(&self) -> Option<usize> {
        Some(self.baseline + self.guard + self.further())
    }
}
