//! `city.json`: what a folder was asked for and how far it is, so that an interrupted run goes on where it was.

use super::Wish;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

pub const NAME: &str = "city.json";
const NEW_NAME: &str = "city.json.new";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Journal {
    /// Of the program that began; another one may make other bytes.
    pub version: String,
    pub asked: Wish,
    pub finished: bool,
    pub blocks: usize,
    pub blocks_done: usize,
    pub resources: u64,
    /// Bytes that belong to the blocks done; what stands behind them is cut off.
    pub places_bytes: u64,
    pub residents_bytes: u64,
    pub truth_bytes: Vec<u64>,
}

impl Journal {
    /// Of a folder in which nothing is made yet.
    pub fn new(asked: &Wish, blocks: usize) -> Journal {
        Journal {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            asked: asked.clone(),
            finished: false,
            blocks,
            blocks_done: 0,
            resources: 0,
            places_bytes: 0,
            residents_bytes: 0,
            truth_bytes: Vec::new(),
        }
    }

    /// Whether the places and the headers are there; before that a run begins anew.
    pub fn has_begun(&self) -> bool {
        !self.truth_bytes.is_empty()
    }

    /// The journal of a folder; none if the folder is empty. A folder with other files is refused.
    pub fn read(dir: &Path) -> anyhow::Result<Option<Journal>> {
        match std::fs::read(dir.join(NAME)) {
            Ok(text) => {
                let journal = serde_json::from_slice(&text);
                let shown = dir.display();
                Ok(Some(journal.with_context(|| {
                    format!("`{shown}/{NAME}` cannot be read; name a new folder, or empty this one and start over")
                })?))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let holds = |entry: std::io::Result<std::fs::DirEntry>| !entry.is_ok_and(|e| e.file_name() == NEW_NAME);
                if std::fs::read_dir(dir)?.any(holds) {
                    bail!("`{}` holds other files; name a new or empty folder", dir.display());
                }
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("`{}/{NAME}` cannot be read", dir.display())),
        }
    }

    /// Replaces the journal in one step: after a crash the old or the new one is there.
    pub fn write(&self, dir: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let new = dir.join(NEW_NAME);
        let mut file = File::create(&new)?;
        file.write_all(&text)?;
        file.sync_data()?;
        std::fs::rename(&new, dir.join(NAME))?;
        File::open(dir)?.sync_all()
    }
}
