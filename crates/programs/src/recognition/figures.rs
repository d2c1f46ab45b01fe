//! The figures of mutual recognition, and which of them a reader without sight of persons may see. Values in, values out.
//!
//! Alerts (提示数 P) are offers that were shown; accepted (互认数 A) and overridden (不互认数 R) are what was chosen last;
//! what is left, P − A − R, is unanswered. Both rates are published: A/P of the alerts, A/(A+R) of the decisions.

use super::alert::Outcome;
use super::held::Line;
use runtime::small::{SMALL, below, hide, is_small};
use serde_json::{Map, Number, Value, json};

/// Counts of some alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub shown: i64,
    pub opened: i64,
    pub accepted: i64,
    pub overridden: i64,
    /// Unanswered ones that were closed, and those of today, which may still be answered.
    pub dismissed: i64,
    pub open: i64,
    /// Recognised ones whose result was corrected or withdrawn afterwards.
    pub changed: i64,
    /// Refusals of which the patient was told why.
    pub told: i64,
    /// Local price of the examinations that were avoided.
    pub saved_fen: i64,
}

/// Which figures of a row are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// How many were shown.
    pub shown: bool,
    /// What became of them; then nothing else but `shown` is told either.
    pub parts: bool,
    pub opened: bool,
    /// How the unanswered ones ended.
    pub endings: bool,
    pub changed: bool,
    pub told: bool,
}

/// Kinds of figures that are hidden each for itself, in the order of `Figures::kinds`: none can be computed from another
/// kind's. The first hides the others.
const KINDS: usize = 5;

impl Figures {
    /// Adds alerts of a day; `today` may still be answered.
    pub fn add(&mut self, line: &Line, is_today: bool) {
        let count = line.count;
        self.shown += count;
        if line.opened {
            self.opened += count;
        }
        match line.outcome {
            Outcome::Accepted => {
                self.accepted += count;
                self.saved_fen += line.fen * count;
            }
            Outcome::Overridden => self.overridden += count,
            Outcome::Dismissed => self.dismissed += count,
            Outcome::Unanswered if is_today => self.open += count,
            Outcome::Unanswered => {}
        }
        if line.changed.is_some() && line.outcome == Outcome::Accepted {
            self.changed += count;
        }
        if line.told == Some(true) {
            self.told += count;
        }
    }

    pub fn unanswered(&self) -> i64 {
        self.shown - self.accepted - self.overridden
    }

    /// Counts by kind, of which none may be small where persons are not to be seen: those of the first two add up to
    /// `shown`, those of the third to the unanswered ones.
    fn kinds(&self) -> [[i64; 3]; KINDS] {
        [
            [self.accepted, self.overridden, self.unanswered()],
            [self.opened, self.shown - self.opened, 0],
            [self.dismissed, self.open, self.unanswered() - self.dismissed - self.open],
            [self.changed, 0, 0],
            [self.told, 0, 0],
        ]
    }

    /// The row as it is told. What is hidden is null.
    pub fn json(&self, hidden: Hidden) -> Map<String, Value> {
        let part = |is_hidden: bool, count: i64| if is_hidden { Value::Null } else { json!(count) };
        let rate = |whole: i64| if hidden.parts { Value::Null } else { percent(self.accepted, whole) };
        let mut row = Map::new();
        row.insert("shown".to_owned(), if hidden.shown { Value::Null } else { json!(self.shown) });
        let parts = [
            ("opened", hidden.opened, self.opened),
            ("accepted", hidden.parts, self.accepted),
            ("overridden", hidden.parts, self.overridden),
            ("unanswered", hidden.parts, self.unanswered()),
            ("dismissed", hidden.endings, self.dismissed),
            ("open", hidden.endings, self.open),
            ("changed", hidden.changed, self.changed),
            ("told", hidden.told, self.told),
            ("saved_fen", hidden.parts, self.saved_fen),
        ];
        row.extend(parts.map(|(name, is_hidden, count)| (name.to_owned(), part(is_hidden, count))));
        row.insert("rate_alerts".to_owned(), rate(self.shown));
        row.insert("rate_decisions".to_owned(), rate(self.accepted + self.overridden));
        row.insert("hidden".to_owned(), json!(hidden != Hidden::default()));
        row
    }
}

/// `part` of `whole` in percent with one decimal, half rounded up; null of nothing.
pub fn percent(part: i64, whole: i64) -> Value {
    if whole <= 0 {
        return Value::Null;
    }
    tenths((part * 2_000 + whole) / (whole * 2))
}

/// `part` for each one of `whole` with one decimal, half rounded up; null of nothing.
pub fn per_one(part: i64, whole: i64) -> Value {
    if whole <= 0 {
        return Value::Null;
    }
    tenths((part * 20 + whole) / (whole * 2))
}

