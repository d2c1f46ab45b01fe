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

/// Longer than the slowest answer that a measurement waits for.
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
}

impl Connection {
    pub async fn open(place: &Place) -> anyhow::Result<Connection> {
        let address = &place.address;
        let stream = TcpStream::connect(address).await.with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        let (request, answer) = (Vec::new(), Vec::with_capacity(256 << 10));
        Ok(Connection { place: place.clone(), stream, request, answer, content: 0..0, joined: Vec::new() })
    }

    /// Gets what lies at `path` under the base; the status.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<u16> {
        let Place { address, base, .. } = &self.place;
        self.request.clear();
        write!(self.request, "GET {base}{path} HTTP/1.1\r\nHost: {address}\r\n")?;
        self.send(&[]).await
    }

    /// Posts a Bundle to the base; the status.
    pub async fn post(&mut self, bundle: &[u8]) -> anyhow::Result<u16> {
        let Place { address, base, .. } = &self.place;
        let path = if base.is_empty() { "/" } else { base };
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\n",
            bundle.len()
        )?;
        self.send(bundle).await
    }

    async fn send(&mut self, content: &[u8]) -> anyhow::Result<u16> {
        if !self.place.token.is_empty() {
            write!(self.request, "Authorization: Bearer {}\r\n", self.place.token)?;
        }
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(content);
        let exchange = async {
            self.stream.write_all(&self.request).await?;
            self.answer.clear();
            self.joined.clear();
            self.read_answer().await
        };
        timeout(Duration::from_secs(ANSWER_SECONDS_MAX), exchange).await.context("no answer for too long")?
    }

    async fn read_answer(&mut self) -> anyhow::Result<u16> {
        let head = loop {
            if let Some(end) = end_of_head(&self.answer) {
                break end;
            }
            self.more().await?;
        };
        let (status, length) = read_head(&self.answer[..head])?;
        let Some(length) = length else {
            self.read_chunks(head).await?;
            return Ok(status);
        };
        while self.answer.len() < head + length {
            self.more().await?;
        }
        self.content = head..head + length;
        Ok(status)
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

fn end_of_head(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The status and, unless the content comes in chunks, its length.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, Option<usize>)> {
    let mut lines = str::from_utf8(head)?.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let Some(status) = first.split(' ').nth(1).and_then(|status| status.parse().ok()) else {
        bail!("`{first}` is no answer");
    };
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse()?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok((status, None));
        }
    }
    length.map(|length| (status, Some(length))).context("the answer has no length")
}
