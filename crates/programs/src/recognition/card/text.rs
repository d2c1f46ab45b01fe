//! What a card says: at most 140 characters above, a table below. Findings and values, where they come from, and why they
//! may be used; the conclusion stays in the report.

use crate::recognition::ask::Answers;
use crate::recognition::model::{Found, Held, Item, ItemKind, MethodRule, Offer, Pending, Value};
use base::Millis;
use base::zone::Zone;
use runtime::program::Said;
use std::fmt::Write;

/// Characters of the findings of an image in a card.
const FINDINGS_CHARS_MAX: usize = 400;
/// Characters of a name in a summary.
const NAME_CHARS_MAX: usize = 24;

pub fn offered(answers: &Answers, item: &Item, offer: &Offer) -> Said {
    let Some(held) = offer.parts.iter().max_by_key(|held| held.age_hours) else { return Said::new("", "") };
    let found = &answers.gathered.results[held.result];
    let (from, from_en) = origin(answers, found);
    let (age, age_en) = age(held.age_hours);
    let (window, window_en) = span(held.window_hours);
    let mark = held.mark.as_ref().map(|mark| format!("，{}", mark.code)).unwrap_or_default();
    let mark_en = held.mark.as_ref().map(|mark| format!(", {}", mark.code)).unwrap_or_default();
    Said::new(
        format!("已有可互认结果：{}，{from}，{age}（时限{window}{mark}）", short(&item.zh)),
        format!("Usable result: {}, {from_en}, {age_en} (window {window_en}{mark_en})", short(&item.en)),
    )
}

pub fn partly(item: &Item, offer: &Offer, missing: &[String]) -> Said {
    let (held, all) = (offer.parts.len(), offer.parts.len() + missing.len());
    Said::new(
        format!("{}：{all} 项中已有 {held} 项可互认结果，只需补查其余项目", short(&item.zh)),
        format!("{}: {held} of {all} tests are known; only the others need be examined", short(&item.en)),
    )
}

/// The table of what is known, with origin, age and rules; for a part of a panel also what is missing.
pub fn detail(answers: &Answers, item: &Item, offer: &Offer, missing: &[String]) -> Said {
    let (mut zh, mut en) = (String::new(), String::new());
    match item.kind {
        ItemKind::Lab => {
            table(answers, offer, &mut zh, &mut en);
            if let Some(held) = offer.parts.first().filter(|_| !item.instruments.is_empty()) {
                attributes(item, &answers.gathered.results[held.result], &mut zh, &mut en);
            }
        }
        ItemKind::Imaging => findings(answers, item, offer, &mut zh, &mut en),
    }
    sources(answers, offer, &mut zh, &mut en);
    if !missing.is_empty() {
        let names = |english: bool| {
            let name = |key: &String| answers.item(key).map_or(key.clone(), |item| name_in(item, english));
            missing.iter().map(name).collect::<Vec<_>>()
        };
        line(&mut zh, &format!("\n未见可互认结果：{}。", names(false).join("、")));
        line(&mut en, &format!("\nNot known: {}.", names(true).join(", ")));
        return Said::new(zh, en);
    }
    if let Some(fen) = item.fen.filter(|fen| *fen > 0) {
        let yuan = format!("{}.{:02}", fen / 100, fen % 100);
        line(&mut zh, &format!("\n采用可节省 {yuan} 元。"));
        line(&mut en, &format!("\nUsing it saves {yuan} yuan."));
    }
    Said::new(zh, en)
}

fn name_in(item: &Item, english: bool) -> String {
    if english { item.en.clone() } else { item.zh.clone() }
}

fn table(answers: &Answers, offer: &Offer, zh: &mut String, en: &mut String) {
    line(zh, "| 项目 | 结果 | 参考区间 | 提示 |\n|---|---|---|---|");
    line(en, "| Test | Result | Range | Flag |\n|---|---|---|---|");
    for held in &offer.parts {
        let found = &answers.gathered.results[held.result];
        let value = match &found.value {
            Value::Quantity { shown, .. } => cell(shown),
            Value::Text(text) => cell(text),
            Value::Missing | Value::Unseen => String::new(),
        };
        let (range, flag) = (found.range.as_deref().unwrap_or("–"), flag(found.flag.as_deref()));
        for (out, english) in [(&mut *zh, false), (&mut *en, true)] {
            let flag = if english { flag.1 } else { flag.0 };
            let name = answers.item(&held.item).map_or_else(|| found.name.clone(), |item| name_in(item, english));
            line(out, &format!("| {} | {value} | {} | {} |", cell(&name), cell(range), cell(flag)));
        }
    }
}

