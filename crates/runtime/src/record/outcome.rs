//! OperationOutcome as JSON: every error, warning and word of success is told with it.
//! <https://hl7.org/fhir/R4/operationoutcome.html>

use super::json;
use base::{Error, Issue, Severity};

/// Characters of a caller's own input that a message repeats.
const TEXT_CHARS_MAX: usize = 1_000;

/// Appends an OperationOutcome of these issues.
pub fn outcome(issues: &[Issue], out: &mut Vec<u8>) {
    json::raw(out, r#"{"resourceType":"OperationOutcome","issue":["#);
    for (nth, issue) in issues.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        json::raw(out, r#"{"severity":""#);
        json::raw(out, issue.severity.name());
        json::raw(out, r#"","code":""#);
        json::raw(out, issue.code);
        json::raw(out, r#"","diagnostics":"#);
        json::string(out, &issue.text);
        if let Some(at) = &issue.at {
            json::raw(out, r#","expression":["#);
            json::string(out, at);
            out.push(b']');
        }
        out.push(b'}');
    }
    json::raw(out, "]}");
}

/// Appends an OperationOutcome that says that all went well.
pub fn outcome_of(text: &str, out: &mut Vec<u8>) {
    let issue = Issue { severity: Severity::Information, code: "informational", text: text.to_owned(), at: None };
    outcome(&[issue], out);
}

/// A message that is not longer than a message should be, whatever the caller sent.
pub fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The error of one entry of a bundle: its issues are placed at the entry.
pub fn at_entry(mut error: Error, nth: usize) -> Error {
    let entry = format!("Bundle.entry[{nth}]");
    for issue in &mut error.issues {
        issue.at = Some(match issue.at.take() {
            Some(at) if at.starts_with("Bundle.entry[") => at,
            // `Patient.name[0]` lies below the entry's resource.
            Some(at) => match at.split_once('.') {
                Some((_, rest)) => format!("{entry}.resource.{rest}"),
                None => format!("{entry}.resource"),
            },
            None => entry.clone(),
        });
    }
    error
}
