//! Richardson–Lucy deconvolution (Goldstein et al. 2009): from what is shed to when people were infected.
//!
//! y_t = Σ_k s_k·λ_{t−k}; each round λ_t ← λ_t/q_t · Σ_k s_k·y_{t+k}/E_{t+k} with E = s ∗ λ and q_t = Σ_{k: t+k ≤ T} s_k,
//! the share of the shedding of day t that falls on days with a signal. Few rounds: more of them fit the noise.

/// Infections by day from `shedding.len() − 1` days before the first signal to its last day, and the share q_t of each.
pub fn deconvolve(signal: &[f64], shedding: &[f64], rounds: usize) -> (Vec<f64>, Vec<f64>) {
    let before = shedding.len() - 1;
    let days = signal.len() + before;
    let total: f64 = shedding.iter().sum();
    let seen = |day: usize| -> f64 {
        let of = |k: &usize| (before..days).contains(&(day + k));
        (0..shedding.len()).filter(of).map(|k| shedding[k]).sum::<f64>() / total
    };
    let shares: Vec<f64> = (0..days).map(seen).collect();
    let mean = shedding.iter().enumerate().map(|(k, s)| k as f64 * s).sum::<f64>() / total;
    // The signal moved back by the mean delay is where the search begins.
    let start = |day: usize| signal[(day + mean.round() as usize).saturating_sub(before).min(signal.len() - 1)];
    let floor = signal.iter().copied().fold(0.0, f64::max) * 1e-9;
    let mut infections: Vec<f64> = (0..days).map(|day| start(day).max(floor)).collect();
    for _ in 0..rounds {
        let ratio: Vec<f64> = (0..signal.len())
            .map(|at| {
                let expected: f64 = shedding.iter().enumerate().map(|(k, s)| s * infections[at + before - k]).sum();
                if expected > 0.0 { signal[at] / expected } else { 0.0 }
            })
            .collect();
        for day in 0..days {
            if shares[day] <= 0.0 {
                continue;
            }
            let reach = (0..shedding.len()).filter(|k| (before..days).contains(&(day + k)));
            let moved: f64 = reach.map(|k| shedding[k] * ratio[day + k - before]).sum();
            infections[day] *= moved / (shares[day] * total);
        }
    }
    (infections, shares)
}
