//! Accounts: sign-in, sessions, tokens, and what a change of an account ends.

use crate::harness::{House, house};
use base::{Dice, Kind, Role};
use runtime::accounts::{Accounts, Change, NewAccount, SESSION_IDLE_MILLIS, SESSION_MILLIS_MAX, operator};

const PASSWORD: &str = "long enough";

fn accounts(house: &House) -> (Accounts, i64) {
    let accounts = Accounts::new(house.store.clone(), house.clock.clone(), Dice::seeded(3));
    let cx = house.as_who(operator());
    let password = Some(PASSWORD.to_owned());
    let scope = Some("org-1".to_owned());
    let new = NewAccount { name: "wang".into(), display: "王医生".into(), role: Role::Clinician, scope, password };
    let number = accounts.create(&cx, new).unwrap().number;
    (accounts, number)
}

#[test]
fn the_right_password_begins_a_session_and_nothing_else_does() {
    let house = house();
    let (accounts, number) = accounts(&house);
    let login = accounts.login(" Wang ", PASSWORD).unwrap();
    let (who, csrf) = accounts.session(&login.cookie).unwrap();
    assert_eq!((who.account, who.role, who.scope.as_deref()), (number, Role::Clinician, Some("org-1")));
    assert_eq!(csrf, login.csrf);
    for (name, password) in [("wang", "wrong one"), ("nobody", PASSWORD), ("wang", "")] {
        let refused = accounts.login(name, password).map(|_| ()).unwrap_err();
        assert_eq!((refused.kind, refused.text()), (Kind::Unauthenticated, "the name or the password is wrong"));
    }
    // A cookie is no bearer token, and its csrf text is no cookie.
    assert!(accounts.bearer(&login.cookie).is_err());
    assert!(accounts.session(&login.csrf).is_err());
    accounts.logout(&login.cookie).unwrap();
    assert_eq!(accounts.session(&login.cookie).unwrap_err().kind, Kind::Unauthenticated);
}

#[test]
fn a_session_ends_when_idle_and_after_its_whole_time() {
    let house = house();
    let (accounts, _) = accounts(&house);
    let idle = accounts.login("wang", PASSWORD).unwrap().cookie;
    house.pass(SESSION_IDLE_MILLIS);
    assert!(accounts.session(&idle).is_err());
    let used = accounts.login("wang", PASSWORD).unwrap().cookie;
    let steps = SESSION_MILLIS_MAX / (SESSION_IDLE_MILLIS / 2);
    for _ in 1..steps {
        house.pass(SESSION_IDLE_MILLIS / 2);
        accounts.session(&used).unwrap();
    }
    house.pass(SESSION_IDLE_MILLIS / 2);
    assert!(accounts.session(&used).is_err());
}

#[test]
fn a_watched_stream_does_not_prolong_a_session() {
    let house = house();
    let (accounts, _) = accounts(&house);
    let cookie = accounts.login("wang", PASSWORD).unwrap().cookie;
    for _ in 0..3 {
        assert!(accounts.still_known(&cookie).unwrap());
        house.pass(SESSION_IDLE_MILLIS / 3);
    }
    assert!(!accounts.still_known(&cookie).unwrap());
    assert!(!accounts.still_known("something else").unwrap());
}

#[test]
fn a_token_works_until_it_expires_or_is_withdrawn() {
    let house = house();
    let (accounts, number) = accounts(&house);
    let cx = house.as_who(operator());
    let token = accounts.token(&cx, number, "import of the laboratory", 2).unwrap();
    assert_eq!(accounts.bearer(&token).unwrap().account, number);
    assert!(accounts.session(&token).is_err());
    let listed = accounts.list(&cx).unwrap().remove(0).1.remove(0);
    assert_eq!(listed.label, "import of the laboratory");
    assert!(!token.contains(&listed.hash));
    let other = accounts.token(&cx, number, "", 1).unwrap();
    accounts.drop_token(&cx, number, &listed.hash).unwrap();
    assert!(accounts.bearer(&token).is_err());
    accounts.bearer(&other).unwrap();
    house.pass(86_400_000);
    assert!(accounts.bearer(&other).is_err());
}

