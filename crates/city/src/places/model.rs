//! What the places are.

use crate::day::Minute;
use std::ops::Range;

/// Longitude and latitude of the schematic map.
pub type Point = (f64, f64);

#[derive(Clone, Debug, Default)]
pub struct Places {
    pub districts: Vec<District>,
    pub streets: Vec<StreetPlace>,
    pub institutions: Vec<Institution>,
    pub schools: Vec<School>,
    pub work_sites: Vec<WorkSite>,
    pub markets: Vec<Market>,
    pub stations: Vec<AmbulanceStation>,
    /// Parts of streets that are made together; a street of usual size is one.
    pub sections: Vec<Section>,
    /// The section of each block and its number within the section.
    pub blocks: Vec<(u32, u32)>,
}

#[derive(Clone, Debug)]
pub struct District {
    /// Six digits, also the region of identity numbers: 339901 to 339916, given to no real place.
    pub code: String,
    pub name: &'static str,
    pub english: &'static str,
    pub point: Point,
    pub ring: Vec<Point>,
    /// Streets as a range of `Places::streets`.
    pub streets: Range<usize>,
    /// The district's health commission, as a place in `Places::institutions`.
    pub commission: usize,
    pub residents: u64,
}

#[derive(Clone, Debug)]
pub struct StreetPlace {
    /// Nine digits.
    pub code: String,
    pub name: String,
    pub district: usize,
    pub point: Point,
    pub ring: Vec<Point>,
    /// Residents on the day of the census.
    pub residents: u64,
    /// Sections as a range of `Places::sections`.
    pub sections: Range<usize>,
    pub blocks: Range<usize>,
    pub neighbourhoods: Vec<Neighbourhood>,
    pub roads: Vec<String>,
    /// The community centre that serves it, as a place in `Places::institutions`.
    pub centre: usize,
    /// A second one in a large street.
    pub second_centre: Option<usize>,
    /// The school its children go to, as a place in `Places::schools`.
    pub school: usize,
    /// Work sites as a range of `Places::work_sites`.
    pub work_sites: Range<usize>,
    pub market: Option<usize>,
}

