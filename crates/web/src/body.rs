//! Request bodies: bounded in size while they stream in, in time, and in how many are held at once.

use crate::answer::Failure;
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use base::limits::BODY_BYTES_MAX;
use base::{Error, Stopwatch};
use flate2::write::GzDecoder;
use http_body_util::BodyExt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Up to here a body is small: it never waits for a large one.
const SMALL_BYTES_MAX: usize = 1 << 20;
/// What of a body is read before it has a place, so that a place is not held for bytes that never come. The limit on
/// connections bounds it.
const START_BYTES_MAX: usize = 16 << 10;
/// Bytes of small and of large bodies that are held at once, from their place to the end of their work.
const SMALL_BYTES_HELD_MAX: usize = 64 << 20;
const LARGE_BYTES_HELD_MAX: usize = 2 * BODY_BYTES_MAX;
/// Seconds that a body waits for its place, that a client may be silent, and that a whole body may take.
const PLACE_SECONDS_MAX: u64 = 20;
const SILENCE_SECONDS_MAX: u64 = 10;
const BODY_SECONDS_MAX: u64 = 300;
/// A client that sends slower than this, after a start of ten seconds, is given up.
const BYTES_PER_SECOND_MIN: u64 = 16 << 10;
const START_SECONDS: u64 = 10;
/// What is read and thrown away of a body that is too large, so that its sender reads the answer.
const DRAINED_BYTES_MAX: usize = 1 << 30;
const DRAIN_SECONDS_MAX: u64 = 60;
/// What is read of the body of a refused request before its connection is given up.
const REFUSED_BYTES_MAX: usize = 256 << 10;
const REFUSED_SECONDS_MAX: u64 = 2;
const KIB: usize = 1024;

/// Places for the bodies of all requests.
pub struct Bodies {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Bodies {
        Bodies {
            small: Arc::new(Semaphore::new(SMALL_BYTES_HELD_MAX / KIB)),
            large: Arc::new(Semaphore::new(LARGE_BYTES_HELD_MAX / KIB)),
        }
    }
}

/// A whole body. It keeps its place until it is dropped, so keep it until its work is done.
pub struct Whole {
    pub bytes: Vec<u8>,
    /// None where all of it came before it needed one.
    _place: Option<OwnedSemaphorePermit>,
}

/// Which content types are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// JSON, as FHIR names it or plainly.
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `text/csv` in whatever encoding: its reader tells.
    Csv,
}

/// Reads the whole body, inflated where it is packed with gzip.
pub async fn read(bodies: &Bodies, headers: &HeaderMap, mut body: Body, accepts: Accepts) -> Result<Whole, Failure> {
    let packed = match check_type(headers, accepts).and_then(|()| is_packed(headers)) {
        Ok(packed) => packed,
        Err(failure) => return Err(refused(&mut body, failure).await),
    };
    let declared = headers.get(CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|declared| declared > BODY_BYTES_MAX) {
        if !headers.contains_key(EXPECT) {
            drain(&mut body).await;
        }
        return Err(too_large());
    }
    let known = declared.filter(|_| !packed);
    let start = start(&mut body).await?;
    if start.ended && !packed {
        return Ok(Whole { bytes: start.bytes, _place: None });
    }
    let place = bodies.place(known.unwrap_or(SMALL_BYTES_MAX)).await?;
    let sink = Sink::new(packed, known.unwrap_or(8 * KIB).min(SMALL_BYTES_MAX));
    rest(bodies, body, start, place, sink).await
}

/// The first bytes of a body, as they came.
struct Start {
    bytes: Vec<u8>,
    ended: bool,
}

async fn start(body: &mut Body) -> Result<Start, Failure> {
    let mut bytes = Vec::new();
    let watch = Stopwatch::start();
    while bytes.len() <= START_BYTES_MAX {
        let Some(chunk) = next_chunk(body).await? else { return Ok(Start { bytes, ended: true }) };
        bytes.extend_from_slice(&chunk);
        check_pace(&watch, bytes.len())?;
    }
    Ok(Start { bytes, ended: false })
}

/// Reads on after the start, now that the body has a place.
async fn rest(
    bodies: &Bodies,
    mut body: Body,
    start: Start,
    mut place: OwnedSemaphorePermit,
    mut sink: Sink,
) -> Result<Whole, Failure> {
    let mut arrived = start.bytes.len();
    let mut chunk = Some(Bytes::from(start.bytes));
    // The wait for a place is not the client's.
    let mut watch = Stopwatch::start();
    while let Some(bytes) = chunk {
        if sink.write(&bytes).is_err() {
            return Err(sink.refusal(&mut body).await);
        }
        if place.num_permits() <= SMALL_BYTES_MAX / KIB && sink.held() > SMALL_BYTES_MAX {
            place = bodies.place(BODY_BYTES_MAX).await?;
            watch = Stopwatch::start();
        }
        chunk = if start.ended { None } else { next_chunk(&mut body).await? };
        arrived += chunk.as_ref().map_or(0, Bytes::len);
        check_pace(&watch, arrived)?;
    }
    match sink.finish() {
        Ok(bytes) => Ok(Whole { bytes, _place: Some(place) }),
        Err(_) => Err(Error::invalid("the body is not whole gzip data, though `Content-Encoding` says so").into()),
    }
}

impl Bodies {
    async fn place(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
        let pool = if bytes > SMALL_BYTES_MAX { &self.large } else { &self.small };
        let permits = u32::try_from(bytes.div_ceil(KIB).max(1)).unwrap_or(u32::MAX);
        match timeout(Duration::from_secs(PLACE_SECONDS_MAX), pool.clone().acquire_many_owned(permits)).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Error::busy("too many large bodies are being worked on; send this one again in a moment").into()),
        }
    }
}

