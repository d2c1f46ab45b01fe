//! What detectors of daily counts do about public holidays, when people see a doctor less.

use crate::settings::Range::OneOf;
use crate::{Series, Setting, Settings, Step, Words};
use std::borrow::Cow;
use std::ops::Range;

pub const SETTING: Setting = Setting {
    key: "holidays",
    about: Words {
        zh: "法定节假日：不区分，或不计入基线（日数据，需要日期）",
        en: "public holidays of daily series: like other days, or left out of the baseline",
    },
    unit: "",
    default: "ignore",
    range: OneOf(&["ignore", "leave-out"]),
    source: "ours: as R surveillance, which knows none",
};

/// What is done about holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holidays {
    Ignore,
    LeaveOut,
}

impl Holidays {
    pub fn of(settings: &Settings) -> Holidays {
        if settings.text("holidays") == "leave-out" { Holidays::LeaveOut } else { Holidays::Ignore }
    }

    /// The counts of a range that may stand in a baseline: holidays are gaps where they are left out. None where days
    /// are needed and there are none.
    pub fn known<'a>(self, series: &'a Series, range: Range<usize>) -> Option<Cow<'a, [f64]>> {
        let counts = &series.observed[range.clone()];
        if self == Holidays::Ignore || series.step == Step::Week {
            return Some(Cow::Borrowed(counts));
        }
        series.first?;
        let off = |at: usize| series.day(at).is_some_and(base::calendar::is_off);
        Some(range.zip(counts).map(|(at, count)| if off(at) { f64::NAN } else { *count }).collect())
    }
}
