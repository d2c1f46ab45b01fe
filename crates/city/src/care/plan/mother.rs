//! Pregnancies: antenatal visits by week, the visit at home after birth, the check after 42 days.

use super::rates::clinic_minute;
use super::{Contact, Key, Kind, Part, Plan, Reason, nth};
use crate::day::{Day, is_working_day, month_of};
use crate::model::{Outcome, Risk};
use crate::places::Specialty;

/// Weeks of antenatal visits; the national norm asks for five, the city's hospitals see women about twice as often.
const WEEKS: [u8; 12] = [8, 12, 16, 20, 24, 28, 30, 32, 34, 36, 37, 38];

impl Plan<'_> {
    pub fn is_caesarean(&self, nth: u8) -> bool {
        self.pregnancy(nth).outcome == Outcome::Caesarean
    }

    pub fn is_loss(&self, nth: u8) -> bool {
        self.pregnancy(nth).outcome == Outcome::Loss
    }

    pub fn pregnancies(&mut self) {
        for nth in 0..self.person.pregnancies.len() as u8 {
            let pregnancy = *self.pregnancy(nth);
            for (at, week) in WEEKS.into_iter().enumerate() {
                self.antenatal(nth, at as u16, week);
                // Risky pregnancies are seen between the usual visits.
                if matches!(pregnancy.risk, Risk::Orange | Risk::Red) && week >= 28 {
                    self.antenatal(nth, at as u16 + 20, week + 1);
                }
            }
            if pregnancy.outcome != Outcome::Loss {
                self.after_birth(nth);
            }
        }
    }

    fn antenatal(&mut self, nth: u8, at: u16, week: u8) {
        let pregnancy = *self.pregnancy(nth);
        let due = pregnancy.start + Day::from(week) * 7;
        let key = Key { month: month_of(due), nth: nth::ANTENATAL + u16::from(nth % 2) * 40 + at };
        let mut rng = self.draws(key, Part::Contact);
        let on = due + rng.between(0, 6) as Day;
        let on = (on..on + 9).find(|day| is_working_day(*day)).unwrap_or(on);
        if on + 1 >= pregnancy.end || rng.chance(0.05) {
            return;
        }
        let start = clinic_minute(on, &mut rng);
        let end = start + rng.between(20, 80);
        let reason = Reason::Antenatal(nth, ((on - pregnancy.start) / 7) as u8);
        // The record of the pregnancy is opened at the community centre.
        let (institution, specialty) = if week == 8 {
            (self.centre(), Specialty::GeneralPractice)
        } else {
            (pregnancy.hospital, Specialty::Obstetrics)
        };
        self.push(Contact::new(key, Kind::Antenatal, start..end, institution, specialty, reason));
    }

    fn after_birth(&mut self, nth: u8) {
        let pregnancy = *self.pregnancy(nth);
        let reason = Reason::Postpartum(nth);
        for (at, days, kind) in [(38, 9, Kind::Home), (39, 42, Kind::Antenatal)] {
            let due = pregnancy.end + days;
            let key = Key { month: month_of(due), nth: nth::ANTENATAL + u16::from(nth % 2) * 40 + at };
            let mut rng = self.draws(key, Part::Contact);
            if !rng.chance(0.94) {
                continue;
            }
            let start = clinic_minute(due + rng.between(0, 3) as Day, &mut rng);
            let (institution, specialty) = match kind {
                Kind::Home => (self.centre(), Specialty::GeneralPractice),
                _ => (pregnancy.hospital, Specialty::Obstetrics),
            };
            self.push(Contact::new(key, kind, start..start + 35, institution, specialty, reason));
        }
    }
}
