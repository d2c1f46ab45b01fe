//! What travels over the owner's socket: lines of JSON, and the bytes of standard input after a line that counts them.

use crate::generate::Wish;
use anyhow::bail;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, Read, Write};

/// Bytes of one line from a client.
const ASK_BYTES_MAX: u64 = 4 << 20;

/// What a command wants of the folder's owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// What is read, as (the name it is told by, its absolute path); `-` is standard input.
    Import {
        paths: Vec<(String, String)>,
        keep_bundles: bool,
        again: bool,
    },
    /// A synthetic city, made by the owner.
    City {
        wish: Wish,
    },
    Token {
        role: String,
        scope: Option<String>,
        account: Option<String>,
        label: String,
        days: u32,
    },
    AccountAdd {
        name: String,
        display: String,
        role: String,
        scope: Option<String>,
        password: Option<String>,
    },
    AccountList,
    AccountDisable {
        name: String,
        disabled: bool,
    },
    AccountPassword {
        name: String,
        password: String,
    },
    Backup {
        to: String,
    },
    Check,
    /// Whether the rules of the demonstration city hold in the folder.
    CityRules {
        hold: bool,
    },
    /// The search parameters of one's own and the indexes that are not whole.
    ParameterList,
    /// Takes one into use, or out of it.
    ParameterUse {
        id: String,
        in_use: bool,
    },
    /// Waits until every index is whole.
    ParameterBuild,
    /// Counts a space of shelves anew from the feed.
    Rebuild {
        space: String,
    },
}

/// What the owner tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// Of an import.
    Progress {
        read: u64,
        stored: u64,
        unchanged: u64,
        refused: u64,
        bytes: u64,
        bytes_total: Option<u64>,
        continued_after: u64,
    },
    /// Of a backup, a check or a rebuild: parts done of parts in all.
    Part {
        done: u64,
        total: u64,
    },
    Done(Value),
    Failed(String),
}

/// What a client sends after its ask.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// So many bytes of standard input follow.
    Bytes(usize),
    /// Standard input has ended.
    End,
    /// The user has interrupted the command.
    Stop,
}

/// Writes a message as a line.
pub fn send<T: Serialize>(to: &mut dyn Write, message: &T) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()?;
    Ok(())
}

/// Reads a line from a client; none at the end of the stream.
pub fn receive<T: for<'a> Deserialize<'a>>(from: &mut dyn BufRead) -> anyhow::Result<Option<T>> {
    let mut line = Vec::new();
    let length = Read::take(from, ASK_BYTES_MAX).read_until(b'\n', &mut line)?;
    if length == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        bail!("a message on the owner's socket is too long or was cut off");
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
