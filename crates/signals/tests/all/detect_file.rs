//! `engine signals detect` and `methods` as they are used from outside.

use signals::{Given, files};

fn detect(csv: &str, given: &Given) -> Result<String, String> {
    files::detect(csv.as_bytes(), "series.csv", "threshold", given, false).map_err(|error| error.text().to_owned())
}

fn plain(csv: &str) -> Result<String, String> {
    detect(csv, &Given::default())
}

#[test]
fn a_numbered_series_is_judged_point_by_point() {
    let given = Given::default().with("least", "3").with("from", "2");
    let out = detect("t,observed\n1,5\n2,4\n3,\n5,2\n", &given).unwrap();
    let expected = "t,observed,expected,upper,statistic,alarm,p,level,note\n\
                    2,4,,3,4,1,,alarm,\n\
                    3,,,,,0,,quiet,gap\n\
                    4,,,,,0,,quiet,gap\n\
                    5,2,,3,2,0,,quiet,\n";
    assert_eq!(out, expected);
}

#[test]
fn a_dated_series_tells_its_step_and_its_days() {
    let weekly = plain("date,count\n2026-01-05,1\n2026-01-12,0\n2026/1/26,2\n").unwrap();
    assert_eq!(weekly.lines().count(), 5);
    assert!(weekly.starts_with("t,observed,expected,upper,statistic,alarm,p,level,note,date\n"), "{weekly}");
    assert!(weekly.ends_with("3,,,,,0,,quiet,gap,2026-01-19\n4,2,,1,2,1,,alarm,,2026-01-26\n"), "{weekly}");
    let from =
        detect("date,cases\n2026-01-05,1\n2026-01-06,0\n2026-01-07,2\n", &Given::default().with("from", "2026-01-07"));
    assert_eq!(from.unwrap().lines().last(), Some("3,2,,1,2,1,,alarm,,2026-01-07"));
    let both = plain("t,date,cases\n11,2026-01-05,1\n12,2026-01-06,0\n").unwrap();
    assert!(both.ends_with("12,0,,1,0,0,,quiet,,2026-01-06\n"), "{both}");
}

#[test]
fn what_is_wrong_is_named_with_row_and_column() {
    for (csv, wrong) in [
        ("", "series.csv: the file is empty"),
        ("t,observed\n", "there is no row below the heading"),
        ("a,observed\n1,2\n", "row 1: there is no column `t` or `date`"),
        ("t,b\n1,2\n", "row 1: there is no column `observed` or `count` or `cases` or `case`"),
        ("t,observed\n1,2\n2,-1\n", "row 3, column `observed`: `-1` is negative"),
        ("t,observed\n1,NaN\n", "row 2, column `observed`: `NaN` is no number"),
        ("t,observed\n1,inf\n", "row 2, column `observed`: `inf` is no number"),
        ("t,observed\n1,2\n1,3\n", "row 3, column `t`: `1` stands there twice"),
        ("t,observed\n2,2\n1,3\n", "row 3, column `t`: `1` comes after a later row"),
        ("t,observed\n1.5,3\n", "row 2, column `t`: `1.5` is no point"),
        ("t,observed\n1,3\n900000000,3\n", "row 3: 899999998 points are missing before it"),
        ("date,count\n2026-02-30,3\n", "row 2, column `date`: `2026-02-30` is no day"),
        ("date,count\n2026-02-03,3\n2026-02-03,1\n", "row 3, column `date`: `2026-02-03` stands there twice"),
        ("date,count\n2026-01-01,3\n2026-02-01,1\n", "row 3: it lies 31 days after row 2"),
        ("date,count\n2026-01-01,3\n2026-01-08,3\n2026-01-16,1\n", "row 4: it lies 8 days after row 3"),
        ("t,date,count\n1,2026-01-01,3\n3,2026-01-02,3\n", "row 3: its `t` and its date do not name the same point"),
        ("t,count,population\n1,2,0\n", "row 2, column `population`: `0` is nobody"),
        ("t,count,state\n1,2,x\n", "row 2, column `state`: `x` is no state"),
        ("t,count\n1,2,3\n", "row 2: 3 cells, the heading has 2"),
    ] {
        let said = plain(csv).unwrap_err();
        assert!(said.contains(wrong), "{csv:?}: {said}");
    }
    for (key, value, wrong) in [
        ("from", "9", "there is nothing to judge from `9` to ``; the points are 1 to 2"),
        ("from", "2026-01-01", "`from` = `2026-01-01`: give the number of a point, or no day (there are none)"),
        ("step", "month", "`step` = `month`: give one of auto, day, week"),
        ("leest", "1", "there is no setting `leest` here; there are: least, window, per"),
    ] {
        let said = detect("t,count\n1,2\n2,2\n", &Given::default().with(key, value)).unwrap_err();
        assert!(said.contains(wrong), "{key}: {said}");
    }
}

#[test]
fn a_step_can_be_given_where_no_two_rows_are_neighbours() {
    let csv = "date,count\n2026-01-01,3\n2026-01-03,1\n2026-01-05,1\n";
    assert!(plain(csv).unwrap_err().contains("2 days after"));
    let out = detect(csv, &Given::default().with("step", "day")).unwrap();
    assert_eq!(out.lines().count(), 6);
}

