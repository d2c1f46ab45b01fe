//! The truth of infections and outbreaks, as rows of CSV; the columns stand in `Truth::HEADERS` and in `docs/city.md`.

use std::fmt::Write;

use crate::day::{Minute, date_text, minute, minute_text};
use crate::model::{Person, Street};
use crate::out::Out;
use crate::outbreak::infection::{Infection, StreetInfections};
use crate::outbreak::kinds::SCHOOL_CANTEEN;
use crate::outbreak::plan::Outbreak;
use crate::outbreak::roster::Setting;
use crate::places::Places;
use crate::settings::OutbreakKind;

/// Names of the places of a street, so that rows can be written without the city.
#[derive(Clone, Debug, Default)]
pub struct Names {
    first_person: Option<u64>,
    street: String,
    section: usize,
    neighbourhoods: Vec<String>,
    school: String,
    first_site: usize,
    sites: Vec<String>,
    /// Wards with infections, by their keys.
    wards: Vec<(u64, String)>,
    outbreaks: Vec<Outbreak>,
}

impl Names {
    pub fn new(places: &Places, street: &Street, outbreaks: &[Outbreak], infections: &[Infection]) -> Names {
        let Some(place) = places.streets.get(street.number) else { return Names::default() };
        let in_wards = infections.iter().filter(|infection| infection.stay.is_some_and(|stay| stay.acquired));
        let mut wards: Vec<(u64, String)> =
            in_wards.map(|infection| (infection.place, ward(places, infection.place))).collect();
        wards.sort();
        wards.dedup();
        Names {
            first_person: street.people.first().map(|person| person.number),
            street: place.code.clone(),
            section: street.section,
            neighbourhoods: place.neighbourhoods.iter().map(|neighbourhood| neighbourhood.code.clone()).collect(),
            school: places.schools.get(place.school).map(|school| school.id.clone()).unwrap_or_default(),
            first_site: place.work_sites.start,
            sites: places.work_sites[place.work_sites.clone()].iter().map(|site| site.id.clone()).collect(),
            wards,
            outbreaks: outbreaks.to_vec(),
        }
    }

    /// Two columns, the kind of place and its id: `class,school-3/2019-1`, `household,12-345`, `ward,loc-h1-03`; both empty
    /// for what comes from outside.
    fn place(&self, setting: Setting, key: u64) -> String {
        let nth = key as usize;
        let named = |names: &[String], nth: usize| names.get(nth).cloned().unwrap_or_default();
        let site = || named(&self.sites, nth.wrapping_sub(self.first_site));
        let place = match setting {
            Setting::Outside => return ",".to_owned(),
            Setting::Household => format!("{}-{key}", self.section),
            Setting::Class => format!("{}/{}-{}", self.school, key >> 16, key & 0xFFFF),
            Setting::School => self.school.clone(),
            Setting::Canteen if key == SCHOOL_CANTEEN => self.school.clone(),
            Setting::Site | Setting::Canteen => site(),
            Setting::Neighbourhood => named(&self.neighbourhoods, nth),
            Setting::Street => self.street.clone(),
            Setting::Ward => {
                let found = self.wards.iter().find(|(ward, _)| *ward == key);
                found.map(|(_, name)| name.clone()).unwrap_or_default()
            }
        };
        format!("{},{place}", setting.code())
    }
}

fn ward(places: &Places, key: u64) -> String {
    let institution = places.institutions.get((key >> 16) as usize);
    let department = institution.and_then(|institution| institution.departments.get((key & 0xFFFF) as usize));
    department.map(|department| department.ward.clone()).unwrap_or_default()
}

impl StreetInfections {
    /// Adds the infections of a person to the truth; called once for each, where its block is made. With the first person of
    /// the street go the outbreaks as they went there, and what its school reports.
    pub fn tell(&self, person: &Person, out: &mut Out) {
        if self.names.first_person == Some(person.number) {
            self.absences.write(out);
            for outbreak in &self.names.outbreaks {
                self.tell_outbreak(outbreak, out);
            }
        }
        let to = out.window.to;
        for infection in self.of(person.number).iter().filter(|infection| infection.at < to) {
            self.tell_infection(infection, out);
        }
    }

    fn tell_infection(&self, infection: &Infection, out: &mut Out) {
        let to = out.window.to;
        let outbreak = infection.outbreak.and_then(|number| self.names.outbreaks.get(number as usize));
        let moment = |at: Minute| if at < to { minute_text(at) } else { String::new() };
        let onset = if infection.severity == 0 { String::new() } else { date_text(infection.onset) };
        let _ = writeln!(
            out.truth.infections,
            "{},{},{},{},{},{},{},{},{},{}",
            infection.person,
            outbreak.map(Outbreak::id).unwrap_or_default(),
            infection.disease.facts().code,
            infection.by.map(|by| by.to_string()).unwrap_or_default(),
            self.names.place(infection.setting, infection.place),
            minute_text(infection.at),
            onset,
            infection.severity,
            infection.visit.map(moment).unwrap_or_default(),
            if infection.reported { moment(infection.filled) } else { String::new() },
        );
    }

    /// One row for an outbreak in this street: its first infection, its first report and its cases up to the end of the window.
    fn tell_outbreak(&self, outbreak: &Outbreak, out: &mut Out) {
        let to = out.window.to;
        let of_it = |infection: &&Infection| infection.outbreak == Some(outbreak.number) && infection.at < to;
        let cases: Vec<&Infection> = self.all().iter().filter(of_it).collect();
        let Some(first) = cases.iter().min_by_key(|infection| infection.at) else { return };
        let reports = cases.iter().filter(|infection| infection.reported && infection.filled < to);
        let first_report = reports.map(|infection| infection.filled).min();
        let ill = cases.iter().filter(|infection| infection.severity > 0);
        let first_onset = ill.map(|infection| infection.onset).filter(|onset| minute(*onset, 0, 0) < to).min();
        let in_setting =
            |setting: Setting| cases.iter().find(|case| case.setting == setting).map_or(0, |case| case.place);
        let place = match outbreak.kind {
            OutbreakKind::SchoolNorovirus => self.names.place(Setting::School, 0),
            OutbreakKind::CanteenFood => self.names.place(Setting::Canteen, in_setting(Setting::Canteen)),
            OutbreakKind::HospitalCluster => self.names.place(Setting::Ward, in_setting(Setting::Ward)),
            OutbreakKind::InfluenzaSeason | OutbreakKind::MeaslesChain | OutbreakKind::NewVariant => {
                self.names.place(Setting::Street, 0)
            }
        };
        let _ = writeln!(
            out.truth.outbreaks,
            "{},{},{},{place},{},{},{},{}",
            outbreak.id(),
            outbreak.kind.name(),
            first.disease.facts().code,
            minute_text(first.at),
            first_onset.map(date_text).unwrap_or_default(),
            first_report.map(minute_text).unwrap_or_default(),
            cases.len(),
        );
    }
}