/// A part of a street whose people are made together.
#[derive(Clone, Debug)]
pub struct Section {
    pub street: usize,
    pub residents: u64,
    /// Number of the first resident.
    pub first_person: u64,
    /// Blocks as a range of `Places::blocks`.
    pub blocks: Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Neighbourhood {
    /// Twelve digits.
    pub code: String,
    pub name: String,
    pub point: Point,
}

#[derive(Clone, Debug)]
pub struct School {
    /// `school-12`, of its Organization; the Location is `loc-school-12`.
    pub id: String,
    pub name: String,
    pub street: usize,
    pub point: Point,
    /// Whether children and staff eat in a canteen.
    pub canteen: bool,
}

#[derive(Clone, Debug)]
pub struct WorkSite {
    /// `site-12`, of its Location.
    pub id: String,
    pub name: String,
    pub street: usize,
    pub kind: WorkSiteKind,
    /// How many work there, about.
    pub workers: u32,
    pub point: Point,
    pub canteen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkSiteKind {
    Office,
    Factory,
    Shop,
    Restaurant,
    Construction,
    Logistics,
    Care,
}

#[derive(Clone, Debug)]
pub struct Market {
    pub id: String,
    pub name: String,
    pub street: usize,
    pub point: Point,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstitutionKind {
    Commission,
    GeneralHospital,
    TcmHospital,
    WomenChildrenHospital,
    SpecialtyHospital,
    CommunityCentre,
    Cdc,
    AmbulanceCentre,
    MaternalChildStation,
    MentalHealthCentre,
    BloodCentre,
    Laboratory,
    Pharmacy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    Primary,
    Secondary,
    Tertiary,
}

#[derive(Clone, Debug)]
pub struct Institution {
    /// Short and unique, `h1`, `c12`: part of ids.
    pub key: String,
    /// Id of the Organization: `org-h1`.
    pub id: String,
    pub name: String,
    pub kind: InstitutionKind,
    pub level: Level,
    /// Belongs to the city, not to its district.
    pub municipal: bool,
    pub district: usize,
    pub street: usize,
    pub point: Point,
    /// 18 characters with the right check character.
    pub code: String,
    pub departments: Vec<Department>,
    /// How many sites it has; with one, departments belong to the institution itself.
    pub campuses: u8,
    pub fever_clinic: bool,
    pub emergency: bool,
    /// How many patients it draws against others of its kind.
    pub weight: f64,
    pub delay: Delay,
    pub codes: CodeStyle,
    pub quality: Quality,
    /// Messages expected on a working day.
    pub messages_a_day: u32,
    /// The commission or institution it belongs to, as a place in `Places::institutions`.
    pub parent: Option<usize>,
}

/// How long facts take to reach the platform.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    pub median_minutes: f64,
    /// Share that comes a day or more late.
    pub late: f64,
}

/// How an institution writes codes.
#[derive(Clone, Copy, Debug)]
pub struct CodeStyle {
    /// Which of the local catalogues it uses.
    pub set: u8,
    /// Share of items without a standard code beside the local one.
    pub unmapped: f64,
}

/// External quality assessment of the laboratory and the mark of mutual recognition that follows.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    pub assessed: bool,
    pub mark: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    None,
    City,
    National,
}

#[derive(Clone, Debug)]
pub struct Department {
    /// Id of its Organization, `org-h1-03`; its ward is the Location `loc-h1-03`.
    pub id: String,
    pub ward: String,
    pub name: String,
    pub specialty: Specialty,
    /// Code of the medical subject.
    pub code: &'static str,
    /// Which of the institution's campuses it stands on, from 1.
    pub campus: u8,
    pub beds: u32,
    /// Ids of the PractitionerRoles of its doctors, at least two where it has any.
    pub doctors: Vec<String>,
    pub nurses: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Specialty {
    GeneralPractice,
    Prevention,
    Internal,
    Respiratory,
    Cardiology,
    Gastroenterology,
    Endocrinology,
    Nephrology,
    Neurology,
    Haematology,
    Surgery,
    Orthopaedics,
    Urology,
    Neurosurgery,
    ThoracicSurgery,
    Gynaecology,
    Obstetrics,
    Paediatrics,
    Neonatology,
    Ophthalmology,
    Ent,
    Stomatology,
    Dermatology,
    Psychiatry,
    Infectious,
    FeverClinic,
    Oncology,
    Emergency,
    IntensiveCare,
    Rehabilitation,
    TraditionalMedicine,
    Laboratory,
    Pathology,
    Imaging,
    Ultrasound,
    Pharmacy,
    Administration,
}

impl Institution {
    pub fn department(&self, specialty: Specialty) -> Option<&Department> {
        self.departments.iter().find(|department| department.specialty == specialty)
    }

    pub fn is_hospital(&self) -> bool {
        matches!(
            self.kind,
            InstitutionKind::GeneralHospital
                | InstitutionKind::TcmHospital
                | InstitutionKind::WomenChildrenHospital
                | InstitutionKind::SpecialtyHospital
        )
    }

    /// When a fact of this minute arrives at the platform; `draw` is a unit draw of that fact.
    pub fn arrival(&self, at: Minute, draw: f64) -> Minute {
        if draw < self.delay.late {
            let days = 1 + (draw / self.delay.late * 4.0) as i64;
            return at + days * 1440 + (draw * 1e6) as i64 % 600;
        }
        let rank = (draw - self.delay.late) / (1.0 - self.delay.late);
        // The quantile of an exponential wait with this median.
        let wait = -self.delay.median_minutes / std::f64::consts::LN_2 * (1.0 - rank * 0.999).ln();
        at + 1 + wait as i64
    }
}

#[derive(Clone, Debug)]
pub struct AmbulanceStation {
    /// Id of its Location; its vehicles are `<id>-v1` and so on.
    pub id: String,
    pub name: String,
    pub street: usize,
    pub point: Point,
    pub vehicles: u32,
}
