//! `scan --kind K CASES.csv GEO.csv [POP.csv | CONTROLS.csv]`: cases and places in, clusters out.

use super::Table;
use super::print::{number_text, printed_json, row_text};
use super::table::{Column, day_of};
use crate::scan::{
    CASES_MAX, Cluster, Coordinates, Count, Found, Kind, Options, PLACES_MAX, Persons, Place, SETTINGS, Study,
};
use crate::{Day, Given, Settings};
use base::zone::{day_named, day_text};
use base::{Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Read;

/// Columns that name a place.
const PLACE: &[&str] = &["zip", "place", "id", "area"];
const DATE: &[&str] = &["date", "day"];
/// Combinations of covariates that a study may have.
const STRATA_MAX: usize = 10_000;
const PERSONS_MAX: f64 = 1e12;
const PLANE_MAX: f64 = 1e9;
/// Rows that are kept before equal ones are counted together.
const ROWS_LOOSE: usize = 1_000_000;

/// Clusters of the cases in a file.
///
/// `kind` is `poisson`, `bernoulli` or `stp`; `names` say in errors which file is meant (cases, places, third file).
///
/// Columns of the cases: `zip` (or `place`, `id`, `area`), `cases` (or `count`; 1 where it is left out), `date`, and the
/// covariates that the settings name. Of the places: the same first column, and `lat`, `long` in degrees or `x`, `y`. Of
/// the population: place, `population`, `year` (counted on 1 July) or `date`, covariates; rows that differ in nothing of
/// that are added up. Of the controls: place, `controls` (or `count`, `cases`), `date`.
///
/// Prints `cluster,centre,members,places,radius,start,end,days,observed,expected,ratio,relative_risk,llr,p,p_gumbel,`
/// `recurrence_days,recurrence_days_gumbel,rates`: the most likely first, members the nearest to the centre first, parted
/// by a space.
///
/// # Errors
/// What is wrong with a row, with row and column: cases at a place without coordinates, a place with two positions, a
/// case where nobody lives, a day outside `start` and `end`.
pub fn scan(
    kind: &str,
    cases: impl Read,
    geo: impl Read,
    third: Option<impl Read>,
    names: &[&str],
    given: &Given,
    json: bool,
) -> Result<String> {
    let kind = match kind {
        "poisson" => Kind::Poisson,
        "bernoulli" => Kind::Bernoulli,
        "stp" => Kind::Stp,
        other => {
            let text = format!("there is no kind of scan `{other}`; there are: poisson, bernoulli, stp");
            return Err(Error::invalid(text));
        }
    };
    let settings = Settings::of(SETTINGS, given)?;
    let name = |nth: usize, what: &'static str| names.get(nth).copied().unwrap_or(what);
    let mut reader = Reader::new(kind, &settings)?;
    reader.places(geo, name(1, "places"))?;
    match (kind, third) {
        (Kind::Poisson, Some(third)) => {
            reader.population(third, name(2, "population"))?;
            reader.cases(cases, name(0, "cases"))?;
        }
        (Kind::Bernoulli, Some(third)) => {
            reader.cases(cases, name(0, "cases"))?;
            reader.controls(third, name(2, "controls"))?;
        }
        (Kind::Stp, None) => reader.cases(cases, name(0, "cases"))?,
        (Kind::Poisson, None) => return Err(Error::invalid("poisson needs a third file with the population")),
        (Kind::Bernoulli, None) => return Err(Error::invalid("bernoulli needs a third file with the controls")),
        (Kind::Stp, Some(_)) => {
            return Err(Error::invalid("a space-time permutation compares cases with cases; leave the third file out"));
        }
    }
    let (study, left_out) = reader.study();
    let dated = study.days.is_some();
    if !dated && study.cases.is_empty() && kind == Kind::Stp {
        let nothing = Found::nothing();
        return Ok(if json { as_json(&settings, &study, &nothing, left_out) } else { as_table(&study, &nothing) });
    }
    let options = Options::of(&settings, kind, dated)?;
    let found = crate::scan::scan(&study, &options)?;
    Ok(if json { as_json(&settings, &study, &found, left_out) } else { as_table(&study, &found) })
}

/// What has been read so far.
struct Reader {
    kind: Kind,
    coordinates: Coordinates,
    places: Vec<Place>,
    by_name: HashMap<String, u32>,
    covariates: Vec<String>,
    strata: HashMap<String, u32>,
    population: Vec<Persons>,
    persons: HashMap<(u32, u32), f64>,
    cases: Heap,
    controls: Heap,
    start: Option<Day>,
    end: Option<Day>,
    leave_out: bool,
    left_out: u64,
    spatial: bool,
    dated: bool,
}

/// Counts that are put together when they have become many, so that memory follows the distinct ones.
#[derive(Default)]
struct Heap {
    counts: Vec<Count>,
    distinct: usize,
    all: u64,
}

impl Heap {
    fn add(&mut self, count: Count) {
        self.all += u64::from(count.count);
        if count.count > 0 {
            self.counts.push(count);
        }
        if self.counts.len() > 2 * self.distinct + ROWS_LOOSE {
            self.close();
        }
    }

    fn close(&mut self) {
        self.counts.sort_unstable();
        self.counts.dedup_by(|next, before| {
            let same = (next.place, next.day, next.stratum) == (before.place, before.day, before.stratum);
            before.count += if same { next.count } else { 0 };
            same
        });
        self.distinct = self.counts.len();
    }
}

impl Reader {
    fn new(kind: Kind, settings: &Settings) -> Result<Reader> {
        let day = |key: &str| match settings.text(key) {
            "" => Ok(None),
            text => match day_of(text) {
                Some(day) => Ok(Some(day)),
                None => Err(Error::invalid(format!("`{key}` = `{text}`: it is no day; write 2026-03-01"))),
            },
        };
        let (start, end) = (day("start")?, day("end")?);
        if start.is_some() && end.is_some() && start > end {
            return Err(Error::invalid("`start` lies after `end`"));
        }
        let covariates = settings.text("covariates").split(',').map(|name| name.trim().to_lowercase());
        let covariates: Vec<String> = covariates.filter(|name| !name.is_empty()).collect();
        if kind == Kind::Bernoulli && !covariates.is_empty() {
            let text = "`covariates` are for poisson and stp; choose the controls accordingly instead";
            return Err(Error::invalid(text));
        }
        Ok(Reader {
            kind,
            coordinates: Coordinates::Sphere,
            places: Vec::new(),
            by_name: HashMap::new(),
            covariates,
            strata: HashMap::new(),
            population: Vec::new(),
            persons: HashMap::new(),
            cases: Heap::default(),
            controls: Heap::default(),
            start,
            end,
            leave_out: settings.text("outside") == "leave-out",
            left_out: 0,
            spatial: settings.text("analysis") == "spatial",
            dated: false,
        })
    }

    /// Places come in the order of their names, so that the order of rows changes nothing.
    fn places(&mut self, from: impl Read, what: &str) -> Result<()> {
        let mut table = Table::open(from, what)?;
        let name = table.column(PLACE)?;
        let lat = table.column_if(&["lat", "latitude"]);
        let (first, second, sphere) = match lat {
            Some(lat) => (lat, table.column(&["long", "longitude", "lng", "lon"])?, true),
            None => (table.column(&["x", "lat"])?, table.column(&["y"])?, false),
        };
        self.coordinates = if sphere { Coordinates::Sphere } else { Coordinates::Plane };
        let ranges = if sphere { [(-90.0, 90.0), (-180.0, 360.0)] } else { [(-PLANE_MAX, PLANE_MAX); 2] };
        while table.advance()? {
            let text = table.text(&name);
            if text.is_empty() {
                return Err(table.wrong(&name, "is no name; every row names its place"));
            }
            let mut at = [0.0; 2];
            for (axis, (column, (low, high))) in at.iter_mut().zip([&first, &second].into_iter().zip(ranges)) {
                if table.text(column).is_empty() {
                    let text = table.text(&name).to_owned();
                    return Err(table.wrong(column, &format!("is empty: the place `{text}` has no coordinates")));
                }
                *axis = table.number(column)?;
                if !(low..=high).contains(axis) {
                    return Err(table.wrong(column, &format!("lies outside {low} to {high}")));
                }
            }
            if let Some(known) = self.by_name.get(text) {
                if self.places[*known as usize].at != at {
                    return Err(table.wrong(&name, "already stands further up, at other coordinates"));
                }
                continue;
            }
            if self.places.len() == PLACES_MAX {
                return Err(Error::too_costly(format!("{what}: more than {PLACES_MAX} places")));
            }
            self.by_name.insert(text.to_owned(), self.places.len() as u32);
            self.places.push(Place { name: text.to_owned(), at });
        }
        if self.places.is_empty() {
            return Err(Error::invalid(format!("{what}: there are no places in it")));
        }
        self.places.sort_by(|a, b| a.name.cmp(&b.name));
        let names = self.places.iter().map(|place| place.name.clone());
        self.by_name = names.zip(0..).collect();
        Ok(())
    }

    fn place<R: Read>(&self, table: &Table<R>, column: &Column) -> Result<u32> {
        let place = self.by_name.get(table.text(column)).copied();
        place.ok_or_else(|| table.wrong(column, "has no coordinates: it is not in the file of places"))
    }

    fn stratum<R: Read>(&mut self, table: &Table<R>, columns: &[Column]) -> Result<u32> {
        if columns.is_empty() {
            return Ok(0);
        }
        let cells: Vec<&str> = columns.iter().map(|column| table.text(column)).collect();
        let key = cells.join("\u{1f}");
        if let Some(known) = self.strata.get(&key) {
            return Ok(*known);
        }
        if self.strata.len() == STRATA_MAX {
            return Err(table.wrong(&columns[0], &format!("is one combination of covariates more than {STRATA_MAX}")));
        }
        self.strata.insert(key, self.strata.len() as u32);
        Ok(self.strata.len() as u32 - 1)
    }

    fn covariate_columns<R: Read>(&self, table: &Table<R>) -> Result<Vec<Column>> {
        self.covariates.iter().map(|name| table.column(&[name])).collect()
    }

    fn population(&mut self, from: impl Read, what: &str) -> Result<()> {
        let mut table = Table::open(from, what)?;
        let place = table.column(PLACE)?;
        let persons = table.column(&["population", "pop", "persons", "count"])?;
        let year = table.column_if(&["year"]);
        let date = table.column_if(DATE);
        let covariates = self.covariate_columns(&table)?;
        while table.advance()? {
            let day = match (&date, &year) {
                (Some(date), _) => Some(table.day(date)?),
                (None, Some(year)) => {
                    let named = day_named(&format!("{:0>4}-07-01", table.text(year)));
                    Some(named.ok_or_else(|| table.wrong(year, "is no year; write 2026"))?)
                }
                (None, None) => None,
            };
            let place = self.place(&table, &place)?;
            let stratum = self.stratum(&table, &covariates)?;
            let count = table.amount(&persons)?;
            if count > PERSONS_MAX {
                return Err(table.wrong(&persons, "is more people than there can be"));
            }
            *self.persons.entry((place, stratum)).or_default() += count;
            self.population.push(Persons { place, stratum, day, persons: count });
        }
        Ok(())
    }

    fn cases(&mut self, from: impl Read, what: &str) -> Result<()> {
        let mut table = Table::open(from, what)?;
        let column = table.column(PLACE)?;
        let number = table.column_if(&["cases", "count"]);
        let date = table.column_if(DATE);
        let covariates = self.covariate_columns(&table)?;
        self.dated = date.is_some();
        while table.advance()? {
            let place = self.place(&table, &column)?;
            let Some(day) = self.day(&table, date.as_ref())? else {
                self.left_out += 1;
                continue;
            };
            let stratum = self.stratum(&table, &covariates)?;
            let count = count(&table, number.as_ref(), self.cases.all)?;
            let lives = self.persons.get(&(place, stratum)).is_some_and(|persons| *persons > 0.0);
            if self.kind == Kind::Poisson && count > 0 && !lives {
                return Err(table.wrong(&column, "has cases, but its population is 0 or not given"));
            }
            self.cases.add(Count { place, day, stratum, count });
        }
        self.cases.close();
        Ok(())
    }

    fn controls(&mut self, from: impl Read, what: &str) -> Result<()> {
        let mut table = Table::open(from, what)?;
        let column = table.column(PLACE)?;
        let number = table.column_if(&["controls", "count", "cases"]);
        let date = table.column_if(DATE);
        if self.dated && !self.spatial && date.is_none() {
            let text = format!(
                "{what}: row 1: the cases have days and the controls have none; give `date`, or set \
                                `analysis` = `spatial`"
            );
            return Err(Error::invalid(text));
        }
        let date = date.filter(|_| self.dated);
        while table.advance()? {
            let place = self.place(&table, &column)?;
            let Some(day) = self.day(&table, date.as_ref())? else {
                self.left_out += 1;
                continue;
            };
            let count = count(&table, number.as_ref(), self.cases.all + self.controls.all)?;
            self.controls.add(Count { place, day, stratum: 0, count });
        }
        self.controls.close();
        Ok(())
    }

    /// The day of a row; none where it lies outside the study and is to be left out.
    fn day<R: Read>(&self, table: &Table<R>, column: Option<&Column>) -> Result<Option<Day>> {
        let Some(column) = column else { return Ok(Some(0)) };
        let day = table.day(column)?;
        let outside = self.start.is_some_and(|start| day < start) || self.end.is_some_and(|end| day > end);
        if outside && !self.leave_out {
            let why = "lies outside `start` and `end`; set `outside` = `leave-out` to scan without such rows";
            return Err(table.wrong(column, why));
        }
        Ok((!outside).then_some(day))
    }

    /// The study, with places and strata in the order of their names, and how many rows were left out.
    fn study(mut self) -> (Study, u64) {
        let mut order: Vec<(String, u32)> = self.strata.drain().collect();
        order.sort_unstable();
        let mut nth_of: Vec<u32> = vec![0; order.len().max(1)];
        order.iter().zip(0..).for_each(|((_, old), new)| nth_of[*old as usize] = new);
        self.cases.counts.iter_mut().for_each(|count| count.stratum = nth_of[count.stratum as usize]);
        self.population.iter_mut().for_each(|row| row.stratum = nth_of[row.stratum as usize]);
        self.cases.close();
        let by_rest = |a: &Persons, b: &Persons| {
            (a.place, a.stratum, a.day).cmp(&(b.place, b.stratum, b.day)).then(a.persons.total_cmp(&b.persons))
        };
        self.population.sort_by(by_rest);
        let both = || self.cases.counts.iter().chain(&self.controls.counts).map(|count| count.day);
        let first = self.start.or(both().min());
        let last = self.end.or(both().max());
        let days = match (first, last) {
            // Without cases there may be only one end; nothing is scanned then.
            (Some(first), Some(last)) if self.dated => Some((first.min(last), last)),
            (only, None) | (None, only) if self.dated => only.map(|day| (day, day)),
            _ => None,
        };
        let study = Study {
            kind: self.kind,
            coordinates: self.coordinates,
            places: self.places,
            strata: nth_of.len() as u32,
            cases: self.cases.counts,
            controls: self.controls.counts,
            population: self.population,
            days,
        };
        (study, self.left_out)
    }
}

/// The count of a row, 1 without a column, as long as all together stay within the limit.
fn count<R: Read>(table: &Table<R>, column: Option<&Column>, before: u64) -> Result<u32> {
    let Some(column) = column else { return Ok(1) };
    let count = table.count(column)?;
    if count + before as f64 > CASES_MAX as f64 {
        let text = table.wrong(column, &format!("brings all counts above {CASES_MAX}"));
        return Err(Error::too_costly(text.issues[0].text.clone()));
    }
    Ok(count as u32)
}

fn as_table(study: &Study, found: &Found) -> String {
    let mut out = String::from(
        "cluster,centre,members,places,radius,start,end,days,observed,expected,ratio,relative_risk,llr,p,p_gumbel,\
         recurrence_days,recurrence_days_gumbel,rates\n",
    );
    let or_empty = |number: Option<f64>| number.map_or_else(String::new, number_text);
    for (nth, cluster) in found.clusters.iter().enumerate() {
        let (start, end) = cluster.days.unzip();
        let days = cluster.days.map(|(start, end)| end - start + 1);
        row_text(
            &mut out,
            &[
                (nth + 1).to_string(),
                study.places[cluster.centre as usize].name.clone(),
                members(study, cluster).join(" "),
                cluster.members.len().to_string(),
                number_text(cluster.radius),
                start.map(day_text).unwrap_or_default(),
                end.map(day_text).unwrap_or_default(),
                days.map(|days| days.to_string()).unwrap_or_default(),
                cluster.observed.to_string(),
                number_text(cluster.expected),
                number_text(cluster.observed as f64 / cluster.expected),
                or_empty(cluster.relative_risk),
                number_text(cluster.llr),
                or_empty(cluster.p),
                or_empty(cluster.p_gumbel),
                or_empty(cluster.recurrence_days),
                or_empty(cluster.recurrence_days_gumbel),
                rates(cluster).to_owned(),
            ],
        );
    }
    out
}

fn members<'a>(study: &'a Study, cluster: &Cluster) -> Vec<&'a str> {
    cluster.members.iter().map(|place| study.places[*place as usize].name.as_str()).collect()
}

