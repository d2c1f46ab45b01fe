//! Asks the machine how much room a disk has.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes that an ordinary process may still write on the disk of a folder; `u64::MAX` where the machine does not say.
#[expect(unsafe_code, reason = "the standard library has no call for it; statvfs only fills the struct it is given")]
pub fn free_bytes(dir: &Path) -> u64 {
    let Ok(path) = CString::new(dir.as_os_str().as_bytes()) else { return u64::MAX };
    let mut answer = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `path` ends with a zero byte, `answer` is large enough and zeroed, and it is read only after success.
    let answer = unsafe {
        if libc::statvfs(path.as_ptr(), answer.as_mut_ptr()) != 0 {
            return u64::MAX;
        }
        answer.assume_init()
    };
    answer.f_bavail.saturating_mul(answer.f_frsize)
}
