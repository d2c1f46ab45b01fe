//! Accounts: who may sign in, with a password (a session for the console) or a bearer token (for the API).
//!
//! A client holds 32 random bytes, the store their SHA-256. What a hash stands for is kept in memory, so that an
//! authenticated read costs no SQL; any change of an account empties that memory.

mod known;
mod manage;
mod password;
mod tries;

pub use manage::{AccountView, Change, NewAccount, TokenView};

use base::{Clock, Dice, Error, Kind, Millis, Result, Role, Who, hex};
use known::{Known, KnownSecrets};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Account, Secret, SecretKind, Store};
use tries::Tries;

/// A session ends this long after its last use, and this long after its start in any case.
pub const SESSION_IDLE_MILLIS: Millis = 30 * 60_000;
pub const SESSION_MILLIS_MAX: Millis = 12 * 3_600_000;
/// Sessions of one account; the oldest ends when one more begins.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 20;
/// How far a session's end may lag in the store behind its last use; each push is one small write.
const SESSION_PUSH_MILLIS: Millis = 5 * 60_000;

/// All that concerns accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    dice: Dice,
    known: Mutex<KnownSecrets>,
    tries: Mutex<Tries>,
    hashing: password::Slots,
}

/// What a successful sign-in gives: the cookie's value and what the console has to know.
#[derive(Clone)]
pub struct Login {
    /// The value of the session cookie; shown to nobody else.
    pub cookie: String,
    /// To be sent as `X-CSRF` with every unsafe request.
    pub csrf: String,
    /// When the session ends however much it is used.
    pub expires: Millis,
    pub account: AccountView,
}

/// Who works on accounts from the command line: the owner of the data folder.
pub fn operator() -> Who {
    Who { account: 0, name: "operator".into(), role: Role::Admin, scope: None }
}

impl Accounts {
    pub fn new(store: Store, clock: Clock, dice: Dice) -> Accounts {
        let (known, tries) = (Mutex::default(), Mutex::default());
        Accounts(Arc::new(Inner { store, clock, dice, known, tries, hashing: password::Slots::default() }))
    }

    /// The one who holds this bearer token.
    pub fn bearer(&self, token: &str) -> Result<Who> {
        let known = self.known(token, SecretKind::Token)?;
        match known.kind {
            SecretKind::Token => Ok(known.who),
            SecretKind::Session => Err(unknown("token")),
        }
    }

    /// The one with this number, while the account is in use: for what it signed itself, such as a viewer's link.
    pub fn numbered(&self, number: i64) -> Result<Who> {
        match self.0.store.account(number)? {
            Some(account) if !account.disabled => Ok(who_of(account)),
            _ => Err(unknown("account")),
        }
    }

    /// The one whose session has this cookie, and the session's csrf text. Being asked prolongs the session.
    pub fn session(&self, cookie: &str) -> Result<(Who, String)> {
        let known = self.known(cookie, SecretKind::Session)?;
        match (known.kind, known.csrf) {
            (SecretKind::Session, Some(csrf)) => Ok((known.who, csrf)),
            _ => Err(unknown("session")),
        }
    }

    /// When the session with this cookie ends however much it is used, and how its account shows itself.
    pub fn session_view(&self, cookie: &str) -> Result<Login> {
        let hash = hash_of(cookie);
        let secret = self.0.store.secret(&hash)?.ok_or_else(|| unknown("session"))?;
        let account = self.0.store.account(secret.account)?.ok_or_else(|| unknown("session"))?;
        let csrf = secret.csrf.ok_or_else(|| unknown("session"))?;
        let expires = secret.created + SESSION_MILLIS_MAX;
        Ok(Login { cookie: cookie.to_owned(), csrf, expires, account: AccountView::of(account) })
    }

    /// Signs in. Wrong name, wrong password, an account without password and a disabled one look alike, also in time.
    pub fn login(&self, name: &str, password: &str) -> Result<Login> {
        let name = name.trim().to_lowercase();
        self.tries().begin(&hash_of(&name), self.0.clock.now())?;
        let account = self.0.store.account_named(&name)?;
        let hash = account.as_ref().and_then(|account| account.password.as_deref());
        let right = password::verify(&self.0.hashing, password, hash)?;
        match account.filter(|account| right && !account.disabled) {
            None => Err(Error::new(Kind::Unauthenticated, "the name or the password is wrong")),
            Some(account) => {
                self.tries().forgive(&hash_of(&name));
                self.begin_session(account)
            }
        }
    }

    /// Whether a token or cookie is still good. Unlike a request it does not prolong a session; for open streams.
    pub fn still_known(&self, text: &str) -> Result<bool> {
        let hash = hash_of(text);
        let known = match self.known_secrets().find(&hash).0 {
            Some(known) => Some(known),
            None => self.load(&hash)?,
        };
        Ok(known.is_some_and(|known| known.expires > self.0.clock.now()))
    }

