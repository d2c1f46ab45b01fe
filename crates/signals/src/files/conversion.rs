//! `interval`: one interval between cases in its several forms. Without files; printed as CSV it is a distribution by days
//! that `rt --si` reads.

use super::print::{number_text, printed_json, row_text};
use crate::intervals::{Gamma, Interval, generation_of, serial_of};
use crate::settings::Range::{Number, OneOf};
use crate::{Given, Setting, Settings, Words};
use base::{Error, Result};
use serde_json::json;

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    let source = "no default: it belongs to the disease";
    Setting { key, about: Words { zh, en }, unit: "days", default, range: Number(0.0, 500.0), source }
}

/// What may be set of `interval`.
pub static INTERVAL: &[Setting] = &[
    Setting {
        unit: "",
        range: OneOf(&["serial", "generation"]),
        source: "what is most often published",
        ..setting("from", "已知的间隔", "which interval `mean` and `sd` are of", "serial")
    },
    Setting {
        unit: "",
        range: OneOf(&["serial", "generation"]),
        source: "what is most often published",
        ..setting("to", "输出的间隔", "which interval is wanted", "serial")
    },
    setting("mean", "均值", "mean", ""),
    setting("sd", "标准差", "standard deviation", ""),
    setting("shape", "形状参数", "shape of a gamma distribution, in the place of mean and sd", ""),
    setting("scale", "尺度参数", "scale of a gamma distribution, in the place of mean and sd", ""),
    setting("incubation_sd", "潜伏期标准差", "standard deviation of the incubation period", ""),
    Setting {
        unit: "",
        range: Number(-1.0, 1.0),
        source: "no correlation known",
        ..setting("rho", "相关系数", "correlation of generation interval and incubation of the infector", "0")
    },
    Setting {
        unit: "1/day",
        range: Number(-5.0, 5.0),
        source: "none: no R is worked out",
        ..setting("r", "增长率", "growth rate, for which R is worked out", "")
    },
];

/// Prints `k,w`, the distribution by days of the interval that is wanted; as JSON also mean, deviation, shape, scale and R.
pub fn interval(given: &Given, as_json: bool) -> Result<String> {
    let settings = Settings::of(INTERVAL, given)?;
    let set = |key: &str| settings.number_if_set(key);
    let known = match (set("mean"), set("sd"), set("shape"), set("scale")) {
        (Some(mean), Some(sd), None, None) => (mean, sd),
        (None, None, Some(shape), Some(scale)) => {
            let gamma = Gamma { shape, scale };
            (gamma.mean(), gamma.sd())
        }
        _ => return Err(Error::invalid("give `mean` and `sd`, or `shape` and `scale`")),
    };
    let incubation = || {
        set("incubation_sd").ok_or_else(|| Error::invalid("from one interval to the other `incubation_sd` is needed"))
    };
    let (mean, sd) = match (settings.text("from"), settings.text("to")) {
        ("serial", "generation") => generation_of(known, incubation()?, settings.number("rho"))?,
        ("generation", "serial") => serial_of(known, incubation()?, settings.number("rho")),
        _ => known,
    };
    let (gamma, days) = (Gamma::of(mean, sd)?, Interval::gamma(mean, sd)?);
    if as_json {
        let r = set("r");
        let answer = json!({
            "interval": settings.text("to"), "mean": mean, "sd": sd, "shape": gamma.shape, "scale": gamma.scale,
            "by_days": { "mean": days.mean(), "sd": days.sd(), "weights": days.weights() },
            "reproduction": r.and_then(|r| gamma.reproduction(r)),
            "reproduction_by_days": r.map(|r| days.reproduction(r)),
        });
        return Ok(printed_json(&settings, answer));
    }
    let mut out = "k,w\n".to_owned();
    for (day, weight) in days.weights().iter().enumerate() {
        row_text(&mut out, &[day.to_string(), number_text(*weight)]);
    }
    Ok(out)
}
