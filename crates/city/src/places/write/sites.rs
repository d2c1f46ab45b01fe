//! Schools, work sites, markets and ambulance stations.

use super::institutions::KIND;
use super::{address, physical, position};
use crate::day::{Day, Minute, date};
use crate::out::Out;
use crate::places::{Places, Point, WorkSiteKind};

pub fn write(places: &Places, at: Minute, out: &mut Out) {
    for school in &places.schools {
        out.resource(at, "Organization", &school.id, |json| {
            json.flag("active", true);
            json.array("type", |json| json.item_concept(KIND, "Z700", "学校"));
            json.text("name", &school.name);
            json.array("address", |json| json.item(|json| address(places, school.street, "", json)));
        });
        let id = format!("loc-{}", school.id);
        location(
            places,
            (&id, &school.name, "school", "学校"),
            (school.street, school.point),
            Some(&school.id),
            at,
            out,
        );
    }
    for site in &places.work_sites {
        let kind = match site.kind {
            WorkSiteKind::Office => ("office", "办公楼"),
            WorkSiteKind::Factory => ("factory", "工厂"),
            WorkSiteKind::Shop => ("shop", "商场"),
            WorkSiteKind::Restaurant => ("restaurant", "餐饮"),
            WorkSiteKind::Construction => ("construction", "工地"),
            WorkSiteKind::Logistics => ("logistics", "物流"),
            WorkSiteKind::Care => ("care-home", "养老机构"),
        };
        location(places, (&site.id, &site.name, kind.0, kind.1), (site.street, site.point), None, at, out);
    }
    for market in &places.markets {
        let words = (market.id.as_str(), market.name.as_str(), "market", "菜市场");
        location(places, words, (market.street, market.point), None, at, out);
    }
}

fn location(
    places: &Places,
    (id, name, code, word): (&str, &str, &str, &str),
    (street, point): (usize, Point),
    owner: Option<&str>,
    at: Minute,
    out: &mut Out,
) {
    out.resource(at, "Location", id, |json| {
        json.piece(r#""status":"active""#);
        json.text("name", name);
        json.piece(r#""mode":"instance""#);
        json.array("type", |json| json.item_concept("urn:jingluo:site-kind", code, word));
        json.object("address", |json| address(places, street, "", json));
        physical("bu", word, json);
        position(point, json);
        if let Some(owner) = owner {
            json.reference("managingOrganization", "Organization", owner);
        }
        json.object("partOf", |json| json.texts("reference", &["Location/area-", &places.streets[street].code]));
    });
}

/// Classes as Groups that their school manages; who is in them is not told.
pub fn classes(places: &Places, today: Day, section: usize, at: Minute, out: &mut Out) {
    let place = &places.sections[section];
    let street = &places.streets[place.street];
    let school = &places.schools[street.school];
    let classes = crate::people::classes(place.residents);
    let first = (section - street.sections.start) as u64 * classes;
    let (year, month, _) = date(today);
    let school_year = if month >= 9 { year } else { year - 1 };
    for grade in 1..=12 {
        for nth in first..first + classes {
            let cohort = school_year - grade + 1;
            let id = format!("class-{}-{cohort}-{nth}", place.street);
            out.resource(at, "Group", &id, |json| {
                json.piece(r#""active":true,"type":"person","actual":true"#);
                json.concept("code", "urn:jingluo:group", "school-class", "班级");
                json.text("name", &format!("{}{cohort}级{}班", school.name, nth + 1));
                json.reference("managingEntity", "Organization", &school.id);
                json.array("characteristic", |json| {
                    json.item(|json| {
                        json.concept("code", "urn:jingluo:characteristic", "grade", "年级");
                        json.object("valueQuantity", |json| json.number("value", i64::from(grade)));
                        json.flag("exclude", false);
                    });
                });
            });
        }
    }
}

/// Ambulance stations with their vehicles.
pub fn stations(places: &Places, at: Minute, out: &mut Out) {
    let centre = places.institutions.iter().find(|one| one.key == "amb").map_or("", |one| one.id.as_str());
    for station in &places.stations {
        let words = (station.id.as_str(), station.name.as_str(), "ambulance-station", "急救分站");
        location(places, words, (station.street, station.point), Some(centre), at, out);
        for vehicle in 1..=station.vehicles {
            out.resource(at, "Location", &format!("{}-v{vehicle}", station.id), |json| {
                json.piece(r#""status":"active""#);
                json.texts("name", &[&station.name, &format!("{vehicle}号车")]);
                json.piece(r#""mode":"instance""#);
                json.array("type", |json| json.item_concept("urn:jingluo:site-kind", "ambulance", "救护车"));
                physical("ve", "车辆", json);
                json.reference("managingOrganization", "Organization", centre);
                json.reference("partOf", "Location", &station.id);
            });
        }
    }
}
