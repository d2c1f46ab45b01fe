//! Intervals between cases, and what they say of growth.

use signals::intervals::{Gamma, Interval, generation_of, serial_of};
use signals::{Given, files};

/// EpiEstim's discretised gamma of mean 2.6 and deviation 1.5, as it prints it.
#[test]
fn the_gamma_by_days_is_the_known_one() {
    let interval = Interval::gamma(2.6, 1.5).unwrap();
    let known = [
        0.0,
        2.331721e-1,
        3.585794e-1,
        1.981108e-1,
        1.033427e-1,
        5.290518e-2,
        2.682146e-2,
        1.351620e-2,
        6.783438e-3,
        3.394351e-3,
        1.694674e-3,
        8.445945e-4,
        4.203313e-4,
        2.089422e-4,
        1.037609e-4,
        5.148480e-5,
        2.552773e-5,
    ];
    for (day, known) in known.into_iter().enumerate() {
        assert!((interval.weights()[day] - known).abs() <= 5e-7 * known, "day {day}");
    }
    assert!((interval.mean() - 2.6).abs() < 1e-9 && (interval.sd() - 1.55488).abs() < 5e-6);
    assert!((interval.weights().iter().sum::<f64>() - 1.0).abs() < 1e-10);
}

#[test]
fn growth_and_reproduction_belong_together() {
    let gamma = Gamma::of(5.0, 2.5).unwrap();
    for r in [-0.2, -0.05, 0.0, 0.1, 0.3] {
        let reproduction = gamma.reproduction(r).unwrap();
        assert!((gamma.growth(reproduction) - r).abs() < 1e-12);
    }
    // 1 + rθ = 1.125 and k = 4: 1.125⁴ = 1.601806640625.
    assert!((gamma.reproduction(0.1).unwrap() - 1.601_806_640_625).abs() < 1e-12);
    assert!(gamma.reproduction(-1.0).is_none(), "no such interval lets cases fall so fast");
    assert!((gamma.mean() - 5.0).abs() < 1e-12 && (gamma.sd() - 2.5).abs() < 1e-12);
    let one_day = Interval::given(vec![0.0, 1.0]).unwrap();
    assert!((one_day.reproduction(0.1) - 0.1_f64.exp()).abs() < 1e-12);
    let days = Interval::gamma(5.0, 2.5).unwrap();
    assert!((days.reproduction(0.0) - 1.0).abs() < 1e-9);
}

#[test]
fn serial_and_generation_interval_there_and_back() {
    for rho in [0.0, 0.5, -0.5] {
        let serial = serial_of((5.0, 2.0), 1.2, rho);
        let back = generation_of(serial, 1.2, rho).unwrap();
        assert!((back.0 - 5.0).abs() < 1e-12 && (back.1 - 2.0).abs() < 1e-9, "{back:?}");
    }
    // √(4 + 2·1.44) days where nothing is correlated.
    assert!((serial_of((5.0, 2.0), 1.2, 0.0).1 - 6.88_f64.sqrt()).abs() < 1e-12);
    assert!(generation_of((5.0, 1.0), 2.0, 0.0).is_err());
}

#[test]
fn intervals_that_cannot_be_are_refused() {
    assert!(Interval::given(vec![0.0, 0.5, 0.4]).is_err());
    assert!(Interval::given(vec![0.1, 0.9]).is_err());
    assert!(Interval::given(vec![0.0, 1.5, -0.5]).is_err());
    assert!(Interval::given(vec![0.0, f64::NAN]).is_err());
    assert!(Interval::given(Vec::new()).is_err());
    assert!(Interval::gamma(1.0, 1.0).is_err());
    assert!(Interval::gamma(5.0, 0.0).is_err());
    assert!(Interval::gamma(1e9, 1.0).is_err());
    assert!(Interval::gamma(5.0, 0.001).is_ok());
    assert!(Gamma::of(5.0, 0.0).is_err());
}

#[test]
fn the_command_converts_and_feeds_rt() {
    let given = Given::default().with("mean", "2.6").with("sd", "1.5");
    let printed = files::interval(&given, false).unwrap();
    assert!(printed.starts_with("k,w\n0,0\n1,0.2331"), "{printed}");
    let counts = "t,I\n1,1\n2,3\n3,4\n4,9\n5,9\n6,20\n7,31\n8,30\n9,50\n";
    let one = files::rt(counts.as_bytes(), "C", Some((printed.as_bytes(), "SI")), &Given::default(), false).unwrap();
    let set = Given::default().with("si_mean", "2.6").with("si_sd", "1.5");
    assert_eq!(one, files::rt(counts.as_bytes(), "C", None::<(&[u8], &str)>, &set, false).unwrap());
    let to = given.with("to", "generation").with("incubation_sd", "0.5").with("r", "0.1");
    let json: serde_json::Value = serde_json::from_str(&files::interval(&to, true).unwrap()).unwrap();
    assert!((json["sd"].as_f64().unwrap() - 1.75_f64.sqrt()).abs() < 1e-12);
    assert!(json["reproduction"].as_f64().unwrap() > 1.2);
    for wrong in [
        Given::default().with("mean", "2"),
        Given::default().with("mean", "0.5").with("sd", "1"),
        Given::default().with("mean", "2").with("sd", "1").with("to", "generation"),
        Given::default().with("shape", "0").with("scale", "0"),
    ] {
        assert!(files::interval(&wrong, false).is_err());
    }
}
