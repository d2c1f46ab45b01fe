//! When a report exists: most are final at once, some come preliminary first, a few are corrected afterwards. Drawn for each
//! examination by itself, so that the truth knows it without writing the report.

use super::super::plan::{Exam, Item, Kind};
use super::Scene;
use crate::day::{DAY_MINUTES, Minute, day_of, minute};
use crate::places::InstitutionKind;
use crate::rng::Rng;

pub const PRELIMINARY: f64 = 0.05;
const CORRECTED: f64 = 0.006;
/// A result that takes at least so long may be told preliminary.
const SLOW_MINUTES: i64 = 90;

/// When a report exists, and in which states it goes out.
pub struct Issue {
    pub states: &'static [&'static str],
    pub times: [Minute; 2],
    pub arrivals: [Minute; 2],
}

impl Issue {
    /// States of a report by one draw; `times`: when it can be told preliminary, is final, and would be corrected.
    pub fn of(scene: &Scene, drawn: f64, slow: bool, [early, done, late]: [Minute; 3]) -> Issue {
        let (states, times): (&'static [&'static str], [Minute; 2]) = if slow && drawn < PRELIMINARY {
            (&["preliminary", "final"], [early, done])
        } else if drawn > 1.0 - CORRECTED {
            (&["final", "corrected"], [done, late])
        } else {
            (&["final"], [done, done])
        };
        Issue { states, times, arrivals: times.map(|at| scene.arrival(at)) }
    }

    pub fn arrivals(&self) -> &[Minute] {
        &self.arrivals[..self.states.len()]
    }

    pub fn time(&self, version: usize) -> Minute {
        self.times[version]
    }

    pub fn last(&self) -> Minute {
        self.times[self.states.len() - 1]
    }

    /// The first version that may be used, as its place in `times`.
    pub fn usable(&self) -> usize {
        usize::from(self.states[0] == "preliminary")
    }
}

impl Scene<'_> {
    /// How the report of a panel or an image comes about.
    pub fn issue_of(&self, exam: &Exam) -> Issue {
        let mut rng = self.plan.draws_of_exam(self.contact.key, exam.nth);
        match exam.item {
            Item::Panel(nth) => self.issue_of_panel(self.plan.tables.panels[nth as usize].minutes, exam.at, &mut rng),
            Item::Image(nth) => {
                let minutes = self.plan.tables.images[nth as usize].minutes;
                let wait = rng.lognormal(minutes as f64, 0.4).clamp(8.0, 4300.0) as Minute;
                let done = exam.at + wait;
                Issue::of(self, rng.unit(), minutes >= SLOW_MINUTES, [exam.at + wait / 3, done, done + 300])
            }
            Item::Assay => Issue::of(self, 0.5, false, [exam.at; 3]),
        }
    }

    fn issue_of_panel(&self, usual: i64, at: Minute, rng: &mut Rng) -> Issue {
        // Community centres send what is not urgent to a larger laboratory; samples of the night wait until morning.
        let sent_out = self.institution.kind == InstitutionKind::CommunityCentre && usual > 50;
        let minutes = usual as f64 * if sent_out { 9.0 } else { 1.0 };
        let drawn = rng.unit();
        let mut done = at + rng.lognormal(minutes, 0.3).clamp(5.0, 4200.0) as Minute;
        if !matches!(self.kind(), Kind::Emergency | Kind::Fever | Kind::Stay) {
            let of_day = done.rem_euclid(DAY_MINUTES);
            if !(420..1140).contains(&of_day) {
                done = minute(day_of(done) + i32::from(of_day >= 1140), 8, of_day % 50);
            }
        }
        let extra = (drawn * 1e7) as Minute % 600;
        Issue::of(self, drawn, usual >= SLOW_MINUTES, [at + (done - at) / 2, done, done + 90 + extra])
    }
}
