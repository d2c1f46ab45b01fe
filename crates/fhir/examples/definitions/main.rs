//! Writes `crates/fhir/data/r4.txt` from the npm package `hl7.fhir.r4.examples` 4.0.1:
//! `cargo run --release -p fhir --example definitions -- PACKAGE_DIR`.

mod package;
mod search;
mod structure;
mod valuesets;

use fhir::definitions::{SEARCH_MARK, Structure};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(message) => {
            eprintln!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let package_dir = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the folder of the package")?;
    let package = package::Package::read(&package_dir)?;
    let mut table = String::from(
        "# FHIR R4 4.0.1, written by the example `definitions` of this crate from hl7.fhir.r4.examples 4.0.1; do not edit.\n\
         # The lines are explained in src/definitions/load.rs and src/definitions/search.rs.\n",
    );
    structure::write(&package, &mut table)?;
    // The search half looks elements up, so it gets the structures as the library will read them.
    let structure = Structure::load(Box::leak(table.clone().into_boxed_str()));
    table.push_str(SEARCH_MARK);
    search::write(&package_dir, &structure, &mut table)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/r4.txt");
    std::fs::write(&path, &table).map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    Ok(format!("wrote {} bytes", table.len()))
}
