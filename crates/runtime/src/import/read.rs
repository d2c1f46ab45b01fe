//! The reading end of the pipeline: files to chunks of raw resources, with the place of each.

use super::budget::Budget;
use super::listing::{FileInput, ListedFile};
use super::scan::{self, End};
use super::window::{Next, Window};
use super::{BATCH_BYTES_MAX, BATCH_RESOURCES_MAX, Made, WORK_BYTES_MAX};
use base::StopFlag;
use base::limits::BODY_BYTES_MAX;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of one document or line that is held in memory as a whole.
const DOCUMENT_BYTES_MAX: usize = BODY_BYTES_MAX;
/// Bytes that are looked at to tell lines from a document.
const PEEK_BYTES: usize = 256 << 10;
/// A document above this is the only one in work.
const DOCUMENT_BYTES_ALONE: usize = 8 << 20;

/// A place in the listing: everything before it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// Number of the file in the listing.
    pub file: usize,
    /// Bytes and lines of the (unpacked) file that are done, where it is read by lines.
    pub offset: u64,
    pub line: u64,
    /// Entries that are done, where it is one Bundle read as a stream.
    pub entry: u64,
}

/// Some raw resources, at most a batch of them.
pub struct Chunk {
    pub number: u64,
    pub items: Vec<Item>,
    pub after: Mark,
    /// Bytes of the sources read so far.
    pub bytes_read: u64,
    /// What the chunk has taken from the budget.
    pub cost: usize,
}

pub struct Item {
    pub file: Arc<str>,
    pub line: u64,
    pub body: ItemBody,
}

pub enum ItemBody {
    /// A file or a line.
    Document(Vec<u8>),
    /// An entry of a Bundle that is too large to hold.
    Entry { nth: u64, text: Vec<u8> },
    /// What could not be read, and why.
    Refused(String),
}

/// The reader gives up: the import was stopped, or nobody takes its chunks.
pub struct Stopped;

type Flow = Result<(), Stopped>;

pub struct Reader<'a> {
    pub chunks: SyncSender<Chunk>,
    pub budget: &'a Budget,
    pub stops: [StopFlag; 2],
    pub from: Mark,
    pub keep_bundles: bool,
    pub next: Chunk,
    pub bytes_read: Arc<AtomicU64>,
}

impl<'a> Reader<'a> {
    pub fn new(chunks: SyncSender<Chunk>, budget: &'a Budget, stops: [StopFlag; 2], from: Mark, keep: bool) -> Self {
        let next = Chunk { number: 0, items: Vec::new(), after: from, bytes_read: 0, cost: 0 };
        Reader { chunks, budget, stops, from, keep_bundles: keep, next, bytes_read: Arc::default() }
    }

    /// Reads all files from the mark on.
    pub fn read(mut self, files: Vec<ListedFile>) {
        let skipped: u64 = files.iter().take(self.from.file).map(|file| file.bytes).sum();
        self.bytes_read.store(skipped, Ordering::Relaxed);
        for (number, file) in files.into_iter().enumerate().skip(self.from.file) {
            let from = if number == self.from.file { self.from } else { Mark { file: number, ..Mark::default() } };
            if self.file(file, from).is_err() {
                return;
            }
        }
        let _ = self.send();
    }

    fn file(&mut self, file: ListedFile, from: Mark) -> Flow {
        let (name, number) = (file.name, from.file);
        let made = matches!(file.input, FileInput::Part(..));
        let opened = match file.input {
            FileInput::Unreadable(reason) => Err(reason),
            FileInput::Stream(stream) => self.unpack(stream, 0).map_err(|error| error.to_string()),
            FileInput::Part(made, nth) => Ok(self.part(&made, nth, from.offset)?),
            FileInput::Path(path) => File::open(&path)
                .and_then(|file| self.open(file, from.offset))
                .map_err(|error| format!("the file cannot be read: {error}")),
        };
        match opened {
            Ok(mut reader) => {
                let by_lines = made || from.offset > 0 || reads_by_lines(&name, &mut *reader);
                let read = if by_lines {
                    self.lines(&name, &mut *reader, from)?
                } else {
                    self.document(&name, &mut *reader, from)?
                };
                if let Err(error) = read {
                    self.refuse(&name, 0, format!("the file cannot be read to its end: {error}"))?;
                }
            }
            Err(reason) => self.refuse(&name, 0, reason)?,
        }
        self.next.after = Mark { file: number + 1, ..Mark::default() };
        Ok(())
    }

