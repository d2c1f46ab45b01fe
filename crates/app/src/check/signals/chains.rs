//! Who infected whom: trees of the outbreaks from their cards, held against the truth.

use super::made::{Infected, Made};
use city::{Day, OutbreakKind};
use serde::Serialize;
use signals::evaluate::{Estimate, wilson};
use signals::tree::{self, Case, Lags, Model, Parameters};
use signals::units::UnitKind;
use std::collections::{BTreeMap, HashMap};

/// Trees of more cases take long and tell no more.
const CASES_MAX: usize = 400;
/// So many trees of a kind are enough: those of the first streets.
const TREES_MAX: u64 = 40;
/// Groups that a card names.
const GROUPS: [UnitKind; 6] =
    [UnitKind::Household, UnitKind::Class, UnitKind::School, UnitKind::Site, UnitKind::Ward, UnitKind::Community];

/// How right the trees of one kind of outbreak are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Line {
    pub kind: String,
    /// `everybody ill`, or `with a card`: an infector without a card is passed over to the next one up who has one.
    pub cases: &'static str,
    pub trees: u64,
    pub infected: u64,
    /// Share of cases whose infector (or import) is the true one, by times alone and with what a card names.
    pub by_times: Estimate,
    pub with_groups: Estimate,
    /// The same of a guess: one over the number of earlier cases within the longest serial interval.
    pub guessed: f64,
    /// Mean support of the infectors that were right and of those that were wrong.
    pub support_right: f64,
    pub support_wrong: f64,
}

/// Mean and deviation of the serial interval that each kind is scored with, in days (docs/city.md, generations).
const fn interval(kind: OutbreakKind) -> Option<(f64, f64)> {
    match kind {
        OutbreakKind::SchoolNorovirus => Some((1.8, 1.2)),
        OutbreakKind::InfluenzaSeason => Some((2.8, 1.5)),
        OutbreakKind::MeaslesChain => Some((11.7, 3.0)),
        OutbreakKind::HospitalCluster => Some((5.8, 3.5)),
        OutbreakKind::NewVariant => Some((3.15, 1.9)),
        OutbreakKind::CanteenFood => None,
    }
}

/// A case of a tree, with the number of the person.
type Member<'a> = (u64, &'a Infected);

#[derive(Default)]
struct Sums {
    trees: u64,
    all: u64,
    right: [u64; 2],
    guessed: f64,
    support: [(f64, u64); 2],
}

/// Scores every outbreak, street by street: by who fell ill, and by who has a card.
pub fn judge(made: &Made) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut reported: HashMap<(u32, u64), ()> = HashMap::new();
    for card in &made.cards {
        reported.extend(card.outbreak.map(|outbreak| ((outbreak, card.person), ())));
    }
    for (cases, by_card) in [("everybody ill", false), ("with a card", true)] {
        let mut groups: BTreeMap<(&str, u32, usize), Vec<Member>> = BTreeMap::new();
        for ((outbreak, person), one) in &made.infected {
            let chosen = if by_card { reported.contains_key(&(*outbreak, *person)) } else { one.ill };
            if chosen {
                let kind = made.city.outbreaks.all[*outbreak as usize].kind.name();
                groups.entry((kind, *outbreak, one.street)).or_default().push((*person, one));
            }
        }
        let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
        for ((kind, outbreak, _), mut members) in groups {
            let Some((mean, sd)) = interval(made.city.outbreaks.all[outbreak as usize].kind) else { continue };
            let sums = sums.entry(kind).or_default();
            if (5..=CASES_MAX).contains(&members.len()) && sums.trees < TREES_MAX {
                members.sort_by_key(|(person, one)| (one.onset, *person));
                add(made, outbreak, &members, Lags::gamma(mean, sd)?, sums)?;
            }
        }
        lines.extend(sums.into_iter().filter(|(_, sums)| sums.trees > 0).map(|(kind, sums)| line(kind, cases, &sums)));
    }
    Ok(lines)
}

fn line(kind: &str, cases: &'static str, sums: &Sums) -> Line {
    let mean = |(sum, count): (f64, u64)| if count > 0 { sum / count as f64 } else { 0.0 };
    Line {
        kind: kind.to_owned(),
        cases,
        trees: sums.trees,
        infected: sums.all,
        by_times: wilson(sums.right[0], sums.all),
        with_groups: wilson(sums.right[1], sums.all),
        guessed: sums.guessed / sums.all.max(1) as f64,
        support_right: mean(sums.support[1]),
        support_wrong: mean(sums.support[0]),
    }
}

fn add(made: &Made, outbreak: u32, members: &[Member], lags: Lags, sums: &mut Sums) -> anyhow::Result<()> {
    let places: HashMap<u64, usize> = members.iter().enumerate().map(|(nth, (person, _))| (*person, nth)).collect();
    // The next one up who is in the list: between two cases of the list there may be others whom nobody saw.
    let truth = |one: &Infected| {
        let mut by = one.by;
        while let Some(person) = by {
            match places.get(&person) {
                Some(nth) => return Some(*nth),
                None => by = made.infected.get(&(outbreak, person)).and_then(|one| one.by),
            }
        }
        None
    };
    let mut names: Vec<HashMap<&str, u32>> = vec![HashMap::new(); GROUPS.len()];
    let mut cases: Vec<Case> = Vec::new();
    for (_, one) in members {
        let groups = GROUPS.iter().zip(&mut names).map(|(kind, names)| {
            let unit = one.units.iter().find(|unit| unit.kind == *kind)?;
            let next = names.len() as u32;
            Some(*names.entry(&*unit.name).or_insert(next))
        });
        cases.push(Case { onset: one.onset, groups: groups.collect(), place: None });
    }
    let last = lags.last();
    let model = |groups: usize| Model {
        lags: lags.clone(),
        observed: 0.8,
        generations_max: 3,
        mutation: 1e-4,
        genome: 1e4,
        estimate: true,
        start: Parameters { imported: 0.1, epsilon: 0.7, lambda: 0.05, shared: vec![0.4; groups], distance_km: 1.0 },
    };
    let bare: Vec<Case> = cases.iter().map(|case| Case { groups: Vec::new(), ..case.clone() }).collect();
    let scored =
        [tree::score(&bare, &HashMap::new(), &model(0))?, tree::score(&cases, &HashMap::new(), &model(GROUPS.len()))?];
    sums.trees += 1;
    for (nth, (_, one)) in members.iter().enumerate() {
        let by = truth(one);
        sums.all += 1;
        for (which, scored) in scored.iter().enumerate() {
            sums.right[which] += u64::from(scored.tree[nth].infector == by);
        }
        let choice = &scored[1].tree[nth];
        let support = &mut sums.support[usize::from(choice.infector == by)];
        support.0 += choice.probability;
        support.1 += 1;
        let fits = |day: &Day| (0..=last).contains(&(one.onset - day));
        let earlier = members[..nth].iter().filter(|(_, other)| fits(&other.onset)).count();
        sums.guessed += 1.0 / (earlier as f64 + 1.0);
    }
    Ok(())
}
