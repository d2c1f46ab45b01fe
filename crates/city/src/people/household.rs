//! Households: persons drawn from the pyramid become couples, children find mothers of a fitting age, some of the old
//! live with a grown child.

use super::pyramid::{CENSUS, married_share};
use crate::day::Day;
use crate::model::Sex;
use crate::rng::Rng;

/// A resident before it has a name.
#[derive(Clone, Debug)]
pub struct Draft {
    pub sex: Sex,
    pub born: Day,
    pub partner: Option<usize>,
    pub mother: Option<usize>,
    pub father: Option<usize>,
    pub twin: Option<usize>,
    /// Number of the household within the block.
    pub household: usize,
    /// Children counted while mothers are looked for.
    children: u8,
    youngest: Day,
}

impl Draft {
    pub fn new(sex: Sex, born: Day) -> Draft {
        let none = usize::MAX;
        Draft {
            sex,
            born,
            partner: None,
            mother: None,
            father: None,
            twin: None,
            household: none,
            children: 0,
            youngest: Day::MIN / 2,
        }
    }

    /// Years of age on the census day.
    pub fn age(&self) -> f64 {
        f64::from(CENSUS - self.born) / 365.25
    }

    fn is_housed(&self) -> bool {
        self.household != usize::MAX
    }
}

/// Up to this age the young are children of somebody in the block where one fits.
const CHILD_YEARS: f64 = 18.0;
/// Share of unmarried people up to 29 who live with their parents.
const WITH_PARENTS: f64 = 0.55;
/// Share of those over 75 without partner who live with a child.
const WITH_CHILD: f64 = 0.35;
/// Share of unmarried people under 35 who share a home.
const SHARED_HOME: f64 = 0.6;

/// Puts the drafts of a block into households and says how many there are. `twins` is the share of births that are of two.
pub fn form(drafts: &mut [Draft], twins: f64, rng: &mut Rng) -> usize {
    couples(drafts, rng);
    let mut households = 0;
    for nth in 0..drafts.len() {
        if let Some(partner) = drafts[nth].partner.filter(|partner| nth < *partner) {
            drafts[nth].household = households;
            drafts[partner].household = households;
            households += 1;
        }
    }
    children(drafts, twins, rng);
    parents(drafts, rng);
    singles(drafts, households, rng)
}

/// Women find a man about two years older, as far as their age lets expect that they are married and not widowed.
fn couples(drafts: &mut [Draft], rng: &mut Rng) {
    let mut women: Vec<usize> = (0..drafts.len()).filter(|nth| drafts[*nth].sex == Sex::Female).collect();
    women.sort_by_key(|nth| (drafts[*nth].born, *nth));
    let mut men: Vec<usize> = (0..drafts.len()).filter(|nth| drafts[*nth].sex == Sex::Male).collect();
    men.sort_by_key(|nth| (drafts[*nth].born, *nth));
    for woman in women {
        let age = drafts[woman].age();
        let widowed = ((age - 60.0) / 45.0).clamp(0.0, 0.9);
        if !rng.chance(married_share(Sex::Female, age as i32) * (1.0 - widowed)) {
            continue;
        }
        let wished = drafts[woman].born - ((2.0 + 2.0 * rng.normal()) * 365.25) as Day;
        let from = men.partition_point(|man| drafts[*man].born < wished - 6 * 365);
        let fitting = men[from..].iter().take_while(|man| drafts[**man].born < wished + 6 * 365);
        let free = fitting.filter(|man| drafts[**man].partner.is_none() && drafts[**man].age() >= 22.0);
        if let Some(man) = free.min_by_key(|man| ((drafts[**man].born - wished).abs(), **man)).copied() {
            drafts[woman].partner = Some(man);
            drafts[man].partner = Some(woman);
        }
    }
}

