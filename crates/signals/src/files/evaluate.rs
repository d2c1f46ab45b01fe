//! `evaluate SERIES.csv`: how good each method is on series whose truth is known, or on made ones; and, for a line list
//! of onsets and reports, how its alarms on the day differ from those in hindsight.

use super::checked::{self, Wanted};
use super::print::row_text;
use super::table::Table;
use crate::detect::{self, Detector, METHODS, Method};
use crate::evaluate::{self, Backtest, Estimate, Measures, PLAN, Plan, Report};
use crate::settings::Range::{Flag, OneOf, Text, Whole};
use crate::{Day, Given, Series, Setting, Settings, Step, Words};
use base::{Error, Result};
use serde_json::{Map, Value, json};
use std::io::Read;

/// Points of all series together.
const POINTS_MAX: usize = 50_000_000;

/// What may be set beside the series that are made (`evaluate::PLAN`). A line `METHOD.key = value` sets a method;
/// `methods = farrington, farrington@strict` with `strict.alpha = 0.001` compares two settings of one.
pub static EVALUATE: &[Setting] = &[
    Setting {
        key: "methods",
        about: Words { zh: "评价哪些方法", en: "which methods; `name@label` for one more setting of the same" },
        unit: "",
        default: "",
        range: Text,
        source: "empty: all that are meant for the step of the series",
    },
    Setting {
        key: "simulate",
        about: Words { zh: "用模拟序列", en: "made series instead of a file" },
        unit: "",
        default: "no",
        range: Flag,
        source: "without a file: yes",
    },
    Setting {
        key: "step",
        about: Words { zh: "数据间隔", en: "how far two points of the file are apart" },
        unit: "",
        default: "auto",
        range: OneOf(&["auto", "day", "week"]),
        source: "auto: from the dates; numbered points are weeks; a line list goes by days",
    },
    Setting {
        key: "judged",
        about: Words { zh: "评价最后多少期", en: "so many of the last points of each series are judged" },
        unit: "points",
        default: "0",
        range: Whole(0, 1_000_000),
        source: "0: a quarter of the series, at most 104 weeks or 364 days",
    },
    Setting {
        key: "grace",
        about: Words {
            zh: "暴发后仍算发现的期数", en: "points after an outbreak in which an alarm still finds it"
        },
        unit: "points",
        default: "0",
        range: Whole(0, 1_000),
        source: "judgement",
    },
    Setting {
        key: "lag",
        about: Words {
            zh: "回溯评价：期末后多少期再判断",
            en: "line lists: points after its end at which a point is judged",
        },
        unit: "points",
        default: "0",
        range: Whole(0, 1_000),
        source: "as known that day",
    },
    Setting {
        key: "layout",
        about: Words { zh: "输出格式", en: "CSV, or a table of Markdown as in the documentation" },
        unit: "",
        default: "csv",
        range: OneOf(&["csv", "table"]),
        source: "",
    },
    Setting {
        key: "bootstrap",
        about: Words { zh: "自助法次数", en: "times that series are drawn again for intervals of means" },
        unit: "draws",
        default: "1000",
        range: Whole(0, 100_000),
        source: "usual",
    },
];

/// A method with the settings under which it is compared.
struct Rival {
    label: String,
    method: &'static Method,
    settings: Settings,
    detector: Box<dyn Detector>,
}