    /// Ends a session. Ending one that is not there is no error.
    pub fn logout(&self, cookie: &str) -> Result<()> {
        let hash = hash_of(cookie);
        self.0.store.secret_drop(&hash)?;
        self.known_secrets().forget_all();
        Ok(())
    }

    fn begin_session(&self, account: Account) -> Result<Login> {
        let now = self.0.clock.now();
        self.make_room(&account, now)?;
        let (cookie, csrf) = (self.random_hex(32), self.random_hex(16));
        let secret = Secret {
            hash: hash_of(&cookie),
            account: account.number,
            kind: SecretKind::Session,
            created: now,
            expires: now + SESSION_IDLE_MILLIS,
            csrf: Some(csrf.clone()),
            label: String::new(),
        };
        self.0.store.secret_put(&secret)?;
        Ok(Login { cookie, csrf, expires: now + SESSION_MILLIS_MAX, account: AccountView::of(account) })
    }

    /// Drops what has expired of an account, and its oldest sessions beyond the limit.
    fn make_room(&self, account: &Account, now: Millis) -> Result<()> {
        let (live, expired): (Vec<Secret>, Vec<Secret>) =
            self.0.store.secrets_of(account.number)?.into_iter().partition(|secret| secret.expires > now);
        let mut sessions: Vec<Secret> = live.into_iter().filter(|secret| secret.kind == SecretKind::Session).collect();
        sessions.sort_by_key(|secret| secret.created);
        let surplus = (sessions.len() + 1).saturating_sub(SESSIONS_PER_ACCOUNT_MAX);
        let dropped: Vec<&Secret> = expired.iter().chain(&sessions[..surplus]).collect();
        for secret in &dropped {
            self.0.store.secret_drop(&secret.hash)?;
        }
        if !dropped.is_empty() {
            self.known_secrets().forget_all();
        }
        Ok(())
    }

    /// What a token or cookie stands for, from memory or from the store; refused once it has expired.
    fn known(&self, text: &str, kind: SecretKind) -> Result<Known> {
        let what = if kind == SecretKind::Token { "token" } else { "session" };
        let (hash, now) = (hash_of(text), self.0.clock.now());
        let (found, generation) = self.known_secrets().find(&hash);
        let known = match found {
            Some(known) => known,
            None => {
                let known = self.load(&hash)?.ok_or_else(|| unknown(what))?;
                self.known_secrets().learn(hash, known.clone(), generation);
                known
            }
        };
        if known.expires <= now {
            return Err(Error::new(Kind::Unauthenticated, format!("this {what} has expired; sign in again")));
        }
        if known.kind == SecretKind::Session {
            self.prolong(hash, &known, now)?;
        }
        Ok(known)
    }

    fn load(&self, hash: &[u8; 32]) -> Result<Option<Known>> {
        let Some(secret) = self.0.store.secret(hash)? else { return Ok(None) };
        let Some(account) = self.0.store.account(secret.account)? else { return Ok(None) };
        if account.disabled {
            return Ok(None);
        }
        let who = who_of(account);
        let Secret { kind, created, expires, csrf, .. } = secret;
        Ok(Some(Known { who, kind, csrf, created, expires }))
    }

    /// Moves the end of a session that is in use, in steps, so that few requests write.
    fn prolong(&self, hash: [u8; 32], known: &Known, now: Millis) -> Result<()> {
        let expires = (now + SESSION_IDLE_MILLIS).min(known.created + SESSION_MILLIS_MAX);
        if expires < known.expires + SESSION_PUSH_MILLIS && expires < known.created + SESSION_MILLIS_MAX {
            return Ok(());
        }
        if expires == known.expires {
            return Ok(());
        }
        let Some(secret) = self.0.store.secret(&hash)? else { return Err(unknown("session")) };
        self.0.store.secret_put(&Secret { expires, ..secret })?;
        self.known_secrets().prolong(&hash, expires);
        Ok(())
    }

    fn random_hex(&self, bytes: usize) -> String {
        let mut random = vec![0; bytes];
        self.0.dice.fill(&mut random);
        hex::encode(&random)
    }

    fn known_secrets(&self) -> MutexGuard<'_, KnownSecrets> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.0.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn who_of(account: Account) -> Who {
    let (name, scope) = (account.name.into(), account.scope.map(Into::into));
    Who { account: account.number, name, role: account.role, scope }
}

fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn unknown(what: &str) -> Error {
    Error::new(Kind::Unauthenticated, format!("this {what} is not known here; sign in, or use another token"))
}
