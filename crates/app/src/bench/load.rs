//! A simple closed-loop load over plain HTTP/1.1: each client sends, waits for the whole answer, sends again.

use anyhow::{Context, bail};
use base::Stopwatch;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub struct Load {
    pub url: String,
    pub token: String,
    pub clients: usize,
    pub seconds: u64,
}

pub fn run(load: &Load, paths_file: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(paths_file).with_context(|| format!("`{paths_file}` cannot be read"))?;
    let paths: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    if paths.is_empty() {
        bail!("`{paths_file}` holds no paths");
    }
    let address = load.url.strip_prefix("http://").context("the address starts with http://")?;
    let started = Stopwatch::start();
    let clients = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..load.clients)
            .map(|nth| {
                let paths = &paths;
                scope.spawn(move || client(address, load, paths, nth))
            })
            .collect();
        runs.into_iter().map(|run| run.join().map_err(|_| anyhow::anyhow!("a client failed"))?).collect::<Vec<_>>()
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut micros = Vec::new();
    for client in clients {
        micros.extend(client?);
    }
    micros.sort_unstable();
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or(0) as f64 / 1_000.0;
    crate::say::line(&format!(
        "{:.0} requests/s, {} clients, median {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, {} requests",
        micros.len() as f64 / seconds,
        load.clients,
        at(0.5),
        at(0.95),
        at(0.99),
        micros.len()
    ));
    Ok(())
}

/// The duration of each request in microseconds.
fn client(address: &str, load: &Load, paths: &[&str], nth: usize) -> anyhow::Result<Vec<u32>> {
    let stream = TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::with_capacity(64 << 10, stream.try_clone()?);
    let mut requests = stream;
    let (until, whole) = (Duration::from_secs(load.seconds), Stopwatch::start());
    let mut micros = Vec::new();
    let mut next = nth * 7_919;
    let mut body = Vec::new();
    while whole.elapsed() < until {
        let path = paths[next % paths.len()];
        next += 1;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n", load.token);
        let one = Stopwatch::start();
        requests.write_all(request.as_bytes())?;
        answer(&mut answers, &mut body, path)?;
        micros.push(u32::try_from(one.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(micros)
}

fn answer(from: &mut BufReader<TcpStream>, body: &mut Vec<u8>, path: &str) -> anyhow::Result<()> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        bail!("`{path}` is answered with `{}`", line.trim());
    }
    let mut length = None;
    loop {
        line.clear();
        from.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let length = length.with_context(|| format!("the answer to `{path}` has no length"))?;
    body.resize(length, 0);
    from.read_exact(body)?;
    Ok(())
}
