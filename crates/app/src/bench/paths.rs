//! Workloads (c) to (g): the paths that ask for what was written. Two servers that hold the same patients get the same
//! questions in the same order; only the ids in them differ.

use super::made::{Managed, SYSTEM, any_birth, any_code, any_day, number};
use anyhow::{Context, bail};
use city::Rng;
use city::day::{date_text, minute_text};

const SEED: u64 = 7;
/// Of (e), days of birth in a range; of (f), days of results in a range: wide enough that a record of a thousand patients
/// already fills a page of 50, so that records of all sizes answer with as much.
const BIRTH_DAYS: i32 = 20 * 365;
const RESULT_DAYS: i32 = 365;
/// The same with ranges that leave less than a page in a small record.
const BIRTH_DAYS_NARROW: i32 = 5 * 365;
const RESULT_DAYS_NARROW: i32 = 90;

/// A patient in the file of ids.
struct Known<'a> {
    nth: u64,
    patient: &'a str,
    observation: &'a str,
}

/// Writes `count` paths of a workload to `out`; `managed` leaves only the patients of the Organization to ask for.
pub fn run(workload: &str, ids: &str, count: u64, managed: Managed, out: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(ids).with_context(|| format!("`{ids}` cannot be read"))?;
    let mut known = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(nth), Some(patient), Some(observation)) = (words.next(), words.next(), words.next()) else {
            bail!("`{ids}` holds no ids as `bench write --ids` writes them: `{line}`");
        };
        let nth = nth.parse().with_context(|| format!("`{nth}` is no number of a patient"))?;
        if managed.of == 0 || managed.holds(nth) {
            known.push(Known { nth, patient, observation });
        }
    }
    if known.is_empty() {
        bail!("`{ids}` holds no patients to ask for");
    }
    let mut lines = String::new();
    for nth in 0..count {
        // The draws do not depend on the workload, so that all of them ask for the same patients.
        let mut rng = Rng::of(SEED, 1, nth);
        let one = rng.pick(&known);
        lines.push_str(&path(workload, one, &mut rng)?);
        lines.push('\n');
    }
    std::fs::write(out, lines).with_context(|| format!("`{out}` cannot be written"))
}

fn path(workload: &str, known: &Known<'_>, rng: &mut Rng) -> anyhow::Result<String> {
    Ok(match workload {
        "read" if rng.below(2) == 0 => format!("/Patient/{}", known.patient),
        "read" => format!("/Observation/{}", known.observation),
        "code" => {
            format!("/Observation?patient={}&code=http%3A%2F%2Floinc.org%7C{}&_count=50", known.patient, any_code(rng))
        }
        "birth" | "birth-narrow" => {
            let days = if workload == "birth" { BIRTH_DAYS } else { BIRTH_DAYS_NARROW };
            let from = any_birth(rng, days);
            let gender = if rng.below(2) == 0 { "male" } else { "female" };
            let (from, to) = (date_text(from), date_text(from + days));
            format!("/Patient?birthdate=ge{from}&birthdate=lt{to}&gender={gender}&_count=50")
        }
        "dated" | "dated-narrow" => {
            let days = if workload == "dated" { RESULT_DAYS } else { RESULT_DAYS_NARROW };
            let from = any_day(rng, days);
            // With their offset: a day is not the same in every server's zone.
            let at = |day| minute_text(i64::from(day) * city::day::DAY_MINUTES).replace(':', "%3A").replace('+', "%2B");
            format!(
                "/Observation?code=http%3A%2F%2Floinc.org%7C{}&date=ge{}&date=lt{}&_count=50",
                any_code(rng),
                at(from),
                at(from + days)
            )
        }
        "chained" => {
            let system = SYSTEM.replace(':', "%3A").replace('/', "%2F");
            format!("/Observation?subject%3APatient.identifier={system}%2Fmrn%7C{}&_count=50", number(known.nth))
        }
        other => {
            bail!("there is no workload `{other}`: read, code, birth, birth-narrow, dated, dated-narrow or chained")
        }
    })
}
