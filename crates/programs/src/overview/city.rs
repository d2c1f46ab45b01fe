//! `city`: the board of the city, a district, a street or one's own institution.

use super::days::{Counts, day, days};
use super::drill::day_text;
use super::figures::Figure;
use super::moment::Moment;
use super::reaction::REACTION;
use super::view::{HiddenTops, Scope, Sums, View};
use crate::directory::AreaKind;
use base::zone::instant_text;
use base::{Cx, Result};
use runtime::program::{Env, Given};
use runtime::reactions::behind;
use runtime::small::{hide, is_small};
use serde_json::{Map, Value, json};

/// Days of the trend, the shown one included.
const TREND_DAYS: i32 = 90;

pub fn city(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let view = View::of(cx, env)?;
    let scope = view.scope(given)?;
    let moment = Moment::of(cx, env, given)?;
    let counting = counting(env)?;
    let hours = moment.hours(env, &view, &scope)?;
    let usual_hours = moment.usual_hours(env, &view, &scope)?;
    let share = moment.share(&usual_hours);
    let mut figures = Vec::with_capacity(Figure::ALL.len());
    for figure in Figure::ALL {
        figures.push(Counted::of(env, &view, &moment, figure)?);
    }
    let shown: Vec<Value> = figures.iter().map(|figure| figure.json(&view, &scope, share)).collect();
    Ok(json!({
        "as_of": instant_text(cx.now()),
        "day": day_text(&env.site.zone, moment.day),
        "area": scope.area.json(),
        "counting": counting,
        "figures": shown,
        "by_area": by_area(&view, &scope, &figures, share),
        "hours": hours_shown(&view, &hours),
        "usual_hours": usual_hours.map(|mean| usual_shown(&view, mean)),
        "trend": trend(env, &view, &scope, &moment)?,
    }))
}

/// How far the tallies are. What follows from the record, such as the residents, moves the feed but not the tallies.
fn counting(env: &Env) -> Result<Value> {
    let position = env.store.position();
    let behind = behind(&env.store, &REACTION, position)?;
    Ok(json!({ "position": position, "counted": env.store.cursor(REACTION.name)?, "behind": behind }))
}

/// A figure of the day for all that the reader sees, with the usual days.
struct Counted {
    figure: Figure,
    sums: Sums,
    usual: Vec<Sums>,
    hidden: HiddenTops,
}

impl Counted {
    fn of(env: &Env, view: &View, moment: &Moment, figure: Figure) -> Result<Counted> {
        let whole = view.whole();
        let sums = match figure.measure() {
            Some(measure) => view.sums(figure, &whole, &day(env, measure, figure.tally_day(moment.day))?),
            None => view.known(figure, &whole),
        };
        let usual = match figure.measure().filter(|_| figure.is_daily()) {
            Some(measure) => moment.usual(env, measure)?,
            None => Vec::new(),
        };
        let usual = usual.iter().map(|counts| view.sums(figure, &whole, counts)).collect();
        let hidden = view.hidden(figure, &sums);
        Ok(Counted { figure, sums, usual, hidden })
    }

    /// The mean of the usual days; none without any.
    fn usual(&self, view: &View, scope: &Scope) -> Option<f64> {
        let days = self.usual.len();
        let sum: i64 = self.usual.iter().map(|sums| view.within(sums, scope)).sum();
        (days > 0).then(|| sum as f64 / days as f64)
    }

    fn json(&self, view: &View, scope: &Scope, share: f64) -> Value {
        let value = view.within(&self.sums, scope);
        let hidden = self.hidden.scope(&view.picture, scope) || (self.hides(view) && is_small(value));
        let usual = self.usual(view, scope).map(|usual| usual * share);
        let compare = usual.map(|usual| {
            let shown = if hidden { Value::Null } else { usual_shown(view, usual) };
            json!({ "kind": "same-weekday", "value": shown, "share_of_day": rounded(share, 3) })
        });
        json!({
            "key": self.figure.key(),
            "title": self.figure.title().json(),
            "value": (!hidden).then_some(value),
            "hidden": hidden,
            "compare": compare,
            "opens": opens(self.figure, scope),
        })
    }

    fn hides(&self, view: &View) -> bool {
        !view.detail && self.figure.is_of_persons()
    }
}

