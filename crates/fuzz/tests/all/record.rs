//! A small record with several people, an institution and a resident among them, for the targets that need one.

use base::{Clock, Cx, Dice, Purpose, Role, Who};
use fhir::Limits;
use runtime::record::{BundleAnswer, EntryAnswer, Return, Site, carry_out};
use store::{Options, Store};
use tempfile::TempDir;

pub const NOW: i64 = 1_780_000_000_000;

pub struct Record {
    pub store: Store,
    pub site: Site,
    pub all: Cx,
    /// Sees what belongs to `own1` only.
    pub clinician: Cx,
    pub resident: Cx,
    pub officer: Cx,
    _folder: TempDir,
}

impl Record {
    /// The people of the walk over HTTP: one reader's own, and two strangers whose ids begin with `zqx`.
    pub fn new() -> Record {
        let folder = TempDir::new().unwrap();
        let clock = Clock::fixed(NOW);
        let options = Options {
            clock: clock.clone(),
            dice: Dice::seeded(5),
            sync: false,
            disk_reserve_bytes: 0,
            readers: 4,
            ..Options::default()
        };
        let store = Store::open(folder.path(), options).unwrap();
        let site = Site { base_url: "http://localhost/fhir".to_owned(), zone: base::zone::Zone::default() };
        let user = |role, scope: &str| {
            let who = Who { account: 5, name: "somebody".into(), role, scope: Some(scope.into()) };
            Cx { clock: clock.clone(), ..Cx::new(who, Purpose::Treatment) }
        };
        let record = Record {
            all: Cx { clock: clock.clone(), ..Cx::platform() },
            clinician: user(Role::Clinician, "east"),
            resident: user(Role::Resident, "own1-person"),
            officer: user(Role::Officer, "district"),
            store,
            site,
            _folder: folder,
        };
        record.transaction(&people()).unwrap();
        record
    }

    /// Carries out a bundle as a system that may write.
    pub fn transaction(&self, bundle: &str) -> base::Result<BundleAnswer> {
        let bundle = fhir::parse(bundle.as_bytes(), &Limits::default())?;
        carry_out(&self.all, &self.store, &self.site, &bundle, Return::Representation)
    }
}

/// How an entry was answered, without its values.
pub fn answer_of(entry: &EntryAnswer) -> String {
    match entry {
        EntryAnswer::Changed(answer) => answer.status().to_string(),
        EntryAnswer::Shown(shown) => format!("shown {}", shown.json.is_empty()),
        EntryAnswer::Failed(error) => error.to_string(),
    }
}

/// Everybody, as one transaction.
pub fn people() -> String {
    let person = include_str!("../../../web/tests/given/walk/person.ndjson");
    let mut resources: Vec<String> =
        include_str!("../../../web/tests/given/walk/open.ndjson").lines().map(str::to_owned).collect();
    for (name, day, number, org) in [
        ("zqx1", "1931-07-23", "98765.4", "west"),
        ("own1", "1985-03-07", "5.5", "ward"),
        ("zqx2", "1931-07-23", "7", "west"),
    ] {
        let places = [
            ("{m}", name),
            ("{day}", day),
            ("{n}", number),
            ("{p}", "25"),
            ("{phone}", "13800000000"),
            ("{org}", org),
            ("{uid}", "1.2.3.4"),
            ("{data}", "b3du"),
        ];
        let filled =
            |line: &str| places.iter().fold(line.to_owned(), |text, (place, value)| text.replace(place, value));
        resources.extend(person.lines().map(filled));
    }
    let entry = |resource: &String| {
        let word = |name: &str| {
            let rest = resource.split_once(&format!("\"{name}\":\"")).unwrap().1;
            rest.split_once('"').unwrap().0.to_owned()
        };
        let url = format!("{}/{}", word("resourceType"), word("id"));
        format!(r#"{{"resource":{resource},"request":{{"method":"PUT","url":"{url}"}}}}"#)
    };
    let entries: Vec<String> = resources.iter().map(entry).collect();
    format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#, entries.join(","))
}
