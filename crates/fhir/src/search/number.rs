//! Numbers of a search with the precision they are written in.
//!
//! <https://hl7.org/fhir/R4/search.html#number>

use super::model::{NumberTest, Prefix};

/// Digits and powers of ten that a search may have.
const DIGITS_MAX: usize = 30;
const EXPONENT_MAX: i32 = 300;

/// The number with the range that its digits cover: `100` is [99.5, 100.5), `5.40e-3` is ±0.000005. `1e2` is
/// [95, 105) as in the specification: a whole number with a power of ten counts one digit further. Under `ap` the range
/// is ten percent to both sides. None if it is no number or an absurd one.
pub(super) fn number_test(prefix: Prefix, text: &str) -> Option<NumberTest> {
    let (mantissa, exponent, width) = decimal(text)?;
    let value = float(mantissa, exponent)?;
    let (low, high) = if prefix == Prefix::Ap {
        // The upper side is left out of a range; at exactly ten percent it shall still count.
        let tenth = mantissa.abs();
        (float(mantissa * 10 - tenth, exponent - 1)?, float(mantissa * 10 + tenth, exponent - 1)?.next_up())
    } else {
        let fine = mantissa * 10_i128.pow(width);
        let exponent = exponent - i32::try_from(width).ok()?;
        (float(fine - 5, exponent)?, float(fine + 5, exponent)?)
    };
    Some(NumberTest { prefix, value, low, high })
}

/// Digits as a whole number, its power of ten, and how many digits after the last one the precision reaches.
fn decimal(text: &str) -> Option<(i128, i32, u32)> {
    let (number, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(number, exp)| (number, Some(exp)));
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = format!("{whole}{}", fraction.unwrap_or_default());
    let complete = !whole.is_empty() && fraction != Some("") && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !complete || digits.len() > DIGITS_MAX {
        return None;
    }
    let power = match exponent {
        None => 0,
        Some(text) => {
            let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
            let power: i32 = text.parse().ok().filter(|_| bare.bytes().all(|byte| byte.is_ascii_digit()))?;
            power
        }
    };
    if power.abs() > EXPONENT_MAX {
        return None;
    }
    let mantissa: i128 = digits.parse().ok()?;
    let width = if fraction.is_none() && power > 0 { 2 } else { 1 };
    let fraction_digits = i32::try_from(fraction.map_or(0, str::len)).ok()?;
    Some((if negative { -mantissa } else { mantissa }, power - fraction_digits, width))
}

/// Through its decimal text, so that it is rounded like the stored numbers that it is compared with.
fn float(mantissa: i128, exponent: i32) -> Option<f64> {
    format!("{mantissa}e{exponent}").parse().ok().filter(|number: &f64| number.is_finite())
}
