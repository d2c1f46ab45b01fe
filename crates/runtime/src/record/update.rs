//! Replaces a resource, or creates it under the client's id; named by its id or by a condition.
//! <https://hl7.org/fhir/R4/http.html#update>

use super::conditional::{Matches, find, finds_nothing, finds_only};
use super::place::{is_id, version_number};
use super::{Change, Plan, Site, link, local_url};
use base::{Cx, Error, Kind, Result};
use fhir::{Resource, TypeId, r4};
use store::{Batch, Expect, Guard, Op, Put, Store, Write};

/// What the caller demands of the version that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    #[default]
    None,
    /// `If-Match: W/"3"`
    Version(u32),
    /// `If-Match: *`
    Present,
    /// `If-None-Match: *`
    Absent,
}

impl Precondition {
    /// Reads `If-Match` and `If-None-Match` of a write; a version is weak or strong, `W/"3"` or `"3"`.
    pub fn parse(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Precondition> {
        match (if_match.map(str::trim), if_none_match.map(str::trim)) {
            (None, None) => Ok(Precondition::None),
            (Some("*"), None) => Ok(Precondition::Present),
            (None, Some("*")) => Ok(Precondition::Absent),
            (Some(tag), None) => etag(tag)
                .map(Precondition::Version)
                .ok_or_else(|| Error::precondition("`If-Match` names no version that can be; write it like `W/\"3\"`")),
            (None, Some(_)) => {
                Err(Error::unsupported("a write takes `If-None-Match: *` only; name a version in `If-Match`"))
            }
            (Some(_), Some(_)) => Err(Error::invalid("`If-Match` and `If-None-Match` together cannot hold; send one")),
        }
    }
}

/// Plans the update of the resource at a URL. `show` keeps the body for the answer.
pub fn update(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (type_, id): (TypeId, &str),
    resource: &Resource,
    precondition: Precondition,
    show: bool,
) -> Result<Plan> {
    access::may_write(cx)?;
    check_identity(type_, id, resource)?;
    let expect = expectation(cx, store, type_, id, precondition)?;
    Ok(put(id.to_owned(), link::stored(resource, site), expect, Vec::new(), show))
}

/// Plans the update of the one resource that a condition names, or its creation where there is none.
pub fn conditional_update(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (type_, query): (TypeId, &str),
    resource: &Resource,
    precondition: Precondition,
    show: bool,
) -> Result<Plan> {
    access::may_write(cx)?;
    let (id, expect, guard) = means(cx, store, site, (type_, query), resource, precondition)?;
    let id = match id {
        Some(id) => id,
        None => store.new_id(type_, link::owner(resource, site).as_deref())?,
    };
    Ok(put(id, link::stored(resource, site), expect, vec![guard], show))
}

/// The version that an ETag names, weak or strong: 3 of `W/"3"`.
pub fn etag(tag: &str) -> Option<u32> {
    let tag = tag.trim();
    let inner = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    version_number(inner)
}

/// What a conditional update means now: the id to write (none: a new one), what to expect, and the guard.
pub fn means(
    cx: &Cx,
    store: &Store,
    site: &Site,
    (type_, query): (TypeId, &str),
    resource: &Resource,
    precondition: Precondition,
) -> Result<(Option<String>, Expect, Guard)> {
    check_type(type_, resource)?;
    let (search, matches) = find(cx, store, site, type_, query)?;
    match (matches, resource.id()) {
        (Matches::One(stored), sent) => {
            crate::rules::writable(type_, &stored.id)?;
            if let Some(sent) = sent.filter(|sent| *sent != stored.id) {
                return Err(Error::invalid(format!(
                    "the condition means `{}`, but the body has the id `{sent}`; leave the id out or correct it",
                    local_url(type_, &stored.id)
                ))
                .at(format!("{}.id", r4().type_name(type_))));
            }
            if precondition == Precondition::Absent {
                return Err(exists(type_, &stored.id));
            }
            let expect = match precondition {
                Precondition::Version(version) => Expect::Version(version),
                // The guard says that it is there.
                _ => Expect::Any,
            };
            let guard = finds_only(search, &stored.id);
            Ok((Some(stored.id), expect, guard))
        }
        (Matches::None, _) if !matches!(precondition, Precondition::None | Precondition::Absent) => {
            Err(Error::precondition("`If-Match` asks for a version, but nothing meets the condition"))
        }
        (Matches::None, None) => Ok((None, Expect::Absent, finds_nothing(search))),
        (Matches::None, Some(sent)) => {
            check_id(type_, sent)?;
            let expect =
                expectation(cx, store, type_, sent, Precondition::Absent).map_err(|error| match error.kind {
                    Kind::Precondition => Error::conflict(format!(
                        "`{}` exists but does not meet the condition; update it by its id, or correct the condition",
                        local_url(type_, sent)
                    )),
                    _ => error,
                })?;
            Ok((Some(sent.to_owned()), expect, finds_nothing(search)))
        }
    }
}

/// The resource has the type and id that the URL names.
pub fn check_identity(type_: TypeId, id: &str, resource: &Resource) -> Result<()> {
    check_type(type_, resource)?;
    check_id(type_, id)?;
    let at = || format!("{}.id", r4().type_name(type_));
    match resource.id() {
        Some(sent) if sent == id => Ok(()),
        Some(sent) => Err(Error::invalid(format!(
            "the body has the id `{sent}`, but the URL names `{id}`; both must be the same"
        ))
        .at(at())),
        None => Err(Error::invalid(format!("the body has no id; an update needs the id of its URL, `{id}`")).at(at())),
    }
}

/// What the writer has to check. Presence is looked at here already, for a clear message. Where a deleted version is
/// there, the writer sees by itself if somebody else brings the resource back at the same time.
pub fn expectation(cx: &Cx, store: &Store, type_: TypeId, id: &str, precondition: Precondition) -> Result<Expect> {
    crate::rules::writable(type_, id)?;
    let there = match precondition {
        Precondition::None => return Ok(Expect::Any),
        Precondition::Version(version) => return Ok(Expect::Version(version)),
        Precondition::Present | Precondition::Absent => store.read(cx, type_, id)?,
    };
    let live = there.as_ref().is_some_and(|stored| stored.op != Op::Delete);
    match (precondition, there) {
        (Precondition::Absent, _) if live => Err(exists(type_, id)),
        (Precondition::Absent, Some(_)) => Ok(Expect::Any),
        (Precondition::Absent, None) => Ok(Expect::Absent),
        _ if live => Ok(Expect::Present),
        _ => {
            let url = local_url(type_, id);
            Err(Error::precondition(format!("`{url}` is not there, but `If-Match: *` asks that it is")))
        }
    }
}

fn check_type(type_: TypeId, resource: &Resource) -> Result<()> {
    if resource.type_id() == type_ {
        return Ok(());
    }
    let (url, body) = (r4().type_name(type_), resource.type_name());
    Err(Error::invalid(format!("the URL names the type `{url}`, but the body is of type `{body}`")))
}

fn check_id(type_: TypeId, id: &str) -> Result<()> {
    if is_id(id) {
        return Ok(());
    }
    let text = "an id has 1 to 64 letters, digits, `-` and `.`; this one has not";
    Err(Error::invalid(text).at(format!("{}.id", r4().type_name(type_))))
}

fn exists(type_: TypeId, id: &str) -> Error {
    Error::precondition(format!("`{}` exists, but `If-None-Match: *` asks that it does not", local_url(type_, id)))
}

fn put(id: String, resource: Resource, expect: Expect, guards: Vec<Guard>, show: bool) -> Plan {
    let body = show.then(|| resource.body());
    let put = Put { id, resource, expect, source: None };
    let batch = Batch { writes: vec![Write::Put(put)], guards, ..Batch::default() };
    Plan { batch, changes: vec![Change::Write { nth: 0, body }] }
}
