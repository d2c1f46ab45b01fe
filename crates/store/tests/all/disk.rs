//! A disk that can lose power and run full: a SQLite VFS around the ordinary one.
//!
//! It is registered once, as the default of the process, so that the store needs no setting for it. Only files in a
//! folder that a test has put under watch are wrapped; all others are opened by the ordinary VFS itself. Of a watched
//! file it keeps what the disk has (the content at the last sync) and what was written since.

#![expect(unsafe_code, reason = "a SQLite VFS is a table of C functions")]

use base::Dice;
use rusqlite::ffi;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

/// A piece of a torn write: the smallest that a disk writes whole.
const SECTOR: usize = 512;

/// A watched folder.
pub struct Disk {
    files: Mutex<HashMap<String, File>>,
    cut: AtomicBool,
    /// Bytes that files may still grow by.
    pub room: AtomicI64,
    /// Syncs of the log that have ended.
    pub log_syncs: AtomicU64,
    gate: Mutex<Gate>,
    moved: Condvar,
}

#[derive(Default)]
struct File {
    /// None until it was synced once: its name is not on the disk either.
    durable: Option<Vec<u8>>,
    pending: Vec<Change>,
    len: u64,
}

enum Change {
    Write { at: u64, bytes: Vec<u8> },
    Truncate { len: u64 },
}

#[derive(Default)]
struct Gate {
    closed: bool,
    waiting: u64,
}

/// What survives of the writes that were not synced.
pub enum Survives {
    Nothing,
    /// A random part, by sectors.
    Some(Dice),
}

impl Disk {
    /// Puts a folder under watch. Before the store is opened there.
    pub fn watch(dir: &Path) -> Arc<Disk> {
        register();
        let disk = Arc::new(Disk {
            files: Mutex::default(),
            cut: AtomicBool::new(false),
            room: AtomicI64::new(i64::MAX),
            log_syncs: AtomicU64::new(0),
            gate: Mutex::default(),
            moved: Condvar::new(),
        });
        watched().lock().unwrap().insert(dir.to_owned(), disk.clone());
        disk
    }

    /// The disk under a folder.
    pub fn under(dir: &Path) -> Option<Arc<Disk>> {
        watched().lock().unwrap().get(dir).cloned()
    }

    /// Cuts the power: from here on every write and sync fails.
    pub fn cut(&self) {
        let _files = self.files.lock().unwrap();
        self.cut.store(true, Ordering::SeqCst);
    }

    /// Lays down what the disk has after the cut.
    pub fn recover(&self, to: &Path, survives: &Survives) {
        assert!(self.cut.load(Ordering::SeqCst), "the power is cut first");
        let files = self.files.lock().unwrap();
        let mut names: Vec<&String> = files.keys().collect();
        names.sort();
        for name in names {
            if let Some(bytes) = files[name].after_cut(survives) {
                std::fs::write(to.join(name), bytes).unwrap();
            }
        }
    }

    /// Holds every sync of the log until `open_gate`.
    pub fn close_gate(&self) {
        self.gate.lock().unwrap().closed = true;
    }
    pub fn open_gate(&self) {
        self.gate.lock().unwrap().closed = false;
        self.moved.notify_all();
    }
    /// Waits until a sync stands at the closed gate.
    pub fn wait_at_gate(&self) {
        let gate = self.gate.lock().unwrap();
        drop(self.moved.wait_while(gate, |gate| gate.waiting == 0).unwrap());
    }

