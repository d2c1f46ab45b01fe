//! Contacts with care, as the city writes them: how many, when, where, and that a person's stays never overlap.

use crate::care_made::{Made, field, made, minute_of, person_of, within};
use city::day::{date_text, day, is_holiday, weekday};
use city::{Day, Settings, Window};
use std::collections::{BTreeMap, HashMap, HashSet};

const END: Day = day(2026, 11, 1);

/// Six thousand residents over a year.
fn year() -> &'static Made {
    made(&Settings { days: 365, ..Settings::new(6000, 7, END) })
}

/// Out-patient and emergency visits: person, first minute, code of the reason.
fn visits() -> Vec<(u64, i64, String)> {
    let of = |line: &str| {
        let class = field(line, "\"class\":{", "code");
        if class != "AMB" && class != "EMER" {
            return None;
        }
        let icd = field(line, "\"reasonCode\":", "code").to_owned();
        Some((person_of(line), minute_of(field(line, "\"period\":", "start")), icd))
    };
    year().of_type("Encounter").filter_map(of).collect()
}

/// Birth day and days in the city during the year, by person.
fn people() -> HashMap<u64, (Day, f64)> {
    let read = |text: &str| (!text.is_empty()).then(|| minute_of(text) as Day / 1440);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let header =
            "person,family,given,sex,born,died,identity,household,street,neighbourhood,mother,father,twin,arrived,left";
        let at = |name: &str| header.split(',').position(|column| column == name).map_or("", |nth| cells[nth]);
        let born = read(at("born")).unwrap();
        let from = read(at("arrived")).unwrap_or(born).max(born).max(END - 365);
        let to = read(at("died")).unwrap_or(END).min(read(at("left")).unwrap_or(END)).min(END);
        (at("person").parse().unwrap(), (born, f64::from((to - from).max(0))))
    };
    year().people.lines().map(row).collect()
}

#[test]
fn visits_and_stays_are_as_many_as_published() {
    let people = people();
    let years: f64 = people.values().map(|(_, days)| days / 365.0).sum();
    let rate = visits().len() as f64 / years;
    assert!((10.0..11.6).contains(&rate), "{rate} visits a resident-year");
    let stays = year().of_type("Encounter").filter(|line| field(line, "\"class\":{", "code") == "IMP").count();
    let rate = stays as f64 / years;
    assert!((0.155..0.225).contains(&rate), "{rate} stays a resident-year");
}

#[test]
fn the_very_young_and_the_old_see_doctors_most() {
    let people = people();
    let band = |born: Day| match (END - born) / 365 {
        ..6 => 0,
        6..15 => 1,
        15..35 => 2,
        35..60 => 3,
        60..75 => 4,
        _ => 5,
    };
    let (mut count, mut years) = ([0.0; 6], [0.0; 6]);
    for (person, ..) in visits() {
        count[band(people[&person].0)] += 1.0;
    }
    for (born, days) in people.values() {
        years[band(*born)] += days / 365.0;
    }
    let rate: Vec<f64> = (0..6).map(|nth| count[nth] / years[nth]).collect();
    assert!((7.5..13.5).contains(&rate[0]), "{rate:?}");
    assert!((3.5..8.0).contains(&rate[1]), "{rate:?}");
    assert!((3.5..7.5).contains(&rate[2]), "{rate:?}");
    assert!(rate[3] > rate[2] && rate[4] > 1.4 * rate[3] && rate[5] > rate[4], "{rate:?}");
    assert!((18.0..36.0).contains(&rate[5]), "{rate:?}");
}

#[test]
fn mondays_are_full_and_holidays_empty() {
    let mut by_day: BTreeMap<Day, u32> = BTreeMap::new();
    for (_, at, _) in visits() {
        *by_day.entry((at / 1440) as Day).or_default() += 1;
    }
    let mean = |wanted: &dyn Fn(Day) -> bool| {
        let days: Vec<u32> = by_day.iter().filter(|(on, _)| wanted(**on)).map(|(_, count)| *count).collect();
        f64::from(days.iter().sum::<u32>()) / days.len() as f64
    };
    let mondays = mean(&|on| weekday(on) == 0 && !is_holiday(on));
    let thursdays = mean(&|on| weekday(on) == 3 && !is_holiday(on));
    let sundays = mean(&|on| weekday(on) == 6 && !is_holiday(on));
    let holidays = mean(&is_holiday);
    assert!(mondays > 1.12 * thursdays, "{mondays} {thursdays}");
    assert!(sundays < 0.62 * thursdays, "{sundays} {thursdays}");
    assert!(holidays < 0.6 * thursdays, "{holidays} {thursdays}");
}

