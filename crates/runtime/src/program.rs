//! What a program is: what it is called, what can be asked of it, what it follows, what it shows.
//!
//! A program is one constant of this shape. The edge mounts its operations and lists, the console draws menu and lists
//! from it, the runner runs its reactions. No HTTP type here.

use crate::cards::CardSource;
use crate::csv::write_line;
use crate::reactions::Reaction;
use crate::record::Site;
use crate::rules::RuleTable;
use base::{Cx, Error, Result, Role};
use serde_json::{Map, Value, json};
use std::any::Any;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Batch, Store};

/// Rows of a page of a list unless `count` says otherwise, and at most.
pub const LIST_ROWS_DEFAULT: usize = 50;
pub const LIST_ROWS_MAX: usize = 500;
/// Rows of a list that is downloaded as a file.
pub const LIST_FILE_ROWS_MAX: usize = 100_000;
/// Characters of what is typed to find or to filter.
const TEXT_CHARS_MAX: usize = 200;

/// Something said in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    pub zh: &'static str,
    pub en: &'static str,
}

/// Something said in both languages about what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub zh: String,
    pub en: String,
}

/// One health service of the city.
pub struct Program {
    /// In paths and in code; never changed.
    pub name: &'static str,
    pub title: Words,
    pub about: Words,
    /// Other programs may call it. It calls none itself.
    pub shared: bool,
    pub operations: &'static [Operation],
    pub lists: &'static [List],
    pub screens: &'static [Screen],
    pub reactions: &'static [Reaction],
    pub rules: &'static [&'static RuleTable],
    pub cards: &'static [&'static CardSource],
}

/// What an operation or a list stands on.
pub struct Env {
    pub store: Store,
    pub site: Site,
    pub kept: Kept,
}

/// What is asked of a program by its name.
pub struct Operation {
    pub name: &'static str,
    pub about: Words,
    /// Who may call it at all; `run` decides about the rest.
    pub roles: &'static [Role],
    pub inputs: &'static [Input],
    pub body: BodyKind,
    pub run: Run,
}

/// A parameter.
pub struct Input {
    pub name: &'static str,
    pub about: Words,
    pub required: bool,
}

/// What is sent with the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    None,
    Json,
    Csv,
}

/// What an operation does.
pub enum Run {
    /// Answers from what is there.
    Read(fn(&Cx, &Env, &Given) -> Result<Value>),
    /// Gives a file.
    File(fn(&Cx, &Env, &Given) -> Result<File>),
    /// Plans a change. The edge commits it, and plans again on a conflict.
    Write(fn(&Cx, &Env, &Given) -> Result<Planned>),
}

/// A file to be kept by the one who asked.
pub struct File {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// What is to be written, and what is answered once it is in the record.
pub struct Planned {
    pub batch: Batch,
    pub answer: Value,
}

/// What was sent: parameters that the operation names, and the body.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub params: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Rows with columns, page by page.
pub struct List {
    pub name: &'static str,
    pub title: Words,
    pub roles: &'static [Role],
    pub columns: &'static [Column],
    pub filters: &'static [Filter],
    /// Whether `q` finds rows by what somebody types.
    pub searches: bool,
    pub page: fn(&Cx, &Env, &ListQuery) -> Result<ListPage>,
}

pub struct Column {
    pub key: &'static str,
    pub title: Words,
    pub kind: ColumnKind,
    /// Whether rows can be put in the order of this column.
    pub sorts: bool,
}

/// What a cell holds; a missing value is `null` in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    Number,
    /// `2026-11-22`
    Date,
    /// `2026-11-22T08:00:00.000Z`
    Instant,
    /// `{"type","id","name"}`: a resource to open.
    Reference,
    /// `{"code","zh","en"}`
    Tag,
    /// `true` or `false`
    Flag,
}

pub struct Filter {
    pub key: &'static str,
    pub title: Words,
    /// The operation's answer that names the values, such as `codes:kinds`; none for what is typed or picked elsewhere.
    pub values: Option<&'static str>,
}

/// Which rows of a list are asked for.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub text: Option<String>,
    pub sort: Option<Sort>,
    pub count: usize,
    /// `ListPage::next` of the page before.
    pub page: Option<String>,
    pub filters: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub key: String,
    pub descending: bool,
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct ListPage {
    /// Each an object with the keys of the columns, and more where the console needs it.
    pub rows: Vec<Value>,
    pub next: Option<String>,
    /// Told where it costs nothing to know.
    pub total: Option<u64>,
}

