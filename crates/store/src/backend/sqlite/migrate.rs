//! Brings a file to the newest schema: numbered steps, forward only. A newer file is refused.

use super::{FILE, fault};
use crate::options::Options;
use base::{Error, Result, hex};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// The steps in their order; a step once released is never changed.
const STEPS: [&str; 1] = [include_str!("migrations/0001_record.sql")];
/// The first dictionary, trained on clinical resources (`docs/store.md` says on which); a store keeps its own copy.
const DICTIONARY: &[u8] = include_bytes!("../../../data/bodies-1.dict");

pub fn bring_up(connection: &Connection, dir: &Path, options: &Options) -> Result<()> {
    let there: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fault)?;
    if there > STEPS.len() {
        return Err(Error::unsupported(format!(
            "this data folder was written by a newer jingluo (its schema is {there}, this program knows up to {}); \
             use the newer program, or restore a backup made before the upgrade",
            STEPS.len()
        )));
    }
    if there == STEPS.len() {
        return Ok(());
    }
    if there > 0 {
        let copy = dir.join(format!("before-schema-{}.{FILE}", STEPS.len()));
        connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(fault)?;
    }
    connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
    for step in &STEPS[there..] {
        connection.execute_batch(step).map_err(fault)?;
    }
    if there == 0 {
        lay_first_rows(connection, options)?;
    }
    connection.pragma_update(None, "user_version", STEPS.len()).map_err(fault)?;
    connection.execute_batch("COMMIT").map_err(fault)
}

fn lay_first_rows(connection: &Connection, options: &Options) -> Result<()> {
    let mut key = [0; 16];
    options.dice.fill(&mut key);
    let settings = [
        ("id_key", hex::encode(&key)),
        ("rows_given", "1".to_owned()),
        ("terms_given", "1000".to_owned()),
        ("paths_given", crate::reindex::CUSTOM_NUMBER_MIN.to_string()),
    ];
    for (name, value) in settings {
        connection.execute("INSERT INTO setting VALUES (?1, ?2)", params![name, value]).map_err(fault)?;
    }
    if !DICTIONARY.is_empty() {
        connection.execute("INSERT INTO dictionary VALUES (1, ?1)", [DICTIONARY]).map_err(fault)?;
    }
    Ok(())
}

/// A setting of the store itself.
pub fn setting(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map_err(fault)
}
