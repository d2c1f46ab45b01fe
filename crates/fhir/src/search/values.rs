//! The values of a parameter: lists, escapes, prefixes, and one function for each form.

use super::model::{DateTest, NumberTest, Prefix};
use super::near::shown;
use super::number::number_test;
use super::parse::Context;
use crate::date::parse_date;
use base::limits::OR_VALUES_MAX;
use base::{Error, Result};

/// The values between unescaped commas, still escaped.
pub(super) fn list<'a>(param: &str, value: &'a str) -> Result<Vec<&'a str>> {
    let values = split(value, b',');
    if values.len() > OR_VALUES_MAX {
        let text = format!("`{}` has {} values; at most {OR_VALUES_MAX} are taken", shown(param), values.len());
        return Err(Error::too_costly(text));
    }
    if values.iter().any(|value| value.is_empty()) {
        let text =
            format!("`{}` has an empty value in its list; remove the comma, or write `\\,` for one", shown(param));
        return Err(Error::invalid(text));
    }
    Ok(values)
}

/// The parts between unescaped separators.
pub(super) fn split(value: &str, separator: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in value.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == separator {
            parts.push(&value[start..at]);
            start = at + 1;
        }
    }
    parts.push(&value[start..]);
    parts
}

/// `\,` `\$` `\|` `\\` as the sign alone; a backslash before anything else stands for itself.
pub(super) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '\\' && ",$|\\".contains(*next) => {
                out.push(*next);
                letters.next();
            }
            _ => out.push(letter),
        }
    }
    out
}

/// `code`, `system|code`, `|code` (without a system), `system|` (any code of it).
pub(super) fn token(param: &str, value: &str) -> Result<(Option<String>, Option<String>)> {
    // True and false have a system of their own, which no boolean carries.
    const SPECIAL: &str = "http://hl7.org/fhir/special-values";
    let parts: Vec<String> = split(value, b'|').into_iter().map(unescaped).collect();
    match parts.as_slice() {
        [code] => Ok((None, Some(code.clone()))),
        [system, code] if !(system.is_empty() && code.is_empty()) => {
            let system = if system == SPECIAL { String::new() } else { system.clone() };
            Ok((Some(system), Some(code.clone()).filter(|code| !code.is_empty())))
        }
        _ => Err(Error::invalid(format!(
            "`{}={}` is no token; write `code`, `system|code`, `|code` or `system|`, and `\\|` for a `|` inside",
            shown(param),
            shown(value)
        ))),
    }
}

/// A prefix and the rest of the value.
fn prefixed<'a>(param: &str, value: &'a str) -> Result<(Prefix, &'a str)> {
    let letters = value.bytes().take_while(u8::is_ascii_lowercase).count();
    let (prefix, rest) = value.split_at(letters);
    let prefix = match prefix {
        "" | "eq" => Prefix::Eq,
        "ne" => Prefix::Ne,
        "gt" => Prefix::Gt,
        "lt" => Prefix::Lt,
        "ge" => Prefix::Ge,
        "le" => Prefix::Le,
        "sa" => Prefix::Sa,
        "eb" => Prefix::Eb,
        "ap" => Prefix::Ap,
        _ => {
            let (param, value) = (shown(param), shown(value));
            let text = format!("`{param}={value}` begins with no prefix; use eq, ne, gt, lt, ge, le, sa, eb or ap");
            return Err(Error::invalid(text));
        }
    };
    Ok((prefix, rest))
}

/// `ge2026-11`. Under `ap` the period is widened by a tenth of its distance from now.
pub(super) fn date(context: &Context<'_>, param: &str, value: &str) -> Result<DateTest> {
    let text = unescaped(value);
    let (prefix, rest) = prefixed(param, &text)?;
    let period = parse_date(rest, context.zone).ok_or_else(|| {
        let plus = if rest.contains(' ') { "; a `+` in an offset is written `%2B`" } else { "" };
        Error::invalid(format!(
            "`{}={}` is no date; write `2026`, `2026-11`, `2026-11-21` or `2026-11-21T08:15:00+08:00`{plus}",
            shown(param),
            shown(value)
        ))
    })?;
    let widened = match prefix {
        Prefix::Ap if context.now < period.start => (period.start - context.now) / 10,
        Prefix::Ap if context.now >= period.end => (context.now - period.end) / 10,
        _ => 0,
    };
    Ok(DateTest { prefix, start: period.start - widened, end: period.end + widened })
}

pub(super) fn number(param: &str, value: &str) -> Result<NumberTest> {
    let text = unescaped(value);
    let (prefix, rest) = prefixed(param, &text)?;
    number_test(prefix, rest).ok_or_else(|| {
        let (param, value) = (shown(param), shown(value));
        Error::invalid(format!("`{param}={value}` is no number; write `5`, `ge5.40` or `1.2e-3`"))
    })
}

/// A number with the unit it must have.
pub(super) struct Quantity {
    pub number: NumberTest,
    /// None: any.
    pub system: Option<String>,
    pub code: Option<String>,
}

/// `5.4`, `5.4|http://unitsofmeasure.org|mg`, `5.4||mg`, `5.4|system|`.
pub(super) fn quantity(param: &str, value: &str) -> Result<Quantity> {
    let parts = split(value, b'|');
    let given = |text: &str| Some(unescaped(text)).filter(|text| !text.is_empty());
    match parts.as_slice() {
        [plain] => Ok(Quantity { number: number(param, plain)?, system: None, code: None }),
        [plain, system, code] => {
            Ok(Quantity { number: number(param, plain)?, system: given(system), code: given(code) })
        }
        _ => Err(Error::invalid(format!(
            "`{}={}` is no quantity; write `5.4`, `5.4|system|code` or `5.4||code`",
            shown(param),
            shown(value)
        ))),
    }
}
