//! The job that builds and drops indexes, a slice at a time: it reads resources and makes their rows outside the writer,
//! and hands the writer only what is to be written.

use super::{Build, BuildState, Indexes};
use crate::ids::Rid;
use crate::index_rows::{IndexRows, Spot};
use crate::model::Stored;
use crate::prepare::{Names, rows_under};
use crate::shared::Shared;
use crate::store::Store;
use base::{Cx, Result};
use fhir::definitions::{PathId, TypeId, r4};

/// Resources of one slice, and bytes of their bodies: some tens of milliseconds of work, so that a write that comes in
/// between does not wait for long.
const SLICE_RESOURCES_MAX: usize = 400;
const SLICE_BYTES_MAX: usize = 4 << 20;
/// Rows removed at once.
const SLICE_ROWS_MAX: usize = 5_000;

/// What a step of the job did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStep {
    /// There is nothing to build or to drop.
    Idle,
    /// Writes that began before the last change are still under way; come again soon.
    Waiting,
    /// Resources indexed (0 for a slice that dropped rows).
    Worked(u64),
}

/// A resource as the job reads it.
pub struct Candidate {
    /// What index rows carry of its row.
    pub spot: Spot,
    pub stored: Stored,
}

/// What the writer puts on the disk in one transaction.
pub struct Slice {
    /// The builds that are brought on, and up to which feed position.
    pub numbers: Vec<i64>,
    pub to: u64,
    pub is_last: bool,
    pub names: Names,
    pub parts: Vec<Part>,
}

/// The rows of one resource, good only as long as this version is the current one.
pub struct Part {
    pub rid: Rid,
    pub position: u64,
    pub rows: IndexRows,
    pub present: i64,
    pub present_more: i64,
}

impl Store {
    /// Does one slice of what there is to build or to drop. Only one thread at a time may call it.
    pub fn build_step(&self, cx: &Cx) -> Result<BuildStep> {
        cx.go_on()?;
        let shared = &self.shared;
        let indexes = shared.now.get();
        let of_state = |state| indexes.builds.iter().filter(move |build| build.state == state);
        let first = of_state(BuildState::Building).min_by_key(|build| (build.type_, build.number));
        let dropped = of_state(BuildState::Dropping).next();
        if first.is_none() && dropped.is_none() {
            return Ok(BuildStep::Idle);
        }
        if !shared.now.is_settled() {
            return Ok(BuildStep::Waiting);
        }
        match (first, dropped) {
            (Some(first), _) => self.build_slice(&indexes, first.type_),
            (None, Some(dropped)) => self.drop_slice(dropped.number),
            (None, None) => Ok(BuildStep::Idle),
        }
    }

    /// Brings the builds of a type that are behind all others on by a slice.
    fn build_slice(&self, indexes: &Indexes, type_: TypeId) -> Result<BuildStep> {
        let shared = &self.shared;
        let (_, builds) = shared.backend.reading().indexes()?;
        let of_type: Vec<Build> =
            builds.into_iter().filter(|build| build.type_ == type_ && build.state == BuildState::Building).collect();
        let Some(from) = of_type.iter().map(|build| build.cursor).min() else { return Ok(BuildStep::Waiting) };
        let (behind, ahead): (Vec<&Build>, Vec<&Build>) = of_type.iter().partition(|build| build.cursor == from);
        let numbers: Vec<i64> = behind.iter().map(|build| build.number).collect();
        // Those that began earlier join where they stand, so that the rest is read once for all.
        let join = ahead.iter().map(|build| build.cursor).min();
        let until = self.until(&numbers)?;
        let to = join.unwrap_or(u64::MAX).min(until);
        let paths = indexes.paths_of(shared.standard_paths(), &numbers);
        let mut slice = self.make_slice(indexes, type_, (&paths, numbers), (from, to))?;
        slice.is_last = slice.to >= until;
        let done = slice.parts.len() as u64;
        let is_last = slice.is_last;
        let own = shared.clone();
        self.task(move |engine| {
            engine.build(&own, &mut slice)?;
            own.interner.settle(&slice.names.keys);
            match is_last {
                // What was built is whole: parameters that waited for it are searched by from here on.
                true => own.change_parameters(engine, |_| Ok(())),
                false => Ok(()),
            }
        })?;
        for build in behind {
            if let Some(percent) = indexes.percents.get(&build.number) {
                percent.set(build.done + done, build.total);
            }
        }
        Ok(BuildStep::Worked(done))
    }

    /// Up to where these builds have to look: what is written later carries their rows. The writer says so, because a
    /// batch of before may have let go of what it was made for and still wait for the commit of its group.
    fn until(&self, numbers: &[i64]) -> Result<u64> {
        if let Some(until) = self.shared.now.until(numbers) {
            return Ok(until);
        }
        let position = self.task(|engine| Ok(engine.position()))?;
        self.shared.now.begin(numbers, position);
        Ok(self.shared.now.until(numbers).unwrap_or(position))
    }

    fn make_slice(
        &self,
        indexes: &Indexes,
        type_: TypeId,
        (paths, numbers): (&[PathId], Vec<i64>),
        span: (u64, u64),
    ) -> Result<Slice> {
        let shared = &self.shared;
        let reading = shared.backend.reading();
        let (found, to) = reading.candidates(shared, type_, span, (SLICE_RESOURCES_MAX, SLICE_BYTES_MAX))?;
        let mut slice = Slice { numbers, to, is_last: false, names: Names::default(), parts: Vec::new() };
        for candidate in found {
            let resource = candidate.stored.resource()?;
            let (rows, head) =
                rows_under(shared, &reading, indexes, &mut slice.names, candidate.spot, &resource, paths)?;
            let Candidate { spot: Spot { rid, .. }, stored } = candidate;
            let (present, present_more) = (head.present, head.present_more);
            slice.parts.push(Part { rid, position: stored.position, rows, present, present_more });
        }
        Ok(slice)
    }

    fn drop_slice(&self, number: i64) -> Result<BuildStep> {
        let own = self.shared.clone();
        self.task(move |engine| match engine.drop_index(number, SLICE_ROWS_MAX)? {
            true => own.change_parameters(engine, |_| Ok(())),
            false => Ok(()),
        })?;
        Ok(BuildStep::Worked(0))
    }
}

impl Shared {
    /// Whether every index path that a search reads is whole, before and after it was carried out.
    pub fn is_whole(&self, before: &Indexes, search: &fhir::search::Search) -> Result<()> {
        let after = self.now.get();
        after.custom.allows(search)?;
        // The same path may have been dropped and built anew in between, under another number.
        let mut same = true;
        fhir::custom::each_path(search, &mut |_, path| {
            same &= r4().is_standard(path) || before.number(path) == after.number(path);
        });
        match same {
            true => Ok(()),
            false => Err(base::Error::busy("a search parameter has just changed; send the search again")),
        }
    }
}