/// How good the methods are.
///
/// With a file of columns `t` or `date`, `observed`, `state` (and `series`, a name, where there are several), or with
/// made series where `file` is none or `simulate` is yes, prints a row for each method: `method,series,points,silent,
/// outbreaks,detected`, then `sensitivity` (share of outbreaks), `point_sensitivity`, `specificity`, `ppv`, `npv` (each
/// with `_low` and `_high`, Wilson 95 %), `delay` and `mlag` in points and `false_alarms` in 100 series-weeks (each with
/// its bootstrap 95 %), `note`. With a line list of `onset` and `report` prints `method,points,silent,both,only_then,
/// only_now,note`: alarms on the day against alarms in hindsight.
///
/// # Errors
/// What is wrong with a setting or with a row of the file.
pub fn evaluate(file: Option<(&mut dyn Read, &str)>, given: &Given, json: bool) -> Result<String> {
    let mut given = given.clone();
    let names = given.clone().parted(EVALUATE).0;
    let common = Settings::of(EVALUATE, &names)?;
    let listed = listed(&common)?;
    let own: Vec<Given> = listed.iter().map(|(label, _)| given.taken(label)).collect();
    let (_, rest) = given.parted(EVALUATE);
    let plan = Settings::of(PLAN, &rest)?;
    let simulated = common.flag("simulate") || file.is_none();
    let draws = common.size("bootstrap");
    let seed = plan.whole("seed").unsigned_abs();
    let input = match file {
        Some((from, what)) if !simulated => {
            let whole = listed.iter().any(|(_, method)| method.whole);
            read(from, what, &common, whole)?
        }
        _ => Input::Series(made(&plan)?),
    };
    let step = match &input {
        Input::Series(all) => all[0].step,
        Input::LineList(..) => line_list_step(&common),
    };
    let mut rivals = Vec::new();
    let mut left_out = Vec::new();
    for ((label, method), own) in listed.into_iter().zip(own) {
        if !method.steps.contains(&step) {
            left_out.push(label);
            continue;
        }
        let (settings, detector) = method.detector(&own)?;
        rivals.push(Rival { label, method, settings, detector });
    }
    let rows: Vec<Row> = match &input {
        Input::Series(all) => rivals.iter().map(|rival| measured(rival, all, &common, (draws, seed))).collect(),
        Input::LineList(reports) => rivals.iter().map(|rival| tested(rival, reports, &common)).collect(),
    };
    let with_plan = simulated.then_some(&plan);
    Ok(match (json, common.text("layout")) {
        (true, _) => as_json(&rivals, &rows, &left_out, (&common, with_plan)),
        (false, "table") => as_table(&rivals, &rows, step),
        (false, _) => as_csv(&rivals, &rows, &left_out),
    })
}

/// The methods that are named, each under its label.
fn listed(common: &Settings) -> Result<Vec<(String, &'static Method)>> {
    let names: Vec<&str> = common.text("methods").split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Ok(METHODS.iter().map(|method| (method.name.to_owned(), *method)).collect());
    }
    let one = |name: &&str| {
        let (method, label) = name.split_once('@').unwrap_or((name, name));
        Ok((label.to_owned(), detect::method(method)?))
    };
    let listed = names.iter().map(one).collect::<Result<Vec<_>>>()?;
    match listed.iter().enumerate().find(|(nth, one)| listed[..*nth].iter().any(|before| before.0 == one.0)) {
        Some((_, (label, _))) => Err(Error::invalid(format!("`methods` names `{label}` twice; write `{label}@other`"))),
        None => Ok(listed),
    }
}

enum Input {
    /// At least one.
    Series(Vec<Series>),
    LineList(Vec<Report>),
}

fn made(plan: &Settings) -> Result<Vec<Series>> {
    let count = plan.size("series");
    let plan = Plan::of(plan);
    if plan.points.saturating_mul(count) > POINTS_MAX {
        let text = format!("`series` × `points` is more than {POINTS_MAX}; make fewer");
        return Err(Error::too_costly(text));
    }
    Ok((0..count as u64).map(|nth| evaluate::simulate(&plan, nth)).collect())
}

fn read(from: &mut dyn Read, what: &str, common: &Settings, whole: bool) -> Result<Input> {
    let mut text = Vec::new();
    from.read_to_end(&mut text).map_err(|error| Error::invalid(format!("{what}: {error}")))?;
    let table = Table::open(&text[..], what)?;
    if table.column_if(&["onset"]).is_some() || table.column_if(&["dhosp"]).is_some() {
        return line_list(table).map(Input::LineList);
    }
    table.column(&["state"])?;
    let named = table.column_if(&["series"]);
    let step = match common.text("step") {
        "day" => Some(Step::Day),
        "week" => Some(Step::Week),
        _ => None,
    };
    let wanted = Wanted { whole, step, step_else: Step::Week };
    let Some(named) = named else {
        return Ok(Input::Series(vec![checked::series(&text[..], what, wanted)?.series]));
    };
    let mut all = Vec::new();
    for (name, part) in parted(&text, what, &named)? {
        let what = format!("{what}, series `{name}` by itself");
        all.push(checked::series(&part[..], &what, wanted)?.series);
    }
    match all.iter().map(|series| series.step).find(|step| *step != all[0].step) {
        Some(_) => Err(Error::invalid(format!("{what}: some series go by days and some by weeks; give two files"))),
        None if all.is_empty() => Err(Error::invalid(format!("{what}: there is no row below the heading"))),
        None => Ok(Input::Series(all)),
    }
}

