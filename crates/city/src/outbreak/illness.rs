//! What is known of an infection: its names, its class by law, its course, how often it is met and at which age and month.
//! The rows are in `table.rs`.

use crate::outbreak::table::ILLNESSES;

/// Class of the law on infectious diseases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// 乙类.
    B,
    /// 丙类.
    C,
    /// Watched beside the list (重点监测), such as chickenpox.
    Watched,
    /// A case of foodborne disease, reported within two working days.
    Foodborne,
    /// An infection acquired in a hospital, reported to the infection control of the house.
    Hospital,
}

impl Class {
    pub const fn code(self) -> &'static str {
        match self {
            Class::B => "B",
            Class::C => "C",
            Class::Watched => "watched",
            Class::Foodborne => "foodborne",
            Class::Hospital => "hospital-infection",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Class::B => "乙类传染病",
            Class::C => "丙类传染病",
            Class::Watched => "重点监测的其他传染病",
            Class::Foodborne => "食源性疾病",
            Class::Hospital => "医院感染",
        }
    }
}

/// How a suspicion is confirmed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Assay {
    /// LOINC code; empty where no code was found that is sure.
    pub loinc: &'static str,
    pub name: &'static str,
    pub english: &'static str,
    pub specimen: &'static str,
    /// Hours from the specimen to the result.
    pub hours: i64,
    /// Share of visits at which it is taken.
    pub share: f64,
}

pub struct Facts {
    pub code: &'static str,
    pub name: &'static str,
    pub english: &'static str,
    pub icd10: &'static str,
    pub class: Class,
    /// Hours from the diagnosis within which the law wants the card.
    pub report_hours: i64,
    /// Median of the incubation in days, and the factor of its log-normal spread.
    pub incubation_days: f64,
    pub incubation_spread: f64,
    /// Mean of the days from onset to the visit.
    pub visit_days: f64,
    /// Whether a community centre treats it; else it goes to a hospital.
    pub community: bool,
    /// Share of the infected who fall ill.
    pub ill: f64,
    /// Share of the ill who see a doctor: under 15, 15–59, 60 and more.
    pub visits: [f64; 3],
    /// Share of those who see a doctor that are admitted, by the same ages.
    pub stays: [f64; 3],
    /// Share of diagnosed cases that are reported.
    pub reported: f64,
    pub assay: Assay,
    /// Reported cases a year among 100,000 residents, outside outbreaks.
    pub yearly: f64,
    /// Cases by age in per cent: 0, 1–4, 5–14, 15–29, 30–59, 60 and more.
    pub ages: [u8; 6],
    /// Cases by month in per cent, January first.
    pub months: [u8; 12],
}

/// An infection of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub struct Illness(pub u8);

impl Illness {
    pub const NOROVIRUS: Illness = Illness(0);
    pub const SALMONELLA: Illness = Illness(1);
    pub const INFLUENZA: Illness = Illness(2);
    pub const MEASLES: Illness = Illness(3);
    pub const KLEBSIELLA: Illness = Illness(4);
    pub const CORONAVIRUS: Illness = Illness(5);

    pub fn facts(self) -> &'static Facts {
        &ILLNESSES[usize::from(self.0)]
    }

    pub fn all() -> impl Iterator<Item = Illness> {
        (0..ILLNESSES.len() as u8).map(Illness)
    }
}
