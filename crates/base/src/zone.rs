//! Local days of the city. Stored instants are UTC; a day is a day of the zone.

use crate::clock::Millis;
use crate::error::{Error, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

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

/// An instant as FHIR writes it: `2026-11-21T08:15:30.123Z`.
pub fn instant_text(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}
