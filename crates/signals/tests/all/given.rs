//! Where the tests' data lie.

use std::path::{Path, PathBuf};

/// A file or folder of the shared data, which is not part of the repository: `JINGLUO_SHARED`, or `../shared` beside
/// it. None, said aloud, where it is missing.
#[expect(clippy::disallowed_methods, reason = "a test says where its data lie")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var("JINGLUO_SHARED").map_or_else(|_| beside(), PathBuf::from).join(name);
    if !path.exists() {
        eprintln!("skipped: there is no {name} among the shared data");
        return None;
    }
    Some(path)
}

/// The text of a file of the shared surveillance data.
pub fn surveillance(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(shared(&format!("data/surveillance/{name}"))?).unwrap())
}
