//! Service points: fever clinics, emergency departments and other services, and ambulance stations with their vehicles.

use super::{EVERYBODY, Narrow, column, filter, own_order, text_key, top_and_department};
use crate::directory::picture::{Picture, picture};
use crate::directory::rows::{ServiceRow, SiteRow};
use crate::directory::service::{area_tag, opened, opened_id, opened_within, pair, reference};
use base::{Cx, Result};
use runtime::listing::{Entry, Key, Typed, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const LIST: List = List {
    name: "services",
    title: Words { zh: "服务点", en: "Service points" },
    roles: EVERYBODY,
    columns: &[
        column("name", "服务点", "Service point", ColumnKind::Reference, true),
        column("kind", "种类", "Kind", ColumnKind::Tag, true),
        column("institution", "机构", "Institution", ColumnKind::Reference, true),
        column("district", "区", "District", ColumnKind::Tag, true),
        column("vehicles", "车辆", "Vehicles", ColumnKind::Number, false),
        column("phone", "电话", "Phone", ColumnKind::Text, false),
        column("active", "在用", "Active", ColumnKind::Flag, false),
    ],
    filters: &[
        filter("kind", "种类", "Kind", Some("codes:services")),
        filter("institution", "机构", "Institution", None),
        filter("district", "区", "District", Some("areas")),
        filter("active", "在用", "Active", None),
    ],
    searches: true,
    page,
};

/// The kind of a Location at which vehicles stand.
pub const STATION: &str = "ambulance-station";

pub fn station_kind() -> Value {
    json!({ "code": STATION, "zh": "急救站", "en": "Ambulance station" })
}

/// One line of the list.
enum Point<'a> {
    Service(&'a ServiceRow),
    Station(&'a SiteRow, u64),
}

fn page(_: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let picture = picture(env)?;
    let narrow = Narrow::of(&picture, query)?;
    let sort = query.sort.as_ref().map(|sort| sort.key.as_str());
    let points = points(&picture);
    let typed = Typed::new(query.text.as_deref());
    let mut entries = Vec::new();
    for (at, point) in points.iter().enumerate() {
        let (id, owner, active) = point.head();
        let owner = owner.and_then(|id| picture.place_of(id));
        let found = typed.finds(point.keys())
            || owner.is_some_and(|at| typed.finds(&top_and_department(&picture, at).0.row.keys));
        let is_kind = |wanted: &str| point.kinds().any(|code| code == wanted);
        if found && query.filter("kind").is_none_or(is_kind) && narrow.keeps(owner, active) {
            entries.push(Entry { key: key(&picture, point, owner, sort), id, at });
        }
    }
    page_of(query, entries, |at| Ok(points[at].row(&picture)))
}

fn points(picture: &Picture) -> Vec<Point<'_>> {
    let mut vehicles: BTreeMap<&str, u64> = BTreeMap::new();
    for site in picture.sites.iter().filter(|site| site.kind.as_deref() == Some("ve") && site.active) {
        if let Some(station) = &site.part_of {
            *vehicles.entry(station).or_default() += 1;
        }
    }
    let stations = picture.sites.iter().filter_map(|site| {
        let count = vehicles.get(site.id.as_str())?;
        Some(Point::Station(site, *count))
    });
    picture.services.iter().map(Point::Service).chain(stations).collect()
}

impl<'a> Point<'a> {
    /// Id, owner and whether it is in use.
    fn head(&self) -> (&'a str, Option<&'a str>, bool) {
        match self {
            Point::Service(row) => (&row.id, row.organization.as_deref(), row.active),
            Point::Station(row, _) => (&row.id, row.organization.as_deref(), row.active),
        }
    }

    fn keys(&self) -> &'a str {
        match self {
            Point::Service(row) => &row.keys,
            Point::Station(row, _) => &row.keys,
        }
    }

    fn order(&self) -> &'a str {
        match self {
            Point::Service(row) => &row.order,
            Point::Station(row, _) => &row.order,
        }
    }

    fn kinds(&self) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match self {
            Point::Service(row) => Box::new(row.kinds.iter().map(|(code, _)| code.as_str())),
            Point::Station(..) => Box::new([STATION].into_iter()),
        }
    }

    fn row(&self, picture: &Picture) -> Value {
        match self {
            Point::Service(service) => row(picture, service),
            Point::Station(site, vehicles) => {
                let mut row = owned(picture, site.organization.as_deref());
                row["id"] = json!(site.id);
                row["name"] = reference("Location", &site.id, &site.name);
                row["kind"] = station_kind();
                row["vehicles"] = json!(vehicles);
                row["point"] = json!(site.point.map(|(longitude, latitude)| [longitude, latitude]));
                row["active"] = json!(site.active);
                row
            }
        }
    }
}

fn key(picture: &Picture, point: &Point<'_>, owner: Option<usize>, sort: Option<&str>) -> Key {
    let Some(sort) = sort else { return own_order(picture, owner, point.order()) };
    match (sort, owner) {
        ("kind", _) => text_key(point.kinds().next()),
        ("institution", Some(at)) => Key::Text(top_and_department(picture, at).0.row.order.clone()),
        ("district", Some(at)) => text_key(picture.institutions[at].district.as_deref()),
        ("institution" | "district", None) => Key::Missing,
        _ => Key::Text(point.order().to_owned()),
    }
}

/// A HealthcareService as a line of the list.
pub fn row(picture: &Picture, service: &ServiceRow) -> Value {
    let mut row = owned(picture, service.organization.as_deref());
    row["id"] = json!(service.id);
    row["name"] = reference("HealthcareService", &service.id, &service.name);
    row["kind"] = service.kinds.first().map_or(Value::Null, |(code, words)| pair(code, words));
    row["phone"] = json!(service.phone);
    row["active"] = json!(service.active);
    row
}

/// The part that tells whose it is.
fn owned(picture: &Picture, organization: Option<&str>) -> Value {
    let Some(at) = organization.and_then(|id| picture.place_of(id)) else {
        return json!({ "institution": opened_id(picture, organization), "department": null, "district": null });
    };
    let (top, department) = top_and_department(picture, at);
    json!({
        "institution": opened(top), "department": department.map(|part| opened_within(picture, part)),
        "district": area_tag(picture, picture.institutions[at].district.as_deref()),
    })
}
