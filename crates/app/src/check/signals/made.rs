//! A city with outbreaks, as the centre for disease control sees it: the report cards with the minute in which each
//! arrived, the units that those named on them belong to, and beside them what is true.

use crate::generate::{Wish, threads};
use anyhow::bail;
use base::StopFlag;
use base::rng::{Rng, stream};
use city::day::day_of;
use city::outbreak::Infection;
use city::{City, Day, OutbreakKind, OutbreakWish, Person, Settings, Street};
use signals::units::{Unit, UnitKind};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The stream of draws with which the city delays report cards (`city::outbreak`).
const ARRIVAL: u32 = stream::OUTBREAK + 2;
/// Each local outbreak begins so long after the last one of its kind, at least.
const APART_DAYS: i32 = 9;

/// A report card that arrived before the end.
#[derive(Clone, Debug)]
pub struct Card {
    pub person: u64,
    pub disease: &'static str,
    pub onset: Day,
    /// The day on which it arrived at the platform.
    pub known: Day,
    pub street: usize,
    pub school: Option<usize>,
    pub outbreak: Option<u32>,
    pub units: Vec<Unit>,
    pub admitted: bool,
}

/// Somebody infected in an outbreak.
#[derive(Clone, Debug)]
pub struct Infected {
    /// None for who was infected from a common source or from outside the street.
    pub by: Option<u64>,
    pub onset: Day,
    pub ill: bool,
    pub street: usize,
    pub outbreak: u32,
    pub units: Vec<Unit>,
}

/// The cards and the truth.
pub struct Made {
    pub city: City,
    /// By arrival.
    pub cards: Vec<Card>,
    /// By (outbreak, person).
    pub infected: HashMap<(u32, u64), Infected>,
    /// The first day that is judged.
    pub judged: Day,
}

/// The settings of a city of six years and more, whose last year has outbreaks: `each` of every local kind, a season of
/// influenza and a new variant.
pub fn settings(wish: &Wish, each: u32) -> anyhow::Result<Settings> {
    let mut settings = wish.settings()?;
    if settings.days < 3 * 364 {
        bail!("`--days` is {}; give at least 1092, of which the last 364 are judged", settings.days);
    }
    let first = settings.end - 364;
    let local = [
        OutbreakKind::SchoolNorovirus,
        OutbreakKind::CanteenFood,
        OutbreakKind::MeaslesChain,
        OutbreakKind::HospitalCluster,
    ];
    let apart = (330 / i32::try_from(each.max(1))?).max(APART_DAYS);
    for nth in 0..i32::try_from(each)? {
        for (of_kind, kind) in local.into_iter().enumerate() {
            let wanted = first + (nth * apart + of_kind as i32 * 2) % 335;
            let start = (wanted..wanted + 60).find(|day| is_open(kind, *day)).unwrap_or(wanted).min(settings.end - 2);
            settings.outbreaks.push(OutbreakWish { kind, start: Some(start) });
        }
    }
    settings.outbreaks.push(OutbreakWish { kind: OutbreakKind::InfluenzaSeason, start: Some(first + 40) });
    settings.outbreaks.push(OutbreakWish { kind: OutbreakKind::NewVariant, start: Some(first + 200) });
    settings.check()?;
    Ok(settings)
}

/// Schools are closed at weekends and in the holidays, canteens on days without work.
fn is_open(kind: OutbreakKind, day: Day) -> bool {
    match kind {
        OutbreakKind::SchoolNorovirus => city::day::is_working_day(day) && !city::day::is_school_holiday(day),
        OutbreakKind::CanteenFood => city::day::is_working_day(day),
        _ => true,
    }
}

/// Makes the city and keeps what surveillance needs of it.
pub fn make(settings: Settings, stop: &StopFlag) -> anyhow::Result<Made> {
    let judged = settings.end - 364;
    let city = City::build(settings)?;
    let sections = city.places.sections.len();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut part: Part = (Vec::new(), HashMap::new());
        loop {
            let section = next.fetch_add(1, Ordering::Relaxed);
            if section >= sections || stop.is_raised() {
                return part;
            }
            city.with_section(section, |held| {
                for infection in held.infections.all() {
                    keep(&city, &held.street, infection, &mut part);
                }
            });
        }
    };
    let parts: Vec<Part> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(sections)).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    if stop.is_raised() {
        bail!("stopped");
    }
    let (mut cards, mut infected) = (Vec::new(), HashMap::new());
    for (of_cards, of_infected) in parts {
        cards.extend(of_cards);
        infected.extend(of_infected);
    }
    cards.sort_by(|one: &Card, other: &Card| {
        (one.known, one.person, one.disease, one.onset).cmp(&(other.known, other.person, other.disease, other.onset))
    });
    Ok(Made { city, cards, infected, judged })
}

/// What one thread keeps.
type Part = (Vec<Card>, HashMap<(u32, u64), Infected>);

