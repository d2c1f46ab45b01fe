//! The client's side of a connection as the owner reads it: standard input as a stream, and the wish to stop.

use super::protocol::{Frame, receive};
use base::StopFlag;
use std::io::{BufRead, Error, ErrorKind, Read, Result};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of one frame.
pub const FRAME_BYTES_MAX: usize = 256 << 10;
/// Frames that wait for the import.
const FRAMES_WAITING_MAX: usize = 4;

enum Part {
    Bytes(Vec<u8>),
    End,
}

/// Standard input of the client.
pub struct Input {
    parts: Receiver<Part>,
    part: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.at == self.part.len() && !self.ended {
            match self.parts.recv() {
                Ok(Part::Bytes(part)) => (self.part, self.at) = (part, 0),
                Ok(Part::End) => self.ended = true,
                Err(_) => return Err(Error::new(ErrorKind::UnexpectedEof, "the command was ended before its input")),
            }
        }
        let length = out.len().min(self.part.len() - self.at);
        out[..length].copy_from_slice(&self.part[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Follows a client on a thread of its own until it leaves; then, or when it says so, the flag is raised.
pub fn follow(mut client: std::io::BufReader<UnixStream>, stop: StopFlag) -> Input {
    let (sender, parts) = sync_channel(FRAMES_WAITING_MAX);
    std::thread::spawn(move || {
        // Whatever ends the stream, its client is gone.
        let _ = read_frames(&mut client, &sender);
        stop.raise();
    });
    Input { parts, part: Vec::new(), at: 0, ended: false }
}

fn read_frames(client: &mut dyn BufRead, sender: &SyncSender<Part>) -> anyhow::Result<()> {
    while let Some(frame) = receive::<Frame>(client)? {
        match frame {
            Frame::Bytes(length) => {
                let mut bytes = vec![0; length.min(FRAME_BYTES_MAX)];
                client.read_exact(&mut bytes)?;
                sender.send(Part::Bytes(bytes))?;
            }
            Frame::End => sender.send(Part::End)?,
            Frame::Stop => return Ok(()),
        }
    }
    Ok(())
}
