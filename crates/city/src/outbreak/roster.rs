//! Who meets whom in a street: households, classes, schools, work sites and neighbourhoods as lists of members.

use crate::day::Day;

/// What an outbreak has to know of a resident.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub number: u64,
    pub born: Day,
    /// Lives here from this day on (also the day of birth) …
    pub from: Day,
    /// … up to but without this one.
    pub until: Day,
    pub household: u32,
    pub class: Option<u32>,
    pub school: Option<u32>,
    pub site: Option<u32>,
    pub neighbourhood: u32,
}

impl Member {
    pub fn is_here(&self, day: Day) -> bool {
        (self.from..self.until).contains(&day)
    }

    /// Completed years, near enough for rates by age.
    pub fn age(&self, day: Day) -> i32 {
        ((f64::from(day - self.born) + 0.5) / 365.2425).floor() as i32
    }

    /// 0 under 15, 1 under 60, 2 from 60 on.
    pub fn age_group(&self, day: Day) -> usize {
        match self.age(day) {
            ..15 => 0,
            15..60 => 1,
            _ => 2,
        }
    }
}

/// Where one person infects another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Setting {
    Household,
    Class,
    School,
    Site,
    Neighbourhood,
    Street,
    Ward,
    Canteen,
    /// Somewhere else; nobody of the street is the source.
    Outside,
}

impl Setting {
    pub fn code(self) -> &'static str {
        match self {
            Setting::Household => "household",
            Setting::Class => "class",
            Setting::School => "school",
            Setting::Site => "work-site",
            Setting::Neighbourhood => "neighbourhood",
            Setting::Street => "street",
            Setting::Ward => "ward",
            Setting::Canteen => "canteen",
            Setting::Outside => "outside",
        }
    }
}

/// The residents of a street, and the groups in which they meet.
pub struct Roster {
    pub members: Vec<Member>,
    pub households: Groups,
    pub classes: Groups,
    pub schools: Groups,
    pub sites: Groups,
    pub neighbourhoods: Groups,
}

impl Roster {
    pub fn new(members: Vec<Member>) -> Roster {
        let households = Groups::by(members.iter().map(|member| Some(member.household)));
        let classes = Groups::by(members.iter().map(|member| member.class));
        let schools = Groups::by(members.iter().map(|member| member.school));
        let sites = Groups::by(members.iter().map(|member| member.site));
        let neighbourhoods = Groups::by(members.iter().map(|member| Some(member.neighbourhood)));
        Roster { members, households, classes, schools, sites, neighbourhoods }
    }

    /// Those who meet this member in a setting, with the member; nobody where the setting is none of theirs.
    pub fn with(&self, setting: Setting, member: u32) -> &[u32] {
        match setting {
            Setting::Household => self.households.with(member),
            Setting::Class => self.classes.with(member),
            Setting::School => self.schools.with(member),
            Setting::Site => self.sites.with(member),
            Setting::Neighbourhood => self.neighbourhoods.with(member),
            Setting::Street | Setting::Ward | Setting::Canteen | Setting::Outside => &[],
        }
    }
}

/// Members by a key, in the order of the keys.
pub struct Groups {
    /// Key and end of each group in `members`.
    groups: Vec<(u32, u32)>,
    members: Vec<u32>,
    /// The group of each member.
    of: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Groups {
    pub fn by(keys: impl Iterator<Item = Option<u32>>) -> Groups {
        let mut of = Vec::new();
        let mut keyed = Vec::new();
        for (nth, key) in keys.enumerate() {
            of.push(NONE);
            keyed.extend(key.map(|key| (key, nth as u32)));
        }
        keyed.sort_unstable();
        let mut groups: Vec<(u32, u32)> = Vec::new();
        for (nth, (key, member)) in keyed.iter().enumerate() {
            if groups.last().is_none_or(|(last, _)| last != key) {
                groups.push((*key, 0));
            }
            of[*member as usize] = groups.len() as u32 - 1;
            if let Some((_, end)) = groups.last_mut() {
                *end = nth as u32 + 1;
            }
        }
        Groups { groups, members: keyed.into_iter().map(|(_, member)| member).collect(), of }
    }

    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Key and members of a group.
    pub fn nth(&self, nth: usize) -> (u32, &[u32]) {
        let start = if nth == 0 { 0 } else { self.groups[nth - 1].1 as usize };
        (self.groups[nth].0, &self.members[start..self.groups[nth].1 as usize])
    }

    pub fn with(&self, member: u32) -> &[u32] {
        match self.of[member as usize] {
            NONE => &[],
            group => self.nth(group as usize).1,
        }
    }

    /// The largest group, the first of equal ones.
    pub fn largest(&self) -> Option<(u32, &[u32])> {
        let size = |nth: &usize| (self.nth(*nth).1.len(), usize::MAX - nth);
        (0..self.len()).max_by_key(size).map(|nth| self.nth(nth))
    }
}
