//! Reads every JSON file of a folder as one FHIR resource and prints what is refused, and how fast it went:
//! `cargo run --release -p fhir --example check_package -- FOLDER`.
#![expect(clippy::print_stdout, reason = "a command")]

use base::Stopwatch;
use fhir::{Limits, parse};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        println!("name the folder");
        return ExitCode::FAILURE;
    };
    let files = match read_all(&folder) {
        Ok(files) => files,
        Err(error) => {
            println!("cannot read `{}`: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let watch = Stopwatch::start();
    fhir::r4();
    println!("definitions loaded in {:?}", watch.elapsed());
    let limits = Limits::default();
    let mut refused = 0;
    for (name, text) in &files {
        if let Err(error) = parse(text, &limits) {
            refused += 1;
            for issue in &error.issues {
                println!("{name}\t{}\t{}\t{}", issue.code, issue.at.as_deref().unwrap_or("-"), issue.text);
            }
        }
    }
    println!("{} read, {} accepted, {refused} refused", files.len(), files.len() - refused);
    let mut seconds = f64::MAX;
    for _ in 0..3 {
        let watch = Stopwatch::start();
        let accepted = files.iter().filter(|(_, text)| parse(text, &limits).is_ok()).count();
        assert_eq!(accepted, files.len() - refused, "parsing the same again gives the same");
        seconds = seconds.min(watch.elapsed().as_secs_f64());
    }
    let megabytes = bytes as f64 / 1e6;
    let files_a_second = files.len() as f64 / seconds;
    println!("{megabytes:.1} MB in {seconds:.3} s: {:.0} MB/s, {files_a_second:.0} files/s", megabytes / seconds);
    ExitCode::SUCCESS
}

fn read_all(folder: &PathBuf) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let resource = name.ends_with(".json") && name != "package.json" && !name.starts_with('.');
        if resource {
            files.push((name, std::fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
