//! Index rows in and out, each table in the order of its key.

use super::fault;
use crate::prepare::IndexRows;
use base::Result;
use rusqlite::{Connection, params};

pub fn put_rows(connection: &Connection, rows: &IndexRows) -> Result<()> {
    let mut put = connection.prepare_cached("INSERT OR IGNORE INTO token VALUES (?1, ?2, ?3)").map_err(fault)?;
    for &(term, date, rid) in &rows.token {
        put.execute([term, date, rid]).map_err(fault)?;
    }
    let mut put =
        connection.prepare_cached("INSERT OR IGNORE INTO reference VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
    for &(path, target, date, rid) in &rows.reference {
        put.execute([path, target, date, rid]).map_err(fault)?;
    }
    let mut put = connection.prepare_cached("INSERT OR IGNORE INTO text VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
    for (path, value, system, rid) in &rows.text {
        put.execute(params![path, value, system, rid]).map_err(fault)?;
    }
    let mut put = connection.prepare_cached("INSERT OR IGNORE INTO period VALUES (?1, ?2, ?3, ?4)").map_err(fault)?;
    for &(class, start, length, rid) in &rows.period {
        put.execute([class, start, length, rid]).map_err(fault)?;
    }
    let mut put =
        connection.prepare_cached("INSERT OR IGNORE INTO number VALUES (?1, ?2, ?3, ?4, ?5)").map_err(fault)?;
    for (path, low, high, unit, rid) in &rows.number {
        put.execute(params![path, low, high, unit, rid]).map_err(fault)?;
    }
    Ok(())
}

pub fn drop_rows(connection: &Connection, rows: &IndexRows) -> Result<()> {
    if rows.len() == 0 {
        return Ok(());
    }
    let sql = "DELETE FROM token WHERE term = ?1 AND date = ?2 AND rid = ?3";
    let mut drop = connection.prepare_cached(sql).map_err(fault)?;
    for &(term, date, rid) in &rows.token {
        drop.execute([term, date, rid]).map_err(fault)?;
    }
    let sql = "DELETE FROM reference WHERE path = ?1 AND target = ?2 AND date = ?3 AND rid = ?4";
    let mut drop = connection.prepare_cached(sql).map_err(fault)?;
    for &(path, target, date, rid) in &rows.reference {
        drop.execute([path, target, date, rid]).map_err(fault)?;
    }
    let sql = "DELETE FROM text WHERE path = ?1 AND value = ?2 AND system = ?3 AND rid = ?4";
    let mut drop = connection.prepare_cached(sql).map_err(fault)?;
    for (path, value, system, rid) in &rows.text {
        drop.execute(params![path, value, system, rid]).map_err(fault)?;
    }
    let sql = "DELETE FROM period WHERE class = ?1 AND start = ?2 AND rid = ?4 AND length = ?3";
    let mut drop = connection.prepare_cached(sql).map_err(fault)?;
    for &(class, start, length, rid) in &rows.period {
        drop.execute([class, start, length, rid]).map_err(fault)?;
    }
    let sql = "DELETE FROM number WHERE path = ?1 AND low = ?2 AND rid = ?5 AND unit = ?4 AND high = ?3";
    let mut drop = connection.prepare_cached(sql).map_err(fault)?;
    for (path, low, high, unit, rid) in &rows.number {
        drop.execute(params![path, low, high, unit, rid]).map_err(fault)?;
    }
    Ok(())
}
