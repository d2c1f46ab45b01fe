//! Reference weeks R(w, b): this time of the year in years past, and the weeks just before.
//!
//! Years i = 1…b give the weeks t−52i−w … t−52i+w; `current` adds t−w … t−1. With `festival = align`, a week within six
//! weeks of the Spring Festival is compared with the weeks that lay equally far from the festival then; the festival
//! moves by up to a month from year to year and empties clinics where it falls. Gaps are left out; half of the weeks
//! must be known.

use super::Silent;
use crate::settings::Range::{Flag, OneOf, Whole};
use crate::{Series, Setting, Settings, Words};
use base::calendar;

pub const YEARS: Setting = Setting {
    key: "years",
    about: Words { zh: "参考的既往年数", en: "years that are looked back" },
    unit: "years",
    default: "0",
    range: Whole(0, 20),
    source: "R surveillance: b",
};

pub const HALF_WIDTH: Setting = Setting {
    key: "half_width",
    about: Words { zh: "参考窗半宽", en: "weeks on either side of the same week of a year" },
    unit: "weeks",
    default: "6",
    range: Whole(0, 26),
    source: "R surveillance: w",
};

pub const CURRENT: Setting = Setting {
    key: "current",
    about: Words { zh: "是否包含本年前几周", en: "whether the weeks just before belong to the reference" },
    unit: "",
    default: "yes",
    range: Flag,
    source: "R surveillance: actY",
};

pub const FESTIVAL: Setting = Setting {
    key: "festival",
    about: Words {
        zh: "春节前后6周内是否按与春节的相对周对齐（需要日期）",
        en: "whether weeks near the Spring Festival are compared with those equally far from it (needs days)",
    },
    unit: "",
    default: "ignore",
    range: OneOf(&["ignore", "align"]),
    source: "ours: as R surveillance, which knows none",
};

/// Weeks from the Spring Festival within which weeks are aligned to it.
pub const FESTIVAL_WEEKS: i32 = 6;

#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub years: usize,
    pub half_width: usize,
    pub current: bool,
    pub align: bool,
}

impl Reference {
    pub fn of(settings: &Settings) -> Reference {
        Reference {
            years: settings.size("years"),
            half_width: settings.size("half_width"),
            current: settings.flag("current"),
            align: settings.text("festival") == "align",
        }
    }

    /// Points before the judged one that are looked at, at most.
    pub fn reach(&self) -> usize {
        if self.years == 0 { self.half_width } else { look_back(self.years, self.half_width, self.align) }
    }

    /// The known counts of the reference weeks of `at`, into `out`.
    pub fn values(&self, series: &Series, at: usize, out: &mut Vec<f64>) -> Result<(), Silent> {
        out.clear();
        let width = self.half_width;
        let mut weeks = 0;
        for back in 1..=self.years {
            let centre = centre(series, at, back, self.align)?;
            let Some(first) = centre.checked_sub(width) else {
                return Err(Silent::ShortBaseline { have: at, need: self.reach() });
            };
            out.extend(&series.observed[first..=(centre + width).min(at - 1)]);
            weeks += 2 * width + 1;
        }
        if self.current {
            let Some(first) = at.checked_sub(width) else {
                return Err(Silent::ShortBaseline { have: at, need: self.reach() });
            };
            out.extend(&series.observed[first..at]);
            weeks += width;
        }
        out.retain(|count| !count.is_nan());
        let need = weeks.div_ceil(2).max(1);
        if out.len() < need { Err(Silent::ShortBaseline { have: out.len(), need }) } else { Ok(()) }
    }
}

/// How far back the same week of so many years ago can lie, with so many weeks before it.
pub const fn look_back(years: usize, before: usize, align: bool) -> usize {
    // The festival lies at most 31 days earlier in the year, and 52 weeks are 1.25 days short of a year.
    let moved = if align { 5 + years.div_ceil(5) } else { 0 };
    52 * years + before + moved
}

/// The week of the same time so many years ago.
pub fn centre(series: &Series, at: usize, back: usize, align: bool) -> Result<usize, Silent> {
    let plain = at.checked_sub(52 * back);
    let short = |need: usize| Silent::ShortBaseline { have: at, need };
    if !align {
        return plain.ok_or_else(|| short(52 * back));
    }
    let day = series.day(at).ok_or(Silent::NoDays)?;
    // A week is as far from the festival as its middle.
    let moved = same_day_of_the_festival(day + 3, back, FESTIVAL_WEEKS * 7);
    let Some(then) = moved else { return plain.ok_or_else(|| short(52 * back)) };
    let weeks = (then - day).div_euclid(7);
    let centre = i64::try_from(at).unwrap_or(i64::MAX / 2) + i64::from(weeks);
    usize::try_from(centre).ok().filter(|centre| *centre < at).ok_or_else(|| short(look_back(back, 0, true)))
}

/// The day that lay as far from its Spring Festival as `day` does from its own; none more than `within` days from it.
pub fn same_day_of_the_festival(day: i32, years_back: usize, within: i32) -> Option<i32> {
    let apart = calendar::from_spring_festival(day).filter(|days| days.abs() <= within)?;
    let (year, ..) = calendar::date(day - apart);
    let then = calendar::spring_festival(year - i32::try_from(years_back).ok()?)?;
    Some(then + apart)
}
