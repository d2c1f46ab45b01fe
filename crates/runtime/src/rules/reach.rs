//! For which scopes somebody may propose and approve: the city's commission for the city and all in it, a district's for
//! its district and the institutions there, any other institution's officer for that institution.

use super::model::{Place, Scope};
use crate::program::{Env, Said};
use crate::residents::local_id;
use base::{Cx, Error, Result, Role};
use fhir::definitions::r4;
use fhir::{Element, Resource};
use store::{Op, Store};

/// The extension that names the area of an address; its first six digits are the district.
const AREA: &str = "urn:jingluo:area";
const KIND: &str = "urn:jingluo:institution-kind";
/// How the kinds of health commissions begin (卫生健康行政部门).
const COMMISSION: &str = "Z1";
/// Steps up from an institution to the one that tells its district.
const STEPS_MAX: usize = 8;
const DISTRICT_DIGITS: usize = 6;

/// How far somebody's say about rules reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    City,
    District(String),
    Institution(String),
}

/// The reach of the one who asks: officers alone propose and decide.
///
/// # Errors
/// `Forbidden` for who has no say about rules.
pub fn reach(cx: &Cx, store: &Store) -> Result<Reach> {
    let nobody = || {
        Error::forbidden(format!(
            "an account of role `{}` does not propose rules or decide about them; one of role `officer` does, for its own area",
            cx.who.role.name()
        ))
    };
    let scope = match (cx.who.role, cx.who.scope.as_deref()) {
        (Role::Officer, Some(scope)) => scope,
        _ => return Err(nobody()),
    };
    let Some(organization) = organization(store, scope)? else { return Err(nobody()) };
    let root = organization.root();
    let is_commission = root.path("type.coding").any(|coding| {
        coding.text_at("system").as_deref() == Some(KIND)
            && coding.text_at("code").is_some_and(|code| code.starts_with(COMMISSION))
    });
    if !is_commission {
        return Ok(Reach::Institution(scope.to_owned()));
    }
    // The city's commission stands above all and in some district like any other house.
    match (parent(root), district(root)) {
        (None, _) => Ok(Reach::City),
        (Some(_), Some(district)) => Ok(Reach::District(district)),
        (Some(_), None) => Ok(Reach::Institution(scope.to_owned())),
    }
}

/// The reach of the one who sends a file of rules. Each line becomes a proposal about which an officer decides, so whoever
/// moves files for the city may send one, too.
///
/// # Errors
/// `Forbidden` for who sends none.
pub fn reach_of_files(cx: &Cx, store: &Store) -> Result<Reach> {
    match cx.who.role {
        Role::Integration => Ok(Reach::City),
        _ => reach(cx, store),
    }
}

impl Reach {
    /// Whether rules of a scope may be proposed and approved.
    pub fn covers(&self, store: &Store, scope: &Scope) -> Result<bool> {
        Ok(match (self, scope) {
            (_, Scope::Nation) => false,
            (Reach::City, _) => true,
            (Reach::District(own), Scope::District(code)) => own == code,
            (Reach::District(own), Scope::Institution(id)) => district_of(store, id)?.as_ref() == Some(own),
            (Reach::Institution(own), Scope::Institution(id)) => own == id,
            (Reach::District(_) | Reach::Institution(_), _) => false,
        })
    }

    /// An error where it does not, with who is to be asked.
    pub fn must_cover(&self, store: &Store, scope: &Scope) -> Result<()> {
        if self.covers(store, scope)? {
            return Ok(());
        }
        let said = match scope {
            Scope::Nation => Said::new(
                "全国规则随系统更新；本市不同时，请建议一条适用范围为 city 的规则",
                "rules of the nation come with an upgrade; where the city differs, propose a row of scope `city`",
            ),
            other => Said::new(
                format!("此账号的范围不含 `{other}`；请由上一级卫生健康委处理"),
                format!("this account's area does not cover `{other}`; the commission above may change it"),
            ),
        };
        Err(Error::forbidden(said.both()))
    }
}

/// The place of an institution, as rules are asked for there.
pub fn place_of(store: &Store, institution: &str) -> Result<Place> {
    Ok(Place { district: district_of(store, institution)?, institution: Some(institution.to_owned()) })
}

/// A place in which rules of a scope hold and narrower ones do not.
pub fn place_in(env: &Env, scope: &Scope) -> Result<Place> {
    Ok(match scope {
        Scope::Nation | Scope::City => Place::default(),
        Scope::District(code) => Place { district: Some(code.clone()), institution: None },
        Scope::Institution(id) => Place { district: district_of(&env.store, id)?, institution: Some(id.clone()) },
    })
}

/// Whether the record holds this Organization.
pub fn is_there(store: &Store, institution: &str) -> Result<bool> {
    Ok(organization(store, institution)?.is_some())
}

/// The name of an institution.
pub fn name_of(store: &Store, institution: &str) -> Result<Option<String>> {
    let organization = organization(store, institution)?;
    Ok(organization.and_then(|organization| organization.root().text_at("name").map(String::from)))
}

/// The district of an institution: its own address says it, or that of the nearest institution above.
pub fn district_of(store: &Store, institution: &str) -> Result<Option<String>> {
    let mut id = institution.to_owned();
    for _ in 0..STEPS_MAX {
        let Some(organization) = organization(store, &id)? else { return Ok(None) };
        if let Some(district) = district(organization.root()) {
            return Ok(Some(district));
        }
        match parent(organization.root()) {
            Some(above) => id = above,
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn district(root: Element<'_>) -> Option<String> {
    let areas = root.path("address.extension").filter(|part| part.text_at("url").as_deref() == Some(AREA));
    areas.filter_map(|part| part.text_at("valueCode")?.get(..DISTRICT_DIGITS).map(str::to_owned)).next()
}

fn parent(root: Element<'_>) -> Option<String> {
    local_id(&root.text_at("partOf.reference")?, "Organization")
}

fn organization(store: &Store, id: &str) -> Result<Option<Resource>> {
    let type_ = r4().type_named("Organization").ok_or_else(|| Error::fault("R4 has no type `Organization`"))?;
    if !crate::record::is_id(id) {
        return Ok(None);
    }
    let stored = store.read(&Cx::platform(), type_, id)?.filter(|stored| stored.op != Op::Delete);
    stored.map(|stored| stored.resource()).transpose()
}