    /// Has a part made and skips what is done of it.
    fn part(&self, made: &Mutex<Made>, nth: usize, offset: u64) -> Result<Box<dyn BufRead + Send>, Stopped> {
        let text = (made.lock().unwrap_or_else(PoisonError::into_inner).make)(nth).ok_or(Stopped)?;
        self.bytes_read.fetch_add(text.len() as u64, Ordering::Relaxed);
        let mut text = Cursor::new(text);
        text.set_position(offset);
        Ok(Box::new(text))
    }

    /// Opens a file at an offset of its unpacked bytes.
    fn open(&self, mut file: File, offset: u64) -> std::io::Result<Box<dyn BufRead + Send>> {
        let mut magic = [0_u8; 2];
        let packed = file.read(&mut magic)? == 2 && magic == GZIP_MAGIC;
        file.seek(SeekFrom::Start(if packed { 0 } else { offset }))?;
        if !packed {
            self.bytes_read.fetch_add(offset, Ordering::Relaxed);
        }
        self.unpack(Box::new(file), if packed { offset } else { 0 })
    }

    /// A buffered reader over the unpacked bytes, past the first `skip` of them and a byte order mark.
    fn unpack(&self, raw: Box<dyn Read + Send>, skip: u64) -> std::io::Result<Box<dyn BufRead + Send>> {
        let counted = Counted { inner: raw, bytes: self.bytes_read.clone() };
        let mut raw = BufReader::with_capacity(PEEK_BYTES, counted);
        let packed = raw.fill_buf()?.starts_with(&GZIP_MAGIC);
        let mut plain: Box<dyn BufRead + Send> = if packed {
            Box::new(BufReader::with_capacity(PEEK_BYTES, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        if skip > 0 {
            std::io::copy(&mut plain.by_ref().take(skip), &mut std::io::sink())?;
        } else if plain.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
            plain.consume(3);
        }
        Ok(plain)
    }

    /// One resource a line.
    fn lines(
        &mut self,
        name: &Arc<str>,
        reader: &mut dyn BufRead,
        mut mark: Mark,
    ) -> Result<std::io::Result<()>, Stopped> {
        loop {
            let mut line = Vec::new();
            let length = match Read::take(&mut *reader, DOCUMENT_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) => return Ok(Ok(())),
                Ok(length) => length,
                Err(error) => return Ok(Err(error)),
            };
            mark.line += 1;
            mark.offset += length as u64;
            self.next.after = mark;
            if length > DOCUMENT_BYTES_MAX {
                match skip_line(reader) {
                    Ok(more) => mark.offset += more,
                    Err(error) => return Ok(Err(error)),
                }
                self.next.after = mark;
                let reason = format!("the line is longer than {} MiB, the most that is read", DOCUMENT_BYTES_MAX >> 20);
                self.refuse(name, mark.line, reason)?;
            } else if !line.trim_ascii().is_empty() {
                line.truncate(line.trim_ascii_end().len());
                self.push(Item { file: name.clone(), line: mark.line, body: ItemBody::Document(line) })?;
            }
        }
    }

    /// One resource, or a Bundle.
    fn document(
        &mut self,
        name: &Arc<str>,
        reader: &mut dyn BufRead,
        from: Mark,
    ) -> Result<std::io::Result<()>, Stopped> {
        let mut text = Vec::new();
        if let Err(error) = Read::take(&mut *reader, DOCUMENT_BYTES_MAX as u64 + 1).read_to_end(&mut text) {
            return Ok(Err(error));
        }
        if text.len() > DOCUMENT_BYTES_MAX {
            return self.large(name, reader, text, from);
        }
        if text.trim_ascii().is_empty() {
            self.refuse(name, 1, "the file is empty".to_owned())?;
        } else {
            self.next.after = Mark { file: from.file + 1, ..Mark::default() };
            self.push(Item { file: name.clone(), line: 1, body: ItemBody::Document(text) })?;
        }
        Ok(Ok(()))
    }

    /// A document above the limit: read entry by entry if it is a Bundle whose entries stand alone.
    fn large(
        &mut self,
        name: &Arc<str>,
        reader: &mut dyn BufRead,
        text: Vec<u8>,
        from: Mark,
    ) -> Result<std::io::Result<()>, Stopped> {
        let head = scan::head(&text);
        let opened = matches!(head.kind.as_deref(), Some("collection" | "searchset"));
        match head.entries {
            Some(start) if opened && !self.keep_bundles => {
                let window = Window::new(text, start, reader);
                self.entries(name, window, from)
            }
            _ => {
                let reason = format!(
                    "the file is larger than {} MiB; only NDJSON, and Bundles of type collection or searchset that name \
                     their type before their entries, may be larger: split it",
                    DOCUMENT_BYTES_MAX >> 20
                );
                self.refuse(name, 1, reason)?;
                Ok(Ok(()))
            }
        }
    }

    fn entries(&mut self, name: &Arc<str>, mut window: Window<'_>, from: Mark) -> Result<std::io::Result<()>, Stopped> {
        let mut nth = 0;
        loop {
            match window.next() {
                Ok(Next::Entry(line, entry)) => {
                    nth += 1;
                    if nth > from.entry {
                        self.next.after = Mark { entry: nth, ..Mark { file: from.file, ..Mark::default() } };
                        let body = ItemBody::Entry { nth, text: window.text[entry.0..entry.1].to_vec() };
                        self.push(Item { file: name.clone(), line, body })?;
                    }
                }
                Ok(Next::End) => return Ok(Ok(())),
                Ok(Next::Fault(reason)) => {
                    let line = window.line;
                    self.refuse(name, line, format!("after entry {nth}: {reason}; the rest of the file was not read"))?;
                    return Ok(Ok(()));
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn refuse(&mut self, name: &Arc<str>, line: u64, reason: String) -> Flow {
        self.push(Item { file: name.clone(), line, body: ItemBody::Refused(reason) })
    }

    /// Adds an item; the chunk goes off when it is a batch.
    fn push(&mut self, item: Item) -> Flow {
        let bytes = match &item.body {
            ItemBody::Document(text) | ItemBody::Entry { text, .. } => text.len(),
            ItemBody::Refused(reason) => reason.len(),
        };
        // A large document starts a chunk of its own; the place before it is where the chunk so far ends.
        self.next.cost += if bytes > DOCUMENT_BYTES_ALONE { WORK_BYTES_MAX } else { bytes + 256 };
        self.next.items.push(item);
        if self.next.items.len() >= BATCH_RESOURCES_MAX || self.next.cost >= BATCH_BYTES_MAX {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Flow {
        if self.stops.iter().any(StopFlag::is_raised) {
            return Err(Stopped);
        }
        let bytes_read = self.bytes_read.load(Ordering::Relaxed);
        let after = self.next.after;
        let following = Chunk { number: self.next.number + 1, items: Vec::new(), after, bytes_read, cost: 0 };
        let mut chunk = std::mem::replace(&mut self.next, following);
        chunk.bytes_read = bytes_read;
        self.budget.take(chunk.cost);
        self.chunks.send(chunk).map_err(|_| Stopped)
    }
}

const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// Whether the file holds one resource a line: by its name, or because its first line is a whole object.
fn reads_by_lines(name: &str, reader: &mut dyn BufRead) -> bool {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    if plain.ends_with(".ndjson") || plain.ends_with(".jsonl") {
        return true;
    }
    // A read error shows itself again when the document is read.
    let Ok(peek) = reader.fill_buf() else { return false };
    let start = scan::skip_space(peek, 0);
    match scan::skip_value(peek, start) {
        End::At(end) => {
            peek.get(start) == Some(&b'{')
                && !peek[start..end].contains(&b'\n')
                && peek[end..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n')
        }
        _ => false,
    }
}

/// Reads past the end of the line; the bytes passed.
fn skip_line(reader: &mut dyn BufRead) -> std::io::Result<u64> {
    let mut passed = 0;
    loop {
        let block = reader.fill_buf()?;
        let (length, found) = match block.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (block.len(), block.is_empty()),
        };
        reader.consume(length);
        passed += length as u64;
        if found {
            return Ok(passed);
        }
    }
}

/// Counts the bytes of the source as they are read, for the progress.
struct Counted {
    inner: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(out)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
