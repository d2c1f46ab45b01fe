//! The lists: one file each, with its columns, filters and rows.

pub mod alliances;
pub mod areas;
pub mod beds;
pub mod changes;
pub mod equipment;
pub mod institutions;
pub mod posts;
pub mod services;

use super::codes::Class;
use super::picture::{Institution, Picture};
use super::service::found;
use base::{Error, Result, Role};
use runtime::listing::Key;
use runtime::program::{Column, ColumnKind, Filter, List, ListQuery, Words};

pub const LISTS: [List; 8] = [
    institutions::LIST,
    posts::LIST,
    beds::LIST,
    equipment::LIST,
    services::LIST,
    areas::LIST,
    alliances::LIST,
    changes::LIST,
];

/// Who finds a place to go to.
pub const EVERYBODY: &[Role] = &[Role::Integration, Role::Officer, Role::Clinician, Role::Resident];
/// Who sees who works where and what stands where.
pub const STAFF: &[Role] = &[Role::Integration, Role::Officer, Role::Clinician];
/// Who keeps the directory.
pub const KEEPERS: &[Role] = &[Role::Integration, Role::Officer];

const fn column(key: &'static str, zh: &'static str, en: &'static str, kind: ColumnKind, sorts: bool) -> Column {
    Column { key, title: Words { zh, en }, kind, sorts }
}

const fn filter(key: &'static str, zh: &'static str, en: &'static str, values: Option<&'static str>) -> Filter {
    Filter { key, title: Words { zh, en }, values }
}

/// Which institutions the filters `institution`, `district` and `active` leave.
struct Narrow<'a> {
    picture: &'a Picture,
    top: Option<usize>,
    district: Option<&'a str>,
    active: Option<bool>,
}

impl<'a> Narrow<'a> {
    fn of(picture: &'a Picture, query: &'a ListQuery) -> Result<Narrow<'a>> {
        Ok(Narrow {
            picture,
            top: query.filter("institution").map(|id| found(picture, id)).transpose()?,
            district: query.filter("district"),
            active: active(query)?,
        })
    }

    /// Whether something of this institution stays.
    fn keeps(&self, institution: Option<usize>, active: bool) -> bool {
        let within = |top| institution.is_some_and(|at| self.picture.is_within(at, top));
        let district =
            |code| institution.is_some_and(|at| self.picture.institutions[at].district.as_deref() == Some(code));
        self.top.is_none_or(within)
            && self.district.is_none_or(district)
            && self.active.is_none_or(|wanted| wanted == active)
    }
}

fn active(query: &ListQuery) -> Result<Option<bool>> {
    match query.filter("active") {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(Error::invalid(format!("`active` is `true` or `false`, not `{other}`"))),
    }
}

/// The institution that something of an Organization belongs to, and the department where it is one.
fn top_and_department(picture: &Picture, at: usize) -> (&Institution, Option<&Institution>) {
    let here = &picture.institutions[at];
    (&picture.institutions[here.top], (here.class == Class::Department).then_some(here))
}

/// The order in which a list stands unless another one is asked for: what belongs to institutions of unknown kind, or to
/// none, comes last.
fn own_order(picture: &Picture, owner: Option<usize>, order: &str) -> Key {
    let is_own = owner.is_some_and(|at| picture.is_of_known_kind(at));
    Key::Text(format!("{}{order}", if is_own { '0' } else { '1' }))
}

fn text_key(text: Option<&str>) -> Key {
    text.filter(|text| !text.is_empty()).map_or(Key::Missing, |text| Key::Text(text.to_owned()))
}

fn number_key(number: u64) -> Key {
    Key::Number(i64::try_from(number).unwrap_or(i64::MAX))
}
