//! Whose numbers a reader sees: which institutions, in which area, and whether small counts are hidden.

use super::days::{Count, Memory, memory};
use super::figures::{Figure, PRIMARY_KINDS};
use crate::directory::codes::Class;
use crate::directory::{AreaKind, Picture, picture};
use base::{Cx, Error, Result, Role};
use runtime::program::{Env, Given};
use runtime::small::{Hidden, Leaf, hide_tree};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one reader sees.
pub struct View {
    pub picture: Arc<Picture>,
    /// Whether the reader may see single persons: then numbers open into resources, and no count is too small.
    pub detail: bool,
    /// Whether institutions that the directory does not know are seen too.
    everything: bool,
    /// The institution that the reader's sight begins at.
    own: Option<usize>,
    /// Of each place in `Picture::institutions`, whether the reader sees it.
    seen: Vec<bool>,
    memory: Arc<Memory>,
    /// The institutions that counts name, by number: name, and place if the directory knows it.
    orgs: RefCell<Vec<(String, Option<usize>)>>,
}

/// A part of what a reader sees: an area, perhaps an institution.
pub struct Scope {
    pub area: ShownArea,
    /// A district's or street's code that narrows what is counted.
    narrow: Option<(AreaKind, String)>,
    pub institution: Option<usize>,
}

/// What the board is about.
#[derive(Clone, Debug)]
pub struct ShownArea {
    pub code: String,
    pub name: String,
    pub kind: &'static str,
}

/// Counts by institution: those that the directory knows by the top one's place, and all others together.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub tops: BTreeMap<usize, i64>,
    pub unknown: i64,
}

impl Sums {
    pub fn total(&self) -> i64 {
        self.tops.values().sum::<i64>() + self.unknown
    }
}

impl View {
    pub fn of(cx: &Cx, env: &Env) -> Result<View> {
        let picture = picture(env)?;
        let scope = cx.who.scope.as_deref();
        let (everything, detail) = match cx.who.role {
            Role::Integration => (true, true),
            Role::Clinician => (false, true),
            _ => (false, false),
        };
        let own = if everything { None } else { scope.and_then(|id| picture.place_of(id)) };
        let mut seen = vec![everything; picture.institutions.len()];
        for at in own.map(|own| picture.below(own)).unwrap_or_default() {
            seen[at] = true;
        }
        let (memory, orgs) = (memory(env)?, RefCell::default());
        Ok(View { picture, detail, everything, own, seen, memory, orgs })
    }

    /// The place of an institution that counts name.
    pub fn place(&self, org: usize) -> Option<usize> {
        self.org(org, |(_, place)| *place)
    }

    /// The name by which counts know an institution.
    pub fn name(&self, org: usize) -> String {
        self.org(org, |(name, _)| name.clone())
    }

    fn org<T>(&self, org: usize, read: impl Fn(&(String, Option<usize>)) -> T) -> T {
        let mut orgs = self.orgs.borrow_mut();
        if org >= orgs.len() {
            let new = self.memory.names(orgs.len());
            orgs.extend(new.into_iter().map(|name| {
                let place = self.picture.place_of(&name);
                (name, place)
            }));
        }
        read(&orgs[org])
    }

    /// What `area` and `institution` name; without them, all that the reader sees.
    pub fn scope(&self, given: &Given) -> Result<Scope> {
        let institution = given.text("institution").map(|id| self.institution(id)).transpose()?;
        let home = self.home();
        let Some(code) = given.text("area").filter(|&code| code != home.code) else {
            return Ok(Scope { area: home, narrow: None, institution });
        };
        let area = self.picture.area(code).ok_or_else(|| Error::not_found(format!("there is no area `{code}`")))?;
        let within = match home.kind {
            "city" => true,
            "district" => code.starts_with(&home.code),
            _ => false,
        };
        if !within {
            return Err(Error::forbidden(format!("the area `{code}` is outside what you see: {}", home.name)));
        }
        let shown = ShownArea { code: code.to_owned(), name: area.row.name.clone(), kind: area.kind.name() };
        let narrow = match area.kind {
            AreaKind::City => None,
            AreaKind::District | AreaKind::Street => Some((area.kind, code.to_owned())),
            AreaKind::Neighbourhood => {
                return Err(Error::invalid("boards are for the city, its districts and its streets"));
            }
        };
        Ok(Scope { area: shown, narrow, institution })
    }

