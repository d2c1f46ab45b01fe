//! How many cases of the last days there will be when all reports are in.
//!
//! A day's cases become known over the next days. The share F_a known after a days comes from reverse hazards
//! (`hazard`); the expected whole of a day with c cases known is N̂ = c / F_a, by reverse hazards and by the chain ladder
//! alike. They differ in their intervals: drawn from the uncertainty of the hazards, the dispersion of the triangle and
//! the counts of the week before (`predict`), or from past errors (`errors`).
//!
//! Limits: the whole means what becomes known within `delay_max` days; reporting now is taken to be as in the window
//! (a new reporting system, a holiday or an overload is not seen before its reports are); corrections and withdrawals of
//! cases are not modelled. Of the first days after onset little is known: read the interval.

mod errors;
mod hazard;
mod predict;
mod score;
mod settings;
mod triangle;

pub use hazard::Weekdays;
pub use predict::Prior;
pub use score::{Score, Scores, back, weighted_interval_score};
pub use settings::{SETTINGS, options};
pub use triangle::{DAYS_MAX, DELAY_MAX, Gathered, Known, Triangle};

pub use crate::rt::QUANTILES;

use crate::numbers::{dist, sample};
use hazard::Hazards;
use serde::Serialize;

/// Where intervals come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    ReverseHazard,
    ChainLadder,
}

/// How a nowcast is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub method: Method,
    /// Days whose reports the hazards come from, counted back from today; 0 for all.
    pub window: usize,
    /// Cases that each delay's hazard must rest on.
    pub past_min: f64,
    pub weekdays: Weekdays,
    pub prior: Prior,
    pub draws: usize,
    pub seed: u64,
    /// Days back from which errors are taken.
    pub history: usize,
}

/// Why a day has no nowcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Too few cases of the window are old enough to tell of the delays that are still to come.
    ShortPast,
    /// No case of the window became known so early, so that the cases known do not tell of the whole.
    NeverSoEarly,
    /// Too few past nowcasts for an interval.
    FewErrors,
}

impl Note {
    pub const fn text(self) -> &'static str {
        match self {
            Note::ShortPast => "short-past",
            Note::NeverSoEarly => "never-so-early",
            Note::FewErrors => "few-errors",
        }
    }
}

/// One day's cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Days after the first onset.
    pub day: usize,
    /// Known today.
    pub observed: f64,
    /// The share of the whole that is known by now, as estimated.
    pub share: Option<f64>,
    /// observed / share.
    pub expected: Option<f64>,
    /// Of the whole, at `QUANTILES`.
    pub quantiles: Option<[f64; QUANTILES.len()]>,
    pub note: Option<Note>,
}

impl Estimate {
    /// One of `QUANTILES`.
    pub fn quantile(&self, at: f64) -> Option<f64> {
        let nth = QUANTILES.iter().position(|known| (known - at).abs() < 1e-9)?;
        self.quantiles.map(|quantiles| quantiles[nth])
    }
}

/// A nowcast of every day from the first onset to today.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nowcast {
    pub days: Vec<Estimate>,
    /// Whether the weekday of the report was used.
    pub weekdays: bool,
    /// Of the triangle's cells; 1 where they scatter as chance does.
    pub dispersion: f64,
}

/// The cases of each day as they will be known.
pub fn nowcast(known: &Known, options: &Options) -> Nowcast {
    let hazards = Hazards::of(known, options.window, options.past_min, options.weekdays);
    let spread = match options.method {
        Method::ReverseHazard => {
            Spread::Drawn(predict::totals(known, &hazards, options.prior, options.draws, options.seed))
        }
        Method::ChainLadder => Spread::Errors(errors::sizes(known, options)),
    };
    let closed = (known.today + 1).saturating_sub(known.delay_max());
    let mut shares = Vec::new();
    let mut of = |day: usize| -> Estimate {
        let observed = known.observed(day);
        if day < closed {
            let quantiles = Some([observed; QUANTILES.len()]);
            return Estimate { day, observed, share: Some(1.0), expected: Some(observed), quantiles, note: None };
        }
        hazards.shares(None, known, day, known.age(day), &mut shares);
        let share = shares[0];
        if share.is_nan() {
            let note = Some(Note::ShortPast);
            return Estimate { day, observed, share: None, expected: None, quantiles: None, note };
        }
        let quantiles = spread.quantiles(day - closed, known.age(day), observed, share);
        let expected = (share > 0.0).then(|| observed / share);
        let note = match (share > 0.0, quantiles) {
            (false, _) => Some(Note::NeverSoEarly),
            (true, None) => Some(Note::FewErrors),
            _ => None,
        };
        Estimate { day, observed, share: Some(share), expected, quantiles, note }
    };
    let days = (0..=known.today).map(&mut of).collect();
    Nowcast { days, weekdays: hazards.with_weekday(), dispersion: hazards.dispersion }
}

/// What the whole of a day may be.
enum Spread {
    /// Sorted draws by open day.
    Drawn(Vec<Vec<f64>>),
    /// Sizes of negative binomial distributions by age.
    Errors(Option<Vec<f64>>),
}

impl Spread {
    fn quantiles(&self, nth: usize, age: usize, observed: f64, share: f64) -> Option<[f64; QUANTILES.len()]> {
        match self {
            Spread::Drawn(totals) if totals[nth].is_empty() => None,
            Spread::Drawn(totals) => Some(QUANTILES.map(|p| sample::quantile(&totals[nth], p))),
            Spread::Errors(None) => None,
            Spread::Errors(Some(_)) if share <= 0.0 => None,
            Spread::Errors(Some(sizes)) => {
                let mean = (observed + 1.0) * (1.0 - share) / share;
                Some(QUANTILES.map(|p| observed + dist::nb_quantile(p, mean, sizes[age])))
            }
        }
    }
}
