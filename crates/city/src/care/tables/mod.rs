//! What care is drawn from: diagnoses, laboratory tests, imaging, medicines, operations, vaccines. The tables are CSV files
//! beside this module, each with the source of its figures, and are read once.

mod read;
mod seasons;

use crate::model::{Disease, Sex};
use crate::places::Specialty;
use std::sync::LazyLock;

pub use read::read;
pub use seasons::{Season, factor};

/// A share of visits at which something is done: its place in a table, and how often.
pub type Often = (u8, f64);
/// How far a result is moved: place of the test, widths of the reference range.
pub type Move = (u8, f64);

/// An acute reason for a visit or a stay.
pub struct Diagnosis {
    pub icd: &'static str,
    pub name: &'static str,
    pub specialty: Specialty,
    pub sex: Option<Sex>,
    /// Weight among out-patients, in emergency, among stays.
    pub weights: [f64; 3],
    /// By age 0-5, 6-17, 18-44, 45-64, 65 and more.
    pub ages: [f64; 5],
    pub season: Season,
    pub panels: Vec<Often>,
    pub images: Vec<Often>,
    pub drugs: Vec<u8>,
    /// Usual days of a stay.
    pub days: f64,
    pub moves: Vec<Move>,
}

/// A lasting disease.
pub struct Lasting {
    pub disease: Disease,
    pub icd: &'static str,
    pub name: &'static str,
    pub specialty: Specialty,
    pub visits: f64,
    pub stays: f64,
    pub panels: Vec<Often>,
    pub images: Vec<Often>,
    /// Medicines added at severity 1, 2, 3.
    pub drugs: [Vec<u8>; 3],
    pub moves: Vec<Move>,
    pub treated: f64,
    /// Share of visits at the community centre.
    pub home: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKind {
    Quantity,
    /// Negative or positive.
    Presence,
    /// Negative to three plus.
    Grade,
}

pub struct Test {
    pub key: &'static str,
    pub name: &'static str,
    /// As another laboratory calls it.
    pub alt: &'static str,
    /// Empty where there is none.
    pub loinc: &'static str,
    pub unit: &'static str,
    pub ucum: &'static str,
    pub male: (f64, f64),
    pub female: (f64, f64),
    pub child: Option<(f64, f64)>,
    pub centre: f64,
    pub spread: f64,
    /// Within-person variation in per cent.
    pub within: f64,
    pub decimals: u32,
    pub kind: TestKind,
}

/// What is ordered together.
pub struct Panel {
    pub key: &'static str,
    pub name: &'static str,
    pub alt: &'static str,
    pub loinc: &'static str,
    pub specimen: &'static str,
    pub tests: Vec<u8>,
    /// How long a result may stand for another.
    pub window_hours: i64,
    pub fen: i64,
    /// From specimen to report.
    pub minutes: i64,
    /// On the list of mutual recognition.
    pub marked: bool,
}

pub struct Image {
    pub key: &'static str,
    pub name: &'static str,
    /// DICOM modality; ECG and ES are no images of a study.
    pub modality: &'static str,
    pub loinc: &'static str,
    pub site: &'static str,
    pub site_name: &'static str,
    pub fen: i64,
    pub window_hours: i64,
    pub minutes: i64,
    pub methods: Vec<&'static str>,
    pub normal: &'static str,
    pub abnormal: &'static str,
    pub conclusion: &'static str,
}

pub struct Drug {
    pub key: &'static str,
    pub atc: &'static str,
    pub name: &'static str,
    pub dosage: &'static str,
    pub days: i64,
    pub fen_a_day: i64,
    /// May stand on a long prescription.
    pub long: bool,
}

pub struct Operation {
    pub code: &'static str,
    pub name: &'static str,
    /// Place of the diagnosis that leads to it.
    pub diagnosis: u16,
    pub sex: Option<Sex>,
    pub from_age: i32,
    pub to_age: i32,
    pub weight: f64,
    pub days: f64,
    pub fen: i64,
    pub specialty: Specialty,
}

/// One dose of the schedule.
pub struct Dose {
    pub vaccine: &'static str,
    pub name: &'static str,
    pub code: &'static str,
    pub cvx: &'static str,
    pub dose: u8,
    /// Age due in days, or the first day of a campaign.
    pub due: Due,
    pub sex: Option<Sex>,
    pub uptake: f64,
    pub delay: f64,
    /// Whom it is for, by day of birth.
    pub born: (i32, i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Age(i32),
    Day(i32),
}

pub struct Tables {
    pub diagnoses: Vec<Diagnosis>,
    pub lasting: Vec<Lasting>,
    pub tests: Vec<Test>,
    pub panels: Vec<Panel>,
    pub images: Vec<Image>,
    pub drugs: Vec<Drug>,
    pub operations: Vec<Operation>,
    pub doses: Vec<Dose>,
    /// Rising sums of the weights of diagnoses by setting, month, age band and sex.
    sums: Vec<Vec<f64>>,
}

/// Where a diagnosis is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Clinic,
    Emergency,
    Stay,
}

impl Tables {
    pub fn get() -> &'static Tables {
        static TABLES: LazyLock<Tables> = LazyLock::new(|| match read() {
            Ok(tables) => tables,
            Err(error) => panic!("a table of the care module cannot be read: {}", error.text()),
        });
        &TABLES
    }

