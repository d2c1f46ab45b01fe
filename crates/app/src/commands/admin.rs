//! `jingluo admin …`: accounts and tokens, search parameters, shipped rules, backup and restore, the settings.

use super::interrupt::stop_flag;
use super::{absolute, data_folder, password, restore, settings_of};
use crate::args::{Args, Flag, Form, Usage};
use crate::owner::{Ask, Told, ask};
use crate::say::{self, Status};
use crate::settings::reference;
use base::StopFlag;
use serde_json::Value;
use std::process::ExitCode;

const HELP: &str = "\
Accounts, tokens, backup, restore, settings. All but `restore` also work beside a running server.
账号、令牌、备份、恢复、配置；除恢复外均可在服务运行时使用。

  jingluo admin token --data DIR --role ROLE [--scope ID] [--name LABEL] [--days N]
                                                  prints a bearer token on its last line
  jingluo admin token --data DIR --account NAME   the same for an account of your own
  jingluo admin account add --data DIR --name NAME --role ROLE [--scope ID] [--display TEXT] [--no-password]
                                                  reads the password from standard input
  jingluo admin account list --data DIR
  jingluo admin account disable|enable --data DIR --name NAME
  jingluo admin account password --data DIR --name NAME
  jingluo admin parameter list --data DIR         search parameters of your own, and how far their indexes are
  jingluo admin parameter use|retire --data DIR --id ID
                                                  takes the SearchParameter with this id into use, or out of it
  jingluo admin parameter build --data DIR        waits until every index is whole
  jingluo admin rules demonstration --data DIR    lays the rules of the demonstration city where its files were imported
  jingluo admin rules shipped --data DIR          takes them out again
  jingluo admin backup --data DIR --to DIR        copies the folder while it is served
  jingluo admin restore --data DIR --from DIR     makes a data folder of a backup
  jingluo admin settings                          prints docs/configuration.md

Roles: integration, admin, officer, clinician, resident. The last three need a scope: the id of an Organization
(officer: the district, clinician: the institution) or of a Person (resident).
";

const DATA: Flag = Flag { name: "--data", value: Some("DIR"), text: "the data folder; it may be served meanwhile" };
const ROLE: Flag =
    Flag { name: "--role", value: Some("ROLE"), text: "integration, admin, officer, clinician or resident" };
const SCOPE: Flag = Flag { name: "--scope", value: Some("ID"), text: "whose records: id of an Organization or Person" };

const TOKEN: Form = Form {
    name: "admin token",
    usage: "--data DIR --role ROLE [--scope ID] [--name LABEL] [--days N]",
    text: "Makes a bearer token and prints it on the last line. It is shown once.\n创建访问令牌，最后一行即令牌，仅显示一次。",
    flags: &[
        DATA,
        ROLE,
        SCOPE,
        Flag { name: "--account", value: Some("NAME"), text: "an account of your own instead of a role" },
        Flag { name: "--name", value: Some("LABEL"), text: "what the token is for, for the list of tokens" },
        Flag { name: "--days", value: Some("N"), text: "how long it is valid (90)" },
    ],
    takes_words: false,
};
const ACCOUNT: Form = Form {
    name: "admin account",
    usage: "add|list|disable|enable|password --data DIR [--name NAME]",
    text: "Manages accounts. `add` and `password` read the password from standard input.\n管理账号；密码从标准输入读取。",
    flags: &[
        DATA,
        Flag { name: "--name", value: Some("NAME"), text: "the account's name" },
        ROLE,
        SCOPE,
        Flag { name: "--display", value: Some("TEXT"), text: "the name that is shown" },
        Flag { name: "--no-password", value: None, text: "signs in with tokens only" },
    ],
    takes_words: true,
};
const PARAMETER: Form = Form {
    name: "admin parameter",
    usage: "list|use|retire|build --data DIR [--id ID]",
    text: "Search parameters of your own: a SearchParameter of the record is searched by after it was taken into use and\n\
           its index is whole.\n管理自定义检索参数：启用后建立索引，索引完整后方可检索。",
    flags: &[DATA, Flag { name: "--id", value: Some("ID"), text: "the id of the SearchParameter" }],
    takes_words: true,
};
const RULES: Form = Form {
    name: "admin rules",
    usage: "demonstration|shipped --data DIR",
    text: "`demonstration` lays the rules of the demonstration city (its catalogue, windows and marks of mutual recognition)\n\
           into a folder into which its files were imported; `shipped` takes them out again. Rules that people have set\n\
           stay as they are.\n\
           在已导入演示城市数据的目录中启用（demonstration）或撤下（shipped）演示城市的规则；本地设定的规则不受影响。",
    flags: &[DATA],
    takes_words: true,
};
const BACKUP: Form = Form {
    name: "admin backup",
    usage: "--data DIR --to DIR",
    text: "Copies the data folder while it is served.\n在线备份数据目录。",
    flags: &[DATA, Flag { name: "--to", value: Some("DIR"), text: "a new or empty folder" }],
    takes_words: false,
};
const RESTORE: Form = Form {
    name: "admin restore",
    usage: "--data DIR --from DIR",
    text: "Makes a data folder of a backup.\n从备份恢复数据目录。",
    flags: &[
        Flag { name: "--data", value: Some("DIR"), text: "a new or empty folder" },
        Flag { name: "--from", value: Some("DIR"), text: "the backup" },
    ],
    takes_words: false,
};