/// A flag (HL7's ObservationInterpretation) in words; a normal one needs none, and an unknown one stands as it was sent.
fn flag(code: Option<&str>) -> (&str, &str) {
    match code {
        None | Some("N" | "NEG") => ("–", "–"),
        Some("H" | "HU") => ("偏高", "high"),
        Some("HH") => ("危急偏高", "critically high"),
        Some("L" | "LU") => ("偏低", "low"),
        Some("LL") => ("危急偏低", "critically low"),
        Some("A") => ("异常", "abnormal"),
        Some("AA") => ("危急异常", "critically abnormal"),
        Some("POS") => ("阳性", "positive"),
        Some(other) => (other, other),
    }
}

fn findings(answers: &Answers, item: &Item, offer: &Offer, zh: &mut String, en: &mut String) {
    for held in &offer.parts {
        let found = &answers.gathered.results[held.result];
        if let Value::Text(text) = &found.value {
            let text: String = text.chars().take(FINDINGS_CHARS_MAX).collect();
            line(zh, &format!("所见：{}", cell(&text)));
            line(en, &format!("Findings: {}", cell(&text)));
        }
        match (&found.method, item.method) {
            (Some(method), _) => {
                line(zh, &format!("\n方法：{}", cell(method)));
                line(en, &format!("\nMethod: {}", cell(method)));
            }
            (None, MethodRule::None) => {}
            (None, _) => {
                line(zh, "\n方法：报告未注明，请自行判断是否相当。");
                line(en, "\nMethod: not told by the report; judge for yourself whether it will do.");
            }
        }
        attributes(item, found, zh, en);
    }
}

/// By what it was made and how thick its slices are, where the item asks for it or the report tells.
fn attributes(item: &Item, found: &Found, zh: &mut String, en: &mut String) {
    let thickness = found.thickness_um.map(crate::recognition::rules::millimetres);
    for (words, asked, told) in [
        (("设备", "Instrument"), !item.instruments.is_empty(), found.instrument.clone()),
        (("层厚", "Slice thickness"), item.thickness_max_um.is_some(), thickness),
    ] {
        match told {
            Some(told) => {
                line(zh, &format!("\n{}：{}", words.0, cell(&told)));
                line(en, &format!("\n{}: {}", words.1, cell(&told)));
            }
            None if asked => {
                line(zh, &format!("\n{}：报告未注明，请自行判断是否相当。", words.0));
                line(en, &format!("\n{}: not told by the report; judge for yourself whether it will do.", words.1));
            }
            None => {}
        }
    }
}

/// Where each report comes from, when it was taken and by which mark and window it counts.
fn sources(answers: &Answers, offer: &Offer, zh: &mut String, en: &mut String) {
    for report in &offer.reports {
        let of_report = |held: &&Held| answers.gathered.results[held.result].report == *report;
        let Some(held) = offer.parts.iter().find(of_report) else { continue };
        let found = &answers.gathered.results[held.result];
        let (from, from_en) = origin(answers, found);
        let ((age, age_en), (window, window_en)) = (age(held.age_hours), span(held.window_hours));
        let corrected = found.status == crate::recognition::model::Status::Corrected;
        let (mark, mark_en) = match &held.mark {
            Some(mark) => (format!("互认标识 {}", mark.code), format!("mark {}", mark.code)),
            None => ("本机构结果".to_owned(), "own result".to_owned()),
        };
        let unsure = if held.window_sure { "" } else { "（时限待核实）" };
        let unsure_en = if held.window_sure { "" } else { " (window unconfirmed)" };
        let (fixed, fixed_en) = if corrected { ("，已更正", ", corrected") } else { ("", "") };
        line(zh, &format!("\n来源：{}，{age}{fixed}；{mark}；互认时限{window}{unsure}。", cell(&from)));
        line(en, &format!("\nFrom: {}, {age_en}{fixed_en}; {mark_en}; window {window_en}{unsure_en}.", cell(&from_en)));
    }
}