#[test]
fn a_changed_account_is_another_one_at_once() {
    let house = house();
    let (accounts, number) = accounts(&house);
    let cx = house.as_who(operator());
    let token = accounts.token(&cx, number, "", 1).unwrap();
    let cookie = accounts.login("wang", PASSWORD).unwrap().cookie;
    accounts.bearer(&token).unwrap();
    accounts.session(&cookie).unwrap();
    accounts.change(&cx, number, Change { scope: Some("org-2".into()), ..Change::default() }).unwrap();
    assert_eq!(accounts.bearer(&token).unwrap().scope.as_deref(), Some("org-2"));
    assert_eq!(accounts.session(&cookie).unwrap().0.scope.as_deref(), Some("org-2"));
    accounts.change(&cx, number, Change { password: Some("another one".into()), ..Change::default() }).unwrap();
    assert!(accounts.session(&cookie).is_err());
    assert!(accounts.login("wang", PASSWORD).is_err());
    let cookie = accounts.login("wang", "another one").unwrap().cookie;
    accounts.change(&cx, number, Change { disabled: Some(true), ..Change::default() }).unwrap();
    assert!(accounts.session(&cookie).is_err() && accounts.bearer(&token).is_err());
    assert!(accounts.login("wang", "another one").is_err());
}

#[test]
fn guessing_is_answered_busy_even_with_the_right_password() {
    let house = house();
    let (accounts, _) = accounts(&house);
    for _ in 0..10 {
        assert_eq!(accounts.login("wang", "guessed word").map(|_| ()).unwrap_err().kind, Kind::Unauthenticated);
    }
    assert_eq!(accounts.login("wang", PASSWORD).map(|_| ()).unwrap_err().kind, Kind::Busy);
    house.pass(5 * 60_000);
    accounts.login("wang", PASSWORD).unwrap();
}

#[test]
fn only_administrators_manage_and_narrow_roles_need_a_scope() {
    let house = house();
    let (accounts, number) = accounts(&house);
    let admin = house.as_role(Role::Admin, None);
    for role in [Role::Integration, Role::Officer, Role::Clinician, Role::Resident] {
        let cx = house.as_role(role, Some("x"));
        assert_eq!(accounts.list(&cx).unwrap_err().kind, Kind::Forbidden);
        assert_eq!(accounts.token(&cx, number, "", 1).unwrap_err().kind, Kind::Forbidden);
    }
    let new = |name: &str, role, scope: Option<&str>, password: Option<&str>| NewAccount {
        name: name.into(),
        display: String::new(),
        role,
        scope: scope.map(Into::into),
        password: password.map(Into::into),
    };
    for (wrong, kind) in [
        (new("li", Role::Clinician, None, None), Kind::Invalid),
        (new("li", Role::Admin, Some("x"), None), Kind::Invalid),
        (new("li", Role::Clinician, Some("a b"), None), Kind::Invalid),
        (new("Li", Role::Admin, None, None), Kind::Invalid),
        (new("", Role::Admin, None, None), Kind::Invalid),
        (new("li", Role::Admin, None, Some("short")), Kind::Invalid),
        (new("wang", Role::Admin, None, None), Kind::Conflict),
    ] {
        assert_eq!(accounts.create(&admin, wrong).unwrap_err().kind, kind);
    }
}

#[test]
fn a_role_has_one_account_for_its_tokens() {
    let house = house();
    let (accounts, _) = accounts(&house);
    let cx = house.as_who(operator());
    let first = accounts.token_for_role(&cx, Role::Integration, None, "", 1).unwrap();
    let second = accounts.token_for_role(&cx, Role::Integration, None, "", 1).unwrap();
    assert_ne!(first, second);
    assert_eq!(accounts.bearer(&first).unwrap(), accounts.bearer(&second).unwrap());
    let officer = accounts.token_for_role(&cx, Role::Officer, Some("District-1".into()), "", 1).unwrap();
    let officer = accounts.bearer(&officer).unwrap();
    assert_eq!((&*officer.name, officer.scope.as_deref()), ("officer-district-1", Some("District-1")));
    assert!(accounts.token_for_role(&cx, Role::Officer, None, "", 1).is_err());
}