#[test]
fn json_says_with_what_it_was_made() {
    let given = Given::default().with("least", "2");
    let out = files::detect("t,count\n1,2\n2,\n".as_bytes(), "series.csv", "threshold", &given, true).unwrap();
    let read: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(read["method"], "threshold");
    assert_eq!((read["settings"]["least"].as_str(), read["settings"]["window"].as_str()), (Some("2"), Some("1")));
    assert_eq!((read["points"][0]["alarm"].as_bool(), read["points"][1]["note"].as_str()), (Some(true), Some("gap")));
    assert_eq!(read["series"]["gaps"].as_u64(), Some(1));
}

#[test]
fn every_setting_is_listed_with_unit_default_and_source() {
    let text = files::methods(false);
    assert!(text.contains("    least = 1 cases: alarms from so many cases; 0 to 1000000000 [CIDARS: a single case]\n"));
    assert!(text.contains("    from = (none) point or day"), "{text}");
    let read: serde_json::Value = serde_json::from_str(&files::methods(true)).unwrap();
    let methods = read["methods"].as_array().unwrap();
    assert!(methods.iter().any(|method| method["name"] == "threshold"));
    for method in methods {
        assert!(method["source"].as_str().is_some_and(|source| !source.is_empty()), "{method}");
        assert!(method["title"]["zh"].as_str().is_some_and(|title| !title.is_empty()), "{method}");
        for setting in method["settings"].as_array().unwrap() {
            let known = |key: &str| setting[key].as_str().is_some_and(|value| !value.is_empty());
            assert!(known("source") && known("range") && known("key"), "{setting}");
        }
    }
}

#[test]
fn a_count_beyond_all_reason_is_refused_before_its_square_leaves_the_numbers() {
    for cell in ["1e300", "1e13", "1000000000001"] {
        let csv = format!("t,observed\n1,5\n2,{cell}\n");
        for method in ["threshold", "ears-c1", "bayes3", "farrington-flexible"] {
            let error = files::detect(csv.as_bytes(), "series.csv", method, &Given::default(), false).unwrap_err();
            let text = format!("series.csv: row 3, column `observed`: `{cell}` is more than 1,000,000,000,000");
            assert_eq!(error.text(), text);
        }
    }
    let largest = plain("t,observed\n1,1000000000000\n").unwrap();
    assert!(largest.contains("1,1000000000000,,1,1000000000000,1"), "{largest}");
}

#[test]
fn a_method_that_learns_from_the_past_asks_for_one() {
    let csv = (1..=60).fold("t,observed\n".to_owned(), |csv, t| csv + &format!("{t},{}\n", 3 + t * 7 % 5));
    let run = |method: &str, settings: &str| {
        let given = Given::read(settings).unwrap();
        files::detect(csv.as_bytes(), "s.csv", method, &given, false).map_err(|error| error.text().to_owned())
    };
    for (method, way, control) in [
        ("cusum", "`from` (the first point judged), or `mean`", "mean = 5"),
        ("shewhart", "`from` (the first point judged), or `mean` with `spread", "mean = 5\nspread = poisson"),
        ("ewma", "`from` (the first point judged), or `mean` with `spread", "mean = 5\nspread = poisson"),
        ("lr-cusum", "or `mean` with `dispersion` or `family = poisson`", "mean = 5\nfamily = poisson"),
        ("glr-cusum", "or `mean` with `dispersion` or `family = poisson`", "mean = 5\ndispersion = 0.1"),
    ] {
        let text = run(method, "").unwrap_err();
        assert!(text.starts_with("s.csv: `") && text.contains(way) && text.contains("before `1`"), "{text}");
        assert!(!run(method, control).unwrap().contains("baseline"), "{method}");
        assert!(!run(method, "from = 55").unwrap().contains("baseline"), "{method}");
        assert!(
            run(method, "from = 3").unwrap().contains("short-baseline: 2 of"),
            "{method}: a past that is too short"
        );
    }
    assert!(run("ears-c1", "to = 3").unwrap().contains("short-baseline"), "a window fills by itself");
}

#[test]
fn what_is_wrong_with_a_setting_is_named_with_its_file() {
    let csv = "t,observed\n1,5\n";
    for (text, wrong) in [
        ("least = x", "my.txt: line 1: `least` = `x`: give"),
        ("\nlesat = 1", "my.txt: line 2: there is no setting `lesat` here"),
        ("step = year", "my.txt: line 1: `step` = `year`: give one of"),
    ] {
        let text = detect(csv, &Given::read_named(text, "my.txt").unwrap()).unwrap_err();
        assert!(text.starts_with(wrong), "{text}");
    }
    let part = Given::read_named("cusum.k = x", "my.txt").unwrap().taken("cusum");
    let text = files::detect(csv.as_bytes(), "s.csv", "cusum", &part, false).unwrap_err().text().to_owned();
    assert!(text.starts_with("my.txt: line 1: `k` = `x`"), "{text}");
    assert!(Given::read_named("x", "my.txt").unwrap_err().text().starts_with("my.txt: line 1: `x` is no setting"));
    assert!(Given::read("a = 1\na = 2").unwrap_err().text().starts_with("line 2: `a` is already set on line 1"));
}

#[test]
fn a_year_that_is_a_slip_is_refused() {
    for day in ["0000-01-01", "26-03-01", "1799-12-31", "2201-01-01"] {
        let text = plain(&format!("date,count\n{day},3\n")).unwrap_err();
        assert!(text.ends_with("lies outside the years 1800 to 2200; write 2026-03-01"), "{text}");
    }
    assert!(plain("date,count\n1800-01-01,3\n").is_ok() && plain("date,count\n2200-12-31,3\n").is_ok());
}
