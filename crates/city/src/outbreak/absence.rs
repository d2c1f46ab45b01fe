//! What a school reports each morning: pupils absent for illness, by what they have (因病缺课监测).

use crate::day::{Day, date_text, minute, month_of, weekday};
use crate::model::Street;
use crate::out::Out;
use crate::outbreak::illness::Illness;
use crate::outbreak::infection::Infection;
use crate::outbreak::spread::is_school_day;
use crate::outbreak::streams;
use crate::places::Places;
use crate::rng::Rng;
use crate::settings::{Part, Settings};

/// Share of pupils absent for illness on a day without outbreaks, by month from January; the year's mean is near 1 %.
const USUAL: [f64; 12] = [0.014, 0.011, 0.011, 0.010, 0.009, 0.008, 0.008, 0.008, 0.009, 0.009, 0.012, 0.015];
/// Of these with fever or cough, and with vomiting or diarrhoea.
const FEVER: f64 = 0.55;
const GUT: f64 = 0.15;
/// Days at home for an illness, the day of onset included.
const DAYS_ABSENT: Day = 3;

/// The school of a street, day by day.
#[derive(Clone, Debug, Default)]
pub struct Absences {
    /// Id of the school's Organization.
    school: String,
    /// What its reports are called: those of each further section of a large street are of a campus of their own.
    name: String,
    days: Vec<Absent>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Absent {
    day: Day,
    enrolled: u32,
    absent: u32,
    fever: u32,
    gut: u32,
    /// Minutes after eight at which the school reports.
    reported: i64,
}

impl Absences {
    pub fn new(settings: &Settings, places: &Places, street: &Street, infections: &[Infection]) -> Absences {
        let school = places.streets.get(street.number).and_then(|place| places.schools.get(place.school));
        let Some(school) = school else { return Absences::default() };
        let first = settings.start();
        let length = (settings.last() - first).unsigned_abs() as usize;
        let mut ill = vec![(0_u32, 0_u32); length];
        for infection in infections.iter().filter(|infection| infection.severity > 0 && infection.outbreak.is_some()) {
            let pupil = street.person(infection.person).is_some_and(|person| person.is_pupil(infection.onset));
            for day in infection.onset..infection.onset + DAYS_ABSENT {
                if let Some(counts) =
                    usize::try_from(day - first).ok().and_then(|nth| ill.get_mut(nth)).filter(|_| pupil)
                {
                    *if is_of_the_gut(infection.disease) { &mut counts.1 } else { &mut counts.0 } += 1;
                }
            }
        }
        let mut days = Vec::new();
        let mut enrolled = (0, 0);
        for (nth, (fever, gut)) in ill.into_iter().enumerate() {
            let day = first + nth as Day;
            if enrolled.0 != month_of(day) {
                let pupils = street.people.iter().filter(|person| person.is_here(day) && person.is_pupil(day));
                enrolled = (month_of(day), pupils.count() as u32);
            }
            if is_school_day(day) && enrolled.1 > 0 {
                days.push(absent(settings.seed, street.section, day, enrolled.1, fever, gut));
            }
        }
        let name = if street.first { school.id.clone() } else { format!("{}-{}", school.id, street.section) };
        Absences { school: school.id.clone(), name, days }
    }

    /// The reports of the school that arrive within the window.
    pub fn write(&self, out: &mut Out) {
        if self.days.is_empty() || !out.wants(Part::Surveillance) {
            return;
        }
        for absent in &self.days {
            let arrival = minute(absent.day, 8, 0) + absent.reported;
            if !out.is_due(arrival) {
                continue;
            }
            let id = format!("{}-absent-{}", self.name, date_text(absent.day));
            out.resource(arrival, "Observation", &id, |json| {
                json.source(&self.school);
                json.piece(r#""status":"final""#);
                json.concept("code", "urn:jingluo:code", "absent-ill", "因病缺课人数");
                json.object("subject", |json| json.texts("reference", &["Location/loc-", &self.school]));
                json.instant("effectiveDateTime", minute(absent.day, 8, 0));
                json.instant("issued", arrival);
                json.array("performer", |json| json.item_reference("Organization", &self.school));
                json.quantity("valueQuantity", f64::from(absent.absent), 0, "人", "{person}");
                json.array("component", |json| {
                    for (code, name, count) in [
                        ("enrolled", "在册学生", absent.enrolled),
                        ("absent-fever", "发热或咳嗽", absent.fever),
                        ("absent-gut", "呕吐或腹泻", absent.gut),
                    ] {
                        json.item(|json| {
                            json.concept("code", "urn:jingluo:code", code, name);
                            json.quantity("valueQuantity", f64::from(count), 0, "人", "{person}");
                        });
                    }
                });
            });
        }
    }
}

fn is_of_the_gut(disease: Illness) -> bool {
    matches!(disease, Illness::NOROVIRUS | Illness::SALMONELLA)
}

/// A day's report: what is usual, more on Mondays, and those ill in outbreaks.
fn absent(seed: u64, section: usize, day: Day, enrolled: u32, fever: u32, gut: u32) -> Absent {
    let mut rng = Rng::of(seed, streams::ABSENCE, (section as u64) << 32 | u64::from(day.unsigned_abs()));
    let month = month_of(day).rem_euclid(12) as usize;
    let monday = if weekday(day) == 0 { 1.25 } else { 1.0 };
    let usual = rng.poisson(f64::from(enrolled) * USUAL[month] * monday).min(enrolled);
    let mut of_usual = |share: f64| (0..usual).filter(|_| rng.chance(share)).count() as u32;
    let (usual_fever, usual_gut) = (of_usual(FEVER), of_usual(GUT / (1.0 - FEVER)));
    let fever = (usual_fever + fever).min(enrolled);
    let gut = (usual_gut.min(usual - usual_fever) + gut).min(enrolled - fever);
    let other = usual - usual_fever - usual_gut.min(usual - usual_fever);
    let absent = (fever + gut + other).min(enrolled);
    Absent { day, enrolled, absent, fever, gut, reported: rng.between(40, 200) }
}
