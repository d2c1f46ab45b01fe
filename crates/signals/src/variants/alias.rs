//! Names of lineages: a tree by dots, in which an alias stands for a long beginning. `BA.2.75` is `B.1.1.529.2.75` where
//! `BA` is an alias of `B.1.1.529`. Which aliases there are is data of the caller; they change every week.

use base::{Error, Result};
use std::collections::BTreeMap;

/// The longest name, and the most aliases within aliases.
const NAME_MAX: usize = 200;
const DEPTH_MAX: usize = 50;

/// Where lineages that belong to no group go.
pub const OTHER: &str = "Other";

/// Aliases by their short names.
#[derive(Clone, Debug, Default)]
pub struct Aliases(BTreeMap<String, String>);

impl Aliases {
    /// Pairs of alias and what it stands for; nothing (as for `A`, `B` and recombinants) makes it a root.
    ///
    /// # Errors
    /// An alias given twice, and one that leads back to itself; the number of the pair comes with it, from 0.
    pub fn of(pairs: &[(String, String)]) -> std::result::Result<Aliases, (usize, Error)> {
        let mut aliases = Aliases::default();
        for (nth, (alias, name)) in pairs.iter().enumerate() {
            let (alias, name) = (alias.trim().to_uppercase(), name.trim().to_uppercase());
            if aliases.0.contains_key(&alias) {
                return Err((nth, Error::invalid(format!("the alias `{alias}` stands there twice"))));
            }
            // What begins with itself, or stands for several parents, is a root.
            if !name.is_empty() && name != alias && !name.contains([',', '[', '/']) {
                aliases.0.insert(alias, name);
            }
        }
        for (nth, (alias, _)) in pairs.iter().enumerate() {
            aliases.whole(alias).map_err(|error| (nth, error))?;
        }
        Ok(aliases)
    }

    /// The name without aliases.
    pub fn whole(&self, name: &str) -> Result<String> {
        let mut whole = name.trim().to_uppercase();
        for _ in 0..DEPTH_MAX {
            let (first, rest) = whole.split_once('.').unwrap_or((&whole, ""));
            let Some(stands_for) = self.0.get(first) else { return Ok(whole) };
            whole = if rest.is_empty() { stands_for.clone() } else { format!("{stands_for}.{rest}") };
            if whole.len() > NAME_MAX {
                break;
            }
        }
        Err(Error::invalid(format!("the alias `{name}` leads back to itself or grows without end")))
    }

    /// The group to which a lineage belongs: of those it descends from (or is), the nearest; `OTHER` where there is none.
    pub fn group<'a>(&self, name: &str, groups: &'a [String]) -> Result<&'a str> {
        let whole = self.whole(name)?;
        let mut best: Option<(usize, &str)> = None;
        for group in groups {
            let above = self.whole(group)?;
            let below = whole == above || whole.strip_prefix(&above).is_some_and(|rest| rest.starts_with('.'));
            if below && best.is_none_or(|(length, _)| above.len() > length) {
                best = Some((above.len(), group));
            }
        }
        Ok(best.map_or(OTHER, |(_, group)| group))
    }
}
