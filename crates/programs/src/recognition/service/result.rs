//! `result`: what is behind a card: the report with its values, the same items over all hospitals, images and documents.
//! The conclusion stands in the report, one step behind what is recognised.

use crate::directory::picture;
use crate::directory::rows::{target, targets, text};
use crate::recognition::codes::{LOINC, maps};
use crate::recognition::read::is_restricted;
use base::zone::instant_text;
use base::{Cx, Error, Result};
use fhir::search::{Handling, parse_search};
use fhir::{Resource, r4};
use runtime::cards::{self, Recorded};
use runtime::care::{self, Care};
use runtime::program::{Env, Given};
use serde_json::{Map, Value, json};
use store::{Op, SearchPage, Stored};

/// Values of the same items over time.
const TREND_MAX: usize = 200;
/// Reports and studies behind one card.
const REPORTS_MAX: usize = 20;
const READINGS_MAX: usize = 200;
/// Codes by which the same items are looked for.
const CODES_MAX: usize = 150;

/// The view of a card for who is signed in.
pub fn result(cx: &Cx, env: &Env, given: &Given) -> Result<Value> {
    let card = cards::read(cx, &env.store, given.required("card")?)?;
    let care = care::of_patient(cx, &env.store, &card.patient)?;
    let mut shown = view(cx, env, &care, &card, "/api")?;
    let facts: Map<String, Value> = card.facts.iter().cloned().collect();
    shown["expires"] = Value::Null;
    shown["card"] = json!({
        "id": card.uuid, "kind": card.kind.name(), "status": card.status, "summary": card.summary.json(),
        "detail": card.detail.json(), "at": instant_text(card.shown), "facts": facts,
    });
    Ok(shown)
}

/// What the viewer shows of a card. Addresses begin with `base`.
pub fn view(_: &Cx, env: &Env, care: &Care, card: &Recorded, base: &str) -> Result<Value> {
    let reading = Reading { env, care };
    let named = |type_name: &str| {
        let of = |reference: &String| Some(reference.strip_prefix(type_name)?.strip_prefix('/')?.to_owned());
        card.implicated.iter().filter_map(of).collect::<Vec<_>>()
    };
    let mut reports: Vec<Resource> = Vec::new();
    for id in named("DiagnosticReport").iter().take(REPORTS_MAX) {
        reports.extend(reading.read("DiagnosticReport", id)?);
    }
    let mut ids: Vec<String> =
        reports.iter().flat_map(|one| targets(one.root(), "result.reference", "Observation")).collect();
    ids.extend(named("Observation"));
    ids.sort();
    ids.dedup();
    ids.truncate(READINGS_MAX);
    let observations = reading.search("Observation", &[("_id", ids.join(","))], ids.len())?;
    let of_card: Vec<String> = items(card);
    let (images, endpoints) = reading.images(&reports, base)?;
    Ok(json!({
        "patient": reading.patient()?,
        "institutions": reading.institutions()?,
        "report": reports.first().map(json_of).transpose()?,
        "reports": reports.iter().map(json_of).collect::<Result<Vec<_>>>()?,
        "observations": observations.matches.iter().map(stored_json).collect::<Result<Vec<_>>>()?,
        // Findings of all images stand under one code: they have no trend.
        "trend": match card.fact("kind").and_then(Value::as_str) {
            Some("imaging") => Vec::new(),
            _ => reading.trend(&observations.matches, &of_card)?,
        },
        "images": images,
        "documents": documents(&reports, base),
        "endpoints": endpoints,
    }))
}

/// The items whose values a card rests on.
fn items(card: &Recorded) -> Vec<String> {
    let values = card.fact("values").map(|values| match values {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    });
    let item = |value: &Value| match value {
        Value::String(text) => serde_json::from_str::<Value>(text).ok()?["item"].as_str().map(str::to_owned),
        value => value["item"].as_str().map(str::to_owned),
    };
    values.into_iter().flatten().filter_map(item).collect()
}

/// Reads with the sight of the resident's care, of registrations that are certainly the resident's. What is restricted is
/// left out, also where it stands in a report beside what a card rests on.
struct Reading<'a> {
    env: &'a Env,
    care: &'a Care,
}

