//! Hostile input of every kind: known input is changed at random and given to a target again and again. What the target
//! answers in a new way is kept and changed further, so that it comes deeper with time. A run repeats from its seed.
//!
//! The targets are the tests of this crate. Ordinary tests run each for a few seconds; `make fuzz` for as long as asked.

mod change;
mod luck;

pub use luck::Luck;

use base::{Dice, Stopwatch};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Bytes of an input; few are long, since most defects show in short ones.
pub const INPUT_BYTES_MAX: usize = 64 << 10;
/// Inputs kept at once; beyond that a new one takes the place of an old one.
const KEPT_MAX: usize = 20_000;
/// One input may take this long at most, on a busy machine and without optimization.
const SLOWEST: Duration = Duration::from_secs(30);

/// What is given hostile input.
pub struct Target<'a> {
    pub name: &'static str,
    /// Known input to begin with.
    pub corpus: Vec<Vec<u8>>,
    /// What input of this kind is made of: names, signs, numbers at the edge.
    pub words: Vec<String>,
    /// Takes one input and says how it was answered, in words without the input's own values; panics where a rule is
    /// broken.
    #[expect(clippy::type_complexity, reason = "it is called in one place")]
    pub take: Box<dyn FnMut(&[u8]) -> String + 'a>,
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Inputs(u64),
    Time(Duration),
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub inputs: u64,
    /// Different ways of answering that were met.
    pub ways: usize,
}

/// An input that broke a rule of its target.
#[derive(Clone, Debug)]
pub struct Broken {
    pub nth: u64,
    pub input: Vec<u8>,
    pub why: String,
}

/// Gives a target its corpus and then changed input until the end; the first input that breaks a rule ends the run.
pub fn run(target: &mut Target<'_>, seed: u64, until: Until) -> Result<Report, Broken> {
    let luck = Luck(Dice::seeded(seed));
    let watch = Stopwatch::start();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut ways: HashSet<u64> = HashSet::new();
    let mut nth = 0;
    loop {
        let input = match target.corpus.get(nth as usize) {
            Some(known) => known.clone(),
            None => change::changed(&luck, &kept, &target.words),
        };
        let way = one(target, &input).map_err(|why| Broken { nth, input: input.clone(), why })?;
        let new = ways.insert(way_of(&way));
        if new || (nth as usize) < target.corpus.len() {
            match kept.len() < KEPT_MAX {
                true => kept.push(input),
                false => kept[luck.below(KEPT_MAX as u64) as usize] = input,
            }
        }
        nth += 1;
        let over = match until {
            Until::Inputs(count) => nth >= count.max(target.corpus.len() as u64),
            Until::Time(time) => nth as usize >= target.corpus.len() && watch.elapsed() >= time,
        };
        if over {
            return Ok(Report { inputs: nth, ways: ways.len() });
        }
    }
}

/// Gives one input; the error says how it broke a rule.
fn one(target: &mut Target<'_>, input: &[u8]) -> Result<String, String> {
    let watch = Stopwatch::start();
    let answered = catch_unwind(AssertUnwindSafe(|| (target.take)(input)));
    let took = watch.elapsed();
    match answered {
        Ok(_) if took > SLOWEST => Err(format!("it took {took:?}")),
        Ok(way) => Ok(way),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            Err(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned())
        }
    }
}

/// Two answers that differ only in numbers and in what stands between backticks are one way.
fn way_of(answer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (nth, part) in answer.split('`').enumerate() {
        if nth % 2 == 0 {
            part.chars().filter(|letter| !letter.is_ascii_digit()).for_each(|letter| letter.hash(&mut hasher));
        }
    }
    hasher.finish()
}

/// An input as a line of a corpus file: what is not plain text is escaped.
pub fn line_of(input: &[u8]) -> String {
    input.escape_ascii().to_string()
}

/// The inputs of a corpus file, one a line; `#` begins a comment.
pub fn corpus(text: &str) -> Vec<Vec<u8>> {
    let kept = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.map(unescaped).collect()
}

/// Takes `\xNN` back; any other backslash stands for itself, since searches are full of them.
fn unescaped(line: &str) -> Vec<u8> {
    let bytes = line.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let escape = bytes.get(at..at + 4).filter(|four| four.starts_with(b"\\x"));
        let number = escape.and_then(|four| u8::from_str_radix(std::str::from_utf8(&four[2..]).ok()?, 16).ok());
        out.push(number.unwrap_or(byte));
        at += if number.is_some() { 4 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target<'a>(take: impl FnMut(&[u8]) -> String + 'a) -> Target<'a> {
        Target {
            name: "test",
            corpus: corpus("aa\\x00b\n# no\nc,d"),
            words: vec!["xy".to_owned()],
            take: Box::new(take),
        }
    }

    #[test]
    fn a_run_repeats_and_finds_what_is_a_few_changes_away() {
        let seen = |seed| {
            let mut all = Vec::new();
            let mut target = target(|input| {
                all.push(input.to_vec());
                format!("{}", input.iter().filter(|byte| **byte == b'x').count())
            });
            run(&mut target, seed, Until::Inputs(300)).unwrap();
            drop(target);
            all
        };
        assert_eq!(seen(1), seen(1));
        assert_ne!(seen(1), seen(2));
        assert_eq!(seen(1)[..2], [b"aa\0b".to_vec(), b"c,d".to_vec()]);
        let mut deep = target(|input| {
            let count = input.windows(2).filter(|two| two == b"xy").count();
            assert!(count < 4, "four are too many");
            ["none", "one", "two", "three"][count].to_owned()
        });
        let broken = run(&mut deep, 3, Until::Inputs(20_000)).unwrap_err();
        assert_eq!(broken.why, "four are too many");
        assert!(broken.input.len() <= INPUT_BYTES_MAX);
    }

    #[test]
    fn a_line_of_the_corpus_is_read_back() {
        for input in [&b"a\\,b\x00\xff"[..], b"Patient?name=x"] {
            let line = line_of(input);
            assert_eq!(corpus(&line.replace("\\\\", "\\")), [input.to_vec()], "{line}");
        }
    }
}
