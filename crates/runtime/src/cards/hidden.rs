//! Which figures of cards an officer is not told: counts from one to four, and those from which they could be computed
//! within one answer, or from the answer by the level above (source, institution, department, doctor).

use crate::small::{below, is_small};
use std::collections::BTreeMap;

/// Sums of some cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub shown: i64,
    pub offers: i64,
    pub opened: i64,
    pub accepted: i64,
    pub overridden: i64,
    pub dismissed: i64,
    /// Of questions; told by source and institution alone.
    pub asked: i64,
    pub again: i64,
    pub late: i64,
}

/// Kinds of figures that are hidden each for itself: none can be computed from another kind's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How many of those shown asked for a decision. It hides the choices too, which would tell it.
    Offers,
    Choices,
    Opened,
    Dismissed,
    Asked,
    Again,
    Late,
}

const KINDS: [Kind; 7] =
    [Kind::Offers, Kind::Choices, Kind::Opened, Kind::Dismissed, Kind::Asked, Kind::Again, Kind::Late];

/// Counted by source and institution, not by card: they are hidden by themselves alone, and the sums of a source hold
/// those of institutions that have no row.
const OF_QUESTIONS: [Kind; 3] = [Kind::Asked, Kind::Again, Kind::Late];

/// What is hidden of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub shown: bool,
    kinds: [bool; KINDS.len()],
}

/// Rows by their group: source, then institution, department and doctor as far as the level goes.
pub type Level = BTreeMap<Vec<String>, Sums>;

impl Sums {
    pub fn unanswered(&self) -> i64 {
        (self.offers - self.accepted - self.overridden).max(0)
    }

    /// Sums none of which may be small.
    fn of(&self, kind: Kind) -> [i64; 3] {
        match kind {
            Kind::Offers => [self.offers, self.shown - self.offers, 0],
            Kind::Choices => [self.accepted, self.overridden, self.unanswered()],
            Kind::Opened => [self.opened, self.shown - self.opened, 0],
            Kind::Dismissed => [self.dismissed, self.shown - self.accepted - self.overridden - self.dismissed, 0],
            Kind::Asked => [self.asked, 0, 0],
            Kind::Again => [self.again, 0, 0],
            Kind::Late => [self.late, 0, 0],
        }
    }

    fn is_there(&self) -> bool {
        self.shown > 0 || self.asked > 0
    }
}

impl Hidden {
    pub fn hides(&self, kind: Kind) -> bool {
        self.kinds[kind as usize]
    }
}

/// What is hidden of the rows of the last level. Each level's rows are the parts of the rows of the one before.
pub fn hide(levels: &[Level]) -> BTreeMap<Vec<String>, Hidden> {
    let mut above: BTreeMap<Vec<String>, (Sums, Hidden)> = BTreeMap::new();
    for level in levels {
        let mut parts: BTreeMap<&[String], Vec<(&Vec<String>, Sums)>> = BTreeMap::new();
        for (group, counts) in level {
            parts.entry(&group[..group.len() - 1]).or_default().push((group, *counts));
        }
        let mut hidden = BTreeMap::new();
        for (whole, rows) in parts {
            let counts: Vec<Sums> = rows.iter().map(|(_, counts)| *counts).collect();
            let found = match above.get(whole) {
                Some((sums, hidden)) => hide_parts(sums, *hidden, &counts),
                // What all sources have in common is told by no answer.
                None => counts.iter().flat_map(|row| hide_parts(row, Hidden::default(), &[*row])).collect(),
            };
            hidden.extend(rows.into_iter().zip(found).map(|((group, sums), found)| (group.clone(), (sums, found))));
        }
        above = hidden;
    }
    above.into_iter().map(|(group, (_, hidden))| (group, hidden)).collect()
}

/// What is hidden of rows that add up to one of which this much is hidden.
fn hide_parts(sums: &Sums, whole: Hidden, rows: &[Sums]) -> Vec<Hidden> {
    let shown: Vec<i64> = rows.iter().map(|row| row.shown).collect();
    let mut hidden: Vec<Hidden> =
        below(whole.shown, &shown).into_iter().map(|shown| Hidden { shown, kinds: [shown; KINDS.len()] }).collect();
    for kind in OF_QUESTIONS {
        let counts: Vec<i64> = rows.iter().map(|row| row.of(kind)[0]).collect();
        // What no row counts is as one row more: it could be computed from the whole.
        let rest = sums.of(kind)[0] - counts.iter().sum::<i64>();
        let counts: Vec<i64> = counts.into_iter().chain([rest]).collect();
        for (found, row) in below(whole.hides(kind), &counts).into_iter().zip(&mut hidden) {
            row.kinds[kind as usize] = found;
        }
    }
    for kind in KINDS.into_iter().filter(|kind| !OF_QUESTIONS.contains(kind)) {
        let at = kind as usize;
        for (row, hidden) in rows.iter().zip(&mut hidden) {
            let with_offers = kind == Kind::Choices && hidden.kinds[Kind::Offers as usize];
            let with_whole = whole.kinds[at] && row.is_there();
            hidden.kinds[at] |= with_offers || with_whole || row.of(kind).into_iter().any(is_small);
        }
        while gives_away(kind, rows, &hidden) {
            let open = (0..rows.len()).filter(|&row| !hidden[row].kinds[at] && rows[row].is_there());
            let Some(next) = open.min_by_key(|&row| rows[row].shown) else { break };
            hidden[next].kinds[at] = true;
        }
    }
    hidden
}

