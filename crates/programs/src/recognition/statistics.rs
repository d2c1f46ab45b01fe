//! `statistics`: what became of the alerts, by item, hospital, department, district, month, doctor or reason. Each figure
//! names the list of what it counts.

use super::STAFF;
use super::alert::Outcome;
use super::figures::{Figures, Hidden, hide_questions, hide_rows, per_one, shown_counts};
use super::follow::type_named;
use super::held::{Known, Line, Lines, days};
use super::reaction::REACTION;
use super::reasons::Reasons;
use super::whose::{Asked, NOT_TOLD, Reader, Seen, named};
use base::zone::{day_text, instant_text};
use base::{Cx, Error, Result};
use runtime::program::{BodyKind, Env, Given, Input, Operation, Run, Said, Words};
use runtime::reactions::behind;
use runtime::small::is_small;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use store::Op;

/// Where order-time questions are counted, by source and institution.
const QUESTIONS: &str = "cards.asked";
/// Doctors whose names are looked up for one answer; the others are called as the order system calls them.
const DOCTORS_NAMED_MAX: usize = 500;
/// Between the parts of the key of a group.
const PART: char = '|';

/// How the alerts are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Item,
    Hospital,
    Department,
    District,
    Month,
    Day,
    Doctor,
    Reason,
    /// Whose results.
    Origin,
}

const NAMES: [(By, &str); 9] = [
    (By::Item, "item"),
    (By::Hospital, "hospital"),
    (By::Department, "department"),
    (By::District, "district"),
    (By::Month, "month"),
    (By::Day, "day"),
    (By::Doctor, "doctor"),
    (By::Reason, "reason"),
    (By::Origin, "origin"),
];

pub const OPERATION: Operation = Operation {
    name: "statistics",
    about: Words {
        zh: "互认统计：提示、调阅、互认、不互认与理由、节约，按项目、机构、科室、区、月、医生等",
        en: "What became of the alerts, with both rates and savings, by item, hospital, department, district, month, doctor",
    },
    roles: STAFF,
    inputs: INPUTS,
    body: BodyKind::None,
    run: Run::Read(statistics),
};

const INPUTS: &[Input] = &[
    input("from", "起始日期；缺省为 30 天", "first day; 30 days if left out"),
    input("to", "截止日期；缺省为今天", "last day; today if left out"),
    input("by", "item、hospital、department、district、month、day、doctor、reason、origin", "how it is divided"),
    input("district", "区代码", "code of the district"),
    input("institution", "机构标识", "id of the institution"),
    input("department", "科室", "the department"),
    input("doctor", "医生", "the doctor"),
    input("item", "项目", "the item"),
    input("origin", "结果来源机构", "id of the institution whose results"),
    input("reason", "不互认理由", "code of the reason"),
];

pub const fn input(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: false }
}

/// What the figures of one answer stand on.
pub struct Counted {
    pub reader: Reader,
    pub asked: Asked,
    pub known: Known,
    /// Newest day first.
    days: Vec<(i32, Lines)>,
    /// Questions asked at orders, by day and institution; none where the filter does not divide them.
    questions: Option<Vec<(i32, String, i64)>>,
}

pub fn statistics(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let by = By::named(given.text("by").unwrap_or("item"))?;
    let counted = Counted::of(cx, env, |name| given.text(name))?;
    let reasons = Reasons::of(env)?;
    let whole = counted.figures(|_, _| true);
    let groups = counted.groups(by);
    let rows: Vec<Figures> = groups.values().copied().collect();
    let (top, hidden) = counted.hidden(&whole, &rows);
    let (top_asked, asked) = counted.questions_of(by, groups.keys());
    let mut shown = Vec::with_capacity(rows.len());
    for (((key, figures), hidden), asked) in groups.iter().zip(hidden).zip(asked) {
        let mut row = counted.row(by, key, figures, hidden, &reasons)?;
        asked.put(&mut row, figures, hidden);
        if by == By::Doctor && shown.len() < DOCTORS_NAMED_MAX {
            row.insert("name".to_owned(), counted.doctor(cx, env, key)?.json());
        }
        shown.push(Value::Object(row));
    }
    if !matches!(by, By::Month | By::Day) {
        let count = |row: &Value| std::cmp::Reverse(row["shown"].as_i64().unwrap_or(0));
        shown.sort_by_key(count);
    }
    let mut totals = whole.json(top);
    top_asked.put(&mut totals, &whole, top);
    totals.insert("lists".to_owned(), counted.lists(&[]));
    Ok(json!({
        "from": day_text(counted.asked.from),
        "to": day_text(counted.asked.to),
        "as_of": instant_text(cx.now()),
        "by": by.name(),
        "place": counted.reader.home(),
        "detail": counted.reader.detail,
        "behind": behind(&env.store, &REACTION, env.store.position())?,
        "totals": totals,
        "rows": shown,
        "reasons": counted.reasons(&reasons, top, &|_| true, &[])?,
    }))
}

