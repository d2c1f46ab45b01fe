//! A sight as a part of the query plan: what a reader may see becomes a condition of every statement.

use super::fault;
use super::managed::{InMemory, Managed};
use super::read::row_named;
use super::search::{Sql, one_of};
use crate::backend::Backend;
use crate::shared::Shared;
use access::{Records, Sight, is_open};
use base::{Error, Result};
use fhir::definitions::{TypeId, r4};
use rusqlite::Connection;
use std::fmt::Write as _;
use std::sync::Arc;

/// A sight with its names looked up.
#[derive(Clone, Debug)]
pub struct Seen {
    pub detail: bool,
    /// Only a number is told, so that Persons of whom the reader sees a registration count.
    pub counting: bool,
    pub whose: Whose,
    /// The registrations that are seen, where they are in memory.
    pub known: Option<InMemory>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    All,
    Nothing,
    /// Rows of the registrations, and of the Person.
    Registrations {
        patients: Vec<i64>,
        person: i64,
    },
    /// Rows of the organizations whose registrations are seen.
    Organizations(Arc<[i64]>),
}

impl Seen {
    /// An error where a sight holds no records at all.
    pub fn some(sight: &Sight) -> Result<()> {
        match sight.records {
            Records::Nothing => Err(Error::forbidden("this account sees no records; use one of another role")),
            _ => Ok(()),
        }
    }

    /// Looks the names of a sight up on this snapshot.
    pub fn new(connection: &Connection, shared: &Shared, sight: &Sight) -> Result<Seen> {
        Seen::some(sight)?;
        let whose = match &sight.records {
            Records::All => Whose::All,
            Records::Nothing => Whose::Nothing,
            Records::Resident { person } => match row_named(connection, shared, shared.person, person)? {
                Some(person) => {
                    Whose::Registrations { patients: registrations(connection, person.0)?, person: person.0 }
                }
                None => Whose::Nothing,
            },
            Records::Organization { id } | Records::District { id } => {
                match row_named(connection, shared, shared.organization, id)? {
                    Some(top) => {
                        let Backend::Sqlite(sqlite) = &shared.backend;
                        Whose::Organizations(sqlite.managed.below(connection, shared, top.0)?)
                    }
                    None => Whose::Nothing,
                }
            }
        };
        Ok(Seen { detail: sight.detail, counting: false, whose, known: None })
    }

    /// Takes what is in memory of the snapshot that is open.
    pub fn remember(&mut self, managed: &Managed, connection: &Connection, shared: &Shared) -> Result<()> {
        if let Whose::Organizations(organizations) = &self.whose {
            self.known = managed.take(connection, shared, organizations)?;
        }
        Ok(())
    }

    /// A condition on the columns `type`, `rid` and `patient` (given as SQL expressions) that holds for what is seen.
    /// None where everything is. With `type_` the condition is made for that type alone.
    pub fn condition(
        &self,
        shared: &Shared,
        type_: Option<TypeId>,
        rid: &str,
        patient: &str,
        type_column: &str,
    ) -> Option<String> {
        if self.whose == Whose::All || type_.is_some_and(is_open) {
            return None;
        }
        let person = match type_ {
            Some(type_) if type_ != shared.person => None,
            _ => Some(self.person_condition(shared, rid)),
        };
        let own = self.patient_condition(shared, patient);
        let person_type = shared.person.0;
        Some(match (type_, person) {
            (Some(_), Some(person)) => person,
            (Some(_), None) => own,
            (None, person) => {
                let person = person.unwrap_or_default();
                let open = open_types();
                format!(
                    "({type_column} IN ({open}) OR ({type_column} <> {person_type} AND {own}) \
                     OR ({type_column} = {person_type} AND {person}))"
                )
            }
        })
    }

