//! Lean visits and reports for the registrations of a made city: a record as large as a city's, for the boards.

use anyhow::Context;
use base::zone::{Zone, instant_text};
use base::{Clock, Millis};
use std::io::{BufRead, BufReader, BufWriter, Write};

const MINUTE: Millis = 60_000;
/// One visit in so many has a report.
const REPORT_EVERY: u64 = 6;

/// `from`: NDJSON with the registrations (Patient lines); `days` up to now are filled with one visit a registration.
pub fn run(from: &str, days: u64, out: &str) -> anyhow::Result<()> {
    let input = std::fs::File::open(from).with_context(|| format!("`{from}` cannot be read"))?;
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(out)?);
    let zone = Zone::default();
    let now = Clock::System.now();
    let (today, minute) = zone.day_and_minute(now);
    let (mut visits, mut reports) = (0, 0);
    for line in BufReader::with_capacity(1 << 20, input).lines() {
        let line = line?;
        let Some((patient, organization)) = registration(&line) else { continue };
        let mut draw = mixed(visits);
        let back = draw % days;
        // Most come in the morning, as they do.
        let at = 7 * 60 + (draw >> 20) % 300 + (draw >> 40) % 300;
        let at = if back == 0 { at % u64::from(minute.max(1)) } else { at };
        let midnight = zone.start_of_day(today - i32::try_from(back)?).context("a day before 1970")?;
        let (start, end) = (midnight + at as Millis * MINUTE, midnight + (at as Millis + 12) * MINUTE);
        draw >>= 8;
        let class = if draw.is_multiple_of(9) { "EMER" } else { "AMB" };
        writeln!(
            file,
            r#"{{"resourceType":"Encounter","id":"visit-{visits}","meta":{{"source":"urn:jingluo:institution:{organization}"}},"status":"finished","class":{{"code":"{class}"}},"subject":{{"reference":"Patient/{patient}"}},"period":{{"start":"{}","end":"{}"}},"serviceProvider":{{"reference":"Organization/{organization}"}}}}"#,
            instant_text(start),
            instant_text(end)
        )?;
        if draw.is_multiple_of(REPORT_EVERY) {
            reports += 1;
            let issued = instant_text(end + 40 * MINUTE);
            writeln!(
                file,
                r#"{{"resourceType":"DiagnosticReport","id":"report-{visits}","meta":{{"source":"urn:jingluo:institution:{organization}"}},"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"58410-2"}}]}},"subject":{{"reference":"Patient/{patient}"}},"issued":"{issued}","performer":[{{"reference":"Organization/{organization}"}}]}}"#
            )?;
        }
        visits += 1;
    }
    file.flush()?;
    crate::say::line(&format!("{visits} visits and {reports} reports"));
    Ok(())
}

/// The id of a registration and of its institution, as the city writes them.
fn registration(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix(r#"{"resourceType":"Patient","id":""#)?;
    let id = rest.split('"').next()?;
    let organization = rest.split(r#""managingOrganization":{"reference":"Organization/"#).nth(1)?.split('"').next()?;
    Some((id, organization))
}

/// A number that looks drawn (splitmix64).
fn mixed(nth: u64) -> u64 {
    let mut x = nth.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
