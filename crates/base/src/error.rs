//! The one error type: eleven kinds, several issues, and the one table from kind to HTTP status and OperationOutcome code.

use std::fmt;

/// What went wrong, as far as a caller has to tell cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The input is malformed or breaks a rule of the format.
    Invalid,
    /// Nobody is known to be asking.
    Unauthenticated,
    /// The one who asks may not do this.
    Forbidden,
    /// There is no such thing, as far as the one who asks may know.
    NotFound,
    /// It was there and has been deleted.
    Gone,
    /// Somebody else changed it in between; plan again.
    Conflict,
    /// A condition named in the request does not hold.
    Precondition,
    /// A valid request that this server does not carry out.
    Unsupported,
    /// The request would take more than one request may take.
    TooCostly,
    /// Not now: a queue or a disk is full, or the server is stopping.
    Busy,
    /// A defect or a failing machine on our side.
    Fault,
}

impl Kind {
    /// HTTP status and OperationOutcome issue code of this kind; handlers and bundle entries both use it.
    pub const fn answer(self) -> (u16, &'static str) {
        match self {
            Kind::Invalid => (400, "invalid"),
            Kind::Unauthenticated => (401, "login"),
            Kind::Forbidden => (403, "forbidden"),
            Kind::NotFound => (404, "not-found"),
            Kind::Gone => (410, "deleted"),
            Kind::Conflict => (409, "conflict"),
            Kind::Precondition => (412, "conflict"),
            Kind::Unsupported => (400, "not-supported"),
            Kind::TooCostly => (413, "too-costly"),
            Kind::Busy => (503, "transient"),
            Kind::Fault => (500, "exception"),
        }
    }

    /// The name used in metrics, logs and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not-found",
            Kind::Gone => "gone",
            Kind::Conflict => "conflict",
            Kind::Precondition => "precondition",
            Kind::Unsupported => "unsupported",
            Kind::TooCostly => "too-costly",
            Kind::Busy => "busy",
            Kind::Fault => "fault",
        }
    }
}

/// How bad an issue is, in OperationOutcome's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    Information,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        }
    }
}

/// One thing to tell the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub severity: Severity,
    /// A code of the value set issue-type, such as `structure`, `value`, `required`, `not-supported`.
    pub code: &'static str,
    /// A plain sentence that names the thing (its value in backticks) and the way out. No personal data beyond the caller's own input.
    pub text: String,
    /// Where in the input, in FHIRPath form such as `Patient.name[0].family`; none for the request as a whole.
    pub at: Option<String>,
}

/// An error: a kind and at least one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub issues: Vec<Issue>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: Kind, text: impl Into<String>) -> Error {
        let issue = Issue { severity: Severity::Error, code: kind.answer().1, text: text.into(), at: None };
        Error { kind, issues: vec![issue] }
    }

    /// Several issues of one bad input. `issues` must not be empty.
    pub fn invalid_input(issues: Vec<Issue>) -> Error {
        assert!(!issues.is_empty(), "an error names at least one issue");
        Error { kind: Kind::Invalid, issues }
    }

    pub fn invalid(text: impl Into<String>) -> Error {
        Error::new(Kind::Invalid, text)
    }
    pub fn not_found(text: impl Into<String>) -> Error {
        Error::new(Kind::NotFound, text)
    }
    pub fn conflict(text: impl Into<String>) -> Error {
        Error::new(Kind::Conflict, text)
    }
    pub fn precondition(text: impl Into<String>) -> Error {
        Error::new(Kind::Precondition, text)
    }
    pub fn unsupported(text: impl Into<String>) -> Error {
        Error::new(Kind::Unsupported, text)
    }
    pub fn forbidden(text: impl Into<String>) -> Error {
        Error::new(Kind::Forbidden, text)
    }
    pub fn too_costly(text: impl Into<String>) -> Error {
        Error::new(Kind::TooCostly, text)
    }
    pub fn busy(text: impl Into<String>) -> Error {
        Error::new(Kind::Busy, text)
    }
    pub fn fault(text: impl Into<String>) -> Error {
        Error::new(Kind::Fault, text)
    }

    /// The same error with its first issue placed at `at`.
    pub fn at(mut self, at: impl Into<String>) -> Error {
        if let Some(issue) = self.issues.first_mut() {
            issue.at = Some(at.into());
        }
        self
    }

    /// The first issue's sentence.
    pub fn text(&self) -> &str {
        self.issues.first().map_or("", |issue| issue.text.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, issue) in self.issues.iter().enumerate() {
            if nth > 0 {
                f.write_str("; ")?;
            }
            if let Some(at) = &issue.at {
                write!(f, "{at}: ")?;
            }
            f.write_str(&issue.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