/// Whether the hidden counts of a kind could be computed from the whole and what is told.
fn gives_away(kind: Kind, rows: &[Sums], hidden: &[Hidden]) -> bool {
    let kept: Vec<[i64; 3]> =
        rows.iter().zip(hidden).filter(|(_, hidden)| hidden.hides(kind)).map(|(row, _)| row.of(kind)).collect();
    match kept.len() {
        0 => false,
        1 => true,
        _ => (0..3).any(|column| is_small(kept.iter().map(|counts| counts[column]).sum())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn row(shown: i64, accepted: i64, overridden: i64) -> Sums {
        Sums { shown, offers: shown, opened: 0, accepted, overridden, ..Sums::default() }
    }

    #[test]
    fn a_small_count_is_not_found_by_taking_the_others_from_the_whole() {
        let parts = [
            ("h1", row(3, 0, 0)),
            ("h2", row(40, 20, 10)),
            ("h3", row(9, 0, 9)),
            ("h4", row(30, 28, 2)),
            ("h5", row(60, 30, 20)),
        ];
        let level: Level = parts.iter().map(|(name, counts)| (group(&["s", name]), *counts)).collect();
        let sum = |of: fn(&Sums) -> i64| parts.iter().map(|(_, counts)| of(counts)).sum::<i64>();
        let whole = Sums {
            offers: sum(|row| row.offers),
            ..row(sum(|row| row.shown), sum(|row| row.accepted), sum(|row| row.overridden))
        };
        let hidden = hide(&[Level::from([(group(&["s"]), whole)]), level]);
        let told = |name: &str| hidden[&group(&["s", name])];
        assert!(told("h1").shown && told("h3").shown, "the next smallest goes with it");
        assert!(!told("h2").shown && !told("h5").shown);
        assert!(told("h4").hides(Kind::Choices) && !told("h4").shown && !told("h4").hides(Kind::Opened));
        assert!(!told("h5").hides(Kind::Choices));
        // One department is all of its hidden hospital.
        let hidden = hide(&[
            Level::from([(group(&["s"]), row(50, 25, 25))]),
            Level::from([(group(&["s", "h1"]), row(3, 0, 0)), (group(&["s", "h2"]), row(47, 25, 22))]),
            Level::from([(group(&["s", "h1", "d"]), row(3, 0, 0)), (group(&["s", "h2", "d"]), row(47, 25, 22))]),
        ]);
        assert!(hidden.values().all(|hidden| hidden.shown));
    }

    #[test]
    fn few_questions_are_hidden_where_an_institution_has_no_row_too() {
        let asked = |asked: i64| Sums { asked, ..row(50, 25, 25) };
        let hidden = |whole: i64, rows: &[i64]| -> Vec<bool> {
            let rows: Vec<Sums> = rows.iter().map(|&count| asked(count)).collect();
            let found = hide_parts(&asked(whole), Hidden::default(), &rows);
            assert!(found.iter().all(|row| !row.shown && !row.hides(Kind::Choices)));
            found.iter().map(|row| row.hides(Kind::Asked)).collect()
        };
        assert_eq!(hidden(62, &[3, 50, 9]), [true, false, true], "the next smallest goes with it");
        assert_eq!(hidden(62, &[50, 9]), [false, true], "three without a row");
        assert_eq!(hidden(70, &[50, 9]), [false, false]);
        assert_eq!(hidden(59, &[50, 9]), [false, false]);
    }

    /// Whatever the counts: of each kind nothing small is told, and what is hidden beside what is told is more than one
    /// row and sums that are not small, or all there is.
    #[test]
    fn no_hidden_count_can_be_computed_from_those_beside_it() {
        let mut state = 7_u64;
        let mut draw = |end: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i64 % end
        };
        for _ in 0..2_000 {
            let mut rows: Vec<Sums> = Vec::new();
            for _ in 0..draw(6) + 1 {
                let offers = draw(40);
                let accepted = draw(offers + 1);
                let overridden = draw(offers - accepted + 1);
                let shown = offers + draw(9);
                let dismissed = draw(shown - accepted - overridden + 1);
                let opened = draw(shown + 1);
                rows.push(Sums { shown, offers, opened, accepted, overridden, dismissed, ..Sums::default() });
            }
            let hidden = hide_parts(&Sums::default(), Hidden::default(), &rows);
            for kind in KINDS {
                let kept: Vec<&Sums> =
                    rows.iter().zip(&hidden).filter(|(_, hidden)| hidden.hides(kind)).map(|(row, _)| row).collect();
                for (row, hidden) in rows.iter().zip(&hidden).filter(|(_, hidden)| !hidden.hides(kind)) {
                    assert!(!hidden.shown || OF_QUESTIONS.contains(&kind), "{kind:?} {row:?}");
                    assert!(!row.of(kind).into_iter().any(is_small), "{kind:?} {row:?}");
                }
                let all = rows.iter().filter(|row| row.is_there()).count();
                let small = (0..3).any(|column| is_small(kept.iter().map(|row| row.of(kind)[column]).sum()));
                assert!(kept.is_empty() || kept.len() >= all || (kept.len() > 1 && !small), "{kind:?} {kept:?}");
            }
        }
    }
}
