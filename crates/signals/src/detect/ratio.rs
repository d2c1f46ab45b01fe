//! The log likelihood ratio of counts whose means are e^κ times those in control, and the greatest one over κ and over
//! where the change began (the formulas stand in `glr`).

#[derive(Clone, Copy)]
pub(super) struct Point {
    pub count: f64,
    pub mean: f64,
}

/// The greatest ratio over all beginnings, and the κ there.
pub(super) fn greatest(points: &[Point], dispersion: f64, up: bool) -> (f64, f64) {
    let mut best = (0.0, 0.0);
    // κ changes little from one beginning to the next.
    let mut start = 0.0;
    let (mut counts, mut means, mut score) = (0.0, 0.0, 0.0);
    for first in (0..points.len()).rev() {
        let point = points[first];
        counts += point.count;
        means += point.mean;
        score += (point.count - point.mean) / (1.0 + dispersion * point.mean);
        // The ratio is concave in κ: where it falls at 0 on the side that is asked for it is greatest there.
        if if up { score <= 0.0 } else { score >= 0.0 } {
            continue;
        }
        let (value, kappa) = if dispersion > 0.0 {
            negative_binomial_ratio(&points[first..], dispersion, start)
        } else {
            poisson_ratio(counts, means)
        };
        start = kappa;
        if value > best.0 {
            best = (value, kappa);
        }
    }
    best
}

/// The count of the last point from which it alarms: the greatest ratio is convex in that count, being the greatest
/// of straight lines, so Newton's steps come down to it.
pub(super) fn upper(points: &mut [Point], dispersion: f64, threshold: f64) -> Option<f64> {
    let last = points.len() - 1;
    let point = points[last];
    let mut count = point.count.max(2.0 * point.mean + 5.0);
    for _ in 0..60 {
        points[last].count = count;
        let (value, kappa) = greatest(points, dispersion, true);
        let slope = point.line(kappa, dispersion).1;
        let next =
            if value > 0.0 && slope > 1e-12 { (count - (value - threshold) / slope).max(0.0) } else { 2.0 * count };
        let moved = (next - count).abs();
        count = next;
        if moved <= 1e-9 * count.max(1.0) || !count.is_finite() {
            break;
        }
    }
    points[last] = point;
    count.is_finite().then_some(count)
}

impl Point {
    /// z(κ) of the point as constant + slope·count.
    pub fn line(self, kappa: f64, dispersion: f64) -> (f64, f64) {
        if dispersion > 0.0 {
            let shrink = (dispersion * self.mean).ln_1p() - (dispersion * self.mean * kappa.exp()).ln_1p();
            (shrink / dispersion, kappa + shrink)
        } else {
            (-self.mean * kappa.exp_m1(), kappa)
        }
    }
}

/// max over κ of κΣx + (1 − e^κ)Σμ, where κ = ln(Σx/Σμ).
fn poisson_ratio(counts: f64, means: f64) -> (f64, f64) {
    if counts <= 0.0 {
        return (means, -700.0);
    }
    let kappa = (counts / means).ln();
    (kappa * counts - (counts - means), kappa)
}

/// The same of negative binomial counts: Newton from `start`, halved where it does not rise.
fn negative_binomial_ratio(points: &[Point], dispersion: f64, start: f64) -> (f64, f64) {
    // Below e^−40 of the mean nothing is left that a smaller κ could take away.
    let mut kappa = if points.iter().all(|point| point.count <= 0.0) { -40.0 } else { start };
    for _ in 0..100 {
        let lift = kappa.exp();
        let (mut score, mut information) = (0.0, 0.0);
        for point in points {
            let mean = point.mean * lift;
            let part = 1.0 / (1.0 + dispersion * mean);
            score += (point.count - mean) * part;
            information += mean * (dispersion * point.count + 1.0) * part * part;
        }
        let step = (score / information).clamp(-2.0, 2.0);
        if !step.is_finite() || (kappa <= -40.0 && step < 0.0) {
            break;
        }
        kappa = (kappa + step).clamp(-40.0, 700.0);
        if step.abs() < 1e-9 {
            break;
        }
    }
    let part = |point: &Point| {
        let (constant, slope) = point.line(kappa, dispersion);
        constant + slope * point.count
    };
    (points.iter().map(part).sum(), kappa)
}
