//! The directory as a whole, in memory: the tree with what follows from several rows (sums of beds, inherited
//! districts, populations). It is made from the shelves, and made again when the reaction's cursor has moved.

use super::codes::{self, Class};
use super::reaction::{REACTION, read_row};
use super::rows::{
    AFFILIATION, AREA_ROWS, AffiliationRow, AreaRow, INSTITUTION, InstitutionRow, POPULATION, PopulationRow, SERVICE,
    SITE, ServiceRow, SiteRow,
};
use base::{Error, Result};
use runtime::program::{Env, Words};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use store::Store;

/// Rows read from a shelf at once.
const PAGE_ROWS: usize = 2_000;
/// Rows of one shelf that a picture holds; a city has a tenth of it.
const ROWS_MAX: usize = 500_000;

/// The whole directory but posts and equipment, which are read where they are asked for.
#[derive(Default)]
pub struct Picture {
    /// In the order of their names' pinyin.
    pub institutions: Vec<Institution>,
    /// Those without a parent in the record (or in a circle), commissions first.
    pub roots: Vec<usize>,
    /// In the order of their codes.
    pub areas: Vec<Area>,
    pub sites: Vec<SiteRow>,
    pub services: Vec<ServiceRow>,
    pub affiliations: Vec<AffiliationRow>,
    institution_by_id: HashMap<String, usize>,
    institutions_by_name: HashMap<String, Vec<usize>>,
    area_by_code: HashMap<String, usize>,
}

/// An Organization in its place.
pub struct Institution {
    pub row: InstitutionRow,
    pub class: Class,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// The institution that a department or campus belongs to; all others are their own.
    pub top: usize,
    /// Codes of district and street: its own, or those of the nearest above that has them.
    pub district: Option<String>,
    pub street: Option<String>,
    /// Beds of its wards and of all below it.
    pub beds: u64,
    pub point: Option<(f64, f64)>,
    /// Places in `Picture::sites` and `Picture::services` that it runs itself.
    pub sites: Vec<usize>,
    pub services: Vec<usize>,
}

/// An area in its place.
pub struct Area {
    pub row: AreaRow,
    pub kind: AreaKind,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// Year and residents, oldest first.
    pub populations: Vec<(i32, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaKind {
    City,
    District,
    Street,
    Neighbourhood,
}

/// The picture as of where the reaction's cursor stands.
pub fn picture(env: &Env) -> Result<Arc<Picture>> {
    // Read before the rows: what changes in between moves the mark again.
    let mark = env.store.cursor(REACTION.name)?;
    env.kept.at("directory.picture", mark, || Picture::load(&env.store))
}

impl Picture {
    fn load(store: &Store) -> Result<Picture> {
        let mut picture = Picture {
            sites: rows(store, SITE)?,
            services: rows(store, SERVICE)?,
            affiliations: rows(store, AFFILIATION)?,
            ..Picture::default()
        };
        picture.put_areas(rows(store, AREA_ROWS)?, rows(store, POPULATION)?);
        picture.put_institutions(rows(store, INSTITUTION)?);
        picture.put_sites();
        Ok(picture)
    }

    pub fn institution(&self, id: &str) -> Option<&Institution> {
        self.place_of(id).map(|at| &self.institutions[at])
    }

    /// The place of an institution in `institutions`.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.institution_by_id.get(id).copied()
    }

    pub fn area(&self, code: &str) -> Option<&Area> {
        self.area_by_code.get(code).map(|at| &self.areas[*at])
    }

    /// The institutions of exactly this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Institution> {
        let places = self.institutions_by_name.get(name).into_iter().flatten();
        places.map(|at| &self.institutions[*at])
    }

    /// An institution and all below it, it first.
    pub fn below(&self, at: usize) -> Vec<usize> {
        let mut found = vec![at];
        let mut next = 0;
        while next < found.len() {
            found.extend(&self.institutions[found[next]].children);
            next += 1;
        }
        found
    }

    /// Those above an institution, the nearest first.
    pub fn above(&self, at: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut here = self.institutions[at].parent;
        while let Some(parent) = here {
            found.push(parent);
            here = self.institutions[parent].parent;
        }
        found
    }

    /// Whether an institution is this one or below it.
    pub fn is_within(&self, at: usize, top: usize) -> bool {
        at == top || self.above(at).contains(&top)
    }

