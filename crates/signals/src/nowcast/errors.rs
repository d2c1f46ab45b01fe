//! Intervals from past errors: nowcasts as of earlier days, held against what has become known since (the idea of the
//! R package baselinenowcast). What is still to come of a day of age a is negative binomial about
//! (c + 1)·(1 − F_a)/F_a, with the size of greatest likelihood over the past errors at that age.

use super::Options;
use super::hazard::Hazards;
use super::triangle::Known;
use crate::numbers::glm;

/// Errors that an age needs before it stands by itself; else those of all ages count.
const ERRORS_MIN: usize = 7;

/// Past nowcasts of one age: what was expected to follow, and what did.
#[derive(Clone, Debug, Default)]
struct Past {
    expected: Vec<f64>,
    followed: Vec<f64>,
}

/// The size of the negative binomial distribution by age, from nowcasts of the last days; none where too few
/// are there.
pub fn sizes(known: &Known, options: &Options) -> Option<Vec<f64>> {
    let delay_max = known.delay_max();
    let mut past = vec![Past::default(); delay_max];
    let mut shares = Vec::new();
    for today in (known.today + 1).saturating_sub(options.history + 1)..known.today {
        let then = known.earlier(today);
        let hazards = Hazards::of(&then, options.window, options.past_min, options.weekdays);
        for (age, past) in past.iter_mut().enumerate().take(today + 1) {
            let day = today - age;
            hazards.shares(None, &then, day, age, &mut shares);
            // What has not become known up to now is judged by the part that has, where that is half of it.
            let reach = delay_max.min(known.age(day));
            let (first, reached) = (shares[0], shares[reach - age]);
            let enough = first > 0.0 && reached - first >= 0.5 * (1.0 - first) && first < 1.0;
            if enough {
                let seen = then.observed(day);
                past.expected.push((seen + 1.0) * (reached - first) / first);
                past.followed.push(known.within(day, reach) - seen);
            }
        }
    }
    let all = |of: fn(&Past) -> &Vec<f64>| -> Vec<f64> { past.iter().flat_map(|past| of(past).clone()).collect() };
    let (expected, followed) = (all(|past| &past.expected), all(|past| &past.followed));
    if expected.len() < ERRORS_MIN {
        return None;
    }
    let of_all = glm::best_size(&followed, &expected, None);
    let of = |past: &Past| match past.expected.len() {
        0..ERRORS_MIN => of_all,
        _ => glm::best_size(&past.followed, &past.expected, None),
    };
    Some(past.iter().map(of).collect())
}