    /// The same on the row `r` of one type, with its values bound, so that one statement serves all readers. None where
    /// everything is seen.
    pub fn filter(&self, shared: &Shared, type_: TypeId) -> Option<Sql> {
        if self.whose == Whose::All || is_open(type_) {
            return None;
        }
        let managed = |organizations: &[i64], patient: &str| {
            if let Some(known) = &self.known {
                return Sql::new(format!("in_sight(?, {patient})")).bind(known.number);
            }
            let mut filter =
                Sql::new("EXISTS (SELECT 1 FROM reference m WHERE m.path = ? AND ").bind(shared.managing_path);
            filter.append(&one_of("m.target", organizations));
            filter.push(&format!(" AND m.date = 0 AND m.rid = {patient})"));
            filter
        };
        Some(match (&self.whose, type_ == shared.person) {
            (Whose::All, _) => Sql::new("1"),
            (Whose::Nothing, _) => Sql::new("0"),
            (Whose::Registrations { person, .. }, true) => Sql::new("r.rid = ?").bind(*person),
            (Whose::Registrations { patients, .. }, false) => {
                let mut filter = Sql::new("coalesce(");
                filter.append(&one_of("r.patient", patients));
                filter.push(", 0)");
                filter
            }
            (Whose::Organizations(organizations), false) => managed(organizations, "r.patient"),
            (Whose::Organizations(organizations), true) if self.counting => {
                let mut filter = Sql::new("EXISTS (SELECT 1 FROM link l WHERE l.person = r.rid AND ");
                filter.append(&managed(organizations, "l.rid"));
                filter.push(")");
                filter
            }
            // A Person tells of registrations elsewhere; an institution sees its own (the residents' operations show them).
            (Whose::Organizations(_), true) => Sql::new("0"),
        })
    }

    /// Whether one resource is seen.
    pub fn shows(
        &self,
        connection: &Connection,
        shared: &Shared,
        type_: TypeId,
        rid: i64,
        patient: Option<i64>,
    ) -> Result<bool> {
        // What is known by its numbers needs no statement; each resident's would be one of its own.
        match &self.whose {
            _ if is_open(type_) => return Ok(true),
            Whose::All => return Ok(true),
            Whose::Nothing => return Ok(false),
            Whose::Registrations { person, .. } if type_ == shared.person => return Ok(rid == *person),
            Whose::Registrations { patients, .. } => return Ok(patient.is_some_and(|at| patients.contains(&at))),
            Whose::Organizations(_) => {}
        }
        let Some(condition) = self.condition(shared, Some(type_), "?1", "?2", "0") else {
            return Ok(true);
        };
        let sql = format!("SELECT coalesce({condition}, 0), ?1, ?2");
        let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
        statement.query_row(rusqlite::params![rid, patient], |row| row.get(0)).map_err(fault)
    }

    fn patient_condition(&self, shared: &Shared, patient: &str) -> String {
        match &self.whose {
            Whose::All => "1".to_owned(),
            Whose::Nothing => "0".to_owned(),
            Whose::Registrations { patients, .. } => format!("{patient} IN ({})", numbers(patients)),
            Whose::Organizations(organizations) => format!(
                "EXISTS (SELECT 1 FROM reference m WHERE m.path = {} AND m.target IN ({}) AND m.date = 0 AND m.rid = {patient})",
                shared.managing_path,
                numbers(organizations)
            ),
        }
    }

    fn person_condition(&self, shared: &Shared, rid: &str) -> String {
        match &self.whose {
            Whose::All => "1".to_owned(),
            Whose::Nothing => "0".to_owned(),
            Whose::Registrations { person, .. } => format!("{rid} = {person}"),
            Whose::Organizations(_) if self.counting => {
                let own = self.patient_condition(shared, "l.rid");
                format!("EXISTS (SELECT 1 FROM link l WHERE l.person = {rid} AND {own})")
            }
            // A Person tells of registrations elsewhere; an institution sees its own (the residents' operations show them).
            Whose::Organizations(_) => "0".to_owned(),
        }
    }
}

/// Rows of the registrations of a Person.
pub fn registrations(connection: &Connection, person: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT rid FROM link WHERE person = ?1").map_err(fault)?;
    let rows = statement.query_map([person], |row| row.get(0)).map_err(fault)?;
    rows.collect::<rusqlite::Result<_>>().map_err(fault)
}

fn numbers(numbers: &[i64]) -> String {
    let mut out = String::with_capacity(numbers.len() * 8);
    for (nth, number) in numbers.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{number}");
    }
    out
}

fn open_types() -> String {
    let open: Vec<i64> = r4().types().filter(|&type_| is_open(type_)).map(|type_| i64::from(type_.0)).collect();
    numbers(&open)
}
