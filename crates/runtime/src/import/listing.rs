//! Which files an import reads, in which order, and the fingerprint by which a second run knows the same files again.

use super::{FILES_MAX, Input, Made, Source};
use base::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Folders inside folders.
const FOLDER_DEPTH_MAX: usize = 64;
/// Files that npm lays beside the resources of a package.
const NOT_RESOURCES: [&str; 2] = ["package.json", "package-lock.json"];

pub struct Listing {
    pub files: Vec<ListedFile>,
    /// None if a stream, or what is made while it is read, is among them.
    pub bytes_total: Option<u64>,
    /// What the caller asked for: the same paths again are the same import.
    pub job: String,
    /// The names, sizes and times of the files: an import continues only while they are the same.
    pub fingerprint: String,
}

pub struct ListedFile {
    pub name: Arc<str>,
    pub bytes: u64,
    pub input: FileInput,
}

pub enum FileInput {
    Path(PathBuf),
    Stream(Box<dyn Read + Send>),
    /// A part of what is made, with its number.
    Part(Arc<Mutex<Made>>, usize),
    /// The reason why a folder could not be listed.
    Unreadable(String),
}

impl Listing {
    pub fn can_resume(&self) -> bool {
        self.files.iter().all(|file| !matches!(file.input, FileInput::Stream(_)))
    }
}

/// Lists the sources. A source that is not there is an error: nothing has been imported yet.
pub fn list(sources: Vec<Source>) -> Result<Listing> {
    let mut walk = Walk { files: Vec::new(), job: Sha256::new(), fingerprint: Sha256::new() };
    for source in sources {
        match source.input {
            Input::Stream(reader) => {
                let input = FileInput::Stream(reader);
                walk.files.push(ListedFile { name: source.name.into(), bytes: 0, input });
            }
            Input::Made(made) => walk.made(&source.name, made)?,
            Input::Path(path) => walk.source(&source.name, &path)?,
        }
    }
    let has_size = |file: &ListedFile| !matches!(file.input, FileInput::Stream(_) | FileInput::Part(..));
    let bytes_total = walk.files.iter().all(has_size).then(|| walk.files.iter().map(|file| file.bytes).sum());
    Ok(Listing {
        files: walk.files,
        bytes_total,
        job: base::hex::encode(&walk.job.finalize()[..16]),
        fingerprint: base::hex::encode(&walk.fingerprint.finalize()[..16]),
    })
}

struct Walk {
    files: Vec<ListedFile>,
    job: Sha256,
    fingerprint: Sha256,
}

impl Walk {
    fn source(&mut self, name: &str, path: &Path) -> Result<()> {
        let cannot = |error: std::io::Error| Error::invalid(format!("`{name}` cannot be read: {error}"));
        let full = path.canonicalize().map_err(cannot)?;
        let metadata = full.metadata().map_err(cannot)?;
        self.job.update(full.as_os_str().as_encoded_bytes());
        self.job.update([0]);
        if metadata.is_dir() { self.folder(name, &full, 0) } else { self.file(name.into(), full, &metadata) }
    }

    /// Each part is listed as a file, so that the place of an import is the number of a part.
    fn made(&mut self, name: &str, made: Made) -> Result<()> {
        self.has_room(made.parts)?;
        self.job.update(made.key.as_bytes());
        self.job.update([0]);
        self.fingerprint.update(made.key.as_bytes());
        let parts = made.parts;
        let made = Arc::new(Mutex::new(made));
        for nth in 0..parts {
            let input = FileInput::Part(made.clone(), nth);
            self.files.push(ListedFile { name: format!("{name}, part {}", nth + 1).into(), bytes: 0, input });
        }
        Ok(())
    }

    fn has_room(&self, files: usize) -> Result<()> {
        if self.files.len() + files > FILES_MAX {
            return Err(Error::too_costly(format!("there are more than {FILES_MAX} files; import them in parts")));
        }
        Ok(())
    }

    fn folder(&mut self, name: &str, path: &Path, depth: usize) -> Result<()> {
        if depth > FOLDER_DEPTH_MAX {
            return Err(Error::too_costly(format!(
                "`{name}` lies more than {FOLDER_DEPTH_MAX} folders deep; name it itself"
            )));
        }
        let names = match folder_names(path) {
            Ok(names) => names,
            Err(error) => {
                self.unreadable(name.to_owned(), format!("the folder cannot be read: {error}"));
                return Ok(());
            }
        };
        for entry in names {
            let (inner, inner_name) = (path.join(&entry), format!("{}/{entry}", name.trim_end_matches('/')));
            match inner.metadata() {
                // A link may lead back up, and then everything would be read again and again.
                Ok(metadata) if metadata.is_dir() && inner.is_symlink() => {
                    self.unreadable(
                        inner_name,
                        "a link to a folder is not followed; name the folder itself".to_owned(),
                    );
                }
                Ok(metadata) if metadata.is_dir() => self.folder(&inner_name, &inner, depth + 1)?,
                Ok(metadata) if holds_resources(&entry) => self.file(inner_name, inner, &metadata)?,
                Ok(_) => {}
                Err(error) => self.unreadable(inner_name, format!("the file cannot be read: {error}")),
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, name: String, reason: String) {
        self.files.push(ListedFile { name: name.into(), bytes: 0, input: FileInput::Unreadable(reason) });
    }

    fn file(&mut self, name: String, path: PathBuf, metadata: &Metadata) -> Result<()> {
        if !metadata.is_file() {
            // Opening a pipe would wait for ever for somebody to write into it.
            self.unreadable(
                name,
                "it is neither a file nor a folder; give a stream as `-` on standard input".to_owned(),
            );
            return Ok(());
        }
        self.has_room(1)?;
        self.fingerprint.update(path.as_os_str().as_encoded_bytes());
        for number in [metadata.len().cast_signed(), metadata.mtime(), metadata.mtime_nsec()] {
            self.fingerprint.update(number.to_le_bytes());
        }
        self.files.push(ListedFile { name: name.into(), bytes: metadata.len(), input: FileInput::Path(path) });
        Ok(())
    }
}

/// The names in a folder in their order, without hidden ones.
fn folder_names(path: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        // A name that is no UTF-8 cannot be told in a report; it is left out like a hidden one.
        if let Ok(name) = entry?.file_name().into_string()
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether a file of this name in a folder is read. A file that is named itself is always read.
fn holds_resources(name: &str) -> bool {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let known = [".json", ".ndjson", ".jsonl"].iter().any(|ending| plain.ends_with(ending));
    known && !NOT_RESOURCES.contains(&name)
}