/// An entry of the console's menu.
pub struct Screen {
    pub path: &'static str,
    pub title: Words,
    pub roles: &'static [Role],
}

/// What programs keep in memory between requests, by name. A thing is made again when its mark has changed.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<HashMap<&'static str, (u64, Thing)>>>);

type Thing = Arc<dyn Any + Send + Sync>;

impl Kept {
    /// The thing of this name as it was made at this mark. Two who come together may both make it.
    pub fn at<T: Any + Send + Sync>(
        &self,
        name: &'static str,
        mark: u64,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some((at, thing)) = held
            && at == mark
            && let Ok(thing) = thing.downcast::<T>()
        {
            return Ok(thing);
        }
        let made = Arc::new(make()?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, (mark, made.clone()));
        Ok(made)
    }
}

impl Words {
    pub fn json(self) -> Value {
        json!({ "zh": self.zh, "en": self.en })
    }
}

impl Said {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Said {
        Said { zh: zh.into(), en: en.into() }
    }

    pub fn json(&self) -> Value {
        json!({ "zh": self.zh, "en": self.en })
    }

    /// One after the other, for an answer that has one text only.
    pub fn both(&self) -> String {
        format!("{} / {}", self.zh, self.en)
    }
}

impl Given {
    /// A parameter that may be left out. An empty one is left out.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// A parameter that has to be there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::invalid(format!("the parameter `{name}` is missing")))
    }

    /// A parameter that is a number or the like.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let value = text.parse().map_err(|_| Error::invalid(format!("`{text}` does not fit the parameter `{name}`")));
        value.map(Some)
    }
}

impl ListQuery {
    pub fn filter(&self, key: &str) -> Option<&str> {
        self.filters.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

impl Operation {
    /// The HTTP method it is called with.
    pub fn method(&self) -> &'static str {
        match (&self.run, self.body) {
            (Run::Read(_) | Run::File(_), BodyKind::None) => "GET",
            _ => "POST",
        }
    }

    /// Whether this one may call it with these parameters.
    pub fn check(&self, cx: &Cx, given: &Given) -> Result<()> {
        may(cx, self.roles, self.name)?;
        for (nth, (name, _)) in given.params.iter().enumerate() {
            if !self.inputs.iter().any(|input| input.name == name) {
                return Err(Error::invalid(format!("`{}` takes no parameter `{name}`", self.name)));
            }
            if given.params[..nth].iter().any(|(before, _)| before == name) {
                return Err(Error::invalid(format!("the parameter `{name}` is given twice")));
            }
        }
        for input in self.inputs.iter().filter(|input| input.required) {
            given.required(input.name)?;
        }
        Ok(())
    }
}

impl List {
    /// Reads what is asked of a list from its parameters `q`, `sort`, `page`, `count` and its filters.
    pub fn query(&self, cx: &Cx, params: Vec<(String, String)>) -> Result<ListQuery> {
        may(cx, self.roles, self.name)?;
        let mut query = ListQuery { count: LIST_ROWS_DEFAULT, ..ListQuery::default() };
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in params {
            if seen.contains(&name) {
                return Err(Error::invalid(format!("the parameter `{name}` is given twice")));
            }
            if value.chars().count() > TEXT_CHARS_MAX && name != "page" {
                return Err(Error::invalid(format!("`{name}` has at most {TEXT_CHARS_MAX} characters")));
            }
            match name.as_str() {
                _ if value.is_empty() => {}
                "q" if self.searches => query.text = Some(value),
                "sort" => query.sort = Some(self.sort(&value)?),
                "page" => query.page = Some(value),
                "count" => query.count = count(&value)?,
                _ if self.filters.iter().any(|filter| filter.key == name) => {
                    query.filters.push((name.clone(), value));
                }
                _ => return Err(Error::invalid(format!("the list `{}` takes no parameter `{name}`", self.name))),
            }
            seen.push(name);
        }
        Ok(query)
    }

