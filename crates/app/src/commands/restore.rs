//! `jingluo admin restore`: a backup becomes a data folder.

use crate::house::{House, lock, make_folder};
use crate::settings::Settings;
use anyhow::{Context, bail};
use std::fs;
use std::path::Path;

/// Files that a folder may hold before a restore.
const HARMLESS: [&str; 3] = ["owner.lock", "owner.sock", "jingluo.conf"];

/// Copies the backup into a folder without a store and checks that it opens. An interrupted restore leaves a folder
/// that is refused; it can be emptied and restored again.
pub fn restore(from: &Path, dir: &Path, settings: Settings) -> anyhow::Result<()> {
    if !from.is_dir() {
        bail!("there is no backup `{}`", from.display());
    }
    make_folder(dir)?;
    let held = lock(dir)?;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        if !HARMLESS.iter().any(|harmless| name == *harmless) {
            bail!("`{}` holds data already (`{}`); restore into a new folder", dir.display(), name.to_string_lossy());
        }
    }
    let mut copied = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let keeps_own = entry.file_name() == "jingluo.conf" && dir.join("jingluo.conf").exists();
        if entry.file_type()?.is_file() && !keeps_own && entry.file_name() != "owner.lock" {
            let to = dir.join(entry.file_name());
            fs::copy(entry.path(), &to).with_context(|| format!("`{}` cannot be copied", entry.path().display()))?;
            fs::File::open(&to)?.sync_all()?;
            copied += 1;
        }
    }
    if copied == 0 {
        bail!("`{}` is no backup: it holds no files", from.display());
    }
    fs::File::open(dir)?.sync_all()?;
    drop(held);
    let house = House::open(dir, settings, false).context("the restored folder does not open")?;
    house.store.ready()?;
    house.close()
}