    pub fn panel(&self, key: &str) -> Option<u8> {
        self.panels.iter().position(|panel| panel.key == key).map(|at| at as u8)
    }

    pub fn image(&self, key: &str) -> Option<u8> {
        self.images.iter().position(|image| image.key == key).map(|at| at as u8)
    }

    pub fn drug(&self, key: &str) -> Option<u8> {
        self.drugs.iter().position(|drug| drug.key == key).map(|at| at as u8)
    }

    pub fn test(&self, key: &str) -> Option<u8> {
        self.tests.iter().position(|test| test.key == key).map(|at| at as u8)
    }

    pub fn diagnosis(&self, icd: &str) -> Option<u16> {
        self.diagnoses.iter().position(|diagnosis| diagnosis.icd == icd).map(|at| at as u16)
    }

    pub fn lasting(&self, disease: Disease) -> &Lasting {
        &self.lasting[disease as usize]
    }

    /// Rising sums for `Rng::weighted`; the last is the whole weight.
    pub fn sums(&self, setting: Setting, month: u32, age: i32, sex: Sex) -> &[f64] {
        &self.sums[place(setting, month as usize - 1, band(age), sex)]
    }

    /// How much more than in a mean month falls ill.
    pub fn month_factor(&self, setting: Setting, month: u32, age: i32, sex: Sex) -> f64 {
        let whole = |month| self.sums(setting, month, age, sex).last().copied().unwrap_or(0.0);
        let year: f64 = (1..=12).map(whole).sum();
        whole(month) / (year / 12.0)
    }

    fn sum_up(&mut self) {
        for setting in [Setting::Clinic, Setting::Emergency, Setting::Stay] {
            for month in 0..12 {
                for age in 0..5 {
                    for sex in [Sex::Female, Sex::Male] {
                        let mut sum = 0.0;
                        let add = |diagnosis: &Diagnosis| {
                            if diagnosis.sex.is_none_or(|of| of == sex) {
                                sum += diagnosis.weights[setting as usize]
                                    * diagnosis.ages[age]
                                    * factor(diagnosis.season, month);
                            }
                            sum
                        };
                        self.sums.push(self.diagnoses.iter().map(add).collect());
                    }
                }
            }
        }
    }
}

fn place(setting: Setting, month: usize, age: usize, sex: Sex) -> usize {
    ((setting as usize * 12 + month) * 5 + age) * 2 + usize::from(sex == Sex::Male)
}

/// Age band of the table of diagnoses.
pub const fn band(age: i32) -> usize {
    match age {
        ..6 => 0,
        6..18 => 1,
        18..45 => 2,
        45..65 => 3,
        _ => 4,
    }
}

impl Test {
    pub fn range(&self, sex: Sex, age: i32) -> (f64, f64) {
        if age < 14
            && let Some(child) = self.child
        {
            return child;
        }
        if sex == Sex::Male { self.male } else { self.female }
    }
}
