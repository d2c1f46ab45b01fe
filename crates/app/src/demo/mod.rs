//! The demonstration: a folder with accounts that everybody may use, a synthetic city that fills it and then lives on, and
//! the official examples.

mod accounts;
mod day;
mod fill;
mod life;
mod recognition;
pub mod time;

pub use accounts::accounts;
pub use fill::{fill, wake};
pub use life::instant;

use crate::generate::Wish;
use crate::house::House;
use anyhow::{Context, bail};
use base::zone::Zone;
use base::{Clock, Course, Cx};
use city::{City, OutbreakKind};
use std::sync::Arc;
use store::{Batch, ShelfOp};

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "jingluo-demo";
pub const RESIDENTS_DEFAULT: u64 = 20_000;
/// More are for `jingluo city`.
pub const RESIDENTS_MAX: u64 = 100_000;
/// History that is brought in at the start.
const HISTORY_DAYS: u32 = 42;
/// Days that the city can live.
const HORIZON_DAYS: u32 = 365;
const SEED: u64 = 1;
/// City time runs so many times faster than real time until somebody changes it.
const PACE_DEFAULT: u32 = 60;
/// Where the store keeps what city it is.
const CITY: (&str, &str) = ("demo", "city");

/// Prepares a folder: marks a new one, writes down which city it holds and what time it is there, and makes the accounts
/// but the resident's. A folder that is a demonstration already keeps its city.
pub fn begin(house: &House, residents: Option<u64>) -> anyhow::Result<()> {
    let shown = house.dir.display();
    if house.demo_made()?.is_some() {
        let Some(kept) = kept_city(house)? else {
            bail!("`{shown}` was made by an older version; name a new folder for the demonstration");
        };
        if residents.is_some_and(|asked| asked != kept.residents) {
            bail!(
                "`{shown}` holds a city of {} residents; leave `--residents` out, or name a new folder",
                kept.residents
            );
        }
        // One that an older version has made gets the accounts that have come since.
        return accounts::make(house, &city_of(house)?.0);
    }
    if house.store.position() > 0 || !house.store.accounts()?.is_empty() {
        bail!("`{shown}` holds real data; a demonstration needs a new folder");
    }
    let now = Clock::System.now();
    let (year, month, day) = Zone::default().date_of(now);
    let wish = Wish {
        residents: residents.unwrap_or(RESIDENTS_DEFAULT),
        seed: Some(SEED),
        days: Some(HISTORY_DAYS),
        end: format!("{year:04}-{month:02}-{day:02}"),
        only: None,
        errors: None,
        settings: None,
        outbreaks: OutbreakKind::ALL.iter().map(|kind| kind.name().to_owned()).collect(),
    };
    let mut settings = wish.settings()?;
    settings.horizon = HORIZON_DAYS;
    settings.check()?;
    // The city sleeps on the evening of its history until that has come in.
    let course = Course {
        now: instant(city::day::minute(settings.end, 0, 0) - 1),
        pace: PACE_DEFAULT,
        paused: false,
        until: instant(city::day::minute(settings.last(), 0, 0)),
    };
    let (space, key) = (CITY.0.to_owned(), CITY.1.to_owned());
    let city = ShelfOp::Row { space, key, sort: String::new(), doc: Some(serde_json::to_vec(&wish)?) };
    let shelves = vec![house.demo_mark(now), city, time::row(&course)];
    house.store.write(&Cx::platform(), Batch { shelves, ..Batch::default() })?;
    accounts::make(house, &City::build(settings)?)
}

fn kept_city(house: &House) -> anyhow::Result<Option<Wish>> {
    let Some(doc) = house.store.row_read(CITY.0, CITY.1)? else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&doc).context("which city the demonstration holds cannot be read")?))
}

/// The city of a folder, and the text that stands for it.
fn city_of(house: &House) -> anyhow::Result<(Arc<City>, String)> {
    let wish = kept_city(house)?.context("the folder holds no demonstration")?;
    let mut settings = wish.settings()?;
    settings.horizon = HORIZON_DAYS;
    Ok((Arc::new(City::build(settings)?), wish.key()?))
}
