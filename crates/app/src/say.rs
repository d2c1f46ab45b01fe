//! What the commands say on the terminal. A closed pipe is no error: the reader has had enough.

use std::io::{IsTerminal, Write};

/// Writes to standard output as it is.
pub fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

pub fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// Writes a line to standard error.
pub fn problem(problem: &str) {
    let _ = writeln!(std::io::stderr().lock(), "jingluo: {problem}");
}

/// A line that is drawn over itself on a terminal, and a line of its own elsewhere.
pub struct Status {
    on_terminal: bool,
}

impl Status {
    pub fn new() -> Status {
        Status { on_terminal: std::io::stderr().is_terminal() }
    }

    pub fn on_terminal(&self) -> bool {
        self.on_terminal
    }

    pub fn show(&self, status: &str) {
        let mut out = std::io::stderr().lock();
        let _ = if self.on_terminal { write!(out, "\r\x1b[K{status}") } else { writeln!(out, "{status}") };
        let _ = out.flush();
    }

    /// Ends the line.
    pub fn end(&self) {
        if self.on_terminal {
            let _ = writeln!(std::io::stderr().lock());
        }
    }
}
