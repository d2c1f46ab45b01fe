//! Small cells: counts under five are not shown to those who may not see persons, and neither is what would give them
//! away by subtraction. Values in, decisions out.
//!
//! Where one count of a group is hidden and the sum of the group is shown, the hidden one could be computed from the
//! others. So a second one is hidden with it, the next smallest, until what is hidden adds up to five. Groups stand in
//! groups (institution, street, district): what is below a hidden one is hidden too, so that two tables of the same day
//! never tell together what neither tells alone.

use std::collections::{BTreeMap, BTreeSet};

/// Counts below this and above nought are small.
pub const SMALL: i64 = 5;

/// Whether a count is hidden by itself. Nobody is nobody: nought is shown.
pub const fn is_small(count: i64) -> bool {
    count > 0 && count < SMALL
}

/// Which counts of a group, whose sum is shown, are hidden.
pub fn hide(counts: &[i64]) -> Vec<bool> {
    let mut hidden: Vec<bool> = counts.iter().map(|&count| is_small(count)).collect();
    let mut sum: i64 = counts.iter().filter(|&&count| is_small(count)).sum();
    while hidden.contains(&true) && (sum < SMALL || hidden.iter().filter(|&&hidden| hidden).count() < 2) {
        let open = (0..counts.len()).filter(|&at| !hidden[at] && counts[at] > 0);
        let Some(next) = open.min_by_key(|&at| counts[at]) else { break };
        hidden[next] = true;
        sum += counts[next];
    }
    hidden
}

/// A count with the groups it stands in.
pub struct Leaf<'a> {
    pub district: &'a str,
    pub street: &'a str,
    pub count: i64,
}

/// What is hidden of a tree of counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub districts: BTreeSet<String>,
    /// District and street: some institutions have no street.
    pub streets: BTreeSet<(String, String)>,
    /// In the order of the leaves.
    pub leaves: Vec<bool>,
}

impl Hidden {
    pub fn area(&self, district: &str, street: Option<&str>) -> bool {
        match street {
            None => self.districts.contains(district),
            Some(street) => self.streets.contains(&(district.to_owned(), street.to_owned())),
        }
    }
}

/// What is hidden of counts in streets in districts, from the top down.
pub fn hide_tree(leaves: &[Leaf<'_>]) -> Hidden {
    let mut tree: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for (at, leaf) in leaves.iter().enumerate() {
        tree.entry(leaf.district).or_default().entry(leaf.street).or_default().push(at);
    }
    let sum = |places: &[usize]| places.iter().map(|&at| leaves[at].count).sum::<i64>();
    let sums_of = |streets: &BTreeMap<&str, Vec<usize>>| streets.values().map(|at| sum(at)).collect::<Vec<i64>>();
    let mut out = Hidden { leaves: vec![false; leaves.len()], ..Hidden::default() };
    let districts: Vec<i64> = tree.values().map(|streets| sums_of(streets).iter().sum()).collect();
    for ((district, streets), district_hidden) in tree.iter().zip(hide(&districts)) {
        if district_hidden {
            out.districts.insert((*district).to_owned());
        }
        let sums = sums_of(streets);
        for ((street, places), street_hidden) in streets.iter().zip(below(district_hidden, &sums)) {
            if street_hidden {
                out.streets.insert(((*district).to_owned(), (*street).to_owned()));
            }
            let counts: Vec<i64> = places.iter().map(|&at| leaves[at].count).collect();
            for (at, hidden) in places.iter().zip(below(street_hidden, &counts)) {
                out.leaves[*at] = hidden;
            }
        }
    }
    out
}

/// What is hidden of the parts of something that is hidden or shown.
pub fn below(whole_hidden: bool, parts: &[i64]) -> Vec<bool> {
    match whole_hidden {
        true => parts.iter().map(|&count| count > 0).collect(),
        false => hide(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(counts: &[i64]) -> Vec<Option<i64>> {
        hide(counts).into_iter().zip(counts).map(|(hidden, &count)| (!hidden).then_some(count)).collect()
    }

    #[test]
    fn a_small_count_takes_the_next_smallest_with_it() {
        assert_eq!(shown(&[3, 20, 9]), [None, Some(20), None]);
        assert_eq!(shown(&[3, 2, 9]), [None, None, Some(9)], "five together tell of neither");
        assert_eq!(shown(&[1, 1, 9, 30]), [None, None, None, Some(30)], "two together are still few");
        assert_eq!(shown(&[0, 7, 9]), [Some(0), Some(7), Some(9)]);
        assert_eq!(shown(&[4]), [None]);
        assert_eq!(shown(&[3, 0, 8]), [None, Some(0), None]);
    }

    #[test]
    fn what_is_below_a_hidden_one_is_hidden() {
        let leaf = |district, street, count| Leaf { district, street, count };
        let leaves =
            [leaf("d1", "s1", 3), leaf("d1", "s2", 8), leaf("d1", "s3", 30), leaf("d2", "s4", 40), leaf("d2", "s4", 2)];
        let hidden = hide_tree(&leaves);
        assert!(hidden.districts.is_empty());
        assert!(hidden.area("d1", Some("s1")) && hidden.area("d1", Some("s2")) && !hidden.area("d1", Some("s3")));
        assert_eq!(hidden.leaves, [true, true, false, true, true], "the 8 is all of its hidden street");
    }

    /// Whatever the counts: what is hidden of a group whose sum is shown is at least two counts and at least five, or all
    /// there is; nothing small is shown; and below what is hidden nothing is shown.
    #[test]
    fn no_hidden_count_can_be_computed_from_those_beside_it() {
        let mut state = 1_u64;
        let mut draw = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        let names = ["a", "b", "c", "d"];
        for _ in 0..3_000 {
            let leaves: Vec<Leaf<'_>> = (0..draw(12) + 1)
                .map(|_| Leaf {
                    district: names[draw(3) as usize],
                    street: names[draw(4) as usize],
                    count: if draw(2) == 0 { draw(7) as i64 } else { draw(60) as i64 },
                })
                .collect();
            let hidden = hide_tree(&leaves);
            for (leaf, leaf_hidden) in leaves.iter().zip(&hidden.leaves) {
                assert!(*leaf_hidden || !is_small(leaf.count));
                let street_hidden = hidden.area(leaf.district, Some(leaf.street));
                assert!(*leaf_hidden || leaf.count == 0 || !street_hidden, "below a hidden street");
                assert!(
                    street_hidden || !hidden.area(leaf.district, None) || leaf.count == 0,
                    "below a hidden district"
                );
            }
            for (district, street) in names.iter().flat_map(|district| names.map(|street| (*district, street))) {
                let inside = |leaf: &&Leaf<'_>| leaf.district == district && leaf.street == street;
                let counts: Vec<i64> = leaves.iter().filter(inside).map(|leaf| leaf.count).collect();
                let flags =
                    leaves.iter().zip(&hidden.leaves).filter(|(leaf, _)| inside(leaf)).map(|(_, hidden)| *hidden);
                let kept: Vec<i64> =
                    counts.iter().zip(flags).filter(|(_, hidden)| *hidden).map(|(count, _)| *count).collect();
                let all = counts.iter().filter(|&&count| count > 0).count();
                let enough = kept.len() >= 2 && kept.iter().sum::<i64>() >= SMALL;
                assert!(kept.is_empty() || enough || kept.len() == all, "{counts:?} hides {kept:?}");
            }
        }
    }
}