    /// What the board is about if nothing is chosen: the city, the district of a district's officer, the clinician's
    /// institution.
    fn home(&self) -> ShownArea {
        let named = |name: &str| ShownArea { code: String::new(), name: name.to_owned(), kind: "institution" };
        let own = self.own.map(|own| &self.picture.institutions[own]);
        match own {
            None if !self.everything => return named(""),
            Some(own) if own.class != Class::Commission => return named(&own.row.name),
            _ => {}
        }
        let area = self.only_district().and_then(|code| self.picture.area(code));
        let city = || self.picture.areas.iter().find(|area| area.kind == AreaKind::City);
        match area.or_else(city) {
            Some(area) => {
                ShownArea { code: area.row.code.clone(), name: area.row.name.clone(), kind: area.kind.name() }
            }
            None => ShownArea { code: String::new(), name: String::new(), kind: AreaKind::City.name() },
        }
    }

    /// The district of all institutions below the commission of the reader; none where they lie in several.
    fn only_district(&self) -> Option<&str> {
        let own = &self.picture.institutions[self.own?];
        let below = self.picture.institutions.iter().zip(&self.seen);
        let institutions = below.filter(|(one, seen)| **seen && one.class == Class::Institution).map(|(one, _)| one);
        let mut districts = institutions.filter_map(|one| one.district.as_deref());
        let first = districts.next().or(own.district.as_deref())?;
        districts.all(|district| district == first).then_some(first)
    }

    fn institution(&self, id: &str) -> Result<usize> {
        let found = self.picture.place_of(id).filter(|&at| self.seen[at]);
        found.ok_or_else(|| Error::not_found(format!("there is no institution `{id}` among those you see")))
    }

    /// Whether a place is within the scope. A campus or department lies where its institution does.
    pub fn holds(&self, scope: &Scope, at: usize) -> bool {
        let top = &self.picture.institutions[self.picture.institutions[at].top];
        let of_area = match &scope.narrow {
            None => true,
            Some((AreaKind::District, code)) => top.district.as_ref() == Some(code),
            Some((_, code)) => top.street.as_ref() == Some(code),
        };
        self.seen[at] && of_area && scope.institution.is_none_or(|wanted| self.picture.is_within(at, wanted))
    }

    /// Whether an institution as counts name it is within the scope and counts for the figure.
    pub fn has(&self, figure: Figure, scope: &Scope, org: usize) -> bool {
        match self.place(org) {
            Some(at) => self.holds(scope, at) && self.counts_for(figure, at),
            None => self.holds_unknown(scope) && figure != Figure::Residents,
        }
    }

    /// Whether counts of institutions that the directory does not know belong to the scope.
    pub fn holds_unknown(&self, scope: &Scope) -> bool {
        self.everything && scope.narrow.is_none() && scope.institution.is_none()
    }

    /// All that the reader sees.
    pub fn whole(&self) -> Scope {
        Scope { area: self.home(), narrow: None, institution: None }
    }

    /// Whether a place counts for the figure: residents are those registered where health records are kept.
    pub fn counts_for(&self, figure: Figure, at: usize) -> bool {
        let top = &self.picture.institutions[self.picture.institutions[at].top];
        figure != Figure::Residents || top.row.kind.as_deref().is_some_and(|kind| PRIMARY_KINDS.contains(&kind))
    }

    /// Counts by top institution within a scope.
    pub fn sums(&self, figure: Figure, scope: &Scope, counts: &[Count]) -> Sums {
        let mut sums = Sums::default();
        for same in counts.chunk_by(|one, next| one.org == next.org) {
            let sum: i64 = same.iter().map(|count| count.count).sum();
            match self.place(same[0].org) {
                _ if !self.has(figure, scope, same[0].org) => {}
                Some(at) => *sums.tops.entry(self.picture.institutions[at].top).or_default() += sum,
                None => sums.unknown += sum,
            }
        }
        sums
    }

    /// Their sum.
    pub fn total(&self, figure: Figure, scope: &Scope, counts: &[Count]) -> i64 {
        let same = counts.chunk_by(|one, next| one.org == next.org);
        let held = same.filter(|same| self.has(figure, scope, same[0].org));
        held.flatten().map(|count| count.count).sum()
    }

