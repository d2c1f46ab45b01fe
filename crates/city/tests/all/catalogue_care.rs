//! Figures of the catalogue that are counted from the resources of a generated city, and from its truth.

use std::collections::BTreeMap;

use city::day::{Day, date, day, is_holiday, is_spring_festival, minute, weekday};
use city::{City, Out, Settings, Window};

type Figures = Vec<(String, f64)>;

const RESIDENTS: u64 = 20_000;
const END: Day = day(2026, 12, 10);
/// Every so many blocks are made.
const SAMPLE: usize = 3;

#[derive(Default)]
struct Counts {
    people: f64,
    resources: f64,
    fewest: u64,
    types: BTreeMap<String, f64>,
    /// Visits by day of history.
    clinic: Vec<f64>,
    emergency: Vec<f64>,
    /// Visits by month for respiratory and intestinal infections.
    respiratory: [f64; 12],
    intestinal: [f64; 12],
    community: f64,
    stays: f64,
    stay_days: f64,
    reports: f64,
    repeats: f64,
    registrations: f64,
}

pub fn care() -> Figures {
    let settings = Settings::new(RESIDENTS, 2, END);
    let days = settings.days as usize;
    let city = City::build(settings).unwrap();
    let mut counts =
        Counts { clinic: vec![0.0; days], emergency: vec![0.0; days], fewest: u64::MAX, ..Counts::default() };
    let mut out = Out::new(Window::history(minute(END, 0, 0)), None);
    for block in (0..city.blocks()).step_by(SAMPLE) {
        out.clear();
        city.block(block, &mut out);
        counts.block(&city, &out);
    }
    let mut figures = counts.visits(city.settings.start());
    figures.extend(counts.seasons());
    figures.extend(counts.others());
    figures
}

/// The text after `start` up to the next quotation mark.
fn after<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    let from = line.find(start)? + start.len();
    line[from..].split('"').next()
}

pub fn day_in(text: &str) -> Option<Day> {
    Some(day(text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..10)?.parse().ok()?))
}

impl Counts {
    fn block(&mut self, city: &City, out: &Out) {
        let text = std::str::from_utf8(&out.ndjson).unwrap();
        let mut of_person: BTreeMap<&str, u64> = BTreeMap::new();
        for line in text.lines() {
            let kind = after(line, "\"resourceType\":\"").unwrap();
            *self.types.entry(kind.to_owned()).or_default() += 1.0;
            self.resources += 1.0;
            if let Some(person) = after(line, "\"id\":\"p").and_then(|id| id.split('-').next()) {
                *of_person.entry(person).or_default() += 1;
            }
            match kind {
                "Encounter" => self.encounter(city, line),
                "DiagnosticReport" => self.reports += 1.0,
                _ => {}
            }
        }
        self.residents(out, city.settings.start(), &of_person);
        self.registrations += out.truth.registrations.lines().count() as f64;
        self.repeats += crate::care_made::repeats_elsewhere(&out.truth.repeats) as f64;
    }

    /// Who comes or goes counts with the part of the time spent here.
    fn residents(&mut self, out: &Out, start: Day, of_person: &BTreeMap<&str, u64>) {
        for line in out.truth.people.lines() {
            let cells: Vec<&str> = line.split(',').collect();
            let from = day_in(cells[4]).max(day_in(cells[13])).unwrap_or(start).max(start);
            let to = [cells[5], cells[14]].into_iter().filter_map(day_in).min().unwrap_or(END).min(END);
            self.people += f64::from((to - from).max(0)) / f64::from(END - start);
            if from == start && to == END {
                self.fewest = self.fewest.min(of_person.get(cells[0]).copied().unwrap_or(0));
            }
        }
    }

