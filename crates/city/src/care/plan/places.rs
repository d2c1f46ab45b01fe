//! Where a person goes: the community centre, or a hospital that has the department.

use super::{Kind, Plan};
use crate::outbreak::{Illness, Infection};
use crate::places::{Department, Institution, Specialty};
use crate::rng::Rng;

/// How the hospitals a person likes share the visits.
const LIKING: [f64; 3] = [0.56, 0.28, 0.16];

impl Plan<'_> {
    pub fn institution(&self, nth: u32) -> &Institution {
        &self.city.places.institutions[nth as usize]
    }

    pub fn centre(&self) -> u32 {
        self.person.centre() as u32
    }

    /// A hospital of the person with this department, by liking; else any of them.
    pub fn hospital(&self, specialty: Specialty, rng: &mut Rng) -> u32 {
        self.hospital_but(specialty, None, rng).unwrap_or(self.person.goes_to[1])
    }

    /// The same, but another one than `other`; none where the person knows no other.
    pub fn hospital_but(&self, specialty: Specialty, other: Option<u32>, rng: &mut Rng) -> Option<u32> {
        let mut weights = [0.0; 3];
        for (nth, hospital) in self.person.goes_to[1..].iter().enumerate() {
            if Some(*hospital) == other || !self.institution(*hospital).is_hospital() {
                continue;
            }
            let has = self.institution(*hospital).department(specialty).is_some();
            weights[nth] = LIKING[nth] * if has { 1.0 } else { 0.001 };
        }
        let found = weights.iter().sum::<f64>() > 0.0;
        found.then(|| self.person.goes_to[1 + rng.by_weight(&weights)])
    }

    /// The hospital for an emergency: the most liked that has an emergency department.
    pub fn emergency_hospital(&self, rng: &mut Rng) -> u32 {
        let open = |nth: &&u32| self.institution(**nth).emergency && rng.chance(0.75);
        let found = self.person.goes_to[1..].iter().find(open).copied();
        found
            .or_else(|| self.person.goes_to[1..].iter().find(|nth| self.institution(**nth).emergency).copied())
            .unwrap_or(self.person.goes_to[1])
    }

    /// How an infection is seen where it is seen: feverish ones in fever clinics.
    pub fn where_infected(&self, infection: &Infection) -> (Kind, Specialty) {
        let institution = self.institution(infection.institution);
        let feverish = matches!(infection.disease, Illness::INFLUENZA | Illness::MEASLES | Illness::CORONAVIRUS);
        if !institution.is_hospital() {
            return (Kind::Community, Specialty::GeneralPractice);
        }
        let is_child = self.age(infection.onset) < 14;
        if feverish && !is_child && institution.fever_clinic {
            return (Kind::Fever, Specialty::FeverClinic);
        }
        if infection.emergency {
            return (Kind::Emergency, Specialty::Emergency);
        }
        (Kind::Clinic, if is_child { Specialty::Paediatrics } else { Specialty::Infectious })
    }
}

/// The department that serves a specialty, or the nearest to it; none where an institution has no doctors.
pub fn department(institution: &Institution, specialty: Specialty) -> Option<&Department> {
    let nearest = match specialty {
        Specialty::FeverClinic => Specialty::Infectious,
        Specialty::Neonatology => Specialty::Paediatrics,
        Specialty::Obstetrics => Specialty::Gynaecology,
        Specialty::Urology | Specialty::Orthopaedics | Specialty::ThoracicSurgery | Specialty::Neurosurgery => {
            Specialty::Surgery
        }
        _ => Specialty::Internal,
    };
    [specialty, nearest, Specialty::Internal, Specialty::GeneralPractice]
        .into_iter()
        .find_map(|specialty| institution.department(specialty))
        .or_else(|| institution.departments.iter().find(|department| !department.doctors.is_empty()))
        .or_else(|| institution.departments.first())
}
