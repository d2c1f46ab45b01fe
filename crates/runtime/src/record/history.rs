//! The versions of one resource, of a type, or of the whole record, newest first, as a history Bundle.
//! <https://hl7.org/fhir/R4/http.html#history>

use super::search::{add, full_url, link};
use super::{Site, json};
use base::limits::{PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use base::zone::instant_text;
use base::{Cx, Error, Issue, Millis, Result, Severity};
use fhir::r4;
use fhir::search::Handling;
use store::{HistoryOf, HistoryPage, HistoryQuery, Op, Store, Stored};

/// What a history was asked for.
#[derive(Clone, Debug)]
pub struct HistoryRequest {
    pub query: HistoryQuery,
    /// The parameters as carried out, without the page.
    pub as_run: Vec<(String, String)>,
    pub warnings: Vec<Issue>,
}

impl HistoryRequest {
    /// Reads `_count` (0 asks for no entry, only the total where there is one), `_since` and `_page`; anything else is an error, or a warning under lenient handling.
    pub fn parse(
        of: HistoryOf,
        params: &[(String, String)],
        handling: Handling,
        site: &Site,
    ) -> Result<HistoryRequest> {
        let query = HistoryQuery { of, count: PAGE_ENTRIES_DEFAULT, since: None, at_position: None, before: None };
        let mut request = HistoryRequest { query, as_run: Vec::new(), warnings: Vec::new() };
        for (name, value) in params {
            match name.as_str() {
                "_count" => request.query.count = count(value)?,
                "_since" => request.query.since = Some(since(value, site)?),
                "_page" => {
                    let (at, before) = page(value)?;
                    (request.query.at_position, request.query.before) = (Some(at), Some(before));
                    continue;
                }
                _ => {
                    request.refuse(name, handling)?;
                    continue;
                }
            }
            request.as_run.push((name.clone(), value.clone()));
        }
        Ok(request)
    }

    fn refuse(&mut self, name: &str, handling: Handling) -> Result<()> {
        let text = format!("a history takes `_count` and `_since`; `{name}` is not supported here");
        let text = super::outcome::shortened(text);
        match handling {
            Handling::Strict => Err(Error::unsupported(text)),
            Handling::Lenient => {
                let issue = Issue { severity: Severity::Warning, code: "not-supported", text, at: None };
                self.warnings.push(issue);
                Ok(())
            }
        }
    }
}

/// Carries the request out and gives the page as JSON.
pub fn history(cx: &Cx, store: &Store, site: &Site, request: &HistoryRequest) -> Result<Vec<u8>> {
    let page = store.history(cx, &request.query)?;
    history_bundle(&page, request, site)
}

/// A page as a Bundle of type history.
pub fn history_bundle(page: &HistoryPage, request: &HistoryRequest, site: &Site) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(512 + 1024 * page.entries.len());
    json::raw(&mut out, r#"{"resourceType":"Bundle","type":"history""#);
    if let Some(total) = page.total {
        json::raw(&mut out, &format!(r#","total":{total}"#));
    }
    links(page, request, site, &mut out);
    for (nth, stored) in page.entries.iter().enumerate() {
        json::raw(&mut out, if nth == 0 { r#","entry":["# } else { "," });
        entry(stored, site, &mut out)?;
    }
    if !request.warnings.is_empty() {
        json::raw(&mut out, if page.entries.is_empty() { r#","entry":["# } else { "," });
        json::raw(&mut out, r#"{"resource":"#);
        super::outcome(&request.warnings, &mut out);
        json::raw(&mut out, r#","request":{"method":"GET","url":"_history"},"response":{"status":"200"}}"#);
    }
    if !page.entries.is_empty() || !request.warnings.is_empty() {
        out.push(b']');
    }
    out.push(b'}');
    Ok(out)
}

fn entry(stored: &Stored, site: &Site, out: &mut Vec<u8>) -> Result<()> {
    json::raw(out, r#"{"fullUrl":""#);
    full_url(site, stored.type_, &stored.id, out);
    json::raw(out, "\"");
    if stored.op != Op::Delete {
        json::raw(out, r#","resource":"#);
        stored.json(out)?;
    }
    let name = r4().type_name(stored.type_);
    let (method, status) = match stored.op {
        Op::Create => ("POST", "201 Created"),
        Op::Update => ("PUT", "200 OK"),
        Op::Delete => ("DELETE", "204 No Content"),
    };
    let url = if stored.op == Op::Create { name.to_owned() } else { format!("{name}/{}", stored.id) };
    let text = format!(
        r#","request":{{"method":"{method}","url":"{url}"}},"response":{{"status":"{status}","etag":"W/\"{}\"","lastModified":"{}"}}}}"#,
        stored.version,
        instant_text(stored.updated)
    );
    json::raw(out, &text);
    Ok(())
}

fn links(page: &HistoryPage, request: &HistoryRequest, site: &Site, out: &mut Vec<u8>) {
    let mut url = match &request.query.of {
        HistoryOf::System => format!("{}/_history", site.base_url),
        HistoryOf::Type(type_) => format!("{}/{}/_history", site.base_url, r4().type_name(*type_)),
        HistoryOf::Resource(type_, id) => format!("{}/{}/_history", site.base_url, super::local_url(*type_, id)),
    };
    let mut glue = '?';
    for (name, value) in &request.as_run {
        add(&mut url, &mut glue, name, value);
    }
    json::raw(out, r#","link":["#);
    match (request.query.at_position, request.query.before) {
        (Some(at), Some(before)) => {
            let (mut own, mut glue) = (url.clone(), glue);
            add(&mut own, &mut glue, "_page", &format!("{at}-{before}"));
            link("self", &own, out);
        }
        _ => link("self", &url, out),
    }
    if let Some((at, before)) = page.next {
        add(&mut url, &mut glue, "_page", &format!("{at}-{before}"));
        out.push(b',');
        link("next", &url, out);
    }
    out.push(b']');
}

fn count(text: &str) -> Result<usize> {
    let count = text.parse::<usize>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let count = count.ok_or_else(|| Error::invalid("`_count` is a whole number such as `50`"))?;
    Ok(count.min(PAGE_ENTRIES_MAX))
}

fn since(text: &str, site: &Site) -> Result<Millis> {
    let period = fhir::parse_date(text, &site.zone);
    let wrong = || Error::invalid("`_since` is an instant such as `2026-11-21T08:15:30Z`");
    Ok(period.ok_or_else(wrong)?.start)
}

fn page(text: &str) -> Result<(u64, u64)> {
    let both = text.split_once('-').and_then(|(at, before)| Some((at.parse().ok()?, before.parse().ok()?)));
    both.ok_or_else(|| Error::invalid("`_page` is not from a link of this server; follow the `next` link as it is"))
}
