//! The day that a board shows, the days it is compared with, and how much of it has passed.

use super::days::{Counts, day};
use super::figures::Figure;
use super::rules::Measure;
use super::view::{Scope, View};
use base::{Cx, Error, Result};
use runtime::program::{Env, Given};

/// Same weekdays before the day that make the usual one.
const WEEKS: i32 = 4;
const HOURS: usize = 24;

/// A day as it is looked at now.
pub struct Moment {
    pub day: i32,
    /// Minutes of the day that have passed; none for a day that is over.
    minute: Option<u16>,
}

impl Moment {
    /// The day that is asked for, or today.
    pub fn of(cx: &Cx, env: &Env, given: &Given) -> Result<Moment> {
        let zone = &env.site.zone;
        let (today, minute) = zone.day_and_minute(cx.now());
        let Some(text) = given.text("day") else { return Ok(Moment { day: today, minute: Some(minute) }) };
        let wrong = || Error::invalid(format!("`day` is a day such as 2026-03-01, not `{text}`"));
        let period = fhir::parse_date(text, zone).filter(|_| text.len() == 10).ok_or_else(wrong)?;
        let (day, _) = zone.day_and_minute(period.start);
        match day {
            _ if day < WEEKS * 7 => Err(wrong()),
            _ if day > today => Err(Error::invalid(format!("`{text}` is still to come"))),
            _ => Ok(Moment { day, minute: (day == today).then_some(minute) }),
        }
    }

    /// The four same weekdays before, as far as anything was counted on them.
    pub fn usual(&self, env: &Env, measure: Measure) -> Result<Vec<Counts>> {
        let before = (1..=WEEKS).map(|weeks| day(env, measure, self.day - 7 * weeks));
        let found: Vec<Counts> = before.collect::<Result<_>>()?;
        Ok(found.into_iter().filter(|counts| !counts.is_empty()).collect())
    }

    /// Visits by hour of the day.
    pub fn hours(&self, env: &Env, view: &View, scope: &Scope) -> Result<[i64; HOURS]> {
        Ok(by_hour(view, scope, &day(env, Measure::Hours, self.day)?))
    }

    /// And what they usually are.
    pub fn usual_hours(&self, env: &Env, view: &View, scope: &Scope) -> Result<[f64; HOURS]> {
        let days = self.usual(env, Measure::Hours)?;
        let mut mean = [0.0; HOURS];
        for counts in &days {
            let hours = by_hour(view, scope, counts);
            mean.iter_mut().zip(hours).for_each(|(mean, count)| *mean += count as f64 / days.len() as f64);
        }
        Ok(mean)
    }

    /// The share of a usual day that has passed: of its visits, or of its minutes where none are known.
    pub fn share(&self, usual_hours: &[f64; HOURS]) -> f64 {
        let Some(minute) = self.minute else { return 1.0 };
        let (hour, into) = (usize::from(minute / 60), f64::from(minute % 60) / 60.0);
        let whole: f64 = usual_hours.iter().sum();
        let passed: f64 = usual_hours[..hour].iter().sum::<f64>() + usual_hours[hour] * into;
        if whole > 0.0 { passed / whole } else { f64::from(minute) / 1_440.0 }
    }
}

fn by_hour(view: &View, scope: &Scope, counts: &Counts) -> [i64; HOURS] {
    let mut hours = [0; HOURS];
    for same in counts.chunk_by(|one, next| one.org == next.org) {
        if !view.has(Figure::Visits, scope, same[0].org) {
            continue;
        }
        for count in same {
            if let Some(hour) = count.part.parse::<usize>().ok().filter(|&hour| hour < HOURS) {
                hours[hour] += count.count;
            }
        }
    }
    hours
}
