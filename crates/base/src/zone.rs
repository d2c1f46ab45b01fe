//! Local days of the city. Stored instants are UTC; a day is a day of the zone.

use crate::clock::Millis;
use crate::error::{Error, Result};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The zone that a date without an offset is read in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// The zone used where nothing else is configured.
pub const ZONE_DEFAULT: &str = "Asia/Shanghai";

impl Zone {
    /// A zone by its IANA name, such as `Asia/Shanghai`.
    pub fn named(name: &str) -> Result<Zone> {
        TimeZone::get(name).map(Zone).map_err(|_| {
            Error::invalid(format!("there is no time zone `{name}`; use an IANA name such as `{ZONE_DEFAULT}`"))
        })
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The first instant of a local day; none outside the years 1 to 9999.
    pub fn day_start(&self, year: i16, month: i8, day: i8) -> Option<Millis> {
        let midnight = Date::new(year, month, day).ok()?.at(0, 0, 0, 0);
        self.0.to_timestamp(midnight).ok().map(|at| at.as_millisecond())
    }

    /// The local day of an instant, in days since 1970-01-01, and the minute of that day.
    pub fn day_and_minute(&self, at: Millis) -> (i32, u16) {
        let instant = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = at.div_euclid(1_000) + i64::from(self.0.to_offset(instant).seconds());
        let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        (i32::try_from(day).unwrap_or_default(), u16::try_from(second / 60).unwrap_or_default())
    }

    /// The first instant of a local day that is counted from 1970-01-01; none outside the years 1 to 9999.
    pub fn start_of_day(&self, day: i32) -> Option<Millis> {
        let date = Date::new(1970, 1, 1).ok()?.checked_add(Span::new().try_days(day).ok()?).ok()?;
        self.day_start(date.year(), date.month(), date.day())
    }

    /// The local calendar date of an instant as (year, month, day).
    pub fn date_of(&self, at: Millis) -> (i16, i8, i8) {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let date = self.0.to_datetime(at).date();
        (date.year(), date.month(), date.day())
    }
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::named(ZONE_DEFAULT).expect("the bundled zone table holds the default zone")
    }
}

/// A day as FHIR writes it, `2026-11-21`, counted from 1970-01-01; none for anything else.
pub fn day_named(text: &str) -> Option<i32> {
    let date: Date = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
    Some(Date::new(1970, 1, 1).ok()?.until(date).ok()?.get_days())
}

/// The day as FHIR writes it; the first or last one that has a name for those beyond.
pub fn day_text(day: i32) -> String {
    let epoch = Date::new(1970, 1, 1).unwrap_or(Date::MIN);
    let date = Span::new().try_days(day).ok().and_then(|days| epoch.checked_add(days).ok());
    date.unwrap_or(if day < 0 { Date::MIN } else { Date::MAX }).to_string()
}

/// An instant as FHIR writes it: `2026-11-21T08:15:30.123Z`.
pub fn instant_text(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        let zone = Zone::default();
        let midnight = zone.day_start(2026, 3, 1).unwrap();
        let (day, minute) = zone.day_and_minute(midnight);
        assert_eq!((day, minute), (20_513, 0));
        assert_eq!(zone.start_of_day(day), Some(midnight));
        assert_eq!(zone.day_and_minute(midnight - 1), (day - 1, 1_439));
        assert_eq!(zone.day_and_minute(-8 * 3_600_000 - 1), (-1, 1_439), "before 1970 too");
    }

    #[test]
    fn days_have_names() {
        for (text, day) in [("1970-01-01", 0), ("2026-03-01", 20_513), ("1969-12-31", -1), ("0001-01-01", -719_162)] {
            assert_eq!((day_named(text), day_text(day).as_str()), (Some(day), text));
        }
        for wrong in ["", "2026-3-1", "2026-02-30", "20260301", "2026-03-01T", "二〇二六年一月"] {
            assert_eq!(day_named(wrong), None, "{wrong}");
        }
    }
}
