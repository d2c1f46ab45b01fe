//! Trains the dictionary that bodies are packed with: `cargo run --release -p store --example train_dictionary -- OUT PATH…`
//!
//! A PATH is a JSON or NDJSON file or a folder of them. Definitions and terminology are left out: they are few in a
//! record, and the dictionary should know what institutions send. A dictionary once released is never changed; a better
//! one gets the next number.

use std::path::{Path, PathBuf};

const DICTIONARY_BYTES: usize = 110 << 10;
/// Larger resources pack well without a dictionary.
const SAMPLE_BYTES_MAX: usize = 16 << 10;
const LEFT_OUT: [&str; 6] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "ConceptMap", "OperationDefinition"];

fn main() {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let out = args.next().expect("usage: train_dictionary OUT PATH…");
    let mut samples = Vec::new();
    args.for_each(|path| gather(&path, &mut samples));
    let bytes: usize = samples.iter().map(Vec::len).sum();
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES).expect("there are enough samples");
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).expect("the dictionary is sound");
    let packed: usize = samples.iter().map(|sample| compressor.compress(sample).expect("it packs").len()).sum();
    std::fs::write(&out, &dictionary).expect("the dictionary can be written");
    eprintln!(
        "{} samples, {} bytes each, {} packed; dictionary of {} bytes",
        samples.len(),
        bytes / samples.len(),
        packed / samples.len(),
        dictionary.len()
    );
}

fn gather(path: &Path, samples: &mut Vec<Vec<u8>>) {
    if path.is_dir() {
        let mut inside: Vec<_> =
            std::fs::read_dir(path).expect("a folder").flatten().map(|entry| entry.path()).collect();
        inside.sort();
        return inside.iter().for_each(|path| gather(path, samples));
    }
    let Ok(text) = std::fs::read(path) else { return };
    let ndjson = path.extension().is_some_and(|ending| ending == "ndjson");
    let documents: Vec<&[u8]> = if ndjson { text.split(|&byte| byte == b'\n').collect() } else { vec![&text] };
    for document in documents {
        let Ok(resource) = fhir::parse(document, &fhir::Limits::default()) else { continue };
        let body = resource.body();
        if !LEFT_OUT.contains(&resource.type_name()) && body.rest.len() < SAMPLE_BYTES_MAX {
            // The same form that the store packs: the length of the meta part comes first.
            let mut sample = vec![body.meta.len() as u8];
            sample.extend_from_slice(&body.meta);
            sample.extend_from_slice(&body.rest);
            samples.push(sample);
        }
    }
}