/// The first breakdown of a figure.
fn opens(figure: Figure, scope: &Scope) -> Value {
    let by = match figure {
        Figure::Institutions => "kind",
        Figure::Cards => "disease",
        _ if scope.area.kind == "city" => "area",
        _ => "institution",
    };
    let mut params = Map::new();
    params.insert("figure".to_owned(), json!(figure.key()));
    params.insert("by".to_owned(), json!(by));
    if !scope.area.code.is_empty() {
        params.insert("area".to_owned(), json!(scope.area.code));
    }
    json!({ "breakdown": params })
}

fn by_area(view: &View, scope: &Scope, figures: &[Counted], share: f64) -> Vec<Value> {
    let mut rows = Vec::new();
    for (kind, code) in scope.parts(&view.picture) {
        let Some(area) = view.picture.area(&code) else { continue };
        let part = scope.to_area(kind, &code);
        let mut row = Map::new();
        row.insert("code".to_owned(), json!(code));
        row.insert("name".to_owned(), json!(area.row.name));
        row.insert("population".to_owned(), json!(area.population().map(|(_, residents)| residents)));
        for counted in figures {
            put_area_figure(&mut row, view, counted, &part, (kind, &code), share);
        }
        rows.push(Value::Object(row));
    }
    rows
}

fn put_area_figure(
    row: &mut Map<String, Value>,
    view: &View,
    counted: &Counted,
    part: &Scope,
    area: (AreaKind, &str),
    share: f64,
) {
    let hidden = counted.hidden.area(area.0, area.1);
    let value = view.within(&counted.sums, part);
    row.insert(counted.figure.key().to_owned(), json!((!hidden).then_some(value)));
    if counted.figure == Figure::Visits {
        let usual = counted.usual(view, part).filter(|_| !hidden).map(|usual| usual_shown(view, usual * share));
        row.insert("visits_usual".to_owned(), json!(usual));
    }
}

fn hours_shown(view: &View, hours: &[i64; 24]) -> Vec<Option<i64>> {
    match view.detail {
        true => hours.iter().copied().map(Some).collect(),
        false => hide(hours).into_iter().zip(hours).map(|(hidden, &count)| (!hidden).then_some(count)).collect(),
    }
}

/// The last days, each as the one who looks may see it.
fn trend(env: &Env, view: &View, scope: &Scope, moment: &Moment) -> Result<Vec<Value>> {
    let from = (moment.day - TREND_DAYS + 1).max(0);
    let mut columns = Vec::new();
    for figure in [Figure::Visits, Figure::Reports, Figure::Cards] {
        let Some(measure) = figure.measure() else { continue };
        let days = days(env, measure, from, moment.day)?;
        let values = days.iter().map(|counts| day_value(view, scope, figure, counts));
        columns.push((figure.key(), values.collect::<Vec<Option<i64>>>()));
    }
    let row = |(nth, day): (usize, i32)| {
        let mut row = Map::new();
        row.insert("day".to_owned(), json!(day_text(&env.site.zone, day)));
        for (key, values) in &columns {
            row.insert((*key).to_owned(), json!(values.get(nth).copied().flatten()));
        }
        Value::Object(row)
    };
    Ok((from..=moment.day).enumerate().map(row).collect())
}

/// A day's number; none where it is hidden.
fn day_value(view: &View, scope: &Scope, figure: Figure, counts: &Counts) -> Option<i64> {
    let value = view.total(figure, scope, counts);
    if view.detail || value == 0 {
        return Some(value);
    }
    // Beside the numbers of the areas around it, an area's own could be computed.
    let given_away = !scope.is_whole() && {
        let whole = view.sums(figure, &view.whole(), counts);
        view.hidden(figure, &whole).scope(&view.picture, scope)
    };
    (!is_small(value) && !given_away).then_some(value)
}

/// A mean as it is shown: with one decimal, and not where it is small.
pub fn usual_shown(view: &View, usual: f64) -> Value {
    let small = !view.detail && usual > 0.0 && usual < runtime::small::SMALL as f64;
    if small { Value::Null } else { json!(rounded(usual, 1)) }
}

pub fn rounded(number: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (number * unit).round() / unit
}
