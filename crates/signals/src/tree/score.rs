//! The posterior of every candidate, and the tree.

use super::Lags;
use super::arborescence::{Edge, arborescence};
use super::estimate::{Background, Known, background, kernels, renewed};
use super::model::{CASES_MAX, Case, Model, PAIRS_MAX, Pair, Parameters};
use base::{Error, Result};
use std::collections::HashMap;

/// Rounds of estimation, and the change at which it stops.
const ROUNDS_MAX: usize = 100;
const STILL: f64 = 1e-4;

/// What an unlikely import is weighed down by, as a logarithm: more than any circle of unlikely infectors could cost.
const LAST_WAY_OUT: f64 = 1e4;

/// Who may have infected a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// None: from outside, or from somebody unknown.
    pub infector: Option<usize>,
    pub probability: f64,
    /// The likeliest number of generations between them; 0 for an import.
    pub kappa: usize,
    /// The share of `probability` with no one between.
    pub direct: f64,
}

/// A case in the most likely tree.
pub type Choice = Candidate;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Of each case, the likeliest first.
    pub candidates: Vec<Vec<Candidate>>,
    /// The most likely tree: whose child each case is.
    pub tree: Vec<Choice>,
    /// How many each case infected, by expectation over the posterior.
    pub infected: Vec<f64>,
    pub parameters: Parameters,
    pub rounds: usize,
}

/// A pair whose onsets fit: `to` may have been infected by `from`.
struct Link {
    from: u32,
    /// By κ − 1: π(1−π)^(κ−1) w^(κ) and the genetic ratio.
    times: Vec<f64>,
    known: Known,
}

/// Scores cases; `pairs` are keyed by (smaller, larger) place in the list.
///
/// # Errors
/// More cases or pairs than `CASES_MAX` and `PAIRS_MAX`.
pub fn score(cases: &[Case], pairs: &HashMap<(u32, u32), Pair>, model: &Model) -> Result<Scored> {
    if cases.len() > CASES_MAX {
        let text = format!(
            "there are {} cases; a tree takes at most {CASES_MAX}, so score one outbreak at a time",
            cases.len()
        );
        return Err(Error::too_costly(text));
    }
    let back = background(cases, pairs);
    let links = links(cases, pairs, model, &back)?;
    let days = span(cases);
    let mut start = model.start.clone();
    start.lambda = if model.estimate { back.contact.unwrap_or(start.lambda) } else { start.lambda };
    let mut parameters = start.clone();
    let mut rounds = 0;
    let mut posterior = weighed(&links, &parameters, &back, (cases.len(), days));
    while model.estimate && rounds < ROUNDS_MAX {
        rounds += 1;
        let next = renewed(&start, &back, cases.len(), &known(&links, &posterior));
        let change = next.distance(&parameters);
        parameters = next;
        posterior = weighed(&links, &parameters, &back, (cases.len(), days));
        if change < STILL {
            break;
        }
    }
    let infected = infected(&posterior, &links, cases.len());
    let candidates: Vec<Vec<Candidate>> =
        posterior.iter().zip(&links).map(|(posterior, links)| sorted(posterior, links)).collect();
    let tree = tree(&candidates);
    Ok(Scored { candidates, tree, infected, parameters, rounds })
}

fn span(cases: &[Case]) -> f64 {
    let onsets = cases.iter().map(|case| case.onset);
    let first = onsets.clone().min().unwrap_or_default();
    f64::from(onsets.max().unwrap_or_default().saturating_sub(first)) + 1.0
}

/// For each case those whose onsets fit.
fn links(
    cases: &[Case],
    pairs: &HashMap<(u32, u32), Pair>,
    model: &Model,
    back: &Background,
) -> Result<Vec<Vec<Link>>> {
    let generations: Vec<Lags> = (1..=model.generations_max.max(1)).map(|kappa| model.lags.over(kappa)).collect();
    let least = generations.iter().map(|lags| lags.first).min().unwrap_or_default();
    let most = generations.iter().map(Lags::last).max().unwrap_or_default();
    let mut order: Vec<u32> = (0..cases.len() as u32).collect();
    order.sort_by_key(|nth| (cases[*nth as usize].onset, *nth));
    let onset = |nth: &u32| i64::from(cases[*nth as usize].onset);
    let mut count = 0;
    let mut all = Vec::with_capacity(cases.len());
    for (nth, case) in cases.iter().enumerate() {
        let to = i64::from(case.onset);
        let begin = order.partition_point(|other| onset(other) < to - i64::from(most));
        let end = order.partition_point(|other| onset(other) <= to - i64::from(least));
        let mut links = Vec::new();
        for other in order[begin..end.max(begin)].iter().copied().filter(|other| *other as usize != nth) {
            let lag = i32::try_from(to - onset(&other)).unwrap_or(i32::MAX);
            let key = (other.min(nth as u32), other.max(nth as u32));
            let known = Known::of(case, &cases[other as usize], pairs.get(&key).copied().unwrap_or_default(), back);
            let times: Vec<f64> = generations
                .iter()
                .enumerate()
                .map(|(before, lags)| {
                    let unseen = model.observed * (1.0 - model.observed).powi(before as i32);
                    unseen * lags.at(lag) * genetic(model, back, known.genetic, before + 1)
                })
                .collect();
            if times.iter().any(|weight| *weight > 0.0) {
                links.push(Link { from: other, times, known });
            }
        }
        count += links.len();
        if count > PAIRS_MAX {
            let text = format!("more than {PAIRS_MAX} pairs of cases fit; score one outbreak at a time");
            return Err(Error::too_costly(text));
        }
        all.push(links);
    }
    Ok(all)
}

