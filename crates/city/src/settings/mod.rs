//! What a city is made from.

mod read;

use crate::day::{Day, date_text, day};
use base::{Error, Result};

pub use read::{ERROR_NAMES, read_settings};

pub const RESIDENTS_MIN: u64 = 100;
pub const RESIDENTS_MAX: u64 = 30_000_000;
/// Twenty years: before that the people of today were others.
pub const DAYS_MAX: u32 = 7300;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// From 100 to 30,000,000.
    pub residents: u64,
    pub seed: u64,
    /// Days of history before `end`.
    pub days: u32,
    /// The day after the last of history: "today" at midnight.
    pub end: Day,
    /// Days that can be lived after `end`.
    pub horizon: u32,
    pub only: Option<Part>,
    pub errors: ErrorRates,
    pub outbreaks: Vec<OutbreakWish>,
    pub places: PlaceCounts,
    pub rates: Rates,
}

/// A part of the city that is made alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Registrations,
    Surveillance,
    Results,
    Booking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutbreakKind {
    SchoolNorovirus,
    CanteenFood,
    InfluenzaSeason,
    MeaslesChain,
    HospitalCluster,
    NewVariant,
}

/// An outbreak that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutbreakWish {
    pub kind: OutbreakKind,
    /// The day on which it begins; where none is named, so long before the end of history that the last weeks show it.
    pub start: Option<Day>,
}

/// Clerical errors: the share of registrations (of births for twins) that carries each.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorRates {
    pub no_number: f64,
    pub number_15: f64,
    pub wrong_digit: f64,
    pub borrowed_card: f64,
    pub mothers_card: f64,
    pub homophone: f64,
    pub similar_shape: f64,
    pub traditional_or_rare: f64,
    pub pinyin_only: f64,
    pub middle_dot_or_foreign: f64,
    pub birth_date: f64,
    pub old_phone_or_address: f64,
    pub twins: f64,
}

/// Numbers of places where they are not to follow from the number of residents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceCounts {
    pub streets: Option<u32>,
    pub schools: Option<u32>,
    pub hospitals: Option<u32>,
    pub community_centres: Option<u32>,
    pub fever_clinics: Option<u32>,
    pub ambulance_stations: Option<u32>,
    pub pharmacies: Option<u32>,
    pub markets: Option<u32>,
    pub work_sites: Option<u32>,
}

/// What happens how often, beside the published figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Multiplies the visits of everybody.
    pub visits: f64,
    pub births: f64,
    pub deaths: f64,
    pub moves: f64,
    /// Share of notifiable cases whose doctor sends no report card.
    pub under_reporting: f64,
    /// Share of examinations that are repeated at another hospital within days.
    pub repeats: f64,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { visits: 1.0, births: 1.0, deaths: 1.0, moves: 1.0, under_reporting: 0.2, repeats: 0.06 }
    }
}

impl Default for ErrorRates {
    fn default() -> ErrorRates {
        ErrorRates {
            no_number: 0.08,
            number_15: 0.03,
            wrong_digit: 0.02,
            borrowed_card: 0.003,
            mothers_card: 0.6,
            homophone: 0.015,
            similar_shape: 0.01,
            traditional_or_rare: 0.005,
            pinyin_only: 0.005,
            middle_dot_or_foreign: 0.01,
            birth_date: 0.015,
            old_phone_or_address: 0.15,
            twins: 0.015,
        }
    }
}

impl ErrorRates {
    /// Twice the errors, and no number on 30 % of the registrations.
    pub fn hard() -> ErrorRates {
        let usual = ErrorRates::default();
        ErrorRates {
            no_number: 0.3,
            number_15: usual.number_15 * 2.0,
            wrong_digit: usual.wrong_digit * 2.0,
            borrowed_card: usual.borrowed_card * 2.0,
            mothers_card: 1.0,
            homophone: usual.homophone * 2.0,
            similar_shape: usual.similar_shape * 2.0,
            traditional_or_rare: usual.traditional_or_rare * 2.0,
            pinyin_only: usual.pinyin_only * 2.0,
            middle_dot_or_foreign: usual.middle_dot_or_foreign * 2.0,
            birth_date: usual.birth_date * 2.0,
            old_phone_or_address: usual.old_phone_or_address * 2.0,
            twins: usual.twins * 2.0,
        }
    }
}

impl Part {
    pub const ALL: [Part; 4] = [Part::Registrations, Part::Surveillance, Part::Results, Part::Booking];

