//! What may be set of Rt.

use crate::intervals::{Gamma, Interval};
use crate::settings::Range::{Number, Numbers, Whole};
use crate::{Setting, Settings, Words};
use base::rng::Rng;
use base::{Error, Result};

const CORI: &str = "Cori et al. 2013 and EpiEstim";
const NONE: &str = "no default: it belongs to the disease";

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    let about = Words { zh, en };
    Setting { key, about, unit: "days", default, range: Number(0.0, 500.0), source: NONE }
}

pub static SETTINGS: &[Setting] = &[
    Setting {
        range: Whole(1, 366),
        source: CORI,
        ..setting("window", "滑动窗口长度", "length of the sliding window", "7")
    },
    Setting {
        range: Numbers(-1e9, 1e9),
        source: "no windows of one's own",
        ..setting("t_start", "自定窗口首日", "first days of windows of one's own, as `t` counts", "")
    },
    Setting {
        range: Numbers(-1e9, 1e9),
        source: "no windows of one's own",
        ..setting("t_end", "自定窗口末日", "last days of windows of one's own, as `t` counts", "")
    },
    Setting {
        unit: "",
        range: Number(1e-3, 1e3),
        source: CORI,
        ..setting("prior_mean", "先验均值", "mean of R before anything is seen", "5")
    },
    Setting {
        unit: "",
        range: Number(1e-3, 1e3),
        source: CORI,
        ..setting("prior_sd", "先验标准差", "standard deviation of R before anything is seen", "5")
    },
    Setting {
        unit: "",
        range: Number(0.01, 10.0),
        source: "EpiEstim, `cv_posterior`",
        ..setting("cv", "所求变异系数", "windows with a larger sd/mean are marked `few`", "0.3")
    },
    setting("si_mean", "序列间隔均值", "mean of the serial interval", ""),
    setting("si_sd", "序列间隔标准差", "standard deviation of the serial interval", ""),
    setting("si_mean_sd", "均值的标准差", "uncertainty of the mean: its standard deviation", ""),
    setting("si_mean_min", "均值下限", "least mean that is drawn", ""),
    setting("si_mean_max", "均值上限", "greatest mean that is drawn", ""),
    setting("si_sd_sd", "标准差的标准差", "uncertainty of the deviation: its standard deviation", ""),
    setting("si_sd_min", "标准差下限", "least deviation that is drawn", ""),
    setting("si_sd_max", "标准差上限", "greatest deviation that is drawn", ""),
    Setting {
        unit: "pairs",
        range: Whole(1, 5_000),
        source: "enough for three digits; EpiEstim's examples draw 100",
        ..setting("pairs", "抽样组数", "pairs of mean and deviation that are drawn", "300")
    },
    Setting {
        unit: "",
        range: Whole(0, i64::MAX),
        source: "any number",
        ..setting("seed", "随机种子", "the same seed draws the same pairs", "1")
    },
];

/// The number of the stream from which pairs are drawn.
const PAIRS: u32 = 0x5254;

/// The gamma prior that is set.
pub fn prior(settings: &Settings) -> Result<Gamma> {
    Gamma::of(settings.number("prior_mean"), settings.number("prior_sd"))
}

/// The serial interval that is set by mean and deviation, or a sample of such; empty where none is set.
pub fn intervals(settings: &Settings) -> Result<Vec<Interval>> {
    let (mean, sd) = match (settings.number_if_set("si_mean"), settings.number_if_set("si_sd")) {
        (None, None) => return Ok(Vec::new()),
        (Some(mean), Some(sd)) => (mean, sd),
        _ => return Err(Error::invalid("`si_mean` and `si_sd` belong together; give both")),
    };
    let (mean_sd, sd_sd) = (settings.number_if_set("si_mean_sd"), settings.number_if_set("si_sd_sd"));
    if mean_sd.is_none() && sd_sd.is_none() {
        return Ok(vec![Interval::gamma(mean, sd)?]);
    }
    // Without bounds a mean must still be above a day and a deviation above nought.
    let bounds = |key: &str, least: f64, centre: f64| {
        let low = settings.number_if_set(&format!("{key}_min")).unwrap_or(least).max(least);
        (low, settings.number_if_set(&format!("{key}_max")).unwrap_or(2.0 * centre))
    };
    let (mean_bounds, sd_bounds) = (bounds("si_mean", 1.001, mean), bounds("si_sd", 0.01, sd));
    let mut rng = Rng::of(settings.whole("seed").unsigned_abs(), PAIRS, 0);
    let mut intervals = Vec::with_capacity(settings.size("pairs"));
    for _ in 0..settings.size("pairs") {
        let drawn_mean = drawn(&mut rng, mean, mean_sd.unwrap_or(0.0), mean_bounds)?;
        let drawn_sd = drawn(&mut rng, sd, sd_sd.unwrap_or(0.0), sd_bounds)?;
        intervals.push(Interval::gamma(drawn_mean, drawn_sd)?);
    }
    Ok(intervals)
}

/// A normal draw within bounds.
fn drawn(rng: &mut Rng, mean: f64, sd: f64, (low, high): (f64, f64)) -> Result<f64> {
    for _ in 0..10_000 {
        let value = mean + sd * rng.normal();
        if (low..=high).contains(&value) {
            return Ok(value);
        }
    }
    Err(Error::invalid(format!(
        "serial intervals around {mean} with deviation {sd} are never between {low} and {high}; widen the bounds"
    )))
}

/// First and last days, counted from 0: those that are set, by numbers of which the first day has `first`, or sliding ones
/// from the second day on.
pub fn windows(settings: &Settings, days: usize, first: i64) -> Result<Vec<(usize, usize)>> {
    let (starts, ends) = (settings.numbers("t_start"), settings.numbers("t_end"));
    if starts.len() != ends.len() {
        return Err(Error::invalid("`t_start` and `t_end` hold different numbers of days"));
    }
    if starts.is_empty() {
        let window = settings.size("window");
        if days < window + 1 {
            let text = format!("{days} days; a window of {window} needs at least {}", window + 1);
            return Err(Error::invalid(text));
        }
        return Ok((1..=days - window).map(|start| (start, start + window - 1)).collect());
    }
    let day = |number: &f64| {
        let day = *number - first as f64;
        let inside = day.fract() == 0.0 && day >= 1.0 && day < days as f64;
        let last = first.saturating_add(i64::try_from(days).unwrap_or(i64::MAX) - 1);
        inside.then_some(day as usize).ok_or_else(|| {
            Error::invalid(format!("`{number}` in `t_start` or `t_end`: windows lie between {} and {last}", first + 1))
        })
    };
    starts.iter().zip(&ends).map(|(start, end)| Ok((day(start)?, day(end)?))).collect()
}
