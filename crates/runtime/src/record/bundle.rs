//! Batches and transactions: what a bundle's entries ask for is carried out, and each is answered in its place.
//! <https://hl7.org/fhir/R4/http.html#transaction>

use super::batch::batch;
use super::outcome::{at_entry, outcome, outcome_of};
use super::search::full_url;
use super::show::{Shown, show};
use super::{Answer, Change, Return, Site, Transaction, json, plan_again};
use base::limits::BUNDLE_ENTRIES_MAX;
use base::zone::instant_text;
use base::{Cx, Error, Issue, Kind, Result};
use fhir::{BundleView, Limits, Resource, r4};
use store::{Store, Written};

/// What one entry of a planned bundle is answered from.
pub enum Planned {
    Change(Change),
    /// To be read after the commit.
    Read {
        url: String,
        none_match: Option<String>,
    },
}

/// What became of a bundle.
pub struct BundleAnswer {
    pub transaction: bool,
    /// One an entry, in the bundle's order.
    pub entries: Vec<EntryAnswer>,
}

/// What became of one entry.
pub enum EntryAnswer {
    Changed(Answer),
    Shown(Shown),
    Failed(Error),
}

/// Whether a bundle is a transaction (else a batch); anything else is an error, as is one with too many entries.
pub fn is_transaction(bundle: &Resource) -> Result<bool> {
    let view = BundleView::of(bundle).ok_or_else(|| {
        let name = bundle.type_name();
        Error::invalid(format!("only a Bundle can be posted to the base; post this to `{name}`"))
    })?;
    if view.entries.len() > BUNDLE_ENTRIES_MAX {
        return Err(Error::too_costly(format!(
            "the bundle has `{}` entries; one may have at most `{BUNDLE_ENTRIES_MAX}`, send it in parts",
            view.entries.len()
        )));
    }
    match view.kind.as_ref() {
        "transaction" => Ok(true),
        "batch" => Ok(false),
        kind => Err(Error::invalid(format!(
            "a Bundle of type `{kind}` cannot be carried out; use `transaction` or `batch`, or post it to `Bundle`"
        ))
        .at("Bundle.type")),
    }
}

/// A bundle as it was sent.
pub enum Sent {
    /// Valid as a whole.
    Valid(Resource),
    /// A batch some of whose resources are not valid; each is checked when its turn comes.
    Flawed(Resource),
}

/// Reads a bundle to be carried out. Invalid resources spoil a transaction, in a batch only their own entries.
pub fn parse_bundle(bytes: &[u8], limits: &Limits) -> Result<Sent> {
    let error = match fhir::parse(bytes, limits) {
        Ok(bundle) => return Ok(Sent::Valid(bundle)),
        Err(error) => error,
    };
    let in_entry = |issue: &Issue| issue.at.as_deref().is_some_and(|at| at.starts_with("Bundle.entry["));
    if error.kind != Kind::Invalid || !error.issues.iter().any(in_entry) || bytes.len() > limits.bytes_max {
        return Err(error);
    }
    // The text is JSON within the limits, else there was one issue without a place.
    let Ok(bundle) = fhir::parse_trusted(bytes.to_vec()) else { return Err(error) };
    let outside = error.issues.iter().any(|issue| issue.at.as_deref().is_some_and(|_| !in_entry(issue)));
    match BundleView::of(&bundle) {
        Some(view) if view.kind == "batch" && !outside => Ok(Sent::Flawed(bundle)),
        _ => Err(error),
    }
}