/// Where a body goes: bytes as they are, or inflated, with the same bound.
enum Sink {
    Plain(Bounded),
    Packed(Box<GzDecoder<Bounded>>),
}

struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BODY_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn new(packed: bool, capacity: usize) -> Sink {
        let bounded = Bounded(Vec::with_capacity(capacity));
        if packed { Sink::Packed(Box::new(GzDecoder::new(bounded))) } else { Sink::Plain(bounded) }
    }

    fn write(&mut self, chunk: &Bytes) -> io::Result<()> {
        match self {
            Sink::Plain(bounded) => bounded.write_all(chunk),
            Sink::Packed(decoder) => decoder.write_all(chunk),
        }
    }

    fn held(&self) -> usize {
        match self {
            Sink::Plain(bounded) => bounded.0.len(),
            Sink::Packed(decoder) => decoder.get_ref().0.len(),
        }
    }

    /// Why a chunk was not taken: the body is too large, or is no gzip.
    async fn refusal(self, body: &mut Body) -> Failure {
        let packed = matches!(self, Sink::Packed(_));
        let full = self.held() + 64 * KIB > BODY_BYTES_MAX;
        drop(self);
        drain(body).await;
        if packed && !full {
            return Error::invalid("the body is not gzip data, though `Content-Encoding` says so").into();
        }
        too_large()
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Sink::Plain(bounded) => Ok(bounded.0),
            Sink::Packed(decoder) => decoder.finish().map(|bounded| bounded.0),
        }
    }
}

async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, Failure> {
    loop {
        let frame = timeout(Duration::from_secs(SILENCE_SECONDS_MAX), body.frame()).await;
        match frame {
            Err(_) => return Err(Failure::slow("the body stopped coming; send it again on a better line")),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Error::invalid("the body broke off before its end").into()),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(chunk) => return Ok(Some(chunk)),
                // Trailers say nothing here.
                Err(_) => continue,
            },
        }
    }
}

fn check_pace(watch: &Stopwatch, arrived: usize) -> Result<(), Failure> {
    let seconds = watch.elapsed().as_secs();
    let due = START_SECONDS + arrived as u64 / BYTES_PER_SECOND_MIN;
    if seconds > due.min(BODY_SECONDS_MAX) {
        return Err(Failure::slow("the body came too slowly; send it packed with gzip or in smaller parts"));
    }
    Ok(())
}

/// A refusal that was decided before the body was read. A small body is read to its end, so that the connection can go
/// on; after any other the connection is closed, and the answer says so.
pub async fn refused(body: &mut Body, failure: Failure) -> Failure {
    let to_its_end = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = next_chunk(body).await {
            read += chunk.len();
            if read > REFUSED_BYTES_MAX {
                return false;
            }
        }
        true
    };
    match timeout(Duration::from_secs(REFUSED_SECONDS_MAX), to_its_end).await {
        Ok(true) => failure,
        _ => failure.header(CONNECTION, axum::http::HeaderValue::from_static("close")),
    }
}

/// Reads on without keeping anything, so that the client comes to read the answer.
pub async fn drain(body: &mut Body) {
    let mut drained = 0;
    let reading = async {
        while let Ok(Some(chunk)) = next_chunk(body).await {
            drained += chunk.len();
            if drained > DRAINED_BYTES_MAX {
                break;
            }
        }
    };
    // Either way the answer follows and the connection is closed.
    let _ended = timeout(Duration::from_secs(DRAIN_SECONDS_MAX), reading).await;
}

fn too_large() -> Failure {
    let text = format!(
        "the body is larger than `{BODY_BYTES_MAX}` bytes; send it in parts, or bring large files in with `jingluo import`"
    );
    Failure::from(Error::too_costly(text)).header(CONNECTION, axum::http::HeaderValue::from_static("close"))
}

fn check_type(headers: &HeaderMap, accepts: Accepts) -> Result<(), Failure> {
    let Some(sent) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let sent = sent.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = sent.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let fits = match accepts {
        Accepts::Json => matches!(media, "application/fhir+json" | "application/json" | "text/json"),
        Accepts::Form => media == "application/x-www-form-urlencoded",
        // Browsers name a CSV file after the office program that is installed.
        Accepts::Csv => matches!(media, "text/csv" | "application/vnd.ms-excel" | "application/octet-stream"),
    };
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    if fits && accepts == Accepts::Csv {
        return Ok(());
    }
    if fits && charset.is_none_or(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii")) {
        return Ok(());
    }
    Err(Failure::media_type(match accepts {
        Accepts::Json => "the body has to be JSON in UTF-8; send it with `Content-Type: application/fhir+json`",
        Accepts::Form => "the body has to be a form; send it with `Content-Type: application/x-www-form-urlencoded`",
        Accepts::Csv => "the body has to be a CSV file; send it with `Content-Type: text/csv`",
    }))
}

fn is_packed(headers: &HeaderMap) -> Result<bool, Failure> {
    match headers.get(CONTENT_ENCODING).map(|text| text.to_str().unwrap_or_default().trim().to_ascii_lowercase()) {
        None => Ok(false),
        Some(encoding) if encoding.is_empty() || encoding == "identity" => Ok(false),
        Some(encoding) if encoding == "gzip" || encoding == "x-gzip" => Ok(true),
        Some(_) => Err(Failure::media_type("the body is packed in a way that is not read; use gzip or send it plain")),
    }
}
