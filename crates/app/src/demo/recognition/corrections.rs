//! Now and then a laboratory corrects a result on which somebody relied, or takes it back: it sends new versions of the report
//! and of the value, and the platform tells the doctor.

use super::Desk;
use super::desk::put;
use base::Millis;
use base::zone::instant_text;
use city::Minute;
use city::day::DAY_MINUTES;
use runtime::cards::{CODE_SYSTEM, Recorded, Standing};
use serde_json::{Number, Value, json};
use store::{Batch, Expect, Write};

/// Results are corrected soon or never.
const DAYS: Millis = 6;
const DAY_MILLIS: Millis = 86_400_000;
/// One of so many is taken back as a whole.
const ONE_WITHDRAWN_OF: u64 = 4;
/// What is added to findings that are sent again.
const SAID_AGAIN: &str = "（更正：原报告部位描述有误，以本次为准）";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

/// Minutes of the day at which a result is corrected.
const TIMES: [Minute; 2] = [9 * 60 + 40, 15 * 60 + 10];

/// Whether the time for a correction has come between two minutes.
pub fn is_time(before: Minute, now: Minute) -> bool {
    TIMES.iter().any(|time| (now - time).div_euclid(DAY_MINUTES) > (before - time).div_euclid(DAY_MINUTES))
}

/// Corrects some of the results that were recognised lately; `how_many` of so many. The first is one on which the hospital
/// of the demonstration's doctor relied, if there is one.
pub fn correct_some(desk: &Desk<'_>, how_many: impl Fn(usize) -> usize) -> base::Result<()> {
    let mut relied = relied_upon(desk)?;
    let mut rng = desk.habits.draws(&instant_text(desk.cx.now()));
    let home = desk.habits.home.as_deref();
    for nth in 0..how_many(relied.len()).min(relied.len()) {
        let at_home: Vec<usize> = (0..relied.len()).filter(|at| relied[*at].institution.as_deref() == home).collect();
        let at = match (nth, at_home.is_empty()) {
            (0, false) => *rng.pick(&at_home),
            _ => rng.below(relied.len() as u64) as usize,
        };
        let card = relied.swap_remove(at);
        let is_withdrawn = rng.below(ONE_WITHDRAWN_OF) == 0;
        let factor = if rng.chance(0.5) { 1.0 + 0.5 * rng.unit() } else { 1.0 - 0.4 * rng.unit() };
        desk.keep(&desk.cx, || correction(desk, &card, if is_withdrawn { None } else { Some(factor) }))?;
    }
    Ok(())
}

/// What was recognised in the last days and still stands as it was.
fn relied_upon(desk: &Desk<'_>) -> base::Result<Vec<Recorded>> {
    let since = instant_text(desk.cx.now() - DAYS * DAY_MILLIS);
    let params = [
        ("identified", format!("ge{since}")),
        ("code", format!("{CODE_SYSTEM}|recognition")),
        ("_count", "1000".to_owned()),
    ];
    let mut relied = Vec::new();
    for stored in desk.search("DetectedIssue", &params)? {
        if let Some(card) = Recorded::of(&stored)?
            && card.standing() == Standing::Accepted
            && card.status == "final"
        {
            relied.push(card);
        }
    }
    relied.sort_by(|one, other| one.uuid.cmp(&other.uuid));
    Ok(relied)
}

/// What a card rests on as it is sent again: the first value that can be another, and its report; without a factor, all of it
/// is withdrawn.
fn correction(desk: &Desk<'_>, card: &Recorded, factor: Option<f64>) -> base::Result<Batch> {
    let status = if factor.is_some() { "corrected" } else { "entered-in-error" };
    let issued = instant_text(desk.cx.now());
    let mut writes: Vec<Write> = Vec::new();
    let of_type = |name: &'static str| card.implicated.iter().filter_map(move |one| one.strip_prefix(name));
    let mut send = |name: &str, id: &str, change: &dyn Fn(&mut Value) -> bool| -> base::Result<bool> {
        let Some((mut resource, version)) = desk.read(name, id)? else { return Ok(false) };
        if resource["status"] != "final" || !change(&mut resource) {
            return Ok(false);
        }
        resource["status"] = status.into();
        resource["issued"] = issued.as_str().into();
        writes.push(put(id, &resource, Expect::Version(version))?);
        Ok(true)
    };
    let mut sent = Vec::new();
    for id in of_type("Observation/") {
        let change = |value: &mut Value| factor.is_none_or(|factor| change_value(value, factor));
        if send("Observation", id, &change)? {
            sent.push(format!("Observation/{id}"));
            if factor.is_some() {
                break;
            }
        }
    }
    for id in of_type("DiagnosticReport/") {
        let holds = |report: &mut Value| {
            let mut results = report["result"].as_array().into_iter().flatten();
            results.any(|result| sent.iter().any(|sent| result["reference"] == sent.as_str()))
        };
        send("DiagnosticReport", id, &holds)?;
    }
    Ok(Batch { writes, ..Batch::default() })
}

/// Another value, in as many digits, and the flag that follows; what is said in words is said again. False where neither is.
fn change_value(result: &mut Value, factor: f64) -> bool {
    if let Some(said) = result["valueString"].as_str() {
        result["valueString"] = format!("{said}{SAID_AGAIN}").into();
        return true;
    }
    let Value::Number(old) = &result["valueQuantity"]["value"] else { return false };
    let (text, Some(value)) = (old.to_string(), old.as_f64()) else { return false };
    let decimals = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let Ok(new) = format!("{:.decimals$}", value * factor).parse::<Number>() else { return false };
    let limit = |name: &str| result["referenceRange"][0][name]["value"].as_f64();
    let number = new.as_f64().unwrap_or(value);
    let (code, word) = match (limit("low"), limit("high")) {
        (Some(low), _) if number < low => ("L", "偏低"),
        (_, Some(high)) if number > high => ("H", "偏高"),
        _ => ("N", "正常"),
    };
    result["valueQuantity"]["value"] = Value::Number(new);
    result["interpretation"] = json!([{ "coding": [{ "system": INTERPRETATION, "code": code }], "text": word }]);
    true
}
