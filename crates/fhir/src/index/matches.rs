//! Whether a resource meets one comparison: the exact answer, where an index may only give candidates.

use super::extract::{plans, unset, walk};
use super::model::{Target, Value};
use super::plan::{Form, Plan};
use super::read::{given_name, read};
use crate::definitions::r4;
use crate::element::Element;
use crate::fold::{fold, starts_a_word};
use crate::pinyin::{family_starts, given_starts};
use crate::resource::Resource;
use crate::search::model::{DateTest, Match, NamePart, NumberTest, Prefix, TextHow, UriHow, ValueTest};
use base::zone::Zone;

/// True if some value of the resource under the match's path passes its test. Texts are compared whole, not cut as in
/// the index, and `:exact` as written.
pub fn matches(resource: &Resource, wanted: &Match, zone: &Zone) -> bool {
    matches_any(resource, std::slice::from_ref(wanted), zone)
}

/// True if one of several matches holds; the resource is walked once, however many they are, and once more for each
/// custom path among theirs.
pub fn matches_any(resource: &Resource, wanted: &[Match], zone: &Zone) -> bool {
    let plans = plans(resource.type_id(), wanted.iter().map(|one| one.path));
    plans.into_iter().any(|plan| matches_in(plan, resource, wanted, zone))
}

fn matches_in(plan: &'static Plan, resource: &Resource, wanted: &[Match], zone: &Zone) -> bool {
    let unset_path = plan.false_unless_any;
    let (mut found, mut set) = (false, false);
    walk(plan, resource, &mut |leaf, element| {
        let here = || wanted.iter().filter(|one| one.path == leaf.path).map(|one| &one.test);
        if found || here().next().is_none() {
            return;
        }
        let (met, some) = element_matches(leaf.form, element, zone, &here);
        found = met;
        set |= some && unset_path == Some(leaf.path);
    });
    let of_unset = |one: &Match| unset_path == Some(one.path) && value_matches(&unset(), &one.test);
    found || (!set && wanted.iter().any(of_unset))
}

/// Whether the values of one element, written in `form`, pass one of the tests, and whether it has a value.
pub(super) fn element_matches<'t, I: Iterator<Item = &'t ValueTest>>(
    form: Form,
    element: Element<'_>,
    zone: &Zone,
    tests: &dyn Fn() -> I,
) -> (bool, bool) {
    if form == Form::Text {
        let Some(text) = element.str() else { return (false, false) };
        let folded = fold(&text);
        return (tests().any(|test| text_matches(test, &text, &folded)), true);
    }
    let (mut found, mut some) = (false, false);
    read(form, element, zone, &mut |value| {
        some = true;
        found = found || tests().any(|test| value_matches(&value, test));
    });
    (found || tests().any(|test| only_the_body_tells(form, element, test)), some)
}

/// What is not among the index values.
fn only_the_body_tells(form: Form, element: Element<'_>, test: &ValueTest) -> bool {
    let starts = |name: &str, start: &str| element.text_at(name).is_some_and(|text| starts_a_word(&fold(&text), start));
    match (form, test) {
        (Form::Identifier, ValueTest::IdentifierOfType { system, code, value }) => {
            let is = |element: Element<'_>, name: &str, text: &str| {
                element.get(name).and_then(Element::str).is_some_and(|is| is == text)
            };
            let of_type = |coding: Element<'_>| is(coding, "system", system) && is(coding, "code", code);
            is(element, "value", value) && element.path("type.coding").any(of_type)
        }
        (Form::Identifier, ValueTest::TokenText(start)) => starts("type.text", start),
        (Form::Reference, ValueTest::TokenText(start)) => starts("display", start),
        (Form::Pinyin | Form::NameParts, ValueTest::Spelled { part, start }) => match part {
            NamePart::Family => {
                element.get("family").and_then(Element::str).is_some_and(|family| family_starts(&family, start))
            }
            NamePart::Given => given_starts(&given_name(element), start),
        },
        (Form::Link, ValueTest::Canonical { uri, version, below }) => element.str().is_some_and(|text| {
            let is = text.strip_prefix(uri.as_str()).and_then(|rest| rest.strip_prefix('|'));
            is.and_then(|is| is.strip_prefix(version.as_str()))
                .is_some_and(|rest| rest.is_empty() || (*below && rest.starts_with('.')))
        }),
        _ => false,
    }
}

fn text_matches(test: &ValueTest, text: &str, text_folded: &str) -> bool {
    match test {
        ValueTest::Text { how: TextHow::Exact, original, .. } => text == original,
        ValueTest::Text { how: TextHow::Starts, folded, .. } => text_folded.starts_with(folded),
        ValueTest::Text { how: TextHow::Contains, folded, .. } => text_folded.contains(folded),
        ValueTest::Text { how: TextHow::Ends, folded, .. } => text_folded.ends_with(folded),
        ValueTest::Text { how: TextHow::Equal, folded, .. } => text_folded == folded,
        ValueTest::TokenText(start) => starts_a_word(text_folded, start),
        _ => false,
    }
}

