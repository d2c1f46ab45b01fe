//! The schematic map: a convex outline cut into districts, streets and neighbourhoods by straight lines, each place with
//! the ground nearer to it than to its neighbours. It shows no real land; its middle lies in the open sea.

use super::model::Point;
use crate::rng::Rng;

/// Middle of the map, longitude and latitude: open sea.
const MIDDLE: Point = (124.5, 30.0);
const LATITUDE_PER_KM: f64 = 1.0 / 111.32;
const LONGITUDE_PER_KM: f64 = 1.0 / (111.32 * 0.866);

/// Kilometres east and north of the middle.
pub type Km = (f64, f64);

pub fn degrees((east, north): Km) -> Point {
    (MIDDLE.0 + east * LONGITUDE_PER_KM, MIDDLE.1 + north * LATITUDE_PER_KM)
}

/// Kilometres between two points of the map.
pub fn distance_km(a: Point, b: Point) -> f64 {
    let east = (a.0 - b.0) / LONGITUDE_PER_KM;
    let north = (a.1 - b.1) / LATITUDE_PER_KM;
    east.hypot(north)
}

/// The city's outline: about the size of Shanghai's land, wider than high.
pub fn outline() -> Vec<Km> {
    let corner = |nth: u32| {
        let angle = std::f64::consts::TAU * f64::from(nth) / 28.0;
        (47.0 * angle.cos(), 40.0 * angle.sin())
    };
    (0..28).map(corner).collect()
}

/// The ground of each point within a convex ring: a power diagram, where a larger weight (km²) pushes the lines out.
pub fn cells(ring: &[Km], points: &[Km], weights: &[f64]) -> Vec<Vec<Km>> {
    let cell = |nth: usize| {
        let mut cell = ring.to_vec();
        for other in 0..points.len() {
            if other != nth {
                cell = keep_nearer(&cell, points[nth], points[other], weights[nth] - weights[other]);
            }
        }
        cell
    };
    (0..points.len()).map(cell).collect()
}

/// The part of a convex ring on `near`'s side of the line between two points.
fn keep_nearer(ring: &[Km], near: Km, far: Km, weight: f64) -> Vec<Km> {
    let normal = (far.0 - near.0, far.1 - near.1);
    let square = |point: Km| point.0 * point.0 + point.1 * point.1;
    let limit = (square(far) - square(near) + weight) / 2.0;
    let over = |point: Km| point.0 * normal.0 + point.1 * normal.1 - limit;
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (nth, point) in ring.iter().enumerate() {
        let next = ring[(nth + 1) % ring.len()];
        let (here, there) = (over(*point), over(next));
        if here <= 0.0 {
            kept.push(*point);
        }
        if (here < 0.0 && there > 0.0) || (here > 0.0 && there < 0.0) {
            let share = here / (here - there);
            kept.push((point.0 + (next.0 - point.0) * share, point.1 + (next.1 - point.1) * share));
        }
    }
    kept
}

/// Points spread over a convex ring: each is the best of several drawn, far from those before; then all move to the
/// middle of their ground twice.
pub fn spread(ring: &[Km], count: usize, rng: &mut Rng) -> Vec<Km> {
    let mut points: Vec<Km> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut best = (middle(ring), -1.0);
        for _ in 0..8 {
            let drawn = inside(ring, rng);
            let near = points.iter().map(|point| (point.0 - drawn.0).hypot(point.1 - drawn.1));
            let distance = near.fold(f64::MAX, f64::min);
            if distance > best.1 {
                best = (drawn, distance);
            }
        }
        points.push(best.0);
    }
    for _ in 0..2 {
        let grounds = cells(ring, &points, &vec![0.0; count]);
        for (point, ground) in points.iter_mut().zip(&grounds) {
            let towards = middle(ground);
            *point = (point.0 * 0.4 + towards.0 * 0.6, point.1 * 0.4 + towards.1 * 0.6);
        }
    }
    points
}

/// A point inside a convex ring, drawn.
pub fn inside(ring: &[Km], rng: &mut Rng) -> Km {
    let mut sum = (0.0, 0.0);
    let mut whole = 0.0;
    for corner in ring {
        let weight = rng.exponential(1.0);
        sum = (sum.0 + corner.0 * weight, sum.1 + corner.1 * weight);
        whole += weight;
    }
    if whole > 0.0 { (sum.0 / whole, sum.1 / whole) } else { sum }
}

/// Centre of area.
pub fn middle(ring: &[Km]) -> Km {
    let mut area = 0.0;
    let mut sum = (0.0, 0.0);
    for (nth, here) in ring.iter().enumerate() {
        let next = ring[(nth + 1) % ring.len()];
        let cross = here.0 * next.1 - next.0 * here.1;
        area += cross;
        sum = (sum.0 + (here.0 + next.0) * cross, sum.1 + (here.1 + next.1) * cross);
    }
    if area.abs() < 1e-9 {
        let count = ring.len().max(1) as f64;
        let total = ring.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        return (total.0 / count, total.1 / count);
    }
    (sum.0 / (3.0 * area), sum.1 / (3.0 * area))
}

/// A GeoJSON Polygon of a ring, five digits (about a metre), said to be schematic.
pub fn geojson(ring: &[Point]) -> String {
    let mut text = String::from("{\"type\":\"Polygon\",\"schematic\":true,\"coordinates\":[[");
    for (nth, (longitude, latitude)) in ring.iter().chain(ring.first()).enumerate() {
        let comma = if nth > 0 { "," } else { "" };
        text.push_str(&format!("{comma}[{longitude:.5},{latitude:.5}]"));
    }
    text.push_str("]]}");
    text
}

/// Base64 with padding (RFC 4648).
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |nth: usize| u32::from(three.get(nth).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for nth in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * nth)) as usize & 63];
            text.push(if nth <= three.len() { letter as char } else { '=' });
        }
    }
    text
}
