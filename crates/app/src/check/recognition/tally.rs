//! What the check has counted, as a table and as JSON.

use super::truth::Repeat;
use crate::say;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Faults that are told one by one.
const SHOWN_MAX: usize = 20;

/// Orders and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub orders: u64,
    pub fen: i64,
}

impl Count {
    fn add(&mut self, fen: i64) {
        self.orders += 1;
        self.fen += fen;
    }

    fn join(&mut self, other: Count) {
        self.orders += other.orders;
        self.fen += other.fen;
    }
}

type Counts = BTreeMap<String, Count>;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Orders that were asked about.
    pub orders: u64,
    /// Orders whose registration the record did not have.
    pub unasked: u64,
    /// Rows of the truth among them: the same had been examined before.
    pub repeats: u64,
    /// Repeats that an earlier result could have stood for, of another hospital and of the same.
    pub avoidable: Count,
    pub avoidable_own: Count,
    /// Of these offered.
    pub offered: Count,
    /// Of these not offered, by causes that no rule can do anything about.
    pub missed: Counts,
    /// Of these not offered although everything needed was in the record, by what the decision said.
    pub missed_by_rules: Counts,
    /// Offered although the truth says that it was right to examine again, by the truth's reason.
    pub needless: Counts,
    /// Offers that rest on a result of another person.
    pub of_others: u64,
    /// Of these, where the registration itself was made on another person's card.
    pub of_others_by_card: u64,
    /// Told, without an offer: parts of a panel are there; ordered elsewhere and due soon.
    pub partly: u64,
    pub pending: u64,
    /// By item: avoidable and offered.
    pub items: BTreeMap<String, [Count; 2]>,
    /// The first faults, one a line.
    pub faults: Vec<String>,
}

/// What became of an avoidable repeat.
pub enum Became {
    Offered,
    /// Missed for a cause outside the rules.
    Missed(&'static str),
    /// Missed although nothing stood in the way.
    MissedByRules(String),
}

impl Tally {
    pub fn avoidable(&mut self, repeat: &Repeat, became: &Became) {
        let kind = if repeat.own { &mut self.avoidable_own } else { &mut self.avoidable };
        kind.add(repeat.fen);
        let [all, offered] = self.items.entry(repeat.item.clone()).or_default();
        all.add(repeat.fen);
        match became {
            Became::Offered => {
                offered.add(repeat.fen);
                self.offered.add(repeat.fen);
            }
            Became::Missed(cause) => self.missed.entry((*cause).to_owned()).or_default().add(repeat.fen),
            Became::MissedByRules(why) => self.missed_by_rules.entry(why.clone()).or_default().add(repeat.fen),
        }
    }

    pub fn needless(&mut self, reason: &str, fen: i64) {
        self.needless.entry(reason.to_owned()).or_default().add(fen);
    }

    pub fn fault(&mut self, text: String) {
        if self.faults.len() < SHOWN_MAX {
            self.faults.push(text);
        }
    }

    pub fn join(&mut self, other: Tally) {
        self.orders += other.orders;
        self.unasked += other.unasked;
        self.repeats += other.repeats;
        self.avoidable.join(other.avoidable);
        self.avoidable_own.join(other.avoidable_own);
        self.offered.join(other.offered);
        for (mine, theirs) in [
            (&mut self.missed, other.missed),
            (&mut self.missed_by_rules, other.missed_by_rules),
            (&mut self.needless, other.needless),
        ] {
            theirs.into_iter().for_each(|(key, count)| mine.entry(key).or_default().join(count));
        }
        self.of_others += other.of_others;
        self.of_others_by_card += other.of_others_by_card;
        self.partly += other.partly;
        self.pending += other.pending;
        for (item, counts) in other.items {
            let mine = self.items.entry(item).or_default();
            mine.iter_mut().zip(counts).for_each(|(mine, theirs)| mine.join(theirs));
        }
        other.faults.into_iter().for_each(|fault| self.fault(fault));
    }

    /// Everything that could be offered was, nothing else, and nobody else's.
    pub fn is_right(&self) -> bool {
        self.missed_by_rules.is_empty() && self.needless.is_empty() && self.of_others == 0
    }

    pub fn tell(&self) {
        say::text(&self.table());
    }

    fn table(&self) -> String {
        let mut text = String::new();
        let mut row = |name: &str, count: Count| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<58} {:>9} {:>14}", count.orders, yuan(count.fen));
        };
        let all = Count {
            orders: self.avoidable.orders + self.avoidable_own.orders,
            fen: self.avoidable.fen + self.avoidable_own.fen,
        };
        row("avoidable repeats 可避免的重复检查", all);
        row("  earlier result of another hospital 他院已有结果", self.avoidable);
        row("  earlier result of the same hospital 本院已有结果", self.avoidable_own);
        row("offered 已提示", self.offered);
        row("missed 未能提示", sum(&self.missed));
        self.missed.iter().for_each(|(cause, count)| row(&format!("  {}", cause_words(cause)), *count));
        row("missed by the rules 规则漏提 (must be 0)", sum(&self.missed_by_rules));
        self.missed_by_rules.iter().for_each(|(why, count)| row(&format!("  {why}"), *count));
        row("offered needlessly 不应提示而提示 (must be 0)", sum(&self.needless));
        self.needless.iter().for_each(|(why, count)| row(&format!("  {why}"), *count));
        let others = if self.of_others_by_card > 0 {
            format!(" ({} registered on another's card)", self.of_others_by_card)
        } else {
            String::new()
        };
        format!(
            "{} orders asked, {} of them after the same examination; {} without a registration in the record\n\
             {:<58} {:>9} {:>14}\n{text}\
             offers of another person's result 他人结果 (must be 0): {}{others}\n\
             told without an offer: part of a panel {}, ordered elsewhere and due soon {}\n\
             saved if all offers are taken: {} of {} yuan ({:.1} %)\n",
            self.orders,
            self.repeats,
            self.unasked,
            "",
            "orders",
            "yuan",
            self.of_others,
            self.partly,
            self.pending,
            yuan(self.offered.fen),
            yuan(all.fen),
            100.0 * self.offered.fen as f64 / all.fen.max(1) as f64,
        )
    }
}

fn sum(counts: &Counts) -> Count {
    counts.values().fold(Count::default(), |mut sum, count| {
        sum.join(*count);
        sum
    })
}

fn cause_words(cause: &str) -> String {
    let words = match cause {
        "not-arrived" => "the report had not reached the platform 报告未到平台",
        "identity" => "no certain link joins the registrations 身份未能确认",
        "unknown-code" => "a code is not mapped 编码未对照",
        other => other,
    };
    words.to_owned()
}

/// Fen as yuan.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(own: bool, fen: i64) -> Repeat {
        let text = String::new;
        Repeat {
            first: text(),
            item: "cbc".into(),
            own,
            avoidable: true,
            reason: text(),
            ordered: text(),
            arrived: text(),
            fen,
        }
    }

    #[test]
    fn sums_join_and_faults_count() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.avoidable(&repeat(false, 2000), &Became::Offered);
        other.avoidable(&repeat(true, 500), &Became::Missed("identity"));
        one.join(other);
        assert!(one.is_right());
        assert_eq!((one.avoidable.fen, one.avoidable_own.fen, one.offered.orders), (2000, 500, 1));
        assert_eq!(one.items["cbc"].map(|count| count.orders), [2, 1]);
        assert!(one.table().contains("20.00 of 25.00 yuan (80.0 %)"), "{}", one.table());
        one.avoidable(&repeat(false, 1), &Became::MissedByRules("too-old".to_owned()));
        assert!(!one.is_right());
    }
}