/// True if an index value passes a test. Of a text only the folded form is known here, so `:exact` compares that.
pub fn value_matches(value: &Value, test: &ValueTest) -> bool {
    match (value, test) {
        (Value::Token { system, code, .. }, ValueTest::Token { system: wanted, code: wanted_code }) => {
            is_or_any(wanted.as_ref(), system) && is_or_any(wanted_code.as_ref(), code)
        }
        (Value::Token { code, .. }, ValueTest::MimeType(wanted)) => {
            let border = if wanted.contains('/') { ';' } else { '/' };
            code.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(border))
        }
        (Value::Token { texts, .. }, ValueTest::TokenText(start)) => {
            texts.iter().any(|text| starts_a_word(text, start))
        }
        (Value::Identifier { system, value }, ValueTest::Identifier { system: wanted, value: wanted_value }) => {
            is_or_any(wanted.as_ref(), system) && is_or_any(wanted_value.as_ref(), value)
        }
        (Value::Reference(target), ValueTest::Reference(wanted)) => target_matches(target, wanted),
        (Value::Text(text), ValueTest::Text { how, folded, .. }) => match how {
            TextHow::Starts => text.starts_with(folded.as_str()),
            TextHow::Contains => text.contains(folded.as_str()),
            TextHow::Ends => text.ends_with(folded.as_str()),
            TextHow::Equal | TextHow::Exact => text == folded,
        },
        (Value::Date { start, end }, ValueTest::Date(test)) => date_matches(*start, *end, test),
        (Value::Number { low, high }, ValueTest::Number(test)) => number_matches(*low, *high, test),
        (Value::Quantity { low, high, system, code, unit }, ValueTest::Quantity { number, system: s, code: c }) => {
            let unit_matches = match c {
                None => true,
                Some(wanted) => wanted == code || (s.is_none() && wanted == unit),
            };
            unit_matches && is_or_any(s.as_ref(), system) && number_matches(*low, *high, number)
        }
        (Value::Uri { uri, version }, ValueTest::Uri { how, uri: wanted, version: wanted_version }) => {
            uri_matches(*how, uri, wanted) && is_or_any(wanted_version.as_ref(), version)
        }
        _ => false,
    }
}

fn is_or_any(wanted: Option<&String>, text: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == text)
}

/// An empty id asks for any target of the type, also on another server.
fn target_matches(target: &Target, wanted: &Target) -> bool {
    match (target, wanted) {
        (Target::Local { type_, .. }, Target::Local { type_: wanted, id }) if id.is_empty() => type_ == wanted,
        (Target::Url(url), Target::Local { type_: wanted, id }) if id.is_empty() => {
            let mut from_end = url.rsplit('/').skip(1);
            from_end.next() == Some(r4().type_name(*wanted))
        }
        _ => target == wanted,
    }
}

/// See `DateTest`.
pub fn date_matches(low: base::Millis, high: base::Millis, test: &DateTest) -> bool {
    let DateTest { prefix, start, end } = *test;
    match prefix {
        Prefix::Eq => low >= start && high <= end,
        Prefix::Ne => low < start || high > end,
        Prefix::Gt => high > end,
        Prefix::Ge => high > start,
        Prefix::Lt => low < start,
        Prefix::Le => low < end,
        Prefix::Sa => low >= end,
        Prefix::Eb => high <= start,
        Prefix::Ap => low < end && high > start,
    }
}

/// See `NumberTest`.
pub fn number_matches(row_low: f64, row_high: f64, test: &NumberTest) -> bool {
    let NumberTest { prefix, value, low, high } = *test;
    match prefix {
        Prefix::Eq => row_low >= low && row_high < high,
        Prefix::Ne => row_low < low || row_high >= high,
        Prefix::Gt => row_high > value,
        Prefix::Ge => row_high >= value,
        Prefix::Lt => row_low < value,
        Prefix::Le => row_low <= value,
        Prefix::Sa => row_low > value,
        Prefix::Eb => row_high < value,
        Prefix::Ap => row_low < high && row_high >= low,
    }
}

/// Below and above end at the border of a path segment: `http://a/b` is above `http://a/b/c` and `http://a/b?c`, not above
/// `http://a/bc`.
fn uri_matches(how: UriHow, uri: &str, wanted: &str) -> bool {
    match how {
        UriHow::Equal => uri == wanted,
        UriHow::Below => is_above(wanted, uri),
        UriHow::Above => is_above(uri, wanted),
    }
}

fn is_above(above: &str, below: &str) -> bool {
    let border = |rest: &str| rest.is_empty() || above.ends_with('/') || rest.starts_with(['/', '?', '#']);
    below.strip_prefix(above).is_some_and(border)
}