impl Reading<'_> {
    fn read(&self, type_name: &str, id: &str) -> Result<Option<Resource>> {
        let type_ = r4().type_named(type_name).ok_or_else(|| Error::fault("no such type"))?;
        let stored = self.env.store.read(&self.care.cx, type_, id)?.filter(|stored| stored.op != Op::Delete);
        let Some(resource) = stored.map(|stored| stored.resource()).transpose()? else { return Ok(None) };
        if is_restricted(resource.root()) {
            return Ok(None);
        }
        let certain = self.care.certain();
        let subject = target(resource.root(), "subject.reference", "Patient");
        Ok(Some(resource).filter(|_| subject.is_none_or(|patient| certain.contains(&patient.as_str()))))
    }

    fn search(&self, type_name: &str, params: &[(&str, String)], count: usize) -> Result<SearchPage> {
        if params.iter().any(|(_, value)| value.is_empty()) {
            return Ok(SearchPage::default());
        }
        let type_ = r4().type_named(type_name).ok_or_else(|| Error::fault("no such type"))?;
        let mut all = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>();
        all.push(("subject".to_owned(), self.subjects()));
        all.push(("_count".to_owned(), count.max(1).to_string()));
        let (zone, now) = (self.env.store.zone(), self.care.cx.now());
        let search = parse_search(type_, &all, Handling::Strict, zone, "", now)?;
        let mut page = self.env.store.search(&self.care.cx, &search)?;
        let mut shown = Vec::with_capacity(page.matches.len());
        for stored in page.matches {
            if !is_restricted(stored.resource()?.root()) {
                shown.push(stored);
            }
        }
        page.matches = shown;
        Ok(page)
    }

    fn subjects(&self) -> String {
        let patients = self.care.certain().into_iter().map(|id| format!("Patient/{id}"));
        patients.collect::<Vec<_>>().join(",")
    }

    fn patient(&self) -> Result<Value> {
        let own = self.care.registrations.first().map(|linked| linked.patient.as_str()).unwrap_or_default();
        let Some(patient) = self.read("Patient", own)? else { return Ok(Value::Null) };
        let root = patient.root();
        let name = root.path("name").next().map(|name| {
            let given = name.path("given").filter_map(|part| part.str()).collect::<Vec<_>>().concat();
            text(name, "text").unwrap_or_else(|| text(name, "family").unwrap_or_default() + &given)
        });
        Ok(json!({ "name": name, "gender": text(root, "gender"), "birth_date": text(root, "birthDate") }))
    }

    /// Name of the institution of each registration.
    fn institutions(&self) -> Result<Value> {
        let picture = picture(self.env)?;
        let mut names = Map::new();
        for id in self.care.certain() {
            let Some(patient) = self.read("Patient", id)? else { continue };
            if let Some(institution) = target(patient.root(), "managingOrganization.reference", "Organization") {
                let name = picture.institution(&institution).map_or(institution.as_str(), |one| one.row.name.as_str());
                names.insert(id.to_owned(), name.into());
            }
        }
        Ok(names.into())
    }

    /// Values of the same items at all hospitals, newest first: by the codes of the values shown, by the items' standard
    /// codes and by the codes that institutions have mapped to them.
    fn trend(&self, shown: &[Stored], items: &[String]) -> Result<Vec<Value>> {
        let mut codes: Vec<String> = Vec::new();
        let mut keep = |system: &str, code: &str| {
            let escaped =
                |text: &str| text.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$");
            let token = format!("{}|{}", escaped(system), escaped(code));
            if codes.len() < CODES_MAX && !codes.contains(&token) {
                codes.push(token);
            }
        };
        for stored in shown {
            for coding in super::super::ask::codings_of(&stored.resource()?) {
                keep(&coding.system, &coding.code);
            }
        }
        let book = super::super::ask::book_at(self.env, &super::super::model::Here::default(), self.care.cx.now())?;
        let maps = maps(self.env)?;
        for item in items {
            book.items.get(item).into_iter().flat_map(|item| &item.loinc).for_each(|code| keep(LOINC, code));
            maps.all_codes_of(item).for_each(|(system, code)| keep(system, code));
        }
        let params = [("code", codes.join(",")), ("_sort", "-date".to_owned())];
        let page = self.search("Observation", &params, TREND_MAX)?;
        page.matches.iter().map(stored_json).collect()
    }

    fn images(&self, reports: &[Resource], base: &str) -> Result<(Vec<Value>, Vec<Value>)> {
        let (mut images, mut endpoints): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        let studies = reports.iter().flat_map(|one| targets(one.root(), "imagingStudy.reference", "ImagingStudy"));
        for id in studies.take(REPORTS_MAX) {
            let Some(study) = self.read("ImagingStudy", &id)? else { continue };
            let root = study.root();
            let caption = text(root, "procedureCode.text").or_else(|| text(root, "description")).unwrap_or_default();
            images.push(json!({ "url": format!("{base}/images/ImagingStudy/{id}"), "caption": caption }));
            for endpoint in targets(root, "endpoint.reference", "Endpoint").into_iter().take(REPORTS_MAX) {
                let Some(found) = self.read("Endpoint", &endpoint)? else { continue };
                let root = found.root();
                endpoints.push(json!({
                    "name": text(root, "name"), "address": text(root, "address"), "type": text(root, "connectionType.code"),
                }));
            }
        }
        Ok((images, endpoints))
    }
}

/// The reports as they were issued.
fn documents(reports: &[Resource], base: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    for report in reports {
        let Some(id) = report.id() else { continue };
        for (nth, form) in report.root().path("presentedForm").enumerate() {
            documents.push(json!({
                "url": format!("{base}/attachment/DiagnosticReport/{id}?path=presentedForm[{nth}]"),
                "title": text(form, "title").unwrap_or_default(), "type": text(form, "contentType"),
            }));
        }
    }
    documents
}

fn json_of(resource: &Resource) -> Result<Value> {
    serde_json::from_slice(&resource.to_json()).map_err(|_| Error::fault("a stored resource cannot be read"))
}

fn stored_json(stored: &Stored) -> Result<Value> {
    let mut json = Vec::new();
    stored.json(&mut json)?;
    serde_json::from_slice(&json).map_err(|_| Error::fault("a stored resource cannot be read"))
}
