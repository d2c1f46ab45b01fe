//! Which outbreaks a city has, when they begin and in which street.

use crate::day::{Day, is_working_day};
use crate::outbreak::spread::is_school_day;
use crate::places::Places;
use crate::rng::Rng;
use crate::settings::{OutbreakKind, Settings};

use super::streams;

/// An outbreak of the city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbreak {
    pub number: u32,
    pub kind: OutbreakKind,
    /// The day on which it begins.
    pub start: Day,
    /// The street in which it happens, as a place in `Places::streets`; none for one of the whole city.
    pub street: Option<usize>,
}

impl Outbreak {
    /// `measles-chain-1`.
    pub fn id(&self) -> String {
        format!("{}-{}", self.kind.name(), self.number + 1)
    }
}

/// The outbreaks of a city: which kinds, where and when.
#[derive(Clone, Debug, Default)]
pub struct Outbreaks {
    pub all: Vec<Outbreak>,
    first: Day,
}

pub fn plan(settings: &Settings, places: &Places) -> Outbreaks {
    let mut outbreaks = Outbreaks { all: Vec::new(), first: settings.start() };
    for (nth, wish) in settings.outbreaks.iter().enumerate() {
        let (number, kind) = (nth as u32, wish.kind);
        let start = wish.start.unwrap_or_else(|| outbreaks.usual_start(kind, settings.end));
        let street = street(kind, number, settings.seed, places);
        outbreaks.all.push(Outbreak { number, kind, start, street });
    }
    outbreaks
}

impl Outbreaks {
    /// So long before the end of history that its last weeks show what there is to be seen.
    fn usual_start(&self, kind: OutbreakKind, end: Day) -> Day {
        let before = match kind {
            OutbreakKind::SchoolNorovirus => 10,
            OutbreakKind::CanteenFood => 6,
            OutbreakKind::InfluenzaSeason => 60,
            OutbreakKind::MeaslesChain => 56,
            OutbreakKind::HospitalCluster => 24,
            OutbreakKind::NewVariant => 50,
        };
        let wanted = (end - before).max(self.first);
        let open = |day: &Day| match kind {
            OutbreakKind::SchoolNorovirus => is_school_day(*day),
            OutbreakKind::CanteenFood => is_working_day(*day),
            _ => true,
        };
        (self.first..=wanted).rev().find(open).unwrap_or(wanted)
    }
}

/// The street of an outbreak at a chosen place: the most populous of four that are drawn.
fn street(kind: OutbreakKind, number: u32, seed: u64, places: &Places) -> Option<usize> {
    if is_everywhere(kind) || places.streets.is_empty() {
        return None;
    }
    let mut rng = Rng::of(seed, streams::PLAN, u64::from(number) << 8 | kind as u64);
    let drawn = (0..4).map(|_| rng.below(places.streets.len() as u64) as usize);
    drawn.max_by_key(|nth| (places.streets[*nth].residents, *nth))
}

/// Whether it goes through the whole city.
pub fn is_everywhere(kind: OutbreakKind) -> bool {
    matches!(kind, OutbreakKind::InfluenzaSeason | OutbreakKind::NewVariant)
}