    /// What of the sums lies within a narrower scope.
    pub fn within(&self, sums: &Sums, scope: &Scope) -> i64 {
        let known = sums.tops.iter().filter(|&(&at, _)| self.holds(scope, at)).map(|(_, count)| count);
        known.sum::<i64>() + if self.holds_unknown(scope) { sums.unknown } else { 0 }
    }

    /// What the directory knows of a figure by top institution: that it is there, or its beds.
    pub fn known(&self, figure: Figure, scope: &Scope) -> Sums {
        let mut sums = Sums::default();
        for (at, institution) in self.picture.institutions.iter().enumerate() {
            let counted = institution.class == Class::Institution && institution.row.active && institution.top == at;
            if counted && self.holds(scope, at) {
                let count =
                    if figure == Figure::Beds { i64::try_from(institution.beds).unwrap_or(i64::MAX) } else { 1 };
                sums.tops.insert(at, count);
            }
        }
        sums
    }

    /// What is hidden of counts by top institution over all that the reader sees; nothing from who may see persons.
    pub fn hidden(&self, figure: Figure, whole: &Sums) -> HiddenTops {
        if self.detail || !figure.is_of_persons() {
            return HiddenTops::default();
        }
        let leaf = |(at, count): (&usize, &i64)| {
            let (district, street) = self.areas_of(*at);
            Leaf { district, street, count: *count }
        };
        let leaves: Vec<Leaf<'_>> = whole.tops.iter().map(leaf).collect();
        let tree = hide_tree(&leaves);
        let tops = whole.tops.keys().copied().zip(tree.leaves.iter().copied()).collect();
        HiddenTops { total: runtime::small::is_small(whole.total()), tree, tops }
    }

    /// District and street of an institution; empty where it has none.
    pub fn areas_of(&self, at: usize) -> (&str, &str) {
        let institution = &self.picture.institutions[at];
        (institution.district.as_deref().unwrap_or(""), institution.street.as_deref().unwrap_or(""))
    }
}

/// What is hidden of a figure, for all that a reader sees.
#[derive(Default)]
pub struct HiddenTops {
    total: bool,
    tree: Hidden,
    tops: BTreeMap<usize, bool>,
}

impl HiddenTops {
    pub fn top(&self, at: usize) -> bool {
        self.tops.get(&at).copied().unwrap_or(false)
    }

    /// Whether the sum of an area is hidden: a district, or a street of one.
    pub fn area(&self, kind: AreaKind, code: &str) -> bool {
        match kind {
            AreaKind::District => self.tree.area(code, None),
            AreaKind::Street => self.tree.area(code.get(..6).unwrap_or(code), Some(code)),
            _ => self.total,
        }
    }

    /// Whether the sum of a scope is hidden.
    pub fn scope(&self, picture: &Picture, scope: &Scope) -> bool {
        match (&scope.narrow, scope.institution) {
            (_, Some(at)) => self.top(picture.institutions[at].top),
            (Some((kind, code)), None) => self.area(*kind, code),
            (None, None) => self.total,
        }
    }
}

impl Scope {
    /// Whether it is all that the reader sees.
    pub fn is_whole(&self) -> bool {
        self.narrow.is_none() && self.institution.is_none()
    }

    /// The children of the area on the map: districts of the city, streets of a district.
    pub fn parts(&self, picture: &Picture) -> Vec<(AreaKind, String)> {
        let kind = match self.area.kind {
            "city" => AreaKind::District,
            "district" => AreaKind::Street,
            _ => return Vec::new(),
        };
        let of = |code: &str| kind == AreaKind::District || code.starts_with(&self.area.code);
        let areas = picture.areas.iter().filter(|area| area.kind == kind && of(&area.row.code));
        areas.map(|area| (kind, area.row.code.clone())).collect()
    }

    /// Narrowed to an area.
    pub fn to_area(&self, kind: AreaKind, code: &str) -> Scope {
        Scope { area: self.area.clone(), narrow: Some((kind, code.to_owned())), institution: self.institution }
    }
}

impl ShownArea {
    pub fn json(&self) -> Value {
        json!({ "code": self.code, "name": self.name, "kind": self.kind })
    }
}