/// Carries out a transaction or a batch and waits for it on this thread. A transaction that fails is an error;
/// in a batch each entry fails by itself.
pub fn carry_out(cx: &Cx, store: &Store, site: &Site, bundle: &Resource, show: Return) -> Result<BundleAnswer> {
    if !is_transaction(bundle)? {
        return batch(cx, store, site, bundle, show, true);
    }
    let mut rounds = 0;
    loop {
        let Transaction { batch, planned } =
            Transaction::plan(cx, store, site, bundle, show == Return::Representation)?;
        let written =
            if batch.writes.is_empty() { Ok(Vec::new()) } else { store.write(cx, batch).map(|done| done.written) };
        match written {
            Ok(written) => return finish(cx, store, site, planned, &written),
            Err(error) if plan_again(&error, rounds) => rounds += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The answer to a transaction that is in the record.
pub fn finish(cx: &Cx, store: &Store, site: &Site, planned: Vec<Planned>, written: &[Written]) -> Result<BundleAnswer> {
    let mut answered = Vec::with_capacity(planned.len());
    for (nth, planned) in planned.into_iter().enumerate() {
        answered.push(match planned {
            Planned::Change(change) => EntryAnswer::Changed(super::answer(change, written)?),
            Planned::Read { url, none_match } => read(cx, store, site, nth, &url, none_match.as_deref()),
        });
    }
    Ok(BundleAnswer { transaction: true, entries: answered })
}

pub fn read(cx: &Cx, store: &Store, site: &Site, nth: usize, url: &str, none_match: Option<&str>) -> EntryAnswer {
    match show(cx, store, site, url, none_match) {
        Ok(shown) => EntryAnswer::Shown(shown),
        Err(error) => EntryAnswer::Failed(at_entry(error, nth)),
    }
}

/// Carries out a batch some of whose resources are not valid.
pub fn carry_out_flawed(cx: &Cx, store: &Store, site: &Site, bundle: &Resource, show: Return) -> Result<BundleAnswer> {
    is_transaction(bundle)?;
    batch(cx, store, site, bundle, show, false)
}

impl BundleAnswer {
    /// The answer as a Bundle of type transaction-response or batch-response.
    pub fn to_json(&self, site: &Site, show: Return) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(128 + 192 * self.entries.len());
        let kind = if self.transaction { "transaction-response" } else { "batch-response" };
        json::raw(&mut out, &format!(r#"{{"resourceType":"Bundle","type":"{kind}","link":["#));
        super::search::link("self", &site.base_url, &mut out);
        out.push(b']');
        for (nth, entry) in self.entries.iter().enumerate() {
            json::raw(&mut out, if nth == 0 { r#","entry":["# } else { "," });
            entry.json(site, show, &mut out)?;
        }
        json::raw(&mut out, if self.entries.is_empty() { "}" } else { "]}" });
        Ok(out)
    }
}

impl EntryAnswer {
    fn json(&self, site: &Site, show: Return, out: &mut Vec<u8>) -> Result<()> {
        match self {
            EntryAnswer::Changed(answer) => changed(answer, site, show, out),
            EntryAnswer::Shown(shown) => {
                shown.entry_json(out);
                Ok(())
            }
            EntryAnswer::Failed(error) => {
                json::raw(out, r#"{"response":{"status":""#);
                json::raw(out, status_text(error.kind.answer().0));
                json::raw(out, r#"","outcome":"#);
                outcome(&error.issues, out);
                json::raw(out, "}}");
                Ok(())
            }
        }
    }
}

fn changed(answer: &Answer, site: &Site, show: Return, out: &mut Vec<u8>) -> Result<()> {
    out.push(b'{');
    let mut resource = Vec::new();
    if show == Return::Representation {
        answer.json(&mut resource)?;
    }
    if let (false, Some((type_, id, ..))) = (resource.is_empty(), answer.place()) {
        json::raw(out, r#""fullUrl":""#);
        full_url(site, type_, id, out);
        json::raw(out, r#"","resource":"#);
        out.append(&mut resource);
        out.push(b',');
    }
    json::raw(out, r#""response":{"status":""#);
    json::raw(out, status_text(answer.status()));
    json::raw(out, "\"");
    if let Some((type_, id, version, updated)) = answer.place().filter(|(_, _, version, _)| *version > 0) {
        let name = r4().type_name(type_);
        let text = format!(
            r#","location":"{name}/{id}/_history/{version}","etag":"W/\"{version}\"","lastModified":"{}""#,
            instant_text(updated)
        );
        json::raw(out, &text);
    }
    if show == Return::OperationOutcome {
        json::raw(out, r#","outcome":"#);
        outcome_of(answer.text(), out);
    }
    json::raw(out, "}}");
    Ok(())
}

/// A status as `Bundle.entry.response.status` holds it.
pub fn status_text(status: u16) -> &'static str {
    match status {
        200 => "200 OK",
        201 => "201 Created",
        204 => "204 No Content",
        304 => "304 Not Modified",
        400 => "400 Bad Request",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        409 => "409 Conflict",
        410 => "410 Gone",
        412 => "412 Precondition Failed",
        413 => "413 Content Too Large",
        503 => "503 Service Unavailable",
        _ => "500 Internal Server Error",
    }
}
