//! The shared set of images: schematic pictures drawn from ellipses, lines and noise, the same in every city. No person
//! was ever examined for them. Each is a FHIR Binary, and an Endpoint whose address leads to it, relative to the base.

mod bones;
mod canvas;
mod png;
mod scans;
mod sound;

use crate::day::Minute;
use crate::out::Out;
use crate::places::map::base64;
use crate::rng::{Rng, stream};
use crate::settings::Part;
use canvas::{Canvas, SIZE};
use std::sync::LazyLock;

/// The pictures do not depend on the seed of a city.
const SEED: u64 = 1;

/// A kind of picture.
pub struct Picture {
    /// Id of its Binary and of its Endpoint.
    pub id: &'static str,
    pub name: &'static str,
    /// Keys of the examinations it stands for, as in `images.csv`.
    exams: &'static [&'static str],
    /// Grey of the empty picture.
    ground: f32,
    draw: fn(&mut Canvas),
}

const PICTURES: [Picture; 10] = [
    Picture { id: "picture-ct-head", name: "头颅CT", exams: &["headct"], ground: 0.0, draw: scans::ct_head },
    Picture { id: "picture-ct-chest", name: "胸部CT", exams: &["chestct"], ground: 0.0, draw: scans::ct_chest },
    Picture { id: "picture-ct-abdomen", name: "腹部CT", exams: &["abdct"], ground: 0.0, draw: scans::ct_abdomen },
    Picture { id: "picture-mr-head", name: "头颅MR", exams: &["headmr"], ground: 0.0, draw: scans::mr_head },
    Picture { id: "picture-mr-knee", name: "膝关节MR", exams: &["kneemr"], ground: 0.0, draw: bones::mr_knee },
    Picture { id: "picture-x-chest", name: "胸片", exams: &["chestx"], ground: 0.05, draw: bones::x_chest },
    Picture { id: "picture-x-knee", name: "膝关节片", exams: &["kneex"], ground: 0.04, draw: bones::x_knee },
    Picture { id: "picture-x-spine", name: "腰椎片", exams: &["lumbarx"], ground: 0.1, draw: bones::x_spine },
    Picture {
        id: "picture-us-abdomen",
        name: "腹部超声",
        exams: &["abdus", "urous"],
        ground: 0.3,
        draw: sound::us_abdomen,
    },
    Picture { id: "picture-us-heart", name: "超声心动图", exams: &["echo"], ground: 0.2, draw: sound::us_heart },
];

/// The picture that stands for an examination.
pub fn of_exam(key: &str) -> Option<&'static Picture> {
    PICTURES.iter().find(|picture| picture.exams.contains(&key))
}

/// All pictures with their Endpoints, where results are wanted.
pub fn write(out: &mut Out) {
    if !out.wants(Part::Results) {
        return;
    }
    for (picture, data) in PICTURES.iter().zip(DRAWN.iter()) {
        out.resource(Minute::MIN, "Binary", picture.id, |json| {
            // Confidentiality U: the picture holds nothing of any person, and says so.
            json.piece(concat!(
                r#""meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","#,
                r#""code":"U","display":"unrestricted"}]},"contentType":"image/png""#
            ));
            json.text("data", data);
        });
        out.resource(Minute::MIN, "Endpoint", picture.id, |json| {
            json.piece(concat!(
                r#""status":"active","connectionType":{"#,
                r#""system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"hl7-fhir-rest"}"#
            ));
            json.texts("name", &[picture.name, " 示意图像 schematic image"]);
            json.piece(r#""payloadType":[{"text":"示意图像"}],"payloadMimeType":["image/png"]"#);
            json.texts("address", &["Binary/", picture.id]);
        });
    }
}

/// Each picture as PNG in base64, drawn once.
static DRAWN: LazyLock<Vec<String>> =
    LazyLock::new(|| PICTURES.iter().enumerate().map(|(nth, picture)| base64(&drawn(nth as u64, picture))).collect());

fn drawn(nth: u64, picture: &Picture) -> Vec<u8> {
    let mut canvas = Canvas::new(picture.ground, Rng::of(SEED, stream::IMAGES, nth));
    (picture.draw)(&mut canvas);
    canvas.mark();
    png::png(SIZE as u32, &canvas.bytes(), "schematic image, no person")
}
