//! Bodies: what of a resource is not in columns, compressed with a trained dictionary.
//!
//! A plain body is the length of the `meta` part (a varint), that part, and the rest. Each version row names the
//! dictionary it was packed with; dictionaries are rows of the store and are never changed, only added.

use base::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// zstd's level 3: measured as the best ratio that stays under the cost of the index rows.
const LEVEL: i32 = 3;

/// A body in plain bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainBody {
    /// Shared, so that the end of the feed is given out without copies.
    bytes: Arc<[u8]>,
    meta_from: usize,
    rest_from: usize,
}

impl PlainBody {
    pub fn new(meta: &[u8], rest: &[u8]) -> PlainBody {
        let mut bytes = Vec::with_capacity(meta.len() + rest.len() + 3);
        put_varint(&mut bytes, meta.len() as u64);
        let meta_from = bytes.len();
        bytes.extend_from_slice(meta);
        bytes.extend_from_slice(rest);
        PlainBody { meta_from, rest_from: meta_from + meta.len(), bytes: bytes.into() }
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Result<PlainBody> {
        let mut rest = bytes.as_slice();
        let meta_len = take_varint(&mut rest).ok_or_else(damaged)?;
        let meta_from = bytes.len() - rest.len();
        let rest_from =
            usize::try_from(meta_len).ok().and_then(|len| meta_from.checked_add(len)).ok_or_else(damaged)?;
        if rest_from > bytes.len() {
            return Err(damaged());
        }
        Ok(PlainBody { bytes: bytes.into(), meta_from, rest_from })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
    pub fn meta(&self) -> &[u8] {
        &self.bytes[self.meta_from..self.rest_from]
    }
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.rest_from..]
    }
}

fn damaged() -> Error {
    Error::fault("a stored resource is damaged; run `jingluo check` and restore from a backup")
}

/// Packs and unpacks bodies; shared by all threads.
pub struct Packer {
    packs: Mutexes<Compressor<'static>>,
    unpacks: RwLock<HashMap<i64, Arc<Mutexes<Decompressor<'static>>>>>,
    dictionary: i64,
}

/// A few ready workers that threads take and give back.
struct Mutexes<T> {
    idle: std::sync::Mutex<Vec<T>>,
    make: Box<dyn Fn() -> std::io::Result<T> + Send + Sync>,
}

impl<T> Mutexes<T> {
    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Result<R> {
        let idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => (self.make)().map_err(|e| Error::fault(format!("the compressor cannot start: {e}")))?,
        };
        let answer = work(&mut worker);
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(worker);
        Ok(answer)
    }
}

impl Packer {
    /// `dictionaries` are all of the store, by number; the last one packs.
    pub fn new(dictionaries: Vec<(i64, Vec<u8>)>) -> Packer {
        let (number, newest) = dictionaries.last().cloned().unwrap_or_default();
        let packs = if newest.is_empty() {
            Mutexes { idle: Default::default(), make: Box::new(|| Compressor::new(LEVEL)) }
        } else {
            let prepared: &'static EncoderDictionary<'static> =
                Box::leak(Box::new(EncoderDictionary::copy(&newest, LEVEL)));
            Mutexes { idle: Default::default(), make: Box::new(|| Compressor::with_prepared_dictionary(prepared)) }
        };
        let unpacks = dictionaries.into_iter().map(|(number, bytes)| (number, Arc::new(unpacker(&bytes)))).collect();
        Packer { packs, unpacks: RwLock::new(unpacks), dictionary: number }
    }

    /// The number of the dictionary that packs now; 0 is none.
    pub fn dictionary(&self) -> i64 {
        self.dictionary
    }

    pub fn pack(&self, body: &PlainBody) -> Result<Vec<u8>> {
        self.packs
            .with(|compressor| compressor.compress(body.bytes()))?
            .map_err(|e| Error::fault(format!("a body cannot be compressed: {e}")))
    }

    pub fn unpack(&self, dictionary: i64, packed: &[u8]) -> Result<PlainBody> {
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or_else(damaged)?;
        let size = usize::try_from(size).ok().filter(|&size| size <= 2 * base::limits::BODY_BYTES_MAX);
        let size = size.ok_or_else(damaged)?;
        let found = {
            let unpacks = self.unpacks.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            unpacks.get(&dictionary).cloned()
        };
        let unpacks = match found {
            Some(unpacks) => unpacks,
            None if dictionary == 0 => {
                let mut all = self.unpacks.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                all.entry(0).or_insert_with(|| Arc::new(unpacker(&[]))).clone()
            }
            None => return Err(damaged()),
        };
        let bytes = unpacks.with(|decompressor| decompressor.decompress(packed, size))?.map_err(|_| damaged())?;
        PlainBody::from_bytes(bytes)
    }
}

fn unpacker(dictionary: &[u8]) -> Mutexes<Decompressor<'static>> {
    if dictionary.is_empty() {
        return Mutexes { idle: Default::default(), make: Box::new(Decompressor::new) };
    }
    // Dictionaries live as long as the process: a store is opened once, and there are a handful of them.
    let prepared: &'static DecoderDictionary<'static> = Box::leak(Box::new(DecoderDictionary::copy(dictionary)));
    Mutexes { idle: Default::default(), make: Box::new(|| Decompressor::with_prepared_dictionary(prepared)) }
}

/// Appends a number, seven bits a byte, low first.
pub fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number from the front; none at a damaged end.
pub fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for nth in 0..10 {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << (7 * nth);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}