    /// Whether the institution that one belongs to has a kind that the directory knows. Others, such as the examples of a
    /// standard, stand behind those of the city.
    pub fn is_of_known_kind(&self, at: usize) -> bool {
        let top = &self.institutions[self.institutions[at].top];
        top.row.kind.as_deref().and_then(codes::kind).is_some()
    }

    /// The name without that of the institution it belongs to, with which many begin the names of departments.
    pub fn short_name<'a>(&'a self, institution: &'a Institution) -> &'a str {
        let (name, top) = (institution.row.name.as_str(), self.institutions[institution.top].row.name.as_str());
        name.strip_prefix(top).map(str::trim).filter(|rest| !rest.is_empty()).unwrap_or(name)
    }

    fn put_areas(&mut self, mut rows: Vec<AreaRow>, populations: Vec<PopulationRow>) {
        rows.sort_by(|a, b| (&a.code, &a.id).cmp(&(&b.code, &b.id)));
        let by_id: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
        self.area_by_code = rows.iter().enumerate().rev().map(|(at, row)| (row.code.clone(), at)).collect();
        let by_code = &self.area_by_code;
        let above = |at: usize, row: &AreaRow| {
            let named = row.part_of.as_ref().and_then(|id| by_id.get(id)).copied();
            let code = |length: usize| row.code.get(..length).filter(|code| code.len() < row.code.len());
            let by_prefix = || [9, 6, 4].iter().find_map(|length| by_code.get(code(*length)?).copied());
            // A part has a longer code, or stands after the whole: so no circle comes about.
            named.or_else(by_prefix).filter(|parent| *parent < at)
        };
        let parents: Vec<Option<usize>> = rows.iter().enumerate().map(|(at, row)| above(at, row)).collect();
        for (row, parent) in rows.into_iter().zip(&parents) {
            let kind = AreaKind::of(&row.code);
            self.areas.push(Area { row, kind, parent: *parent, children: Vec::new(), populations: Vec::new() });
        }
        for (at, parent) in parents.into_iter().enumerate() {
            if let Some(parent) = parent {
                self.areas[parent].children.push(at);
            }
        }
        for population in populations {
            if let Some(at) = self.area_by_code.get(&population.area) {
                self.areas[*at].populations.push((population.year, population.total));
            }
        }
        self.areas.iter_mut().for_each(|area| area.populations.sort_unstable());
    }

    fn put_institutions(&mut self, mut rows: Vec<InstitutionRow>) {
        rows.sort_by(|a, b| (&a.order, &a.id).cmp(&(&b.order, &b.id)));
        for (at, row) in rows.into_iter().enumerate() {
            self.institution_by_id.insert(row.id.clone(), at);
            self.institutions_by_name.entry(row.name.clone()).or_default().push(at);
            self.institutions.push(Institution::alone(at, row));
        }
        for (at, parent) in self.parents().into_iter().enumerate() {
            self.institutions[at].parent = parent;
            match parent {
                Some(parent) => self.institutions[parent].children.push(at),
                None => self.roots.push(at),
            }
        }
        let institutions = &self.institutions;
        self.roots.sort_by_key(|at| (institutions[*at].class, *at));
        self.hand_down();
    }

    /// The parent of each institution in the record; none for the members of a circle.
    fn parents(&self) -> Vec<Option<usize>> {
        let sent = |institution: &Institution| self.place_of(institution.row.parent.as_deref()?);
        let mut parents: Vec<Option<usize>> = self.institutions.iter().map(sent).collect();
        // 0: not looked at, else the number of the walk that came by.
        let mut seen = vec![0; parents.len()];
        for start in 0..parents.len() {
            let walk = start + 1;
            let mut here = start;
            while seen[here] == 0 {
                seen[here] = walk;
                match parents[here] {
                    Some(parent) => here = parent,
                    None => break,
                }
            }
            if seen[here] == walk {
                // The walk came back to itself: every member of the circle stands alone.
                while let Some(parent) = parents[here].take() {
                    here = parent;
                }
            }
        }
        parents
    }

