//! `/api/programs`: the health services of the city. What each can be asked is its own list of operations and lists;
//! here they are mounted, all in the same way.

use super::{Asked, blocking, plan, private, shown};
use crate::App;
use crate::answer::{Answered, Failure, text_header};
use crate::body::{self, Accepts, Whole, refused};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base::{Cx, Error, Result};
use programs::PROGRAMS;
use runtime::program::{BodyKind, File, Given, List, Operation, Program, Run, rows_file};
use runtime::record::{encode, parse_query};
use serde_json::{Value, json};

/// The programs, as far as the one who asks may use them.
pub async fn show(State(app): State<App>, asked: Asked) -> Answered {
    let cx = asked.cx(&app).await?;
    let programs: Vec<Value> = PROGRAMS.iter().filter_map(|program| program.describe(cx.who.role)).collect();
    shown(&json!({ "programs": programs }))
}

/// A page of a list, or all of it as a file.
pub async fn list(State(app): State<App>, asked: Asked, Path((program, name)): Path<(String, String)>) -> Answered {
    let cx = asked.cx(&app).await?;
    let list = list_named(&program, &name)?;
    let mut params = parse_query(asked.uri.query().unwrap_or_default())?;
    let format = params.iter().position(|(name, _)| name == "format").map(|at| params.remove(at).1);
    let query = list.query(&cx, params)?;
    match format.as_deref() {
        None | Some("json") => {
            let page = blocking(&app, move |app| (list.page)(&cx, &app.env, &query)).await?;
            shown(&json!({ "rows": page.rows, "next": page.next, "total": page.total }))
        }
        Some("csv") => file(blocking(&app, move |app| rows_file(&cx, &app.env, list, query)).await?),
        Some(other) => Err(Error::invalid(format!("`format` is `json` or `csv`, not `{other}`")).into()),
    }
}

/// An operation that only asks.
pub async fn read(State(app): State<App>, asked: Asked, Path((program, name)): Path<(String, String)>) -> Answered {
    let cx = asked.cx(&app).await?;
    let operation = operation_named(&program, &name)?;
    if operation.method() != "GET" {
        return Err(Failure::method("POST"));
    }
    let given = given(&cx, &asked, operation)?;
    answered(&app, cx, operation, given, None).await
}

/// An operation that changes something, or takes a body.
pub async fn send(
    State(app): State<App>,
    asked: Asked,
    Path((program, name)): Path<(String, String)>,
    mut body: Body,
) -> Answered {
    // Everything that can be refused without the body is refused first.
    let (cx, operation, mut given) = match sent(&app, &asked, &program, &name).await {
        Ok(sent) => sent,
        Err(failure) => return Err(refused(&mut body, failure).await),
    };
    let whole = match operation.body {
        BodyKind::None => None,
        BodyKind::Json => Some(body::read(&app.bodies, &asked.headers, body, Accepts::Json).await?),
        BodyKind::Csv => Some(body::read(&app.bodies, &asked.headers, body, Accepts::Csv).await?),
    };
    let whole = whole.map(|mut whole| {
        given.body = std::mem::take(&mut whole.bytes);
        whole
    });
    answered(&app, cx, operation, given, whole).await
}

async fn sent(
    app: &App,
    asked: &Asked,
    program: &str,
    name: &str,
) -> std::result::Result<(Cx, &'static Operation, Given), Failure> {
    let cx = asked.cx(app).await?;
    let operation = operation_named(program, name)?;
    if operation.method() != "POST" {
        return Err(Failure::method("GET"));
    }
    let given = given(&cx, asked, operation)?;
    Ok((cx, operation, given))
}

fn given(cx: &Cx, asked: &Asked, operation: &Operation) -> Result<Given> {
    let given = Given { params: parse_query(asked.uri.query().unwrap_or_default())?, body: Vec::new() };
    operation.check(cx, &given)?;
    Ok(given)
}

/// `_whole` holds the body's place until the work is done.
async fn answered(app: &App, cx: Cx, operation: &'static Operation, given: Given, _whole: Option<Whole>) -> Answered {
    match operation.run {
        Run::Read(run) => shown(&blocking(app, move |app| run(&cx, &app.env, &given)).await?),
        Run::File(run) => file(blocking(app, move |app| run(&cx, &app.env, &given)).await?),
        Run::Write(_) => shown(&commit(app, cx, operation, given).await?),
    }
}

/// Plans, writes and awaits the commit.
async fn commit(app: &App, cx: Cx, operation: &'static Operation, given: Given) -> std::result::Result<Value, Failure> {
    plan::carry_out(app, cx, move |app, cx| match operation.run {
        Run::Write(run) => run(cx, &app.env, &given),
        Run::Read(_) | Run::File(_) => Err(Error::fault("only a change is planned")),
    })
    .await
}

fn program_named(name: &str) -> Result<&'static Program> {
    let known = || PROGRAMS.iter().map(|program| program.name).collect::<Vec<_>>().join(", ");
    let name: String = name.chars().take(100).collect();
    programs::named(&name)
        .ok_or_else(|| Error::not_found(format!("there is no program `{name}`; there are: {}", known())))
}

fn operation_named(program: &str, name: &str) -> Result<&'static Operation> {
    let program = program_named(program)?;
    let name: String = name.chars().take(100).collect();
    let found = program.operations.iter().find(|operation| operation.name == name);
    found.ok_or_else(|| Error::not_found(format!("the program `{}` has no operation `{name}`", program.name)))
}

fn list_named(program: &str, name: &str) -> Result<&'static List> {
    let program = program_named(program)?;
    let name: String = name.chars().take(100).collect();
    let found = program.lists.iter().find(|list| list.name == name);
    found.ok_or_else(|| Error::not_found(format!("the program `{}` has no list `{name}`", program.name)))
}

/// A file to be kept.
pub fn file(file: File) -> Answered {
    let mut response = Response::new(Body::from(file.bytes));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    let mut name = String::new();
    encode(&file.name, &mut name);
    headers.insert(CONTENT_DISPOSITION, text_header(format!("attachment; filename*=UTF-8''{name}")));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    private(&mut response);
    Ok(response)
}