    pub const fn name(self) -> &'static str {
        match self {
            Part::Registrations => "registrations",
            Part::Surveillance => "surveillance",
            Part::Results => "results",
            Part::Booking => "booking",
        }
    }

    pub fn named(name: &str) -> Result<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name).ok_or_else(|| {
            Error::invalid(format!(
                "there is no part `{name}`; use `registrations`, `surveillance`, `results` or `booking`"
            ))
        })
    }
}

impl OutbreakKind {
    pub const ALL: [OutbreakKind; 6] = [
        OutbreakKind::SchoolNorovirus,
        OutbreakKind::CanteenFood,
        OutbreakKind::InfluenzaSeason,
        OutbreakKind::MeaslesChain,
        OutbreakKind::HospitalCluster,
        OutbreakKind::NewVariant,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            OutbreakKind::SchoolNorovirus => "school-norovirus",
            OutbreakKind::CanteenFood => "canteen-food-poisoning",
            OutbreakKind::InfluenzaSeason => "influenza-season",
            OutbreakKind::MeaslesChain => "measles-chain",
            OutbreakKind::HospitalCluster => "hospital-cluster",
            OutbreakKind::NewVariant => "new-variant",
        }
    }

    pub fn named(name: &str) -> Result<OutbreakKind> {
        OutbreakKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<&str> = OutbreakKind::ALL.iter().map(|kind| kind.name()).collect();
            Error::invalid(format!("there is no outbreak `{name}`; use {}", known.join(", ")))
        })
    }
}

impl OutbreakWish {
    /// Reads `KIND` or `KIND@YYYY-MM-DD`.
    pub fn named(text: &str) -> Result<OutbreakWish> {
        let Some((kind, date)) = text.split_once('@') else {
            return Ok(OutbreakWish { kind: OutbreakKind::named(text)?, start: None });
        };
        let kind = OutbreakKind::named(kind)?;
        let parts: Vec<Option<u32>> = date.split('-').map(|part| part.parse().ok()).collect();
        let wrong = || Error::invalid(format!("`{date}` is no day; write `{}@2026-03-01`", kind.name()));
        let [Some(year), Some(month), Some(of_month)] = parts[..] else { return Err(wrong()) };
        let start = day(year.min(9999) as i32, month.clamp(1, 12), of_month.clamp(1, 31));
        if date_text(start) != date {
            return Err(wrong());
        }
        Ok(OutbreakWish { kind, start: Some(start) })
    }
}

impl From<OutbreakKind> for OutbreakWish {
    fn from(kind: OutbreakKind) -> OutbreakWish {
        OutbreakWish { kind, start: None }
    }
}

impl Settings {
    /// A city of so many residents with all defaults: a year of history, no outbreak.
    pub fn new(residents: u64, seed: u64, end: Day) -> Settings {
        Settings {
            residents,
            seed,
            days: 365,
            end,
            horizon: 0,
            only: None,
            errors: ErrorRates::default(),
            outbreaks: Vec::new(),
            places: PlaceCounts::default(),
            rates: Rates::default(),
        }
    }

    /// The first day of history.
    pub fn start(&self) -> Day {
        self.end - self.days as Day
    }

    /// The day after the last that can be lived.
    pub fn last(&self) -> Day {
        self.end + self.horizon as Day
    }

    /// Refuses what no city can be made from; names the setting and the way out.
    pub fn check(&self) -> Result<()> {
        if !(RESIDENTS_MIN..=RESIDENTS_MAX).contains(&self.residents) {
            return Err(Error::invalid(format!(
                "`residents` is {}; a city has from {RESIDENTS_MIN} to {RESIDENTS_MAX} residents",
                self.residents
            )));
        }
        let days = u64::from(self.days) + u64::from(self.horizon);
        if days > u64::from(DAYS_MAX) {
            return Err(Error::invalid(format!(
                "`days` and the days to come are {days} together; a city lives up to {DAYS_MAX} days"
            )));
        }
        for wish in &self.outbreaks {
            self.check_outbreak(wish)?;
        }
        read::check(self, &|_| None)
    }

    fn check_outbreak(&self, wish: &OutbreakWish) -> Result<()> {
        match wish.start {
            Some(start) if !(self.start()..self.last()).contains(&start) => Err(Error::invalid(format!(
                "outbreak `{}` cannot begin on {}; the city lives from {} to {}",
                wish.kind.name(),
                date_text(start),
                date_text(self.start()),
                date_text(self.last() - 1)
            ))),
            _ => Ok(()),
        }
    }
}
