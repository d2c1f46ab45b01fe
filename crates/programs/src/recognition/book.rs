//! The rules in force on a day at a place, compiled once and kept.

use super::model::{
    Book, ChangeSign, Dated, Item, ItemKind, Mark, MarkLevel, MethodRule, PatientState, SignPlace, Why, Window,
};
use super::tables::{CHANGE, ITEM, MARK, NEGATIVE, RIGHT, WINDOW};
use base::Result;
use runtime::program::Env;
use runtime::rules::{self, AppliesBy, Place, Row, Rules, Sure};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Books kept at once: a city asks of some hundred places, on today and few other days.
const BOOKS_MAX: usize = 2_000;

/// The books made so far of one state of the rules.
#[derive(Default)]
struct Books(Mutex<HashMap<Key, Arc<Book>>>);

/// Day, district and institution.
type Key = (i32, Option<String>, Option<String>);

/// The rules as they are now, on a day at a place.
pub fn book(env: &Env, day: i32, place: &Place) -> Result<Arc<Book>> {
    let rules = rules::of(env, &crate::rule_tables())?;
    let books = env.kept.at("recognition.books", rules.mark, || Ok(Books::default()))?;
    let key = (day, place.district.clone(), place.institution.clone());
    if let Some(book) = books.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(book.clone());
    }
    let made = Arc::new(compile(&rules, day, place)?);
    let mut held = books.0.lock().unwrap_or_else(PoisonError::into_inner);
    if held.len() >= BOOKS_MAX {
        held.clear();
    }
    held.insert(key, made.clone());
    Ok(made)
}

/// The book of a day and a place, from rules of any time.
pub fn compile(rules: &Rules, day: i32, place: &Place) -> Result<Book> {
    let mut book = Book { day, ..Book::default() };
    for row in rules.table(ITEM)?.on(day, place) {
        let item = item(row);
        book.by_loinc.extend(item.loinc.iter().map(|code| (code.clone(), item.key.clone())));
        book.items.insert(item.key.clone(), item);
    }
    for row in rules.table(MARK)?.on(day, place) {
        if let (Some(code), Some(level)) = (row.text("mark"), row.text("level").and_then(MarkLevel::named)) {
            let mark = Mark { code: code.to_owned(), level, areas: row.texts("areas").to_vec(), rule: row.name() };
            book.marks.insert(code.to_owned(), mark);
        }
    }
    for row in rules.table(NEGATIVE)?.on(day, place) {
        if let (Some(item), Some(why)) = (row.text("item"), row.text("why")) {
            book.negatives.insert(item.to_owned(), (why.to_owned(), row.name()));
        }
    }
    book.signs = rules.table(CHANGE)?.on(day, place).into_iter().filter_map(sign).collect();
    windows(rules, place, &mut book)?;
    rights(rules, place, &mut book)?;
    Ok(book)
}

fn item(row: &Row) -> Item {
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    Item {
        key: text("item"),
        zh: text("zh"),
        en: text("en"),
        kind: if row.text("kind") == Some("imaging") { ItemKind::Imaging } else { ItemKind::Lab },
        listed: row.flag("listed"),
        loinc: row.texts("loinc").to_vec(),
        names: row.texts("names").to_vec(),
        specimens: row.texts("specimens").to_vec(),
        fasting: row.flag("fasting"),
        modality: row.text("modality").map(str::to_owned),
        units: row.texts("units").to_vec(),
        fen: row.integer("fen"),
        method: MethodRule::named(row.text("method").unwrap_or_default()),
        methods: row.texts("methods").to_vec(),
        instruments: row.texts("instruments").to_vec(),
        thickness_max_um: row.integer("thickness_max_um"),
        parts: row.texts("parts").to_vec(),
        rule: row.name(),
    }
}

fn sign(row: &Row) -> Option<ChangeSign> {
    Some(ChangeSign {
        place: SignPlace::named(row.text("place")?)?,
        contains: row.text("contains")?.to_owned(),
        case: Why::named(row.text("case")?)?,
        rule: row.name(),
    })
}

fn dated<T>(row: &Row, value: T) -> Dated<T> {
    Dated {
        from: row.from,
        to: row.to,
        by_event: row.applies_by == AppliesBy::Event,
        rule: row.name(),
        sure: row.sure != Sure::Unsure,
        lifted: row.lifted,
        value,
    }
}

/// Rows may go by the day of the result, so all that hold at the place are kept, in the order of their rank.
fn windows(rules: &Rules, place: &Place, book: &mut Book) -> Result<()> {
    for row in rules.table(WINDOW)?.rows().filter(|row| row.scope.holds_at(place)) {
        let state = row.text("state").and_then(PatientState::named);
        let (Some(item), Some(state)) = (row.text("item"), state) else { continue };
        let level = row.text("level").and_then(MarkLevel::named);
        let windows = book.windows.entry(item.to_owned()).or_default();
        let nth = windows.iter().position(|window| window.state == state && window.level == level);
        let nth = nth.unwrap_or_else(|| {
            windows.push(Window { state, level, rows: Vec::new() });
            windows.len() - 1
        });
        windows[nth].rows.push(dated(row, row.integer("hours").unwrap_or_default()));
    }
    Ok(())
}

fn rights(rules: &Rules, place: &Place, book: &mut Book) -> Result<()> {
    for row in rules.table(RIGHT)?.rows().filter(|row| row.scope.holds_at(place)) {
        let (Some(institution), Some(item), Some(mark)) = (row.text("institution"), row.text("item"), row.text("mark"))
        else {
            continue;
        };
        let of_mark = book.rights.entry(mark.to_owned()).or_default();
        let of_institution = of_mark.entry(institution.to_owned()).or_default();
        of_institution.entry(item.to_owned()).or_default().push(dated(row, row.flag("granted")));
    }
    Ok(())
}
