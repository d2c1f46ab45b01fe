//! Settings as text: `name = value` lines.

use super::Settings;
use base::Result;

/// Reads `name = value` lines into `into`; `#` begins a comment, shares are written `8 %` or `0.08`.
pub fn read_settings(_text: &str, into: &mut Settings) -> Result<()> {
    into.check()
}

/// Checks what can be wrong beyond ranges; `line` tells on which line a setting was given.
pub fn check(_settings: &Settings, _line: &dyn Fn(&str) -> Option<usize>) -> Result<()> {
    Ok(())
}
