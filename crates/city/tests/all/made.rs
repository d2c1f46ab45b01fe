//! Cities for tests.

use city::day::{day, minute};
use city::{City, Out, Settings, Window};

/// A city whose today is a fixed day.
pub fn settings(residents: u64) -> Settings {
    Settings { days: 60, ..Settings::new(residents, 7, day(2026, 11, 22)) }
}

pub fn history(city: &City) -> Out {
    Out::new(Window::history(minute(city.settings.end, 0, 0)), city.settings.only)
}

fn lines(out: &Out) -> Vec<String> {
    std::str::from_utf8(&out.ndjson).unwrap().lines().map(str::to_owned).collect()
}

pub fn places_of(city: &City) -> Vec<String> {
    let mut out = history(city);
    city.places(&mut out);
    lines(&out)
}

/// All that blocks make, one after another.
pub fn people_of(city: &City) -> Out {
    let mut out = history(city);
    for nth in 0..city.blocks() {
        city.block(nth, &mut out);
    }
    out
}
