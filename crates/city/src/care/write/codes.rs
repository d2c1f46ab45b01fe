//! The catalogue of an institution: its own code and name for each item, and which of them it maps to a standard.

use super::super::tables::Tables;
use crate::City;
use crate::day::Minute;
use crate::out::Out;
use crate::places::{Institution, InstitutionKind};
use crate::rng::{Rng, stream};
use crate::settings;

/// Draws of which codes an institution leaves without a standard code.
const MAPPING: u32 = stream::CARE + 6;
const ITEM: &str = "urn:jingluo:recognition:item";

/// What an institution has a code for, as a place in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coded {
    Test(u8),
    Panel(u8),
    Image(u8),
    /// The confirming test of a disease.
    Assay(u8),
}

impl Coded {
    /// Tells it apart from everything else in a catalogue.
    fn number(self) -> u64 {
        match self {
            Coded::Test(nth) => nth.into(),
            Coded::Panel(nth) => u64::from(nth) | 256,
            Coded::Assay(nth) => u64::from(nth) + 512,
            Coded::Image(nth) => u64::from(nth) | 1024,
        }
    }

    /// Its key in the tables; none for an assay.
    fn key(self, tables: &Tables) -> &'static str {
        match self {
            Coded::Test(nth) => tables.tests[nth as usize].key,
            Coded::Panel(nth) => tables.panels[nth as usize].key,
            Coded::Image(nth) => tables.images[nth as usize].key,
            Coded::Assay(_) => "",
        }
    }
}

/// The code an institution's own catalogue has for an item: letters, numbers, or both.
pub fn code(institution: &Institution, coded: Coded) -> String {
    // Tests, panels and images are counted apart.
    let (nth, [before, first, letters, letter]) = match coded {
        Coded::Test(nth) => (nth, ["", "110", "JY", "l"]),
        Coded::Panel(nth) => (nth, ["P", "250", "ZH", "L"]),
        Coded::Image(nth) => (nth, ["P", "310", "JC", "X"]),
        Coded::Assay(nth) => return format!("MB-{}", 700 + u32::from(nth)),
    };
    let nth = u32::from(nth);
    match institution.codes.set % 4 {
        0 => format!("{before}{}", coded.key(Tables::get()).to_ascii_uppercase()),
        1 => format!("{first}{:03}", nth * 7 + 13),
        2 => format!("{letters}{:04}", nth * 3 + 101),
        _ => format!("{letter}-{}", nth + 1001),
    }
}

/// The name of an item in that catalogue.
pub fn name(institution: &Institution, coded: Coded) -> &'static str {
    let tables = Tables::get();
    let (name, alt) = match coded {
        Coded::Test(nth) => (tables.tests[nth as usize].name, tables.tests[nth as usize].alt),
        Coded::Panel(nth) => (tables.panels[nth as usize].name, tables.panels[nth as usize].alt),
        Coded::Image(nth) => (tables.images[nth as usize].name, tables.images[nth as usize].name),
        Coded::Assay(_) => ("", ""),
    };
    if institution.codes.set % 2 == 1 { alt } else { name }
}

/// Whether the institution maps a code of its catalogue; the same for every report.
pub fn is_mapped(city: &City, institution: usize, coded: Coded) -> bool {
    let index = (institution as u64) << 16 | coded.number();
    Rng::of(city.settings.seed, MAPPING, index).unit() >= city.places.institutions[institution].codes.unmapped
}

/// What each institution has mapped of its catalogue to the items of mutual recognition. What it has left
/// out is missing here, too.
pub fn maps(city: &City, out: &mut Out) {
    if !matches!(out.only, None | Some(settings::Part::Results)) {
        return;
    }
    for (nth, institution) in city.places.institutions.iter().enumerate() {
        if institution.is_hospital() || institution.kind == InstitutionKind::CommunityCentre {
            map(city, nth, institution, out);
        }
    }
}

fn map(city: &City, nth: usize, institution: &Institution, out: &mut Out) {
    let tables = Tables::get();
    let tests = (0..tables.tests.len()).map(|nth| Coded::Test(nth as u8));
    let panels = (0..tables.panels.len()).map(|nth| Coded::Panel(nth as u8));
    let images = (0..tables.images.len()).map(|nth| Coded::Image(nth as u8));
    let is_mapped = |coded: &Coded| is_mapped(city, nth, *coded);
    let id = ["recognition-codes-", &institution.id].concat();
    out.resource(Minute::MIN, "ConceptMap", &id, |json| {
        json.source(&institution.id);
        json.texts("url", &["urn:jingluo:recognition:codes:", &institution.id]);
        json.piece(r#""status":"active""#);
        json.array("group", |json| {
            json.item(|json| {
                json.texts("source", &["urn:jingluo:local:", &institution.id]);
                json.text("target", ITEM);
                json.array("element", |json| {
                    for coded in tests.chain(panels).chain(images).filter(is_mapped) {
                        json.item(|json| {
                            json.text("code", &code(institution, coded));
                            json.text("display", name(institution, coded));
                            json.array("target", |json| {
                                json.item(|json| {
                                    json.text("code", coded.key(tables));
                                    json.piece(r#""equivalence":"equivalent""#);
                                });
                            });
                        });
                    }
                });
            });
        });
    });
}
