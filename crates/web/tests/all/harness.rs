//! A server on a fresh store in a temporary folder, and a small client.

use base::{Clock, Cx, Dice, Role};
use runtime::accounts::{Accounts, NewAccount, operator};
use runtime::cards::{CardSource, Counts};
use runtime::import::ImportOptions;
use runtime::imports::{ImportSettings, Imports};
use runtime::live::Live;
use runtime::record::Site;
use serde_json::Value;
use std::net::SocketAddr;
use store::{Options, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use ureq::Agent;
use ureq::http::Request;

/// A running server; it ends with the value.
pub struct Server {
    pub address: SocketAddr,
    pub store: Store,
    pub card_counts: Counts,
    accounts: Accounts,
    live: Live,
    // Dropped in this order: no request outlives the folder.
    runtime: Option<Runtime>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    headers: ureq::http::HeaderMap,
}

/// Someone who asks.
#[derive(Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    agent: Agent,
}

impl Server {
    pub fn start() -> Server {
        Server::on(Clock::System)
    }

    /// A server whose record lives on this clock.
    pub fn on(clock: Clock) -> Server {
        Server::with(Options { clock, ..Options::default() })
    }

    /// A server whose store is opened like this, without waiting for the disk.
    pub fn with(options: Options) -> Server {
        Server::with_cards(options, programs::card_sources())
    }

    /// The same with these sources of cards.
    pub fn with_cards(options: Options, sources: Vec<&'static CardSource>) -> Server {
        let folder = TempDir::new().unwrap();
        let clock = options.clock.clone();
        let options = Options { sync: false, ..options };
        let store = Store::open(folder.path(), options).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let site = Site { base_url: format!("http://{address}/fhir"), zone: base::zone::Zone::default() };
        let accounts = Accounts::new(store.clone(), Clock::System, Dice::System);
        let live = Live::start(store.clone(), Cx::platform()).unwrap();
        let imports = ImportSettings {
            folder: folder.path().join("uploads"),
            upload_bytes_max: 1 << 20,
            options: ImportOptions { site: site.clone(), ..ImportOptions::default() },
        };
        let imports = Imports::new(store.clone(), live.clone(), imports).unwrap();
        let settings = web::Settings {
            site,
            clock,
            dice: Dice::System,
            version: "0.0.0-test",
            demo_accounts: Vec::new(),
            secure_cookies: false,
        };
        let app = web::App::with_cards(store.clone(), accounts.clone(), imports, live.clone(), settings, sources);
        let card_counts = app.card_counts.clone();
        let service = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, service).await });
        Server { address, store, card_counts, accounts, live, runtime: Some(runtime), _folder: folder }
    }

    /// An account of this role with a token. `scope` as in `Who`.
    pub fn user(&self, name: &str, role: Role, scope: Option<&str>) -> Client {
        let cx = Cx::new(operator(), base::Purpose::Operations);
        let scope = scope.map(str::to_owned);
        let new = NewAccount { name: name.into(), display: name.into(), role, scope, password: None };
        let account = self.accounts.create(&cx, new).unwrap();
        let token = self.accounts.token(&cx, account.number, "test", 1).unwrap();
        Client { token: Some(token), ..self.nobody() }
    }

    /// An institution's system, which may do everything with the record.
    pub fn system(&self) -> Client {
        self.user("system", Role::Integration, None)
    }

    pub fn nobody(&self) -> Client {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .build()
            .new_agent();
        Client { base: format!("http://{}/fhir", self.address), token: None, agent }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.live.stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body.to_string().as_bytes()))
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, &[], Some(body.to_string().as_bytes()))
    }

    /// Puts a resource at its own type and id.
    #[track_caller]
    pub fn keep(&self, body: &Value) {
        let path = format!("/{}/{}", body["resourceType"].as_str().unwrap(), id(body));
        let reply = self.put(&path, body);
        assert!(reply.status < 300, "{path}: {reply:?}");
    }

    /// Sends a form to a `_search`.
    pub fn form(&self, path: &str, form: &str) -> Reply {
        self.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], Some(form.as_bytes()))
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    /// Sends anything. A body is FHIR JSON unless `headers` name another type. `path` may be a whole URL.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("Content-Type", "application/fhir+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut response = response.unwrap();
        let body = response.body_mut().with_config().limit(1 << 30).read_to_string().unwrap();
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// All headers but the date, as lines in their order.
    pub fn header_lines(&self) -> String {
        let lines = self.headers.iter().filter(|(name, _)| *name != "date");
        lines.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The resource, where the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// An error: this status, an OperationOutcome with this code whose text holds `part`.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str, part: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let outcome = self.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{self:?}");
        let issue = &outcome["issue"][0];
        assert_eq!(issue["severity"], "error", "{self:?}");
        assert_eq!(issue["code"], code, "{self:?}");
        let text = format!("{} {}", issue["expression"][0].as_str().unwrap_or_default(), issue["diagnostics"]);
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
}

/// The id of a resource.
#[track_caller]
pub fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_else(|| panic!("no id in {resource}")).to_owned()
}

/// The URL of a link of a Bundle.
pub fn link(bundle: &Value, relation: &str) -> Option<String> {
    let links = bundle["link"].as_array()?;
    links.iter().find(|link| link["relation"] == relation)?["url"].as_str().map(str::to_owned)
}

/// The resources of a Bundle that have this search mode.
pub fn found<'a>(bundle: &'a Value, mode: &str) -> Vec<&'a Value> {
    let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter(|entry| entry["search"]["mode"] == mode).map(|entry| &entry["resource"]).collect()
}

/// `Type/id` of what a Bundle holds in this search mode, in its order.
pub fn names(bundle: &Value, mode: &str) -> Vec<String> {
    let name = |one: &&Value| format!("{}/{}", one["resourceType"].as_str().unwrap(), id(one));
    found(bundle, mode).iter().map(name).collect()
}

/// The same, sorted.
pub fn sorted_names(bundle: &Value, mode: &str) -> Vec<String> {
    let mut names = names(bundle, mode);
    names.sort();
    names
}
