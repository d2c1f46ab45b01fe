//! The audit: one narrow row for every access to a person, packed into pages, each page chained to the one before.
//!
//! A write's row is in the page that its commit group writes; a read's row waits in a queue and is on disk within
//! `AUDIT_FLUSH_MILLIS`. A page's hash is SHA-256 of the hash before it and its entries, so that a page taken out or
//! changed later is found by `check`.

use crate::body::{put_varint, take_varint};
use base::limits::AUDIT_QUEUE_MAX;
use base::{Cx, Error, Millis, Purpose, Result, Role};
use fhir::definitions::TypeId;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    Read,
    VersionRead,
    History,
    Search,
    Feed,
    Create,
    Update,
    Delete,
}

impl AuditAction {
    const ALL: [AuditAction; 8] = [
        AuditAction::Read,
        AuditAction::VersionRead,
        AuditAction::History,
        AuditAction::Search,
        AuditAction::Feed,
        AuditAction::Create,
        AuditAction::Update,
        AuditAction::Delete,
    ];

    /// FHIR's restful-interaction code, as an AuditEvent shows it.
    pub const fn name(self) -> &'static str {
        match self {
            AuditAction::Read => "read",
            AuditAction::VersionRead => "vread",
            AuditAction::History => "history",
            AuditAction::Search => "search",
            AuditAction::Feed => "feed",
            AuditAction::Create => "create",
            AuditAction::Update => "update",
            AuditAction::Delete => "delete",
        }
    }
}

/// One row as the queue and the pages hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Millis,
    pub account: i64,
    pub role: Role,
    pub purpose: Purpose,
    pub action: AuditAction,
    /// 0 for an access across types.
    pub type_: u16,
    /// Whether something was shown or changed (a refused or empty access is recorded too).
    pub found: bool,
    /// The registrations (rows of Patients) whose data was touched, sorted.
    pub patients: Vec<i64>,
}

/// An access as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub at: Millis,
    pub account: i64,
    pub role: Role,
    pub purpose: Purpose,
    pub action: AuditAction,
    pub type_: Option<TypeId>,
    pub found: bool,
    /// Ids of the Patients touched.
    pub patients: Vec<String>,
}

/// Which accesses are asked for; newest first.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only accesses to these Patients (ids).
    pub patients: Option<Vec<String>>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    pub count: usize,
}

/// Reads waiting to be written.
#[derive(Default)]
pub struct Queue {
    entries: Mutex<Vec<Entry>>,
    failing: AtomicBool,
}

impl Queue {
    /// Puts a row; an error means that the access must not take place.
    pub fn put(&self, entry: Entry) -> Result<()> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(Error::busy(
                "the audit cannot be written, so nothing can be shown; free disk space and try again",
            ));
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= AUDIT_QUEUE_MAX {
            return Err(Error::busy("too many reads are waiting for the audit; try again in a second"));
        }
        entries.push(entry);
        Ok(())
    }

    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives rows back that could not be written.
    pub fn give_back(&self, mut taken: Vec<Entry>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        taken.append(&mut entries);
        *entries = taken;
    }

    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }
    pub fn len(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// The row of one access by `cx`.
pub fn entry(cx: &Cx, action: AuditAction, type_: Option<TypeId>, mut patients: Vec<i64>, found: bool) -> Entry {
    patients.sort_unstable();
    patients.dedup();
    Entry {
        at: cx.now(),
        account: cx.who.account,
        role: cx.who.role,
        purpose: cx.purpose,
        action,
        type_: type_.map_or(0, |type_| type_.0),
        found,
        patients,
    }
}

/// A page's bytes: each row's time, account and patients as differences, the rest in single bytes.
pub fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 12);
    let mut at_before = 0;
    for entry in entries {
        put_varint(&mut out, zigzag(entry.at - at_before));
        at_before = entry.at;
        put_varint(&mut out, zigzag(entry.account));
        out.push(role_number(entry.role) << 4 | purpose_number(entry.purpose) << 1 | u8::from(entry.found));
        out.push(AuditAction::ALL.iter().position(|&known| known == entry.action).unwrap_or(0) as u8);
        put_varint(&mut out, u64::from(entry.type_));
        put_varint(&mut out, entry.patients.len() as u64);
        let mut before = 0;
        for &patient in &entry.patients {
            put_varint(&mut out, zigzag(patient - before));
            before = patient;
        }
    }
    out
}

/// The rows of a page; none where it is damaged.
pub fn unpack(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = 0;
    let from = &mut bytes;
    while !from.is_empty() {
        at += unzigzag(take_varint(from)?);
        let account = unzigzag(take_varint(from)?);
        let (&flags, rest) = from.split_first()?;
        let (&action, rest) = rest.split_first()?;
        *from = rest;
        let type_ = u16::try_from(take_varint(from)?).ok()?;
        let mut patients = Vec::new();
        let mut before = 0;
        for _ in 0..take_varint(from)? {
            before += unzigzag(take_varint(from)?);
            patients.push(before);
        }
        let role = *Role::ALL.get(usize::from(flags >> 4))?;
        let purpose = *PURPOSES.get(usize::from(flags >> 1 & 7))?;
        let action = *AuditAction::ALL.get(usize::from(action))?;
        entries.push(Entry { at, account, role, purpose, action, type_, found: flags & 1 == 1, patients });
    }
    Some(entries)
}

/// The hash of a chain that ends with this page.
pub fn chain(before: &[u8], entries: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(entries);
    hasher.finalize().into()
}

const PURPOSES: [Purpose; 4] = [Purpose::Treatment, Purpose::Operations, Purpose::PublicHealth, Purpose::Own];

fn purpose_number(purpose: Purpose) -> u8 {
    PURPOSES.iter().position(|&known| known == purpose).unwrap_or(0) as u8
}
fn role_number(role: Role) -> u8 {
    Role::ALL.iter().position(|&known| known == role).unwrap_or(0) as u8
}
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}
fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_back_as_it_was_written() {
        let row = |at, account, patients| Entry {
            at,
            account,
            role: Role::Clinician,
            purpose: Purpose::Treatment,
            action: AuditAction::Search,
            type_: 88,
            found: true,
            patients,
        };
        let entries = vec![row(1_000_000_000_000, 3, vec![4097, 8200]), row(999_999_999_990, 0, vec![])];
        let bytes = pack(&entries);
        assert_eq!(unpack(&bytes), Some(entries));
        assert_eq!(unpack(&bytes[..bytes.len() - 1]), None);
        assert_ne!(chain(b"", &bytes), chain(b"x", &bytes));
    }
}
