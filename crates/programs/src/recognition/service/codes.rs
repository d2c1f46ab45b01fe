//! `codes`: the local codes that institutions use, what they mean, and for those that mean nothing yet what they may mean.

use crate::directory::{Picture, picture};
use crate::recognition::ask::{book_at, here};
use crate::recognition::codes::reaction::{CODE, CODES, CodeRow, rows};
use crate::recognition::codes::suggest::{Names, Suggestion};
use crate::recognition::codes::{LOINC, Maps, Meant, maps};
use crate::recognition::model::Book;
use base::{Cx, Error, Result, Role};
use runtime::cards::Coding;
use runtime::listing::Typed;
use runtime::program::{Env, Given};
use runtime::rules::{Reach, reach};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;

const ROWS_DEFAULT: usize = 50;
const ROWS_MAX: usize = 500;

/// All codes in use, most used first within their institutions.
struct Used(Vec<CodeRow>);

/// The institutions whose codes the caller sees: all, those of a district, or one.
enum Whose {
    All,
    District(String),
    One(String),
}

impl Whose {
    fn of(cx: &Cx, store: &Store) -> Result<Whose> {
        match (cx.who.role, cx.who.scope.as_deref()) {
            (Role::Integration, _) => Ok(Whose::All),
            (Role::Officer, Some(_)) => Ok(match reach(cx, store)? {
                Reach::City => Whose::All,
                Reach::District(code) => Whose::District(code),
                Reach::Institution(id) => Whose::One(id),
            }),
            (Role::Clinician, Some(id)) => Ok(Whose::One(id.to_owned())),
            (role, _) => Err(Error::forbidden(format!("an account of role `{}` sees no codes", role.name()))),
        }
    }

    fn covers(&self, picture: &Picture, institution: &str) -> bool {
        match self {
            Whose::All => true,
            Whose::One(id) => id == institution,
            Whose::District(code) => {
                picture.institution(institution).is_some_and(|one| one.district.as_ref() == Some(code))
            }
        }
    }
}

/// How many codes of an institution are mapped, and how many results stand under those that are not.
#[derive(Default)]
struct Count {
    mapped: u64,
    unmapped: u64,
    results: u64,
}

pub fn codes(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let (picture, whose) = (picture(env)?, Whose::of(cx, &env.store)?);
    let (maps, book) = (maps(env)?, book_at(env, &here(&picture, None), cx.now())?);
    let state = match given.text("state") {
        None => None,
        Some("mapped") => Some(true),
        Some("unmapped") => Some(false),
        Some(other) => return Err(Error::invalid(format!("`state` is `mapped` or `unmapped`, not `{other}`"))),
    };
    let (only, typed) = (given.text("institution"), Typed::new(given.text("q")));
    let count = given.value::<usize>("count")?.unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX);
    let start = given.value::<usize>("page")?.unwrap_or(0);
    let used = used(env)?;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut found: Vec<(&CodeRow, Option<String>)> = Vec::new();
    for row in used.0.iter().filter(|row| whose.covers(&picture, &row.institution)) {
        let meant = meant(&maps, &book, row);
        let counted = counts.entry(&row.institution).or_default();
        match meant {
            Some(_) => counted.mapped += 1,
            None => {
                counted.unmapped += 1;
                counted.results += row.reports + row.values;
            }
        }
        let fits = only.is_none_or(|only| only == row.institution)
            && state.is_none_or(|mapped| mapped == meant.is_some())
            && typed.finds(&keys(row));
        if fits {
            found.push((row, meant));
        }
    }
    let (total, names) = (found.len(), Names::of(&book));
    let page = found.into_iter().skip(start).take(count);
    let rows: Vec<Value> = page.map(|(row, item)| told((&picture, &maps, &book), &names, row, item)).collect();
    let next = (start + rows.len() < total).then(|| (start + rows.len()).to_string());
    Ok(json!({ "institutions": institutions(&picture, &counts), "rows": rows, "next": next, "total": total }))
}

/// Read again when results have come in, which is always while a city works; it takes a tenth of a second.
fn used(env: &Env) -> Result<Arc<Used>> {
    let mark = env.store.cursor(CODES.name)?;
    env.kept.at("recognition.codes", mark, || {
        let mut used = rows::<CodeRow>(&env.store, CODE)?;
        used.sort_by(|one, other| {
            let count = |row: &CodeRow| row.reports + row.values;
            (count(other), &one.institution, &one.code).cmp(&(count(one), &other.institution, &other.code))
        });
        Ok(Used(used))
    })
}

/// The item of a code, by the institution's map or by the standard code that stands beside it.
fn meant(maps: &Maps, book: &Book, row: &CodeRow) -> Option<String> {
    let coding = |system: &str, code: &str| Coding { system: system.to_owned(), code: code.to_owned(), display: None };
    let mut codings = vec![coding(&row.system, &row.code)];
    codings.extend(row.loinc.iter().map(|code| coding(LOINC, code)));
    match maps.meant(book, Some(&row.institution), &codings) {
        Meant::Item(item) => Some(item),
        Meant::Unknown | Meant::Contradiction => None,
    }
}

/// How a code came by its meaning: confirmed on the platform, sent by the institution, or by the standard code beside it.
fn by(maps: &Maps, row: &CodeRow) -> &'static str {
    match maps.mapped(&row.institution, &row.system, &row.code) {
        Some((_, true)) => "map",
        Some((_, false)) => "sent",
        None => "standard",
    }
}

fn keys(row: &CodeRow) -> String {
    let mut texts: Vec<&str> = row.names.iter().map(String::as_str).collect();
    texts.push(&row.code);
    texts.extend(row.loinc.iter().map(String::as_str));
    crate::directory::rows::keys(&texts)
}

fn told(known: (&Picture, &Maps, &Book), names: &Names<'_>, row: &CodeRow, item: Option<String>) -> Value {
    let (picture, maps, book) = known;
    let tag = |key: &str| book.items.get(key).map(|item| json!({ "code": item.key, "zh": item.zh, "en": item.en }));
    let suggestions = if item.is_none() { names.suggest(row) } else { Vec::new() };
    let suggestion = |one: &Suggestion| {
        let item = book.items.get(&one.item);
        json!({
            "item": one.item, "zh": item.map(|item| &item.zh), "en": item.map(|item| &item.en),
            "confidence": one.confidence, "why": one.why.json(),
        })
    };
    json!({
        "institution": super::institution(picture, &row.institution), "system": row.system, "code": row.code,
        "name": row.names.first().unwrap_or(&row.code), "names": row.names, "count": row.reports + row.values,
        "reports": row.reports, "values": row.values, "last": Some(&row.last).filter(|last| !last.is_empty()),
        "by": item.as_ref().map(|_| by(maps, row)), "unit": row.units.first(), "units": row.units, "loinc": row.loinc, "item": item.as_deref().and_then(tag),
        "suggestions": suggestions.iter().map(suggestion).collect::<Vec<_>>(),
    })
}

/// Those with the most results under unmapped codes first.
fn institutions(picture: &Picture, counts: &BTreeMap<&str, Count>) -> Vec<Value> {
    let mut all: Vec<(&&str, &Count)> = counts.iter().collect();
    all.sort_by_key(|(id, count)| (std::cmp::Reverse(count.results), **id));
    let told = |(id, count): &(&&str, &Count)| {
        let name = picture.institution(id).map_or(**id, |institution| institution.row.name.as_str());
        json!({ "id": id, "name": name, "unmapped": count.unmapped, "mapped": count.mapped, "results": count.results })
    };
    all.iter().map(told).collect()
}
