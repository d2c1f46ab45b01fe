//! What is counted: diseases that look alike, in the city, its districts, streets and schools, by days and by weeks; and
//! what each detector finds in it.

use super::made::{Card, Made};
use crate::generate::threads;
use anyhow::bail;
use base::StopFlag;
use city::Day;
use serde::Serialize;
use signals::detect::{Detector, Level, METHODS, Method, Silent, Verdict};
use signals::evaluate::{self, Measures, Report, Tally};
use signals::{Given, Series, Step};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Diseases that are counted together, because a card rarely knows better at first. Those without an outbreak in this
/// city are there for false alarms.
pub const STREAMS: [(&str, &[&str]); 8] = [
    ("diarrhoea", &["norovirus", "salmonella-food", "other-diarrhoea", "dysentery"]),
    ("measles", &["measles"]),
    ("influenza", &["influenza"]),
    ("coronavirus", &["coronavirus"]),
    ("hand-foot-mouth", &["hand-foot-mouth"]),
    ("chickenpox", &["chickenpox"]),
    ("scarlet-fever", &["scarlet-fever"]),
    ("mumps", &["mumps"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    City,
    District,
    Street,
    School,
}

impl Area {
    pub const ALL: [Area; 4] = [Area::City, Area::District, Area::Street, Area::School];

    pub const fn name(self) -> &'static str {
        match self {
            Area::City => "city",
            Area::District => "district",
            Area::Street => "street",
            Area::School => "school",
        }
    }

    /// Which of its kind a card belongs to.
    fn of(self, made: &Made, card: &Card) -> Option<usize> {
        match self {
            Area::City => Some(0),
            Area::District => Some(made.city.places.streets[card.street].district),
            Area::Street => Some(card.street),
            Area::School => card.school,
        }
    }

    fn count(self, made: &Made) -> usize {
        let places = &made.city.places;
        match self {
            Area::City => 1,
            Area::District => places.districts.len(),
            Area::Street => places.streets.len(),
            Area::School => places.schools.len(),
        }
    }
}

/// By which day cases are counted, and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// By the day on which the card arrived: never revised.
    Reported,
    /// By onset, of the cards that had arrived on the day of judging.
    OnTheDay,
    /// By onset, of all cards.
    Hindsight,
}

impl View {
    pub const ALL: [View; 3] = [View::Reported, View::OnTheDay, View::Hindsight];

    pub const fn name(self) -> &'static str {
        match self {
            View::Reported => "by report",
            View::OnTheDay => "by onset, as known then",
            View::Hindsight => "by onset, in hindsight",
        }
    }
}

/// Methods that fit a model anew at every point, or carry sums: thousands of daily series take them hours.
const SLOW: [&str; 4] = ["nb-regression", "serfling", "lr-cusum", "glr-cusum"];

/// Which views are looked at. City and districts are seen in every way but by what is slow, streets and schools by
/// report alone, because by onset they are a handful of cases a year.
fn views(area: Area, step: Step, method: &Method) -> &'static [View] {
    match (area, SLOW.contains(&method.name), step) {
        (Area::City, true, Step::Day) => &[View::Reported, View::Hindsight],
        (Area::City, ..) => &View::ALL,
        (Area::District, true, Step::Week) => &[View::Reported],
        (Area::District, false, _) => &View::ALL,
        (Area::Street | Area::School, false, _) => &[View::Reported],
        (_, true, _) => &[],
    }
}

/// The cards of a stream in one area.
struct Stream {
    name: &'static str,
    reports: Vec<Report>,
    /// First and last onset of the outbreaks in it, as the truth has them.
    outbreaks: Vec<(Day, Day)>,
}

/// A line of the table: a detector on streams of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub stream: String,
    pub area: Area,
    pub step: Step,
    pub view: View,
    pub method: &'static str,
    pub measures: Measures,
}

/// What every detector with its defaults finds in every stream.
pub fn judge(made: &Made, draws: usize, stop: &StopFlag) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for area in Area::ALL {
        let streams = of_area(made, area);
        for step in [Step::Day, Step::Week] {
            for method in METHODS.iter().filter(|method| method.steps.contains(&step)) {
                if stop.is_raised() {
                    bail!("stopped");
                }
                let (_, detector) = method.detector(&Given::default())?;
                lines.extend(judged(made, &streams, (area, step), (method, &*detector), draws));
            }
        }
    }
    Ok(lines)
}

