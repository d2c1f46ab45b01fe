//! From a value in JSON to index values, one function a form.

use super::model::{Target, Value};
use super::plan::Form;
use super::target::reference_target;
use crate::date::{Period, parse_date};
use crate::element::Element;
use crate::fold::{fold, fold_for_index};
use crate::pinyin::{name_keys, name_parts};
use base::Millis;
use base::zone::Zone;

/// Money is counted in the units of ISO 4217.
pub(crate) const CURRENCIES: &str = "urn:iso:std:iso:4217";

/// Gives the values of `element`, which is written in `form`, to `push`. What is not as the form says is passed over:
/// it was stored, and so has been validated, or is read as far as it can be.
pub(super) fn read(form: Form, element: Element<'_>, zone: &Zone, push: &mut dyn FnMut(Value)) {
    match form {
        Form::Concept => concept(element, push),
        Form::Coding => coding(element, None, push),
        Form::Code(system) => text_of(element, |code| push(token(system, code))),
        Form::Plain => text_of(element, |code| push(token("", code))),
        Form::Flag => {
            if let Some(flag) = element.bool() {
                push(token("", if flag { "true" } else { "false" }));
            }
        }
        Form::Present => push(token("", "true")),
        Form::Identifier => identifier(element, push),
        Form::Contact => contact(element, push),
        Form::Reference => reference(element, push),
        Form::Link => text_of(element, |link| push(Value::Reference(reference_target(unversioned(link).0)))),
        Form::Nested => nested(element, push),
        Form::Text => text_of(element, |text| push_text(fold_for_index(text), push)),
        Form::Pinyin => spelled(element, name_keys, push),
        Form::NameParts => spelled(element, name_parts, push),
        Form::Date => text_of(element, |text| push_period(parse_date(text, zone), push)),
        Form::Period => push_period(period(element, zone), push),
        Form::Timing => timing(element, zone, push),
        Form::Number => {
            if let Some(number) = number(element) {
                push(Value::Number { low: number, high: number });
            }
        }
        Form::NumberRange => {
            if let Some(Value::Quantity { low, high, .. }) = range(element) {
                push(Value::Number { low, high });
            }
        }
        Form::Quantity => quantity(element).into_iter().for_each(push),
        Form::Money => money(element, push),
        Form::Range => range(element).into_iter().for_each(push),
        Form::Sampled => element.get("origin").and_then(quantity).into_iter().for_each(push),
        Form::Uri => text_of(element, |uri| push(Value::Uri { uri: uri.to_owned(), version: String::new() })),
        Form::Canonical => text_of(element, |canonical| {
            let (uri, version) = unversioned(canonical);
            push(Value::Uri { uri: uri.to_owned(), version: version.to_owned() });
        }),
    }
}

fn text_of(element: Element<'_>, with: impl FnOnce(&str)) {
    if let Some(text) = element.str() {
        with(&text);
    }
}

