//! Whether a result carries a mark that its institution had the right to and that reaches the institution of the order.

use super::super::model::{Assessment, Dated, Found, Here, Item, Mark, MarkHeld, MarkLevel, Question, Why, holding};

type Failed = (Why, Option<String>, Option<String>);

/// The mark under which a result counts; none for a result of the own institution, which needs no mark.
pub fn mark(question: &Question<'_>, item: &Item, part: &str, found: &Found) -> Result<Option<MarkHeld>, Failed> {
    if found.institution.is_some() && found.institution == question.here.institution {
        return Ok(None);
    }
    let Some(code) = &found.mark else { return Err((Why::NoMark, None, None)) };
    let Some(mark) = question.book.marks.get(code) else {
        return Err((Why::NoMark, Some(code.clone()), None));
    };
    let right_rule = right(question, item, part, found, mark)?;
    if !reaches(mark, question.here, found) {
        return Err((Why::MarkDoesNotReach, Some(code.clone()), Some(mark.rule.clone())));
    }
    let (code, mark_rule) = (mark.code.clone(), mark.rule.clone());
    Ok(Some(MarkHeld { code, level: mark.level, mark_rule, right_rule }))
}

/// The rule that gave the institution the right to the mark on the day of the result: the narrowest that speaks of it.
fn right(question: &Question<'_>, item: &Item, part: &str, found: &Found, mark: &Mark) -> Result<String, Failed> {
    let claimed = || Some(mark.code.clone());
    let Some(institution) = found.institution.as_deref() else { return Err((Why::NoMark, claimed(), None)) };
    let taken_on = found.taken.map_or(question.book.day, question.day_of);
    let keys = [
        (institution, item.key.as_str()),
        (institution, part),
        (institution, "*"),
        ("*", item.key.as_str()),
        ("*", part),
        ("*", "*"),
    ];
    let Some(rights) = question.book.rights.get(&mark.code) else { return Err((Why::NoMark, claimed(), None)) };
    for (who, what) in keys {
        let Some(rows) = rights.get(who).and_then(|rights| rights.get(what)) else { continue };
        // What begins later says nothing yet: until then the wider row speaks.
        let has_begun = |row: &Dated<bool>| row.from <= if row.by_event { taken_on } else { question.book.day };
        if !rows.iter().any(has_begun) {
            continue;
        }
        let Some(row) = holding(rows, question.book.day, taken_on) else {
            let ended = rows.iter().find(|row| row.to.is_some_and(|to| to < taken_on));
            return Err(match ended {
                Some(row) => (Why::MarkExpired, claimed(), Some(row.rule.clone())),
                None => (Why::NoMark, claimed(), rows.first().map(|row| row.rule.clone())),
            });
        };
        if !row.value {
            return Err((Why::NoMark, claimed(), Some(row.rule.clone())));
        }
        // What is said of every institution holds for those whose quality assessment is known and passed.
        if who == "*"
            && let Err(why) = assessed(found, mark.level, taken_on)
        {
            return Err((why, claimed(), Some(row.rule.clone())));
        }
        return Ok(row.rule.clone());
    }
    Err((Why::NoMark, claimed(), None))
}

/// Whether the institution had passed an assessment as wide as the mark on the day of the result. Of several that speak for
/// the day the one that began last does.
fn assessed(found: &Found, level: MarkLevel, taken_on: i32) -> Result<(), Why> {
    let gives = |one: &Assessment| one.passed && one.level.is_some_and(|widest| widest <= level);
    match found.assessed.iter().filter(|one| one.holds(taken_on)).max_by_key(|one| one.from) {
        Some(one) if gives(one) => Ok(()),
        Some(_) => Err(Why::NoMark),
        None if found.assessed.iter().any(|one| gives(one) && one.to.is_some_and(|to| to < taken_on)) => {
            Err(Why::MarkExpired)
        }
        None => Err(Why::NoMark),
    }
}

fn reaches(mark: &Mark, here: &Here, found: &Found) -> bool {
    match mark.level {
        MarkLevel::Nation => true,
        MarkLevel::Consortium => here.consortia.iter().any(|one| found.consortia.contains(one)),
        MarkLevel::Region | MarkLevel::Province | MarkLevel::City | MarkLevel::District => {
            let bound =
                |area: &String| here.district.as_ref().is_some_and(|district| district.starts_with(area.as_str()));
            mark.areas.iter().any(bound)
        }
    }
}
