//! Clusters in units, as they open while the cards arrive.

use super::made::{Card, Made};
use city::Day;
use serde::Serialize;
use signals::evaluate::{Estimate, bootstrap, wilson};
use signals::units::{self, Case, Place, Rule, Span, Tracker, Why};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What one rule did in the last year.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Line {
    pub rule: String,
    pub kind: String,
    /// Clusters that opened.
    pub opened: u64,
    /// Share of them that had a case of an outbreak among their members.
    pub ppv: Estimate,
    /// Outbreaks of which one had a case.
    pub outbreaks: u64,
    /// Mean days from the first onset of an outbreak to the first such cluster.
    pub delay: Estimate,
}

/// Outbreaks that left so many cards, and those that a cluster found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    pub kind: String,
    pub outbreaks: u64,
    pub with_cards: u64,
    pub with_five_cards: u64,
    pub by_local: u64,
    pub by_legal: u64,
    /// Mean days from the first onset to the first card, and to the first local cluster.
    pub first_card_days: Estimate,
    pub local_days: Estimate,
}

/// Days, each for one outbreak, as the bootstrap takes them.
type Days = Vec<(f64, f64)>;

struct Opened {
    rule: usize,
    day: Day,
    outbreaks: HashSet<u32>,
}

/// Lets the cards arrive and tells what the shipped thresholds make of them.
pub fn judge(made: &Made, draws: usize) -> (Vec<Line>, Vec<Found>) {
    let rules = units::thresholds();
    let opened = opened(made, rules);
    let begins = begins(made);
    let mut lines: BTreeMap<usize, Vec<&Opened>> = BTreeMap::new();
    opened.iter().for_each(|one| lines.entry(one.rule).or_default().push(one));
    let line = |(rule, all): (usize, Vec<&Opened>)| {
        let mut first: BTreeMap<u32, Day> = BTreeMap::new();
        for one in &all {
            for outbreak in &one.outbreaks {
                first.entry(*outbreak).and_modify(|day| *day = one.day.min(*day)).or_insert(one.day);
            }
        }
        let hits = all.iter().filter(|one| !one.outbreaks.is_empty()).count() as u64;
        let delays = first.iter().filter_map(|(outbreak, day)| Some((f64::from(day - begins.get(outbreak)?), 1.0)));
        Line {
            rule: rules[rule].rule.clone(),
            kind: rules[rule].kind.name().to_owned(),
            opened: all.len() as u64,
            ppv: wilson(hits, all.len() as u64),
            outbreaks: first.len() as u64,
            delay: bootstrap(&delays.collect::<Vec<_>>(), draws, 1),
        }
    };
    let found = found(made, rules, &opened, &begins, draws);
    (lines.into_iter().map(line).collect(), found)
}

/// Clusters that opened in the judged year, by the cards as they arrived.
fn opened(made: &Made, rules: &[Rule]) -> Vec<Opened> {
    let mut tracker = Tracker::new(rules, units::diseases());
    let mut outbreak_of: HashMap<String, u32> = HashMap::new();
    let mut open: HashMap<(Place, Span), usize> = HashMap::new();
    let mut all: Vec<Opened> = Vec::new();
    for card in &made.cards {
        let id = id(card);
        if let Some(outbreak) = card.outbreak {
            outbreak_of.insert(id.clone(), outbreak);
        }
        let case = Case {
            version: 1,
            id: id.as_str().into(),
            disease: card.disease.to_owned(),
            onset: card.onset,
            units: card.units.clone(),
            death: false,
            admitted: card.admitted,
            withdrawn: false,
        };
        for change in tracker.add(case).1 {
            let known = change.was.iter().filter_map(|span| open.remove(&(change.place.clone(), *span))).min();
            for span in &change.now {
                let members = tracker.members(&change.place, span);
                let outbreaks: HashSet<u32> = members.iter().filter_map(|id| outbreak_of.get(&**id).copied()).collect();
                let nth = match known {
                    Some(nth) if change.why != Why::Opened => nth,
                    _ => {
                        all.push(Opened { rule: change.place.rule, day: card.known, outbreaks: HashSet::new() });
                        all.len() - 1
                    }
                };
                all[nth].outbreaks.extend(outbreaks);
                open.insert((change.place.clone(), *span), nth);
            }
        }
    }
    all.retain(|one| one.day >= made.judged);
    all
}

fn id(card: &Card) -> String {
    format!("{}-{}-{}", card.person, card.disease, card.onset)
}

/// The first onset of every outbreak.
fn begins(made: &Made) -> BTreeMap<u32, Day> {
    let mut begins: BTreeMap<u32, Day> = BTreeMap::new();
    for one in made.infected.values().filter(|one| one.ill) {
        begins.entry(one.outbreak).and_modify(|day| *day = one.onset.min(*day)).or_insert(one.onset);
    }
    begins
}

fn found(made: &Made, rules: &[Rule], opened: &[Opened], begins: &BTreeMap<u32, Day>, draws: usize) -> Vec<Found> {
    let mut found: BTreeMap<&str, (Found, [Days; 2])> = BTreeMap::new();
    for outbreak in &made.city.outbreaks.all {
        let (of_kind, delays) = found.entry(outbreak.kind.name()).or_default();
        of_kind.kind = outbreak.kind.name().to_owned();
        of_kind.outbreaks += 1;
        let cards: Vec<&Card> = made.cards.iter().filter(|card| card.outbreak == Some(outbreak.number)).collect();
        of_kind.with_cards += u64::from(!cards.is_empty());
        of_kind.with_five_cards += u64::from(cards.len() >= 5);
        let first = |kind: &str| {
            let mine = opened.iter().filter(|one| one.outbreaks.contains(&outbreak.number));
            mine.filter(|one| rules[one.rule].kind.name() == kind).map(|one| one.day).min()
        };
        of_kind.by_legal += u64::from(first("legal").is_some());
        let local = first("local");
        of_kind.by_local += u64::from(local.is_some());
        let Some(begin) = begins.get(&outbreak.number) else { continue };
        let since = |day: Option<Day>| day.map(|day| (f64::from(day - begin), 1.0));
        delays[0].extend(since(cards.iter().map(|card| card.known).min()));
        delays[1].extend(since(local));
    }
    let finish = |(mut of_kind, delays): (Found, [Days; 2])| {
        [of_kind.first_card_days, of_kind.local_days] = delays.map(|delays| bootstrap(&delays, draws, 1));
        of_kind
    };
    found.into_values().map(finish).collect()
}