const DAYS_DEFAULT: u32 = 90;

pub fn run(mut words: Vec<String>) -> anyhow::Result<ExitCode> {
    let command = if words.is_empty() { String::new() } else { words.remove(0) };
    match command.as_str() {
        "token" => token(words),
        "account" => account(words),
        "parameter" => parameter(words),
        "rules" => rules(words),
        "backup" => backup(words),
        "restore" => bring_back(words),
        "settings" => {
            say::text(&reference());
            Ok(ExitCode::SUCCESS)
        }
        "" | "help" | "--help" | "-h" => {
            say::text(HELP);
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Usage(format!("there is no command `admin {other}`; see `jingluo admin --help`")).into()),
    }
}

/// Has a short ask carried out.
fn asked(args: &Args, form: &Form, wanted: &Ask) -> anyhow::Result<Value> {
    let dir = data_folder(args, form)?;
    let settings = settings_of(args, form, Some(&dir))?;
    ask(&dir, &settings, true, wanted, &StopFlag::default(), &part_shown())
}

fn token(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = TOKEN.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let account = args.value("--account").map(str::to_owned);
    let role = match &account {
        Some(_) => String::new(),
        None => args.needed("--role", &TOKEN)?.to_owned(),
    };
    let wanted = Ask::Token {
        role,
        scope: args.value("--scope").map(str::to_owned),
        account,
        label: args.value("--name").unwrap_or("command line").to_owned(),
        days: args.number("--days", &TOKEN)?.unwrap_or(DAYS_DEFAULT),
    };
    let made = asked(&args, &TOKEN, &wanted)?;
    say::line(made["token"].as_str().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn account(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = ACCOUNT.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let name = || args.needed("--name", &ACCOUNT).map(str::to_owned);
    let verbs: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match verbs.as_slice() {
        ["add"] => {
            let name = name()?;
            let wanted = Ask::AccountAdd {
                display: args.value("--display").unwrap_or(&name).to_owned(),
                role: args.needed("--role", &ACCOUNT)?.to_owned(),
                scope: args.value("--scope").map(str::to_owned),
                password: if args.has("--no-password") { None } else { Some(password::read()?) },
                name,
            };
            asked(&args, &ACCOUNT, &wanted)?;
        }
        ["list"] => list(&asked(&args, &ACCOUNT, &Ask::AccountList)?),
        [verb @ ("disable" | "enable")] => {
            asked(&args, &ACCOUNT, &Ask::AccountDisable { name: name()?, disabled: *verb == "disable" })?;
        }
        ["password"] => {
            let name = name()?;
            asked(&args, &ACCOUNT, &Ask::AccountPassword { name, password: password::read()? })?;
        }
        _ => return Err(ACCOUNT.wrong("say one of add, list, disable, enable, password".to_owned()).into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(accounts: &Value) {
    for account in accounts.as_array().map(Vec::as_slice).unwrap_or_default() {
        let text = |name: &str| account[name].as_str().unwrap_or("–").to_owned();
        let state = if account["disabled"] == Value::Bool(true) { "disabled" } else { "active" };
        let password = if account["password"] == Value::Bool(true) { "password" } else { "tokens only" };
        say::line(&format!(
            "{:<24} {:<12} {:<20} {state:<9} {password}, {} tokens  {}",
            text("name"),
            text("role"),
            text("scope"),
            account["tokens"],
            text("display"),
        ));
    }
}

fn parameter(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = PARAMETER.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let verbs: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match verbs.as_slice() {
        ["list"] => parameters(&asked(&args, &PARAMETER, &Ask::ParameterList)?),
        [verb @ ("use" | "retire")] => {
            let id = args.needed("--id", &PARAMETER)?.to_owned();
            asked(&args, &PARAMETER, &Ask::ParameterUse { id, in_use: *verb == "use" })?;
        }
        ["build"] => {
            let dir = data_folder(&args, &PARAMETER)?;
            let settings = settings_of(&args, &PARAMETER, Some(&dir))?;
            ask(&dir, &settings, false, &Ask::ParameterBuild, &stop_flag()?, &part_shown())?;
            say::line("Every index is whole.");
        }
        _ => return Err(PARAMETER.wrong("say one of list, use, retire, build".to_owned()).into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn parameters(listed: &Value) {
    let items = |name: &str| listed[name].as_array().cloned().unwrap_or_default();
    for row in items("parameters") {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let bases: Vec<&str> = row["base"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut state = text("state");
        if let Some(percent) = row["percent"].as_u64() {
            state = format!("{state} {percent} %");
        }
        if row["changed"] == Value::Bool(true) {
            state.push_str(", changed since");
        }
        say::line(&format!(
            "{:<24} {:<16} {:<10} {}  {state}",
            text("id"),
            text("code"),
            text("type"),
            bases.join(",")
        ));
        for line in [text("expression"), text("reason")].iter().filter(|line| !line.is_empty()) {
            say::line(&format!("    {line}"));
        }
    }
    for index in items("indexes") {
        let text = |name: &str| index[name].as_str().unwrap_or_default().to_owned();
        say::line(&format!("index {} {}: {} of {}", text("path"), text("state"), index["done"], index["total"]));
    }
}

fn rules(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = RULES.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let verbs: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let hold = match verbs.as_slice() {
        ["demonstration"] => true,
        ["shipped"] => false,
        _ => return Err(RULES.wrong("say one of demonstration, shipped".to_owned()).into()),
    };
    let dir = data_folder(&args, &RULES)?;
    let settings = settings_of(&args, &RULES, Some(&dir))?;
    let told = ask(&dir, &settings, false, &Ask::CityRules { hold }, &StopFlag::default(), &part_shown())?;
    say::line(&format!("{} rules laid, {} taken out.", told["laid"], told["retired"]));
    Ok(ExitCode::SUCCESS)
}

fn backup(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = BACKUP.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let to = absolute(args.needed("--to", &BACKUP)?)?;
    let dir = data_folder(&args, &BACKUP)?;
    let settings = settings_of(&args, &BACKUP, Some(&dir))?;
    let wanted = Ask::Backup { to: to.display().to_string() };
    ask(&dir, &settings, false, &wanted, &stop_flag()?, &part_shown())?;
    say::line(&format!("The backup is in `{}`.", to.display()));
    Ok(ExitCode::SUCCESS)
}

fn bring_back(words: Vec<String>) -> anyhow::Result<ExitCode> {
    let Some(args) = RESTORE.read(words)? else { return Ok(ExitCode::SUCCESS) };
    let from = absolute(args.needed("--from", &RESTORE)?)?;
    let dir = data_folder(&args, &RESTORE)?;
    let settings = settings_of(&args, &RESTORE, Some(&dir))?;
    restore::restore(&from, &dir, settings)?;
    say::line(&format!("`{}` is restored and opens.", dir.display()));
    Ok(ExitCode::SUCCESS)
}

/// Shows the parts of a long work on a terminal.
pub fn part_shown() -> impl Fn(Told) + Sync {
    let status = Status::new();
    move |told| {
        if let Told::Part { done, total } = told
            && status.on_terminal()
        {
            status.show(&format!("{:.0} %", 100.0 * done as f64 / total.max(1) as f64));
            if done >= total {
                status.end();
            }
        }
    }
}
