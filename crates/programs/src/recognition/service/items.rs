//! `items`: the catalogue on a day, as an institution has it: items with their windows, marks and rights, the negative
//! list and the reasons.

use crate::directory::{Picture, picture};
use crate::recognition::ask::here;
use crate::recognition::codes::{Maps, maps};
use crate::recognition::tables::{ITEM, MARK, NEGATIVE, REASON, RIGHT, WINDOW};
use base::zone::{day_named, day_text};
use base::{Cx, Error, Result, Role};
use runtime::listing::Typed;
use runtime::program::{Env, Given};
use runtime::rules::{self, Place, Row, Rules};
use serde_json::{Value, json};

pub fn items(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let picture = picture(env)?;
    let on = match given.text("on") {
        None => env.store.zone().day_and_minute(cx.now()).0,
        Some(text) => day_named(text).ok_or_else(|| Error::invalid(format!("`on` is a day, not `{text}`")))?,
    };
    let own = (cx.who.role == Role::Clinician).then_some(cx.who.scope.as_deref()).flatten();
    let asked = given.text("institution").or(own);
    let here = here(&picture, asked);
    let place = Place { district: here.district, institution: here.institution };
    let (rules, maps) = (rules::of(env, &crate::rule_tables())?, maps(env)?);
    let typed = Typed::new(given.text("q"));
    let mut items = Vec::new();
    for row in rules.table(ITEM)?.on(on, &place) {
        let Some(key) = row.text("item") else { continue };
        let local = local(&maps, place.institution.as_deref(), key);
        if typed.finds(&keys(row, &local)) {
            items.push(item(&rules, row, key, local, on, &place)?);
        }
    }
    let on_day = |table: &str| Ok::<_, Error>(rules.table(table)?.on(on, &place));
    let negatives = on_day(NEGATIVE)?.into_iter().map(
        |row| json!({ "item": row.text("item"), "why": row.text("why"), "rule": row.name(), "source": row.source }),
    );
    Ok(json!({
        "on": day_text(on),
        "items": items,
        "marks": on_day(MARK)?.into_iter().map(mark).collect::<Vec<_>>(),
        "rights": on_day(RIGHT)?.into_iter().map(|row| right(&picture, row)).collect::<Vec<_>>(),
        "negatives": negatives.collect::<Vec<_>>(),
        "reasons": reasons(on_day(REASON)?),
    }))
}

/// Codes of the institution that mean an item.
fn local(maps: &Maps, institution: Option<&str>, item: &str) -> Vec<(String, String)> {
    institution.map(|institution| maps.codes_of(institution, item)).unwrap_or_default()
}

/// By what an item is found: names, pinyin, initials, LOINC, its key, the institution's own codes.
fn keys(row: &Row, local: &[(String, String)]) -> String {
    let mut texts: Vec<&str> = [row.text("zh"), row.text("en"), row.text("item")].into_iter().flatten().collect();
    texts.extend(row.texts("names").iter().map(String::as_str));
    texts.extend(row.texts("loinc").iter().map(String::as_str));
    texts.extend(local.iter().map(|(_, code)| code.as_str()));
    crate::directory::rows::keys(&texts)
}

fn item(rules: &Rules, row: &Row, key: &str, local: Vec<(String, String)>, on: i32, place: &Place) -> Result<Value> {
    let windows = rules.table(WINDOW)?.on(on, place).into_iter().filter(|window| window.text("item") == Some(key));
    let window = |window: &Row| {
        json!({
            "state": window.text("state"), "level": window.text("level"), "hours": window.integer("hours"),
            "source": window.source, "sure": window.sure.name(), "scope": window.scope.to_string(), "rule": window.name(),
        })
    };
    let negative = rules.table(NEGATIVE)?.find(on, place, &[key]).and_then(|row| row.text("why"));
    let method = (!row.texts("methods").is_empty()).then(|| row.texts("methods").join("、"));
    let local = local.into_iter().map(|(system, code)| json!({ "system": system, "code": code, "name": null }));
    Ok(json!({
        "item": key, "name": { "zh": row.text("zh"), "en": row.text("en") }, "kind": row.text("kind"),
        "listed": row.flag("listed"), "loinc": row.texts("loinc"), "others": row.texts("names"),
        "specimen": (!row.texts("specimens").is_empty()).then(|| row.texts("specimens").join("、")),
        "modality": row.text("modality"), "fen": row.integer("fen"), "method": method,
        "method_rule": row.text("method"), "units": row.texts("units"), "parts": row.texts("parts"),
        "instruments": row.texts("instruments"), "thickness_max_um": row.integer("thickness_max_um"),
        "fasting": row.flag("fasting"), "local": local.collect::<Vec<_>>(), "windows": windows.map(window).collect::<Vec<_>>(),
        "negative": negative.map(|why| json!({ "zh": why, "en": why })), "rule": row.name(), "source": row.source,
        "sure": row.sure.name(), "scope": row.scope.to_string(),
    }))
}

fn mark(row: &Row) -> Value {
    let areas = row.texts("areas");
    json!({
        "mark": row.text("mark"), "name": row.text("mark"), "level": row.text("level"),
        "area": (!areas.is_empty()).then(|| areas.join("、")), "rule": row.name(), "source": row.source,
    })
}

/// None for the institution: every one that passed its quality assessment.
fn right(picture: &Picture, row: &Row) -> Value {
    let institution = row.text("institution").filter(|id| *id != "*");
    json!({
        "institution": institution.map(|id| super::institution(picture, id)),
        "item": row.text("item").filter(|item| *item != "*"), "mark": row.text("mark"), "granted": row.flag("granted"),
        "from": day_text(row.from), "to": row.to.map(day_text), "rule": row.name(), "source": row.source,
    })
}

fn reasons(mut rows: Vec<&Row>) -> Vec<Value> {
    rows.sort_by_key(|row| row.integer("position").unwrap_or(i64::MAX));
    let reason = |row: &&Row| {
        json!({
            "system": crate::recognition::card::REASON_SYSTEM, "code": row.text("reason"), "zh": row.text("zh"),
            "en": row.text("en"), "national": row.flag("national"), "needs_text": row.flag("needs_text"),
            "rule": row.name(), "source": row.source,
        })
    };
    rows.iter().map(reason).collect()
}