    fn pass_gate(&self) {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting += 1;
        self.moved.notify_all();
        let mut gate = self.moved.wait_while(gate, |gate| gate.closed).unwrap();
        gate.waiting -= 1;
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    fn wrote(&self, name: &str, at: u64, bytes: &[u8]) -> bool {
        let mut files = self.files.lock().unwrap();
        if self.is_cut() {
            return false;
        }
        let file = files.entry(name.to_owned()).or_default();
        file.len = file.len.max(at + bytes.len() as u64);
        file.pending.push(Change::Write { at, bytes: bytes.to_vec() });
        true
    }

    /// Whether there is room for a write; takes it.
    fn take_room(&self, name: &str, end: u64) -> bool {
        let files = self.files.lock().unwrap();
        let growth = end.saturating_sub(files.get(name).map_or(0, |file| file.len)) as i64;
        let room = self.room.load(Ordering::SeqCst);
        if room != i64::MAX && growth > room {
            return false;
        }
        if room != i64::MAX {
            self.room.fetch_sub(growth, Ordering::SeqCst);
        }
        true
    }

    fn truncated(&self, name: &str, len: u64) -> bool {
        let mut files = self.files.lock().unwrap();
        if self.is_cut() {
            return false;
        }
        let file = files.entry(name.to_owned()).or_default();
        if self.room.load(Ordering::SeqCst) != i64::MAX {
            self.room.fetch_add(file.len.saturating_sub(len) as i64, Ordering::SeqCst);
        }
        file.len = len;
        file.pending.push(Change::Truncate { len });
        true
    }

    fn synced(&self, name: &str) -> bool {
        let mut files = self.files.lock().unwrap();
        if self.is_cut() {
            return false;
        }
        let file = files.entry(name.to_owned()).or_default();
        let mut durable = file.durable.take().unwrap_or_default();
        for change in file.pending.drain(..) {
            change.apply(&mut durable);
        }
        file.durable = Some(durable);
        if name.ends_with("-wal") {
            self.log_syncs.fetch_add(1, Ordering::SeqCst);
        }
        true
    }

    fn deleted(&self, name: &str) -> bool {
        let mut files = self.files.lock().unwrap();
        if !self.is_cut() {
            files.remove(name);
        }
        !self.is_cut()
    }
}

impl File {
    fn after_cut(&self, survives: &Survives) -> Option<Vec<u8>> {
        let Survives::Some(dice) = survives else { return self.durable.clone() };
        if self.durable.is_none() && dice.u64() % 2 == 0 {
            return None;
        }
        let mut bytes = self.durable.clone().unwrap_or_default();
        // Sometimes most of it survives, sometimes little.
        let chance = dice.u64() % 101;
        for change in &self.pending {
            match change {
                Change::Truncate { len } if dice.u64() % 100 < chance => {
                    Change::Truncate { len: *len }.apply(&mut bytes);
                }
                Change::Truncate { .. } => {}
                Change::Write { at, bytes: written } => {
                    for (from, to) in sectors(*at, written.len()) {
                        if dice.u64() % 100 < chance {
                            let piece = written[from..to].to_vec();
                            Change::Write { at: at + from as u64, bytes: piece }.apply(&mut bytes);
                        }
                    }
                }
            }
        }
        Some(bytes)
    }
}

/// The parts of a write that lie in one sector each.
fn sectors(at: u64, len: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from < len {
        let in_sector = (at as usize + from) % SECTOR;
        let to = len.min(from + SECTOR - in_sector);
        parts.push((from, to));
        from = to;
    }
    parts
}

impl Change {
    fn apply(self, file: &mut Vec<u8>) {
        match self {
            Change::Truncate { len } => file.resize(len as usize, 0),
            Change::Write { at, bytes } => {
                let end = at as usize + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[at as usize..end].copy_from_slice(&bytes);
            }
        }
    }
}

fn watched() -> &'static Mutex<HashMap<PathBuf, Arc<Disk>>> {
    static WATCHED: OnceLock<Mutex<HashMap<PathBuf, Arc<Disk>>>> = OnceLock::new();
    WATCHED.get_or_init(Mutex::default)
}

/// The watched disk of a path and the file's name on it.
fn place(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite gives a path that ends with a zero byte.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    Some((Disk::under(path.parent()?)?, path.file_name()?.to_str()?.to_owned()))
}

/// The ordinary VFS.
static BELOW: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(std::ptr::null_mut());

fn below() -> &'static ffi::sqlite3_vfs {
    // SAFETY: set once by `register` to a VFS that lives as long as the process.
    unsafe { &*BELOW.load(Ordering::SeqCst) }
}

/// A watched open file; the ordinary VFS's own structure follows it in memory.
#[repr(C)]
struct Shim {
    base: ffi::sqlite3_file,
    seat: *mut Seat,
}

struct Seat {
    disk: Arc<Disk>,
    name: String,
}

