//! `GET` and `PUT /api/demo/clock`: the city time of a demonstration, its pace and its pause. Elsewhere there is nothing.

use super::{Asked, json_body, shown};
use crate::App;
use crate::answer::Answered;
use axum::body::Body;
use axum::extract::State;
use base::clock::PACE_MAX;
use base::zone::instant_text;
use base::{Course, Error, Paced, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// What may be changed; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    pace: Option<u32>,
    paused: Option<bool>,
}

pub async fn clock(State(app): State<App>, asked: Asked) -> Answered {
    asked.cx(&app).await?;
    shown(&shown_course(&paced(&app)?.course()))
}

/// Any account of the demonstration may change its pace: the passwords are on the sign-in page.
pub async fn steer(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    asked.cx(&app).await?;
    let paced = paced(&app)?;
    let wanted: Wanted = json_body(&asked, body).await?;
    if let Some(pace) = wanted.pace
        && !(1..=PACE_MAX).contains(&pace)
    {
        return Err(Error::invalid(format!("the pace is 1 to {PACE_MAX} times real time; `{pace}` is outside")).into());
    }
    let course = paced.steer(wanted.pace, wanted.paused);
    app.live.tell_clock(course);
    shown(&shown_course(&course))
}

/// A course as the API shows it.
pub fn shown_course(course: &Course) -> Value {
    json!({
        "now": instant_text(course.now), "pace": course.pace, "paused": course.paused,
        "until": instant_text(course.until),
    })
}

fn paced(app: &App) -> Result<&Paced> {
    let paced = app.settings.clock.paced();
    paced.map(AsRef::as_ref).ok_or_else(|| Error::not_found("only a demonstration has a clock that can be changed"))
}