/// How much likelier the genomes' distance is κ generations apart than between two cases of the list.
fn genetic(model: &Model, back: &Background, distance: Option<f64>, kappa: usize) -> f64 {
    let (Some(distance), Some(mean)) = (distance, back.genetic) else { return 1.0 };
    let (mutation, sites) = (model.mutation, model.genome);
    let log = |generations: f64| {
        distance * (generations * mutation).ln() + (generations * sites - distance) * (-mutation).ln_1p()
    };
    let usual = (mean / (mutation * sites)).max(1.0);
    (log(kappa as f64) - log(usual)).clamp(-600.0, 600.0).exp()
}

/// Of each case: the probability of an import, then of each link by κ.
struct Posterior {
    imported: f64,
    links: Vec<Vec<f64>>,
}

fn weighed(
    links: &[Vec<Link>],
    parameters: &Parameters,
    back: &Background,
    (cases, days): (usize, f64),
) -> Vec<Posterior> {
    let outside = parameters.imported * cases as f64 / days;
    let most = links.iter().flatten().map(|link| link.times.len()).max().unwrap_or(1);
    let kernels = kernels(parameters, back, most);
    let one = |links: &Vec<Link>| {
        let weigh = |link: &Link| -> Vec<f64> {
            let weigh = |(before, time): (usize, &f64)| {
                (1.0 - parameters.imported) * time * link.known.ratio(parameters, back, before + 1, &kernels)
            };
            link.times.iter().enumerate().map(weigh).collect()
        };
        let mut weights: Vec<Vec<f64>> = links.iter().map(weigh).collect();
        let sum = outside + weights.iter().flatten().sum::<f64>();
        // Nothing fits and nothing comes from outside: then it came from somebody unknown.
        if !(sum > 0.0 && sum.is_finite()) {
            weights.iter_mut().flatten().for_each(|weight| *weight = 0.0);
            return Posterior { imported: 1.0, links: weights };
        }
        weights.iter_mut().flatten().for_each(|weight| *weight /= sum);
        Posterior { imported: outside / sum, links: weights }
    };
    links.iter().map(one).collect()
}

/// What is known of each link, with the probability that it was a direct infection, and of an infection at all.
fn known<'a>(links: &'a [Vec<Link>], posterior: &'a [Posterior]) -> Vec<(&'a Known, f64, f64)> {
    let of_case = |(links, posterior): (&'a Vec<Link>, &'a Posterior)| {
        links.iter().zip(&posterior.links).map(|(link, kappas)| (&link.known, kappas[0], kappas.iter().sum::<f64>()))
    };
    links.iter().zip(posterior).flat_map(of_case).collect()
}

fn infected(posterior: &[Posterior], links: &[Vec<Link>], cases: usize) -> Vec<f64> {
    let mut infected = vec![0.0; cases];
    for (posterior, links) in posterior.iter().zip(links) {
        for (link, kappas) in links.iter().zip(&posterior.links) {
            infected[link.from as usize] += kappas[0];
        }
    }
    infected
}

/// The candidates of a case, the likeliest first; of equal ones an import, then the first in the list.
fn sorted(posterior: &Posterior, links: &[Link]) -> Vec<Candidate> {
    let import = Candidate { infector: None, probability: posterior.imported, kappa: 0, direct: 0.0 };
    let link = |(link, kappas): (&Link, &Vec<f64>)| {
        let best = kappas.iter().enumerate().fold(0, |best, (nth, one)| if *one > kappas[best] { nth } else { best });
        Candidate {
            infector: Some(link.from as usize),
            probability: kappas.iter().sum(),
            kappa: best + 1,
            direct: kappas[0],
        }
    };
    let mut all: Vec<Candidate> = links.iter().zip(&posterior.links).map(link).collect();
    all.push(import);
    all.retain(|candidate| candidate.probability > 0.0 || candidate.infector.is_none());
    all.sort_by(|one, other| other.probability.total_cmp(&one.probability).then(one.infector.cmp(&other.infector)));
    all
}

fn tree(candidates: &[Vec<Candidate>]) -> Vec<Choice> {
    let root = candidates.len();
    let mut edges = Vec::new();
    let mut of_edge = Vec::new();
    for (to, candidates) in candidates.iter().enumerate() {
        for candidate in candidates {
            // One import stands against all infectors together: where it is less likely than they are, it is only the last
            // way out, however thinly they share the rest.
            let unlikely = candidate.infector.is_none() && candidate.probability <= 0.5;
            let weight = candidate.probability.max(1e-300).ln() - if unlikely { LAST_WAY_OUT } else { 0.0 };
            edges.push(Edge { from: candidate.infector.unwrap_or(root), to, weight });
            of_edge.push(*candidate);
        }
    }
    let chosen = arborescence(root + 1, root, &edges);
    (0..root).map(|to| chosen[to].map_or(candidates[to][0], |edge| of_edge[edge])).collect()
}
