//! `tree CASES.csv [CONTACTS.csv]`: who most likely infected whom.

use super::print::{printed_json, row_text};
use super::table::{Column, Table};
use crate::evaluate::wilson;
use crate::settings::Range::{Flag, Number, Numbers, Text, Whole};
use crate::tree::{self, CASES_MAX, Candidate, Case, Lags, Model, Pair, Parameters, Scored};
use crate::{Given, Setting, Settings, Words};
use base::zone::day_text;
use base::{Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Read;

/// What may be set.
pub static TREE: &[Setting] = &[
    setting(
        "si_mean",
        ("序列间隔均值", "mean serial interval"),
        ("days", ""),
        Number(0.01, 365.0),
        "to be given, or `si`",
    ),
    setting("si_sd", ("序列间隔标准差", "its deviation"), ("days", ""), Number(0.01, 365.0), "to be given, or `si`"),
    setting(
        "si",
        ("序列间隔分布", "the distribution by days, in place of mean and deviation"),
        ("", ""),
        Numbers(0.0, 1.0),
        "the first weight is that of `si_first` days",
    ),
    setting("si_first", ("分布首日", "lag of the first weight of `si`"), ("days", "0"), Whole(-400, 400), "same day"),
    setting(
        "observed",
        ("病例被发现的比例 π", "share of cases that are in the list (π)"),
        ("", "0.8"),
        Number(0.01, 1.0),
        "judgement",
    ),
    setting(
        "generations",
        ("两例之间最多代数 κ", "generations from one case of the list to the next at most (κ)"),
        ("", "3"),
        Whole(1, 10),
        "outbreaker2 takes up to 5",
    ),
    setting(
        "estimate",
        ("估计各参数", "estimate what follows from the data"),
        ("", "yes"),
        Flag,
        "expectation–maximisation",
    ),
    setting(
        "imported",
        ("输入病例比例 ρ", "share of cases from outside (ρ)"),
        ("", "0.1"),
        Number(0.0001, 0.9999),
        "judgement",
    ),
    setting(
        "epsilon",
        ("传播对之间报告接触的概率 ε", "chance that a contact of infector and infected is reported (ε)"),
        ("", "0.7"),
        Number(0.0001, 0.9999),
        "judgement",
    ),
    setting(
        "lambda",
        ("其他两例之间报告接触的概率 λ", "the same of any other two (λ); estimated: the share among all pairs"),
        ("", "0.05"),
        Number(0.0001, 0.9999),
        "judgement",
    ),
    setting(
        "shared",
        ("传播对同组的概率 q", "chance that infector and infected share a group (q)"),
        ("", "0.4"),
        Number(0.0001, 0.9999),
        "judgement",
    ),
    setting(
        "distance_km",
        ("距离尺度 D", "scale of the distance kernel (D)"),
        ("km", "1"),
        Number(0.001, 20_000.0),
        "judgement",
    ),
    setting(
        "groups",
        ("分组列", "columns that name groups, such as `household, class`"),
        ("", ""),
        Text,
        "empty: those of GROUPS that the file has",
    ),
    setting(
        "mutation",
        ("每代每位点突变 μ", "mutations of a site in a generation (μ)"),
        ("", "0.0001"),
        Number(1e-12, 0.5),
        "outbreaker2's start value",
    ),
    setting(
        "genome",
        ("基因组长度 l", "sites of the genome (l)"),
        ("sites", "10000"),
        Number(1.0, 1e10),
        "facts: 10 kb of the fake outbreak",
    ),
];

/// Columns that name groups where nothing is set.
pub const GROUPS: [&str; 9] =
    ["household", "class", "school", "site", "kitchen", "ward", "neighbourhood", "village", "community"];

const fn setting(
    key: &'static str,
    (zh, en): (&'static str, &'static str),
    (unit, default): (&'static str, &'static str),
    range: crate::settings::Range,
    source: &'static str,
) -> Setting {
    Setting { key, about: Words { zh, en }, unit, default, range, source }
}

/// Scores the cases of a file.
///
/// Columns of the cases: `case` or `id`, `onset`; also columns of groups (`GROUPS`), `lat` and `long` in degrees, and
/// `by`, the true infector where it is known (`imported` for none): another case of the list.
/// Columns of the contacts: `a` and `b` (cases), also `contact` (`yes` where it is left out), `distance_km`, `genetic`
/// (sites that differ). Prints `case,onset,infector,support,kappa,imported,r,likeliest,likeliest_p,by,correct`: infector
/// and support in the most likely tree, the posterior of an import, R, and the likeliest candidate by itself.
///
/// # Errors
/// A serial interval that is missing or wrong; rows that are wrong, with row and column.
pub fn tree(
    cases: impl Read,
    what: &str,
    contacts: Option<(&mut dyn Read, &str)>,
    given: &Given,
    json: bool,
) -> Result<String> {
    let settings = Settings::of(TREE, given)?;
    let lags = lags(&settings)?;
    let list = List::read(cases, what, settings.text("groups"))?;
    let pairs = match contacts {
        Some((from, what)) => list.pairs(from, what)?,
        None => HashMap::new(),
    };
    let number = |key: &str| settings.number(key);
    let model = Model {
        lags,
        observed: number("observed"),
        generations_max: settings.size("generations"),
        mutation: number("mutation"),
        genome: number("genome"),
        estimate: settings.flag("estimate"),
        start: Parameters {
            imported: number("imported"),
            epsilon: number("epsilon"),
            lambda: number("lambda"),
            shared: vec![number("shared"); list.groups.len()],
            distance_km: number("distance_km"),
        },
    };
    let scored = tree::score(&list.cases, &pairs, &model)?;
    Ok(if json { as_json(&list, &scored, &settings) } else { as_csv(&list, &scored) })
}

fn lags(settings: &Settings) -> Result<Lags> {
    let weights = settings.numbers("si");
    match (settings.number_if_set("si_mean"), settings.number_if_set("si_sd")) {
        (None, None) if !weights.is_empty() => {
            Lags::given(i32::try_from(settings.whole("si_first")).unwrap_or_default(), weights)
        }
        (Some(mean), Some(sd)) if weights.is_empty() => Lags::gamma(mean, sd),
        (None, None) => Err(Error::invalid(
            "give the serial interval: `si_mean` and `si_sd` in days, or the weights `si`; it depends on the disease",
        )),
        _ => Err(Error::invalid("give either `si_mean` and `si_sd`, or `si`")),
    }
}

/// The cases of a file.
struct List {
    names: Vec<String>,
    cases: Vec<Case>,
    /// Names of the ways of grouping.
    groups: Vec<String>,
    /// The true infector: none where nothing is said of it.
    by: Vec<Option<By>>,
    places: HashMap<String, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Imported,
    Case(u32),
}

impl List {
    fn read(from: impl Read, what: &str, groups: &str) -> Result<List> {
        let mut table = Table::open(from, what)?;
        let (name, onset) = (table.column(&["case", "id"])?, table.column(&["onset"])?);
        let (lat, long) = (table.column_if(&["lat"]), table.column_if(&["long", "lon"]));
        let by = table.column_if(&["by", "infector"]);
        let named: Vec<&str> = groups.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let columns: Vec<(String, Column)> = if named.is_empty() {
            GROUPS.iter().filter_map(|name| Some(((*name).to_owned(), table.column_if(&[name])?))).collect()
        } else {
            let one = |name: &&str| Ok(((*name).to_owned(), table.column(&[name])?));
            named.iter().map(one).collect::<Result<_>>()?
        };
        let mut list = List {
            names: Vec::new(),
            cases: Vec::new(),
            groups: columns.iter().map(|(name, _)| name.clone()).collect(),
            by: Vec::new(),
            places: HashMap::new(),
        };
        let mut known: Vec<HashMap<String, u32>> = vec![HashMap::new(); columns.len()];
        let mut infectors = Vec::new();
        while table.advance()? {
            let id = table.text(&name).to_owned();
            if id.is_empty() {
                return Err(table.wrong(&name, "is empty; every case has a name"));
            }
            if list.places.insert(id.clone(), list.names.len() as u32).is_some() {
                return Err(table.wrong(&name, "stands there twice"));
            }
            if list.names.len() == CASES_MAX {
                let text = format!("{what}: row {}: a tree takes at most {CASES_MAX} cases", table.row());
                return Err(Error::too_costly(text));
            }
            let group = |((_, column), known): (&(String, Column), &mut HashMap<String, u32>)| {
                let group = table.text(column);
                let next = known.len() as u32;
                (!group.is_empty()).then(|| *known.entry(group.to_owned()).or_insert(next))
            };
            let groups = columns.iter().zip(&mut known).map(group).collect();
            let place = place(&table, lat.as_ref(), long.as_ref())?;
            list.cases.push(Case { onset: table.day(&onset)?, groups, place });
            list.names.push(id);
            let infector = by.as_ref().map(|column| table.text(column).to_owned()).unwrap_or_default();
            if let Some(column) = by.as_ref().filter(|_| list.names.last() == Some(&infector)) {
                return Err(table.wrong(column, "is the case itself; give its infector or `imported`"));
            }
            infectors.push((table.row(), infector));
        }
        if list.cases.is_empty() {
            return Err(Error::invalid(format!("{what}: there is no row below the heading")));
        }
        let column = by.as_ref().map_or("by", Column::name);
        let true_one = |(row, by): (usize, String)| match by.as_str() {
            "" => Ok(None),
            "imported" => Ok(Some(By::Imported)),
            name => list.places.get(name).map(|nth| Some(By::Case(*nth))).ok_or_else(|| {
                let name: String = name.chars().take(40).collect();
                let why = "is no case of the list; give one, `imported`, or nothing where it is not known";
                Error::invalid(format!("{what}: row {row}, column `{column}`: `{name}` {why}"))
            }),
        };
        list.by = infectors.into_iter().map(true_one).collect::<Result<_>>()?;
        Ok(list)
    }

    fn pairs(&self, from: &mut dyn Read, what: &str) -> Result<HashMap<(u32, u32), Pair>> {
        let mut table = Table::open(from, what)?;
        let ends = [table.column(&["a", "from", "case_a"])?, table.column(&["b", "to", "case_b"])?];
        let contact = table.column_if(&["contact"]);
        let (distance, genetic) = (table.column_if(&["distance_km"]), table.column_if(&["genetic"]));
        // A file of distances alone says nothing of contacts.
        let all_met = contact.is_none() && distance.is_none() && genetic.is_none();
        let mut pairs: HashMap<(u32, u32), Pair> = HashMap::new();
        while table.advance()? {
            let mut places = [0; 2];
            for (place, column) in places.iter_mut().zip(&ends) {
                let name = table.text(column);
                *place = *self.places.get(name).ok_or_else(|| table.wrong(column, "is no case of the list"))?;
            }
            if places[0] == places[1] {
                return Err(table.wrong(&ends[1], "is the same case"));
            }
            places.sort_unstable();
            let amount = |column: &Option<Column>| match column {
                Some(column) if !table.text(column).is_empty() => table.amount(column).map(Some),
                _ => Ok(None),
            };
            let met = match &contact {
                Some(column) => match table.text(column).to_lowercase().as_str() {
                    "1" | "yes" | "true" | "是" => Some(true),
                    "0" | "no" | "false" | "否" => Some(false),
                    "" => None,
                    _ => return Err(table.wrong(column, "is neither yes nor no")),
                },
                None => all_met.then_some(true),
            };
            let now = Pair { contact: met, distance_km: amount(&distance)?, genetic: amount(&genetic)? };
            if let (Some(column), Some(_)) = (&genetic, now.genetic.filter(|sites| sites.fract() != 0.0)) {
                return Err(table.wrong(column, "is not whole; give the number of sites that differ"));
            }
            let pair = pairs.entry((places[0], places[1])).or_default();
            // Two who met once met, however many rows say otherwise.
            pair.contact = if now.contact == Some(true) { now.contact } else { pair.contact.or(now.contact) };
            pair.distance_km = now.distance_km.or(pair.distance_km);
            pair.genetic = now.genetic.or(pair.genetic);
        }
        Ok(pairs)
    }

    fn name(&self, case: Option<usize>) -> &str {
        case.map_or("imported", |nth| self.names[nth].as_str())
    }

    fn is_right(&self, nth: usize, choice: &Candidate) -> Option<bool> {
        let chosen = choice.infector.map_or(By::Imported, |nth| By::Case(nth as u32));
        self.by[nth].map(|by| by == chosen)
    }
}

fn place<R: Read>(table: &Table<R>, lat: Option<&Column>, long: Option<&Column>) -> Result<Option<(f64, f64)>> {
    let (Some(lat), Some(long)) = (lat, long) else { return Ok(None) };
    if table.text(lat).is_empty() || table.text(long).is_empty() {
        return Ok(None);
    }
    let (north, east) = (table.number(lat)?, table.number(long)?);
    if !(-90.0..=90.0).contains(&north) {
        return Err(table.wrong(lat, "is no latitude; give degrees from -90 to 90"));
    }
    if !(-180.0..=180.0).contains(&east) {
        return Err(table.wrong(long, "is no longitude; give degrees from -180 to 180"));
    }
    Ok(Some((north, east)))
}

fn as_csv(list: &List, scored: &Scored) -> String {
    let mut out = String::new();
    let heading =
        ["case", "onset", "infector", "support", "kappa", "imported", "r", "likeliest", "likeliest_p", "by", "correct"];
    row_text(&mut out, &heading.map(str::to_owned));
    for (nth, choice) in scored.tree.iter().enumerate() {
        let best = &scored.candidates[nth][0];
        let imported = scored.candidates[nth].iter().find(|candidate| candidate.infector.is_none());
        let by = list.by[nth].map(|by| match by {
            By::Imported => "imported".to_owned(),
            By::Case(place) => list.names[place as usize].clone(),
        });
        let cells = [
            list.names[nth].clone(),
            day_text(list.cases[nth].onset),
            list.name(choice.infector).to_owned(),
            format!("{:.4}", choice.probability),
            choice.kappa.to_string(),
            format!("{:.4}", imported.map_or(0.0, |candidate| candidate.probability)),
            format!("{:.3}", scored.infected[nth]),
            list.name(best.infector).to_owned(),
            format!("{:.4}", best.probability),
            by.unwrap_or_default(),
            list.is_right(nth, choice).map(|right| u8::from(right).to_string()).unwrap_or_default(),
        ];
        row_text(&mut out, &cells);
    }
    out
}

fn as_json(list: &List, scored: &Scored, settings: &Settings) -> String {
    let candidate = |one: &Candidate| {
        json!({
            "infector": one.infector.map(|nth| list.names[nth].as_str()), "p": one.probability,
            "kappa": one.kappa, "direct": one.direct,
        })
    };
    let cases: Vec<Value> = scored
        .tree
        .iter()
        .enumerate()
        .map(|(nth, choice)| {
            let shown = scored.candidates[nth].iter().filter(|one| one.probability >= 0.001);
            json!({
                "case": list.names[nth], "onset": day_text(list.cases[nth].onset), "tree": candidate(choice),
                "r": scored.infected[nth], "candidates": shown.map(candidate).collect::<Vec<Value>>(),
                "correct": list.is_right(nth, choice),
            })
        })
        .collect();
    let marks: Vec<bool> = scored.tree.iter().enumerate().filter_map(|(nth, one)| list.is_right(nth, one)).collect();
    let right = marks.iter().filter(|mark| **mark).count() as u64;
    let answer = json!({
        "groups": list.groups, "parameters": scored.parameters, "rounds": scored.rounds,
        "accuracy": { "right": right, "of": marks.len(), "share": wilson(right, marks.len() as u64) },
        "cases": cases,
    });
    printed_json(settings, answer)
}
