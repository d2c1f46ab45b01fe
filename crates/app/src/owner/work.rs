//! The use cases of the command line, carried out by the owner of the data folder.

use super::protocol::{Ask, Told};
use crate::generate::{self, Wish};
use crate::house::{House, make_folder};
use anyhow::{Context, bail};
use base::{Cx, Purpose, Role, StopFlag};
use runtime::accounts::{Change, NewAccount, operator};
use runtime::import::{self, ImportOptions, Progress, Refusal, Report, Source};
use runtime::reactions::Runner;
use runtime::rules::Laid;
use runtime::{parameters, reactions, rebuild};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::BuildState;

/// Versions counted between two lines of progress, and how often a server's progress is looked at.
const REBUILD_STEP: u64 = 100_000;
const REBUILD_PAUSE: Duration = Duration::from_millis(100);
/// Looks at a cursor near the end that does not move any more.
const REBUILD_STILL_MAX: usize = 50;

type Input = Box<dyn Read + Send>;

/// Carries one ask out. `input` is the client's standard input.
pub fn carry_out(
    house: &House,
    ask: &Ask,
    input: Input,
    stop: &StopFlag,
    tell: &(dyn Fn(Told) + Sync),
) -> anyhow::Result<Value> {
    let cx = Cx { stop: stop.clone(), clock: house.clock.clone(), ..Cx::new(operator(), Purpose::Operations) };
    let accounts = &house.accounts;
    match ask {
        Ask::Import { paths, keep_bundles, again } => {
            let options = ImportOptions { keep_bundles: *keep_bundles, again: *again, ..house.import_options() };
            house.lay_rules()?;
            bring_in(house, paths, input, &options, stop, tell)
        }
        Ask::City { wish } => bring_city(house, wish, stop, tell),
        Ask::Token { account: Some(name), label, days, .. } => {
            Ok(json!({ "token": accounts.token(&cx, number_of(house, &cx, name)?, label, *days)? }))
        }
        Ask::Token { role, scope, label, days, account: None } => {
            let role = Role::named(role)?;
            Ok(json!({ "token": accounts.token_for_role(&cx, role, scope.clone(), label, *days)? }))
        }
        Ask::AccountAdd { name, display, role, scope, password } => {
            let (name, display, scope, password) = (name.clone(), display.clone(), scope.clone(), password.clone());
            let view = accounts.create(&cx, NewAccount { name, display, role: Role::named(role)?, scope, password })?;
            Ok(json!({ "name": view.name, "number": view.number }))
        }
        Ask::AccountList => {
            let list = accounts.list(&cx)?.into_iter().map(|(account, tokens)| {
                json!({
                    "name": account.name, "display": account.display, "role": account.role.name(),
                    "scope": account.scope, "disabled": account.disabled, "password": account.has_password,
                    "tokens": tokens.len(),
                })
            });
            Ok(list.collect())
        }
        Ask::AccountDisable { name, disabled } => {
            let change = Change { disabled: Some(*disabled), ..Change::default() };
            accounts.change(&cx, number_of(house, &cx, name)?, change)?;
            Ok(Value::Null)
        }
        Ask::AccountPassword { name, password } => {
            let change = Change { password: Some(password.clone()), ..Change::default() };
            accounts.change(&cx, number_of(house, &cx, name)?, change)?;
            Ok(Value::Null)
        }
        Ask::Backup { to } => backup(house, Path::new(to), tell),
        Ask::Check => check(house, tell),
        Ask::CityRules { hold } => city_rules(house, *hold),
        Ask::ParameterList => search_parameters(house, &cx),
        Ask::ParameterUse { id, in_use: true } => {
            parameters::take(&cx, &house.store, id)?;
            Ok(Value::Null)
        }
        Ask::ParameterUse { id, in_use: false } => {
            parameters::retire(&cx, &house.store, id)?;
            Ok(Value::Null)
        }
        Ask::ParameterBuild => build_indexes(house, stop, tell),
        Ask::Rebuild { space } => {
            let cx = Cx { stop: stop.clone(), clock: house.clock.clone(), ..Cx::platform() };
            rebuild(&cx, house, space, tell)
        }
    }
}