/// What alerts of a kind have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Id of the institution; empty where nobody knows.
    pub institution: String,
    pub item: String,
    pub outcome: Outcome,
    /// Of a refusal.
    pub reason: String,
}

impl Kind {
    pub fn id(&self) -> String {
        format!("{}|{}|{}|{}", self.institution, self.item, self.outcome.code(), self.reason)
    }
}

impl By {
    pub fn named(name: &str) -> Result<By> {
        let found = NAMES.iter().find(|(_, known)| *known == name).map(|(by, _)| *by);
        let all = || NAMES.map(|(_, name)| name).join(", ");
        found.ok_or_else(|| Error::invalid(format!("`by` is one of {}, not `{name}`", all())))
    }

    fn name(self) -> &'static str {
        NAMES.iter().find(|(by, _)| *by == self).map_or("", |(_, name)| name)
    }
}

impl Counted {
    pub fn of<'a>(cx: &Cx, env: &Env, param: impl Fn(&str) -> Option<&'a str>) -> Result<Counted> {
        let reader = Reader::of(cx, env)?;
        let asked = Asked::of(cx, env, &reader, param)?;
        let (days, known) = days(cx, env, asked.from, asked.to)?;
        let questions = asked.divides_questions().then(|| questions(env, &reader, &asked)).transpose()?;
        Ok(Counted { reader, asked, known, days, questions })
    }

    /// Every kind of alert that is asked for, with its day.
    pub fn each(&self) -> impl Iterator<Item = (i32, &Line, Seen<'_>)> {
        let lines = self.days.iter().flat_map(|(day, lines)| lines.iter().map(move |line| (*day, line)));
        let seen = lines.map(|(day, line)| (day, line, Seen::line(line, &self.known)));
        seen.filter(|(day, _, seen)| self.asked.keeps(&self.reader, seen, *day))
    }

    /// The figures of those that fit.
    pub fn figures(&self, fits: impl Fn(i32, &Seen<'_>) -> bool) -> Figures {
        let mut figures = Figures::default();
        for (day, line, _) in self.each().filter(|(day, _, seen)| fits(*day, seen)) {
            figures.add(line, day == self.asked.today);
        }
        figures
    }

    /// The figures of each group.
    pub fn groups(&self, by: By) -> BTreeMap<String, Figures> {
        let mut groups: BTreeMap<String, Figures> = BTreeMap::new();
        for (day, line, seen) in self.each() {
            if by == By::Reason && seen.outcome != Outcome::Overridden {
                continue;
            }
            groups.entry(self.key(by, day, &seen)).or_default().add(line, day == self.asked.today);
        }
        groups
    }

    /// How many there are of each kind.
    pub fn kinds(&self) -> Vec<(Kind, i64)> {
        let mut kinds: BTreeMap<Kind, i64> = BTreeMap::new();
        for (_, line, seen) in self.each() {
            let kind = Kind {
                institution: self.reader.top(seen.institution).to_owned(),
                item: seen.item.to_owned(),
                outcome: seen.outcome,
                reason: seen.reason.to_owned(),
            };
            *kinds.entry(kind).or_default() += line.count;
        }
        kinds.into_iter().collect()
    }

    fn key(&self, by: By, day: i32, seen: &Seen<'_>) -> String {
        let institution = named(self.reader.top(seen.institution));
        match by {
            By::Item => named(seen.item).to_owned(),
            By::Hospital => institution.to_owned(),
            By::Department => format!("{institution}{PART}{}", named(seen.department)),
            By::Doctor => format!("{institution}{PART}{}", named(seen.doctor)),
            By::District => named(self.reader.district(seen.institution)).to_owned(),
            By::Month => day_text(day).chars().take(7).collect(),
            By::Day => day_text(day),
            By::Reason => named(seen.reason).to_owned(),
            By::Origin => named(self.reader.top(seen.origin)).to_owned(),
        }
    }

    /// What this reader is not told, of the whole and of each row.
    pub fn hidden(&self, whole: &Figures, rows: &[Figures]) -> (Hidden, Vec<Hidden>) {
        match self.reader.detail {
            true => (Hidden::default(), vec![Hidden::default(); rows.len()]),
            false => hide_rows(whole, rows),
        }
    }

    fn row(
        &self,
        by: By,
        key: &str,
        figures: &Figures,
        hidden: Hidden,
        reasons: &Reasons,
    ) -> Result<Map<String, Value>> {
        let mut row = Map::new();
        row.insert("key".to_owned(), json!(key));
        row.insert("name".to_owned(), self.name(by, key, reasons)?.json());
        row.extend(figures.json(hidden));
        let (first, second) = key.split_once(PART).unwrap_or((key, ""));
        let (from, to) = self.span(by, key);
        let narrow: Vec<(&str, &str)> = match by {
            By::Item => vec![("item", key)],
            By::Hospital => vec![("institution", key)],
            By::Department => vec![("institution", first), ("department", second)],
            By::Doctor => vec![("institution", first), ("doctor", second)],
            By::District => vec![("district", key)],
            By::Month | By::Day => vec![("from", &from), ("to", &to)],
            By::Reason => vec![("reason", key)],
            By::Origin => vec![("origin", key)],
        };
        row.insert("lists".to_owned(), self.lists(&narrow));
        Ok(row)
    }

    /// First and last day of a month or day within what is asked for.
    fn span(&self, by: By, key: &str) -> (String, String) {
        let days = (self.asked.from..=self.asked.to).map(day_text).filter(|day| day.starts_with(key));
        match by {
            By::Month | By::Day => {
                let days: Vec<String> = days.collect();
                (days.first().cloned().unwrap_or_default(), days.last().cloned().unwrap_or_default())
            }
            _ => (String::new(), String::new()),
        }
    }

    fn name(&self, by: By, key: &str, reasons: &Reasons) -> Result<Said> {
        let picture = &self.reader.picture;
        let (first, second) = key.split_once(PART).unwrap_or((key, ""));
        let same = |name: &str| Said::new(name, name);
        if key == NOT_TOLD {
            return Ok(Said::new("未注明", "not told"));
        }
        Ok(match by {
            By::Item => {
                let (zh, en) = self.known.item(key);
                Said::new(zh, en)
            }
            By::Hospital | By::Origin => same(&super::lists::name_of(picture, key)),
            By::Department | By::Doctor => {
                let second = if second == NOT_TOLD { "未注明" } else { second };
                same(&format!("{} · {second}", super::lists::name_of(picture, first)))
            }
            By::District => same(picture.area(key).map_or(key, |area| area.row.name.as_str())),
            By::Month | By::Day => same(key),
            By::Reason => reasons.words(key)?,
        })
    }

    /// A doctor by name, after the institution.
    fn doctor(&self, cx: &Cx, env: &Env, key: &str) -> Result<Said> {
        let (institution, doctor) = key.split_once(PART).unwrap_or((key, NOT_TOLD));
        let name = if doctor == NOT_TOLD { "未注明".to_owned() } else { doctor_name(cx, env, doctor)? };
        let text = format!("{} · {name}", super::lists::name_of(&self.reader.picture, institution));
        Ok(Said::new(text.clone(), text))
    }

    /// The list behind each figure, as the console opens it.
    pub fn lists(&self, narrow: &[(&str, &str)]) -> Value {
        let list = |more: &[(&str, &str)]| {
            let all: Vec<(&str, &str)> = narrow.iter().chain(more).copied().collect();
            format!("/p/recognition/alerts{}", self.asked.link(&all))
        };
        let outcome = |outcome| list(&[("outcome", outcome)]);
        json!({
            "shown": list(&[]),
            "opened": list(&[("opened", "true")]),
            "accepted": outcome("accepted"),
            "overridden": outcome("overridden"),
            "unanswered": outcome("unanswered"),
            "dismissed": outcome("dismissed"),
            "open": outcome("open"),
            "saved": outcome("accepted"),
            "changed": list(&[("outcome", "accepted"), ("changed", "true")]),
            "told": list(&[("outcome", "overridden"), ("told", "true")]),
        })
    }

    /// Refusals by reason among those that fit.
    pub fn reasons(
        &self,
        words: &Reasons,
        hidden: Hidden,
        fits: &dyn Fn(&Seen<'_>) -> bool,
        narrow: &[(&str, &str)],
    ) -> Result<Vec<Value>> {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for (_, line, seen) in self.each().filter(|(_, _, seen)| seen.outcome == Outcome::Overridden && fits(seen)) {
            *counts.entry(named(seen.reason).to_owned()).or_default() += line.count;
        }
        let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
        counts.sort_by(|(a, few), (b, many)| many.cmp(few).then_with(|| a.cmp(b)));
        let plain: Vec<i64> = counts.iter().map(|(_, count)| *count).collect();
        let shown = shown_counts(&plain, self.reader.detail, hidden.parts);
        let row = |((code, _), count): (&(String, i64), Option<i64>)| {
            let said = if code == NOT_TOLD { Said::new("未注明", "not told") } else { words.words(code)? };
            let own = [("outcome", "overridden"), ("reason", code.as_str())];
            let all: Vec<(&str, &str)> = narrow.iter().chain(&own).copied().collect();
            let list = format!("/p/recognition/alerts{}", self.asked.link(&all));
            Ok(json!({ "code": code, "zh": said.zh, "en": said.en, "count": count, "list": list }))
        };
        counts.iter().zip(shown).map(row).collect()
    }

    /// Questions of the whole and of each group, as this reader is told them.
    fn questions_of<'a>(&self, by: By, keys: impl Iterator<Item = &'a String>) -> (Questions, Vec<Questions>) {
        let none = Questions::default();
        let divided = matches!(by, By::Hospital | By::District | By::Month | By::Day);
        let Some(questions) = &self.questions else { return (none, keys.map(|_| none).collect()) };
        let whole: i64 = questions.iter().map(|(_, _, count)| count).sum();
        let mut groups: BTreeMap<String, i64> = BTreeMap::new();
        for (day, institution, count) in questions.iter().filter(|_| divided) {
            let key = match by {
                By::Hospital => named(self.reader.top(institution)).to_owned(),
                By::District => named(self.reader.district(institution)).to_owned(),
                By::Month => day_text(*day).chars().take(7).collect(),
                _ => day_text(*day),
            };
            *groups.entry(key).or_default() += count;
        }
        let rows: Vec<i64> = keys.map(|key| groups.get(key).copied().unwrap_or(0)).collect();
        let told = |count, hidden| Questions { count: Some(count), hidden: hidden && !self.reader.detail };
        if !divided {
            return (told(whole, is_small(whole)), vec![none; rows.len()]);
        }
        let (top, hidden) = hide_questions(whole, &rows);
        (told(whole, top), rows.into_iter().zip(hidden).map(|(count, hidden)| told(count, hidden)).collect())
    }
}

