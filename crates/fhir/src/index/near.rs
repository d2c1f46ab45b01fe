//! How far a Location is.

use crate::element::Element;
use crate::resource::Resource;
use crate::search::model::Circle;

/// The mean radius of the earth in metres (IUGG).
const EARTH_METRES: f64 = 6_371_008.8;

/// True if one of the circles holds the position of a Location.
pub fn near_matches(resource: &Resource, any: &[Circle]) -> bool {
    position(resource).is_some_and(|at| any.iter().any(|circle| distance_metres(at, circle) <= circle.metres))
}

/// Latitude and longitude of a Location in degrees.
pub fn position(resource: &Resource) -> Option<(f64, f64)> {
    let position = resource.root().get("position")?;
    let number = |name| position.get(name).and_then(Element::number_text)?.parse::<f64>().ok();
    Some((number("latitude")?, number("longitude")?))
}

/// Along the surface of a sphere (haversine); at most 0.6 % beside the true figure of the earth.
fn distance_metres((latitude, longitude): (f64, f64), circle: &Circle) -> f64 {
    let (one, other) = (latitude.to_radians(), circle.latitude.to_radians());
    let half_up = ((one - other) / 2.0).sin();
    let half_along = ((longitude - circle.longitude).to_radians() / 2.0).sin();
    let part = half_up * half_up + one.cos() * other.cos() * half_along * half_along;
    2.0 * EARTH_METRES * part.sqrt().min(1.0).asin()
}
