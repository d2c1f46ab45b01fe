//! Settings as text, and what no city can be made from.

use crate::made::settings;
use city::{City, OutbreakKind, OutbreakWish, read_settings};

#[test]
fn settings_are_read_from_lines() {
    let mut read = settings(20_000);
    let text = "# rates\nno_number = 12 %\nborrowed-card=0.01 # cards\n\nstreets = 40\noutbreaks = school-norovirus, measles-chain\n";
    read_settings(text, &mut read).unwrap();
    assert_eq!(read.errors.no_number, 0.12);
    assert_eq!(read.errors.borrowed_card, 0.01);
    assert_eq!(read.places.streets, Some(40));
    assert_eq!(read.outbreaks, [OutbreakKind::SchoolNorovirus, OutbreakKind::MeaslesChain].map(OutbreakWish::from));
    assert_eq!(City::build(read).unwrap().places.streets.len(), 40);
}

#[test]
fn a_refusal_names_the_line_and_leaves_the_settings_alone() {
    let cases = [
        ("no_number = -1 %", "line 1: `no_number` is `-1 %`; a share is between 0 and 100 %"),
        ("seed = 4\nhomophone = 120 %", "line 2: `homophone` is `120 %`; a share is between 0 and 100 %"),
        ("homophone = many", "line 1: `homophone` is `many`; write it as `8 %` or `0.08`"),
        ("streets = 20\nschools = 30", "line 2: more schools (30) than streets (20)"),
        ("schools = 40", "line 1: more schools (40) than streets (32)"),
        ("streets = 5", "line 1: `streets` is 5; the 16 districts have from 16 to 2000"),
        ("streets = 1000\nresidents = 500", "line 1: more streets (1000) than residents (500)"),
        ("hospitals = 2", "line 1: `hospitals` is 2; a city has from 6 to 1000"),
        ("fever_clinics = 9", "line 1: more fever clinics (9) than hospitals (6)"),
        ("community_centres = 3", "line 1: `community_centres` is 3; with 32 streets there are from 16 to 64"),
        (
            "no_number = 60 %\nwrong_digit = 50 %",
            "line 2: `no_number`, `number_15`, `wrong_digit` and `borrowed_card` are",
        ),
        ("births = -2", "line 1: `births` is `-2`; it multiplies by 0 to 10"),
        ("seed = 1\nseed = 2", "line 2: `seed` is already set on line 1"),
        ("towns = 3", "line 1: there is no setting `towns`"),
        ("seed 3", "line 1: `seed 3` is no setting; write `name = value`"),
        ("outbreaks = plague", "line 1: there is no outbreak `plague`"),
        ("only = love", "line 1: there is no part `love`"),
        ("streets = -3", "line 1: `streets` is `-3`; it takes a whole number from 0 on"),
    ];
    for (text, expected) in cases {
        let before = settings(20_000);
        let mut read = before.clone();
        let error = read_settings(text, &mut read).unwrap_err();
        assert!(error.text().starts_with(expected), "{text}: {error}");
        assert_eq!(read, before, "{text}");
    }
}

#[test]
fn sizes_out_of_range_are_refused() {
    assert!(City::build(settings(99)).is_err());
    assert!(City::build(settings(30_000_001)).is_err());
    let mut long = settings(1000);
    long.days = 8000;
    assert!(City::build(long).is_err());
}
