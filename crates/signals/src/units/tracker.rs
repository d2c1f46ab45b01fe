//! Cases as they come, one version at a time, and the clusters that stand.

use super::window::{Span, spans};
use super::{Case, Diseases, Rule, Unit, UnitKind};
use crate::Day;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Whose cases are counted together: a rule's, in one of its units.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Place in the list of rules.
    pub rule: usize,
    pub unit: Unit,
    pub disease: Arc<str>,
}

/// A cluster that stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cluster {
    pub place: Place,
    pub span: Span,
    /// Ids of the cases that were counted, by onset.
    pub members: Vec<Arc<str>>,
}

/// What an addition did to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A window reached the threshold.
    Opened,
    /// Cases joined it, left it or moved within it; or two became one.
    Changed,
    /// A case that belongs between the parts was corrected: one became several.
    Split,
    /// No window reaches the threshold any more.
    TakenBack,
}

/// What an addition changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub place: Place,
    pub why: Why,
    /// Clusters as they stood before; several where they became one.
    pub was: Vec<Span>,
    /// As they stand now; none where it was taken back.
    pub now: Vec<Span>,
}

/// What became of a version that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Added {
    New,
    /// It replaced an earlier version.
    Corrected,
    /// The same version with the same content had come before.
    Duplicate,
    /// A later version had come before.
    Stale,
    /// The same version with another content had come before: the one that is greater in the order of its fields
    /// stands, whichever came first.
    Contradicts,
}

/// Why no rule counts a case in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missed {
    /// No rule counts its disease.
    Rule,
    /// Rules of its disease count in units, and it has none.
    Unit,
    /// They count in units of other kinds than it has.
    UnitKind,
}

/// The cases of a place, by onset.
type Group = BTreeMap<Day, BTreeSet<Arc<str>>>;

/// The latest version of every case, and the clusters that stand.
pub struct Tracker<'a> {
    rules: &'a [Rule],
    diseases: &'a Diseases,
    /// Rules by disease.
    by_disease: HashMap<String, Vec<usize>>,
    cases: HashMap<Arc<str>, Case>,
    groups: HashMap<Place, Group>,
    spans: HashMap<Place, BTreeSet<Span>>,
}

