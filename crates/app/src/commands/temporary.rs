//! A folder that goes with the command.

use anyhow::Context;
use std::path::{Path, PathBuf};

pub struct Temporary(PathBuf);

impl Temporary {
    /// A new folder for this process alone, named after what it is for.
    pub fn new(name: &str) -> anyhow::Result<Temporary> {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        // Not one that another user may have laid there.
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
            .create(&path)
            .with_context(|| format!("the temporary folder `{}` cannot be made", path.display()))?;
        Ok(Temporary(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(reason = %error, "the temporary folder could not be removed");
        }
    }
}
