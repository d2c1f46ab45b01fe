//! `engine signals detect`: a series in, a verdict for each of its points out.

use super::checked::{self, Checked, Wanted};
use crate::detect::{self, Method, Silent, Verdict};
use crate::settings::Range::{OneOf, Text};
use crate::{Given, Setting, Settings, Step, Words};
use base::{Error, Result};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::Read;
use std::ops::Range;

/// What may be set of every method.
pub static COMMON: &[Setting] = &[
    Setting {
        key: "from",
        about: Words {
            zh: "从此期开始判断（期号或日期）；之前为基线",
            en: "the first point that is judged, by number or day; what lies before is only the past",
        },
        unit: "point or day",
        default: "",
        range: Text,
        source: "empty: every point",
    },
    Setting {
        key: "to",
        about: Words { zh: "判断到此期为止（含）", en: "the last point that is judged, by number or day" },
        unit: "point or day",
        default: "",
        range: Text,
        source: "empty: to the end",
    },
    Setting {
        key: "step",
        about: Words { zh: "数据间隔", en: "how far two points are apart" },
        unit: "",
        default: "auto",
        range: OneOf(&["auto", "day", "week"]),
        source: "auto: from the dates; points without dates go by the first step that the method is meant for",
    },
];

/// Judges the series of a CSV file by the method of a name.
///
/// Columns: `t` (whole numbers) or `date` (`2026-03-01`; also called `monday`), `observed` or `count` (`cases`, `case`;
/// an empty cell is a gap), and where they are there `population` and `state`. Prints
/// `t,observed,expected,upper,statistic,alarm,p,level,note`, and then `date` where the file has days.
///
/// # Errors
/// An unknown method or setting; a file that is not as described, with row and column.
pub fn detect(series: impl Read, what: &str, method: &str, given: &Given, json: bool) -> Result<String> {
    let method = detect::method(method)?;
    let (common, own) = given.parted(COMMON);
    let common = Settings::of(COMMON, &common)?;
    let (settings, detector) = method.detector(&own)?;
    let step = match common.text("step") {
        "day" => Some(Step::Day),
        "week" => Some(Step::Week),
        _ => None,
    };
    let wanted = Wanted { whole: method.whole, step, step_else: method.steps[0] };
    let checked = checked::series(series, what, wanted)?;
    if !method.steps.contains(&checked.series.step) {
        let (known, is) = match checked.series.step {
            Step::Day => ("weeks", "days"),
            Step::Week => ("days", "weeks"),
        };
        let name = method.name;
        return Err(Error::invalid(format!(
            "{what}: `{name}` is for series that go by {known}; this one goes by {is}"
        )));
    }
    let range = range(&checked, &common, what)?;
    let without_past = range.start == 0 && detector.reach().is_none();
    let verdicts = detect::one(&*detector, &checked.series, range);
    if without_past && untaught(&verdicts) {
        return Err(no_past(method, &checked, what));
    }
    match json {
        true => Ok(as_json(method, &common, &settings, &checked, &verdicts)),
        false => Ok(as_csv(&checked, &verdicts)),
    }
}

/// Whether nothing was judged for want of a past; gaps aside.
fn untaught(verdicts: &[Verdict]) -> bool {
    let short = |verdict: &&Verdict| matches!(verdict.silent, Some(Silent::ShortBaseline { .. }));
    let judged = |verdict: &&Verdict| verdict.silent.is_none_or(|why| why != Silent::Gap);
    verdicts.iter().any(|verdict| short(&verdict)) && verdicts.iter().filter(judged).all(|verdict| short(&verdict))
}

