//! What the model asks: each question knows how it is written, and whether it holds by looking at the facts.

use crate::facts::{Fact, Pair, folded, time, together};
use crate::harness::search;
use crate::world::{Key, World, type_};
use fhir::definitions::{TypeId, r4};
use fhir::search::{Criterion, Test};

#[derive(Clone, Debug)]
pub enum Ask {
    /// One of these values; a modifier is written with its colon.
    Value {
        param: &'static str,
        modifier: &'static str,
        values: Vec<String>,
    },
    /// A code and an amount that stand together, in the resource (`code-value-quantity`) or in a component.
    Pair {
        param: &'static str,
        values: Vec<(String, String)>,
    },
    Chain {
        param: &'static str,
        type_name: &'static str,
        inner: Box<Ask>,
    },
    Has {
        type_name: &'static str,
        param: &'static str,
        inner: Box<Ask>,
    },
    Id(Vec<String>),
    Updated(String),
    Resident(String),
    List(String),
    All(Vec<Ask>),
    Either(Vec<Ask>),
    Not(Box<Ask>),
}

/// `_include` or `_revinclude` of what a type refers to under a parameter.
#[derive(Clone, Debug)]
pub struct Include {
    pub reverse: bool,
    pub iterate: bool,
    pub source: &'static str,
    pub param: &'static str,
}

impl Include {
    pub fn written(&self) -> String {
        let Include { reverse, iterate, source, param } = self;
        let (name, iterate) =
            (if *reverse { "_revinclude" } else { "_include" }, if *iterate { ":iterate" } else { "" });
        format!("{name}{iterate}={source}:{param}")
    }
}

impl Ask {
    /// Name and value as a query has them; none for what only a filter can say.
    fn written(&self) -> Option<(String, String)> {
        Some(match self {
            Ask::Value { param, modifier, values } => (format!("{param}{modifier}"), values.join(",")),
            Ask::Pair { param, values } => {
                let values: Vec<String> = values.iter().map(|(code, amount)| format!("{code}${amount}")).collect();
                ((*param).to_owned(), values.join(","))
            }
            Ask::Chain { param, type_name, inner } => {
                let (name, value) = inner.written()?;
                (format!("{param}:{type_name}.{name}"), value)
            }
            Ask::Has { type_name, param, inner } => {
                let (name, value) = inner.written()?;
                (format!("_has:{type_name}:{param}:{name}"), value)
            }
            Ask::Id(ids) => ("_id".to_owned(), ids.join(",")),
            Ask::Updated(value) => ("_lastUpdated".to_owned(), value.clone()),
            Ask::Resident(id) => ("resident".to_owned(), id.clone()),
            Ask::List(id) => ("_list".to_owned(), id.clone()),
            Ask::All(_) | Ask::Either(_) | Ask::Not(_) => return None,
        })
    }

