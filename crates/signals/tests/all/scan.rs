//! Scan statistics against reference values and against a search that leaves nothing out.

use crate::given::surveillance;
use signals::Given;
use signals::files::scan;

/// Kulldorff's fever study of New York (194 cases, 192 ZIP areas), as the public example runs it: reference values of
/// our own calculation, with the public summary (3 clusters, none with p below 0.05).
#[test]
fn new_york_fever() {
    let (Some(cases), Some(geo)) = (surveillance("NYCfevercas.csv"), surveillance("NYCfevergeo.csv")) else { return };
    let given = Given::read("radius_max = 3\ndays_max = 7").unwrap();
    let none: Option<&[u8]> = None;
    let text = scan("stp", cases.as_bytes(), geo.as_bytes(), none, &[], &given, false).unwrap();
    println!("{text}");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let number = |row: usize, column: usize| rows[row][column].parse::<f64>().unwrap();
    let expected = [
        ("11418", "11418 11415 11419 11435 11416 11421 11451 11375 11417", 3.0, 4.0, 0.670_103_092_8, 3.845_418_371_1),
        ("11370", "11370 11372", 1.0, 2.0, 0.164_948_453_6, 3.164_201_157_0),
        ("10472", "10472", 2.0, 2.0, 0.293_814_433_0, 2.137_258_871_9),
    ];
    assert_eq!(rows.len(), 3);
    for (nth, (centre, members, days, observed, mass, llr)) in expected.into_iter().enumerate() {
        assert_eq!((rows[nth][1], rows[nth][2]), (centre, members));
        assert_eq!(rows[nth][6], "2001-11-24");
        assert_eq!((number(nth, 7), number(nth, 8)), (days, observed));
        assert!((number(nth, 9) - mass).abs() < 1e-9);
        assert!((number(nth, 12) - llr).abs() < 1e-9);
        assert!(number(nth, 13) > 0.05);
    }
}
