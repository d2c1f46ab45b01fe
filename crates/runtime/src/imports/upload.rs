//! An upload on its way into a temporary file, bounded in size; removed if it is given up.

use super::{ImportView, Imports};
use base::{Cx, Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes after which the free space of the disk is looked at again.
const DISK_CHECK_BYTES: u64 = 16 << 20;
const NAME_CHARS_MAX: usize = 200;
/// What an upload's temporary file is called after its import's id.
const SUFFIX: &str = "upload";

/// One upload. It holds a place among the running imports until its import ends or it is dropped.
pub struct Upload {
    imports: Imports,
    id: String,
    name: String,
    keep_bundles: bool,
    file: BufWriter<File>,
    path: PathBuf,
    bytes: u64,
    started: bool,
}

impl Upload {
    pub(super) fn open(imports: Imports, id: &str, name: &str, keep_bundles: bool) -> Result<Upload> {
        let path = imports.0.settings.folder.join(format!("{id}.{SUFFIX}"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| failed(&error))?;
        let (id, name) = (id.to_owned(), shown(name));
        Ok(Upload { imports, id, name, keep_bundles, file: BufWriter::new(file), path, bytes: 0, started: false })
    }

    /// Appends a part of the file.
    pub fn write(&mut self, part: &[u8]) -> Result<()> {
        let max = self.imports.0.settings.upload_bytes_max;
        let before = self.bytes;
        self.bytes += part.len() as u64;
        if self.bytes > max {
            return Err(Error::too_costly(format!(
                "an upload has at most {max} bytes; split the file, compress it, or use `jingluo import` on the server"
            )));
        }
        if before / DISK_CHECK_BYTES != self.bytes / DISK_CHECK_BYTES {
            self.imports.0.store.ready()?;
        }
        self.file.write_all(part).map_err(|error| failed(&error))
    }

    /// The file is complete: imports it on a thread of its own.
    pub fn start(mut self, cx: &Cx) -> Result<ImportView> {
        if self.bytes == 0 {
            return Err(Error::invalid("the upload is empty; send the file as the body of the request"));
        }
        self.file.flush().map_err(|error| failed(&error))?;
        let view = ImportView::new(&self.id, &self.name, Some(self.bytes), cx.now());
        let started = self.imports.start(cx, view, self.path.clone(), self.keep_bundles)?;
        self.started = true;
        Ok(started)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.started {
            remove(&self.path);
            self.imports.give_place();
        }
    }
}

/// Makes the folder where it is missing, and removes what an earlier process left in it.
pub fn clear(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let path = entry.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|suffix| suffix == SUFFIX) {
            remove(&path);
        }
    }
    Ok(())
}

pub fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(reason = %error.kind(), "an uploaded file could not be removed");
    }
}

/// The last part of the client's file name, without what could confuse a screen.
pub fn shown(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|character| !character.is_control()).take(NAME_CHARS_MAX).collect();
    if shown.trim().is_empty() { "upload".to_owned() } else { shown }
}

fn failed(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull => Error::busy("the disk is full; the upload was not kept"),
        kind => Error::fault(format!("the folder for uploads cannot be written: {kind}")),
    }
}
