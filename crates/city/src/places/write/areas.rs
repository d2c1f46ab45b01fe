//! City, districts, streets and neighbourhoods as Locations.

use super::{physical, position};
use crate::day::Minute;
use crate::json::Json;
use crate::out::Out;
use crate::places::map::{base64, geojson};
use crate::places::{Places, Point};

const BOUNDARY: &str = r#"{"url":"http://hl7.org/fhir/StructureDefinition/location-boundary-geojson","valueAttachment":{"contentType":"application/geo+json","title":"示意边界（非真实地图）","data":""#;

/// Code of the whole city.
const CITY: &str = "339900";

struct Area<'a> {
    code: &'a str,
    name: &'a str,
    alias: &'a str,
    kind: (&'static str, &'static str),
    parent: Option<&'a str>,
    point: Point,
    ring: &'a [Point],
}

pub fn write(places: &Places, at: Minute, out: &mut Out) {
    let middle = crate::places::map::degrees((0.0, 0.0));
    let ring: Vec<Point> = crate::places::map::outline().into_iter().map(crate::places::map::degrees).collect();
    let city = Area {
        code: CITY,
        name: "平川市",
        alias: "Pingchuan",
        kind: ("city", "市"),
        parent: None,
        point: middle,
        ring: &ring,
    };
    area(&city, at, out);
    for district in &places.districts {
        let one = Area {
            code: &district.code,
            name: district.name,
            alias: district.english,
            kind: ("district", "区县"),
            parent: Some(CITY),
            point: district.point,
            ring: &district.ring,
        };
        area(&one, at, out);
    }
    for street in &places.streets {
        let one = Area {
            code: &street.code,
            name: &street.name,
            alias: "",
            kind: ("street", "街道、镇"),
            parent: Some(&places.districts[street.district].code),
            point: street.point,
            ring: &street.ring,
        };
        area(&one, at, out);
        for neighbourhood in &street.neighbourhoods {
            let one = Area {
                code: &neighbourhood.code,
                name: &neighbourhood.name,
                alias: "",
                kind: ("neighbourhood", "居村委"),
                parent: Some(&street.code),
                point: neighbourhood.point,
                ring: &[],
            };
            area(&one, at, out);
        }
    }
}

fn area(area: &Area, at: Minute, out: &mut Out) {
    out.resource(at, "Location", &format!("area-{}", area.code), |json| {
        if !area.ring.is_empty() {
            json.array("extension", |json| boundary(area.ring, json));
        }
        json.array("identifier", |json| {
            json.item(|json| {
                json.piece(r#""system":"urn:jingluo:area""#);
                json.text("value", area.code);
            });
        });
        json.piece(r#""status":"active""#);
        json.text("name", area.name);
        if !area.alias.is_empty() {
            json.array("alias", |json| json.item_text(area.alias));
        }
        json.piece(r#""mode":"instance""#);
        json.array("type", |json| json.item_concept("urn:jingluo:area-kind", area.kind.0, area.kind.1));
        physical("area", "区域", json);
        position(area.point, json);
        if let Some(parent) = area.parent {
            json.object("partOf", |json| json.texts("reference", &["Location/area-", parent]));
        }
    });
}

fn boundary(ring: &[Point], json: &mut Json) {
    let text = base64(geojson(ring).as_bytes());
    json.piece(BOUNDARY);
    json.more(&text);
    json.more("\"}}");
}
