//! `jingluo check signals`: how good detectors, scan, unit clusters and transmission trees are on a synthetic city, whose
//! outbreaks are known. Cards arrive as they would: late, and not for everybody.

mod chains;
mod clusters;
mod made;
mod scans;
mod streams;
mod tell;

use crate::generate::Wish;
use base::StopFlag;
use serde::Serialize;

/// What is asked of the check.
pub struct Asked {
    /// Local outbreaks of each kind.
    pub each: u32,
    /// Times that series are drawn again for intervals.
    pub draws: usize,
}

/// Everything that was measured.
#[derive(Serialize)]
pub struct Tables {
    pub residents: u64,
    pub days: u32,
    pub cards: usize,
    pub streams: Vec<streams::Line>,
    pub scans: Vec<scans::Line>,
    pub rules: Vec<clusters::Line>,
    pub outbreaks: Vec<clusters::Found>,
    pub chains: Vec<chains::Line>,
}

/// Makes the city and measures.
pub fn of_city(wish: &Wish, asked: &Asked, stop: &StopFlag) -> anyhow::Result<Tables> {
    let made = made::make(made::settings(wish, asked.each)?, stop)?;
    let (rules, outbreaks) = clusters::judge(&made, asked.draws);
    Ok(Tables {
        residents: made.city.settings.residents,
        days: made.city.settings.days,
        cards: made.cards.len(),
        chains: chains::judge(&made)?,
        scans: scans::judge(&made, asked.draws, stop)?,
        streams: streams::judge(&made, asked.draws, stop)?,
        rules,
        outbreaks,
    })
}

impl Tables {
    pub fn tell(&self, all: bool) {
        crate::say::text(&tell::text(self, all));
    }
}
