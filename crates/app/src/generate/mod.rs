//! The synthetic city on its way out: into a folder, a pipe, or the record. The crate `city` makes it; here are its
//! threads, files, journal and progress.

pub mod blocks;
pub mod folder;
mod journal;
mod map;
pub mod pipe;
pub mod record;
mod truth;
mod wish;

pub use wish::{DAYS_DEFAULT, SEED_DEFAULT, Text, Wish};

use crate::say::Status;
use base::Stopwatch;
use std::time::Duration;

/// Threads that make blocks.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// The line of progress: drawn often on a terminal, a line now and then elsewhere.
pub struct Line {
    status: Status,
    started: Stopwatch,
    shown: Stopwatch,
    blocks: usize,
    /// Blocks and resources of an earlier run.
    before: (usize, u64),
}

impl Line {
    /// A line for a city of so many blocks, of which an earlier run has made some.
    pub fn new(blocks: usize, blocks_before: usize, resources_before: u64) -> Line {
        let (started, shown) = (Stopwatch::start(), Stopwatch::start());
        Line { status: Status::new(), started, shown, blocks, before: (blocks_before, resources_before) }
    }

    pub fn show(&mut self, blocks_done: usize, resources: u64) {
        let pause = if self.status.on_terminal() { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Stopwatch::start();
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let share = 100.0 * blocks_done as f64 / self.blocks.max(1) as f64;
        let (blocks_before, resources_before) = self.before;
        let rate = resources.saturating_sub(resources_before) as f64 / seconds;
        let mut text = format!("{resources} resources, {rate:.0}/s, {share:.0} %");
        let done = blocks_done.saturating_sub(blocks_before);
        if done > 0 {
            let left = self.blocks.saturating_sub(blocks_done) as f64 * seconds / done as f64;
            text.push_str(&format!(", {left:.0} s left"));
        }
        self.status.show(&text);
    }

    pub fn end(&self) {
        self.status.end();
    }
}