fn rates(cluster: &Cluster) -> &'static str {
    if cluster.high { "high" } else { "low" }
}

fn as_json(settings: &Settings, study: &Study, found: &Found, left_out: u64) -> String {
    let clusters: Vec<Value> = found
        .clusters
        .iter()
        .enumerate()
        .map(|(nth, cluster)| {
            let place = &study.places[cluster.centre as usize];
            json!({
                "cluster": nth + 1,
                "centre": place.name,
                "at": place.at,
                "radius": cluster.radius,
                "members": members(study, cluster),
                "start": cluster.days.map(|(start, _)| day_text(start)),
                "end": cluster.days.map(|(_, end)| day_text(end)),
                "days": cluster.days.map(|(start, end)| end - start + 1),
                "observed": cluster.observed,
                "expected": cluster.expected,
                "ratio": cluster.observed as f64 / cluster.expected,
                "relative_risk": cluster.relative_risk,
                "llr": cluster.llr,
                "p": cluster.p,
                "p_gumbel": cluster.p_gumbel,
                "recurrence_days": cluster.recurrence_days,
                "recurrence_days_gumbel": cluster.recurrence_days_gumbel,
                "rates": rates(cluster),
            })
        })
        .collect();
    let answer = json!({
        "kind": study.kind,
        "coordinates": study.coordinates,
        "start": study.days.map(|(start, _)| day_text(start)),
        "end": study.days.map(|(_, end)| day_text(end)),
        "cases": found.cases,
        "controls": found.controls,
        "population": found.population,
        "left_out_rows": left_out,
        "places": study.places.len(),
        "circles": found.circles,
        "intervals": found.intervals,
        "window_max_intervals": found.window_max,
        "replicas": found.maxima.len(),
        "stopped_early": found.stopped,
        "gumbel": found.gumbel.map(|(location, scale)| json!({ "location": location, "scale": scale })),
        "clusters": clusters,
    });
    printed_json(settings, answer)
}
