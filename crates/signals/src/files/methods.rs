//! `engine signals methods`: every detector and everything that can be set of it.

use super::conversion::INTERVAL;
use super::detect::COMMON;
use super::evaluate::EVALUATE;
use super::tree::TREE;
use crate::detect::METHODS;
use crate::settings::Range;
use crate::{Setting, Step, evaluate, growth, nowcast, rt, scan, variants, wastewater};
use serde_json::{Value, json};
use std::fmt::Write;

/// The other things that the engine does, and what may be set of each.
static COMMANDS: [(&str, &[Setting]); 10] = [
    ("scan", scan::SETTINGS),
    ("nowcast", nowcast::SETTINGS),
    ("rt", rt::SETTINGS),
    ("growth", growth::SETTINGS),
    ("interval", INTERVAL),
    ("variants", variants::SETTINGS),
    ("wastewater", wastewater::SETTINGS),
    ("tree", TREE),
    ("evaluate", EVALUATE),
    ("evaluate, where series are made", evaluate::PLAN),
];

/// Lists methods and settings: each setting with its unit, its default and where that comes from.
pub fn methods(json: bool) -> String {
    match json {
        true => as_json(),
        false => as_text(),
    }
}

fn as_text() -> String {
    let mut out = String::new();
    for method in METHODS {
        let steps: Vec<&str> = method.steps.iter().map(|step| step_name(*step)).collect();
        let counts = if method.whole { "; whole counts" } else { "" };
        let _ = writeln!(out, "{}  {}  {}", method.name, method.title.en, method.title.zh);
        let _ = writeln!(out, "  {}", method.about.en);
        let _ = writeln!(out, "  for {} series{counts}; source: {}", steps.join(" and "), method.source);
        out.extend(method.settings.iter().map(line));
        out.push('\n');
    }
    let _ = writeln!(out, "every method");
    out.extend(COMMON.iter().map(line));
    for (name, settings) in COMMANDS {
        let _ = writeln!(out, "\n{name}");
        out.extend(settings.iter().map(line));
    }
    out
}

fn line(setting: &Setting) -> String {
    let Setting { key, about, unit, default, source, .. } = setting;
    let default = if default.is_empty() { "(none)" } else { default };
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    format!("    {key} = {default}{unit}: {}; {} [{source}]\n", about.en, may_be(setting.range))
}

fn may_be(range: Range) -> String {
    match range {
        Range::Number(low, high) => format!("{low} to {high}"),
        Range::Whole(low, high) => format!("whole, {low} to {high}"),
        Range::Flag => "yes or no".to_owned(),
        Range::OneOf(choices) => format!("one of {}", choices.join(", ")),
        Range::Numbers(low, high) => format!("numbers from {low} to {high}, parted by commas"),
        Range::Text => "text".to_owned(),
    }
}

fn as_json() -> String {
    let one = |setting: &Setting| {
        let Setting { key, about, unit, default, range, source } = setting;
        json!({ "key": key, "about": about, "unit": unit, "default": default, "range": may_be(*range), "source": source })
    };
    let all: Vec<Value> = METHODS
        .iter()
        .map(|method| {
            json!({
                "name": method.name,
                "title": method.title,
                "about": method.about,
                "source": method.source,
                "steps": method.steps,
                "whole": method.whole,
                "settings": method.settings.iter().map(one).collect::<Vec<_>>(),
            })
        })
        .collect();
    let common: Vec<Value> = COMMON.iter().map(one).collect();
    let commands: Vec<Value> = COMMANDS
        .iter()
        .map(|(name, settings)| json!({ "name": name, "settings": settings.iter().map(one).collect::<Vec<_>>() }))
        .collect();
    format!("{:#}\n", json!({ "methods": all, "common": common, "commands": commands }))
}

const fn step_name(step: Step) -> &'static str {
    match step {
        Step::Day => "daily",
        Step::Week => "weekly",
    }
}
