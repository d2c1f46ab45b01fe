use signals::detect::{self, Level, Silent};
use signals::{Given, Series, Step};

#[test]
fn the_sum_of_the_last_points_alarms() {
    let given = Given::default().with("least", "3").with("window", "2");
    let (_, detector) = detect::method("threshold").unwrap().detector(&given).unwrap();
    let series = Series::new(Step::Day, None, vec![1.0, 1.0, 2.0, f64::NAN, 2.0]);
    let verdicts = detect::one(&*detector, &series, 0..5);
    let alarms: Vec<bool> = verdicts.iter().map(|verdict| verdict.level == Level::Alarm).collect();
    assert_eq!(alarms, [false, false, true, false, false]);
    let mut kept = detect::begin(&*detector, &Series::new(Step::Day, None, vec![1.0])).unwrap();
    let added: Vec<_> =
        series.observed[1..3].iter().map(|count| detect::add(&*detector, &mut kept, *count, None)).collect();
    assert_eq!(added[..], verdicts[1..3]);
}

#[test]
fn a_rate_of_the_population_alarms() {
    let given = Given::default().with("least", "20").with("window", "2").with("per", "100000");
    let (_, detector) = detect::method("threshold").unwrap().detector(&given).unwrap();
    let mut series = Series::new(Step::Week, None, vec![3.0, 1.0, 2.0]);
    assert_eq!(detect::one(&*detector, &series, 1..2)[0].silent, Some(Silent::NoPopulation));
    series.population = vec![20_000.0, 20_000.0, f64::NAN];
    let verdicts = detect::one(&*detector, &series, 1..3);
    assert_eq!((verdicts[0].statistic, verdicts[0].alarm()), (Some(20.0), true));
    assert_eq!(verdicts[1].silent, Some(Silent::NoPopulation));
}
