//! The six kinds of outbreak: where each begins, how strongly it spreads and what stops it.
//!
//! The figures and where they come from stand in `docs/city.md`; what an infection does to a person stands in `table.rs`.

use crate::day::{Day, Minute, minute};
use crate::model::Street;
use crate::outbreak::illness::Illness;
use crate::outbreak::infection::Stay;
use crate::outbreak::plan::Outbreak;
use crate::outbreak::roster::{Member, Roster, Setting};
use crate::outbreak::spread::{Force, Link, Spread};
use crate::outbreak::{streams, ward};
use crate::places::Places;
use crate::rng::Rng;
use crate::settings::{OutbreakKind, Settings};

/// An infected resident of the street.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub member: u32,
    pub by: Option<u32>,
    pub setting: Setting,
    pub place: u64,
    pub at: Minute,
    /// For who is infected in a ward.
    pub stay: Option<Stay>,
}

/// An outbreak in a street.
pub struct Scene<'a> {
    pub settings: &'a Settings,
    pub places: &'a Places,
    pub street: &'a Street,
    pub outbreak: &'a Outbreak,
    pub roster: Roster,
}

/// Share of those at a meal who ate the dish, and of those the share infected.
const ATE: f64 = 0.75;
const ATTACK: f64 = 0.6;
/// Those who ate of one pot.
const EATERS_MAX: usize = 180;
/// Beginnings that are tried until an outbreak goes on.
const TRIES: u32 = 120;

