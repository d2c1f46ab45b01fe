//! Whether people are tired of cards: how many were shown, answered, overridden and left, by source, institution,
//! department and doctor. Kept by a reaction as tallies on the day on which a card was shown.

use super::CardKind;
use super::counts::Count;
use super::hidden::{Hidden, Kind, Level, Sums, hide};
use super::recorded::{Recorded, Standing};
use crate::program::Env;
use crate::reactions::Reaction;
use crate::residents::local_id;
use base::zone::day_text;
use base::{Cx, Error, Result, Role};
use fhir::r4;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use store::{Batch, Op, ShelfOp, Store};

pub const REACTION: Reaction = Reaction {
    name: "cards-figures",
    types: &["DetectedIssue"],
    spaces: &[SPACE],
    after: &[],
    rest: None,
    slice_entries_max: 5_000,
    plan,
};

/// Sums by source, institution, department, doctor and measure, parted by `PART`.
const SPACE: &str = "cards.figures";
/// A character that no name holds.
const PART: char = '\u{1f}';
/// Days that one question may cover.
pub const FIGURE_DAYS_MAX: i32 = 366;
/// Levels that are climbed from an institution to the Organization of an officer.
const LEVELS_MAX: usize = 10;

/// How the figures are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Source,
    Institution,
    Department,
    Doctor,
}

/// What is asked for.
pub struct FiguresQuery {
    pub by: By,
    /// First and last local day, as days since 1970-01-01.
    pub from: i32,
    pub to: i32,
    pub source: Option<String>,
    pub institution: Option<String>,
}

fn plan(cx: &Cx, env: &Env, slice: &[store::Stored]) -> Result<Batch> {
    let mut sums: BTreeMap<(i32, String), i64> = BTreeMap::new();
    let mut add = |stored: &store::Stored, sign: i64| -> Result<()> {
        let Some(card) = Recorded::of(stored)? else { return Ok(()) };
        let (day, _) = env.store.zone().day_and_minute(card.shown);
        for measure in measures(&card) {
            *sums.entry((day, key(&card, measure))).or_default() += sign;
        }
        Ok(())
    };
    for entry in slice.iter().filter(|entry| entry.op != Op::Delete) {
        cx.go_on()?;
        add(entry, 1)?;
    }
    for before in env.store.replaced(slice)?.into_iter().flatten().filter(|before| before.op != Op::Delete) {
        add(&before, -1)?;
    }
    let tally = |((day, key), add)| ShelfOp::Tally { space: SPACE.to_owned(), key, day, add };
    let shelves = sums.into_iter().filter(|(_, add)| *add != 0).map(tally).collect();
    Ok(Batch { shelves, ..Batch::default() })
}

fn measures(card: &Recorded) -> Vec<&'static str> {
    let mut found = vec!["shown"];
    found.extend((card.kind == CardKind::Offer).then_some("offers"));
    found.extend(card.opened.map(|_| "opened"));
    match card.standing() {
        Standing::Open => {}
        Standing::Dismissed(_) => found.push("dismissed"),
        Standing::Accepted => found.push("accepted"),
        Standing::Overridden => found.push("overridden"),
    }
    found
}

fn key(card: &Recorded, measure: &str) -> String {
    let part = |text: &Option<String>| text.as_deref().unwrap_or_default().replace(PART, " ");
    let parts = [card.source.clone(), part(&card.institution), part(&card.department), part(&card.user)];
    format!("{}{PART}{measure}", parts.join(&PART.to_string()))
}

/// The figures that the caller may see: an institution its own, an officer those of the institutions below, of which small
/// counts are null.
pub fn figures(cx: &Cx, env: &Env, query: &FiguresQuery) -> Result<Value> {
    if query.to < query.from || query.to - query.from >= FIGURE_DAYS_MAX {
        return Err(Error::invalid(format!(
            "figures cover 1 to {FIGURE_DAYS_MAX} days, the last not before the first"
        )));
    }
    let mut scope = Scope::of(cx)?;
    let mut levels: Vec<Level> = vec![Level::new(); query.by.depth()];
    for count in env.store.tally_days(SPACE, query.from, query.to)? {
        cx.go_on()?;
        let parts: Vec<&str> = count.key.split(PART).collect();
        let [source, institution, department, doctor, measure] = parts[..] else { continue };
        let wanted = |filter: &Option<String>, value: &str| filter.as_deref().is_none_or(|filter| filter == value);
        if !wanted(&query.source, source) || !wanted(&query.institution, institution) {
            continue;
        }
        if !scope.holds(cx, &env.store, institution)? {
            continue;
        }
        let group = [source, institution, department, doctor].map(str::to_owned);
        for (at, level) in levels.iter_mut().enumerate() {
            add(level.entry(group[..=at].to_vec()).or_default(), measure, count.count);
        }
    }
    count_questions(cx, env, query, &mut scope, &mut levels)?;
    let hidden = if cx.who.role == Role::Officer { hide(&levels) } else { BTreeMap::new() };
    let told = levels.pop().unwrap_or_default();
    let hidden = |group: &Vec<String>| hidden.get(group).copied().unwrap_or_default();
    let rows: Vec<Value> = told.iter().map(|(group, counts)| row(group, counts, hidden(group))).collect();
    Ok(json!({ "from": day_text(query.from), "to": day_text(query.to), "rows": rows }))
}