fn register() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // SAFETY: the pieces live as long as the process; the default VFS is only copied and called.
        unsafe {
            ffi::sqlite3_initialize();
            let below = ffi::sqlite3_vfs_find(std::ptr::null());
            BELOW.store(below, Ordering::SeqCst);
            let mut shim: ffi::sqlite3_vfs = std::ptr::read(below);
            shim.szOsFile += size_of::<Shim>() as c_int;
            shim.pNext = std::ptr::null_mut();
            shim.zName = c"watched".as_ptr();
            shim.xOpen = Some(open);
            shim.xDelete = Some(delete);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(shim)), 1), ffi::SQLITE_OK);
        }
    });
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let below_vfs = std::ptr::from_ref(below()).cast_mut();
    let open = below().xOpen.unwrap();
    // SAFETY: `file` has room for a `Shim` and the ordinary structure behind it (`szOsFile`).
    unsafe {
        let Some((disk, name)) = place(path) else { return open(below_vfs, path, file, flags, out) };
        let inner = inner(file);
        let code = open(below_vfs, path, inner, flags, out);
        if code == ffi::SQLITE_OK {
            let shim = file.cast::<Shim>();
            (*shim).seat = Box::into_raw(Box::new(Seat { disk, name }));
            (*shim).base.pMethods = &METHODS;
        } else {
            (*file).pMethods = std::ptr::null();
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    if let Some((disk, name)) = place(path)
        && !disk.deleted(&name)
    {
        return ffi::SQLITE_IOERR_DELETE;
    }
    // SAFETY: handed on as it came.
    unsafe { below().xDelete.unwrap()(std::ptr::from_ref(below()).cast_mut(), path, sync) }
}

unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the ordinary structure begins behind the `Shim`, in the same allocation.
    unsafe { file.cast::<Shim>().add(1).cast() }
}

unsafe fn methods(file: *mut ffi::sqlite3_file) -> &'static ffi::sqlite3_io_methods {
    // SAFETY: the ordinary VFS opened the inner file and set its methods, which are static.
    unsafe { &*(*inner(file)).pMethods }
}

unsafe fn seat<'a>(file: *mut ffi::sqlite3_file) -> &'a Seat {
    // SAFETY: set by `open`, freed by `close`; SQLite calls nothing after `close`.
    unsafe { &*(*file.cast::<Shim>()).seat }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the seat was made by `open` and is not used again.
    unsafe {
        let code = methods(file).xClose.unwrap()(inner(file));
        drop(Box::from_raw((*file.cast::<Shim>()).seat));
        code
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, len: c_int, at: i64) -> c_int {
    // SAFETY: `from` holds `len` bytes.
    unsafe {
        let Seat { disk, name } = seat(file);
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), len as usize);
        if !disk.take_room(name, at as u64 + bytes.len() as u64) {
            return ffi::SQLITE_FULL;
        }
        if !disk.wrote(name, at as u64, bytes) {
            return ffi::SQLITE_IOERR_WRITE;
        }
        methods(file).xWrite.unwrap()(inner(file), from, len, at)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        let Seat { disk, name } = seat(file);
        match disk.truncated(name, len as u64) {
            true => methods(file).xTruncate.unwrap()(inner(file), len),
            false => ffi::SQLITE_IOERR_TRUNCATE,
        }
    }
}

/// The watched disk itself is the disk, so the real file needs no sync.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: only the seat is read.
    let Seat { disk, name } = unsafe { seat(file) };
    if name.ends_with("-wal") {
        disk.pass_gate();
    }
    match disk.synced(name) {
        true => ffi::SQLITE_OK,
        false => ffi::SQLITE_IOERR_FSYNC,
    }
}

/// Functions that are handed on to the ordinary file.
macro_rules! hand_on {
    ($name:ident, $method:ident, ($($arg:ident: $type:ty),*) -> $out:ty) => {
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($arg: $type),*) -> $out {
            // SAFETY: handed on as it came.
            unsafe { methods(file).$method.unwrap()(inner(file), $($arg),*) }
        }
    };
}

hand_on!(read, xRead, (to: *mut c_void, len: c_int, at: i64) -> c_int);
hand_on!(size, xFileSize, (out: *mut i64) -> c_int);
hand_on!(lock, xLock, (how: c_int) -> c_int);
hand_on!(unlock, xUnlock, (how: c_int) -> c_int);
hand_on!(reserved, xCheckReservedLock, (out: *mut c_int) -> c_int);
hand_on!(control, xFileControl, (op: c_int, arg: *mut c_void) -> c_int);
hand_on!(sector, xSectorSize, () -> c_int);
hand_on!(shm_map, xShmMap, (page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int);
hand_on!(shm_lock, xShmLock, (at: c_int, count: c_int, flags: c_int) -> c_int);
hand_on!(shm_barrier, xShmBarrier, () -> ());
hand_on!(shm_unmap, xShmUnmap, (delete: c_int) -> c_int);

/// Promises nothing: no atomic writes, no safe append.
unsafe extern "C" fn promises(_: *mut ffi::sqlite3_file) -> c_int {
    0
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(promises),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
