//! The issues found so far and the place where the walk stands.

use base::{Error, Issue, Result, Severity};

/// One step from a value down to the next.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Member(&'a str),
    /// A choice element and the type that its JSON name tells.
    Choice(&'static str, &'static str),
    Item(usize),
}

pub(super) struct Issues<'a> {
    trail: Vec<Step<'a>>,
    issues: Vec<Issue>,
    issues_max: usize,
    count: usize,
}

impl<'a> Issues<'a> {
    pub fn new(issues_max: usize) -> Issues<'a> {
        Issues { trail: Vec::with_capacity(32), issues: Vec::new(), issues_max, count: 0 }
    }

    pub fn enter(&mut self, step: Step<'a>) {
        self.trail.push(step);
    }

    pub fn leave(&mut self) {
        self.trail.pop();
    }

    /// Tells of a problem with the value at which the walk stands. `text` is a sentence with the way out.
    pub fn report(&mut self, code: &'static str, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.issues.len() < self.issues_max.max(1) {
            let at = self.place();
            let at = (!at.is_empty()).then_some(at);
            self.issues.push(Issue { severity: Severity::Error, code, text: text(), at });
        }
    }

    /// Tells of a problem with something directly within that value.
    pub fn report_at(&mut self, step: Step<'a>, code: &'static str, text: impl FnOnce() -> String) {
        self.enter(step);
        self.report(code, text);
        self.leave();
    }

    /// Where the walk stands, in FHIRPath form: `Observation.value.ofType(Quantity).code`.
    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.trail {
            match step {
                Step::Item(nth) => place.push_str(&format!("[{nth}]")),
                Step::Member(name) => {
                    place.push_str(if place.is_empty() { "" } else { "." });
                    place.push_str(&shortened(name));
                }
                Step::Choice(name, type_) => place.push_str(&format!(".{name}.ofType({type_})")),
            }
        }
        place
    }

    /// `value`, unless something was wrong.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T> {
        let listed = self.issues.len();
        if self.count > listed
            && let Some(last) = self.issues.last_mut()
        {
            // The last place tells of those that have none.
            let text = format!("{} more problems are not listed; mend these first", self.count - listed + 1);
            *last = Issue { severity: Severity::Error, code: "invalid", text, at: None };
        }
        match value {
            Some(value) if self.issues.is_empty() => Ok(value),
            _ if self.issues.is_empty() => Err(Error::fault("a resource without type and without issue")),
            _ => Err(Error::invalid_input(self.issues)),
        }
    }
}

/// A value as a message shows it: not longer than a line.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let line: String =
        text.chars().take(CHARS_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(CHARS_MAX).is_some() { format!("{line}…") } else { line }
}