/// Questions at orders, where they are divided as the figures beside them.
#[derive(Clone, Copy, Debug, Default)]
struct Questions {
    count: Option<i64>,
    /// There are few, or they would give few away.
    hidden: bool,
}

impl Questions {
    /// How many, and how many led to one recognition.
    fn put(self, row: &mut Map<String, Value>, figures: &Figures, hidden: Hidden) {
        let told = self.count.filter(|_| !self.hidden);
        let per = told.filter(|_| !hidden.parts).map_or(Value::Null, |asked| per_one(asked, figures.accepted));
        row.insert("queries".to_owned(), json!(told));
        row.insert("per_accepted".to_owned(), per);
        row.insert("queries_hidden".to_owned(), json!(self.hidden));
        if self.hidden {
            row.insert("hidden".to_owned(), json!(true));
        }
    }
}

impl Asked {
    /// Questions are counted by institution and day only.
    fn divides_questions(&self) -> bool {
        let finer = [&self.department, &self.doctor, &self.item, &self.origin, &self.reason];
        finer.iter().all(|filter| filter.is_none()) && self.outcome.is_none() && self.opened.is_none()
    }
}

fn questions(env: &Env, reader: &Reader, asked: &Asked) -> Result<Vec<(i32, String, i64)>> {
    let counts = env.store.tally_days(QUESTIONS, asked.from, asked.to)?;
    let of_ours = counts.into_iter().filter_map(|found| {
        let (source, institution) = found.key.split_once('|')?;
        (source == super::alert::USE_CASE).then(|| (found.day, institution.to_owned(), found.count))
    });
    Ok(of_ours.filter(|(_, institution, _)| asked.keeps_place(reader, institution)).collect())
}

/// What a doctor is called whom the order system names by a reference; else as it calls them.
pub fn doctor_name(cx: &Cx, env: &Env, user: &str) -> Result<String> {
    let mut reference = user.to_owned();
    // From the post to the person.
    for _ in 0..2 {
        let Some((name, id)) = reference.split_once('/') else { break };
        if !matches!(name, "Practitioner" | "PractitionerRole") || !runtime::record::is_id(id) {
            break;
        }
        let stored = env.store.read(cx, type_named(name)?, id)?.filter(|stored| stored.op != Op::Delete);
        let Some(stored) = stored else { break };
        let resource = stored.resource()?;
        let root = resource.root();
        if let Some(name) = root.text_at("name.text").or_else(|| root.text_at("practitioner.display")) {
            return Ok(name.into_owned());
        }
        let Some(practitioner) = root.text_at("practitioner.reference") else { break };
        reference = practitioner.into_owned();
    }
    Ok(user.to_owned())
}