    /// As the store is asked.
    pub fn criterion(&self, of: TypeId) -> Criterion {
        let tests = |asks: &[Ask]| asks.iter().map(|ask| ask.criterion(of).test).collect();
        let test = match self {
            Ask::All(asks) => Test::All(tests(asks)),
            Ask::Either(asks) => Test::Either(tests(asks)),
            Ask::Not(ask) => Test::Not(Box::new(ask.criterion(of).test)),
            ask => {
                let (name, value) = ask.written().unwrap();
                let query = format!("{}?{name}={value}", r4().type_name(of));
                let mut parsed = search(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
                return parsed.criteria.remove(0);
            }
        };
        Criterion { param: "_filter".to_owned(), test }
    }

    /// Whether it holds for a resource that is there.
    pub fn holds(&self, world: &World, key: &Key) -> bool {
        let Some(json) = world.live(key) else { return false };
        match self {
            Ask::Value { param, modifier, values } => {
                let found: Vec<&Fact> = world.facts(key, param);
                match *modifier {
                    ":missing" => found.is_empty() == (values[0] == "true"),
                    ":not" => !values.iter().any(|value| found.iter().any(|fact| meets(fact, "", value))),
                    modifier => values.iter().any(|value| found.iter().any(|fact| meets(fact, modifier, value))),
                }
            }
            Ask::Pair { param, values } => {
                let (whole, parts) = together(json);
                let places: Vec<Pair> = match *param {
                    "code-value-quantity" => whole,
                    "component-code-value-quantity" => parts,
                    _ => whole.into_iter().chain(parts).collect(),
                };
                let meet = |facts: &[Fact], value: &str| facts.iter().any(|fact| meets(fact, "", value));
                let in_place = |pair: &Pair, value: &(String, String)| {
                    meet(&pair.codes, &value.0) && meet(&pair.amounts, &value.1)
                };
                values.iter().any(|value| places.iter().any(|pair| in_place(pair, value)))
            }
            Ask::Chain { param, type_name, inner } => {
                world.targets(key, param).iter().any(|to| to.0 == type_(type_name) && inner.holds(world, to))
            }
            Ask::Has { type_name, param, inner } => {
                let refers = |from: &&Key| from.0 == type_(type_name) && world.targets(from, param).contains(key);
                world.things.keys().filter(refers).any(|from| inner.holds(world, from))
            }
            Ask::Id(ids) => ids.contains(&key.1),
            Ask::Updated(value) => {
                let at = world.newest(key).unwrap().updated;
                meets(&Fact::Time(at, at + 1), "", value)
            }
            Ask::Resident(person) => {
                let mine = world.targets(&(type_("Person"), person.clone()), "patient");
                match key.0 == type_("Patient") {
                    true => mine.contains(key),
                    false => world.targets(key, "subject").iter().any(|to| mine.contains(to)),
                }
            }
            Ask::List(id) => world.targets(&(type_("List"), id.clone()), "item").contains(key),
            Ask::All(asks) => asks.iter().all(|ask| ask.holds(world, key)),
            Ask::Either(asks) => asks.iter().any(|ask| ask.holds(world, key)),
            Ask::Not(ask) => !ask.holds(world, key),
        }
    }
}

fn meets(fact: &Fact, modifier: &str, value: &str) -> bool {
    match (fact, modifier) {
        (Fact::Text(text), ":exact") => text == value,
        (Fact::Text(text), ":contains") => folded(text).contains(&folded(value)),
        (Fact::Text(text), "") => folded(text).starts_with(&folded(value)),
        (Fact::Spelling(text), ":contains") => text.contains(&folded(value)),
        (Fact::Spelling(text), "") => text.starts_with(&folded(value)),
        (Fact::Code(_, _, shown), ":text") => shown.iter().any(|shown| begins_a_word(shown, &folded(value))),
        (Fact::Code(system, code, _), "") => is_of(system, code, value),
        (Fact::Number(system, number, _), "" | ":identifier") => is_of(system, number, value),
        (Fact::Number(_, number, kind), ":of-type") => {
            let parts: Vec<&str> = value.split('|').collect();
            parts[1] == kind && parts[2] == number
        }
        (Fact::Time(from, to), "") => in_time(*from, *to, value),
        (Fact::Amount(amount, unit), "") => is_amount(*amount, unit, value),
        (Fact::To(to), "") => match value.split_once('/') {
            Some((name, id)) => to.0 == type_(name) && to.1 == id,
            None => to.1 == value,
        },
        _ => false,
    }
}

fn begins_a_word(text: &str, start: &str) -> bool {
    let han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let found = format!(" {text}").contains(&format!(" {start}"));
    found || (start.starts_with(han) && text.contains(start))
}

/// `system|code`, `|code`, `system|`, `code`.
fn is_of(system: &str, code: &str, value: &str) -> bool {
    match value.split_once('|') {
        Some((wanted, "")) => wanted == system,
        Some((wanted, wanted_code)) => wanted == system && wanted_code == code,
        None => value == code,
    }
}

fn prefix(value: &str) -> (&str, &str) {
    match value.split_at_checked(2) {
        Some((prefix, rest)) if prefix.bytes().all(|byte| byte.is_ascii_lowercase()) => (prefix, rest),
        _ => ("eq", value),
    }
}

/// The rules of `docs/fhir.md`: a date is the period that it covers. `ap` is not asked of dates, since it looks at now.
fn in_time(from: i64, to: i64, value: &str) -> bool {
    let (prefix, text) = prefix(value);
    let (start, end) = time(text);
    let within = start <= from && to <= end;
    match prefix {
        "ne" => !within,
        "gt" => to > end,
        "lt" => from < start,
        "ge" => to > start,
        "le" => from < end,
        "sa" => from >= end,
        "eb" => to <= start,
        _ => within,
    }
}

/// Half a unit of the last digit around a number; a tenth of it under `ap`.
fn is_amount(amount: f64, unit: &str, value: &str) -> bool {
    let (prefix, rest) = prefix(value);
    let parts: Vec<&str> = rest.split('|').collect();
    if parts.len() == 3 && parts[2] != unit {
        return false;
    }
    let number: f64 = parts[0].parse().unwrap();
    let digits = parts[0].split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
    let half = 0.5 * 10_f64.powi(-digits);
    let within = (number - half..number + half).contains(&amount);
    match prefix {
        "ne" => !within,
        "gt" | "sa" => amount > number,
        "lt" | "eb" => amount < number,
        "ge" => amount >= number,
        "le" => amount <= number,
        "ap" => (amount - number).abs() <= number.abs() / 10.0 + 1e-9,
        _ => within,
    }
}
