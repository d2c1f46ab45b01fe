//! Records given, something asked, an answer expected: `check` runs one file of it.

use base::{Cx, Purpose, Role, Who};
use fhir::r4;
use programs::named;
use runtime::program::{Env, Given, Kept, Operation, Run};
use runtime::reactions::catch_up;
use runtime::record::Site;
use serde_json::{Value, json};
use std::path::Path;
use store::{Batch, Expect, Options, Put, Store, Write};
use tempfile::TempDir;

/// A record of its own with what programs stand on.
pub struct House {
    pub env: Env,
    _folder: TempDir,
}

impl House {
    pub fn new() -> House {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path(), Options { sync: false, ..Options::default() }).unwrap();
        let site = Site { base_url: "http://test/fhir".to_owned(), zone: base::zone::Zone::default() };
        House { env: Env { store, site, kept: Kept::default() }, _folder: folder }
    }

    /// Writes resources and lets the reactions follow.
    pub fn put(&self, resources: &[Value]) {
        let write = |json: &Value| {
            let resource = fhir::parse(json.to_string().as_bytes(), &fhir::Limits::default());
            let resource = resource.unwrap_or_else(|error| panic!("{error}: {json}"));
            let id = json["id"].as_str().unwrap().to_owned();
            Write::Put(Put { id, resource, expect: Expect::Any, source: None })
        };
        let writes = resources.iter().map(write).collect();
        self.env.store.write(&Cx::platform(), Batch { writes, ..Batch::default() }).unwrap();
        self.follow();
    }

    pub fn delete(&self, type_name: &str, id: &str) {
        let type_ = r4().type_named(type_name).unwrap();
        let writes = vec![Write::Delete { type_, id: id.to_owned(), expect: Expect::Any }];
        self.env.store.write(&Cx::platform(), Batch { writes, ..Batch::default() }).unwrap();
        self.follow();
    }

    pub fn follow(&self) {
        catch_up(&Cx::platform(), &self.env.store, &programs::reactions()).unwrap();
    }

    /// What an operation answers; a change is committed.
    pub fn ask(&self, cx: &Cx, program: &str, operation: &str, given: &Given) -> base::Result<Value> {
        let operation = operation_named(program, operation);
        operation.check(cx, given)?;
        match operation.run {
            Run::Read(run) => run(cx, &self.env, given),
            Run::File(run) => run(cx, &self.env, given).map(|file| json!(String::from_utf8(file.bytes).unwrap())),
            Run::Write(run) => {
                let planned = run(cx, &self.env, given)?;
                self.env.store.write(cx, planned.batch)?;
                self.follow();
                Ok(planned.answer)
            }
        }
    }

    /// A page of a list.
    pub fn list(&self, cx: &Cx, program: &str, list: &str, params: &[(&str, &str)]) -> base::Result<Value> {
        let list = named(program).unwrap().lists.iter().find(|known| known.name == list).unwrap();
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = (list.page)(cx, &self.env, &list.query(cx, params)?)?;
        Ok(json!({ "rows": page.rows, "next": page.next, "total": page.total }))
    }
}

fn operation_named(program: &str, operation: &str) -> &'static Operation {
    let program = named(program).unwrap();
    program.operations.iter().find(|known| known.name == operation).unwrap_or_else(|| panic!("no {operation}"))
}

/// Somebody of a role; the scope after a colon, as in `officer:org-d1`.
pub fn somebody(text: &str) -> Cx {
    let (role, scope) = text.split_once(':').map_or((text, None), |(role, scope)| (role, Some(scope)));
    let role = Role::named(role).unwrap();
    Cx::new(Who { account: 0, name: text.into(), role, scope: scope.map(Into::into) }, Purpose::Operations)
}

/// Runs a file of `given/`: `records` are written, each of `asks` is asked and answered as it expects. An answer may
/// hold more than is expected, but lists are whole.
pub fn check(path: &Path) {
    let given: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let house = House::new();
    house.put(given["records"].as_array().unwrap());
    for ask in given["asks"].as_array().unwrap() {
        let cx = somebody(ask["as"].as_str().unwrap_or("integration"));
        let params: Vec<(&str, &str)> = ask["params"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
            .collect();
        let program = given["program"].as_str().unwrap();
        let answer = match ask["list"].as_str() {
            Some(list) => house.list(&cx, program, list, &params),
            None => {
                let params = params.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
                let lines = ask["csv"].as_array().into_iter().flatten().map(|line| line.as_str().unwrap());
                let body = lines.collect::<Vec<_>>().join("\n").into_bytes();
                house.ask(&cx, program, ask["operation"].as_str().unwrap(), &Given { params, body })
            }
        };
        let place = format!("{}: {ask}", path.display());
        match (&answer, ask["error"].as_str()) {
            (Ok(answer), None) => holds(answer, &ask["expect"], &place),
            (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{place}\n{error}"),
            _ => panic!("{place}\n{answer:?}"),
        }
    }
}

/// Whether an answer holds what is expected.
fn holds(answer: &Value, expected: &Value, place: &str) {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            for (key, value) in expected {
                holds(answer.get(key).unwrap_or(&Value::Null), value, &format!("{place}\n  {key}"));
            }
        }
        (Value::Array(items), Value::Array(expected)) => {
            assert_eq!(items.len(), expected.len(), "{place}\n{answer}");
            for (nth, (item, value)) in items.iter().zip(expected).enumerate() {
                holds(item, value, &format!("{place}[{nth}]"));
            }
        }
        _ => assert_eq!(answer, expected, "{place}"),
    }
}
