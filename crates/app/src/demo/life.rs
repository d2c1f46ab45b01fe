//! The living city: what arrives at the platform is made a day ahead and written as the city's clock passes it.

use super::day::{Arrival, arrivals};
use super::recognition::Desk;
use super::time;
use crate::house::House;
use anyhow::Context;
use base::{Course, Cx, Kind, Millis, Paced, StopFlag, Stopwatch};
use city::{City, Day, Minute};
use fhir::Limits;
use serde::{Deserialize, Serialize};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use store::{Batch, Expect, Put, ShelfOp, Write};

/// Where the store keeps how far the city has lived.
const LIVED: (&str, &str) = ("demo", "lived");
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Between two entries of a running clock in the store.
const KEPT_EVERY: Duration = Duration::from_secs(5);
const BATCH_ARRIVALS_MAX: usize = 200;
/// Local minutes of the city are eight hours ahead of UTC.
const OFFSET_MINUTES: Minute = 480;

/// How far the city has lived: so many arrivals of a day are written. What arrives is the same each time it is made, so
/// after a crash nothing is missing and nothing is written twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lived {
    day: Day,
    written: usize,
}

type MadeDay = JoinHandle<Option<VecDeque<Arrival>>>;

pub struct Life<'a> {
    house: &'a House,
    cx: Cx,
    paced: &'a Paced,
    city: Arc<City>,
    lived: Lived,
    /// What of the day is still to come.
    waiting: VecDeque<Arrival>,
    /// The day after it, in the making.
    next: Option<(Day, MadeDay)>,
    kept: Course,
    kept_at: Stopwatch,
    /// The order systems of the hospitals.
    desk: Desk<'a>,
}

/// The instant of a local minute.
pub fn instant(minute: Minute) -> Millis {
    (minute - OFFSET_MINUTES) * 60_000
}

fn minute_of(at: Millis) -> Minute {
    at.div_euclid(60_000) + OFFSET_MINUTES
}

