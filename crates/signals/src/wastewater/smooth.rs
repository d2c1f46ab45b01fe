//! Local linear regression (loess, Cleveland 1979) of samples on unequal days.

/// Samples that a fit needs within its reach.
const SAMPLES_MIN: usize = 4;

/// The smooth value at each day from nought to `last`, never below nought. `samples` are (day, value) by rising days. The
/// tricube weights reach half a `span` of days to either side, further where fewer than four samples lie there.
pub fn loess(samples: &[(usize, f64)], last: usize, span: f64) -> Vec<f64> {
    (0..=last).map(|day| at(samples, day as f64, 0.5 * span).max(0.0)).collect()
}

fn at(samples: &[(usize, f64)], day: f64, reach: f64) -> f64 {
    let mut far: Vec<f64> = samples.iter().map(|(on, _)| (*on as f64 - day).abs()).collect();
    far.sort_by(f64::total_cmp);
    let needed = far.get(SAMPLES_MIN - 1).or(far.last()).copied().unwrap_or(0.0);
    // Samples on the very edge weigh nothing, so that the edge lies a little behind the last one that is needed.
    let reach = reach.max(needed * 1.001).max(1e-9);
    let (mut sum, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (on, value) in samples {
        let off = *on as f64 - day;
        let near = 1.0 - (off.abs() / reach).powi(3);
        if near <= 0.0 {
            continue;
        }
        let weight = near.powi(3);
        sum += weight;
        x += weight * off;
        y += weight * value;
        xx += weight * off * off;
        xy += weight * off * value;
    }
    let spread = sum * xx - x * x;
    // One day alone has no slope.
    if spread <= 1e-9 * sum * xx.max(1e-300) { y / sum } else { (xx * y - x * xy) / spread }
}
