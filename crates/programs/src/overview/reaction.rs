//! The reaction that keeps the tallies: what each version in the feed contributes, less what the version before did.

use super::rules::{self, Contribution, Measure};
use base::{Cx, Millis, Result};
use fhir::definitions::r4;
use runtime::reactions::Reaction;
use std::collections::{BTreeMap, HashMap};
use store::{Batch, Op, ShelfOp, Store, Stored};

pub const REACTION: Reaction = Reaction {
    name: "overview-tallies",
    types: rules::TYPES,
    spaces: SPACES,
    // Many versions become few tallies: the larger the slice, the fewer rows are touched.
    slice_entries_max: 20_000,
    plan,
};

/// When each institution's last message came (a row by institution; the document is the instant in milliseconds).
pub const SENDERS: &str = "overview.senders";

const SPACES: &[&str] = &{
    let mut spaces = [SENDERS; Measure::ALL.len() + 1];
    let mut nth = 0;
    while nth < Measure::ALL.len() {
        spaces[nth] = Measure::ALL[nth].space();
        nth += 1;
    }
    spaces
};

fn plan(cx: &Cx, store: &Store, slice: &[Stored]) -> Result<Batch> {
    let mut sums = Sums::default();
    for entry in slice.iter().filter(|entry| entry.op != Op::Delete) {
        cx.go_on()?;
        let resource = entry.resource()?;
        let (name, root) = (r4().type_name(entry.type_), resource.root());
        sums.add_all(rules::facts(name, root, entry.updated, store.zone()), 1);
        sums.add_all(rules::arrival(name, root, entry.updated, store.zone()), 1);
        sums.came(rules::sender(root), entry.updated);
    }
    for before in store.replaced(slice)?.into_iter().flatten() {
        let resource = before.resource()?;
        let name = r4().type_name(before.type_);
        sums.add_all(rules::facts(name, resource.root(), before.updated, store.zone()), -1);
    }
    Ok(Batch { shelves: sums.into_shelves(), ..Batch::default() })
}

/// What a slice adds up to.
#[derive(Default)]
struct Sums {
    counts: HashMap<Contribution, i64>,
    last: BTreeMap<String, Millis>,
}

impl Sums {
    fn add_all(&mut self, found: Vec<Contribution>, add: i64) {
        for contribution in found {
            *self.counts.entry(contribution).or_default() += add;
        }
    }

    fn came(&mut self, sender: String, at: Millis) {
        if !sender.is_empty() {
            self.last.insert(sender, at);
        }
    }

    /// In the order of the tally's key, so that the writer touches each page once.
    fn into_shelves(self) -> Vec<ShelfOp> {
        let mut counts: Vec<(Contribution, i64)> = self.counts.into_iter().filter(|(_, add)| *add != 0).collect();
        counts.sort_unstable_by(|(a, _), (b, _)| (a.measure, a.day, &a.key).cmp(&(b.measure, b.day, &b.key)));
        let tally = |(what, add): (Contribution, i64)| ShelfOp::Tally {
            space: what.measure.space().to_owned(),
            key: what.key,
            day: what.day,
            add,
        };
        let row = |(key, at): (String, Millis)| ShelfOp::Row {
            space: SENDERS.to_owned(),
            key,
            sort: String::new(),
            doc: Some(at.to_string().into_bytes()),
        };
        counts.into_iter().map(tally).chain(self.last.into_iter().map(row)).collect()
    }
}