impl<'a> Scene<'a> {
    pub fn new(settings: &'a Settings, places: &'a Places, street: &'a Street, outbreak: &'a Outbreak) -> Scene<'a> {
        Scene { settings, places, street, outbreak, roster: roster(street, outbreak.start) }
    }

    pub fn disease(&self) -> Illness {
        match self.outbreak.kind {
            OutbreakKind::SchoolNorovirus => Illness::NOROVIRUS,
            OutbreakKind::CanteenFood => Illness::SALMONELLA,
            OutbreakKind::InfluenzaSeason => Illness::INFLUENZA,
            OutbreakKind::MeaslesChain => Illness::MEASLES,
            OutbreakKind::HospitalCluster => Illness::KLEBSIELLA,
            OutbreakKind::NewVariant => Illness::CORONAVIRUS,
        }
    }

    /// Who is infected in the street, in the order of time.
    pub fn cases(&self) -> Vec<Case> {
        if self.roster.members.is_empty() {
            return Vec::new();
        }
        match self.outbreak.kind {
            OutbreakKind::SchoolNorovirus => self.school(),
            OutbreakKind::CanteenFood => self.canteen(),
            OutbreakKind::InfluenzaSeason => self.season(),
            OutbreakKind::MeaslesChain => self.measles(),
            OutbreakKind::HospitalCluster => ward::cases(self),
            OutbreakKind::NewVariant => self.variant(),
        }
    }

    /// The draws of its beginning in this street.
    pub fn first_draws(&self) -> Rng {
        Rng::of(self.settings.seed, streams::first(self.outbreak.number), self.street.section as u64)
    }

    fn day(&self, day: Day) -> f64 {
        f64::from(day - self.outbreak.start)
    }

    /// A child vomits in a class; half of the class and its families, then the school, until the class is closed.
    fn school(&self) -> Vec<Case> {
        let Some((_, class)) = self.roster.classes.largest() else { return Vec::new() };
        let force = Force {
            household: 0.16,
            class: 4.5,
            school: 1.2,
            site: 0.0,
            neighbourhood: 0.08,
            street: 0.03,
            generation_days: 1.9,
            generation_spread: 0.5,
        };
        // The class is closed and the school cleaned on the sixth day.
        let contacts = |day: Day| if self.day(day) < 6.0 { 1.0 } else { 0.15 };
        let mut spread = self.spread(force, &|_| 0.7, &contacts, usize::MAX);
        spread.until = self.outbreak.start + 30;
        let pupil = |rng: &mut Rng| Some((*rng.pick(class), minute(self.outbreak.start, 9, rng.between(0, 180))));
        self.placed(self.first_of_many(spread, 25, &pupil))
    }

    /// One dish of one lunch at the largest canteen of the street; nobody infects others.
    fn canteen(&self) -> Vec<Case> {
        let mut rng = self.first_draws();
        let with_canteen = |nth: usize| self.places.work_sites.get(nth).is_some_and(|site| site.canteen);
        let sites = (0..self.roster.sites.len()).map(|nth| self.roster.sites.nth(nth));
        let site = sites.filter(|(key, _)| with_canteen(*key as usize)).max_by_key(|(_, eaters)| eaters.len());
        let school = self.roster.schools.largest();
        let (place, eaters) = match (site, school) {
            (Some((_, at_work)), Some((_, at_school))) if at_school.len() > at_work.len() => {
                (SCHOOL_CANTEEN, at_school)
            }
            (Some((key, at_work)), _) => (u64::from(key), at_work),
            (None, Some((_, at_school))) => (SCHOOL_CANTEEN, at_school),
            (None, None) => return Vec::new(),
        };
        let mut cases = Vec::new();
        for member in eaters.iter().take(EATERS_MAX) {
            let at = minute(self.outbreak.start, 11, rng.between(25, 75));
            let infected = rng.chance(ATE * ATTACK);
            if infected && self.roster.members[*member as usize].is_here(self.outbreak.start) {
                cases.push(Case { member: *member, by: None, setting: Setting::Canteen, place, at, stay: None });
            }
        }
        cases
    }

    /// Influenza comes from outside along a bell of ten weeks and spreads where children and families meet.
    fn season(&self) -> Vec<Case> {
        let force = Force {
            household: 0.28,
            class: 1.9,
            school: 0.5,
            site: 1.0,
            neighbourhood: 0.75,
            street: 0.55,
            generation_days: 2.6,
            generation_spread: 0.45,
        };
        let day_of_peak = |day: Day| (self.day(day) - 42.0) / 20.0;
        let from_outside = |day: Day| 0.14 * (-0.5 * day_of_peak(day).powi(2)).exp();
        // The virus keeps worse in the warmer weeks after the season.
        let contacts = |day: Day| if self.day(day) < 80.0 { 1.0 } else { 0.7 };
        let susceptible = |member: &Member| {
            let (immune, vaccinated) = [(0.2, 0.1), (0.52, 0.02), (0.55, 0.2)][member.age_group(self.outbreak.start)];
            (1.0 - immune) * (1.0 - vaccinated * 0.45)
        };
        let spread = self.spread(force, &susceptible, &contacts, usize::MAX);
        self.placed(spread.run(self.imported(&spread, &from_outside)))
    }

    /// A variant that escapes most immunity doubles about every five days.
    fn variant(&self) -> Vec<Case> {
        let force = Force {
            household: 0.3,
            class: 0.9,
            school: 0.3,
            site: 0.75,
            neighbourhood: 0.6,
            street: 0.6,
            generation_days: 2.9,
            generation_spread: 0.45,
        };
        let from_outside = |day: Day| 0.02 * (1.0 + self.day(day) / 20.0);
        let susceptible = |member: &Member| [0.8, 0.72, 0.68][member.age_group(self.outbreak.start)];
        let spread = self.spread(force, &susceptible, &|_| 1.0, usize::MAX);
        self.placed(spread.run(self.imported(&spread, &from_outside)))
    }

    /// One case from outside among the vaccinated: a chain that goes on for weeks because infants and some adults are not
    /// protected. Of many beginnings the first is taken that goes on for so long.
    fn measles(&self) -> Vec<Case> {
        let force = Force {
            household: 0.9,
            class: 4.0,
            school: 1.0,
            site: 3.0,
            neighbourhood: 4.0,
            street: 4.0,
            generation_days: 11.7,
            generation_spread: 0.2,
        };
        let susceptible = |member: &Member| {
            let months = (self.outbreak.start - member.born) / 30;
            match months {
                ..6 => 0.5,
                6..9 => 0.95,
                9..19 => 0.12,
                19..180 => 0.03,
                180..300 => 0.05,
                300..540 => 0.1,
                _ => 0.01,
            }
        };
        let mut spread = self.spread(force, &susceptible, &|_| 1.0, 14);
        spread.until = self.outbreak.start + 100;
        let adult = |rng: &mut Rng| {
            let member = rng.below(self.roster.members.len() as u64) as u32;
            let at = minute(self.outbreak.start, 10, rng.between(0, 300));
            let age = self.roster.members[member as usize].age(self.outbreak.start);
            (20..45).contains(&age).then_some((member, at))
        };
        self.placed(self.first_of_many(spread, 9, &adult))
    }

    /// Most single infections die out. Of many beginnings the first is taken from which so many cases follow, else the one with
    /// the most. Each is followed for the time of `spread`, so that the choice does not depend on how long the city lives.
    fn first_of_many(
        &self,
        mut spread: Spread,
        enough: usize,
        first: &dyn Fn(&mut Rng) -> Option<(u32, Minute)>,
    ) -> Vec<Link> {
        let mut rng = self.first_draws();
        let mut best: Vec<Link> = Vec::new();
        for nth in 0..TRIES {
            let Some((member, at)) = first(&mut rng) else { continue };
            spread.stream = streams::tries(self.outbreak.number, nth);
            let links = spread.run([Link { member, by: None, setting: Setting::Outside, at }]);
            if links.len() > best.len() {
                best = links;
            }
            if best.len() >= enough {
                break;
            }
        }
        best.retain(|link| link.at < minute(self.settings.last(), 0, 0));
        best
    }

    fn spread<'s>(
        &'s self,
        force: Force,
        susceptible: &'s dyn Fn(&Member) -> f64,
        contacts: &'s dyn Fn(Day) -> f64,
        cases_max: usize,
    ) -> Spread<'s> {
        Spread {
            roster: &self.roster,
            force,
            seed: self.settings.seed,
            stream: streams::spread(self.outbreak.number),
            susceptible,
            contacts,
            until: self.settings.last(),
            cases_max,
        }
    }

    /// Infections from outside the street: so many a day among 1,000 residents, of whom only the susceptible fall to it.
    fn imported(&self, spread: &Spread, a_day: &dyn Fn(Day) -> f64) -> Vec<Link> {
        let members = self.roster.members.len() as u64;
        let mut links = Vec::new();
        for day in self.outbreak.start..self.settings.last() {
            let index = (self.street.section as u64) << 32 | u64::from((day - self.outbreak.start).unsigned_abs() + 1);
            let mut rng = Rng::of(self.settings.seed, streams::first(self.outbreak.number), index);
            for _ in 0..rng.poisson(a_day(day) * members as f64 / 1000.0) {
                let member = rng.below(members) as u32;
                let at = minute(day, 7, rng.between(0, 900));
                if spread.is_susceptible(member) {
                    links.push(Link { member, by: None, setting: Setting::Outside, at });
                }
            }
        }
        links
    }

    /// Links with the key of the place of each.
    fn placed(&self, links: Vec<Link>) -> Vec<Case> {
        let case = |link: Link| {
            let member = &self.roster.members[link.member as usize];
            let place = match link.setting {
                Setting::Household => u64::from(member.household),
                Setting::Class => u64::from(member.class.unwrap_or(0)),
                Setting::School => u64::from(member.school.unwrap_or(0)),
                Setting::Site => u64::from(member.site.unwrap_or(0)),
                Setting::Neighbourhood => u64::from(member.neighbourhood),
                Setting::Street | Setting::Ward | Setting::Canteen | Setting::Outside => 0,
            };
            Case { member: link.member, by: link.by, setting: link.setting, place, at: link.at, stay: None }
        };
        links.into_iter().map(case).collect()
    }
}

/// Key of the canteen of the school of a street, beside those of work sites.
pub const SCHOOL_CANTEEN: u64 = 1 << 40;

/// The residents of a street as they meet on a day.
fn roster(street: &Street, on: Day) -> Roster {
    let member = |person: &crate::model::Person| {
        let class = person.school_class.filter(|class| class.grade_on(on).is_some());
        let stage = class.and_then(|class| class.grade_on(on)).map(|grade| match grade {
            ..1 => 0,
            1..6 => 1,
            6..10 => 2,
            _ => 3,
        });
        let age = person.age_on(on);
        Member {
            number: person.number,
            born: person.born,
            from: person.here_from(),
            until: person.here_until(),
            household: person.household,
            class: class.map(|class| u32::from(class.cohort.unsigned_abs()) << 16 | u32::from(class.nth)),
            school: stage,
            site: person.work_site.filter(|_| (16..70).contains(&age)),
            neighbourhood: u32::from(person.neighbourhood),
        }
    };
    Roster::new(street.people.iter().map(member).collect())
}
