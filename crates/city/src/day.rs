//! Days and minutes of the city, local time at +08:00 the whole year, and its public holidays.

/// Days since 1970-01-01.
pub type Day = i32;
/// Local minutes since 1970-01-01T00:00.
pub type Minute = i64;

pub const DAY_MINUTES: Minute = 1440;

/// The day of a calendar date (Hinnant's days from civil).
pub const fn day(year: i32, month: u32, date: u32) -> Day {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let shifted = (month as i32 + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + date as i32 - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and date of a day.
pub const fn date(day: Day) -> (i32, u32, u32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let date = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + (month <= 2) as i32;
    (year, month as u32, date as u32)
}

/// A minute of a day.
pub const fn minute(day: Day, hour: i64, minute: i64) -> Minute {
    day as Minute * DAY_MINUTES + hour * 60 + minute
}

pub const fn day_of(minute: Minute) -> Day {
    minute.div_euclid(DAY_MINUTES) as Day
}

/// 0 is Monday, 6 Sunday.
pub const fn weekday(day: Day) -> u32 {
    (day + 3).rem_euclid(7) as u32
}

/// Completed years of life on a day; negative before birth.
pub const fn age_on(born: Day, on: Day) -> i32 {
    let (year, month, date_of_birth) = date(born);
    let (now, now_month, now_date) = date(on);
    let before = now_month < month || (now_month == month && now_date < date_of_birth);
    now - year - before as i32
}

/// Months since the year 0, for indexes of what happens month by month.
pub const fn month_of(day: Day) -> i32 {
    let (year, month, _) = date(day);
    year * 12 + month as i32 - 1
}

/// The first day of a month counted as by `month_of`.
pub const fn month_start(month: i32) -> Day {
    day(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1)
}

/// Fraction of the year that has passed, 0 on the first of January.
pub fn season(on: Day) -> f64 {
    let (year, _, _) = date(on);
    f64::from(on - day(year, 1, 1)) / 365.25
}

/// New Year's Day of the lunar calendar.
const SPRING_FESTIVAL: [Day; 22] = [
    day(2015, 2, 19),
    day(2016, 2, 8),
    day(2017, 1, 28),
    day(2018, 2, 16),
    day(2019, 2, 5),
    day(2020, 1, 25),
    day(2021, 2, 12),
    day(2022, 2, 1),
    day(2023, 1, 22),
    day(2024, 2, 10),
    day(2025, 1, 29),
    day(2026, 2, 17),
    day(2027, 2, 6),
    day(2028, 1, 26),
    day(2029, 2, 13),
    day(2030, 2, 3),
    day(2031, 1, 23),
    day(2032, 2, 11),
    day(2033, 1, 31),
    day(2034, 2, 19),
    day(2035, 2, 8),
    day(2036, 1, 28),
];

/// Dragon Boat and Mid-Autumn days.
const LUNAR_DAYS: [Day; 22] = [
    day(2020, 6, 25),
    day(2020, 10, 1),
    day(2021, 6, 14),
    day(2021, 9, 21),
    day(2022, 6, 3),
    day(2022, 9, 10),
    day(2023, 6, 22),
    day(2023, 9, 29),
    day(2024, 6, 10),
    day(2024, 9, 17),
    day(2025, 5, 31),
    day(2025, 10, 6),
    day(2026, 6, 19),
    day(2026, 9, 25),
    day(2027, 6, 9),
    day(2027, 9, 15),
    day(2028, 5, 28),
    day(2028, 10, 3),
    day(2029, 6, 16),
    day(2029, 9, 22),
    day(2030, 6, 5),
    day(2030, 9, 12),
];

/// The seven days from the eve of the lunar new year.
pub fn is_spring_festival(day: Day) -> bool {
    SPRING_FESTIVAL.iter().any(|first| (first - 1..first + 6).contains(&day))
}

/// Public holidays without make-up days: 1 January, Spring Festival, Qingming, May Day, Dragon Boat, Mid-Autumn,
/// the National Day week (全国年节及纪念日放假办法, as amended in 2024).
pub fn is_holiday(day: Day) -> bool {
    let (_, month, date) = date(day);
    let fixed = matches!((month, date), (1, 1) | (4, 4) | (5, 1..=5) | (10, 1..=7));
    fixed || is_spring_festival(day) || LUNAR_DAYS.contains(&day)
}

/// Neither weekend nor holiday.
pub fn is_working_day(day: Day) -> bool {
    weekday(day) < 5 && !is_holiday(day)
}

/// Summer (July, August) or winter (from mid-January for five weeks): schools are closed.
pub fn is_school_holiday(day: Day) -> bool {
    let (_, month, date) = date(day);
    matches!((month, date), (7 | 8, _) | (1, 18..) | (2, ..=20))
}

/// `2026-03-01`.
pub fn write_date(out: &mut Vec<u8>, day: Day) {
    let (year, month, date) = date(day);
    digits(out, year.unsigned_abs(), 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, date, 2);
}

/// `2026-03-01T08:30:00+08:00`.
pub fn write_minute(out: &mut Vec<u8>, minute: Minute) {
    write_date(out, day_of(minute));
    let of_day = minute.rem_euclid(DAY_MINUTES) as u32;
    out.push(b'T');
    digits(out, of_day / 60, 2);
    out.push(b':');
    digits(out, of_day % 60, 2);
    out.extend_from_slice(b":00+08:00");
}

fn digits(out: &mut Vec<u8>, mut number: u32, length: usize) {
    let start = out.len();
    out.resize(start + length, b'0');
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

pub fn date_text(day: Day) -> String {
    let mut out = Vec::with_capacity(10);
    write_date(&mut out, day);
    String::from_utf8(out).unwrap_or_default()
}

pub fn minute_text(minute: Minute) -> String {
    let mut out = Vec::with_capacity(25);
    write_minute(&mut out, minute);
    String::from_utf8(out).unwrap_or_default()
}

/// The minute that such a text names.
pub fn minute_named(text: &str) -> Option<Minute> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let on = day(text.get(..4)?.parse().ok()?, number(5, 7)?, number(8, 10)?);
    Some(minute(on, number(11, 13)?.into(), number(14, 16)?.into()))
}
