//! A set of codes: some by name, and whole systems.

use base::limits::EXPANSION_CODES_MAX;
use base::{Error, Result};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// (system, code)
    pub codes: BTreeSet<(String, String)>,
    /// Systems of which every code is in.
    pub systems: BTreeSet<String>,
}

impl Codes {
    /// Adds a code. `set` names the value set for the message when there are too many.
    pub fn add(&mut self, system: &str, code: &str, set: &str) -> Result<()> {
        if self.codes.len() >= EXPANSION_CODES_MAX {
            return Err(Error::too_costly(format!(
                "the value set `{set}` has more than `{EXPANSION_CODES_MAX}` codes; use a narrower one"
            )));
        }
        self.codes.insert((system.to_owned(), code.to_owned()));
        Ok(())
    }

    pub fn has(&self, system: &str, code: &str) -> bool {
        self.systems.contains(system) || self.codes.contains(&(system.to_owned(), code.to_owned()))
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.systems.is_empty()
    }

    /// Both together.
    pub fn join(&mut self, other: Codes) {
        self.codes.extend(other.codes);
        self.systems.extend(other.systems);
    }

    /// What is in both.
    pub fn common(&self, other: &Codes) -> Codes {
        let mut codes: BTreeSet<_> = self.codes.iter().filter(|(s, c)| other.has(s, c)).cloned().collect();
        codes.extend(other.codes.iter().filter(|(s, c)| self.has(s, c)).cloned());
        Codes { codes, systems: self.systems.intersection(&other.systems).cloned().collect() }
    }

    /// Systems that are in as a whole, of which `other` holds single codes: to take these out, the system has to be
    /// listed first.
    pub fn to_list(&self, other: &Codes) -> Vec<String> {
        let partly = |system: &&String| {
            !other.systems.contains(*system) && other.codes.iter().any(|(of, _)| of == system.as_str())
        };
        self.systems.iter().filter(partly).cloned().collect()
    }

    /// Takes out what `other` holds. Its single codes of whole systems have no effect: see `to_list`.
    pub fn remove(&mut self, other: &Codes) {
        self.codes.retain(|(system, code)| !other.has(system, code));
        self.systems.retain(|system| !other.systems.contains(system));
    }
}
