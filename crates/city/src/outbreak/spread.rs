//! An infection goes from person to person: who infected whom, where and when, in the order of time.
//!
//! What an infected person does to others is drawn from a generator of that person alone. So the past of an outbreak does not
//! depend on how long it is followed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::day::{Day, Minute, day_of, is_holiday, is_school_holiday, is_working_day, weekday};
use crate::outbreak::roster::{Member, Roster, Setting};
use crate::rng::Rng;

/// How strongly one infected person infects others.
#[derive(Clone, Copy, Debug)]
pub struct Force {
    /// Chance that a susceptible member of the household is infected (household secondary attack rate).
    pub household: f64,
    /// Infections that one infected person makes among susceptible members of the class, the rest of the school, the work site,
    /// the neighbourhood and the street.
    pub class: f64,
    pub school: f64,
    pub site: f64,
    pub neighbourhood: f64,
    pub street: f64,
    /// Median of the time from an infection to those it makes, and the deviation of its logarithm.
    pub generation_days: f64,
    pub generation_spread: f64,
}

/// One infection of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub member: u32,
    /// Who infected; nobody of the street where empty.
    pub by: Option<u32>,
    pub setting: Setting,
    pub at: Minute,
}

pub struct Spread<'a> {
    pub roster: &'a Roster,
    pub force: Force,
    pub seed: u64,
    /// Tells this outbreak's draws from those of all others.
    pub stream: u32,
    /// Chance that a member can be infected at all: no immunity by vaccine or an earlier infection.
    pub susceptible: &'a dyn Fn(&Member) -> f64,
    /// What is left of the contacts outside the household on a day, because of measures taken.
    pub contacts: &'a dyn Fn(Day) -> f64,
    /// Nobody is infected from this day on.
    pub until: Day,
    /// No more infections than this.
    pub cases_max: usize,
}

type Next = Reverse<(Minute, u32, Option<u32>, Setting)>;

impl Spread<'_> {
    /// All infections that follow from the first ones, in the order of time.
    pub fn run(&self, first: impl IntoIterator<Item = Link>) -> Vec<Link> {
        let mut infected = vec![false; self.roster.members.len()];
        let entry = |link: Link| Reverse((link.at, link.member, link.by, link.setting));
        let mut next: BinaryHeap<Next> = first.into_iter().map(entry).collect();
        let mut links = Vec::new();
        while let Some(Reverse((at, member, by, setting))) = next.pop() {
            let day = day_of(at);
            if day >= self.until || links.len() >= self.cases_max {
                break;
            }
            if infected[member as usize] || !self.roster.members[member as usize].is_here(day) {
                continue;
            }
            infected[member as usize] = true;
            links.push(Link { member, by, setting, at });
            next.extend(self.infected_by(member, at).into_iter().map(entry));
        }
        links
    }

    /// Whom one infected person infects, as far as they have not been infected before.
    fn infected_by(&self, member: u32, at: Minute) -> Vec<Link> {
        let mut rng = Rng::of(self.seed, self.stream, self.roster.members[member as usize].number);
        let mut links = Vec::new();
        for other in self.roster.with(Setting::Household, member) {
            let hit = rng.chance(self.force.household);
            let later = self.generation(at, &mut rng);
            if hit && *other != member && self.is_susceptible(*other) {
                links.push(Link { member: *other, by: Some(member), setting: Setting::Household, at: later });
            }
        }
        let settings = [
            (Setting::Class, self.force.class),
            (Setting::School, self.force.school),
            (Setting::Site, self.force.site),
            (Setting::Neighbourhood, self.force.neighbourhood),
            (Setting::Street, self.force.street),
        ];
        for (setting, force) in settings {
            let group = self.roster.with(setting, member);
            let size = if setting == Setting::Street { self.roster.members.len() } else { group.len() };
            if size < 2 {
                continue;
            }
            for _ in 0..rng.poisson(force) {
                let nth = rng.below(size as u64) as usize;
                let other = if setting == Setting::Street { nth as u32 } else { group[nth] };
                let later = self.generation(at, &mut rng);
                let day = day_of(later);
                let met = rng.chance((self.contacts)(day)) && is_open(setting, day);
                if met && other != member && self.is_susceptible(other) {
                    links.push(Link { member: other, by: Some(member), setting, at: later });
                }
            }
        }
        links
    }

    fn generation(&self, at: Minute, rng: &mut Rng) -> Minute {
        let days = rng.lognormal(self.force.generation_days, self.force.generation_spread);
        at + (days.clamp(0.1, 60.0) * 1440.0) as Minute
    }

    /// Immune or not is fixed for a person in an outbreak, however often the person is met.
    pub fn is_susceptible(&self, member: u32) -> bool {
        let member = &self.roster.members[member as usize];
        Rng::of(self.seed, self.stream + 1, member.number).chance((self.susceptible)(member))
    }
}

/// Whether people meet there on a day.
pub fn is_open(setting: Setting, day: Day) -> bool {
    match setting {
        Setting::Class | Setting::School => is_school_day(day),
        Setting::Site => is_working_day(day),
        _ => true,
    }
}

pub fn is_school_day(day: Day) -> bool {
    weekday(day) < 5 && !is_holiday(day) && !is_school_holiday(day)
}
