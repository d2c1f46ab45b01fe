//! Accounts, sessions and tokens: rows of the store, changed on the writer's connection.

use super::engine::Engine;
use super::fault;
use super::read::Reading;
use crate::model::{Account, Secret, SecretKind};
use base::{Error, Result, Role};
use rusqlite::{Connection, OptionalExtension, Row, params};

const ACCOUNT: &str = "number, name, role, scope, password, disabled, display";
const SECRET: &str = "hash, account, kind, created, expires, csrf, label";

impl Engine {
    pub fn put_account(&mut self, account: &Account) -> Result<i64> {
        put_account(self.connection(), account)
    }

    /// Keeps a secret and forgets those that had expired when it was made: secrets live on the clock of the accounts,
    /// which is not always that of the record.
    pub fn put_secret(&mut self, secret: &Secret) -> Result<()> {
        let connection = self.connection();
        connection.execute("DELETE FROM secret WHERE expires < ?1", [secret.created]).map_err(fault)?;
        put_secret(connection, secret)
    }

    pub fn drop_secret(&mut self, hash: &[u8; 32]) -> Result<()> {
        self.connection().execute("DELETE FROM secret WHERE hash = ?1", [hash]).map(drop).map_err(fault)
    }
}

fn put_account(connection: &Connection, account: &Account) -> Result<i64> {
    let taken: Option<i64> = connection
        .query_row("SELECT number FROM account WHERE name = ?1", [&account.name], |row| row.get(0))
        .optional()
        .map_err(fault)?;
    if taken.is_some_and(|number| number != account.number) {
        return Err(Error::conflict(format!("there is an account `{}` already; choose another name", account.name)));
    }
    let number = (account.number != 0).then_some(account.number);
    let sql = "INSERT OR REPLACE INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Account { name, role, scope, password, disabled, display, .. } = account;
    connection.execute(sql, params![number, name, role.name(), scope, password, disabled, display]).map_err(fault)?;
    Ok(number.unwrap_or_else(|| connection.last_insert_rowid()))
}

fn put_secret(connection: &Connection, secret: &Secret) -> Result<()> {
    let kind = match secret.kind {
        SecretKind::Session => 0,
        SecretKind::Token => 1,
    };
    let sql = "INSERT OR REPLACE INTO secret VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Secret { hash, account, created, expires, csrf, label, .. } = secret;
    connection.execute(sql, params![hash, account, kind, created, expires, csrf, label]).map(drop).map_err(fault)
}

impl Reading<'_> {
    pub fn account_named(&self, name: &str) -> Result<Option<Account>> {
        self.one_account(&format!("SELECT {ACCOUNT} FROM account WHERE name = ?1"), &name)
    }
    pub fn account(&self, number: i64) -> Result<Option<Account>> {
        self.one_account(&format!("SELECT {ACCOUNT} FROM account WHERE number = ?1"), &number)
    }

    fn one_account(&self, sql: &str, key: &dyn rusqlite::ToSql) -> Result<Option<Account>> {
        let found = self.connection().query_row(sql, [key], account).optional().map_err(fault)?;
        found.transpose()
    }

    pub fn accounts(&self) -> Result<Vec<Account>> {
        let sql = format!("SELECT {ACCOUNT} FROM account ORDER BY name");
        let mut statement = self.connection().prepare_cached(&sql).map_err(fault)?;
        let rows = statement.query_map([], account).map_err(fault)?;
        rows.collect::<rusqlite::Result<Result<Vec<_>>>>().map_err(fault)?
    }

    pub fn secret(&self, hash: &[u8; 32]) -> Result<Option<Secret>> {
        let sql = format!("SELECT {SECRET} FROM secret WHERE hash = ?1");
        self.connection().query_row(&sql, [hash], secret).optional().map_err(fault)
    }

    pub fn secrets_of(&self, account: i64) -> Result<Vec<Secret>> {
        let sql = format!("SELECT {SECRET} FROM secret WHERE account = ?1 ORDER BY created");
        let mut statement = self.connection().prepare_cached(&sql).map_err(fault)?;
        let rows = statement.query_map([account], secret);
        rows.and_then(Iterator::collect).map_err(fault)
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<Result<Account>> {
    let role: String = row.get(2)?;
    let role = match Role::named(&role) {
        Ok(role) => role,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(Account {
        number: row.get(0)?,
        name: row.get(1)?,
        role,
        scope: row.get(3)?,
        password: row.get(4)?,
        disabled: row.get(5)?,
        display: row.get(6)?,
    }))
}

fn secret(row: &Row<'_>) -> rusqlite::Result<Secret> {
    let kind = match row.get::<_, i64>(2)? {
        0 => SecretKind::Session,
        _ => SecretKind::Token,
    };
    Ok(Secret {
        hash: row.get(0)?,
        account: row.get(1)?,
        kind,
        created: row.get(3)?,
        expires: row.get(4)?,
        csrf: row.get(5)?,
        label: row.get(6)?,
    })
}
