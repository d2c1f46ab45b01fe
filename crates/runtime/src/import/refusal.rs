//! Why one resource was not stored, in a line for people.

use base::Error;

/// Characters of a reason; a longer one is cut.
const REASON_CHARS_MAX: usize = 600;
/// Problems named of one resource.
const PROBLEMS_NAMED_MAX: usize = 3;

/// One resource that was not stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    pub file: String,
    /// The line that the resource starts on, from 1; 0 for a file that could not be read at all.
    pub line: u64,
    pub reason: String,
}

/// The first problems of an error in one line.
pub fn reason(error: &Error) -> String {
    let mut text = String::new();
    for (nth, issue) in error.issues.iter().take(PROBLEMS_NAMED_MAX).enumerate() {
        if nth > 0 {
            text.push_str("; ");
        }
        if let Some(at) = &issue.at {
            text.push_str(at);
            text.push_str(": ");
        }
        text.push_str(&issue.text);
    }
    if error.issues.len() > PROBLEMS_NAMED_MAX {
        text.push_str(&format!("; and {} more", error.issues.len() - PROBLEMS_NAMED_MAX));
    }
    cut(text)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