/// The rows of each series as a file of its own, in the order in which the series begin.
fn parted(text: &[u8], what: &str, named: &super::table::Column) -> Result<Vec<(String, Vec<u8>)>> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(text);
    let mut record = csv::StringRecord::new();
    let mut heading: Vec<u8> = Vec::new();
    let mut parts: Vec<(String, csv::Writer<Vec<u8>>)> = Vec::new();
    let mut nth = std::collections::HashMap::new();
    let broken = |error: csv::Error| Error::invalid(format!("{what}: {error}"));
    while rows.read_record(&mut record).map_err(broken)? {
        if heading.is_empty() {
            let mut out = csv::Writer::from_writer(Vec::new());
            out.write_record(&record).map_err(broken)?;
            heading = out.into_inner().unwrap_or_default();
            continue;
        }
        let name = record.get(named.place()).unwrap_or_default().to_owned();
        let at = *nth.entry(name.clone()).or_insert_with(|| {
            parts.push((name, csv::WriterBuilder::new().flexible(true).from_writer(heading.clone())));
            parts.len() - 1
        });
        parts[at].1.write_record(&record).map_err(broken)?;
    }
    Ok(parts.into_iter().map(|(name, out)| (name, out.into_inner().unwrap_or_default())).collect())
}

fn line_list<R: Read>(mut table: Table<R>) -> Result<Vec<Report>> {
    let onset = table.column(&["onset", "dhosp"])?;
    let known = table.column(&["report", "reported", "dreport"])?;
    let mut reports = Vec::new();
    while table.advance()? {
        let report = Report { onset: table.day(&onset)?, known: table.day(&known)? };
        if report.known < report.onset {
            return Err(table.wrong(&known, "lies before the onset"));
        }
        reports.push(report);
    }
    let days = reports.iter().map(|report| report.onset);
    match (days.clone().min(), days.max()) {
        (Some(first), Some(last)) if i64::from(last) - i64::from(first) < 100_000 => Ok(reports),
        (Some(_), Some(_)) => Err(table.wrong(&onset, "and the first onset lie centuries apart")),
        _ => Err(table.wrong(&onset, "is missing: there is no row below the heading")),
    }
}

fn line_list_step(common: &Settings) -> Step {
    if common.text("step") == "week" { Step::Week } else { Step::Day }
}

enum Row {
    Measured(Box<Measures>),
    Tested(Backtest),
}