/// Children and grown children who still live at home go to mothers of a fitting age; two of one birth to the same.
fn children(drafts: &mut [Draft], twins: f64, rng: &mut Rng) {
    let mut young: Vec<usize> = (0..drafts.len())
        .filter(|nth| {
            let draft = &drafts[*nth];
            let age = draft.age();
            draft.partner.is_none() && (age < CHILD_YEARS || (age < 30.0 && rng.chance(WITH_PARENTS)))
        })
        .collect();
    young.sort_by_key(|nth| (drafts[*nth].born, *nth));
    let mut mothers: Vec<usize> = (0..drafts.len())
        .filter(|nth| {
            let draft = &drafts[*nth];
            let alone = draft.partner.is_none() && draft.age() >= 28.0 && draft.age() < 60.0 && rng.chance(0.05);
            draft.sex == Sex::Female && (draft.partner.is_some() || alone)
        })
        .collect();
    mothers.sort_by_key(|nth| (drafts[*nth].born, *nth));
    // The last in the row has nobody after it to be born with.
    let twins = twins * (1.0 + 1.0 / young.len().max(1) as f64);
    let mut nth = 0;
    while nth < young.len() {
        let child = young[nth];
        nth += 1;
        let Some(mother) = mother_of(drafts, child, &mothers, rng) else { continue };
        adopt(drafts, child, mother);
        let second = young.get(nth).copied();
        if let Some(second) = second.filter(|_| rng.chance(twins)) {
            nth += 1;
            drafts[second].born = drafts[child].born;
            adopt(drafts, second, mother);
            drafts[child].twin = Some(second);
            drafts[second].twin = Some(child);
        }
    }
}

/// A mother 20 to 42 years older, most often 29, with few children so far.
fn mother_of(drafts: &[Draft], child: usize, mothers: &[usize], rng: &mut Rng) -> Option<usize> {
    let born = drafts[child].born;
    let from = mothers.partition_point(|mother| drafts[*mother].born < born - 42 * 365);
    let fitting = mothers[from..].iter().take_while(|mother| drafts[**mother].born < born - 20 * 365);
    let mut weights = Vec::new();
    let mut candidates = Vec::new();
    for mother in fitting {
        let draft = &drafts[*mother];
        if born - draft.youngest < 330 {
            continue;
        }
        let gap = f64::from(born - draft.born) / 365.25 - 29.0;
        let fresh = [1.0, 0.3, 0.06, 0.01][usize::from(draft.children).min(3)];
        weights.push((-gap * gap / 40.0).exp() * fresh);
        candidates.push(*mother);
    }
    (!candidates.is_empty()).then(|| candidates[rng.by_weight(&weights)])
}

fn adopt(drafts: &mut [Draft], child: usize, mother: usize) {
    let (father, household, born) = (drafts[mother].partner, drafts[mother].household, drafts[child].born);
    drafts[child].mother = Some(mother);
    drafts[child].father = father;
    drafts[child].household = household;
    drafts[mother].children += 1;
    drafts[mother].youngest = born;
}

/// Some old people without partner live with a grown child; they are the mother or father of the wife or husband.
fn parents(drafts: &mut [Draft], rng: &mut Rng) {
    for nth in 0..drafts.len() {
        let age = drafts[nth].age();
        if drafts[nth].partner.is_some() || age < 72.0 || !rng.chance(WITH_CHILD) {
            continue;
        }
        let born = drafts[nth].born;
        let fits = |child: usize| {
            let gap = (drafts[child].born - born) / 365;
            let draft = &drafts[child];
            (22..=38).contains(&gap) && draft.partner.is_some() && draft.mother.is_none() && draft.father.is_none()
        };
        let found: Vec<usize> = (0..drafts.len()).filter(|child| fits(*child)).collect();
        if found.is_empty() {
            continue;
        }
        let child = *rng.pick(&found);
        drafts[nth].household = drafts[child].household;
        match drafts[nth].sex {
            Sex::Female => drafts[child].mother = Some(nth),
            Sex::Male => drafts[child].father = Some(nth),
        }
    }
}

/// Who has no household yet: single mothers with their children, the young who share, the rest alone; children without
/// anybody fitting go to some adult.
fn singles(drafts: &mut [Draft], mut households: usize, rng: &mut Rng) -> usize {
    let mut shared: Option<usize> = None;
    for draft in drafts.iter_mut() {
        if draft.is_housed() || draft.mother.is_some() || draft.age() < CHILD_YEARS {
            continue;
        }
        let shares = draft.age() < 35.0 && draft.children == 0 && rng.chance(SHARED_HOME);
        if let Some(home) = shared.filter(|_| shares) {
            draft.household = home;
            shared = rng.chance(0.4).then_some(home);
            continue;
        }
        draft.household = households;
        if shares {
            shared = Some(households);
        }
        households += 1;
    }
    for nth in 0..drafts.len() {
        if drafts[nth].is_housed() {
            continue;
        }
        let with = drafts[nth].mother.map(|mother| drafts[mother].household);
        let with = with.filter(|home| *home != usize::MAX);
        drafts[nth].household = match with {
            Some(home) => home,
            None if households > 0 => rng.below(households as u64) as usize,
            None => {
                households += 1;
                0
            }
        };
    }
    households
}
