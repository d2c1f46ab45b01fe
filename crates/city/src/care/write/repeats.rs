//! The truth about repeats: the same examination again, whether an earlier result could have stood for it when it was ordered,
//! and if not, why. By the six cases of the national rules on mutual recognition (国卫医发〔2022〕6号), the windows of the
//! tables and the marks of the institutions. It asks what was the case; whether the platform could know it – whether the
//! report had arrived, the code was mapped, the registrations were linked – is not its question.

use super::super::plan::{Contact, Item, Kind, Plan, Purpose};
use super::{Keep, Scene, base};
use crate::day::{Minute, minute_text};
use crate::out::Out;
use crate::places::Mark;
use std::fmt::Write;

/// Made again at another hospital within so long is a repeat, whatever the rules say.
const REPEAT_MINUTES: Minute = 14 * 1440;

/// An examination, as places in the plan.
#[derive(Clone, Copy)]
struct Made {
    item: Item,
    contact: usize,
    exam: usize,
    ordered: Minute,
    at: Minute,
}

/// An examination made before, held against one that is ordered.
struct Candidate {
    made: Made,
    /// When it could first be used, and when that reached the platform.
    issued: Minute,
    arrived: Minute,
    /// Why it cannot stand for the new one; empty where it can.
    why: &'static str,
}

/// What decides about an item.
struct Rule {
    key: &'static str,
    window_hours: i64,
    is_listed: bool,
    fen: i64,
}

/// Writes a row for each examination that had been made before: at another hospital within two weeks, or anywhere within
/// the window of its item. A row is told with the window in which the specimen was taken.
pub fn tell(plan: &Plan, keep: Keep, out: &mut Out) {
    if plan.exams.len() < 2 {
        return;
    }
    let mut all: Vec<Made> = Vec::with_capacity(plan.exams.len());
    for (contact, one) in plan.contacts.iter().enumerate() {
        let exams = one.exams.clone().map(|exam| (exam, plan.exams[exam]));
        all.extend(exams.filter(|(_, exam)| exam.item != Item::Assay).map(|(nth, exam)| Made {
            item: exam.item,
            contact,
            exam: nth,
            ordered: exam.ordered,
            at: exam.at,
        }));
    }
    all.sort_by_key(|made| (made.at, made.contact, made.exam));
    for (nth, second) in all.iter().enumerate() {
        if let Some(row) = out.is_due(second.at).then(|| row(plan, keep, all[..nth].iter().rev(), second)).flatten() {
            out.truth.repeats.push_str(&row);
        }
    }
}

fn row<'a>(plan: &Plan, keep: Keep, earlier: impl Iterator<Item = &'a Made>, second: &Made) -> Option<String> {
    let rule = rule(plan, second.item);
    // Age counts in whole hours.
    let reach = REPEAT_MINUTES.max((rule.window_hours + 1) * 60);
    let near =
        earlier.take_while(|first| second.ordered - first.at <= reach).filter(|first| covers(plan, first, second));
    let candidates: Vec<Candidate> = near.map(|first| candidate(plan, keep, &rule, first, second)).collect();
    let place = |made: &Made| plan.contacts[made.contact].institution;
    let elsewhere = |found: &&Candidate| found.made.item == second.item && place(&found.made) != place(second);
    let lately = |found: &&Candidate| second.at - found.made.at <= REPEAT_MINUTES;
    let other = candidates.iter().find(|found| elsewhere(found) && lately(found));
    let usable = candidates.iter().find(|found| found.why.is_empty());
    let in_window = |found: &&Candidate| age_hours(&found.made, second) <= rule.window_hours;
    let first = usable.or(other).or_else(|| candidates.iter().find(in_window))?;
    let report = |made: &Made| {
        let exam = plan.exams[made.exam].nth;
        format!("{}-r{exam}", base(plan, &plan.contacts[made.contact]))
    };
    let institution = |made: &Made| plan.institution(place(made)).id.as_str();
    let mut row = String::with_capacity(240);
    // Writing to a String cannot fail.
    let _ = writeln!(
        row,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        plan.person.number,
        report(&first.made),
        report(second),
        rule.key,
        institution(&first.made),
        institution(second),
        (second.at - first.made.at) / 60,
        if first.why.is_empty() { "yes" } else { "no" },
        first.why,
        other.map_or(String::new(), |other| ((second.at - other.made.at) / 60).to_string()),
        minute_text(second.ordered),
        minute_text(first.issued),
        minute_text(first.arrived),
        rule.fen,
    );
    Some(row)
}

