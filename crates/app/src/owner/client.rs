//! A command that talks to the owner of the folder.

use super::input::FRAME_BYTES_MAX;
use super::protocol::{Ask, Frame, Told, send};
use anyhow::{Context, bail};
use base::StopFlag;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const STOP_LOOKED_AT_EVERY: Duration = Duration::from_millis(50);

/// Sends the ask, and standard input where it wants it, and passes on what the owner tells.
pub fn talk(stream: UnixStream, ask: &Ask, stop: &StopFlag, tell: &(dyn Fn(Told) + Sync)) -> anyhow::Result<Value> {
    let writer = Arc::new(Mutex::new(stream.try_clone()?));
    send(&mut &stream, ask).context("the owner of the folder went away")?;
    if matches!(ask, Ask::Import { paths, .. } if paths.iter().any(|(_, path)| path == "-")) {
        let writer = writer.clone();
        // It may wait for the terminal for ever; it ends with the process.
        std::thread::spawn(move || send_input(&writer));
    }
    let stop = stop.clone();
    std::thread::spawn(move || {
        while !stop.is_raised() {
            std::thread::sleep(STOP_LOOKED_AT_EVERY);
        }
        let _ = send(&mut *writer.lock().unwrap_or_else(PoisonError::into_inner), &Frame::Stop);
    });
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line.context("the owner of the folder went away")?)? {
            Told::Done(value) => return Ok(value),
            Told::Failed(text) => bail!(text),
            told => tell(told),
        }
    }
    bail!("the owner of the folder ended before the command did; run it again")
}

/// Sends standard input in frames. An owner that has gone is noticed by the reader of its answers.
fn send_input(writer: &Mutex<UnixStream>) {
    let (mut input, mut block) = (std::io::stdin().lock(), vec![0; FRAME_BYTES_MAX]);
    loop {
        let length = match input.read(&mut block) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut to = writer.lock().unwrap_or_else(PoisonError::into_inner);
        if length == 0 {
            let _ = send(&mut *to, &Frame::End);
            return;
        }
        if send(&mut *to, &Frame::Bytes(length)).and_then(|()| Ok(to.write_all(&block[..length])?)).is_err() {
            return;
        }
    }
}
