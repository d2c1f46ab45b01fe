//! City time as a demonstration's folder keeps it, so that a kept folder goes on where it was.

use base::{Course, Millis};
use serde::Deserialize;
use store::{ShelfOp, Store};

/// Where the store keeps it.
const CLOCK: (&str, &str) = ("demo", "clock");

#[derive(Deserialize)]
struct Kept {
    now: Millis,
    pace: u32,
    paused: bool,
    until: Millis,
}

/// The course at which the folder was left; none but in a demonstration.
pub fn kept(store: &Store) -> anyhow::Result<Option<Course>> {
    let Some(doc) = store.row_read(CLOCK.0, CLOCK.1)? else { return Ok(None) };
    let Kept { now, pace, paused, until } = serde_json::from_slice(&doc)
        .map_err(|error| anyhow::anyhow!("the city time of the demonstration cannot be read ({error})"))?;
    Ok(Some(Course { now, pace, paused, until }))
}

/// The row that keeps a course.
pub fn row(course: &Course) -> ShelfOp {
    let Course { now, pace, paused, until } = course;
    let doc = format!(r#"{{"now":{now},"pace":{pace},"paused":{paused},"until":{until}}}"#).into_bytes();
    ShelfOp::Row { space: CLOCK.0.to_owned(), key: CLOCK.1.to_owned(), sort: String::new(), doc: Some(doc) }
}