fn number_of(house: &House, cx: &Cx, name: &str) -> anyhow::Result<i64> {
    let found = house.accounts.list(cx)?.into_iter().find(|(account, _)| account.name == name);
    Ok(found
        .with_context(|| format!("there is no account `{name}`; `jingluo admin account list` lists them"))?
        .0
        .number)
}

fn bring_in(
    house: &House,
    paths: &[(String, String)],
    input: Input,
    options: &ImportOptions,
    stop: &StopFlag,
    tell: &(dyn Fn(Told) + Sync),
) -> anyhow::Result<Value> {
    let cx = Cx { stop: stop.clone(), ..house.cx() };
    let mut input = Some(input);
    let mut sources = Vec::new();
    for (name, path) in paths {
        match (path.as_str(), input.take()) {
            ("-", None) => bail!("standard input can be imported once"),
            ("-", Some(stream)) => sources.push(Source::stream("standard input", stream)),
            (path, unused) => {
                input = unused;
                sources.push(Source::named(name, path));
            }
        }
    }
    let observer = |progress: &Progress, _: &[Refusal]| tell(told(progress));
    carry(house, &cx, &name_of(paths), sources, options, &observer)
}

/// A city comes with the rules it has set for itself. It is as far as its parts are: nobody knows how many bytes it will have.
fn bring_city(house: &House, wish: &Wish, stop: &StopFlag, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    house.hold_city(true)?;
    let cx = Cx { stop: stop.clone(), ..house.cx() };
    let city = generate::record::import(wish, stop)?;
    let (parts, parts_made) = (city.parts as u64, city.parts_made);
    let observer = |progress: &Progress, _: &[Refusal]| {
        let made = parts_made.load(Ordering::Relaxed) as u64;
        tell(told(&Progress { bytes: made, bytes_total: Some(parts), ..progress.clone() }));
    };
    let report = carry(house, &cx, generate::record::NAME, vec![city.source], &house.import_options(), &observer);
    match city.failure.get() {
        Some(error) => Err(error.clone().into()),
        None => report,
    }
}

fn city_rules(house: &House, hold: bool) -> anyhow::Result<Value> {
    let Laid { added, changed, retired } = house.hold_city(hold)?;
    Ok(json!({ "laid": added + changed, "retired": retired }))
}

fn carry(
    house: &House,
    cx: &Cx,
    name: &str,
    sources: Vec<Source>,
    options: &ImportOptions,
    observer: &dyn Fn(&Progress, &[Refusal]),
) -> anyhow::Result<Value> {
    let Some(imports) = house.imports.get() else { return carry_alone(house, cx, sources, options, observer) };
    Ok(report_json(&imports.beside(cx, name, sources, options, observer)?))
}

/// Without a server the reactions follow the import here; what they have not done is done at the next start.
fn carry_alone(
    house: &House,
    cx: &Cx,
    sources: Vec<Source>,
    options: &ImportOptions,
    observer: &dyn Fn(&Progress, &[Refusal]),
) -> anyhow::Result<Value> {
    let runner = Runner::start(house.store.clone(), cx.clone(), programs::reactions())?;
    let report = import::run(cx, &house.store, sources, options, observer)?;
    if report.finished {
        runner.finish();
        reactions::catch_up(cx, &house.store, &programs::reactions())?;
    }
    Ok(report_json(&report))
}

/// What the console calls the import.
fn name_of(paths: &[(String, String)]) -> String {
    let first = paths.first().map_or("", |(_, path)| {
        if path == "-" { "standard input" } else { path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("/") }
    });
    match paths.len() {
        1 => first.to_owned(),
        more => format!("{first} + {}", more - 1),
    }
}

pub fn told(progress: &Progress) -> Told {
    Told::Progress {
        read: progress.read,
        stored: progress.stored,
        unchanged: progress.unchanged,
        refused: progress.refused,
        bytes: progress.bytes,
        bytes_total: progress.bytes_total,
        continued_after: progress.continued_after,
    }
}

