//! `breakdown`: what a figure is made of, by area, institution, department, hour, disease, class or kind. Each row opens
//! into a finer breakdown, and at last into the search that finds the resources, for those who may see them.

use super::city::{rounded, usual_shown};
use super::days::{Count, Counts, day};
use super::drill::{self, Leaf, day_text};
use super::figures::Figure;
use super::moment::Moment;
use super::reaction::DISEASES;
use super::rules::Measure;
use super::view::{HiddenTops, Scope, View};
use crate::directory::codes;
use crate::directory::{AreaKind, Picture};
use base::{Cx, Error, Result};
use runtime::program::{Env, Given};
use runtime::small::below;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How a figure is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Area,
    Institution,
    Department,
    Hour,
    Disease,
    Class,
    Kind,
}

const NAMES: [(By, &str); 7] = [
    (By::Area, "area"),
    (By::Institution, "institution"),
    (By::Department, "department"),
    (By::Hour, "hour"),
    (By::Disease, "disease"),
    (By::Class, "class"),
    (By::Kind, "kind"),
];

/// Classes of visits as rows name them.
const CLASSES: [(&str, &str); 4] = [
    ("AMB", "门诊 Out-patient"),
    ("EMER", "急诊 Emergency"),
    ("HH", "上门 At home"),
    ("VR", "互联网 Over the internet"),
];
/// What a row is called whose resources do not say it.
const UNTOLD: &str = "未注明 Not told";

/// What is asked for.
struct Asked<'a> {
    figure: Figure,
    by: By,
    scope: Scope,
    moment: Moment,
    /// Only counts of this hour, this disease or class, this kind of institution.
    hour: Option<u16>,
    part: Option<&'a str>,
    kind: Option<&'a str>,
    given: &'a Given,
}

/// One row before it is shown.
#[derive(Default)]
struct Group {
    value: i64,
    usual: f64,
    /// The institutions in it, as resources name them.
    orgs: BTreeSet<usize>,
}

pub fn breakdown(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let view = View::of(cx, env)?;
    let asked = Asked::of(cx, env, &view, given)?;
    let rows = match asked.figure.measure() {
        None => known(&view, &asked),
        Some(measure) => counted(env, &view, &asked, measure)?,
    };
    Ok(json!({
        "figure": asked.figure.key(),
        "title": asked.figure.title().json(),
        "day": day_text(&env.site.zone, asked.moment.day),
        "area": asked.scope.area.json(),
        "by": asked.by.name(),
        "rows": rows,
    }))
}

impl By {
    fn named(name: &str) -> Result<By> {
        let found = NAMES.iter().find(|(_, known)| *known == name).map(|(by, _)| *by);
        let all = || NAMES.map(|(_, name)| name).join(", ");
        found.ok_or_else(|| Error::invalid(format!("`by` is one of {}, not `{name}`", all())))
    }

    fn name(self) -> &'static str {
        NAMES.iter().find(|(by, _)| *by == self).map_or("", |(_, name)| name)
    }

    /// Whether a figure can be divided so.
    fn divides(self, figure: Figure) -> bool {
        match self {
            By::Area | By::Institution | By::Kind => true,
            By::Department => figure.measure().is_some(),
            By::Hour | By::Class => figure == Figure::Visits,
            By::Disease => figure == Figure::Cards,
        }
    }
}

