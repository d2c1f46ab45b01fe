//! Areas, their population, and the schematic map.

use super::{kind_tag, level_tag};
use crate::directory::codes::Class;
use crate::directory::picture::{Area, AreaKind, Picture, picture};
use crate::directory::reaction::read_row;
use crate::directory::rows::{POPULATION, PopulationRow};
use base::{Cx, Error, Result};
use runtime::listing::scan;
use runtime::program::{Env, Given};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Institutions drawn on the map at once.
const POINTS_MAX: usize = 20_000;

/// The areas below one (`parent`, a code), or the topmost.
pub fn areas(_: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let places: Vec<usize> = match given.text("parent") {
        None => (0..picture.areas.len()).filter(|at| picture.areas[*at].parent.is_none()).collect(),
        Some(code) => area_named(&picture, code)?.children.clone(),
    };
    let shown: Vec<Value> = places.iter().map(|at| shown(&picture, &picture.areas[*at])).collect();
    Ok(json!({ "areas": shown }))
}

/// An area without its boundary.
pub fn shown(picture: &Picture, area: &Area) -> Value {
    let (year, total) = area.population().map_or((None, None), |(year, total)| (Some(year), Some(total)));
    json!({
        "id": area.row.id, "code": area.row.code, "name": area.row.name, "kind": area.kind.name(),
        "parent": area.parent.map(|at| picture.areas[at].row.code.clone()), "children": area.children.len(),
        "population": total, "year": year, "point": area.row.point.map(|(longitude, latitude)| [longitude, latitude]),
    })
}

/// Residents of an area by age and sex in a year; the newest where none is asked for.
pub fn population(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let area = area_named(&picture, given.required("area")?)?;
    let years: Vec<i32> = area.populations.iter().map(|(year, _)| *year).collect();
    let year = match given.value::<i32>("year")? {
        None => years.last().copied(),
        Some(year) if years.contains(&year) => Some(year),
        Some(year) => {
            let known: Vec<String> = years.iter().map(i32::to_string).collect();
            let (name, known) = (&area.row.name, known.join(", "));
            return Err(Error::not_found(format!(
                "the population of `{name}` in {year} is not known; known years: {known}"
            )));
        }
    };
    let mut found: Option<PopulationRow> = None;
    if let Some(year) = year {
        let range = format!("{}{}{year:04}", area.row.code, crate::directory::reaction::DIVIDER);
        scan(cx, &env.store, POPULATION, &range, (range.clone(), String::new()), &mut |row| {
            found = Some(read_row(&row.doc)?);
            Ok(false)
        })?;
    }
    let bands = found.as_ref().map(|row| json!(row.bands)).unwrap_or_else(|| json!([]));
    Ok(json!({
        "area": { "code": area.row.code, "name": area.row.name, "kind": area.kind.name() }, "year": year,
        "years": years, "total": found.map(|row| row.total), "bands": bands,
    }))
}

/// The areas of one level with their boundaries and a measure, and the institutions as points.
pub fn map(_: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let level = AreaKind::named(given.text("level").unwrap_or("district"))?;
    let measure = given.text("measure").unwrap_or("population");
    if !MEASURES.contains(&measure) {
        let known = MEASURES.join(", ");
        return Err(Error::invalid(format!("there is no measure `{measure}`; use one of: {known}")));
    }
    let within = given.text("area").map(|code| area_named(&picture, code).map(Area::prefix)).transpose()?;
    let is_within = |code: Option<&str>| within.is_none_or(|within| code.is_some_and(|code| code.starts_with(within)));
    let sums = sums(&picture, measure, level);
    let areas = picture.areas.iter().filter(|area| area.kind == level && is_within(Some(&area.row.code)));
    let features = areas.map(|area| feature(area, measure, &sums)).collect::<Result<Vec<_>>>()?;
    let mut points = points(&picture, &is_within, given.text("kind"));
    let left_out = points.len().saturating_sub(POINTS_MAX);
    points.truncate(POINTS_MAX);
    Ok(json!({
        "schematic": true, "level": level.name(), "measure": measure, "measures": MEASURES,
        "features": { "type": "FeatureCollection", "features": features }, "points": points,
        "points_left_out": left_out,
    }))
}

const MEASURES: [&str; 4] = ["population", "institutions", "beds", "services"];

/// The measure of each area of a level, by code; populations are the areas' own.
fn sums(picture: &Picture, measure: &str, level: AreaKind) -> HashMap<String, u64> {
    let mut sums: HashMap<String, u64> = HashMap::new();
    for (at, institution) in picture.institutions.iter().enumerate() {
        if institution.class != Class::Institution || institution.top != at || !institution.row.active {
            continue;
        }
        let code = match level {
            AreaKind::City => None,
            AreaKind::District => institution.district.as_ref(),
            AreaKind::Street => institution.street.as_ref(),
            AreaKind::Neighbourhood => institution.row.area.as_ref(),
        };
        let Some(code) = code else { continue };
        let has_own_parent =
            institution.parent.is_some_and(|parent| picture.institutions[parent].class == Class::Institution);
        *sums.entry(code.clone()).or_default() += match measure {
            "institutions" => 1,
            // Beds of an institution below another are in the other's sum already.
            "beds" if has_own_parent => 0,
            "beds" => institution.beds,
            "services" => institution.services.len() as u64,
            _ => 0,
        };
    }
    sums
}

fn feature(area: &Area, measure: &str, sums: &HashMap<String, u64>) -> Result<Value> {
    let population = area.population().map(|(_, total)| total);
    let value = if measure == "population" { population } else { Some(sums.get(&area.row.code).copied().unwrap_or(0)) };
    let wrong = |_| Error::fault("a boundary of the directory cannot be read");
    let geometry = area.row.boundary.as_deref().map(serde_json::from_str::<Value>).transpose().map_err(wrong)?;
    Ok(json!({
        "type": "Feature", "geometry": geometry,
        "properties": {
            "code": area.row.code, "name": area.row.name, "kind": area.kind.name(), "population": population,
            "value": value, "point": area.row.point.map(|(longitude, latitude)| [longitude, latitude]),
        },
    }))
}

fn points(picture: &Picture, is_within: &dyn Fn(Option<&str>) -> bool, kind: Option<&str>) -> Vec<Value> {
    let institutions = picture.institutions.iter();
    let drawn = institutions.filter(|institution| {
        let area = institution.row.area.as_deref().or(institution.district.as_deref());
        let is_kind = kind.is_none_or(|kind| institution.row.kind.as_deref().is_some_and(|own| own.starts_with(kind)));
        matches!(institution.class, Class::Institution | Class::Commission) && is_kind && is_within(area)
    });
    let point = drawn.filter_map(|institution| {
        let (longitude, latitude) = institution.point?;
        let area =
            [&institution.row.area, &institution.street, &institution.district].into_iter().find_map(Option::as_ref);
        Some(json!({
            "id": institution.row.id, "name": institution.row.name, "kind": kind_tag(institution),
            "level": level_tag(institution), "area": area, "beds": institution.beds,
            "point": [longitude, latitude],
        }))
    });
    point.collect()
}

fn area_named<'a>(picture: &'a Picture, code: &str) -> Result<&'a Area> {
    picture.area(code).ok_or_else(|| Error::not_found(format!("the directory has no area `{code}`")))
}
