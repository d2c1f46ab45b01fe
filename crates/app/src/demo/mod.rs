//! The demonstration: a folder with accounts that everybody may use, synthetic residents, and the official examples.

mod clinical;
mod laboratory;
mod names;
mod people;
mod places;
mod random;
mod source;
pub mod time;

use crate::house::House;
use base::{Cx, Kind, Purpose, Role, StopFlag};
use runtime::accounts::{NewAccount, operator};
use runtime::import::{ImportOptions, Source};
use runtime::residents;
use std::path::Path;
use std::time::Duration;
use web::DemoAccount;

/// The password of every account of the demonstration.
pub const PASSWORD: &str = "jingluo-demo";
pub const RESIDENTS_DEFAULT: usize = 50;
/// More are for the city generator.
pub const RESIDENTS_MAX: usize = 100_000;
/// The registration whose resident may sign in.
const RESIDENT_PATIENT: &str = "demo-p1-1";
/// How often, and with which pause, the resident's Person is looked for.
const PERSON_TRIES: usize = 600;
const PERSON_PAUSE: Duration = Duration::from_millis(100);

/// The accounts that the sign-in page offers.
pub fn accounts() -> Vec<DemoAccount> {
    let account = |name: &str, role, zh: &str, en: &str| DemoAccount {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        role,
        display_zh: zh.to_owned(),
        display_en: en.to_owned(),
    };
    vec![
        account("integration", Role::Integration, "集成工程师（全部记录）", "Integration engineer (all records)"),
        account("clinician", Role::Clinician, "医务人员（本机构）", "Clinician (own institution)"),
        account(
            "officer",
            Role::Officer,
            "区卫健管理人员（本区汇总）",
            "Health commission officer (totals of a district)",
        ),
        account("resident", Role::Resident, "居民（本人记录）", "Resident (own record)"),
        account("admin", Role::Admin, "系统管理员（账号）", "Administrator (accounts)"),
    ]
}

/// Makes the accounts whose scope is known before any record is there.
pub fn make_accounts(house: &House) -> anyhow::Result<()> {
    for account in accounts() {
        let scope = match account.role {
            Role::Officer => Some(places::DISTRICTS[0].id.to_owned()),
            Role::Clinician => Some(places::INSTITUTIONS[0].id.to_owned()),
            Role::Resident => continue,
            Role::Integration | Role::Admin => None,
        };
        make_account(house, &account, scope)?;
    }
    Ok(())
}

fn make_account(house: &House, account: &DemoAccount, scope: Option<String>) -> anyhow::Result<()> {
    if house.store.account_named(&account.name)?.is_some() {
        return Ok(());
    }
    let new = NewAccount {
        name: account.name.clone(),
        display: account.display_zh.clone(),
        role: account.role,
        scope,
        password: Some(account.password.clone()),
    };
    house.accounts.create(&Cx::new(operator(), Purpose::Operations), new)?;
    Ok(())
}

/// Brings the data in while the server runs: who may sign in, the examples, and last the residents, whom a list that
/// begins with the newest then shows first.
pub fn fill(house: &House, residents: usize, examples: Option<&Path>, stop: &StopFlag) -> anyhow::Result<()> {
    let cx = Cx { stop: stop.clone(), ..Cx::platform() };
    let Some(imports) = house.imports.get() else { return Ok(()) };
    let made = house.demo_made()?.unwrap_or_else(|| cx.now());
    let options = ImportOptions { resume: false, ..house.import_options() };
    let bring = |name: &str, first: usize, last: usize| {
        let city = source::Residents::new(first, last, made, house.settings.zone.clone());
        let sources = vec![Source::stream("synthetic residents", Box::new(city))];
        imports.beside(&cx, name, sources, &options, &|_, _| {})
    };
    bring("synthetic institutions, first resident 虚构机构与第一位居民", 0, residents.min(1))?;
    if residents > 0 {
        make_resident_account(house, &cx)?;
    }
    if let Some(examples) = examples {
        let options = ImportOptions { keep_bundles: true, resume: true, ..options.clone() };
        imports.beside(&cx, "hl7.fhir.r4.examples", vec![Source::path(examples)], &options, &|_, _| {})?;
    }
    if residents > 1 {
        bring("synthetic residents 虚构居民", 2, residents)?;
    }
    Ok(())
}

/// The resident's account is narrowed to a Person, which a reaction makes of the registrations.
fn make_resident_account(house: &House, cx: &Cx) -> anyhow::Result<()> {
    let accounts = accounts();
    let Some(account) = accounts.iter().find(|account| account.role == Role::Resident) else { return Ok(()) };
    for _ in 0..PERSON_TRIES {
        match residents::of_patient(cx, &house.store, RESIDENT_PATIENT) {
            Ok(row) if row.person.is_some() => return make_account(house, account, row.person),
            Ok(_) => {}
            Err(error) if error.kind == Kind::Busy && cx.stop.is_raised() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if cx.stop.is_raised() {
            return Ok(());
        }
        std::thread::sleep(PERSON_PAUSE);
    }
    tracing::warn!("the demo resident has no Person yet; the account `resident` was not made");
    Ok(())
}