impl Life<'_> {
    /// Takes up the life of a city where it was left, or begins it on the day after its history.
    pub fn resume<'a>(
        house: &'a House,
        paced: &'a Paced,
        city: Arc<City>,
        stop: &StopFlag,
    ) -> anyhow::Result<Life<'a>> {
        let lived = match house.store.row_read(LIVED.0, LIVED.1)? {
            Some(doc) => serde_json::from_slice(&doc).context("how far the city has lived cannot be read")?,
            None => Lived { day: city.settings.end, written: 0 },
        };
        let (cx, kept) = (Cx { stop: stop.clone(), ..house.cx() }, paced.course());
        let (waiting, kept_at) = (VecDeque::new(), Stopwatch::start());
        let desk = Desk::of(house, &city, stop)?;
        let mut life = Life { house, cx, paced, city, lived, waiting, next: None, kept, kept_at, desk };
        life.load(lived)?;
        Ok(life)
    }

    /// Lets the clock jump from arrival to arrival up to a minute, as fast as they can be written.
    pub fn hurry(&mut self, to: Minute) -> anyhow::Result<()> {
        while let Some(arrival) = self.waiting.front() {
            let minute = arrival.minute;
            if minute >= to || self.cx.stop.is_raised() {
                break;
            }
            self.paced.move_to(instant(minute));
            self.write_to(minute)?;
            self.hospitals(minute);
        }
        if !self.cx.stop.is_raised() {
            self.paced.move_to(instant(to));
        }
        Ok(())
    }

    /// The hospitals ask about what was ordered, and their doctors decide. The city does not stand still where that fails.
    fn hospitals(&mut self, now: Minute) {
        if let Err(error) = self.desk.work(now)
            && !self.cx.stop.is_raised()
        {
            tracing::warn!(reason = error.text(), "an order of the demonstration was not asked about");
        }
    }

    /// Lives until the process ends.
    pub fn run(&mut self) -> anyhow::Result<()> {
        while !self.cx.stop.is_raised() {
            let now = minute_of(self.paced.course().now);
            self.write_to(now)?;
            self.hospitals(now);
            if self.waiting.is_empty() && now >= city::day::minute(self.lived.day + 1, 0, 0) {
                self.turn_day()?;
            }
            self.keep_clock(false)?;
            std::thread::sleep(TICK);
        }
        self.keep_clock(true)
    }

    /// Writes what has arrived up to and with a minute.
    fn write_to(&mut self, minute: Minute) -> anyhow::Result<()> {
        while self.waiting.front().is_some_and(|arrival| arrival.minute <= minute) && !self.cx.stop.is_raised() {
            let (writes, taken) = self.batch(minute);
            match self.write(writes, taken) {
                Ok(()) => self.hear(taken),
                // The disk may be full for a while; the city goes on when there is room.
                Err(error) if error.kind == Kind::Busy => {
                    std::thread::sleep(TICK);
                    continue;
                }
                Err(error) => self.one_by_one(taken, &error)?,
            }
            self.waiting.drain(..taken);
            self.lived.written += taken;
        }
        Ok(())
    }

    /// Tells the hospitals' order systems what has come in.
    fn hear(&mut self, taken: usize) {
        for arrival in self.waiting.iter().take(taken) {
            if arrival.is_order()
                && let Some(put) = put_of(arrival)
            {
                self.desk.hear(&put.id, &put.resource);
            }
        }
    }

    /// The next writes, each resource once, and how many arrivals they stand for.
    fn batch(&self, minute: Minute) -> (Vec<Write>, usize) {
        let (mut writes, mut keys, mut taken) = (Vec::new(), HashSet::new(), 0);
        for arrival in self.waiting.iter().take(BATCH_ARRIVALS_MAX) {
            if arrival.minute > minute {
                break;
            }
            if let Some(put) = put_of(arrival).filter(|put| !self.desk.is_taken_back(&put.resource)) {
                if !keys.insert((put.resource.type_id().0, put.id.clone())) {
                    break;
                }
                writes.push(Write::Put(put));
            }
            taken += 1;
        }
        (writes, taken)
    }

    /// Writes with how far the city has lived then.
    fn write(&mut self, writes: Vec<Write>, taken: usize) -> base::Result<()> {
        let lived = Lived { written: self.lived.written + taken, ..self.lived };
        let course = self.paced.course();
        let shelves = vec![row(&lived), time::row(&course)];
        self.house.store.write(&self.cx, Batch { writes, shelves, ..Batch::default() })?;
        (self.kept, self.kept_at) = (course, Stopwatch::start());
        Ok(())
    }

    /// A batch was refused: its resources are written one by one, and what cannot be written is left out.
    fn one_by_one(&mut self, taken: usize, error: &base::Error) -> anyhow::Result<()> {
        tracing::warn!(reason = error.text(), "arrivals of the demonstration are written one by one");
        for nth in 0..taken {
            let put = self.waiting.get(nth).and_then(put_of);
            let Some(put) = put.filter(|put| !self.desk.is_taken_back(&put.resource)) else { continue };
            let id = put.id.clone();
            let written = self.house.store.write(&self.cx, Batch { writes: vec![Write::Put(put)], ..Batch::default() });
            if let Err(error) = written {
                tracing::warn!(id, reason = error.text(), "an arrival of the demonstration was left out");
            }
        }
        self.write(Vec::new(), taken).context("how far the city has lived could not be kept")
    }

    fn turn_day(&mut self) -> anyhow::Result<()> {
        if self.lived.day + 1 >= self.city.settings.last() {
            return Ok(());
        }
        self.load(Lived { day: self.lived.day + 1, written: 0 })
    }

    /// Takes a day up, and has the next one made beside.
    fn load(&mut self, lived: Lived) -> anyhow::Result<()> {
        let made = match self.next.take() {
            Some((day, made)) if day == lived.day => made,
            _ => self.begin(lived.day)?,
        };
        let day = made.join().map_err(|_| anyhow::anyhow!("the generator met a defect; the city lives no longer"))?;
        // Given up because the process ends.
        let Some(mut waiting) = day else { return Ok(()) };
        waiting.drain(..lived.written.min(waiting.len()));
        (self.waiting, self.lived) = (waiting, lived);
        if lived.day + 1 < self.city.settings.last() {
            self.next = Some((lived.day + 1, self.begin(lived.day + 1)?));
        }
        Ok(())
    }

    fn begin(&self, day: Day) -> anyhow::Result<MadeDay> {
        let (city, stop) = (self.city.clone(), self.cx.stop.clone());
        let make = move || arrivals(&city, day, &|| stop.is_raised());
        std::thread::Builder::new()
            .name("city day".to_owned())
            .spawn(make)
            .context("the thread that makes a day of the city could not be started")
    }

    /// Keeps the course in the store when it was steered, and now and then while it runs.
    fn keep_clock(&mut self, at_once: bool) -> anyhow::Result<()> {
        let course = self.paced.course();
        let steered = (course.pace, course.paused) != (self.kept.pace, self.kept.paused);
        let moved = course.now != self.kept.now;
        if !steered && !(moved && (at_once || self.kept_at.elapsed() >= KEPT_EVERY)) {
            return Ok(());
        }
        let shelves = vec![time::row(&course)];
        match self.house.store.write(&self.cx, Batch { shelves, ..Batch::default() }) {
            Err(error) if error.kind != Kind::Busy => return Err(error.into()),
            // Tried again at the next tick.
            Err(_) => {}
            Ok(_) => (self.kept, self.kept_at) = (course, Stopwatch::start()),
        }
        Ok(())
    }
}

impl Drop for Life<'_> {
    fn drop(&mut self) {
        if let Some((_, made)) = self.next.take() {
            self.cx.stop.raise();
            let _ = made.join();
        }
    }
}

fn put_of(arrival: &Arrival) -> Option<Put> {
    let resource = match fhir::parse(&arrival.json, &Limits::default()) {
        Ok(resource) => resource,
        Err(error) => {
            tracing::warn!(reason = error.text(), "the generator made what is no resource; it was left out");
            return None;
        }
    };
    let id = resource.id()?.to_owned();
    Some(Put { id, resource, expect: Expect::Any, source: None })
}

fn row(lived: &Lived) -> ShelfOp {
    let doc = format!(r#"{{"day":{},"written":{}}}"#, lived.day, lived.written).into_bytes();
    ShelfOp::Row { space: LIVED.0.to_owned(), key: LIVED.1.to_owned(), sort: String::new(), doc: Some(doc) }
}
