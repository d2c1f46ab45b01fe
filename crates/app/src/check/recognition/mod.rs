//! `jingluo check recognition`: whether the offers of mutual recognition are those that the truth of the synthetic city calls
//! for, and what they save. Each order is put to the program as its hospital would have done it, in the minute in which
//! it was written.

mod asking;
mod explain;
mod replay;
mod standing;
mod tally;
mod truth;

pub use tally::Tally;

use crate::generate::{Wish, threads};
use crate::house::House;
use crate::say::Status;
use base::StopFlag;
use city::City;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Residents whose history is held in memory at a time, by each thread.
const PART_RESIDENTS: u64 = 400;

/// Makes a city and asks about every order in it; `place` is an empty folder for the records of its parts.
pub fn of_city(wish: &Wish, place: &Path, stop: &StopFlag) -> anyhow::Result<Tally> {
    let city = City::build(wish.settings()?)?;
    let parts = parts(&city);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let whole: Mutex<Tally> = Mutex::default();
    let status = Mutex::new(Status::new());
    let work = || -> anyhow::Result<()> {
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let dir = place.join(format!("part-{}", part.start));
            let tally = replay::part(&city, part.clone(), &dir, stop);
            if tally.is_err() {
                next.store(parts.len(), Ordering::Relaxed);
            }
            whole.lock().unwrap_or_else(PoisonError::into_inner).join(tally?);
            std::fs::remove_dir_all(&dir)?;
            let done = 1 + done.fetch_add(1, Ordering::Relaxed);
            let status = status.lock().unwrap_or_else(PoisonError::into_inner);
            if status.on_terminal() {
                status.show(&format!("{done} of {} parts of the city", parts.len()));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(parts.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the check met a defect; please report the city")))
        })
    })?;
    status.lock().unwrap_or_else(PoisonError::into_inner).end();
    Ok(whole.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Asks about every order in a data folder, against the truth of the city that is in it.
pub fn of_record(house: &House, truth: &Path, stop: &StopFlag) -> anyhow::Result<Tally> {
    standing::record(house, &truth::Truth::read(truth)?, stop)
}

/// Blocks of whole streets, because a card is lent within one.
fn parts(city: &City) -> Vec<Range<usize>> {
    let places = &city.places;
    let shares = city.blocks() / places.blocks.len().max(1);
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut residents = 0;
    for section in &places.sections {
        let blocks = section.blocks.start * shares..section.blocks.end * shares;
        match parts.last_mut().filter(|_| residents + section.residents <= PART_RESIDENTS) {
            Some(part) => {
                part.end = blocks.end;
                residents += section.residents;
            }
            None => {
                residents = section.residents;
                parts.push(blocks);
            }
        }
    }
    parts
}