fn tenths(tenths: i64) -> Value {
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// What is hidden of rows that add up to `whole`, which is told too: first of `whole`, then of each row.
///
/// A row under five is hidden, and with it as many others as keep it from being computed. Of a row with an outcome under
/// five all is hidden but `shown`; another small count hides those of its kind alone. Where one row's counts of a kind are
/// hidden, so are those of others until no column's hidden sum is small.
pub fn hide_rows(whole: &Figures, rows: &[Figures]) -> (Hidden, Vec<Hidden>) {
    let top_shown = is_small(whole.shown);
    let shown: Vec<i64> = rows.iter().map(|row| row.shown).collect();
    let shown_hidden = below(top_shown, &shown);
    let outcomes = hide_kind(0, whole, rows, (top_shown, &shown_hidden));
    let of_kind = |kind| hide_kind(kind, whole, rows, (outcomes.0, &outcomes.1));
    let [opened, endings, changed, told] = [1, 2, 3, 4].map(of_kind);
    let top = Hidden {
        shown: top_shown,
        parts: outcomes.0,
        opened: opened.0,
        endings: endings.0,
        changed: changed.0,
        told: told.0,
    };
    let row = |at: usize| Hidden {
        shown: shown_hidden[at],
        parts: outcomes.1[at],
        opened: opened.1[at],
        endings: endings.1[at],
        changed: changed.1[at],
        told: told.1[at],
    };
    (top, (0..rows.len()).map(row).collect())
}

/// Whether the counts of a kind are hidden, of the whole and of each row. `before` tells where they are in any case.
fn hide_kind(kind: usize, whole: &Figures, rows: &[Figures], before: (bool, &[bool])) -> (bool, Vec<bool>) {
    let has_small = |figures: &Figures| figures.kinds()[kind].into_iter().any(is_small);
    let top = before.0 || has_small(whole);
    let is_hidden = |(row, before): (&Figures, &bool)| row.shown > 0 && (top || *before || has_small(row));
    let mut hidden: Vec<bool> = rows.iter().zip(before.1).map(is_hidden).collect();
    while gives_away(kind, rows, &hidden) {
        let open = (0..rows.len()).filter(|&at| !hidden[at] && rows[at].shown > 0);
        let Some(next) = open.min_by_key(|&at| rows[at].shown) else { break };
        hidden[next] = true;
    }
    (top, hidden)
}

/// Whether the hidden counts of a kind could be computed from the whole and what is told.
fn gives_away(kind: usize, rows: &[Figures], hidden: &[bool]) -> bool {
    let of_hidden = || rows.iter().zip(hidden).filter(|(_, hidden)| **hidden).map(|(row, _)| row);
    match of_hidden().count() {
        0 => false,
        1 => true,
        _ => {
            let mut sums = [0; 3];
            for row in of_hidden() {
                sums.iter_mut().zip(row.kinds()[kind]).for_each(|(sum, count)| *sum += count);
            }
            sums.into_iter().any(is_small)
        }
    }
}

/// Whether the questions of the whole and of each row are hidden. What no row counts (questions at places without an alert)
/// is as one row more: it could be computed from the whole.
pub fn hide_questions(whole: i64, rows: &[i64]) -> (bool, Vec<bool>) {
    let top = is_small(whole);
    let rest = whole - rows.iter().sum::<i64>();
    let counts: Vec<i64> = rows.iter().copied().chain([rest]).collect();
    let mut hidden = below(top, &counts);
    hidden.truncate(rows.len());
    (top, hidden)
}

/// Counts that add up to one that is told, as a reader sees them.
pub fn shown_counts(counts: &[i64], detail: bool, whole_hidden: bool) -> Vec<Option<i64>> {
    if detail {
        return counts.iter().copied().map(Some).collect();
    }
    let hidden = if whole_hidden { counts.iter().map(|&count| count > 0).collect() } else { hide(counts) };
    hidden.into_iter().zip(counts).map(|(hidden, &count)| (!hidden).then_some(count)).collect()
}

/// A count of its own as a reader sees it.
pub fn shown_count(count: i64, detail: bool) -> Option<i64> {
    (detail || count == 0 || count >= SMALL).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(shown: i64, accepted: i64, overridden: i64) -> Figures {
        Figures { shown, accepted, overridden, ..Figures::default() }
    }

    #[test]
    fn rates_have_one_decimal_and_round_half_up() {
        assert_eq!(percent(820, 1_000).to_string(), "82.0");
        assert_eq!(percent(820, 950).to_string(), "86.3");
        assert_eq!(percent(1, 8).to_string(), "12.5");
        assert_eq!(percent(1, 2_000).to_string(), "0.1", "0.05 % rounds up");
        assert_eq!(percent(3, 3).to_string(), "100.0");
        assert_eq!(percent(0, 0), Value::Null);
        assert_eq!(per_one(12, 1).to_string(), "12.0");
        assert_eq!(per_one(17_700, 1_460).to_string(), "12.1");
    }

    #[test]
    fn what_is_left_is_unanswered() {
        assert_eq!(figures(1_000, 820, 130).unanswered(), 50);
    }

    #[test]
    fn a_small_part_hides_its_row_and_one_more() {
        let rows = [figures(100, 80, 15), figures(60, 58, 2), figures(40, 30, 10)];
        let whole = figures(200, 168, 27);
        let (top, hidden) = hide_rows(&whole, &rows);
        assert_eq!(top, Hidden::default());
        assert!(hidden.iter().all(|row| !row.shown), "no row is small");
        assert_eq!(hidden.iter().map(|row| row.parts).collect::<Vec<_>>(), [false, true, true]);
    }

    #[test]
    fn a_few_corrections_hide_themselves_and_no_outcome() {
        let changed = |figures: Figures, changed| Figures { changed, ..figures };
        let rows = [changed(figures(100, 80, 15), 2), figures(60, 50, 5), figures(40, 30, 5)];
        let (top, hidden) = hide_rows(&changed(figures(200, 160, 25), 2), &rows);
        assert_eq!(top, Hidden { changed: true, ..Hidden::default() });
        assert!(hidden.iter().all(|row| !row.parts && !row.opened && row.changed));
    }

    #[test]
    fn small_rows_are_hidden_as_everywhere() {
        let rows = [figures(3, 3, 0), figures(50, 40, 10), figures(9, 9, 0)];
        let (_, hidden) = hide_rows(&figures(62, 52, 10), &rows);
        assert_eq!((hidden[0].shown, hidden[0].parts), (true, true));
        assert_eq!((hidden[2].shown, hidden[2].parts), (true, true));
        assert_eq!((hidden[1].shown, hidden[1].parts), (false, false));
    }

    #[test]
    fn few_questions_are_hidden_where_nobody_counts_the_rest_too() {
        assert_eq!(hide_questions(4, &[3]), (true, vec![true]));
        assert_eq!(hide_questions(62, &[3, 50, 9]), (false, vec![true, false, true]), "the next smallest goes with it");
        assert_eq!(hide_questions(62, &[50, 9]), (false, vec![false, true]), "three without a row");
        assert_eq!(hide_questions(70, &[50, 9]), (false, vec![false, false]), "eleven without a row are not small");
        assert_eq!(hide_questions(13, &[3, 0]), (false, vec![true, false]), "ten without a row keep the three");
        assert_eq!(hide_questions(0, &[0]), (false, vec![false]));
    }

    /// Whatever the rows: no part that is told is small, and of every column two rows are hidden or none, unless all are.
    #[test]
    fn nothing_small_is_told() {
        let mut state = 7_u64;
        let mut draw = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % end) as i64
        };
        for _ in 0..2_000 {
            let mut rows = Vec::new();
            for _ in 0..draw(6) + 1 {
                let shown = draw(60);
                let accepted = draw(shown as u64 + 1);
                let overridden = draw((shown - accepted) as u64 + 1);
                rows.push(Figures {
                    opened: draw(shown as u64 + 1),
                    dismissed: draw((shown - accepted - overridden) as u64 + 1),
                    changed: draw(accepted as u64 + 1),
                    told: draw(overridden as u64 + 1),
                    ..figures(shown, accepted, overridden)
                });
            }
            let mut whole = Figures::default();
            for row in &rows {
                whole.shown += row.shown;
                whole.opened += row.opened;
                whole.accepted += row.accepted;
                whole.overridden += row.overridden;
                whole.dismissed += row.dismissed;
                whole.changed += row.changed;
                whole.told += row.told;
            }
            let (top, hidden) = hide_rows(&whole, &rows);
            let bits = |hidden: &Hidden| [hidden.parts, hidden.opened, hidden.endings, hidden.changed, hidden.told];
            for kind in 0..KINDS {
                let has_small = |figures: &Figures| figures.kinds()[kind].into_iter().any(is_small);
                assert!(bits(&top)[kind] || !has_small(&whole));
                for (row, hidden) in rows.iter().zip(&hidden) {
                    assert!(hidden.shown || !is_small(row.shown));
                    assert!(bits(hidden)[kind] || !has_small(row));
                    assert!(bits(hidden)[kind] || !hidden.parts, "where outcomes are hidden all else is");
                    assert!(hidden.parts || !hidden.shown, "what became of a hidden number is hidden");
                }
                let left = rows.iter().zip(&hidden).filter(|(row, hidden)| row.shown > 0 && !bits(hidden)[kind]);
                let gone = hidden.iter().filter(|hidden| bits(hidden)[kind]).count();
                assert!(gone != 1 || left.count() == 0);
            }
        }
    }
}
