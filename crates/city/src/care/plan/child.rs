//! Checks of children from birth to school at the community centre (national norm of basic public health services).

use super::{Contact, Key, Kind, Part, Plan, Reason, nth};
use crate::day::{Day, is_working_day, minute, month_of};
use crate::places::Specialty;

/// Months of age of the checks; the first is the visit at home after discharge.
pub const CHECKS: [u8; 13] = [0, 1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72];

impl Plan<'_> {
    pub fn childhood(&mut self) {
        if self.person.born + 80 * 31 < self.days.start {
            return;
        }
        for (at, months) in CHECKS.into_iter().enumerate() {
            let due = self.person.born + if months == 0 { 6 } else { (f64::from(months) * 30.44) as Day };
            let key = Key { month: month_of(due), nth: nth::CHILD + at as u16 };
            let mut rng = self.draws(key, Part::Contact);
            if !rng.chance(0.93) {
                continue;
            }
            let wait = if months == 0 { rng.between(0, 3) } else { rng.exponential(7.0) as i64 };
            let on = due + wait as Day;
            let on = (on..on + 12).find(|day| is_working_day(*day)).unwrap_or(on);
            let start = minute(on, 8, 30 + rng.between(0, 400));
            let kind = if months == 0 { Kind::Home } else { Kind::ChildCheck };
            let end = start + rng.between(15, 40);
            let centre = self.centre();
            self.push(Contact::new(key, kind, start..end, centre, Specialty::GeneralPractice, Reason::Child(months)));
        }
    }
}