impl<'a> Asked<'a> {
    fn of(cx: &Cx, env: &Env, view: &View, given: &'a Given) -> Result<Asked<'a>> {
        let figure = Figure::named(given.required("figure")?)?;
        let by = given.text("by").map_or(Ok(By::Institution), By::named)?;
        if !by.divides(figure) {
            return Err(Error::invalid(format!("`{}` is not counted by {}", figure.key(), by.name())));
        }
        let hour = given.value::<u16>("hour")?;
        let (class, disease, kind) = (given.text("class"), given.text("disease"), given.text("kind"));
        let fits = |wanted: bool, figure_wanted: Figure| !wanted || figure == figure_wanted;
        let by_hour = hour.is_some() || by == By::Hour;
        let by_class = class.is_some() || by == By::Class;
        if !fits(by_hour || by_class, Figure::Visits) || !fits(disease.is_some(), Figure::Cards) {
            return Err(Error::invalid("`hour` and `class` are of visits, `disease` is of report cards"));
        }
        if hour.is_some_and(|hour| hour > 23) || (by_hour && by_class) {
            return Err(Error::invalid("`hour` is 0 to 23, and is not counted together with `class`"));
        }
        let (scope, moment) = (view.scope(given)?, Moment::of(cx, env, given)?);
        Ok(Asked { figure, by, scope, moment, hour, part: class.or(disease), kind, given })
    }

    /// Whether a count has the hour, the disease or the class that is asked for.
    fn fits(&self, count: &Count) -> bool {
        let of_hour = self.hour.is_none_or(|hour| count.part.parse() == Ok(hour));
        of_hour && self.part.is_none_or(|part| count.part == part)
    }

    fn is_of_kind(&self, view: &View, at: Option<usize>) -> bool {
        self.kind.is_none_or(|kind| at.is_some_and(|at| kind_of(&view.picture, at) == kind))
    }

    /// The row that a count belongs to.
    fn key(&self, view: &View, count: &Count) -> String {
        let place = view.place(count.org);
        let top = place.map(|at| view.picture.institutions[at].top);
        match self.by {
            By::Hour | By::Disease | By::Class => count.part.clone(),
            By::Department if self.figure == Figure::InBed => format!("{}|{}", view.name(count.org), count.part),
            By::Department => view.name(count.org),
            By::Institution => match top {
                Some(top) => view.picture.institutions[top].row.id.clone(),
                None => view.name(count.org),
            },
            By::Kind => place.map(|at| kind_of(&view.picture, at).to_owned()).unwrap_or_default(),
            By::Area => top.map(|top| self.area_key(view, top)).unwrap_or_default(),
        }
    }

    /// The district in a city, the street in a district.
    fn area_key(&self, view: &View, top: usize) -> String {
        let (district, street) = view.areas_of(top);
        if self.scope.area.kind == "city" { district.to_owned() } else { street.to_owned() }
    }
}

/// The code of the kind of the institution that a place belongs to.
fn kind_of(picture: &Picture, at: usize) -> &str {
    picture.institutions[picture.institutions[at].top].row.kind.as_deref().unwrap_or("")
}

/// Rows of a figure that is counted in tallies.
fn counted(env: &Env, view: &View, asked: &Asked<'_>, measure: Measure) -> Result<Vec<Value>> {
    let by_hour = asked.hour.is_some() || asked.by == By::Hour;
    let measure = if by_hour { Measure::Hours } else { measure };
    let figure = asked.figure;
    let counts = day(env, measure, figure.tally_day(asked.moment.day))?;
    let usual = if figure.is_daily() { asked.moment.usual(env, measure)? } else { Vec::new() };
    let share = match figure.is_daily() && asked.by != By::Hour && asked.hour.is_none() {
        true => asked.moment.share(&asked.moment.usual_hours(env, view, &asked.scope)?),
        false => 1.0,
    };
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for count in held(view, asked, &counts) {
        let group = groups.entry(asked.key(view, count)).or_default();
        group.value += count.count;
        group.orgs.insert(count.org);
    }
    for counts in &usual {
        for count in held(view, asked, counts) {
            let group = groups.entry(asked.key(view, count)).or_default();
            group.usual += count.count as f64 * share / usual.len() as f64;
            group.orgs.insert(count.org);
        }
    }
    let hidden = hidden(view, asked, &counts, &groups);
    let with_usual = !usual.is_empty();
    let mut rows: Vec<Row> = Vec::with_capacity(groups.len());
    for ((key, group), hidden) in groups.into_iter().zip(hidden) {
        let usual = (with_usual && !hidden).then(|| usual_shown(view, group.usual));
        let name = name(env, view, asked, &key)?;
        let opens = opens(env, view, asked, &key, &group);
        rows.push(Row { key, name, value: group.value, hidden, usual, opens });
    }
    Ok(sorted(rows, asked.by))
}

/// The counts within the scope and the filters.
fn held<'a>(view: &'a View, asked: &'a Asked<'_>, counts: &'a Counts) -> impl Iterator<Item = &'a Count> + use<'a> {
    let fits = |count: &&Count| {
        asked.fits(count)
            && view.has(asked.figure, &asked.scope, count.org)
            && asked.is_of_kind(view, view.place(count.org))
    };
    counts.iter().filter(fits)
}

