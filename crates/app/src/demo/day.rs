//! A day of the city to come: everything that will arrive at the platform, in the order of its arrival.

use city::{City, Day, Minute, Out, Window};
use std::collections::VecDeque;

/// A resource on its way.
pub struct Arrival {
    pub minute: Minute,
    pub json: Vec<u8>,
}

impl Arrival {
    /// Whether it is an order; told by its first bytes, because most are none.
    pub fn is_order(&self) -> bool {
        self.json.starts_with(br#"{"resourceType":"ServiceRequest""#)
    }
}

/// Makes a day block by block; none if it was given up meanwhile.
pub fn arrivals(city: &City, day: Day, given_up: &dyn Fn() -> bool) -> Option<VecDeque<Arrival>> {
    let window = Window::live(city::day::minute(day, 0, 0), city::day::minute(day + 1, 0, 0));
    let mut out = Out::new(window, city.settings.only);
    let mut all = Vec::new();
    for block in 0..city.blocks() {
        if given_up() {
            return None;
        }
        city.block(block, &mut out);
        let lines = out.arrivals.iter().map(|(minute, start, end)| {
            let json = out.ndjson[*start..*end].trim_ascii_end().to_vec();
            Arrival { minute: *minute, json }
        });
        all.extend(lines);
        out.clear();
    }
    // Stable: what one block makes within a minute keeps its order.
    all.sort_by_key(|arrival| arrival.minute);
    Some(all.into())
}
