//! The shared set of images: real pictures, small, the same in every city, and named by the studies they stand for.

use crate::care_made::{field, made, within};
use crate::made::{places_of, settings};
use base::base64;
use city::{City, Part, Settings};
use std::collections::HashSet;
use std::io::Read;

/// All Binaries and Endpoints together.
const BYTES_MAX: usize = 200_000;

fn shared_set(settings: Settings) -> Vec<String> {
    let lines = places_of(&City::build(settings).unwrap());
    lines.into_iter().filter(|line| line.contains("\"id\":\"picture-")).collect()
}

fn of_type<'a>(lines: &'a [String], type_: &str) -> Vec<&'a str> {
    lines.iter().map(String::as_str).filter(|line| field(line, "", "resourceType") == type_).collect()
}

#[test]
fn the_pictures_are_small_and_the_same_in_every_city() {
    let set = shared_set(settings(1_000));
    assert!(set.iter().map(String::len).sum::<usize>() < BYTES_MAX);
    assert_eq!(set, shared_set(Settings { seed: 8, only: Some(Part::Results), ..settings(500) }));
    for only in [Part::Registrations, Part::Surveillance, Part::Booking] {
        assert!(shared_set(Settings { only: Some(only), ..settings(500) }).is_empty(), "{only:?}");
    }
}

#[test]
fn every_picture_is_a_png_that_its_endpoint_leads_to() {
    let set = shared_set(settings(1_000));
    let (binaries, endpoints) = (of_type(&set, "Binary"), of_type(&set, "Endpoint"));
    assert_eq!((binaries.len(), endpoints.len()), (10, 10));
    for line in &set {
        fhir::parse(line.as_bytes(), &fhir::Limits::default()).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    for binary in binaries {
        let id = field(binary, "", "id");
        let address = format!("\"address\":\"Binary/{id}\"");
        assert!(endpoints.iter().any(|endpoint| endpoint.contains(&address)), "nothing leads to {id}");
        assert!(binary.contains("\"code\":\"U\"") && field(binary, "", "contentType") == "image/png");
        let png = base64::decode(field(binary, "", "data")).unwrap();
        let (width, greys) = greys(&png);
        assert!(greys.len() > 160 * 160 && greys.len() == width * (width + 1), "{id}");
        let bright = greys.iter().filter(|grey| **grey > 100).count();
        assert!((greys.len() / 20..greys.len()).contains(&bright), "{id}: {bright} bright points");
    }
}

/// Width of a picture and its rows, each after its filter; every chunk is checked.
fn greys(png: &[u8]) -> (usize, Vec<u8>) {
    let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let (mut width, mut greys) = (0, Vec::new());
    while !rest.is_empty() {
        let length = number(rest) as usize;
        let (name, data) = (&rest[4..8], &rest[8..8 + length]);
        let mut crc = flate2::Crc::new();
        crc.update(&rest[4..8 + length]);
        assert_eq!(crc.sum(), number(&rest[8 + length..]));
        match name {
            b"IHDR" => width = number(data) as usize,
            b"IDAT" => assert!(flate2::read::ZlibDecoder::new(data).read_to_end(&mut greys).is_ok()),
            _ => (),
        }
        rest = &rest[12 + length..];
    }
    (width, greys)
}

#[test]
fn studies_name_the_picture_of_their_examination() {
    let made = made(&Settings { only: Some(Part::Results), days: 120, ..settings(800) });
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut with, mut without) = (0, 0);
    for study in made.of_type("ImagingStudy") {
        let picture = within(study, "Endpoint/picture-", "\"");
        let name = within(study, "\"procedureCode\":[{\"text\":\"", "\"");
        assert_eq!(picture == "ct-chest", name == "胸部CT平扫", "{name} shows {picture}");
        if picture.is_empty() {
            without += 1
        } else {
            with += 1
        }
        seen.insert(picture);
    }
    assert!(with > without && seen.len() > 8, "{with} with, {without} without a picture: {seen:?}");
}
