//! One connection that sends requests and waits for each whole answer: plain HTTP/1.1, kept open. All connections live on
//! one thread: client and server share the machine, and waking a thread for each answer would cost the server as much as
//! many an answer does.

use anyhow::{Context, bail};
use std::io::Write;
use std::ops::Range;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ANSWER_SECONDS_MAX: u64 = 600;

/// Where a server's API lies, and as whom it is asked.
#[derive(Clone, Debug)]
pub struct Place {
    /// Host and port.
    pub address: String,
    /// What comes before each path, such as `/fhir`.
    pub base: String,
    /// Empty: nobody in particular.
    pub token: String,
}

impl Place {
    /// From an address such as `http://127.0.0.1:8080/fhir`.
    pub fn of(url: &str, token: &str) -> anyhow::Result<Place> {
        let rest = url.strip_prefix("http://").with_context(|| format!("`{url}` does not start with http://"))?;
        let (address, base) = rest.split_once('/').map_or((rest, String::new()), |(at, path)| (at, format!("/{path}")));
        Ok(Place { address: address.to_owned(), base: base.trim_end_matches('/').to_owned(), token: token.to_owned() })
    }

    /// The lines that every request to it has.
    fn lines(&self) -> String {
        let host = format!("Host: {}\r\n", self.address);
        if self.token.is_empty() { host } else { format!("{host}Authorization: Bearer {}\r\n", self.token) }
    }
}

/// Runs the clients of a measurement on this thread.
pub fn on_one_thread<T>(clients: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?.block_on(clients)
}

pub struct Connection {
    place: Place,
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// Where the content of the last answer stands in it.
    content: Range<usize>,
    /// The content, where it came in chunks.
    joined: Vec<u8>,
    /// What of a GET comes before the path, and after it.
    get: [Vec<u8>; 2],
}

impl Connection {
    pub async fn open(place: &Place) -> anyhow::Result<Connection> {
        let Place { address, base, .. } = place;
        let stream = TcpStream::connect(address).await.with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        let get = [format!("GET {base}").into_bytes(), format!(" HTTP/1.1\r\n{}\r\n", place.lines()).into_bytes()];
        let (request, answer) = (Vec::new(), Vec::with_capacity(256 << 10));
        Ok(Connection { place: place.clone(), stream, request, answer, content: 0..0, joined: Vec::new(), get })
    }

