//! A grayscale picture as PNG (RFC 2083), eight bits a pixel.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A square picture of `size` × `size` greys with its title as a text chunk.
pub fn png(size: u32, greys: &[u8], title: &str) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&size.to_be_bytes());
    header.extend_from_slice(&size.to_be_bytes());
    // Eight bits, grayscale, deflate, the one family of filters, not interlaced.
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut out = SIGNATURE.to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"tEXt", &[b"Title\0", title.as_bytes()].concat());
    chunk(&mut out, b"IDAT", &deflated(size as usize, greys));
    chunk(&mut out, b"IEND", &[]);
    out
}

/// The rows, each after the number of its filter (none), compressed.
fn deflated(size: usize, greys: &[u8]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(greys.len() + size);
    for row in greys.chunks(size) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail; a picture cut short would be seen by the test that reads it.
    let _ = encoder.write_all(&rows);
    encoder.finish().unwrap_or_default()
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend_from_slice(name);
    out.extend_from_slice(data);
    let mut crc = Crc::new();
    crc.update(&out[start..]);
    out.extend_from_slice(&crc.sum().to_be_bytes());
}
