//! Whether a resource meets one comparison: the exact answer, where an index may only give candidates.

use super::extract::{unset, walk};
use super::model::{Target, Value};
use super::plan::Form;
use super::read::read;
use crate::definitions::r4;
use crate::fold::{fold, starts_a_word};
use crate::resource::Resource;
use crate::search::model::{DateTest, Match, NumberTest, Prefix, TextHow, UriHow, ValueTest};
use base::zone::Zone;

/// True if some value of the resource under the match's path passes its test. Texts are compared whole, not cut as in
/// the index, and `:exact` as written.
pub fn matches(resource: &Resource, wanted: &Match, zone: &Zone) -> bool {
    matches_any(resource, std::slice::from_ref(wanted), zone)
}

/// True if one of several matches holds; the resource is walked once, however many they are.
pub fn matches_any(resource: &Resource, wanted: &[Match], zone: &Zone) -> bool {
    let unset_path = r4().plan(resource.type_id()).false_unless_any;
    let (mut found, mut set) = (false, false);
    walk(resource, &mut |leaf, element| {
        let here = || wanted.iter().filter(|one| one.path == leaf.path);
        if found || here().next().is_none() {
            return;
        }
        if leaf.form == Form::Text
            && let Some(text) = element.str()
        {
            let folded = fold(&text);
            found = here().any(|one| text_matches(&one.test, &text, &folded));
            return;
        }
        read(leaf.form, element, zone, &mut |value| {
            set |= unset_path == Some(leaf.path);
            found |= here().any(|one| value_matches(&value, &one.test));
        });
    });
    let of_unset = |one: &Match| unset_path == Some(one.path) && value_matches(&unset(), &one.test);
    found || (!set && wanted.iter().any(of_unset))
}

fn text_matches(test: &ValueTest, text: &str, text_folded: &str) -> bool {
    match test {
        ValueTest::Text { how: TextHow::Exact, original, .. } => text == original,
        ValueTest::Text { how: TextHow::Starts, folded, .. } => text_folded.starts_with(folded),
        ValueTest::Text { how: TextHow::Contains, folded, .. } => text_folded.contains(folded),
        ValueTest::Text { how: TextHow::Ends, folded, .. } => text_folded.ends_with(folded),
        ValueTest::Text { how: TextHow::Equal, folded, .. } => text_folded == folded,
        _ => false,
    }
}

/// True if an index value passes a test. Of a text only the folded form is known here, so `:exact` compares that.
pub fn value_matches(value: &Value, test: &ValueTest) -> bool {
    match (value, test) {
        (Value::Token { system, code, .. }, ValueTest::Token { system: wanted, code: wanted_code }) => {
            is_or_any(wanted.as_ref(), system) && is_or_any(wanted_code.as_ref(), code)
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

/// An empty id asks for any target of the type.
fn target_matches(target: &Target, wanted: &Target) -> bool {
    match (target, wanted) {
        (Target::Local { type_, .. }, Target::Local { type_: wanted, id }) if id.is_empty() => type_ == wanted,
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

/// Below and above end at the border of a path segment: `http://a/b` is above `http://a/b/c`, not above `http://a/bc`.
fn uri_matches(how: UriHow, uri: &str, wanted: &str) -> bool {
    match how {
        UriHow::Equal => uri == wanted,
        UriHow::Below => is_above(wanted, uri),
        UriHow::Above => is_above(uri, wanted),
    }
}

fn is_above(above: &str, below: &str) -> bool {
    below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || above.ends_with('/') || rest.starts_with('/'))
}
