//! One connection that sends requests and waits for each whole answer: plain HTTP/1.1, kept open. It costs the processor
//! as little as a client can, because client and server share the machine.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

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

pub struct Connection<'a> {
    place: &'a Place,
    requests: TcpStream,
    answers: BufReader<TcpStream>,
    head: Vec<u8>,
    line: String,
    /// The last answer.
    pub body: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub fn open(place: &'a Place) -> anyhow::Result<Connection<'a>> {
        let address = &place.address;
        let requests = TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
        requests.set_nodelay(true)?;
        requests.set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))?;
        let answers = BufReader::with_capacity(64 << 10, requests.try_clone()?);
        Ok(Connection { place, requests, answers, head: Vec::new(), line: String::new(), body: Vec::new() })
    }

    /// Gets what lies at `path` under the base; the status.
    pub fn get(&mut self, path: &str) -> anyhow::Result<u16> {
        let Place { address, base, .. } = self.place;
        self.head.clear();
        write!(self.head, "GET {base}{path} HTTP/1.1\r\nHost: {address}\r\n")?;
        self.send(&[])
    }

    /// Posts a Bundle to the base; the status.
    pub fn post(&mut self, bundle: &[u8]) -> anyhow::Result<u16> {
        let Place { address, base, .. } = self.place;
        let path = if base.is_empty() { "/" } else { base };
        self.head.clear();
        write!(
            self.head,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/fhir+json\r\nContent-Length: {}\r\n",
            bundle.len()
        )?;
        self.send(bundle)
    }

    fn send(&mut self, content: &[u8]) -> anyhow::Result<u16> {
        if !self.place.token.is_empty() {
            write!(self.head, "Authorization: Bearer {}\r\n", self.place.token)?;
        }
        self.head.extend_from_slice(b"\r\n");
        self.head.extend_from_slice(content);
        self.requests.write_all(&self.head)?;
        self.answer()
    }

    fn answer(&mut self) -> anyhow::Result<u16> {
        self.next_line()?;
        let Some(status) = self.line.split(' ').nth(1).and_then(|status| status.parse().ok()) else {
            bail!("`{}` is no answer", self.line.trim());
        };
        let (mut length, mut chunked) = (None, false);
        loop {
            self.next_line()?;
            if self.line == "\r\n" {
                break;
            }
            if let Some((name, value)) = self.line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = Some(value.trim().parse::<usize>()?);
                } else if name.eq_ignore_ascii_case("transfer-encoding") {
                    chunked = true;
                }
            }
        }
        self.body.clear();
        if !chunked {
            self.part(length.context("the answer has no length")?)?;
            return Ok(status);
        }
        loop {
            self.next_line()?;
            let size = usize::from_str_radix(self.line.trim(), 16)?;
            self.part(size)?;
            self.next_line()?;
            if size == 0 {
                return Ok(status);
            }
        }
    }

    fn next_line(&mut self) -> anyhow::Result<()> {
        self.line.clear();
        if self.answers.read_line(&mut self.line)? == 0 {
            bail!("{} has closed the connection", self.place.address);
        }
        Ok(())
    }

    fn part(&mut self, bytes: usize) -> anyhow::Result<()> {
        let start = self.body.len();
        self.body.resize(start + bytes, 0);
        self.answers.read_exact(&mut self.body[start..])?;
        Ok(())
    }

    /// The path under the base of an address that the server wrote, such as a link to the next page.
    pub fn below(&self, url: &str) -> anyhow::Result<String> {
        let Place { address, base, .. } = self.place;
        let path = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(address.as_str()));
        let path = path.unwrap_or(url).strip_prefix(base.as_str()).filter(|path| path.starts_with('/'));
        Ok(path.with_context(|| format!("`{url}` does not lead to {address}{base}"))?.to_owned())
    }

    /// The last answer as text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap_or("")
    }
}
