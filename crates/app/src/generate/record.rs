//! A city straight into the record, by the import: as fast, resumed like it, and the same city again changes nothing.

use super::blocks::Blocks;
use super::{Wish, threads};
use base::{Error, StopFlag};
use city::{City, Out, Window};
use runtime::import::{Made, Source};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A city as something to import.
pub struct Import {
    pub source: Source,
    /// Part 0 are the places, then one part a block.
    pub parts: usize,
    /// Parts that have been made, or that an earlier import had done.
    pub parts_made: Arc<AtomicUsize>,
    /// Why the generator stopped the import, if it did.
    pub failure: Arc<OnceLock<Error>>,
}

/// What the import is called.
pub const NAME: &str = "synthetic city 虚构城市";

/// The city of a wish, as it stands at the end of its history.
pub fn import(wish: &Wish, stop: &StopFlag) -> anyhow::Result<Import> {
    let city = Arc::new(City::build(wish.settings()?)?);
    let parts = 0..city.blocks() + 1;
    Ok(source(NAME, city, parts, &wish.key()?, stop))
}

/// Some parts of the history of a city; `key` stands for the city.
pub fn source(name: &str, city: Arc<City>, parts: Range<usize>, key: &str, stop: &StopFlag) -> Import {
    let window = Window::history(city::day::minute(city.settings.end, 0, 0));
    let (parts_made, failure) = (Arc::new(AtomicUsize::new(0)), Arc::new(OnceLock::new()));
    let mut maker = Maker { city, window, stop: stop.clone(), failure: failure.clone(), blocks: None };
    let (made, first) = (parts_made.clone(), parts.start);
    let make = Box::new(move |part| {
        let text = maker.part(first + part);
        if text.is_some() {
            made.store(part + 1, Ordering::Relaxed);
        }
        text
    });
    let key = format!("city {} {parts:?} {key}", env!("CARGO_PKG_VERSION"));
    let parts = parts.len();
    Import { source: Source::made(name, Made { key, parts, make }), parts, parts_made, failure }
}

struct Maker {
    city: Arc<City>,
    window: Window,
    stop: StopFlag,
    failure: Arc<OnceLock<Error>>,
    /// Started at the first block that is asked for.
    blocks: Option<Blocks>,
}

impl Maker {
    fn part(&mut self, part: usize) -> Option<Vec<u8>> {
        let Some(block) = part.checked_sub(1) else {
            let mut out = Out::new(self.window, self.city.settings.only);
            self.city.places(&mut out);
            return Some(out.ndjson);
        };
        match self.block(block) {
            Ok(text) => text,
            Err(error) => {
                // The import then stops with its place kept, and its caller looks for the reason.
                let _ = self.failure.set(error);
                self.stop.raise();
                None
            }
        }
    }

    fn block(&mut self, block: usize) -> base::Result<Option<Vec<u8>>> {
        if self.blocks.is_none() {
            let (city, stop) = (self.city.clone(), self.stop.clone());
            self.blocks = Some(Blocks::start(city, self.window, block, threads(), stop)?);
        }
        let Some(blocks) = &mut self.blocks else { return Ok(None) };
        let Some((_, mut out)) = blocks.take()? else { return Ok(None) };
        let text = std::mem::take(&mut out.ndjson);
        blocks.give_back(out);
        Ok(Some(text))
    }
}