    /// `name`, or `-name` for the other way round.
    fn sort(&self, text: &str) -> Result<Sort> {
        let (key, descending) = text.strip_prefix('-').map_or((text, false), |key| (key, true));
        let known = self.columns.iter().any(|column| column.key == key && column.sorts);
        let sorts = || self.columns.iter().filter(|column| column.sorts).map(|column| column.key).collect::<Vec<_>>();
        match known {
            true => Ok(Sort { key: key.to_owned(), descending }),
            false => Err(Error::invalid(format!(
                "the list `{}` does not sort by `{key}`; it sorts by: {}",
                self.name,
                sorts().join(", ")
            ))),
        }
    }
}

fn count(text: &str) -> Result<usize> {
    let fits = |count: &usize| (1..=LIST_ROWS_MAX).contains(count);
    let wrong = || Error::invalid(format!("`count` is a number from 1 to {LIST_ROWS_MAX}, not `{text}`"));
    text.parse().ok().filter(fits).ok_or_else(wrong)
}

fn may(cx: &Cx, roles: &[Role], name: &str) -> Result<()> {
    if roles.contains(&cx.who.role) {
        return Ok(());
    }
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    let (role, roles) = (cx.who.role.name(), names.join(", "));
    Err(Error::forbidden(format!("an account of role `{role}` does not use `{name}`; it is for: {roles}")))
}

impl Program {
    /// What an account of this role finds in the program; none where it finds nothing.
    pub fn describe(&self, role: Role) -> Option<Value> {
        let operations = self.operations.iter().filter(|operation| operation.roles.contains(&role));
        let lists = self.lists.iter().filter(|list| list.roles.contains(&role));
        let screens = self.screens.iter().filter(|screen| screen.roles.contains(&role));
        let operations: Vec<Value> = operations.map(Operation::describe).collect();
        let lists: Vec<Value> = lists.map(List::describe).collect();
        let screens: Vec<Value> =
            screens.map(|screen| json!({ "path": screen.path, "title": screen.title.json() })).collect();
        if operations.is_empty() && lists.is_empty() && screens.is_empty() {
            return None;
        }
        Some(json!({
            "name": self.name, "title": self.title.json(), "about": self.about.json(),
            "operations": operations, "lists": lists, "screens": screens,
        }))
    }
}

impl Operation {
    fn describe(&self) -> Value {
        let input =
            |input: &Input| json!({ "name": input.name, "about": input.about.json(), "required": input.required });
        let inputs: Vec<Value> = self.inputs.iter().map(input).collect();
        let body = match self.body {
            BodyKind::None => Value::Null,
            BodyKind::Json => json!("application/json"),
            BodyKind::Csv => json!("text/csv"),
        };
        json!({
            "name": self.name, "method": self.method(), "about": self.about.json(), "inputs": inputs, "body": body,
        })
    }
}

impl List {
    fn describe(&self) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(Column::describe).collect();
        let filter =
            |filter: &Filter| json!({ "key": filter.key, "title": filter.title.json(), "values": filter.values });
        let filters: Vec<Value> = self.filters.iter().map(filter).collect();
        json!({
            "name": self.name, "title": self.title.json(), "columns": columns, "filters": filters,
            "searches": self.searches,
        })
    }
}

impl Column {
    fn describe(&self) -> Value {
        let title = self.title.json();
        json!({ "key": self.key, "title": title, "kind": self.kind.name(), "sorts": self.sorts })
    }

    /// The cell as text, for a file.
    pub fn cell(&self, row: &Map<String, Value>) -> String {
        match row.get(self.key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(cell)) => {
                let shown = ["name", "zh", "code", "id"].iter().find_map(|key| cell.get(*key)?.as_str());
                shown.unwrap_or_default().to_owned()
            }
            Some(other) => other.to_string(),
        }
    }
}

impl ColumnKind {
    pub const fn name(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Number => "number",
            ColumnKind::Date => "date",
            ColumnKind::Instant => "instant",
            ColumnKind::Reference => "reference",
            ColumnKind::Tag => "tag",
            ColumnKind::Flag => "flag",
        }
    }
}

/// A whole list as a CSV file: with a byte order mark, so that an office program reads it as UTF-8.
pub fn rows_file(cx: &Cx, env: &Env, list: &List, mut query: ListQuery) -> Result<File> {
    let mut text = String::from("\u{feff}");
    let titles = list.columns.iter().map(|column| column.title.zh.to_owned());
    write_line(&mut text, titles);
    let mut rows = 0;
    query.count = LIST_ROWS_MAX;
    loop {
        cx.go_on()?;
        let page = (list.page)(cx, env, &query)?;
        rows += page.rows.len();
        if rows > LIST_FILE_ROWS_MAX {
            return Err(Error::too_costly(format!(
                "a list is downloaded with at most {LIST_FILE_ROWS_MAX} rows; narrow it with a filter"
            )));
        }
        for row in page.rows.iter().filter_map(Value::as_object) {
            write_line(&mut text, list.columns.iter().map(|column| column.cell(row)));
        }
        match page.next {
            Some(next) => query.page = Some(next),
            None => break,
        }
    }
    Ok(File { name: format!("{}.csv", list.name), media_type: "text/csv; charset=utf-8", bytes: text.into_bytes() })
}