/// Which rows are hidden. Areas and institutions are judged among all that the reader sees, so that no two tables of a
/// day tell together what neither tells.
fn hidden(view: &View, asked: &Asked<'_>, counts: &Counts, groups: &BTreeMap<String, Group>) -> Vec<bool> {
    if view.detail || !asked.figure.is_of_persons() {
        return vec![false; groups.len()];
    }
    let fitting: Vec<Count> = counts.iter().filter(|count| asked.fits(count)).cloned().collect();
    let whole: HiddenTops = view.hidden(asked.figure, &view.sums(asked.figure, &view.whole(), &fitting));
    let values: Vec<i64> = groups.values().map(|group| group.value).collect();
    let among = below(whole.scope(&view.picture, &asked.scope), &values);
    let judged = |(key, among): (&String, bool)| match asked.by {
        By::Area if asked.scope.area.kind == "city" => among || whole.area(AreaKind::District, key),
        By::Area => among || whole.area(AreaKind::Street, key),
        By::Institution => among || view.picture.place_of(key).is_some_and(|at| whole.top(at)),
        _ => among,
    };
    groups.keys().zip(among).map(judged).collect()
}

/// Rows of a figure that the directory knows.
fn known(view: &View, asked: &Asked<'_>) -> Vec<Value> {
    let mut groups: BTreeMap<String, i64> = BTreeMap::new();
    for (top, count) in view.known(asked.figure, &asked.scope).tops {
        if !asked.is_of_kind(view, Some(top)) || count == 0 {
            continue;
        }
        let key = match asked.by {
            By::Kind => kind_of(&view.picture, top).to_owned(),
            By::Area => asked.area_key(view, top),
            _ => view.picture.institutions[top].row.id.clone(),
        };
        *groups.entry(key).or_default() += count;
    }
    let rows = groups.into_iter().map(|(key, value)| {
        let opens = match asked.by {
            By::Institution => match asked.figure {
                Figure::Beds => json!({ "list": format!("/p/directory/beds?institution={key}") }),
                _ => json!({ "list": format!("/directory/institution/{key}") }),
            },
            By::Area => deeper(asked, "area", &key, if key.len() > 6 { By::Institution } else { By::Area }),
            _ => deeper(asked, "kind", &key, By::Institution),
        };
        let name = plain_name(view, asked.by, &key);
        Row { name, value, hidden: false, usual: None, opens, key }
    });
    sorted(rows.collect(), asked.by)
}

struct Row {
    key: String,
    name: String,
    value: i64,
    hidden: bool,
    usual: Option<Value>,
    opens: Value,
}

/// The largest first, hours in their order; what is hidden by name, so that its place does not tell.
fn sorted(mut rows: Vec<Row>, by: By) -> Vec<Value> {
    match by {
        By::Hour => rows.sort_by(|a, b| a.key.cmp(&b.key)),
        _ => rows.sort_by(|a, b| {
            let rank = |row: &Row| (row.hidden, if row.hidden { 0 } else { -row.value });
            rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
        }),
    }
    let shown = |row: Row| {
        json!({
            "key": row.key, "name": row.name, "value": (!row.hidden).then_some(row.value), "usual": row.usual,
            "hidden": row.hidden, "opens": row.opens,
        })
    };
    rows.into_iter().map(shown).collect()
}