#[test]
fn illness_follows_the_season() {
    let mut by_month: HashMap<(bool, i64), f64> = HashMap::new();
    for (_, at, icd) in visits() {
        let kind = match icd.as_str() {
            "J06.9" | "J20.9" | "J18.9" => true,
            "R19.7" | "K52.9" => false,
            _ => continue,
        };
        let month: i64 = date_text((at / 1440) as Day)[5..7].parse().unwrap();
        *by_month.entry((kind, month)).or_default() += 1.0;
    }
    let sum = |kind, months: [i64; 3]| months.iter().map(|month| by_month[&(kind, *month)]).sum::<f64>();
    assert!(sum(true, [12, 1, 2]) > 1.35 * sum(true, [6, 7, 8]), "{by_month:?}");
    assert!(sum(false, [6, 7, 8]) > 1.45 * sum(false, [12, 1, 2]), "{by_month:?}");
}

#[test]
fn stays_of_a_person_never_overlap() {
    let mut stays: HashMap<u64, Vec<(i64, i64)>> = HashMap::new();
    let mut open = 0;
    for line in year().of_type("Encounter").filter(|line| field(line, "\"class\":{", "code") == "IMP") {
        let start = minute_of(field(line, "\"period\":", "start"));
        let end =
            within(line, "\"period\":{", "}").contains("\"end\"").then(|| minute_of(field(line, "\"period\":", "end")));
        assert_eq!(end.is_some(), line.contains("\"status\":\"finished\""), "{line}");
        open += i32::from(end.is_none());
        stays.entry(person_of(line)).or_default().push((start, end.unwrap_or(i64::MAX)));
    }
    assert!(open > 0, "nobody lies in a ward today");
    for (person, stays) in &mut stays {
        stays.sort_unstable();
        for pair in stays.windows(2) {
            assert!(pair[0].1 < pair[1].0, "stays of person {person} overlap: {pair:?}");
        }
        assert!(stays.iter().all(|(start, end)| start < end), "person {person}: {stays:?}");
    }
}

#[test]
fn every_resident_has_a_record_of_25_resources_however_short_the_history() {
    let made = made(&Settings { days: 1, ..Settings::new(1000, 3, END) });
    let mut count: HashMap<u64, u32> = HashMap::new();
    let of_person =
        |line: &&str| field(line, "", "id").strip_prefix('p').is_some_and(|id| id.starts_with(char::is_numeric));
    for line in made.lines().filter(of_person) {
        *count.entry(person_of(line)).or_default() += 1;
    }
    let mut residents = 0;
    for row in made.people.lines() {
        let cells: Vec<&str> = row.split(',').collect();
        let (person, gone, born) = (cells[0].parse().unwrap(), cells[5].len() + cells[14].len() > 0, cells[4]);
        if !gone
            && minute_of(born) < i64::from(END) * 1440
            && (cells[13].is_empty() || minute_of(cells[13]) < i64::from(END) * 1440)
        {
            residents += 1;
            let has: u32 = count.get(&person).copied().unwrap_or(0);
            assert!(has >= 25, "person {person} has {has} resources: {row}");
        }
    }
    assert!(residents >= 980, "{residents} residents");
}

#[test]
fn a_longer_city_has_the_same_past() {
    let of = |days: u32| {
        let made = made(&Settings { days, ..Settings::new(400, 11, END) });
        let from = i64::from(END - 100) * 1440;
        let lines: HashSet<&str> = made
            .of_type("Encounter")
            .filter(|line| minute_of(field(line, "\"period\":", "start")) >= from)
            .filter(|line| !line.contains("basedOn"))
            .collect();
        lines
    };
    let (short, long) = (of(100), of(400));
    let differs = short.symmetric_difference(&long).count();
    assert!(short.len() > 700, "{} contacts", short.len());
    // Who was not yet ill in the longer past may have been infected in it.
    assert!(differs * 100 <= short.len(), "{differs} of {} contacts differ", short.len());
}

#[test]
fn what_is_lived_day_by_day_is_what_history_tells() {
    let base = Settings { days: 20, horizon: 12, ..Settings::new(300, 5, END) };
    let from = i64::from(END) * 1440;
    let mut lived: HashMap<String, String> = HashMap::new();
    let mut keep = |made: &Made| {
        for line in made.lines() {
            let type_ = field(line, "", "resourceType");
            lived.insert(format!("{type_}/{}", field(line, "", "id")), line.to_owned());
        }
    };
    keep(&Made::of(&base, Window::history(from)));
    for nth in 0..10 {
        keep(&Made::of(&base, Window::live(from + nth * 1440, from + (nth + 1) * 1440)));
    }
    let told = Made::of(&base, Window::history(from + 10 * 1440));
    let mut differ = 0;
    let mut all = 0;
    for line in told.lines() {
        let key = format!("{}/{}", field(line, "", "resourceType"), field(line, "", "id"));
        all += 1;
        differ += i32::from(lived.get(&key).is_none_or(|lived| lived != line));
    }
    assert_eq!((differ, all), (0, lived.len()));
}
