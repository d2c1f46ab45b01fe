//! FHIR dates as periods: a date of any precision covers all instants that it may mean.
//!
//! <https://hl7.org/fhir/R4/search.html#date>

use base::Millis;
use base::zone::Zone;

/// The half-open period [start, end); an open side is `Millis::MIN` or `Millis::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start: Millis,
    pub end: Millis,
}

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// What a date, dateTime, instant or partial date covers: `2026`, `2026-11`, `2026-11-21`, `2026-11-21T08:15`,
/// `2026-11-21T08:15:30.5+08:00`. Without an offset it is local to `zone`. A fraction counts to the millisecond.
/// None for anything else, for days that no month has and for years outside 1 to 9999.
pub fn parse_date(text: &str, zone: &Zone) -> Option<Period> {
    let bytes = text.as_bytes();
    let year = digits(bytes, 0, 4)?;
    if year == 0 {
        return None;
    }
    if bytes.len() == 4 {
        return days(zone, (year, 1, 1), (year + 1, 1, 1));
    }
    let month = digits(bytes, 5, 2).filter(|month| bytes[4] == b'-' && (1..=12).contains(month))?;
    if bytes.len() == 7 {
        let next = if month == 12 { (year + 1, 1, 1) } else { (year, month + 1, 1) };
        return days(zone, (year, month, 1), next);
    }
    let day = digits(bytes, 8, 2).filter(|day| bytes[7] == b'-' && (1..=days_in(year, month)).contains(day))?;
    if bytes.len() == 10 {
        let next = match () {
            () if day < days_in(year, month) => (year, month, day + 1),
            () if month < 12 => (year, month + 1, 1),
            () => (year + 1, 1, 1),
        };
        return days(zone, (year, month, day), next);
    }
    let time = bytes.get(11..).filter(|_| bytes[10] == b'T')?;
    let (in_day, width, used) = time_of_day(time)?;
    let midnight = match offset(&time[used..])? {
        Offset::Local => day_start(zone, (year, month, day))?,
        Offset::Of(offset) => utc_midnight(year, month, day) - offset,
    };
    // On the rare day on which the zone moves its clocks, a local time is taken as if they stood still.
    Some(Period { start: midnight + in_day, end: midnight + in_day + width })
}

enum Offset {
    Local,
    Of(Millis),
}

/// Milliseconds since midnight, how long the named piece of time lasts, bytes read.
fn time_of_day(time: &[u8]) -> Option<(Millis, Millis, usize)> {
    let hour = digits(time, 0, 2).filter(|hour| *hour < 24)?;
    let minute = digits(time, 3, 2).filter(|minute| time[2] == b':' && *minute < 60)?;
    let to_minute = Millis::from(hour) * HOUR + Millis::from(minute) * MINUTE;
    if time.get(5) != Some(&b':') {
        return Some((to_minute, MINUTE, 5));
    }
    // 60 is a leap second, which the count of milliseconds does not know: it falls on the next one.
    let second = digits(time, 6, 2).filter(|second| *second <= 60)?;
    let to_second = to_minute + Millis::from(second) * SECOND;
    if time.get(8) != Some(&b'.') {
        return Some((to_second, SECOND, 8));
    }
    let fraction: Vec<Millis> =
        time[9..].iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| Millis::from(byte - b'0')).collect();
    let mut width = SECOND;
    let mut millis = 0;
    for digit in fraction.iter().take(3) {
        width /= 10;
        millis += digit * width;
    }
    (!fraction.is_empty()).then_some((to_second + millis, width, 9 + fraction.len()))
}

fn offset(text: &[u8]) -> Option<Offset> {
    match text {
        [] => Some(Offset::Local),
        [b'Z'] => Some(Offset::Of(0)),
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 5 && rest[2] == b':' => {
            let hours = digits(rest, 0, 2).filter(|hours| *hours <= 14)?;
            let minutes = digits(rest, 3, 2).filter(|minutes| *minutes < 60)?;
            let size = Millis::from(hours) * HOUR + Millis::from(minutes) * MINUTE;
            Some(Offset::Of(if *sign == b'-' { -size } else { size }))
        }
        _ => None,
    }
}

type Day = (i32, i32, i32);

fn days(zone: &Zone, from: Day, to: Day) -> Option<Period> {
    Some(Period { start: day_start(zone, from)?, end: day_start(zone, to)? })
}

/// The zone's library ends a little before the year 9999 does; those days are taken in UTC.
fn day_start(zone: &Zone, (year, month, day): Day) -> Option<Millis> {
    let narrow = (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Some(zone.day_start(narrow.0, narrow.1, narrow.2).unwrap_or_else(|| utc_midnight(year, month, day)))
}

/// Milliseconds from 1970 to the start of a day in UTC, by the days of the Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
fn utc_midnight(year: i32, month: i32, day: i32) -> Millis {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (Millis::from(era) * 146_097 + Millis::from(day_of_era) - 719_468) * DAY
}

const fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `count` digits from `at` as a number.
fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i32> {
    let mut number = 0;
    for byte in bytes.get(at..at + count)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i32::from(byte - b'0');
    }
    Some(number)
}
