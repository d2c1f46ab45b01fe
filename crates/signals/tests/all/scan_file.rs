//! `files::scan`: what it reads, what it refuses, and what must not matter.

use base::rng::Rng;
use signals::Given;
use signals::files::scan;

const NONE: Option<&[u8]> = None;

fn run(kind: &str, cases: &str, geo: &str, third: Option<&str>, settings: &str) -> base::Result<String> {
    let given = Given::read(settings).unwrap();
    let names = ["CASES.csv", "GEO.csv", "THIRD.csv"];
    scan(kind, cases.as_bytes(), geo.as_bytes(), third.map(str::as_bytes), &names, &given, false)
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Rows of cases and places at random, with an outbreak at the last days in one corner.
fn study(seed: u64) -> (Vec<String>, Vec<(String, f64, f64)>) {
    let mut rng = Rng::of(seed, 9, 0);
    let places: Vec<(String, f64, f64)> =
        (0..40).map(|nth| (format!("p{nth:02}"), 30.0 * rng.unit(), 30.0 * rng.unit())).collect();
    let mut cases = Vec::new();
    for _ in 0..150 {
        cases.push(format!("p{:02},1,{}", rng.below(40), 1 + rng.below(28)));
    }
    for _ in 0..8 {
        cases.push(format!("p{:02},1,{}", 3 + rng.below(2), 26 + rng.below(3)));
    }
    (cases, places)
}

fn case_file(rows: &[String], year: u32) -> String {
    let row = |row: &String| {
        let (head, day) = row.rsplit_once(',').unwrap();
        format!("{head},{year}-02-{day:0>2}\n")
    };
    format!("place,cases,date\n{}", rows.iter().map(row).collect::<String>())
}

fn geo_file(places: &[(String, f64, f64)], scale: f64) -> String {
    let row = |(name, x, y): &(String, f64, f64)| format!("{name},{},{}\n", x * scale, y * scale);
    format!("place,x,y\n{}", places.iter().map(row).collect::<String>())
}

#[test]
fn the_order_of_rows_changes_nothing() {
    for (kind, seed) in [("stp", 1), ("poisson", 2), ("bernoulli", 3)] {
        let (mut cases, mut places) = study(seed);
        let third = |turned: bool| {
            let mut rows: Vec<String> = (0..40).map(|nth| format!("p{nth:02},{}\n", 50 + nth * 3)).collect();
            if turned {
                rows.reverse();
            }
            (kind == "poisson").then(|| format!("place,population\n{}", rows.concat()))
        };
        let controls = (kind == "bernoulli").then(|| case_file(&study(9).0, 2026));
        let settings = "radius_max = 9\ndays_max = 5\nreplicas = 99";
        let first = third(false).or_else(|| controls.clone());
        let one = run(kind, &case_file(&cases, 2026), &geo_file(&places, 1.0), first.as_deref(), settings).unwrap();
        cases.reverse();
        places.reverse();
        let second = third(true).or(controls);
        let other = run(kind, &case_file(&cases, 2026), &geo_file(&places, 1.0), second.as_deref(), settings).unwrap();
        assert_eq!(one, other);
        assert!(one.lines().count() > 1, "{one}");
    }
}

#[test]
fn scale_and_date_change_nothing_else() {
    let (cases, places) = study(4);
    let settings = |radius: f64| format!("radius_max = {radius}\ndays_max = 5\nreplicas = 99\nlist_p_below = 2");
    let one = run("stp", &case_file(&cases, 2026), &geo_file(&places, 1.0), None, &settings(9.0)).unwrap();
    let larger = run("stp", &case_file(&cases, 2026), &geo_file(&places, 3.0), None, &settings(27.0)).unwrap();
    let later = run("stp", &case_file(&cases, 2027), &geo_file(&places, 1.0), None, &settings(9.0)).unwrap();
    let (one, larger, later) = (rows(&one), rows(&larger), rows(&later));
    assert_eq!((one.len(), one.len()), (larger.len(), later.len()));
    for ((one, larger), later) in one.iter().zip(&larger).zip(&later) {
        for column in [1, 2, 3, 7, 8, 9, 12, 13, 14, 15] {
            assert_eq!((&one[column], &one[column]), (&larger[column], &later[column]));
        }
        assert!((one[4].parse::<f64>().unwrap() * 3.0 - larger[4].parse::<f64>().unwrap()).abs() < 1e-9);
        assert_eq!(one[5].replace("2026", "2027"), later[5]);
    }
}

#[test]
fn a_seed_gives_the_same_on_any_number_of_threads() {
    let (cases, places) = study(5);
    let (cases, geo) = (case_file(&cases, 2026), geo_file(&places, 1.0));
    for more in ["", "\nstop_after = 5", "\nanalysis = retrospective", "\nrates = both"] {
        let with = |threads: u32| {
            let settings = format!("radius_max = 9\ndays_max = 5\nreplicas = 199\nthreads = {threads}{more}");
            run("stp", &cases, &geo, None, &settings).unwrap()
        };
        let one = with(1);
        assert_eq!((&one, &one), (&with(2), &with(5)), "{more}");
        assert_ne!(
            one,
            run("stp", &cases, &geo, None, &format!("radius_max = 9\ndays_max = 5\nreplicas = 199\nseed = 7{more}"))
                .unwrap()
        );
    }
}

#[test]
fn an_early_end_says_so_and_keeps_its_p() {
    let geo = "place,x,y\na,0,0\nb,5,5\nc,9,1\n";
    let cases = "place,date\na,2026-01-01\nb,2026-01-02\nc,2026-01-03\na,2026-01-04\nb,2026-01-04\nc,2026-01-02\na,2026-01-04\n";
    let given = Given::read("stop_after = 10").unwrap();
    let text = scan("stp", cases.as_bytes(), geo.as_bytes(), NONE, &[], &given, true).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let replicas = answer["replicas"].as_u64().unwrap();
    assert!(answer["stopped_early"].as_bool().unwrap() && replicas < 999, "{text}");
    let p = answer["clusters"][0]["p"].as_f64().unwrap();
    assert!((p - 10.0 / replicas as f64).abs() < 1e-12);
    assert!((answer["clusters"][0]["recurrence_days"].as_f64().unwrap() - 1.0 / p).abs() < 1e-9);
}

#[test]
fn places_as_far_away_enter_together() {
    let geo = "place,x,y\nm,0,0\nn,1,0\ne,0,1\ns,-1,0\nw,0,-1\n";
    let cases = "place,cases\nn,5\ne,5\nm,1\ns,1\nw,1\n";
    let population = "place,population\nm,10\nn,10\ne,10\ns,10\nw,10\n";
    let wide = "share_max = 1\nneighbours_max = 5\nsecondary = every\nreplicas = 0";
    for (neighbours, sizes) in [(5, vec![1, 2, 3, 4, 5]), (4, vec![1, 2, 3, 4])] {
        let settings = wide.replace("max = 5", &format!("max = {neighbours}"));
        for row in rows(&run("poisson", cases, geo, Some(population), &settings).unwrap()) {
            let many: usize = row[3].parse().unwrap();
            assert!(sizes.contains(&many), "{row:?}");
            assert!(row[1] != "m" || many == 1 || many == 5, "around the middle four enter at once: {row:?}");
        }
    }
}

#[test]
fn covariates_explain_what_they_explain() {
    let geo = "area,x,y\na,0,0\nb,3,0\nc,9,0\nd,12,0\n";
    // The old fall ill ten times as often, and the old live in a; by age there is nothing left to explain.
    let population = "area,population,age\na,100,old\na,100,young\nb,100,young\nb,10,old\nc,200,young\nd,200,young\n";
    let cases = "area,cases,age\na,20,old\na,2,young\nb,2,young\nb,2,old\nc,4,young\nd,4,young\n";
    let crude = rows(&run("poisson", cases, geo, Some(population), "replicas = 99").unwrap());
    assert!(crude[0][13].parse::<f64>().unwrap() <= 0.02, "{crude:?}");
    let adjusted = rows(&run("poisson", cases, geo, Some(population), "replicas = 99\ncovariates = age").unwrap());
    assert!(adjusted.is_empty(), "{adjusted:?}");
}

#[test]
fn what_cannot_be_scanned_is_refused_with_row_and_column() {
    let (cases, geo) = ("zip,cases,date\na,1,2026-01-01\nb,2,2026-01-05\n", "zip,lat,long\na,31,121\nb,31.1,121\n");
    let population = "zip,population,year\na,10,2025\nb,10,2025\n";
    let stp: &[(&str, &str, &str, &str)] = &[
        (cases, "zip,lat,long\na,31,121\n", "", "CASES.csv: row 3, column `zip`: `b` has no coordinates"),
        (cases, "zip,lat,long\na,31,121\nb,31.1,\n", "", "GEO.csv: row 3, column `long`"),
        (cases, "zip,lat,long\na,31,121\nb,91,121\n", "", "GEO.csv: row 3, column `lat`: `91` lies outside"),
        (cases, "zip,lat,long\na,31,121\nb,NaN,121\n", "", "GEO.csv: row 3, column `lat`: `NaN` is no number"),
        (cases, "zip,lat,long\na,31,121\nb,31,121\na,31,122\n", "", "GEO.csv: row 4, column `zip`"),
        (cases, "zip,lat,long\n", "", "GEO.csv: there are no places in it"),
        (cases, "", "", "GEO.csv: the file is empty"),
        ("", geo, "", "CASES.csv: the file is empty"),
        ("zip,cases,date\na,-1,2026-01-01\n", geo, "", "CASES.csv: row 2, column `cases`: `-1` is negative"),
        ("zip,cases,date\na,1.5,2026-01-01\n", geo, "", "CASES.csv: row 2, column `cases`: `1.5` is not whole"),
        ("zip,cases,date\na,NaN,2026-01-01\n", geo, "", "CASES.csv: row 2, column `cases`: `NaN` is no number"),
        (
            "zip,cases,date\na,60000000,2026-01-01\n",
            geo,
            "",
            "row 2, column `cases`: `60000000` brings all counts above",
        ),
        ("zip,cases,date\na,1,2026-02-30\n", geo, "", "CASES.csv: row 2, column `date`: `2026-02-30` is no day"),
        ("zip,cases\na,1\n", geo, "", "a space-time permutation needs days"),
        (cases, geo, "start = 2026-01-02", "CASES.csv: row 2, column `date`: `2026-01-01` lies outside"),
        (cases, geo, "end = soon", "`end` = `soon`: it is no day"),
        (cases, geo, "covariates = sex", "there is no column `sex`"),
        (cases, geo, "days_min = 4", "no window fits"),
        (cases, geo, "analysis = spatial", "a space-time permutation needs days"),
    ];
    for (cases, geo, settings, expected) in stp {
        let error = run("stp", cases, geo, None, settings).unwrap_err().issues[0].text.clone();
        assert!(error.contains(expected), "{error}\nis not: {expected}");
    }
    let third: &[(&str, &str, &str)] = &[
        ("poisson", "zip,population\na,10\nb,0\n", "CASES.csv: row 3, column `zip`: `b` has cases, but its population"),
        ("poisson", "zip,population\na,10\n", "CASES.csv: row 3, column `zip`: `b` has cases, but its population"),
        ("poisson", "zip,population\na,-3\n", "THIRD.csv: row 2, column `population`: `-3` is negative"),
        ("poisson", "zip,population,year\na,10,20x6\n", "THIRD.csv: row 2, column `year`"),
        ("poisson", "zip,population\nz,10\n", "THIRD.csv: row 2, column `zip`: `z` has no coordinates"),
        ("bernoulli", "zip,controls,date\n", "there are no controls"),
        ("bernoulli", "zip,controls\na,1\n", "the cases have days and the controls have none"),
    ];
    for (kind, third, expected) in third {
        let error = run(kind, cases, geo, Some(third), "").unwrap_err().issues[0].text.clone();
        assert!(error.contains(expected), "{error}\nis not: {expected}");
    }
    assert!(run("poisson", cases, geo, None, "").is_err());
    assert!(run("stp", cases, geo, Some(population), "").is_err());
    assert!(run("normal", cases, geo, None, "").is_err());
    assert_eq!(run("stp", "zip,cases,date\n", geo, None, "").unwrap().lines().count(), 1);
    assert_eq!(run("poisson", "zip,cases,date\n", geo, Some(population), "").unwrap().lines().count(), 1);
    assert_eq!(
        run("stp", cases, geo, None, "start = 2026-01-02\noutside = leave-out\nend = 2026-01-09")
            .unwrap()
            .lines()
            .count(),
        1
    );
}

/// Bytes at random, and valid files with random wounds: an answer or a refusal, never a panic.
#[test]
fn no_file_makes_it_panic() {
    let (cases, geo) = (
        "zip,cases,date,sex\na,1,2026-01-01,f\nb,2,2026-01-05,m\nc,3,2026-01-04,f\n",
        "zip,lat,long\na,31,121\nb,31.1,121\nc,31.2,121.5\n",
    );
    let third = "zip,population,year,sex,controls,date\na,10,2025,f,3,2026-01-02\nb,20,2025,m,3,2026-01-03\nc,9,2026,f,4,2026-01-01\n";
    let pieces: [&[u8]; 12] =
        [b"0", b"-1", b"1e300", b"NaN", b"9999-12-31", b"0001-01-01", b"\n", b",", b"\"", b"\xff", b"a", b"1e-320"];
    let settings = [
        "",
        "covariates = sex",
        "analysis = retrospective\nrates = both",
        "analysis = spatial\nrates = low",
        "interval_days = 3\ntime_share_max = 1",
        "neighbours_max = 1\nsecondary = every",
    ];
    for nth in 0..3_000_u64 {
        let mut rng = Rng::of(1, 11, nth);
        let mut wound = |text: &str| -> Vec<u8> {
            let mut bytes = text.as_bytes().to_vec();
            if nth % 10 == 0 {
                return (0..rng.below(200)).map(|_| rng.below(256) as u8).collect();
            }
            for _ in 0..rng.below(4) {
                let from = rng.below(bytes.len() as u64) as usize;
                let to = (from + rng.below(4) as usize).min(bytes.len());
                let piece = pieces[rng.below(pieces.len() as u64) as usize];
                bytes.splice(from..to, piece.iter().copied());
            }
            bytes
        };
        let (cases, geo, third) = (wound(cases), wound(geo), wound(third));
        let given = Given::read(settings[nth as usize % settings.len()]).unwrap().with("replicas", "3");
        let kind = ["stp", "poisson", "bernoulli"][nth as usize / 7 % 3];
        let third = (kind != "stp").then_some(&third[..]);
        let _ = scan(kind, &cases[..], &geo[..], third, &[], &given, nth % 2 == 0);
    }
}