fn measured(rival: &Rival, all: &[Series], common: &Settings, (draws, seed): (usize, u64)) -> Row {
    let longest = all.iter().map(Series::len).max().unwrap_or_default();
    let judged = match common.size("judged") {
        0 => longest.div_ceil(4).min(if all[0].step == Step::Day { 364 } else { 104 }),
        judged => judged,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies = evaluate::judge(&*rival.detector, all, judged, common.size("grace"), threads);
    Row::Measured(Box::new(Measures::of(&tallies, draws, seed)))
}

fn tested(rival: &Rival, reports: &[Report], common: &Settings) -> Row {
    let step = line_list_step(common);
    let onsets = reports.iter().map(|report| report.onset);
    let first: Day = onsets.clone().min().unwrap_or_default();
    // A week of a line list begins on a Monday.
    let first = if step == Step::Week { first - (first + 3).rem_euclid(7) } else { first };
    let last: Day = reports.iter().map(|report| report.known).max().unwrap_or_default();
    let points = usize::try_from((last - first) / step.days() + 1).unwrap_or_default();
    let from = match common.size("judged") {
        0 => 0,
        judged => points.saturating_sub(judged),
    };
    let lag = common.size("lag");
    Row::Tested(evaluate::backtest(&*rival.detector, reports, first, step, from..points, lag))
}

/// Names of the figures of `Measures` that have intervals, in the order in which they are printed.
const FIGURES: [&str; 8] =
    ["sensitivity", "point_sensitivity", "specificity", "ppv", "npv", "delay", "mlag", "false_alarms"];

fn figures(measures: &Measures) -> [Estimate; 8] {
    let of = measures;
    [of.sensitivity, of.point_sensitivity, of.specificity, of.ppv, of.npv, of.delay, of.mlag, of.false_alarms]
}

fn as_csv(rivals: &[Rival], rows: &[Row], left_out: &[String]) -> String {
    let mut out = String::new();
    let tested = matches!(rows.first(), Some(Row::Tested(_)));
    let heading: Vec<String> = if tested {
        ["method", "points", "silent", "both", "only_then", "only_now", "note"].map(str::to_owned).to_vec()
    } else {
        let counts = ["method", "series", "points", "silent", "outbreaks", "detected"].map(str::to_owned);
        let each = |name: &&str| [(*name).to_owned(), format!("{name}_low"), format!("{name}_high")];
        counts.into_iter().chain(FIGURES.iter().flat_map(each)).chain(["note".to_owned()]).collect()
    };
    row_text(&mut out, &heading);
    for (rival, row) in rivals.iter().zip(rows) {
        let mut cells = vec![rival.label.clone()];
        match row {
            Row::Measured(of) => {
                cells.extend(
                    [of.series, of.points, of.silent, of.outbreaks, of.detected].map(|count| count.to_string()),
                );
                let cell = |number: Option<f64>| number.map(|number| format!("{number:.4}")).unwrap_or_default();
                cells.extend(figures(of).iter().flat_map(|one| [one.value, one.low, one.high].map(cell)));
            }
            Row::Tested(of) => {
                let counts = [of.points, of.silent, of.both, of.only_then, of.only_now];
                cells.extend(counts.map(|count| count.to_string()));
            }
        }
        cells.push(note(row).to_owned());
        row_text(&mut out, &cells);
    }
    for label in left_out {
        let mut cells = vec![String::new(); heading.len()];
        cells[0].clone_from(label);
        cells[heading.len() - 1] = NOT_MEANT.to_owned();
        row_text(&mut out, &cells);
    }
    out
}

/// A table of Markdown; delays are given in days. Methods that could not judge a point are left out.
fn as_table(rivals: &[Rival], rows: &[Row], step: Step) -> String {
    let mut out = match rows.first() {
        Some(Row::Tested(_)) => {
            "| method | points | alarms then and now | then only | now only |\n|---|---|---|---|---|\n"
        }
        _ => {
            "| method | found | specificity | PPV | NPV | delay, days | false alarms in 100 series-weeks |\n\
             |---|---|---|---|---|---|---|\n"
        }
    }
    .to_owned();
    let percent = |one: &Estimate| interval(one, 100.0, 1, " %");
    for (rival, row) in rivals.iter().zip(rows).filter(|(_, row)| note(row).is_empty()) {
        let cells = match row {
            Row::Measured(of) => vec![
                percent(&of.sensitivity),
                percent(&of.specificity),
                percent(&of.ppv),
                percent(&of.npv),
                interval(&of.delay, f64::from(step.days()), 1, ""),
                interval(&of.false_alarms, 1.0, 2, ""),
            ],
            Row::Tested(of) => [of.points, of.both, of.only_then, of.only_now].map(|count| count.to_string()).to_vec(),
        };
        out.push_str(&format!("| {} | {} |\n", rival.label, cells.join(" | ")));
    }
    out
}

/// `81.2 (74.9–86.2)`.
fn interval(of: &Estimate, times: f64, digits: usize, unit: &str) -> String {
    let text = |number: f64| format!("{:.digits$}", number * times);
    match (of.value, of.low, of.high) {
        (Some(value), Some(low), Some(high)) => format!("{}{unit} ({}–{})", text(value), text(low), text(high)),
        (Some(value), ..) => format!("{}{unit}", text(value)),
        _ => "–".to_owned(),
    }
}

const NOT_MEANT: &str = "not meant for this step";

fn note(row: &Row) -> &'static str {
    let nothing = match row {
        Row::Measured(of) => of.points == 0,
        Row::Tested(of) => of.points == 0,
    };
    if nothing { "no point could be judged" } else { "" }
}

fn as_json(
    rivals: &[Rival],
    rows: &[Row],
    left_out: &[String],
    (common, plan): (&Settings, Option<&Settings>),
) -> String {
    let used = |settings: &Settings| -> Map<String, Value> {
        settings.used().map(|(key, value)| (key.to_owned(), value.into())).collect()
    };
    let methods: Vec<Value> = rivals
        .iter()
        .zip(rows)
        .map(|(rival, row)| {
            let found = match row {
                Row::Measured(of) => json!(of),
                Row::Tested(of) => json!(of),
            };
            json!({
                "label": rival.label, "method": rival.method.name, "settings": used(&rival.settings),
                "found": found, "note": note(row),
            })
        })
        .collect();
    let whole = json!({
        "settings": used(common), "made": plan.map(used), "methods": methods, "left_out": left_out,
        "intervals": "95 %: Wilson for shares; bootstrap over series for delay, mlag, false_alarms",
    });
    format!("{whole:#}\n")
}