/// The report as `--report` writes it.
fn report_json(report: &Report) -> Value {
    let progress = &report.progress;
    let types = progress.by_type.iter().map(|(type_, stored)| (fhir::r4().type_name(*type_).to_owned(), json!(stored)));
    json!({
        "read": progress.read,
        "stored": progress.stored,
        "unchanged": progress.unchanged,
        "refused": progress.refused,
        "refusals": report.refusals,
        "finished": report.finished,
        "continued_after": progress.continued_after,
        "seconds": report.millis as f64 / 1000.0,
        "by_type": types.collect::<serde_json::Map<String, Value>>(),
    })
}

fn backup(house: &House, to: &Path, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    if to.is_dir() && std::fs::read_dir(to)?.next().is_some() {
        bail!("`{}` is not empty; name a new or empty folder for the backup", to.display());
    }
    make_folder(to).with_context(|| format!("the backup cannot be made in `{}`", to.display()))?;
    house.store.backup(to, &mut |done, total| tell(Told::Part { done, total }))?;
    let settings = house.dir.join("jingluo.conf");
    if settings.exists() {
        std::fs::copy(&settings, to.join("jingluo.conf"))
            .context("the settings could not be copied into the backup")?;
    }
    Ok(Value::Null)
}

fn check(house: &House, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    let report = house.store.check(&mut |done, total| tell(Told::Part { done, total }))?;
    Ok(json!({ "problems": report.problems, "resources": report.resources, "versions": report.versions }))
}

fn search_parameters(house: &House, cx: &Cx) -> anyhow::Result<Value> {
    let (rows, builds) = parameters::list(cx, &house.store)?;
    let rows = rows.iter().map(|row| {
        json!({
            "id": row.id, "code": row.code, "type": row.kind, "base": row.bases, "expression": row.expression,
            "state": row.state.name(), "percent": row.state.percent(), "reason": row.reason, "changed": row.changed,
        })
    });
    let builds = builds.iter().filter(|build| build.state != BuildState::Whole).map(
        |build| json!({ "path": build.key, "state": build.state.name(), "done": build.done, "total": build.total }),
    );
    Ok(json!({ "parameters": rows.collect::<Vec<Value>>(), "indexes": builds.collect::<Vec<Value>>() }))
}

/// The server builds where one runs; without one it is done here.
fn build_indexes(house: &House, stop: &StopFlag, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    let cx = Cx { stop: stop.clone(), clock: house.clock.clone(), ..Cx::platform() };
    if house.imports.get().is_none() {
        parameters::finish(&cx, &house.store, &mut |done, total| tell(Told::Part { done, total }))?;
        return Ok(Value::Null);
    }
    loop {
        cx.go_on().context("stopped; the server goes on with the indexes")?;
        let builds = house.store.builds()?;
        if builds.iter().all(|build| build.state == BuildState::Whole) {
            return Ok(Value::Null);
        }
        let (done, total) = parameters::progress(&builds);
        tell(Told::Part { done, total });
        std::thread::sleep(REBUILD_PAUSE);
    }
}

/// Empties the spaces of the reaction that keeps this one and waits until all is counted anew: by the server where one
/// runs, here where none does.
fn rebuild(cx: &Cx, house: &House, space: &str, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    let store = &house.store;
    let all = programs::reactions();
    let reaction = rebuild::keeper(&all, space)?;
    let total = store.position();
    let served = house.imports.get().is_some();
    if !served {
        // It comes no further than those before it, which nobody runs now.
        reactions::catch_up(cx, store, &reactions::before(&all, reaction)?)?;
    }
    rebuild::begin(cx, store, reaction)?;
    let (mut counted, mut still) = (0, 0);
    while reactions::behind(store, reaction, total)? > 0 && still < REBUILD_STILL_MAX {
        cx.go_on().context("stopped; the rest is counted while a server runs on the folder, or by the same command")?;
        tell(Told::Part { done: counted, total });
        match served {
            true => std::thread::sleep(REBUILD_PAUSE),
            false => drop(reactions::catch_up_to(cx, store, reaction, counted + REBUILD_STEP)?),
        }
        let now = store.cursor(reaction.name)?;
        // A cursor is not moved for the last versions if nothing follows from them.
        still = if now == counted && total - now <= REBUILD_STEP { still + 1 } else { 0 };
        counted = now;
    }
    Ok(json!({ "spaces": reaction.spaces, "counted": total }))
}