fn judged(
    made: &Made,
    streams: &[Stream],
    (area, step): (Area, Step),
    (method, detector): (&Method, &dyn Detector),
    draws: usize,
) -> Vec<Line> {
    let next = AtomicUsize::new(0);
    let views = views(area, step, method);
    if views.is_empty() {
        return Vec::new();
    }
    let work = || {
        let mut done: Vec<(usize, Vec<Tally>)> = Vec::new();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let Some(stream) = streams.get(nth) else { return done };
            done.push((nth, views.iter().map(|view| tally(made, stream, step, *view, detector)).collect()));
        }
    };
    let mut all: Vec<(usize, Vec<Tally>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    all.sort_by_key(|(nth, _)| *nth);
    let mut lines = Vec::new();
    for (nth_view, view) in views.iter().copied().enumerate() {
        let mut by_stream: BTreeMap<&str, Vec<Tally>> = BTreeMap::new();
        for (nth, tallies) in &all {
            let tally = &tallies[nth_view];
            by_stream.entry(streams[*nth].name).or_default().push(tally.clone());
            by_stream.entry("all").or_default().push(tally.clone());
        }
        lines.extend(by_stream.into_iter().map(|(stream, tallies)| Line {
            stream: stream.to_owned(),
            area,
            step,
            view,
            method: method.name,
            measures: Measures::of(&tallies, draws, 1),
        }));
    }
    lines
}

/// Every stream of every area of a kind, those without a card too.
fn of_area(made: &Made, area: Area) -> Vec<Stream> {
    let mut streams = Vec::new();
    for (name, diseases) in STREAMS {
        let mut cards: Vec<Vec<&Card>> = vec![Vec::new(); area.count(made)];
        for card in made.cards.iter().filter(|card| diseases.contains(&card.disease)) {
            if let Some(nth) = area.of(made, card) {
                cards[nth].push(card);
            }
        }
        for (nth, cards) in cards.iter().enumerate() {
            let inside = |street: usize| match area {
                Area::City => true,
                Area::District => made.city.places.streets[street].district == nth,
                Area::Street => street == nth,
                Area::School => made.city.places.streets[street].school == nth,
            };
            let mut numbers: Vec<u32> = cards.iter().filter_map(|card| card.outbreak).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let outbreaks = numbers.iter().filter_map(|number| made.span(*number, cards, &inside)).collect();
            let reports = cards.iter().map(|card| Report { known: card.known, onset: card.onset }).collect();
            streams.push(Stream { name, reports, outbreaks });
        }
    }
    streams
}

/// What a detector finds in a stream.
fn tally(made: &Made, stream: &Stream, step: Step, view: View, detector: &dyn Detector) -> Tally {
    let settings = &made.city.settings;
    // Whole weeks that begin on Mondays and end before the city does.
    let first = settings.start() + (7 - (settings.start() + 3).rem_euclid(7)) % 7;
    let point = |day: Day| usize::try_from((day - first).div_euclid(step.days())).ok();
    let points = usize::try_from((settings.end - first).div_euclid(step.days())).unwrap_or_default();
    let range = point(made.judged).unwrap_or_default()..points;
    // A card comes days after the onset: so much longer an outbreak goes on by report, or may be found by onset.
    let (late, grace) = match (view, step) {
        (View::Reported, _) => (7, 0),
        (_, Step::Day) => (0, 7),
        (_, Step::Week) => (0, 1),
    };
    let mut series = Series::new(step, Some(first), vec![0.0; points]);
    for report in &stream.reports {
        let day = if view == View::Reported { report.known } else { report.onset };
        if let Some(count) = point(day).and_then(|at| series.observed.get_mut(at)) {
            *count += 1.0;
        }
    }
    series.state = vec![false; points];
    for (from, to) in &stream.outbreaks {
        let to = (point(*to + late).unwrap_or_default() + 1).min(points);
        series.state[point(*from).unwrap_or_default().min(to)..to].fill(true);
    }
    let verdicts = match view {
        View::OnTheDay => {
            let test = evaluate::backtest(detector, &stream.reports, first, step, range.clone(), 0);
            test.alarms.iter().map(|(at, then, _)| verdict(*at, *then)).collect()
        }
        View::Reported | View::Hindsight => signals::detect::one(detector, &series, range.clone()),
    };
    Tally::of(&series, range, &verdicts, grace)
}

fn verdict(at: usize, alarm: Option<bool>) -> Verdict {
    let mut verdict = Verdict::silent(at, 0.0, Silent::NotFitted);
    if let Some(alarm) = alarm {
        verdict.silent = None;
        verdict.level = if alarm { Level::Alarm } else { Level::Quiet };
    }
    verdict
}
