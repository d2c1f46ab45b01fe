//! Transactions and batches: carried out as they would be over HTTP, with one difference. A `POST` without a condition
//! would make a new resource each time the file is imported, so its resource is put under the id that the import gives
//! to it (`name`).

use super::name::id_for;
use super::open::parse;
use super::read::{Item, ItemBody};
use super::refusal::{Refusal, reason};
use super::{ImportOptions, scan};
use crate::record::{self, Answer, EntryAnswer, Return};
use base::{Cx, Error, Kind, Result, Stopwatch};
use fhir::{Limits, TypeId};
use std::time::Duration;
use store::{Store, WriteOutcome};

/// How long a busy store is asked again before the import stops.
const BUSY_SECONDS_MAX: u64 = 60;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// What became of one carried out Bundle.
#[derive(Default)]
pub struct Outcome {
    pub stored: u64,
    pub unchanged: u64,
    pub by_type: Vec<(TypeId, u64)>,
    /// Each with the number of entries that it stands for.
    pub refusals: Vec<(Refusal, u64)>,
    /// The import cannot go on: the store stays busy.
    pub fatal: Option<Error>,
}

impl Outcome {
    /// A Bundle of which nothing was carried out.
    pub fn failed(item: &Item, error: Error) -> Outcome {
        let entries = match &item.body {
            ItemBody::Document(text) => entries_of(text).count().max(1) as u64,
            _ => 1,
        };
        if error.kind == Kind::Busy {
            return Outcome { fatal: Some(error), ..Outcome::default() };
        }
        let refusal = Refusal { file: item.file.to_string(), line: item.line, reason: reason(&error) };
        Outcome { refusals: vec![(refusal, entries)], ..Outcome::default() }
    }
}

/// Carries the Bundle of an item out.
pub fn carry_out(cx: &Cx, store: &Store, options: &ImportOptions, item: &Item) -> Result<Outcome> {
    let ItemBody::Document(text) = &item.body else { return Err(Error::fault("only a document is carried out")) };
    let bundle = fhir::parse(&repeatable(text)?, &Limits::default())?;
    let busy = Stopwatch::start();
    let answer = loop {
        match record::carry_out(cx, store, &options.site, &bundle, Return::Minimal) {
            Err(error) if error.kind == Kind::Busy && busy.elapsed().as_secs() < BUSY_SECONDS_MAX => {
                cx.go_on()?;
                std::thread::sleep(BUSY_PAUSE);
            }
            other => break other?,
        }
    };
    let mut outcome = Outcome::default();
    for (nth, entry) in (1_u64..).zip(answer.entries) {
        match entry {
            EntryAnswer::Changed(answer) => outcome.count(&answer),
            EntryAnswer::Failed(error) => {
                let reason = format!("entry {nth}: {}", reason(&error));
                outcome.refusals.push((Refusal { file: item.file.to_string(), line: item.line, reason }, 1));
            }
            // What was only read changes nothing and is no resource of the import.
            _ => {}
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, answer: &Answer) {
        match answer {
            Answer::Written(written, _) => match written.outcome {
                WriteOutcome::Unchanged | WriteOutcome::AlreadyDeleted => self.unchanged += 1,
                WriteOutcome::Created | WriteOutcome::Updated | WriteOutcome::Deleted => {
                    self.stored += 1;
                    self.by_type.push((written.type_, 1));
                }
            },
            Answer::Found(_) | Answer::FoundWritten(_) | Answer::Nothing => self.unchanged += 1,
        }
    }
}

fn entries_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let array = scan::head(text).entries.unwrap_or(text.len());
    scan::items(text, array).map(|(start, end)| &text[start..end])
}

/// The Bundle with its unconditional creates turned into puts. A text that is no whole Bundle is left to the parser.
fn repeatable(text: &[u8]) -> Result<Vec<u8>> {
    let is_create = |entry| {
        let parts = scan::entry_parts(entry);
        parts.method == Some("POST") && !parts.if_none_exist && parts.resource.is_some()
    };
    let whole = scan::skip_value(text, scan::skip_space(text, 0)) == scan::End::At(text.trim_ascii_end().len());
    if !whole || !entries_of(text).any(is_create) {
        return Ok(text.to_vec());
    }
    let kind = scan::head(text).kind.unwrap_or_default();
    let mut out = format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":["#).into_bytes();
    for (nth, entry) in entries_of(text).enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        if is_create(entry) {
            put_instead(entry, &mut out).map_err(|error| error.at(format!("Bundle.entry[{nth}].resource")))?;
        } else {
            out.extend_from_slice(entry);
        }
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// Writes an entry that creates as one that puts.
fn put_instead(entry: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let parts = scan::entry_parts(entry);
    let mut resource = parse(parts.resource.unwrap_or_default())?;
    let id = id_for(&resource, parts.full_url);
    if resource.id().is_none() {
        resource = resource.with_id(&id);
    }
    out.push(b'{');
    if let Some(full_url) = scan::members(entry).find(|member| member.key == b"fullUrl") {
        out.extend_from_slice(b"\"fullUrl\":");
        out.extend_from_slice(&entry[full_url.start..full_url.end]);
        out.push(b',');
    }
    out.extend_from_slice(b"\"resource\":");
    out.extend_from_slice(&resource.to_json());
    let request = format!(r#","request":{{"method":"PUT","url":"{}/{id}"}}}}"#, resource.type_name());
    out.extend_from_slice(request.as_bytes());
    Ok(())
}