fn keep(city: &City, street: &Street, infection: &Infection, (cards, infected): &mut Part) {
    let Some(person) = street.person(infection.person) else { return };
    let end = city.settings.end;
    let first = city.settings.start();
    if infection.onset >= end || infection.onset < first {
        return;
    }
    let known = infection.reported.then(|| arrival(city, infection)).filter(|known| *known < end);
    if known.is_none() && infection.outbreak.is_none() {
        return;
    }
    let units = units(city, street, person, infection);
    if let Some(outbreak) = infection.outbreak {
        let of_outbreak = Infected {
            by: infection.by,
            onset: infection.onset,
            ill: infection.severity > 0,
            street: street.number,
            outbreak,
            units: units.clone(),
        };
        infected.insert((outbreak, infection.person), of_outbreak);
    }
    if let Some(known) = known {
        let pupil = person.is_pupil(infection.onset);
        cards.push(Card {
            person: infection.person,
            disease: infection.disease.facts().code,
            onset: infection.onset,
            known,
            street: street.number,
            school: pupil.then(|| city.places.streets[street.number].school),
            outbreak: infection.outbreak,
            units,
            admitted: infection.stay.is_some_and(|stay| !stay.acquired),
        });
    }
}

/// The day on which the card arrives, drawn as the city does where it writes it.
fn arrival(city: &City, infection: &Infection) -> Day {
    let index = infection.at.unsigned_abs() ^ infection.person << 24;
    let mut rng = Rng::of(city.settings.seed, ARRIVAL, index);
    let institution = &city.places.institutions[infection.institution as usize];
    day_of(institution.arrival(infection.filled, rng.unit()))
}

/// The units that a card names: household and neighbourhood by the address, class and school or the place of work, the
/// ward of a hospital infection.
fn units(city: &City, street: &Street, person: &Person, infection: &Infection) -> Vec<Unit> {
    let places = &city.places;
    let place = &places.streets[street.number];
    let mut units = Vec::new();
    let mut add = |kind: UnitKind, name: String| units.push(Unit { kind, name: name.into() });
    if let Some(stay) = infection.stay.filter(|stay| stay.acquired) {
        let institution = &places.institutions[stay.institution as usize];
        add(UnitKind::Ward, institution.departments[usize::from(stay.department)].ward.clone());
        add(UnitKind::Institution, institution.id.clone());
        return units;
    }
    add(UnitKind::Household, format!("{}-{}", street.section, street.household_of(person).number));
    if let Some(community) = place.neighbourhoods.get(usize::from(person.neighbourhood)) {
        add(UnitKind::Community, community.code.clone());
    }
    if let Some(class) = person.school_class.filter(|class| class.grade_on(infection.onset).is_some()) {
        let school = &places.schools[place.school];
        let young = class.grade_on(infection.onset).is_some_and(|grade| grade <= 0);
        add(UnitKind::Class, format!("{}/{}-{}", school.id, class.cohort, class.nth));
        add(if young { UnitKind::Kindergarten } else { UnitKind::School }, school.id.clone());
        if school.canteen {
            add(UnitKind::Kitchen, school.id.clone());
        }
    } else if let Some(site) = person.work_site.and_then(|nth| places.work_sites.get(nth as usize)) {
        add(UnitKind::Site, site.id.clone());
        if site.canteen {
            add(UnitKind::Kitchen, site.id.clone());
        }
    }
    add(UnitKind::County, places.districts[place.district].code.clone());
    units
}

impl Made {
    /// Where an outbreak goes on, as known to the truth: from the first onset to the last of who has a card; those of the
    /// whole city without the first and the last twentieth. None for an outbreak without cards in that area.
    pub fn span(&self, outbreak: u32, cards: &[&Card], streets: &dyn Fn(usize) -> bool) -> Option<(Day, Day)> {
        let mut onsets: Vec<Day> =
            cards.iter().filter(|card| card.outbreak == Some(outbreak)).map(|card| card.onset).collect();
        if onsets.is_empty() {
            return None;
        }
        onsets.sort_unstable();
        let everywhere = self.city.outbreaks.all[outbreak as usize].street.is_none();
        let cut = if everywhere { onsets.len() / 20 } else { 0 };
        let (first, last) = (onsets[cut], onsets[onsets.len() - 1 - cut]);
        if everywhere {
            return Some((first, last));
        }
        let ill = self.infected.values().filter(|one| one.outbreak == outbreak && one.ill && streets(one.street));
        Some((ill.map(|one| one.onset).min().unwrap_or(first).min(first), last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(days: u32) -> Wish {
        Wish {
            residents: 800,
            seed: Some(3),
            days: Some(days),
            end: "2026-11-01".to_owned(),
            only: None,
            errors: None,
            settings: None,
            outbreaks: Vec::new(),
        }
    }

    #[test]
    fn a_city_too_short_to_look_back_on_is_refused() {
        assert!(settings(&wish(365), 1).unwrap_err().to_string().contains("1092"));
    }

    #[test]
    fn cards_come_in_the_order_of_their_arrival_and_outbreaks_fall_into_the_judged_year() {
        let stop = StopFlag::default();
        let made = make(settings(&wish(1_200), 2).unwrap(), &stop).unwrap();
        assert!(made.cards.is_sorted_by_key(|card| card.known));
        assert!(made.cards.iter().all(|card| card.known < made.city.settings.end && !card.units.is_empty()));
        assert!(made.city.outbreaks.all.iter().all(|outbreak| outbreak.start >= made.judged));
        assert!(made.infected.values().any(|one| one.by.is_some()));
        // The same city again, on however many threads.
        let again = make(settings(&wish(1_200), 2).unwrap(), &stop).unwrap();
        let days = |made: &Made| made.cards.iter().map(|card| (card.person, card.known)).collect::<Vec<_>>();
        assert_eq!(days(&made), days(&again));
    }
}
