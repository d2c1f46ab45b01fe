//! How many live where, by age and sex, as Groups: the numbers the residents are drawn from.

use crate::day::{Minute, date};
use crate::json::Json;
use crate::out::Out;
use crate::people::pyramid::{self, BANDS, CENSUS};
use crate::places::Places;
use crate::places::areas::share_out;

/// Growth in a year (Shanghai 2010 to 2020: 0.8 of 100; since then about none).
const GROWTH: f64 = 0.002;

/// The year of the census day and the two before, for the city, districts and streets; for neighbourhoods the first only.
pub fn write(places: &Places, at: Minute, out: &mut Out) {
    let (year, _, _) = date(CENSUS);
    let cells = pyramid::cells();
    let streets: Vec<Vec<u64>> =
        places.sections.iter().fold(vec![vec![0; cells.len()]; places.streets.len()], |mut sums, section| {
            add(&mut sums[section.street], &share_out(section.residents, &cells));
            sums
        });
    for back in 0..3 {
        let factor = (1.0 - GROWTH).powi(back);
        let of = |counts: &[u64]| -> Vec<u64> {
            counts.iter().map(|count| (*count as f64 * factor).round() as u64).collect()
        };
        let mut city = vec![0; cells.len()];
        for district in &places.districts {
            let mut sum = vec![0; cells.len()];
            for street in district.streets.clone() {
                let counts = of(&streets[street]);
                group(&places.streets[street].code, &places.streets[street].name, year - back, &counts, at, out);
                add(&mut sum, &counts);
            }
            group(&district.code, district.name, year - back, &sum, at, out);
            add(&mut city, &sum);
        }
        group("339900", "平川市", year - back, &city, at, out);
    }
    for street in &places.streets {
        let count = street.neighbourhoods.len();
        let shares = share_out(street.residents, &vec![1.0; count]);
        for (neighbourhood, residents) in street.neighbourhoods.iter().zip(shares) {
            group(&neighbourhood.code, &neighbourhood.name, year, &share_out(residents, &cells), at, out);
        }
    }
}

fn add(sum: &mut [u64], counts: &[u64]) {
    for (total, count) in sum.iter_mut().zip(counts) {
        *total += count;
    }
}

/// A population; `counts` are women and men of each band.
fn group(code: &str, name: &str, year: i32, counts: &[u64], at: Minute, out: &mut Out) {
    out.resource(at, "Group", &format!("pop-{code}-{year}"), |json| {
        json.array("extension", |json| {
            for (band, pair) in BANDS.iter().zip(counts.chunks(2)) {
                band_of(band.low, pair[0], pair[1], json);
            }
        });
        json.piece(r#""active":true,"type":"person","actual":true"#);
        json.concept("code", "urn:jingluo:group", "population", "常住人口");
        json.texts("name", &[name, &year.to_string(), "年常住人口"]);
        json.number("quantity", counts.iter().sum::<u64>().cast_signed());
        json.array("characteristic", |json| {
            json.item(|json| {
                json.concept("code", "urn:jingluo:characteristic", "area", "区域");
                json.concept("valueCodeableConcept", "urn:jingluo:area", code, name);
                json.flag("exclude", false);
            });
            json.item(|json| {
                json.concept("code", "urn:jingluo:characteristic", "year", "年份");
                json.object("valueQuantity", |json| json.number("value", i64::from(year)));
                json.flag("exclude", false);
            });
        });
    });
}

fn band_of(low: i32, female: u64, male: u64, json: &mut Json) {
    json.item(|json| {
        json.piece(r#""url":"urn:jingluo:age-band""#);
        json.array("extension", |json| {
            let high = if low >= 90 { None } else { Some(i64::from(low) + 4) };
            let low = Some(i64::from(low));
            let (male, female) = (Some(male.cast_signed()), Some(female.cast_signed()));
            for (url, value) in [("low", low), ("high", high), ("male", male), ("female", female)] {
                if let Some(value) = value {
                    json.item(|json| {
                        json.text("url", url);
                        json.number("valueInteger", value);
                    });
                }
            }
        });
    });
}
