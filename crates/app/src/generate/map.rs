//! The schematic map of a city as GeoJSON.

use city::City;
use city::places::Point;
use serde_json::{Value, json};

/// Districts, streets and institutions. It shows no real place.
pub fn map(city: &City) -> Value {
    let places = &city.places;
    let districts = places.districts.iter().map(|district| {
        let about = json!({
            "kind": "district", "code": district.code, "name": district.name, "residents": district.residents,
        });
        feature(about, polygon(&district.ring))
    });
    let streets = places.streets.iter().map(|street| {
        let about =
            json!({ "kind": "street", "code": street.code, "name": street.name, "residents": street.residents });
        feature(about, polygon(&street.ring))
    });
    let institutions = places.institutions.iter().map(|institution| {
        let about = json!({ "kind": "institution", "id": institution.id, "name": institution.name });
        feature(about, json!({ "type": "Point", "coordinates": coordinates(&institution.point) }))
    });
    let features: Vec<Value> = districts.chain(streets).chain(institutions).collect();
    json!({
        "type": "FeatureCollection", "schematic": true,
        "name": "平川市示意图（虚构城市） Schematic map of an invented city", "features": features,
    })
}

fn feature(properties: Value, geometry: Value) -> Value {
    json!({ "type": "Feature", "properties": properties, "geometry": geometry })
}

/// A ring ends where it begins.
fn polygon(ring: &[Point]) -> Value {
    let mut points: Vec<Value> = ring.iter().map(coordinates).collect();
    if ring.first() != ring.last() {
        points.extend(ring.first().map(coordinates));
    }
    json!({ "type": "Polygon", "coordinates": [points] })
}

fn coordinates((longitude, latitude): &Point) -> Value {
    json!([longitude, latitude])
}
