//! Quasi-Poisson regression with the log link on a level and one trend, log μ = α_level + β·t: the model of Farrington's
//! methods. The normal equations have the shape of an arrow and are solved in closed form; buffers are kept from one
//! fit to the next, so that nothing is allocated once they have their size.
//!
//! The steps are those of R's `glm.fit` (start at y + 0.1, the deviance settled to 1e-8, at most 25 rounds with a
//! trend): reference values depend on where it stops.

use std::sync::LazyLock;

const ROUNDS_MAX: usize = 25;
/// Without a trend there is nothing to fall back to: counts that are nearly all nought take more rounds than R gives.
const ROUNDS_MAX_LEVEL: usize = 60;
const SETTLED: f64 = 1e-8;

/// One regression: fill it with `clear` and `push`, then `fit`.
#[derive(Debug, Default)]
pub struct Trend {
    y: Vec<f64>,
    t: Vec<f64>,
    level: Vec<u32>,
    /// ln(y + 0.1), ln y (0 for 0) and y^⅔.
    known: Vec<[f64; 3]>,
    /// ω of the reweighting.
    weight: Vec<f64>,
    linear: Vec<f64>,
    fitted: Vec<f64>,
    /// The working weights of the last round.
    working: Vec<f64>,
    levels: Vec<Level>,
    slope: f64,
    /// Σ w (t − t̄)² within the levels; 0 without a trend.
    spread: f64,
    rank: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Level {
    weight: f64,
    t: f64,
    z: f64,
}

/// How far counts are kept in a table of their logarithms and roots.
const TABLE: usize = 1024;
static SMALL: LazyLock<Vec<[f64; 3]>> = LazyLock::new(|| (0..TABLE).map(|y| work_out(y as f64)).collect());

fn work_out(y: f64) -> [f64; 3] {
    let root = y.cbrt();
    [(y + 0.1).ln(), if y > 0.0 { y.ln() } else { 0.0 }, root * root]
}

fn of_count(y: f64) -> [f64; 3] {
    let whole = y as usize;
    if whole < TABLE && whole as f64 == y { SMALL[whole] } else { work_out(y) }
}

impl Trend {
    /// Forgets the values; the levels that come are 0 to `levels` − 1.
    pub fn clear(&mut self, levels: usize) {
        for values in
            [&mut self.y, &mut self.t, &mut self.weight, &mut self.linear, &mut self.fitted, &mut self.working]
        {
            values.clear();
        }
        self.known.clear();
        self.level.clear();
        self.levels.clear();
        self.levels.resize(levels, Level::default());
    }

    /// One value; `t` best counted from where the prediction will be.
    pub fn push(&mut self, y: f64, t: f64, level: usize) {
        self.y.push(y);
        self.t.push(t);
        self.level.push(level as u32);
        self.known.push(of_count(y));
        self.weight.push(1.0);
        self.linear.push(0.0);
        self.fitted.push(0.0);
        self.working.push(0.0);
    }

    pub fn len(&self) -> usize {
        self.y.len()
    }

    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// The greatest value.
    pub fn greatest(&self) -> f64 {
        self.y.iter().fold(0.0, |most, y| y.max(most))
    }

    /// Takes all weights back to 1.
    pub fn level_weights(&mut self) {
        self.weight.fill(1.0);
    }

    /// Fits; false where it does not settle.
    pub fn fit(&mut self, trend: bool) -> bool {
        if self.y.iter().all(|y| *y == 0.0) {
            return self.fit_nought(trend);
        }
        let mut deviance = self.start();
        for _ in 0..if trend { ROUNDS_MAX } else { ROUNDS_MAX_LEVEL } {
            self.least_squares(trend);
            let old = deviance;
            deviance = self.follow();
            if (deviance - old).abs() < SETTLED * (deviance.abs() + 0.1) {
                return self.fitted.iter().all(|mean| mean.is_finite());
            }
        }
        false
    }

    /// Where there is no case at all every round takes 1 off the predictor until the deviance has settled: the same as
    /// going through the rounds, at once.
    fn fit_nought(&mut self, trend: bool) -> bool {
        let (start, mut rounds) = (0.2 * self.y.len() as f64, 0.0);
        let deviance = |rounds: f64| start * (-rounds).exp();
        loop {
            rounds += 1.0;
            if deviance(rounds - 1.0) - deviance(rounds) < SETTLED * (deviance(rounds) + 0.1) {
                break;
            }
        }
        let linear = 0.1_f64.ln() - rounds;
        self.linear.fill(linear + 1.0);
        self.fitted.fill((linear + 1.0).exp());
        self.least_squares(trend);
        self.slope = 0.0;
        for level in &mut self.levels {
            level.z = linear;
        }
        self.linear.fill(linear);
        self.fitted.fill(linear.exp());
        true
    }

    fn start(&mut self) -> f64 {
        let mut deviance = 0.0;
        for at in 0..self.y.len() {
            let [linear, ln_y, _] = self.known[at];
            let y = self.y[at];
            self.linear[at] = linear;
            self.fitted[at] = y + 0.1;
            deviance += self.weight[at] * (y * (ln_y - linear) + 0.1);
        }
        2.0 * deviance
    }