/// Whether one examination tells all that another one would: the same item, or a panel that holds the other's tests.
fn covers(plan: &Plan, first: &Made, second: &Made) -> bool {
    match (first.item, second.item) {
        (one, other) if one == other => true,
        (Item::Panel(one), Item::Panel(other)) => {
            let tests = |panel: u8| &plan.tables.panels[panel as usize].tests;
            tests(other).iter().all(|test| tests(one).contains(test))
        }
        _ => false,
    }
}

fn candidate(plan: &Plan, keep: Keep, rule: &Rule, first: &Made, second: &Made) -> Candidate {
    let contact = &plan.contacts[first.contact];
    let mut rng = plan.draws(contact.key, super::Part::Written);
    let issue = Scene::of(plan, contact, keep, &mut rng).issue_of(&plan.exams[first.exam]);
    let (issued, arrived) = (issue.times[issue.usable()], issue.arrivals[issue.usable()]);
    let why = why_again(plan, &plan.contacts[second.contact], second)
        .or_else(|| (!rule.is_listed).then_some("not-on-list"))
        .or_else(|| (age_hours(first, second) > rule.window_hours).then_some("too-old"))
        .or_else(|| match second.ordered {
            ordered if ordered >= issued => None,
            ordered if ordered >= issue.times[0] => Some("preliminary"),
            _ => Some("not-issued"),
        })
        .or_else(|| unfit(plan, contact, second));
    Candidate { made: *first, issued, arrived, why: why.unwrap_or("") }
}

/// Age of a result when the new one is ordered, in whole hours.
const fn age_hours(first: &Made, second: &Made) -> i64 {
    (second.ordered - first.at).div_euclid(60)
}

/// Why it was right to examine again, whatever there was.
fn why_again(plan: &Plan, contact: &Contact, second: &Made) -> Option<&'static str> {
    match (contact, plan.exams[second.exam].purpose) {
        (contact, _) if contact.changed => Some("condition-changed"),
        (contact, _) if contact.kind == Kind::Emergency => Some("emergency"),
        (_, Purpose::BeforeOperation) => Some("before-operation"),
        (_, Purpose::Course) => Some("changes-fast"),
        (_, Purpose::Diagnosis) => None,
    }
}

/// Why the result of a contact does not do for an order.
fn unfit(plan: &Plan, first: &Contact, second: &Made) -> Option<&'static str> {
    let orders = plan.contacts[second.contact].institution;
    let quality = plan.institution(first.institution).quality;
    // A mark is about what comes from others.
    if first.institution != orders && (!quality.assessed || quality.mark == Mark::None) {
        return Some("no-mark");
    }
    match second.item {
        Item::Image(image) if plan.method(orders, image) > plan.method(first.institution, image) => {
            Some("other-method")
        }
        _ => None,
    }
}

fn rule(plan: &Plan, item: Item) -> Rule {
    match item {
        Item::Panel(nth) => {
            let panel = &plan.tables.panels[nth as usize];
            Rule { key: panel.key, window_hours: panel.window_hours, is_listed: panel.marked, fen: panel.fen }
        }
        Item::Image(nth) => {
            let image = &plan.tables.images[nth as usize];
            Rule { key: image.key, window_hours: image.window_hours, is_listed: true, fen: image.fen }
        }
        Item::Assay => Rule { key: "", window_hours: 0, is_listed: false, fen: 0 },
    }
}
