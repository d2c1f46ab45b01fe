//! A city of bookings: schedules of doctors, slots for two weeks ahead, appointments of two weeks back and of what is
//! booked already. Made only where bookings are asked for alone.

use crate::city::City;
use crate::day::{Day, Minute, is_working_day, minute, weekday};
use crate::json::Json;
use crate::out::Out;
use crate::places::departments::sees_outpatients;
use crate::places::{Department, Institution};
use crate::rng::{Rng, stream};

/// Slots are released so many days ahead (上海市医联预约平台: two weeks).
const DAYS_AHEAD: Day = 14;
const DAYS_BACK: Day = 14;
/// Minutes of a slot.
const SLOT: Minute = 10;
/// Half-day sessions: the hour each begins and how many slots it has.
const SESSIONS: [(i64, u64); 2] = [(8, 21), (13, 18)];
/// Chance of a doctor having a session on a half day of the working week.
const SESSION_SHARE: f64 = 0.4;
/// Booked share of the slots of tomorrow and of the last day ahead.
const BOOKED: [f64; 2] = [0.82, 0.12];
/// Shares of appointments past: cancelled, not come (各地预约爽约率 5-10 %).
const CANCELLED: f64 = 0.09;
const NO_SHOW: f64 = 0.06;

/// Doctors' sessions are the same half days every week.
struct Session {
    weekday: u32,
    hour: i64,
    slots: u64,
}

/// A slot of a schedule.
struct Slot<'a> {
    schedule: &'a str,
    role: &'a str,
    institution: &'a Institution,
    start: Minute,
    nth: u64,
}

/// Schedules, slots and appointments of the hospitals and centres of a street.
pub fn of_street(city: &City, street: usize, out: &mut Out) {
    for (nth, one) in city.places.institutions.iter().enumerate() {
        if one.street != street || one.messages_a_day == 0 {
            continue;
        }
        for (place, department) in one.departments.iter().enumerate() {
            if sees_outpatients(department.specialty) {
                for doctor in 0..department.doctors.len() {
                    let index = ((nth as u64) << 8 | place as u64) << 20 | doctor as u64;
                    of_doctor(city, one, department, doctor, index, out);
                }
            }
        }
    }
}

fn of_doctor(city: &City, one: &Institution, department: &Department, doctor: usize, index: u64, out: &mut Out) {
    let settings = &city.settings;
    let mut rng = Rng::of(settings.seed, stream::BOOKING, index);
    let sessions = sessions(&mut rng);
    let (first, last) = (settings.end, settings.end + DAYS_AHEAD);
    let role = &department.doctors[doctor];
    let schedule = role.replacen("role-", "sch-", 1);
    let released = minute(first, 0, 0) - 1;
    out.resource(released, "Schedule", &schedule, |json| {
        json.source(&one.id);
        json.flag("active", true);
        json.array("specialty", |json| {
            json.item_concept("urn:jingluo:medical-subject", department.code, &department.name);
        });
        json.array("actor", |json| {
            json.item_reference("PractitionerRole", role);
            json.item(|json| json.texts("reference", &["Location/loc-", &one.key]));
        });
        json.period("planningHorizon", minute(first, 0, 0), Some(minute(last, 0, 0)));
    });
    for day in first - DAYS_BACK..last {
        if !is_working_day(day) {
            continue;
        }
        for session in sessions.iter().filter(|session| session.weekday == weekday(day)) {
            for nth in 0..session.slots {
                let start = minute(day, session.hour, 0) + nth.cast_signed() * SLOT;
                let slot = Slot { schedule: &schedule, role, institution: one, start, nth };
                of_slot(city, &slot, day, &mut rng, out);
            }
        }
    }
}

fn sessions(rng: &mut Rng) -> Vec<Session> {
    let mut sessions = Vec::new();
    for weekday in 0..5 {
        for (hour, slots) in SESSIONS {
            if rng.chance(SESSION_SHARE) {
                sessions.push(Session { weekday, hour, slots });
            }
        }
    }
    sessions
}

fn of_slot(city: &City, slot: &Slot, day: Day, rng: &mut Rng, out: &mut Out) {
    let (today, ahead) = (city.settings.end, f64::from(day - city.settings.end) / f64::from(DAYS_AHEAD));
    let share = BOOKED[0] + (BOOKED[1] - BOOKED[0]) * ahead.clamp(0.0, 1.0);
    let booked = rng.chance(share);
    let (person, fate, wait) = (rng.below(city.settings.residents) + 1, rng.unit(), rng.exponential(4.0));
    let id = format!("slot-{}-{}-{}", &slot.schedule[4..], day, slot.start.rem_euclid(1440));
    if day >= today {
        out.resource(minute(today, 0, 0) - 1, "Slot", &id, |json| {
            json.reference("schedule", "Schedule", slot.schedule);
            json.text("status", if booked { "busy" } else { "free" });
            json.instant("start", slot.start);
            json.instant("end", slot.start + SLOT);
        });
    }
    if booked {
        let created = (minute(day, 8, 0) - (wait * 1440.0) as Minute).min(minute(today, 0, 0) - 2);
        let status = match fate {
            _ if day >= today => "booked",
            ..CANCELLED => "cancelled",
            fate if fate < CANCELLED + NO_SHOW => "noshow",
            _ => "fulfilled",
        };
        let appointment = format!("app{}", &id[4..]);
        out.resource(created, "Appointment", &appointment, |json| {
            let slot_id = (day >= today).then_some(id.as_str());
            write_appointment(city, slot, (person, status, created), slot_id, json);
        });
    }
}

fn write_appointment(
    city: &City,
    slot: &Slot,
    (person, status, created): (u64, &str, Minute),
    slot_id: Option<&str>,
    json: &mut Json,
) {
    let street = city.places.sections[city.places.section_of(person)].street;
    let centre = city.places.centre_of(&city.settings, street, person);
    json.source(&slot.institution.id);
    json.text("status", status);
    json.instant("start", slot.start);
    json.instant("end", slot.start + SLOT);
    if let Some(id) = slot_id {
        json.array("slot", |json| json.item_reference("Slot", id));
    }
    json.instant("created", created);
    json.number("priority", slot.nth.cast_signed() + 1);
    json.array("participant", |json| {
        let patient = city.registration_id(person, centre);
        json.item(|json| {
            json.reference("actor", "Patient", &patient);
            json.piece(r#""status":"accepted""#);
        });
        json.item(|json| {
            json.reference("actor", "PractitionerRole", slot.role);
            json.piece(r#""status":"accepted""#);
        });
        json.item(|json| {
            json.object("actor", |json| json.texts("reference", &["Location/loc-", &slot.institution.key]));
            json.piece(r#""status":"accepted""#);
        });
    });
}