    fn least_squares(&mut self, trend: bool) {
        self.levels.fill(Level::default());
        for at in 0..self.y.len() {
            let mean = self.fitted[at];
            let weight = self.weight[at] * mean;
            let z = self.linear[at] + (self.y[at] - mean) / mean;
            self.working[at] = weight;
            self.linear[at] = z;
            let level = &mut self.levels[self.level[at] as usize];
            level.weight += weight;
            level.t += weight * self.t[at];
            level.z += weight * z;
        }
        self.rank = 0;
        for level in &mut self.levels {
            if level.weight > 0.0 {
                level.t /= level.weight;
                level.z /= level.weight;
                self.rank += 1;
            }
        }
        (self.slope, self.spread) = (0.0, 0.0);
        if !trend {
            return;
        }
        let (mut spread, mut along) = (0.0, 0.0);
        for at in 0..self.y.len() {
            let level = &self.levels[self.level[at] as usize];
            let apart = self.t[at] - level.t;
            let pull = self.working[at] * apart;
            spread += pull * apart;
            along += pull * (self.linear[at] - level.z);
        }
        if spread > 0.0 {
            (self.slope, self.spread) = (along / spread, spread);
            self.rank += 1;
        }
    }

    /// Takes predictor and means from the coefficients; answers the deviance.
    fn follow(&mut self) -> f64 {
        let mut deviance = 0.0;
        for at in 0..self.y.len() {
            let level = &self.levels[self.level[at] as usize];
            let linear = level.z + self.slope * (self.t[at] - level.t);
            let mean = linear.exp();
            self.linear[at] = linear;
            self.fitted[at] = mean;
            let y = self.y[at];
            deviance += self.weight[at] * (y * (self.known[at][1] - linear) - (y - mean));
        }
        2.0 * deviance
    }

    /// The linear predictor at `t` of a level, and its variance where the dispersion is 1.
    pub fn predict(&self, level: usize, t: f64) -> (f64, f64) {
        let of = &self.levels[level];
        let apart = t - of.t;
        let turn = if self.spread > 0.0 { apart * apart / self.spread } else { 0.0 };
        (of.z + self.slope * apart, 1.0 / of.weight + turn)
    }

    /// The trend β per unit of t, and its variance where the dispersion is 1; none where none was fitted.
    pub fn slope(&self) -> Option<(f64, f64)> {
        (self.spread > 0.0).then(|| (self.slope, 1.0 / self.spread))
    }

    pub fn df(&self) -> f64 {
        self.y.len() as f64 - self.rank as f64
    }

    /// Σ w r² / df with the working weights and residuals; NaN where nothing is left over.
    pub fn dispersion(&self) -> f64 {
        self.spread_of(&self.working)
    }

    /// The same with ω in the place of the working weights, as R's flexible method has it by an oversight.
    pub fn dispersion_by_weights(&self) -> f64 {
        self.spread_of(&self.weight)
    }

    fn spread_of(&self, weights: &[f64]) -> f64 {
        let values = self.y.iter().zip(&self.fitted).zip(weights);
        let part = |((y, fitted), weight): ((&f64, &f64), &f64)| {
            let residual = (y - fitted) / fitted;
            weight * residual * residual
        };
        let sum: f64 = values.map(part).sum();
        if self.df() > 0.0 { sum / self.df() } else { f64::NAN }
    }

    /// Lowers the weight of past outbreaks: ω ∝ s^−2 where Anscombe's residual s is above `threshold`, else 1.
    pub fn reweigh(&mut self, dispersion: f64, threshold: f64) {
        for at in 0..self.y.len() {
            let level = &self.levels[self.level[at] as usize];
            let apart = self.t[at] - level.t;
            let turn = if self.spread > 0.0 { apart * apart / self.spread } else { 0.0 };
            let leverage = self.working[at] * (1.0 / level.weight + turn);
            let sixth = (self.linear[at] / 6.0).exp();
            let residual = 1.5 * (self.known[at][2] / sixth - sixth * sixth * sixth);
            self.weight[at] = residual / (dispersion * (1.0 - leverage)).sqrt();
        }
        outbreak_weights(&mut self.weight, threshold);
    }

    /// ω of every value.
    pub fn weights(&self) -> &[f64] {
        &self.weight
    }
}

/// Turns residuals s into weights in their place: γ·s⁻² where s is above `threshold`, else γ, with γ such that they sum
/// to how many there are.
pub fn outbreak_weights(residuals: &mut [f64], threshold: f64) {
    let mut whole = 0.0;
    for residual in residuals.iter_mut() {
        *residual = if *residual > threshold { 1.0 / (*residual * *residual) } else { 1.0 };
        whole += *residual;
    }
    let gamma = residuals.len() as f64 / whole;
    for weight in residuals {
        *weight *= gamma;
    }
}