    /// Top, district and street come from above.
    fn hand_down(&mut self) {
        let mut open = self.roots.clone();
        while let Some(at) = open.pop() {
            let here = &self.institutions[at];
            let (top, district, street) = (here.top, here.district.clone(), here.street.clone());
            for child in here.children.clone() {
                let below = &mut self.institutions[child];
                if matches!(below.class, Class::Department | Class::Campus) {
                    below.top = top;
                }
                below.street = below.street.take().or_else(|| street.clone().filter(|_| below.district.is_none()));
                below.district = below.district.take().or_else(|| district.clone());
                open.push(child);
            }
        }
    }

    /// Sites and services come to the institutions that run them, and beds to all above.
    fn put_sites(&mut self) {
        for at in 0..self.sites.len() {
            let site = &self.sites[at];
            let Some(owner) = site.organization.as_deref().and_then(|id| self.place_of(id)) else { continue };
            let (beds, point, is_ground) =
                (site.beds, site.point, matches!(site.kind.as_deref(), Some("si" | "bu") | None));
            self.institutions[owner].sites.push(at);
            if is_ground && self.institutions[owner].point.is_none() {
                self.institutions[owner].point = point;
            }
            for above in [owner].into_iter().chain(self.above(owner)) {
                self.institutions[above].beds += beds;
            }
        }
        for at in 0..self.services.len() {
            let owner = self.services[at].organization.as_deref().and_then(|id| self.place_of(id));
            if let Some(owner) = owner {
                self.institutions[owner].services.push(at);
            }
        }
    }
}

impl Institution {
    fn alone(at: usize, row: InstitutionRow) -> Institution {
        let by_kind = row.kind.as_deref().and_then(Class::of_kind);
        let class = by_kind.unwrap_or(if row.department { Class::Department } else { Class::Institution });
        Institution {
            class,
            parent: None,
            children: Vec::new(),
            top: at,
            district: row.district.clone(),
            street: row.street.clone(),
            beds: 0,
            point: None,
            sites: Vec::new(),
            services: Vec::new(),
            row,
        }
    }
}

impl Area {
    /// How the codes of the areas within it begin: a city's own code ends in 00.
    pub fn prefix(&self) -> &str {
        match self.kind {
            AreaKind::City => self.row.code.strip_suffix("00").unwrap_or(&self.row.code),
            _ => &self.row.code,
        }
    }

    /// The newest year and its residents.
    pub fn population(&self) -> Option<(i32, u64)> {
        self.populations.last().copied()
    }
}

impl AreaKind {
    pub const ALL: [AreaKind; 4] = [AreaKind::City, AreaKind::District, AreaKind::Street, AreaKind::Neighbourhood];

    /// A division's code has six digits (a city's end in 00), a street's nine, a neighbourhood's twelve (GB/T 2260, GB/T 10114).
    fn of(code: &str) -> AreaKind {
        match code.len() {
            0..=5 => AreaKind::City,
            6 if code.ends_with("00") => AreaKind::City,
            6 => AreaKind::District,
            7..=9 => AreaKind::Street,
            _ => AreaKind::Neighbourhood,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            AreaKind::City => "city",
            AreaKind::District => "district",
            AreaKind::Street => "street",
            AreaKind::Neighbourhood => "neighbourhood",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            AreaKind::City => Words { zh: "市", en: "City" },
            AreaKind::District => Words { zh: "区", en: "District" },
            AreaKind::Street => Words { zh: "街道", en: "Street" },
            AreaKind::Neighbourhood => Words { zh: "居委", en: "Neighbourhood" },
        }
    }

    pub fn named(name: &str) -> Result<AreaKind> {
        AreaKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::invalid(format!("there is no kind of area `{name}`; use city, district, street or neighbourhood"))
        })
    }
}

/// Every row of a shelf.
pub fn rows<T: DeserializeOwned>(store: &Store, space: &str) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut after = (String::new(), String::new());
    loop {
        let page = store.row_list(space, (&after.0, &after.1), PAGE_ROWS)?;
        for row in &page {
            found.push(read_row(&row.doc)?);
        }
        if found.len() > ROWS_MAX {
            return Err(Error::too_costly(format!("the shelf `{space}` holds more than {ROWS_MAX} rows")));
        }
        match page.into_iter().next_back() {
            Some(last) => after = (last.sort, last.key),
            None => return Ok(found),
        }
    }
}
