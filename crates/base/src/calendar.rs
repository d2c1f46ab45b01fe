//! The calendar that people live by: weekdays, public holidays with their make-up days, the lunar new year. Dated rows
//! in `data/holidays.csv`: lunar days of 2000 to 2050, and from 2019 what the State Council gives notice of each year.

use std::sync::OnceLock;

/// Days since 1970-01-01.
pub type Day = i32;

/// The years of which lunar days are known.
pub const YEARS: std::ops::RangeInclusive<i32> = 2000..=2050;

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

/// 0 is Monday, 6 Sunday.
pub const fn weekday(day: Day) -> u32 {
    (day.rem_euclid(7) + 3) as u32 % 7
}

/// The first day of the lunar year that begins in a year; none beyond `YEARS`.
pub fn spring_festival(year: i32) -> Option<Day> {
    lunar(year, Lunar::SpringFestival)
}

/// A day that moves with moon or sun; none beyond `YEARS`.
pub fn lunar(year: i32, which: Lunar) -> Option<Day> {
    let nth = usize::try_from(year - YEARS.start()).ok()?;
    known().lunar[which as usize].get(nth).copied()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lunar {
    SpringFestival,
    Qingming,
    DragonBoat,
    MidAutumn,
}

/// Days from the nearest Spring Festival, negative before it; none beyond `YEARS`.
pub fn from_spring_festival(day: Day) -> Option<i32> {
    let (year, ..) = date(day);
    let near = [year - 1, year, year + 1];
    // Where the neighbour is not known, the year's own festival is the nearest in its first half only.
    let own = spring_festival(year)?;
    let apart = |festival: Day| day - festival;
    let nearest = near.iter().filter_map(|year| spring_festival(*year)).map(apart).min_by_key(|days| days.abs());
    nearest.filter(|days| days.abs() <= 190 || *days == apart(own))
}

/// Whether most people have the day off because of a public holiday: as given notice of, and in years without a notice
/// by the rule (全国年节及纪念日放假办法, with its bridging days: seven days from the eve of the lunar new year, 1 to 5 May,
/// 1 to 7 October, and the days of New Year, Qingming, Dragon Boat and Mid-Autumn).
pub fn is_off(day: Day) -> bool {
    known().is(day, OFF).unwrap_or_else(|| by_rule(day))
}

/// Neither weekend nor holiday, or a weekend day that is worked to make up for a holiday.
pub fn is_working_day(day: Day) -> bool {
    known().is(day, WORK) == Some(true) || (weekday(day) < 5 && !is_off(day))
}

fn by_rule(day: Day) -> bool {
    let (year, month, date) = date(day);
    let moving = [Lunar::Qingming, Lunar::DragonBoat, Lunar::MidAutumn];
    matches!((month, date), (1, 1) | (5, 1..=5) | (10, 1..=7))
        || spring_festival(year).is_some_and(|first| (first - 1..first + 6).contains(&day))
        || moving.iter().any(|which| lunar(year, *which) == Some(day))
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub first: Day,
    pub last: Day,
    /// `spring-festival`, `qingming`, `dragon-boat`, `mid-autumn`, `off` or `work`.
    pub kind: &'static str,
    pub name: &'static str,
    pub source: &'static str,
    pub sure: &'static str,
}

/// The table's rows in their order.
pub fn rows() -> impl Iterator<Item = Row> {
    include_str!("../data/holidays.csv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let mut cell = || cells.next();
        let first = crate::zone::day_named(cell()?)?;
        let last = crate::zone::day_named(cell()?)?;
        Some(Row { first, last, kind: cell()?, name: cell()?, source: cell()?, sure: cell()? })
    })
}

const OFF: u8 = 1;
const WORK: u8 = 2;

struct Known {
    lunar: [Vec<Day>; 4],
    /// The first and the last day that notices speak of.
    first: Day,
    marks: Vec<u8>,
}

