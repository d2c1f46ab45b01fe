//! Managing accounts and tokens: what an administrator does.

use super::{Accounts, hash_of, password};
use base::{Cx, Error, Kind, Millis, Result, Role, hex};
use store::{Account, Secret, SecretKind};

pub const TOKENS_PER_ACCOUNT_MAX: usize = 1_000;
pub const TOKEN_DAYS_MAX: u32 = 3_650;
const ACCOUNTS_MAX: usize = 100_000;
const NAME_CHARS_MAX: usize = 64;
const TEXT_CHARS_MAX: usize = 200;
const DAY_MILLIS: Millis = 86_400_000;

/// An account as it is shown: without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    pub number: i64,
    pub name: String,
    pub display: String,
    pub role: Role,
    pub scope: Option<String>,
    pub disabled: bool,
    pub has_password: bool,
}

/// A bearer token as it is shown: without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenView {
    /// SHA-256 of the token in hexadecimal digits; names it for `drop_token`.
    pub hash: String,
    pub label: String,
    pub created: Millis,
    pub expires: Millis,
}

pub struct NewAccount {
    pub name: String,
    pub display: String,
    pub role: Role,
    /// See `base::Who::scope`; needed by the three narrow roles.
    pub scope: Option<String>,
    /// None: signs in with tokens only.
    pub password: Option<String>,
}

/// What is none stays as it is.
#[derive(Default)]
pub struct Change {
    pub display: Option<String>,
    pub disabled: Option<bool>,
    pub password: Option<String>,
    pub scope: Option<String>,
}

impl AccountView {
    pub(super) fn of(account: Account) -> AccountView {
        let Account { number, name, role, scope, password, disabled, display } = account;
        AccountView { number, name, display, role, scope, disabled, has_password: password.is_some() }
    }
}

impl Accounts {
    /// All accounts with their tokens, by name.
    pub fn list(&self, cx: &Cx) -> Result<Vec<(AccountView, Vec<TokenView>)>> {
        access::may_administer(cx)?;
        let mut accounts = self.0.store.accounts()?;
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        accounts
            .into_iter()
            .map(|account| {
                let tokens = self.tokens(account.number)?.iter().map(TokenView::of).collect();
                Ok((AccountView::of(account), tokens))
            })
            .collect()
    }

    pub fn create(&self, cx: &Cx, new: NewAccount) -> Result<AccountView> {
        access::may_administer(cx)?;
        check_name(&new.name)?;
        check_scope(new.role, new.scope.as_deref())?;
        check_text("display", &new.display)?;
        if self.0.store.accounts()?.len() >= ACCOUNTS_MAX {
            return Err(Error::too_costly(format!("there are {ACCOUNTS_MAX} accounts already; no more fit")));
        }
        if self.0.store.account_named(&new.name)?.is_some() {
            return Err(Error::conflict(format!("there is an account `{}` already; choose another name", new.name)));
        }
        let password = new.password.map(|password| self.hashed(&password, &new.name)).transpose()?;
        let (name, role, scope, display) = (new.name, new.role, new.scope, new.display);
        let account = Account { number: 0, name, role, scope, password, disabled: false, display };
        self.keep(account)
    }

    /// Changes an account. A new password or a disabled account ends its sessions at once; a disabled account's tokens
    /// are refused from now on.
    pub fn change(&self, cx: &Cx, number: i64, change: Change) -> Result<AccountView> {
        access::may_administer(cx)?;
        let mut account = self.account(number)?;
        if change.disabled == Some(true) && number == cx.who.account {
            return Err(Error::new(
                Kind::Forbidden,
                "nobody disables the account they are signed in with; ask another admin",
            ));
        }
        let ends_sessions = change.password.is_some() || change.disabled == Some(true);
        if let Some(display) = change.display {
            check_text("display", &display)?;
            account.display = display;
        }
        if let Some(scope) = change.scope {
            check_scope(account.role, Some(&scope))?;
            account.scope = Some(scope);
        }
        if let Some(password) = change.password {
            account.password = Some(self.hashed(&password, &account.name)?);
        }
        account.disabled = change.disabled.unwrap_or(account.disabled);
        let view = self.keep(account)?;
        if ends_sessions {
            self.end_sessions(number)?;
        }
        Ok(view)
    }

    /// A new bearer token of an account. It is told once; the store keeps its hash.
    pub fn token(&self, cx: &Cx, number: i64, label: &str, days: u32) -> Result<String> {
        access::may_administer(cx)?;
        let account = self.account(number)?;
        check_text("label", label)?;
        if days == 0 || days > TOKEN_DAYS_MAX {
            return Err(Error::invalid(format!("a token lives 1 to {TOKEN_DAYS_MAX} days; `{days}` is outside")));
        }
        let now = self.0.clock.now();
        self.make_room(&account, now)?;
        if self.tokens(number)?.len() >= TOKENS_PER_ACCOUNT_MAX {
            return Err(Error::too_costly(format!(
                "this account has {TOKENS_PER_ACCOUNT_MAX} tokens already; delete one that is no longer used"
            )));
        }
        let token = format!("jingluo_{}", self.random_hex(32));
        self.0.store.secret_put(&Secret {
            hash: hash_of(&token),
            account: number,
            kind: SecretKind::Token,
            created: now,
            expires: now + Millis::from(days) * DAY_MILLIS,
            csrf: None,
            label: label.to_owned(),
        })?;
        Ok(token)
    }

