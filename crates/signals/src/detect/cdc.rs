//! CDC (Stroup): the last four weeks against the same and the neighbouring four weeks of five years.
//!
//! y₀ = sum of t−3 … t; the base of each of b years back are the 2m+1 sums of four weeks around the same ones, with m = 1
//! those that end four weeks before, with, and four weeks after them. U = mean + z_{1−α/2}·deviation·√(1+1/n), n =
//! b(2m+1); alarm where y₀ > U. Expected, bound and statistic (y₀) are sums of four weeks. Source: Stroup et al. 1989;
//! algo.cdc in R surveillance. Limits: no trend; four-week sums notice late and end late. A block with a gap is left
//! out; half of the blocks must be known; a gap among the last four weeks leaves the week unjudged.

use super::reference::{self, FESTIVAL};
use super::{Detector, Level, Method, Silent, Verdict};
use crate::numbers::{dist, sample};
use crate::settings::Range::{Number, Whole};
use crate::{Series, Setting, Step, Words};
use std::ops::Range;

pub static METHOD: Method = Method {
    name: "cdc",
    title: Words { zh: "CDC历史限法（Stroup）", en: "CDC historical limits (Stroup)" },
    about: Words {
        zh: "近4周合计与前5年同期及相邻4周合计比较；通报较迟。",
        en: "The sum of four weeks against the same and the neighbouring four weeks of five years; bound and statistic are \
             four-week sums.",
    },
    source: "Stroup et al. 1989; R surveillance, algo.cdc",
    steps: &[Step::Week],
    whole: false,
    settings: &[
        Setting {
            key: "years",
            about: Words { zh: "参考的既往年数", en: "years that are looked back" },
            unit: "years",
            default: "5",
            range: Whole(1, 20),
            source: "Stroup et al. 1989",
        },
        Setting {
            key: "blocks",
            about: Words { zh: "两侧各几个4周", en: "four-week blocks on either side of the same one" },
            unit: "blocks",
            default: "1",
            range: Whole(0, 6),
            source: "Stroup et al. 1989: m = 1",
        },
        Setting {
            key: "alpha",
            about: Words {
                zh: "双侧误报概率",
                en: "two-sided chance of a false alarm; half of it lies above the bound",
            },
            unit: "probability",
            default: "0.025",
            range: Number(1e-12, 0.99),
            source: "R surveillance, algo.cdc",
        },
        FESTIVAL,
    ],
    make: |settings| {
        Ok(Box::new(Cdc {
            years: settings.size("years"),
            blocks: settings.size("blocks"),
            z: dist::normal_quantile(1.0 - settings.number("alpha") / 2.0),
            align: settings.text("festival") == "align",
        }))
    },
};

struct Cdc {
    years: usize,
    blocks: usize,
    z: f64,
    align: bool,
}

impl Cdc {
    fn base(&self, series: &Series, at: usize, sums: &mut Vec<f64>) -> Result<(), Silent> {
        sums.clear();
        for back in 1..=self.years {
            let centre = reference::centre(series, at, back, self.align)?;
            for block in 0..=2 * self.blocks {
                let Some(end) = (centre + 1 + 4 * block).checked_sub(4 * self.blocks).filter(|end| *end >= 4) else {
                    return Err(Silent::ShortBaseline { have: at, need: self.need() });
                };
                // A block that would reach into the judged weeks knows nothing yet.
                if end <= at.saturating_sub(3) {
                    sums.push(series.observed[end - 4..end].iter().sum());
                }
            }
        }
        sums.retain(|sum| !sum.is_nan());
        let need = (self.years * (2 * self.blocks + 1)).div_ceil(2).max(2);
        if sums.len() < need { Err(Silent::ShortBaseline { have: sums.len(), need }) } else { Ok(()) }
    }

    fn need(&self) -> usize {
        reference::look_back(self.years, 4 * self.blocks + 3, self.align)
    }

    fn verdict(&self, series: &Series, at: usize, sums: &mut Vec<f64>) -> Verdict {
        let observed = series.observed[at];
        let silent = |why| Verdict::silent(at, observed, why);
        if observed.is_nan() {
            return silent(Silent::Gap);
        }
        if at < 3 {
            return silent(Silent::ShortBaseline { have: at, need: self.need() });
        }
        let four: f64 = series.observed[at - 3..=at].iter().sum();
        if four.is_nan() {
            return silent(Silent::Gap);
        }
        if let Err(why) = self.base(series, at, sums) {
            return silent(why);
        }
        let (mean, n) = (sample::mean(sums), sums.len() as f64);
        let deviation = sample::deviation(sums) * (1.0 + 1.0 / n).sqrt();
        if deviation == 0.0 {
            return silent(Silent::NoSpread);
        }
        let upper = mean + self.z * deviation;
        let level = if four > upper { Level::Alarm } else { Level::Quiet };
        let p = Some(dist::normal_sf((four - mean) / deviation));
        let (expected, upper, statistic) = (Some(mean), Some(upper), Some(four));
        Verdict { at, observed, expected, upper, statistic, p, level, silent: None }
    }
}

impl Detector for Cdc {
    fn judge(&self, series: &Series, range: Range<usize>, out: &mut Vec<Verdict>) {
        let mut sums = Vec::new();
        out.extend(range.map(|at| self.verdict(series, at, &mut sums)));
    }

    fn reach(&self) -> Option<usize> {
        Some(self.need())
    }
}