    fn encounter(&mut self, city: &City, line: &str) {
        let class = after(line, "v3-ActCode\",\"code\":\"").unwrap_or("");
        let Some(on) = after(line, "\"period\":{\"start\":\"").and_then(day_in) else { return };
        let nth = on - city.settings.start();
        if nth < 0 || nth as usize >= self.clinic.len() {
            return;
        }
        let (_, month, _) = date(on);
        match class {
            "AMB" => self.clinic[nth as usize] += 1.0,
            "EMER" => self.emergency[nth as usize] += 1.0,
            "IMP" => self.stay(line, on),
            _ => return,
        }
        if class == "IMP" {
            return;
        }
        if line.contains("\"serviceProvider\":{\"reference\":\"Organization/org-c") {
            self.community += 1.0;
        }
        let reason =
            after(line, "\"reasonCode\":[{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"");
        match reason.unwrap_or("") {
            code if code.starts_with("J0") || code.starts_with("J1") || code.starts_with("J20") => {
                self.respiratory[month as usize - 1] += 1.0;
            }
            code if code.starts_with("A0") || code.starts_with("K52") => self.intestinal[month as usize - 1] += 1.0,
            _ => {}
        }
    }

    fn stay(&mut self, line: &str, on: Day) {
        self.stays += 1.0;
        let end = after(line, "\"end\":\"").and_then(day_in);
        self.stay_days += end.map_or(0.0, |end| f64::from(end - on));
    }

    fn visits(&self, start: Day) -> Figures {
        let sum = |days: &[f64]| days.iter().sum::<f64>();
        let (clinic, emergency) = (sum(&self.clinic), sum(&self.emergency));
        let mean = |of: &[f64], which: &dyn Fn(Day) -> bool| {
            let days: Vec<f64> =
                of.iter().enumerate().filter(|(nth, _)| which(start + *nth as Day)).map(|(_, count)| *count).collect();
            sum(&days) / days.len() as f64
        };
        let usual = mean(&self.clinic, &|day| weekday(day) < 5 && !is_holiday(day));
        let weekday_mean = |nth: u32| mean(&self.clinic, &|day| weekday(day) == nth && !is_holiday(day));
        let sunday_emergency = mean(&self.emergency, &|day| weekday(day) == 6);
        vec![
            ("visits.yearly".into(), (clinic + emergency) / self.people),
            ("visits.emergency".into(), emergency * 100.0 / (clinic + emergency)),
            ("visits.community".into(), self.community * 100.0 / (clinic + emergency)),
            ("visits.monday".into(), weekday_mean(0) / usual),
            ("visits.friday".into(), weekday_mean(4) / usual),
            ("visits.saturday".into(), weekday_mean(5) / usual),
            ("visits.sunday".into(), weekday_mean(6) / usual),
            ("visits.spring-festival".into(), mean(&self.clinic, &is_spring_festival) / usual),
            (
                "visits.other-holidays".into(),
                mean(&self.clinic, &|day| is_holiday(day) && !is_spring_festival(day)) / usual,
            ),
            ("visits.emergency-sunday".into(), sunday_emergency / mean(&self.emergency, &|day| weekday(day) < 5)),
            ("stays.yearly".into(), self.stays / self.people),
            ("stays.days".into(), self.stay_days / self.stays),
        ]
    }

    fn seasons(&self) -> Figures {
        // November and December of two years are in the window; a mean month is a twelfth of all.
        let against_mean = |of: &[f64; 12], month: usize| of[month - 1] * 12.0 / of.iter().sum::<f64>();
        vec![
            ("season.respiratory-january".into(), against_mean(&self.respiratory, 1)),
            ("season.respiratory-july".into(), against_mean(&self.respiratory, 7)),
            ("season.intestinal-february".into(), against_mean(&self.intestinal, 2)),
            ("season.intestinal-august".into(), against_mean(&self.intestinal, 8)),
        ]
    }

    fn others(&self) -> Figures {
        let each = |kind: &str| self.types.get(kind).copied().unwrap_or(0.0) / self.people;
        vec![
            ("resources.each".into(), self.resources / self.people),
            ("resources.fewest".into(), self.fewest as f64),
            ("reports.yearly".into(), self.reports / self.people),
            ("reports.repeats".into(), self.repeats * 100.0 / self.reports),
            ("prescriptions.yearly".into(), each("MedicationRequest")),
            ("immunizations.each".into(), each("Immunization")),
            ("registrations.each".into(), self.registrations / self.people),
        ]
    }
}