pub fn pending(zone: &Zone, item: &Item, pending: &Pending) -> Said {
    let (from, from_en) = from(pending);
    if pending.preliminary {
        return Said::new(
            format!("{}：{from}的同项检查已有初步报告，尚待审核", short(&item.zh)),
            format!("{}: a preliminary report of {from_en} is waiting for its release", short(&item.en)),
        );
    }
    let when = pending.due.map(|due| minute(zone, due));
    let (due, due_en) = match when {
        Some(when) => (format!("，预计 {when} 进行"), format!(", to be made {when}")),
        None => ("，结果未出".to_owned(), ", no result yet".to_owned()),
    };
    Said::new(
        format!("{}：{from}已申请同项检查{due}", short(&item.zh)),
        format!("{}: already ordered at {from_en}{due_en}", short(&item.en)),
    )
}

pub fn pending_detail(zone: &Zone, item: &Item, pending: &Pending) -> Said {
    let (from, from_en) = from(pending);
    let ordered = pending.ordered.map(|at| minute(zone, at)).unwrap_or_default();
    Said::new(
        format!("{from} {ordered} 已申请{}。结果发布后可在互认时限内采用，请考虑是否仍需开单。", item.zh),
        format!(
            "{from_en} ordered {} {ordered}. Its result can be used once it is released; consider whether to order.",
            item.en
        ),
    )
}

pub fn opening(shown: &[(&Item, &Offer)]) -> Said {
    let names = |english: bool| {
        let names = shown.iter().take(3).map(|(item, _)| short(if english { &item.en } else { &item.zh }));
        names.collect::<Vec<_>>()
    };
    let more = shown.len() > 3;
    Said::new(
        format!("有 {} 项可互认结果：{}{}", shown.len(), names(false).join("、"), if more { "等" } else { "" }),
        format!("{} usable results: {}{}", shown.len(), names(true).join(", "), if more { " …" } else { "" }),
    )
}

pub fn opening_detail(answers: &Answers, shown: &[(&Item, &Offer)], max: usize) -> Said {
    let (mut zh, mut en) = (String::new(), String::new());
    line(&mut zh, "| 项目 | 机构 | 时间 |\n|---|---|---|");
    line(&mut en, "| Item | Institution | Age |\n|---|---|---|");
    for (item, offer) in shown.iter().take(max) {
        let Some(held) = offer.parts.iter().min_by_key(|held| held.age_hours) else { continue };
        let (from, from_en) = origin(answers, &answers.gathered.results[held.result]);
        let (age, age_en) = age(held.age_hours);
        line(&mut zh, &format!("| {} | {} | {age} |", cell(&item.zh), cell(&from)));
        line(&mut en, &format!("| {} | {} | {age_en} |", cell(&item.en), cell(&from_en)));
    }
    if shown.len() > max {
        line(&mut zh, &format!("\n另有 {} 项。", shown.len() - max));
        line(&mut en, &format!("\nand {} more.", shown.len() - max));
    }
    Said::new(zh, en)
}

fn from(pending: &Pending) -> (String, String) {
    let name = pending.institution_name.as_ref().or(pending.institution.as_ref());
    name.map_or_else(|| ("其他机构".to_owned(), "another institution".to_owned()), |name| (short(name), short(name)))
}

fn origin(answers: &Answers, found: &Found) -> (String, String) {
    if found.institution.is_some() && found.institution == answers.here.institution {
        return ("本院".to_owned(), "this hospital".to_owned());
    }
    let name = found.institution_name.as_ref().or(found.institution.as_ref()).map(|name| short(name));
    let name = name.unwrap_or_default();
    (name.clone(), name)
}

fn age(hours: i64) -> (String, String) {
    match hours {
        0 => ("1 小时内".to_owned(), "within the hour".to_owned()),
        1..48 => (format!("{hours} 小时前"), format!("{hours} h ago")),
        _ => (format!("{} 天前", hours / 24), format!("{} days ago", hours / 24)),
    }
}

fn span(hours: i64) -> (String, String) {
    match hours % 24 {
        0 if hours >= 48 => (format!(" {} 天", hours / 24), format!("{} days", hours / 24)),
        _ => (format!(" {hours} 小时"), format!("{hours} h")),
    }
}

/// A local day and minute.
fn minute(zone: &Zone, at: Millis) -> String {
    let (day, minute) = zone.day_and_minute(at);
    let day = base::zone::day_text(day);
    format!("{} {:02}:{:02}", day.get(5..).unwrap_or(&day), minute / 60, minute % 60)
}

fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Text from outside within a table of Markdown: a line, and nothing that makes a cell, a link or an element.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '<' | '>' | '[' | ']' | '`' | '*' | '_' | '\\' | '!' | '#' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\{letter}");
            }
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