    /// A token of the account named after a role (and scope), which is made where it does not exist and has no password.
    pub fn token_for_role(&self, cx: &Cx, role: Role, scope: Option<String>, label: &str, days: u32) -> Result<String> {
        access::may_administer(cx)?;
        let name = match &scope {
            None => role.name().to_owned(),
            Some(scope) => format!("{}-{}", role.name(), scope.to_lowercase()).chars().take(NAME_CHARS_MAX).collect(),
        };
        let number = match self.0.store.account_named(&name)? {
            Some(account) if account.role != role || account.scope != scope || account.disabled => {
                return Err(Error::conflict(format!(
                    "the account `{name}` has another role or scope or is disabled; give the scope it has, or make the token for an account of your own"
                )));
            }
            Some(account) => account.number,
            None => self.create(cx, NewAccount { display: name.clone(), name, role, scope, password: None })?.number,
        };
        self.token(cx, number, label, days)
    }

    /// Withdraws a token, named by its hash.
    pub fn drop_token(&self, cx: &Cx, number: i64, hash_hex: &str) -> Result<()> {
        access::may_administer(cx)?;
        let found = self.tokens(number)?.into_iter().find(|secret| hex::encode(&secret.hash) == hash_hex);
        let secret =
            found.ok_or_else(|| Error::not_found("this account has no such token; see the list of its tokens"))?;
        self.0.store.secret_drop(&secret.hash)?;
        self.known_secrets().forget_all();
        Ok(())
    }

    fn account(&self, number: i64) -> Result<Account> {
        let found = self.0.store.account(number)?;
        found.ok_or_else(|| Error::not_found(format!("there is no account `{number}`; see the list of accounts")))
    }

    /// Writes an account and forgets what was known, whether or not the write worked.
    fn keep(&self, account: Account) -> Result<AccountView> {
        let name = account.name.clone();
        let written = self.0.store.account_put(&account);
        self.known_secrets().forget_all();
        written?;
        let kept = self.0.store.account_named(&name)?;
        kept.map(AccountView::of).ok_or_else(|| Error::fault("an account was written and is not there"))
    }

    fn end_sessions(&self, number: i64) -> Result<()> {
        for secret in self.0.store.secrets_of(number)?.iter().filter(|secret| secret.kind == SecretKind::Session) {
            self.0.store.secret_drop(&secret.hash)?;
        }
        self.known_secrets().forget_all();
        Ok(())
    }

    fn tokens(&self, number: i64) -> Result<Vec<Secret>> {
        let secrets = self.0.store.secrets_of(number)?;
        Ok(secrets.into_iter().filter(|secret| secret.kind == SecretKind::Token).collect())
    }

    fn hashed(&self, password: &str, name: &str) -> Result<String> {
        password::accept(password, name)?;
        password::hash(&self.0.hashing, &self.0.dice, password)
    }
}

impl TokenView {
    fn of(secret: &Secret) -> TokenView {
        let (hash, label) = (hex::encode(&secret.hash), secret.label.clone());
        TokenView { hash, label, created: secret.created, expires: secret.expires }
    }
}

fn check_name(name: &str) -> Result<()> {
    let plain =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "._-@".contains(character);
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) {
        return Err(Error::invalid(format!(
            "an account's name has 1 to {NAME_CHARS_MAX} of the characters a–z, 0–9, `.`, `_`, `-` and `@`"
        )));
    }
    Ok(())
}

fn check_scope(role: Role, scope: Option<&str>) -> Result<()> {
    let narrow = matches!(role, Role::Officer | Role::Clinician | Role::Resident);
    let is_id = |id: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        !id.is_empty() && id.len() <= base::limits::ID_CHARS_MAX && id.bytes().all(plain)
    };
    match scope {
        None if narrow => Err(Error::invalid(format!(
            "an account of role `{}` needs a scope: the id of an Organization (officer: the district, clinician: the \
             institution) or of a Person (resident)",
            role.name()
        ))),
        Some(_) if !narrow => Err(Error::invalid(format!("an account of role `{}` takes no scope", role.name()))),
        Some(id) if !is_id(id) => Err(Error::invalid(format!("`{id}` is not the id of a resource"))),
        _ => Ok(()),
    }
}

fn check_text(what: &str, text: &str) -> Result<()> {
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!("`{what}` has at most {TEXT_CHARS_MAX} characters and none that control")));
    }
    Ok(())
}