impl<'a> Tracker<'a> {
    pub fn new(rules: &'a [Rule], diseases: &'a Diseases) -> Tracker<'a> {
        let mut by_disease: HashMap<String, Vec<usize>> = HashMap::new();
        for (nth, rule) in rules.iter().enumerate() {
            for disease in &rule.diseases {
                // A rule may call a disease by another of its names than the cases do.
                let list = by_disease.entry(diseases.keys(disease).swap_remove(0)).or_default();
                if list.last() != Some(&nth) {
                    list.push(nth);
                }
            }
        }
        let (cases, groups, spans) = (HashMap::new(), HashMap::new(), HashMap::new());
        Tracker { rules, diseases, by_disease, cases, groups, spans }
    }

    /// The latest versions of all cases, in no order.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// Takes in a version of a case and tells which clusters it changed, by place.
    pub fn add(&mut self, mut case: Case) -> (Added, Vec<Change>) {
        case.units.sort();
        case.units.dedup();
        let before = self.cases.get(&case.id);
        let added = match before {
            None => Added::New,
            Some(before) if before.version > case.version => return (Added::Stale, Vec::new()),
            Some(before) if *before == case => return (Added::Duplicate, Vec::new()),
            Some(before) if before.version == case.version && *before > case => {
                return (Added::Contradicts, Vec::new());
            }
            Some(before) if before.version == case.version => Added::Contradicts,
            Some(_) => Added::Corrected,
        };
        let mut touched: BTreeMap<Place, Vec<Day>> = BTreeMap::new();
        if let Some(before) = before {
            let (id, onset) = (before.id.clone(), before.onset);
            for place in self.places(before) {
                self.leave(&place, onset, &id);
                touched.entry(place).or_default().push(onset);
            }
        }
        for place in self.places(&case) {
            let days = touched.entry(place.clone()).or_default();
            if !days.contains(&case.onset) {
                days.push(case.onset);
            }
            self.groups.entry(place).or_default().entry(case.onset).or_default().insert(case.id.clone());
        }
        self.cases.insert(case.id.clone(), case);
        let mut changes = Vec::new();
        for (place, days) in touched {
            self.recount(&place, &days, &mut changes);
        }
        (added, changes)
    }

    /// Why no rule counts a case in a unit; none where one does, or where its rules ask for no unit.
    pub fn missed(&self, case: &Case) -> Option<Missed> {
        if case.withdrawn {
            return None;
        }
        let keys = self.diseases.keys(&case.disease);
        let mut rules = keys.iter().filter_map(|key| self.by_disease.get(key)).flatten().peekable();
        if rules.peek().is_none() {
            return Some(Missed::Rule);
        }
        let kinds: BTreeSet<UnitKind> = rules.flat_map(|nth| self.rules[*nth].units.iter().copied()).collect();
        let asks = kinds.iter().any(|kind| *kind != UnitKind::Any);
        let has = case.units.iter().any(|unit| unit.kind != UnitKind::Any && kinds.contains(&unit.kind));
        match (asks && !has, case.units.is_empty()) {
            (false, _) => None,
            (true, true) => Some(Missed::Unit),
            (true, false) => Some(Missed::UnitKind),
        }
    }

    /// Keys of the diseases that some rule counts.
    pub fn counted_diseases(&self) -> BTreeSet<&str> {
        let counts = |keys: &&[String]| keys.iter().any(|key| self.by_disease.contains_key(key));
        let known = self.diseases.all().filter(counts).map(|keys| keys[0].as_str());
        known.chain(self.by_disease.keys().map(String::as_str)).collect()
    }

    /// Every cluster that stands, by place and time.
    pub fn clusters(&self) -> Vec<Cluster> {
        let mut clusters: Vec<Cluster> = self
            .spans
            .iter()
            .flat_map(|(place, spans)| {
                spans.iter().map(|span| Cluster {
                    place: place.clone(),
                    span: *span,
                    members: self.members(place, span),
                })
            })
            .collect();
        clusters.sort();
        clusters
    }

    /// Ids of the cases of a place within a span, by onset.
    pub fn members(&self, place: &Place, span: &Span) -> Vec<Arc<str>> {
        let Some(group) = self.groups.get(place) else { return Vec::new() };
        group.range(span.first_onset..=span.last_onset).flat_map(|(_, ids)| ids.iter().cloned()).collect()
    }

    /// Where a case counts.
    fn places(&self, case: &Case) -> Vec<Place> {
        let mut places = Vec::new();
        if case.withdrawn {
            return places;
        }
        for disease in self.diseases.keys(&case.disease) {
            let Some(rules) = self.by_disease.get(disease.as_str()) else { continue };
            let disease: Arc<str> = disease.into();
            for nth in rules {
                let rule = &self.rules[*nth];
                if !rule.counted.holds(case) {
                    continue;
                }
                let place = |unit: Unit| Place { rule: *nth, unit, disease: disease.clone() };
                if rule.units.contains(&UnitKind::Any) {
                    places.push(place(Unit { kind: UnitKind::Any, name: "".into() }));
                }
                let of_rule = |unit: &&Unit| unit.kind != UnitKind::Any && rule.units.contains(&unit.kind);
                places.extend(case.units.iter().filter(of_rule).cloned().map(place));
            }
        }
        places
    }

    fn leave(&mut self, place: &Place, onset: Day, id: &Arc<str>) {
        let Some(group) = self.groups.get_mut(place) else { return };
        if let Some(ids) = group.get_mut(&onset) {
            ids.remove(id);
            if ids.is_empty() {
                group.remove(&onset);
            }
        }
        if group.is_empty() {
            self.groups.remove(place);
        }
    }

    /// Recounts the cases around days that changed. No window reaches over a gap as long as itself, so only the cases
    /// that hang together with such a day can have changed their clusters.
    fn recount(&mut self, place: &Place, days: &[Day], changes: &mut Vec<Change>) {
        let rule = &self.rules[place.rule];
        let empty = Group::new();
        let group = self.groups.get(place).unwrap_or(&empty);
        let mut parts: Vec<(Day, Day)> = days.iter().map(|day| around(group, *day, rule.window_days)).collect();
        parts.sort_unstable();
        parts.dedup_by(|later, earlier| {
            let joined = later.0 <= earlier.1;
            earlier.1 = if joined { earlier.1.max(later.1) } else { earlier.1 };
            joined
        });
        let standing = self.spans.entry(place.clone()).or_default();
        for (from, to) in parts {
            let counts: Vec<(Day, usize)> = group.range(from..=to).map(|(day, ids)| (*day, ids.len())).collect();
            let inside = |span: &&Span| span.first_onset <= to && from <= span.last_onset;
            let was: Vec<Span> = standing.iter().filter(inside).copied().collect();
            let now = spans(rule, &counts);
            was.iter().for_each(|span| {
                standing.remove(span);
            });
            standing.extend(now.iter().copied());
            tell(place, &was, &now, changes);
        }
        if standing.is_empty() {
            self.spans.remove(place);
        }
    }
}

/// The first and the last day of the cases that hang together with a day, by gaps shorter than the window.
fn around(group: &Group, day: Day, window_days: u32) -> (Day, Day) {
    let width = i32::try_from(window_days).unwrap_or(i32::MAX / 4);
    let mut from = day;
    for (before, _) in group.range(..day).rev() {
        if from.saturating_sub(*before) >= width {
            break;
        }
        from = *before;
    }
    let mut to = day;
    for (after, _) in group.range(day.saturating_add(1)..) {
        if after.saturating_sub(to) >= width {
            break;
        }
        to = *after;
    }
    (from, to)
}

/// Puts clusters before and after side by side: those that overlap are the same.
fn tell(place: &Place, was: &[Span], now: &[Span], changes: &mut Vec<Change>) {
    let mut taken = vec![false; now.len()];
    let mut told = vec![false; was.len()];
    for nth in 0..was.len() {
        if told[nth] {
            continue;
        }
        let mut before = vec![was[nth]];
        told[nth] = true;
        let mut after: Vec<Span> = Vec::new();
        // Overlaps go on from one to the next, so both sides are gathered until nothing is added.
        loop {
            let size = before.len() + after.len();
            for (other, span) in now.iter().enumerate() {
                if !taken[other] && before.iter().any(|known| known.meets(span)) {
                    taken[other] = true;
                    after.push(*span);
                }
            }
            for (other, span) in was.iter().enumerate() {
                if !told[other] && after.iter().any(|known| known.meets(span)) {
                    told[other] = true;
                    before.push(*span);
                }
            }
            if before.len() + after.len() == size {
                break;
            }
        }
        let why = match after.len() {
            _ if before == after => continue,
            0 => Why::TakenBack,
            1 => Why::Changed,
            _ if before.len() == 1 => Why::Split,
            _ => Why::Changed,
        };
        changes.push(Change { place: place.clone(), why, was: before, now: after });
    }
    for (other, span) in now.iter().enumerate() {
        if !taken[other] {
            changes.push(Change { place: place.clone(), why: Why::Opened, was: Vec::new(), now: vec![*span] });
        }
    }
}