impl Known {
    /// Whether a day has a mark; none where no notice speaks of it.
    fn is(&self, day: Day, mark: u8) -> Option<bool> {
        let nth = usize::try_from(day.checked_sub(self.first)?).ok()?;
        self.marks.get(nth).map(|marks| marks & mark != 0)
    }
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let notices = || rows().filter(|row| row.kind == "off" || row.kind == "work");
        let years = || notices().map(|row| date(row.last).0);
        let (first, last) = (years().min().unwrap_or(1970), years().max().unwrap_or(1969));
        let first = day(first, 1, 1);
        let mut marks = vec![0; usize::try_from(day(last + 1, 1, 1) - first).unwrap_or_default()];
        for row in notices() {
            for day in row.first.max(first)..=row.last {
                let nth = usize::try_from(day - first).unwrap_or_default();
                if let Some(mark) = marks.get_mut(nth) {
                    *mark |= if row.kind == "off" { OFF } else { WORK };
                }
            }
        }
        let of = |kind: &str| rows().filter(|row| row.kind == kind).map(|row| row.first).collect();
        Known { lunar: [of("spring-festival"), of("qingming"), of("dragon-boat"), of("mid-autumn")], first, marks }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_dated_and_in_order() {
        let lines = include_str!("../data/holidays.csv").lines().count();
        let rows: Vec<Row> = rows().collect();
        assert_eq!(rows.len(), lines - 1, "every row is read");
        for row in &rows {
            assert!(row.first <= row.last && row.last - row.first < 12 && !row.source.is_empty(), "{row:?}");
            assert!(["yes", "unsure"].contains(&row.sure), "{row:?}");
            assert!(row.kind != "work" || weekday(row.first) >= 5, "a make-up day is a weekend day: {row:?}");
        }
        assert!(rows.windows(2).all(|pair| pair[0].first <= pair[1].first));
        for year in YEARS {
            for which in [Lunar::SpringFestival, Lunar::Qingming, Lunar::DragonBoat, Lunar::MidAutumn] {
                assert_eq!(lunar(year, which).map(|day| date(day).0), Some(year), "{which:?}");
            }
        }
        assert_eq!((spring_festival(1999), spring_festival(2051)), (None, None));
    }

    #[test]
    fn known_new_year_days() {
        for (year, month, date) in [
            (2000, 2, 5),
            (2003, 2, 1),
            (2008, 2, 7),
            (2012, 1, 23),
            (2015, 2, 19),
            (2020, 1, 25),
            (2023, 1, 22),
            (2024, 2, 10),
            (2025, 1, 29),
            (2026, 2, 17),
            // New moon four minutes before midnight, and seven after it.
            (2027, 2, 6),
            (2030, 2, 3),
            // The year with the winter's leap month.
            (2034, 2, 19),
            (2050, 1, 23),
        ] {
            assert_eq!(spring_festival(year), Some(day(year, month, date)), "{year}");
        }
        for year in YEARS {
            let first = spring_festival(year).unwrap();
            assert!((day(year, 1, 21)..=day(year, 2, 21)).contains(&first), "{year}");
        }
    }

    #[test]
    fn days_off_and_made_up() {
        assert!(is_off(day(2026, 2, 15)) && is_off(day(2026, 2, 23)) && !is_off(day(2026, 2, 24)));
        assert!(is_working_day(day(2026, 2, 28)), "a Saturday that is worked");
        assert!(!is_working_day(day(2026, 3, 7)) && is_working_day(day(2026, 3, 9)));
        assert!(is_off(day(2020, 2, 2)), "the longer holiday of 2020");
        assert!(is_off(day(2030, 2, 2)) && is_off(day(2030, 10, 7)) && !is_off(day(2030, 10, 8)), "by the rule");
        assert!(!is_off(day(1980, 2, 16)), "no lunar days before 2000");
    }

    #[test]
    fn nearness_to_the_festival() {
        assert_eq!(from_spring_festival(day(2026, 2, 16)), Some(-1));
        assert_eq!(from_spring_festival(day(2025, 12, 31)), Some(-48));
        assert_eq!(from_spring_festival(day(2026, 3, 17)), Some(28));
        assert_eq!(from_spring_festival(day(1999, 1, 1)), None);
        assert_eq!(from_spring_festival(i32::MAX / 4), None);
    }

    #[test]
    fn days_have_dates() {
        for nth in (-800_000..800_000).step_by(997) {
            let (year, month, date) = date(nth);
            assert_eq!(day(year, month, date), nth);
        }
        assert_eq!((weekday(day(2026, 3, 2)), weekday(day(1969, 12, 28))), (0, 6));
    }
}
