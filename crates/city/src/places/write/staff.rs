//! Doctors and nurses as Practitioners with their posts.

use super::institutions::SUBJECT;
use crate::day::{Minute, day};
use crate::json::Json;
use crate::model::{Name, Sex};
use crate::out::Out;
use crate::people::names::TABLES;
use crate::places::{Department, Institution, Places};
use crate::rng::{Rng, stream};
use crate::settings::Settings;

/// Titles of doctors with their share (中国卫生健康统计年鉴 2021: chief 6, deputy 14, attending 34, resident 46 of 100).
const DOCTORS: [(&str, &str, f64); 4] =
    [("231", "主任医师", 8.0), ("232", "副主任医师", 17.0), ("233", "主治医师", 36.0), ("234", "住院医师", 39.0)];
const NURSES: [(&str, &str, f64); 4] =
    [("241", "主任护师", 1.0), ("242", "副主任护师", 5.0), ("243", "主管护师", 34.0), ("245", "护士", 60.0)];
const TITLES: &str = "urn:jingluo:post-title";

/// Who works in one institution.
pub fn write(places: &Places, settings: &Settings, institution: usize, at: Minute, out: &mut Out) {
    let one = &places.institutions[institution];
    for (nth, department) in one.departments.iter().enumerate() {
        let index = ((institution as u64) << 8 | nth as u64) << 20;
        for doctor in 0..department.doctors.len() {
            let mut rng = Rng::of(settings.seed, stream::STAFF, index | doctor as u64);
            post(one, department, ('d', doctor), &mut rng, at, out);
        }
        for nurse in 0..department.nurses as usize {
            let mut rng = Rng::of(settings.seed, stream::STAFF, index | 1 << 19 | nurse as u64);
            post(one, department, ('n', nurse), &mut rng, at, out);
        }
    }
}

fn post(
    one: &Institution,
    department: &Department,
    (kind, nth): (char, usize),
    rng: &mut Rng,
    at: Minute,
    out: &mut Out,
) {
    let female = if kind == 'd' { 0.47 } else { 0.96 };
    let sex = if rng.chance(female) { Sex::Female } else { Sex::Male };
    let titles = if kind == 'd' { &DOCTORS } else { &NURSES };
    let title = rng.by_weight(&titles.map(|title| title.2));
    let born = day(1998 - 9 * (3 - title as i32), 1, 1) - rng.below(9 * 365) as i32;
    let name = TABLES.name(sex, born, rng);
    let tail = format!("{}-{}-{kind}{}", one.key, department.code, nth + 1);
    let practitioner = format!("prac-{tail}");
    out.resource(at, "Practitioner", &practitioner, |json| person(&name, sex, (kind, titles[title].1), rng, json));
    out.resource(at, "PractitionerRole", &format!("role-{tail}"), |json| {
        json.flag("active", true);
        json.reference("practitioner", "Practitioner", &practitioner);
        json.reference("organization", "Organization", &department.id);
        json.array("code", |json| {
            let (code, word) = if kind == 'd' { ("doctor", "医师") } else { ("nurse", "护士") };
            json.item_concept("http://terminology.hl7.org/CodeSystem/practitioner-role", code, word);
            json.item_concept(TITLES, titles[title].0, titles[title].1);
        });
        json.array("specialty", |json| json.item_concept(SUBJECT, department.code, &department.name));
        json.array("location", |json| json.item(|json| json.texts("reference", &["Location/loc-", &one.key])));
    });
}

fn person(name: &Name, sex: Sex, (kind, title): (char, &str), rng: &mut Rng, json: &mut Json) {
    let licence = format!("{}{:013}", if kind == 'd' { "11" } else { "20" }, rng.below(10_000_000_000_000));
    json.array("identifier", |json| {
        json.item(|json| {
            json.piece(r#""system":"urn:oid:2.16.156.10011.1.4""#);
            json.text("value", &licence);
        });
    });
    json.flag("active", true);
    json.array("name", |json| {
        json.item(|json| {
            json.texts("text", &[name.family, name.given.as_str()]);
            json.text("family", name.family);
            json.array("given", |json| json.item_text(name.given.as_str()));
        });
    });
    json.text("gender", sex.code());
    json.array("qualification", |json| {
        json.item(|json| json.object("code", |json| json.text("text", title)));
    });
}
