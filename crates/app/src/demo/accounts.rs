//! The accounts that the sign-in page offers: one for each way to look at the city.

use super::PASSWORD;
use crate::house::House;
use anyhow::Context;
use base::{Cx, Kind, Purpose, Role};
use city::{City, InstitutionKind};
use runtime::accounts::{NewAccount, operator};
use runtime::residents;
use std::time::Duration;
use web::DemoAccount;

/// How often, and with which pause, the resident's Person is looked for.
const PERSON_TRIES: usize = 600;
const PERSON_PAUSE: Duration = Duration::from_millis(100);
const RESIDENT: &str = "resident";

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
        account("city-officer", Role::Officer, "市卫健委管理人员（全市汇总）", "City health officer (the whole city)"),
        account(
            "city-officer-2",
            Role::Officer,
            "市卫健委复核人员（审批规则）",
            "Second city health officer (approves rules)",
        ),
        account("officer", Role::Officer, "区卫健委管理人员（本区汇总）", "District health officer (one district)"),
        account("clinician", Role::Clinician, "医院医生（本院）", "Hospital doctor (own hospital)"),
        account(
            "family-doctor",
            Role::Clinician,
            "家庭医生（社区卫生服务中心）",
            "Family doctor (community health centre)",
        ),
        account(RESIDENT, Role::Resident, "居民（本人记录）", "Resident (own record)"),
        account("admin", Role::Admin, "系统管理员（账号）", "Administrator (accounts)"),
    ]
}

/// Makes the accounts whose scope is known before any record is there.
pub fn make(house: &House, city: &City) -> anyhow::Result<()> {
    let places = &city.places;
    let institutions = &places.institutions;
    let id_of = |place: usize| institutions.get(place).map(|institution| institution.id.clone());
    let first = |wanted: InstitutionKind| institutions.iter().find(|institution| institution.kind == wanted);
    let commission = institutions
        .iter()
        .find(|institution| institution.kind == InstitutionKind::Commission && institution.parent.is_none());
    // A district's commission with a hospital below it sees more than those of community centres alone; and where most
    // people live there is most to be seen.
    let has_hospital =
        |commission: usize| institutions.iter().any(|one| one.is_hospital() && one.parent == Some(commission));
    let home = places.streets.iter().max_by_key(|street| {
        let district = places.districts.get(street.district);
        let hospital = district.is_some_and(|district| has_hospital(district.commission));
        (hospital, district.map_or(0, |district| district.residents), street.residents)
    });
    let home = home.context("the city has a street")?;
    for account in accounts() {
        let scope = match account.name.as_str() {
            RESIDENT => continue,
            "city-officer" | "city-officer-2" => commission.map(|institution| institution.id.clone()),
            "officer" => places.districts.get(home.district).and_then(|district| id_of(district.commission)),
            "clinician" => first(InstitutionKind::GeneralHospital).map(|institution| institution.id.clone()),
            "family-doctor" => id_of(home.centre),
            _ => None,
        };
        make_one(house, &account, scope)?;
    }
    Ok(())
}

fn make_one(house: &House, account: &DemoAccount, scope: Option<String>) -> anyhow::Result<()> {
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

/// The resident's account is narrowed to a Person, which a reaction makes of the registrations; `patient` is one of them.
pub fn make_resident(house: &House, cx: &Cx, patient: &str) -> anyhow::Result<()> {
    let accounts = accounts();
    let Some(account) = accounts.iter().find(|account| account.name == RESIDENT) else { return Ok(()) };
    if house.store.account_named(RESIDENT)?.is_some() {
        return Ok(());
    }
    for _ in 0..PERSON_TRIES {
        match residents::of_patient(cx, &house.store, patient) {
            Ok(row) if row.person.is_some() => return make_one(house, account, row.person),
            Ok(_) => {}
            Err(error) if error.kind == Kind::Busy && cx.stop.is_raised() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if cx.stop.is_raised() {
            return Ok(());
        }
        std::thread::sleep(PERSON_PAUSE);
    }
    tracing::warn!("the demo resident has no Person yet; the account `{RESIDENT}` was not made");
    Ok(())
}