/// What a row opens.
fn opens(env: &Env, view: &View, asked: &Asked<'_>, key: &str, group: &Group) -> Value {
    if key.is_empty() && matches!(asked.by, By::Area | By::Institution | By::Kind) {
        return Value::Null;
    }
    match asked.by {
        By::Area if asked.scope.area.kind == "city" => deeper(asked, "area", key, By::Area),
        By::Area => deeper(asked, "area", key, By::Institution),
        By::Hour => deeper(asked, "hour", key, By::Institution),
        By::Disease => deeper(asked, "disease", key, By::Institution),
        By::Class => deeper(asked, "class", key, By::Institution),
        By::Kind => deeper(asked, "kind", key, By::Institution),
        By::Institution if group.orgs.len() > 1 || asked.figure == Figure::InBed => match view.picture.place_of(key) {
            Some(_) => deeper(asked, "institution", key, By::Department),
            None => Value::Null,
        },
        By::Institution | By::Department => resources(env, view, asked, key, group),
    }
}

/// The search of the resources, for those who may see them.
fn resources(env: &Env, view: &View, asked: &Asked<'_>, key: &str, group: &Group) -> Value {
    let Some(org) = group.orgs.first().map(|&org| view.name(org)).filter(|_| view.detail) else { return Value::Null };
    let ward = key.split_once('|').map(|(_, ward)| ward).filter(|_| asked.figure == Figure::InBed);
    let part = ward.or(asked.part);
    let leaf = Leaf { figure: asked.figure, day: asked.moment.day, org: &org, hour: asked.hour, part };
    match drill::search(&leaf, &env.site.zone) {
        Some(search) => json!({ "browse": format!("/browse/{search}") }),
        None => Value::Null,
    }
}

/// The same question, narrowed by this row and divided anew.
fn deeper(asked: &Asked<'_>, name: &str, key: &str, by: By) -> Value {
    let mut params = Map::new();
    for (given, value) in &asked.given.params {
        params.insert(given.clone(), json!(value));
    }
    params.insert(name.to_owned(), json!(key));
    params.insert("by".to_owned(), json!(by.name()));
    json!({ "breakdown": params })
}

fn name(env: &Env, view: &View, asked: &Asked<'_>, key: &str) -> Result<String> {
    Ok(match asked.by {
        By::Disease if !key.is_empty() => {
            let doc = env.store.row_read(DISEASES, key)?;
            let name = doc.and_then(|doc| String::from_utf8(doc).ok());
            name.map_or_else(|| key.to_owned(), |name| format!("{name} {key}"))
        }
        _ => plain_name(view, asked.by, key),
    })
}

fn plain_name(view: &View, by: By, key: &str) -> String {
    let picture = &view.picture;
    let found = match by {
        By::Area => picture.area(key).map(|area| area.row.name.clone()),
        By::Institution => picture.institution(key).map(|institution| institution.row.name.clone()),
        By::Department => {
            let (org, ward) = key.split_once('|').unwrap_or((key, ""));
            let site = picture.sites.iter().find(|site| site.id == ward).map(|site| site.name.clone());
            site.or_else(|| picture.institution(org).map(|institution| institution.row.name.clone()))
        }
        By::Hour => Some(format!("{key}:00")),
        By::Class => CLASSES.iter().find(|(class, _)| *class == key).map(|(_, name)| (*name).to_owned()),
        By::Kind => codes::kind(key).map(|kind| format!("{} {}", kind.zh, kind.en)),
        By::Disease => None,
    };
    found.unwrap_or_else(|| if key.is_empty() { UNTOLD.to_owned() } else { key.to_owned() })
}

/// A share of a whole; none of nothing.
pub fn share_of(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64, 4))
}
