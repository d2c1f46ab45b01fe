//! One input made from others by a few changes.

use crate::{INPUT_BYTES_MAX, Luck};

/// Signs that most of our formats are made of.
const SIGNS: &[&str] = &[
    ",", "|", "$", "\\", "\\,", "\\|", "\\$", "\\\\", ":", ".", "/", "&", "=", "?", "#", "*", "%", "%20", "%00", "+",
    "-", "~", "_", "(", ")", "[", "]", "{", "}", "\"", "'", " ", "\n", "\u{0}", "é", "张", "ﬁ", "İ", "\u{202e}",
    "\u{fffd}", "😀", "e\u{301}",
];

/// Numbers and dates at an edge.
const EDGES: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "9",
    "00",
    "255",
    "4096",
    "32767",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e308",
    "1e-308",
    "1e309",
    "1e99999",
    "0.1",
    "1.",
    ".5",
    "NaN",
    "Infinity",
    "99999999999999999999999999999999999999",
    "0001",
    "9999",
    "9999-12-31",
    "0001-01-01",
    "10000-01-01",
    "2024-02-30",
    "2023-02-29",
    "2026-13-01",
    "2026-03-03T24:00:00Z",
    "2026-03-03T23:59:60Z",
    "2026-03-03T10:00:00+14:00",
    "-2026",
];

/// Takes one of `from` and changes it in one to six places.
pub fn changed(luck: &Luck, from: &[Vec<u8>], words: &[String]) -> Vec<u8> {
    let mut input = match from.is_empty() {
        true => Vec::new(),
        // What was kept lately leads on.
        false if luck.chance(40) => luck.pick(&from[from.len() - from.len().min(64)..]).clone(),
        false => luck.pick(from).clone(),
    };
    for _ in 0..1 + luck.below(6) {
        change(luck, &mut input, from, words);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn change(luck: &Luck, input: &mut Vec<u8>, from: &[Vec<u8>], words: &[String]) {
    let range = luck.range(input.len());
    match luck.below(12) {
        0 if !input.is_empty() => {
            let at = luck.below(input.len() as u64) as usize;
            input[at] = luck.below(256) as u8;
        }
        1 => drop(input.splice(range, [])),
        2 => {
            let part = input[range.clone()].to_vec();
            input.splice(range.end..range.end, part);
        }
        // A piece many times: what nests, nests deeply.
        3 if luck.chance(20) => {
            let part = input[range.clone()].to_vec();
            let times = (1 << luck.below(12)).min(INPUT_BYTES_MAX / (part.len() + 1));
            input.splice(range.end..range.end, part.repeat(times));
        }
        4 | 5 if !from.is_empty() => {
            let other = luck.pick(from);
            let part = other[luck.range(other.len())].to_vec();
            input.splice(range, part);
        }
        6 => replace_piece(luck, input, from),
        7 => drop(input.splice(range, luck.pick(EDGES).bytes())),
        8 => drop(input.splice(range.start..range.start, luck.pick(SIGNS).bytes())),
        9 => replace_number(luck, input),
        _ if !words.is_empty() => {
            let word = luck.pick(words).clone();
            let range = if luck.chance(50) { range.start..range.start } else { range };
            input.splice(range, word.into_bytes());
        }
        _ => drop(input.splice(range, luck.pick(SIGNS).bytes())),
    }
    input.truncate(INPUT_BYTES_MAX);
}

/// Puts a piece between two signs of another input in the place of one of this.
fn replace_piece(luck: &Luck, input: &mut Vec<u8>, from: &[Vec<u8>]) {
    if from.is_empty() {
        return;
    }
    let other = luck.pick(from);
    let (theirs, ours) = (pieces(other), pieces(input));
    let part = other[luck.pick(&theirs).clone()].to_vec();
    let at = luck.pick(&ours).clone();
    input.splice(at, part);
}

/// What stands between signs; at least one.
fn pieces(input: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, byte) in input.iter().enumerate() {
        if b"?&=,|$:. (){}[]\"".contains(byte) {
            pieces.push(start..at);
            start = at + 1;
        }
    }
    pieces.push(start..input.len());
    pieces
}

fn replace_number(luck: &Luck, input: &mut Vec<u8>) {
    let Some(first) = input.iter().position(u8::is_ascii_digit) else { return };
    let last = input[first..].iter().position(|byte| !byte.is_ascii_digit()).map_or(input.len(), |count| first + count);
    input.splice(first..last, luck.pick(EDGES).bytes());
}
