//! Many resources of the kind that the official examples are: each copy has ids and references of its own.

use anyhow::{Context, bail};
use fhir::index::{Target, reference_target};
use fhir::{Limits, Resource, parse};
use std::io::Write as _;

/// Definitions and terminology are left out: a record holds few of them, and they are a hundred times as large.
const LEFT_OUT: [&str; 7] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter", "ConceptMap", "OperationDefinition", "Bundle"];
const BYTES_MAX: usize = 16 << 10;

pub fn run(from: &str, count: usize, out: &str) -> anyhow::Result<()> {
    let mut paths: Vec<_> = std::fs::read_dir(from)
        .with_context(|| format!("`{from}` cannot be read; `make examples` fetches the official examples"))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let mut originals = Vec::new();
    for path in paths {
        let Ok(resource) =
            std::fs::read(&path).map_err(drop).and_then(|bytes| parse(&bytes, &Limits::default()).map_err(drop))
        else {
            continue;
        };
        if !LEFT_OUT.contains(&resource.type_name()) && resource.text_len() < BYTES_MAX && resource.id().is_some() {
            originals.push(resource);
        }
    }
    if originals.is_empty() {
        bail!("`{from}` holds no examples");
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    let mut bytes = 0;
    for nth in 0..count {
        let json = copy(&originals[nth % originals.len()], nth / originals.len());
        file.write_all(&json)?;
        file.write_all(b"\n")?;
        bytes += json.len();
    }
    file.flush()?;
    let kinds = originals.len();
    crate::say::line(&format!(
        "{count} resources from {kinds} examples, {} bytes each on average",
        bytes / count.max(1)
    ));
    Ok(())
}

fn copy(original: &Resource, round: usize) -> Vec<u8> {
    let renamed = original.with_references(&mut |reference| match reference_target(reference) {
        Target::Local { .. } if reference.len() < 50 => {
            Some(format!("{}-{round}", reference.split("/_history").next()?))
        }
        _ => None,
    });
    let id = renamed.id().unwrap_or_default();
    let cut: String = id.chars().take(50).collect();
    renamed.with_id(&format!("{cut}-{round}")).to_json()
}
