//! Quality assessments of institutions: who may use a mark of which reach for results of which days.

use super::{column, filter, name_of, opened, sorted, worded};
use crate::directory::picture;
use crate::recognition::STAFF;
use crate::recognition::codes::maps;
use crate::recognition::model::Assessment;
use base::zone::day_text;
use base::{Cx, Error, Result};
use runtime::listing::{Entry, Key, page_of};
use runtime::program::{ColumnKind, Env, List, ListPage, ListQuery, Words};
use serde_json::{Value, json};

pub const LIST: List = List {
    name: "assessments",
    title: Words { zh: "质量评价", en: "Quality assessments" },
    roles: STAFF,
    columns: &[
        sorted("institution", "机构", "Institution", ColumnKind::Reference),
        column("passed", "结论", "Result", ColumnKind::Tag),
        column("level", "标识级别", "Reach of the mark", ColumnKind::Tag),
        sorted("from", "自", "From", ColumnKind::Date),
        sorted("to", "至", "To", ColumnKind::Date),
        column("state", "状态", "State", ColumnKind::Tag),
    ],
    filters: &[filter("institution", "机构", "Institution"), filter("state", "状态", "State")],
    searches: false,
    page,
};

/// How an assessment stands today.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    InForce,
    Ended,
    ToCome,
}

impl State {
    const ALL: [State; 3] = [State::InForce, State::Ended, State::ToCome];

    fn of(one: &Assessment, today: i32) -> State {
        match one.holds(today) {
            true => State::InForce,
            false if one.to.is_some_and(|to| to < today) => State::Ended,
            false => State::ToCome,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            State::InForce => "in-force",
            State::Ended => "ended",
            State::ToCome => "to-come",
        }
    }

    const fn words(self) -> Words {
        match self {
            State::InForce => Words { zh: "有效", en: "in force" },
            State::Ended => Words { zh: "已过期", en: "ended" },
            State::ToCome => Words { zh: "未开始", en: "to come" },
        }
    }
}

fn page(cx: &Cx, env: &Env, query: &ListQuery) -> Result<ListPage> {
    let (picture, maps) = (picture(env)?, maps(env)?);
    let today = env.store.zone().day_and_minute(cx.now()).0;
    let wanted = query.filter("state").map(|code| {
        let found = State::ALL.into_iter().find(|state| state.code() == code);
        let all = State::ALL.map(State::code).join(", ");
        found.ok_or_else(|| Error::invalid(format!("`state` is one of {all}, not `{code}`")))
    });
    let wanted = wanted.transpose()?;
    let fits = |(institution, one): &(&str, &Assessment)| {
        query.filter("institution").is_none_or(|id| id == *institution)
            && wanted.is_none_or(|state| state == State::of(one, today))
    };
    let mut found: Vec<(&str, &Assessment)> = maps.assessments().filter(fits).collect();
    // The newest first of each institution.
    found.sort_by_key(|(institution, one)| (*institution, std::cmp::Reverse(one.from)));
    let ids: Vec<String> = found.iter().enumerate().map(|(at, (id, _))| format!("{id}|{at:06}")).collect();
    let day = |day: Option<i32>| day.map_or(Key::Missing, |day| Key::Number(day.into()));
    let key = |at: usize| match query.sort.as_ref().map(|sort| sort.key.as_str()) {
        Some("from") => day(found[at].1.from),
        Some("to") => day(found[at].1.to),
        _ => Key::Text(crate::directory::rows::order(&name_of(&picture, found[at].0))),
    };
    let entries = ids.iter().enumerate().map(|(at, id)| Entry { key: key(at), id, at }).collect();
    page_of(query, entries, |at| {
        let (institution, one) = found[at];
        let state = State::of(one, today);
        let (code, words) = match one.passed {
            true => ("passed", Words { zh: "合格", en: "passed" }),
            false => ("failed", Words { zh: "未参加或不合格", en: "not taken part or failed" }),
        };
        Ok(json!({
            "id": ids[at], "institution": opened(&picture, institution), "passed": worded(code, words),
            "level": one.level.map_or(Value::Null, |level| worded(level.code(), level.words())),
            "from": one.from.map(day_text), "to": one.to.map(day_text), "state": worded(state.code(), state.words()),
        }))
    })
}