/// The text of a member, empty where it is missing.
fn member(element: Element<'_>, name: &str) -> String {
    element.get(name).and_then(Element::str).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// A canonical without its version, and the version.
fn unversioned(canonical: &str) -> (&str, &str) {
    canonical.split_once('|').unwrap_or((canonical, ""))
}

fn token(system: &str, code: &str) -> Value {
    Value::Token { system: system.to_owned(), code: code.to_owned(), texts: Vec::new() }
}

fn concept(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    let text = element.get("text").and_then(Element::str).map(|text| fold_for_index(&text));
    let text = text.filter(|text| !text.is_empty());
    match element.get("coding") {
        Some(codings) => codings.items().for_each(|item| coding(item, text.as_deref(), push)),
        None => {
            if let Some(text) = text {
                push(Value::Token { system: String::new(), code: String::new(), texts: vec![text] });
            }
        }
    }
}

fn coding(element: Element<'_>, concept_text: Option<&str>, push: &mut dyn FnMut(Value)) {
    let (mut system, mut code, mut texts) = (String::new(), String::new(), Vec::new());
    for (name, value) in element.members() {
        let Some(text) = value.str() else { continue };
        match name {
            "system" => system = text.into_owned(),
            "code" => code = text.into_owned(),
            "display" => texts.push(fold_for_index(&text)),
            _ => {}
        }
    }
    if let Some(text) = concept_text
        && texts.iter().all(|display| display != text)
    {
        texts.push(text.to_owned());
    }
    if !system.is_empty() || !code.is_empty() || !texts.is_empty() {
        push(Value::Token { system, code, texts });
    }
}

fn identifier(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    let (system, value) = (member(element, "system"), member(element, "value"));
    if !system.is_empty() || !value.is_empty() {
        push(Value::Identifier { system, value });
    }
}

fn contact(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    let (system, value) = (member(element, "system"), member(element, "value"));
    if !value.is_empty() {
        push(Value::Identifier { system, value: contact_text(&value) });
    }
}

/// A phone number without the signs between its digits, a mail address in lower case, all else folded.
/// Searches write their values the same way.
pub(crate) fn contact_text(text: &str) -> String {
    let number = |letter: char| letter.is_ascii_digit() || "+-() ./".contains(letter);
    if text.chars().all(number) && text.contains(|letter: char| letter.is_ascii_digit()) {
        return text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    }
    fold(text)
}

/// A `#contained` resource is no resource of its own. A reference may name its target by an identifier, too, or only so.
fn reference(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    if let Some(text) = element.get("reference").and_then(Element::str)
        && !text.starts_with('#')
        && !text.is_empty()
    {
        push(Value::Reference(reference_target(&text)));
    }
    if let Some(named) = element.get("identifier") {
        identifier(named, push);
    }
}

fn nested(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    let target = reference_target(&format!("{}/{}", member(element, "resourceType"), member(element, "id")));
    if let Target::Local { .. } = target {
        push(Value::Reference(target));
    }
}

fn push_text(text: String, push: &mut dyn FnMut(Value)) {
    if !text.is_empty() {
        push(Value::Text(text));
    }
}

fn spelled(element: Element<'_>, keys: fn(&str, &str, &str) -> Vec<String>, push: &mut dyn FnMut(Value)) {
    // Without a letter beyond ASCII, written as it is or escaped, there is nothing to spell.
    if element.raw().is_ascii() && !element.raw().contains(&b'\\') {
        return;
    }
    let keys = keys(&member(element, "family"), &given_name(element), &member(element, "text"));
    keys.into_iter().for_each(|key| push(Value::Text(key)));
}

/// All given names of a HumanName, written together.
pub(super) fn given_name(element: Element<'_>) -> String {
    element.get("given").map(|given| given.items().filter_map(Element::str).collect()).unwrap_or_default()
}

fn push_period(period: Option<Period>, push: &mut dyn FnMut(Value)) {
    if let Some(Period { start, end }) = period {
        push(Value::Date { start, end });
    }
}

/// A missing side is open. A period written backwards is turned, so that it is still found by both its dates.
fn period(element: Element<'_>, zone: &Zone) -> Option<Period> {
    let side = |name| element.get(name).and_then(Element::str).and_then(|text| parse_date(&text, zone));
    let (start, end) = (side("start"), side("end"));
    match (start, end) {
        (None, None) => None,
        (Some(start), Some(end)) => Some(Period { start: start.start.min(end.start), end: start.end.max(end.end) }),
        (start, end) => Some(Period {
            start: start.map_or(Millis::MIN, |start| start.start),
            end: end.map_or(Millis::MAX, |end| end.end),
        }),
    }
}

/// Each event and the period in which it repeats. A rule without either has no place in time.
fn timing(element: Element<'_>, zone: &Zone, push: &mut dyn FnMut(Value)) {
    for event in element.path("event") {
        text_of(event, |text| push_period(parse_date(text, zone), push));
    }
    let bounds = element.get("repeat").and_then(|repeat| repeat.get("boundsPeriod"));
    push_period(bounds.and_then(|bounds| period(bounds, zone)), push);
}

fn number(element: Element<'_>) -> Option<f64> {
    element.number_text()?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A comparator opens one side: `<5` is everything up to 5.
fn quantity(element: Element<'_>) -> Option<Value> {
    let value = element.get("value").and_then(number)?;
    let (low, high) = match member(element, "comparator").as_str() {
        "<" | "<=" => (f64::NEG_INFINITY, value),
        ">" | ">=" => (value, f64::INFINITY),
        _ => (value, value),
    };
    let (system, code, unit) = (member(element, "system"), member(element, "code"), member(element, "unit"));
    Some(Value::Quantity { low, high, system, code, unit })
}

fn money(element: Element<'_>, push: &mut dyn FnMut(Value)) {
    if let Some(value) = element.get("value").and_then(number) {
        let code = member(element, "currency");
        let system = if code.is_empty() { String::new() } else { CURRENCIES.to_owned() };
        push(Value::Quantity { low: value, high: value, system, code, unit: String::new() });
    }
}

/// An open side reaches to infinity; the unit is that of the lower side, or of the upper where there is no lower one.
fn range(element: Element<'_>) -> Option<Value> {
    let side = |name| element.get(name).and_then(quantity);
    match (side("low"), side("high")) {
        (Some(Value::Quantity { low, system, code, unit, .. }), high) => {
            let high = if let Some(Value::Quantity { high, .. }) = high { high } else { f64::INFINITY };
            Some(Value::Quantity { low, high, system, code, unit })
        }
        (None, Some(Value::Quantity { high, system, code, unit, .. })) => {
            Some(Value::Quantity { low: f64::NEG_INFINITY, high, system, code, unit })
        }
        _ => None,
    }
}
