//! The reaction that keeps the tallies: what each version in the feed contributes, less what the version before did.

use super::rules::{self, Contribution, Measure};
use base::{Cx, Millis, Result};
use fhir::definitions::r4;
use runtime::program::Env;
use runtime::reactions::Reaction;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Batch, Op, ShelfOp, Stored};

pub const REACTION: Reaction = Reaction {
    name: "overview-tallies",
    types: rules::TYPES,
    spaces: SPACES,
    after: &[],
    rest: None,
    // Many versions become few tallies: the larger the slice, the fewer rows are touched.
    slice_entries_max: 30_000,
    plan,
};

/// When each institution's last message came (a row by institution; the document is the instant in milliseconds).
pub const SENDERS: &str = "overview.senders";

/// The row of `SENDERS` that holds the first day on which anything came (days since 1970-01-01).
pub const FIRST_DAY: &str = "";
/// Up to where the feed was counted when a day was last touched (a row by day): a mark for what is held in memory.
pub const DAYS: &str = "overview.days";
/// What the diseases of report cards are called (a row by code).
pub const DISEASES: &str = "overview.diseases";

const SPACES: &[&str] = &{
    let mut spaces = [SENDERS; Measure::ALL.len() + 3];
    spaces[Measure::ALL.len()] = DAYS;
    spaces[Measure::ALL.len() + 1] = DISEASES;
    let mut nth = 0;
    while nth < Measure::ALL.len() {
        spaces[nth] = Measure::ALL[nth].space();
        nth += 1;
    }
    spaces
};

/// The sort key of a day's row. Days before 1970 have none: no board shows them.
pub fn day_key(day: i32) -> String {
    format!("{day:07}")
}

fn plan(cx: &Cx, env: &Env, slice: &[Stored]) -> Result<Batch> {
    let store = &env.store;
    let mut sums = Sums::default();
    for entry in slice.iter().filter(|entry| entry.op != Op::Delete) {
        cx.go_on()?;
        let resource = entry.resource()?;
        let (name, root) = (r4().type_name(entry.type_), resource.root());
        sums.add_all(rules::facts(name, root, entry.updated, store.zone()), 1);
        sums.add_all(rules::arrival(name, root, entry.updated, store.zone()), 1);
        sums.came(rules::sender(root), entry.updated);
        sums.diseases.extend(rules::disease(name, root));
    }
    if store.row_read(SENDERS, FIRST_DAY)?.is_none()
        && let Some(first) = slice.first()
    {
        sums.first_day = Some(store.zone().day_and_minute(first.updated).0);
    }
    for before in store.replaced(slice)?.into_iter().flatten() {
        let resource = before.resource()?;
        let name = r4().type_name(before.type_);
        sums.add_all(rules::facts(name, resource.root(), before.updated, store.zone()), -1);
    }
    let last = slice.last().map_or(0, |entry| entry.position);
    Ok(Batch { shelves: sums.into_shelves(last), ..Batch::default() })
}

/// What a slice adds up to.
#[derive(Default)]
struct Sums {
    counts: HashMap<Contribution, i64>,
    last: BTreeMap<String, Millis>,
    diseases: BTreeMap<String, String>,
    first_day: Option<i32>,
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
    fn into_shelves(self, position: u64) -> Vec<ShelfOp> {
        let mut counts: Vec<(Contribution, i64)> = self.counts.into_iter().filter(|(_, add)| *add != 0).collect();
        counts.sort_unstable_by(|(a, _), (b, _)| (a.measure, a.day, &a.key).cmp(&(b.measure, b.day, &b.key)));
        let days: BTreeSet<i32> = counts.iter().map(|(what, _)| what.day).filter(|&day| day >= 0).collect();
        let tally = |(what, add): (Contribution, i64)| ShelfOp::Tally {
            space: what.measure.space().to_owned(),
            key: what.key,
            day: what.day,
            add,
        };
        let mut shelves: Vec<ShelfOp> = counts.into_iter().map(tally).collect();
        shelves.extend(days.into_iter().map(|day| row(DAYS, day.to_string(), day_key(day), position.to_string())));
        shelves.extend(self.last.into_iter().map(|(key, at)| row(SENDERS, key, String::new(), at.to_string())));
        shelves.extend(self.diseases.into_iter().map(|(code, name)| row(DISEASES, code, String::new(), name)));
        shelves.extend(self.first_day.map(|day| row(SENDERS, FIRST_DAY.to_owned(), String::new(), day.to_string())));
        shelves
    }
}

fn row(space: &str, key: String, sort: String, doc: String) -> ShelfOp {
    ShelfOp::Row { space: space.to_owned(), key, sort, doc: Some(doc.into_bytes()) }
}