/// A method that learns from what lies before the first judged point was given nothing there.
fn no_past(method: &Method, checked: &Checked, what: &str) -> Error {
    let name = method.name;
    let control = match name {
        "shewhart" | "ewma" => ", or `mean` with `spread = poisson`",
        "lr-cusum" | "glr-cusum" => ", or `mean` with `dispersion` or `family = poisson`",
        _ if method.settings.iter().any(|setting| setting.key == "mean") => ", or `mean`",
        _ => "",
    };
    let first = checked.series.day(0).map_or_else(|| checked.number(0).to_string(), base::zone::day_text);
    Error::invalid(format!(
        "{what}: `{name}` learns from the points before the first one judged, and none lies before `{first}`; set `from` \
         (the first point judged){control}"
    ))
}

/// The points that are to be judged.
fn range(checked: &Checked, common: &Settings, what: &str) -> Result<Range<usize>> {
    let count = checked.series.len();
    let end = |key: &str, unset: i64| match common.text(key) {
        "" => Ok(unset),
        text => checked.point(text).ok_or_else(|| {
            let dated =
                if checked.series.first.is_some() { "a day such as 2026-03-01" } else { "no day (there are none)" };
            Error::invalid(format!("`{key}` = `{text}`: give the number of a point, or {dated}"))
        }),
    };
    let last = i64::try_from(count).unwrap_or(i64::MAX) - 1;
    let (from, to) = (end("from", 0)?, end("to", last)?.min(last));
    if from < 0 || from > to {
        let (from, to) = (common.text("from"), common.text("to"));
        return Err(Error::invalid(format!(
            "{what}: there is nothing to judge from `{from}` to `{to}`; the points are {} to {}",
            checked.number(0),
            checked.number(count - 1)
        )));
    }
    let point = |at: i64| usize::try_from(at).unwrap_or_default();
    Ok(point(from)..point(to) + 1)
}

fn as_csv(checked: &Checked, verdicts: &[Verdict]) -> String {
    let dated = checked.series.first.is_some();
    let mut out = String::with_capacity(64 * (verdicts.len() + 1));
    out.push_str("t,observed,expected,upper,statistic,alarm,p,level,note");
    out.push_str(if dated { ",date\n" } else { "\n" });
    for verdict in verdicts {
        let observed = Some(verdict.observed).filter(|count| !count.is_nan());
        let _ = write!(out, "{}", checked.number(verdict.at));
        for number in [observed, verdict.expected, verdict.upper, verdict.statistic] {
            number_cell(&mut out, number);
        }
        let _ = write!(out, ",{}", u8::from(verdict.alarm()));
        number_cell(&mut out, verdict.p);
        let _ = write!(out, ",{},", verdict.level.name());
        if let Some(silent) = &verdict.silent {
            let _ = write!(out, "{silent}");
        }
        if let Some(day) = checked.series.day(verdict.at) {
            let _ = write!(out, ",{}", base::zone::day_text(day));
        }
        out.push('\n');
    }
    out
}

fn number_cell(out: &mut String, number: Option<f64>) {
    out.push(',');
    if let Some(number) = number {
        let _ = write!(out, "{number}");
    }
}

fn as_json(method: &Method, common: &Settings, settings: &Settings, checked: &Checked, verdicts: &[Verdict]) -> String {
    let used: serde_json::Map<String, Value> =
        settings.used().chain(common.used()).map(|(key, value)| (key.to_owned(), value.into())).collect();
    let points: Vec<Value> = verdicts
        .iter()
        .map(|verdict| {
            json!({
                "t": checked.number(verdict.at),
                "date": checked.series.day(verdict.at).map(base::zone::day_text),
                "observed": (!verdict.observed.is_nan()).then_some(verdict.observed),
                "expected": verdict.expected,
                "upper": verdict.upper,
                "statistic": verdict.statistic,
                "alarm": verdict.alarm(),
                "p": verdict.p,
                "level": verdict.level.name(),
                "note": verdict.silent.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let step = checked.series.step;
    let series = json!({ "points": checked.series.len(), "gaps": checked.gaps, "step": step });
    let whole = json!({ "method": method.name, "settings": used, "series": series, "points": points });
    format!("{whole:#}\n")
}