    /// Gets what lies at `path` under the base; the status.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<u16> {
        in_time(Duration::ZERO, self.get_unwatched(path)).await
    }

    /// The same without a timer of its own, for whom a timer costs too much and who sets a limit to the whole.
    pub async fn get_unwatched(&mut self, path: &str) -> anyhow::Result<u16> {
        self.request.clear();
        self.request.extend_from_slice(&self.get[0]);
        self.request.extend_from_slice(path.as_bytes());
        self.request.extend_from_slice(&self.get[1]);
        self.exchange().await
    }

    /// Posts a Bundle to the base; the status.
    pub async fn post(&mut self, bundle: &[u8]) -> anyhow::Result<u16> {
        let path = if self.place.base.is_empty() { "/" } else { &self.place.base };
        let (lines, length) = (self.place.lines(), bundle.len());
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\n{lines}Content-Type: application/fhir+json\r\nContent-Length: {length}\r\n\r\n"
        )?;
        self.request.extend_from_slice(bundle);
        in_time(Duration::ZERO, self.exchange()).await
    }

    async fn exchange(&mut self) -> anyhow::Result<u16> {
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        self.joined.clear();
        let head = loop {
            if let Some(head) = read_head(&self.answer)? {
                break head;
            }
            self.more().await?;
        };
        let Some(length) = head.length else {
            self.read_chunks(head.end).await?;
            return Ok(head.status);
        };
        while self.answer.len() < head.end + length {
            self.more().await?;
        }
        self.content = head.end..head.end + length;
        Ok(head.status)
    }

    async fn read_chunks(&mut self, mut at: usize) -> anyhow::Result<()> {
        loop {
            let line = loop {
                if let Some(end) = self.answer[at..].windows(2).position(|two| two == b"\r\n") {
                    break end;
                }
                self.more().await?;
            };
            let size = usize::from_str_radix(str::from_utf8(&self.answer[at..at + line])?.trim(), 16)?;
            let start = at + line + 2;
            while self.answer.len() < start + size + 2 {
                self.more().await?;
            }
            self.joined.extend_from_slice(&self.answer[start..start + size]);
            at = start + size + 2;
            if size == 0 {
                return Ok(());
            }
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.answer).await? == 0 {
            bail!("{} has closed the connection", self.place.address);
        }
        Ok(())
    }

    /// The content of the last answer.
    pub fn content(&self) -> &[u8] {
        if self.joined.is_empty() { self.answer.get(self.content.clone()).unwrap_or_default() } else { &self.joined }
    }

    /// The same as text.
    pub fn text(&self) -> &str {
        str::from_utf8(self.content()).unwrap_or("")
    }

    /// The path under the base of an address that the server wrote, such as a link to the next page.
    pub fn below(&self, url: &str) -> anyhow::Result<String> {
        let Place { address, base, .. } = &self.place;
        let path = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(address.as_str()));
        let path = path.unwrap_or(url).strip_prefix(base.as_str()).filter(|path| path.starts_with('/'));
        Ok(path.with_context(|| format!("`{url}` does not lead to {address}{base}"))?.to_owned())
    }
}

/// What is still not answered so long after `until` is an error: longer than any answer that a measurement waits for.
pub async fn in_time<T>(until: Duration, answer: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    timeout(until + Duration::from_secs(ANSWER_SECONDS_MAX), answer).await.context("no answer for too long")?
}

struct Head {
    status: u16,
    /// None: the content comes in chunks.
    length: Option<usize>,
    /// Where the content begins.
    end: usize,
}

/// None while it has not come whole. Of its lines only those are read that tell how long the content is.
fn read_head(answer: &[u8]) -> anyhow::Result<Option<Head>> {
    let (mut at, mut status, mut length, mut chunked) = (0, None, None, false);
    while let Some(size) = answer[at..].iter().position(|byte| *byte == b'\n') {
        let line = answer[at..at + size].trim_ascii_end();
        at += size + 1;
        if line.is_empty() {
            if length.is_none() && !chunked {
                bail!("the answer has no length");
            }
            let status = status.context("the answer has no status")?;
            return Ok(Some(Head { status, length: length.filter(|_| !chunked), end: at }));
        }
        if status.is_none() {
            status = Some(read_status(line)?);
        } else if let Some(value) = value_of(line, b"content-length:") {
            length = Some(str::from_utf8(value)?.trim().parse()?);
        } else if value_of(line, b"transfer-encoding:").is_some() {
            chunked = true;
        }
    }
    Ok(None)
}

/// Of a line such as `HTTP/1.1 200 OK`.
fn read_status(line: &[u8]) -> anyhow::Result<u16> {
    let line = str::from_utf8(line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.with_context(|| format!("`{line}` is no answer"))
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::read_head;

    #[test]
    fn a_head_tells_status_and_length() {
        let answer = b"HTTP/1.1 201 Created\r\netag: W/\"1\"\r\nCONTENT-LENGTH:  12 \r\n\r\n{}";
        for length in 0..answer.len() - 2 {
            assert!(read_head(&answer[..length]).unwrap().is_none(), "whole after {length} bytes");
        }
        let head = read_head(answer).unwrap().unwrap();
        assert_eq!((head.status, head.length, head.end), (201, Some(12), answer.len() - 2));
        let chunked = read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap().unwrap();
        assert_eq!((chunked.status, chunked.length), (200, None));
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(read_head(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }
}