impl By {
    /// Of how many parts its groups are.
    const fn depth(self) -> usize {
        match self {
            By::Source => 1,
            By::Institution => 2,
            By::Department => 3,
            By::Doctor => 4,
        }
    }
}

fn add(counts: &mut Sums, measure: &str, count: i64) {
    match measure {
        "shown" => counts.shown += count,
        "offers" => counts.offers += count,
        "opened" => counts.opened += count,
        "accepted" => counts.accepted += count,
        "overridden" => counts.overridden += count,
        "dismissed" => counts.dismissed += count,
        _ => {}
    }
}

/// Questions are counted by source and institution, not by department. Those of institutions without a card make no row.
fn count_questions(cx: &Cx, env: &Env, query: &FiguresQuery, scope: &mut Scope, levels: &mut [Level]) -> Result<()> {
    for kind in Count::ALL {
        for count in env.store.tally_days(kind.space(), query.from, query.to)? {
            let Some((source, institution)) = count.key.split_once('|') else { continue };
            if query.institution.as_deref().is_some_and(|wanted| wanted != institution) {
                continue;
            }
            if !scope.holds(cx, &env.store, institution)? {
                continue;
            }
            let group = [source, institution].map(str::to_owned);
            for (at, level) in levels.iter_mut().enumerate().take(group.len()) {
                let Some(counts) = level.get_mut(&group[..=at]) else { continue };
                match kind {
                    Count::Asked => counts.asked += count.count,
                    Count::Again => counts.again += count.count,
                    Count::Late => counts.late += count.count,
                }
            }
        }
    }
    Ok(())
}

fn row(group: &[String], counts: &Sums, hidden: Hidden) -> Value {
    let mut row = Map::new();
    for (name, value) in ["source", "institution", "department", "doctor"].iter().zip(group) {
        row.insert((*name).to_owned(), if value.is_empty() { Value::Null } else { value.as_str().into() });
    }
    let told = |is_hidden: bool, count: i64| if is_hidden { Value::Null } else { count.into() };
    let of = |kind: Kind, count: i64| told(hidden.hides(kind), count);
    let share = |part: i64, whole: i64| if hidden.hides(Kind::Choices) { Value::Null } else { percent(part, whole) };
    let (accepted, overridden) = (counts.accepted, counts.overridden);
    for (name, value) in [
        ("shown", told(hidden.shown, counts.shown)),
        ("offers", of(Kind::Offers, counts.offers)),
        ("opened", of(Kind::Opened, counts.opened)),
        ("accepted", of(Kind::Choices, accepted)),
        ("overridden", of(Kind::Choices, overridden)),
        ("dismissed", of(Kind::Dismissed, counts.dismissed)),
        ("unanswered", of(Kind::Choices, counts.unanswered())),
        ("override_percent", share(overridden, accepted + overridden)),
        ("accept_percent", share(accepted, counts.offers)),
    ] {
        row.insert(name.to_owned(), value);
    }
    if group.len() <= 2 {
        row.insert("asked".to_owned(), of(Kind::Asked, counts.asked));
        row.insert("again".to_owned(), of(Kind::Again, counts.again));
        row.insert("late".to_owned(), of(Kind::Late, counts.late));
    }
    Value::Object(row)
}

/// A share in percent with one decimal, rounded half up; null of nothing.
fn percent(part: i64, whole: i64) -> Value {
    if whole <= 0 {
        return Value::Null;
    }
    let tenths = (part * 2_000 + whole) / (2 * whole);
    let text = format!("{}.{}", tenths / 10, tenths % 10);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Which institutions' figures the caller sees.
struct Scope {
    /// None for all.
    top: Option<String>,
    known: HashMap<String, bool>,
}

impl Scope {
    fn of(cx: &Cx) -> Result<Scope> {
        let top = match (cx.who.role, cx.who.scope.as_deref()) {
            (Role::Integration, _) => None,
            (Role::Clinician | Role::Officer, Some(top)) => Some(top.to_owned()),
            (role, _) => {
                return Err(Error::forbidden(format!(
                    "an account of role `{}` does not use figures of cards; they are for: integration, officer, clinician",
                    role.name()
                )));
            }
        };
        Ok(Scope { top, known: HashMap::new() })
    }

    /// Whether an institution is the caller's own or below it.
    fn holds(&mut self, cx: &Cx, store: &Store, institution: &str) -> Result<bool> {
        let Some(top) = &self.top else { return Ok(true) };
        if let Some(known) = self.known.get(institution) {
            return Ok(*known);
        }
        let held = is_below(cx, store, institution, top)?;
        self.known.insert(institution.to_owned(), held);
        Ok(held)
    }
}

fn is_below(cx: &Cx, store: &Store, institution: &str, top: &str) -> Result<bool> {
    let type_ = r4().type_named("Organization").ok_or_else(|| Error::fault("R4 has no type `Organization`"))?;
    let mut at = institution.to_owned();
    for _ in 0..LEVELS_MAX {
        if at == top {
            return Ok(true);
        }
        if !crate::record::is_id(&at) {
            return Ok(false);
        }
        let stored = store.read(cx, type_, &at)?.filter(|stored| stored.op != Op::Delete);
        let Some(organization) = stored.map(|stored| stored.resource()).transpose()? else { return Ok(false) };
        let above = organization.root().text_at("partOf.reference").and_then(|above| local_id(&above, "Organization"));
        match above {
            Some(above) => at = above,
            None => return Ok(false),
        }
    }
    Ok(false)
}
