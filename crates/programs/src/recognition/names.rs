//! Names for the people of a page: registrations and doctors as the record calls them, looked up once for all rows, as
//! the one who asks and with one line in the audit.

use super::follow::type_named;
use super::statistics::doctor_name;
use base::{Cx, Result};
use fhir::Element;
use fhir::search::{Handling, parse_search};
use runtime::program::Env;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Registrations asked for at once.
const ASKED_AT_ONCE: usize = 100;

/// Puts names into the cells `patient` (a reference) and `doctor` (as the order system calls them) of rows.
pub fn put_names(cx: &Cx, env: &Env, rows: &mut [Value]) -> Result<()> {
    let ids: BTreeSet<String> = rows.iter().filter_map(|row| Some(row["patient"]["id"].as_str()?.to_owned())).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut names: HashMap<String, String> = HashMap::new();
    for some in ids.chunks(ASKED_AT_ONCE) {
        patients(cx, env, some, &mut names)?;
    }
    let mut doctors: HashMap<String, String> = HashMap::new();
    for row in rows {
        let name = row["patient"]["id"].as_str().and_then(|id| names.get(id));
        if let Some(name) = name {
            row["patient"]["name"] = json!(name);
        }
        let Some(doctor) = row["doctor"].as_str() else { continue };
        let name = match doctors.get(doctor) {
            Some(name) => name.clone(),
            None => {
                let name = doctor_name(cx, env, doctor)?;
                doctors.insert(doctor.to_owned(), name.clone());
                name
            }
        };
        row["doctor"] = json!(name);
    }
    Ok(())
}

/// The names of those that the caller may see.
fn patients(cx: &Cx, env: &Env, ids: &[String], names: &mut HashMap<String, String>) -> Result<()> {
    let params = [("_id".to_owned(), ids.join(","))];
    let mut search = parse_search(type_named("Patient")?, &params, Handling::Strict, &env.site.zone, "", cx.now())?;
    search.count = Some(ASKED_AT_ONCE);
    for stored in env.store.search(cx, &search)?.matches {
        if let Some(name) = name(stored.resource()?.root()) {
            names.insert(stored.id.clone(), name);
        }
    }
    Ok(())
}

fn name(root: Element<'_>) -> Option<String> {
    if let Some(text) = root.text_at("name.text") {
        return Some(text.into_owned());
    }
    let family = root.text_at("name.family").unwrap_or_default();
    let given: String = root.path("name").next()?.path("given").filter_map(Element::str).collect();
    Some(format!("{family}{given}")).filter(|name| !name.is_empty())
}
