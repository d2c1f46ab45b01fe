//! From what a client sends to what the sources are asked: the registration is found, the care of the resident read, and
//! what the client says about the patient held against the record.

use super::identity::{Differs, contradiction, identifiers};
use super::{Asked, Hook, Order};
use crate::care::{self, Care};
use crate::program::Env;
use crate::record::is_id;
use crate::residents::local_id;
use base::{Cx, Error, Kind, Result, Role};
use fhir::search::{Handling, parse_search};
use fhir::{Resource, r4};
use store::{Op, Stored};

/// Orders of one question that are looked at.
pub const ORDERS_MAX: usize = 200;
/// Identifiers by which a registration is looked for.
const IDENTIFIERS_MAX: usize = 8;

/// What a client sends.
pub struct Question {
    pub hook: Hook,
    /// Id of the registration; where the record does not know it, the identifiers in `sent_patient` are tried.
    pub patient: String,
    /// The Patient as the client has it.
    pub sent_patient: Option<Resource>,
    pub encounter: Option<String>,
    /// The Encounter as the client has it.
    pub sent_encounter: Option<Resource>,
    pub user: Option<String>,
    pub department: Option<String>,
    /// Those after `ORDERS_MAX` are not looked at.
    pub orders: Vec<Order>,
}

/// What became of a question.
pub enum Asking {
    /// It can be put to the sources.
    Asked(Box<Asked>),
    /// What the client says about the patient contradicts the record.
    Differs(Differs),
}

/// Reads what the sources need to know. `NotFound` where the caller sees no such registration.
pub fn ask(cx: &Cx, env: &Env, question: &Question) -> Result<Asking> {
    may_ask(cx)?;
    let (stored, care) = registration(cx, env, &question.patient, question.sent_patient.as_ref())?;
    let registration = stored.resource()?;
    if let Some(sent) = &question.sent_patient {
        if sent.id().is_some_and(|id| id != question.patient && id != stored.id) {
            return Ok(Asking::Differs(Differs::Id));
        }
        if let Some(differs) = contradiction(&registration, sent) {
            return Ok(Asking::Differs(differs));
        }
    }
    let encounter_id = question.encounter.clone().filter(|id| !id.is_empty());
    let encounter = match &encounter_id {
        Some(id) => match encounter_of(cx, env, &care, id, question)? {
            Ok(found) => found.map(|found| (id.clone(), found)),
            Err(differs) => return Ok(Asking::Differs(differs)),
        },
        None => None,
    };
    let department = question.department.clone().or_else(|| encounter.as_ref().and_then(|(_, found)| service(found)));
    let institution = cx.who.scope.as_deref().filter(|_| cx.who.role == Role::Clinician).map(str::to_owned);
    let institution = institution.or_else(|| {
        let managing = registration.root().text_at("managingOrganization.reference")?;
        local_id(&managing, "Organization")
    });
    Ok(Asking::Asked(Box::new(Asked {
        hook: question.hook,
        care,
        patient: stored.id,
        registration,
        institution,
        encounter,
        encounter_id,
        user: question.user.clone(),
        department,
        orders: question.orders.iter().take(ORDERS_MAX).cloned().collect(),
    })))
}

/// Cards are for those who treat, and for the systems of institutions.
pub fn may_ask(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Clinician | Role::Integration => Ok(()),
        role => Err(Error::forbidden(format!(
            "an account of role `{}` does not use cards; they are for: clinician, integration",
            role.name()
        ))),
    }
}

/// The registration by its id, else by an identifier that the client sent and that exactly one registration has.
fn registration(cx: &Cx, env: &Env, patient: &str, sent: Option<&Resource>) -> Result<(Stored, Care)> {
    let unknown = || Error::not_found("there is no such registration that this account may see");
    if is_id(patient) {
        match care::of_registration(cx, &env.store, patient) {
            Err(error) if error.kind == Kind::NotFound => {}
            found => return found,
        }
    }
    let type_ = r4().type_named("Patient").ok_or_else(unknown)?;
    let known = sent.map(|sent| identifiers(sent.root())).unwrap_or_default();
    for (system, value) in known.into_iter().take(IDENTIFIERS_MAX) {
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$");
        let params = [("identifier".to_owned(), format!("{}|{}", escaped(&system), escaped(&value)))];
        let params = [params.as_slice(), &[("_count".to_owned(), "2".to_owned())]].concat();
        let search = parse_search(type_, &params, Handling::Strict, &env.site.zone, "", cx.now())?;
        let page = env.store.search(cx, &search)?;
        match page.matches.as_slice() {
            [] => {}
            [one] => return care::of_registration(cx, &env.store, &one.id),
            _ => return Err(Error::not_found("more than one registration has this identifier; name its id")),
        }
    }
    Err(unknown())
}

/// The Encounter from the record, else the one that was sent. One of another patient is a contradiction.
fn encounter_of(
    cx: &Cx,
    env: &Env,
    care: &Care,
    id: &str,
    question: &Question,
) -> Result<std::result::Result<Option<Resource>, Differs>> {
    let subject = |encounter: &Resource| {
        encounter.root().text_at("subject.reference").and_then(|target| local_id(&target, "Patient"))
    };
    let is_of_resident = |patient: &str| care.registrations.iter().any(|linked| linked.patient == patient);
    if is_id(id) {
        let type_ = r4().type_named("Encounter").ok_or_else(|| Error::fault("R4 has no type `Encounter`"))?;
        // The care of one resident is narrower than a hospital and cheaper to look through. What is not in it may be
        // somebody else's, or only referred to so far.
        let mut stored = env.store.read(&care.cx, type_, id)?;
        if stored.is_none() && env.store.home(type_, id)?.is_some() {
            stored = env.store.read(cx, type_, id)?;
        }
        let stored = stored.filter(|stored| stored.op != Op::Delete);
        if let Some(found) = stored.map(|stored| stored.resource()).transpose()? {
            let agrees = subject(&found).is_some_and(|patient| is_of_resident(&patient));
            return Ok(if agrees { Ok(Some(found)) } else { Err(Differs::Encounter) });
        }
    }
    let is_another = |named: String| named != question.patient && !is_of_resident(&named);
    Ok(match &question.sent_encounter {
        Some(found) if subject(found).is_some_and(is_another) => Err(Differs::Encounter),
        found => Ok(found.clone()),
    })
}

/// The department that an Encounter names.
fn service(encounter: &Resource) -> Option<String> {
    let root = encounter.root();
    let named = root.text_at("serviceType.text").or_else(|| root.text_at("serviceType.coding.display"));
    named.or_else(|| root.text_at("serviceType.coding.code")).map(Into::into)
}
