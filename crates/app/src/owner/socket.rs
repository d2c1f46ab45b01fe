//! The socket in the data folder.

use anyhow::Context;
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const NAME: &str = "owner.sock";
const NEW_NAME: &str = "owner.sock.new";
/// The kernel's bound on the path of a socket is 108 bytes.
const PATH_BYTES_MAX: usize = 100;

/// Listens on the folder's socket. Only the holder of the folder's lock may call it: a socket that is there is stale.
pub fn listen(dir: &Path) -> anyhow::Result<UnixListener> {
    let (new, _folder) = short(dir, NEW_NAME)?;
    remove_stale(&dir.join(NEW_NAME))?;
    let listener =
        UnixListener::bind(&new).with_context(|| format!("the socket in `{}` cannot be made", dir.display()))?;
    // It gets its name only when nobody else can connect.
    fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    fs::rename(dir.join(NEW_NAME), dir.join(NAME))?;
    Ok(listener)
}

pub fn remove(dir: &Path) {
    if let Err(error) = remove_stale(&dir.join(NAME)) {
        tracing::warn!(reason = %error, "the owner's socket could not be removed; the next owner replaces it");
    }
}

/// Connects to the folder's owner; none if there is none.
pub fn connect(dir: &Path) -> anyhow::Result<Option<UnixStream>> {
    if !dir.join(NAME).exists() {
        return Ok(None);
    }
    let (path, _folder) = short(dir, NAME)?;
    match UnixStream::connect(&path) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("the owner of `{}` cannot be asked", dir.display())),
    }
}

fn remove_stale(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A path to the socket that is short enough: through the open folder where the folder's own path is long.
fn short(dir: &Path, name: &str) -> anyhow::Result<(PathBuf, Option<File>)> {
    let path = dir.join(name);
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok((path, None));
    }
    let folder = File::open(dir)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()));
    Ok((path, Some(folder)))
}
