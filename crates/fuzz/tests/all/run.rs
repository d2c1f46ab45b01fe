//! How long a target is fuzzed, and what is left behind of an input that broke a rule.

use fuzz::{Target, Until, line_of, run};
use std::path::Path;
use std::time::Duration;

/// Minutes for all targets together, of which two run at a time; without it each runs for a bounded number of inputs.
const MINUTES: &str = "JINGLUO_FUZZ_MINUTES";
/// Another number is another run.
const SEED: &str = "JINGLUO_FUZZ_SEED";
const TARGETS: u64 = 7;
/// Mebibytes that the whole process may ever have held.
const MEMORY_MIB_MAX: u64 = 3_072;

/// Fuzzes a target: `inputs` in an ordinary test, else its part of the minutes.
pub fn fuzz(mut target: Target<'_>, inputs: u64) {
    let until = match number(MINUTES) {
        Some(minutes) => Until::Time(Duration::from_secs(minutes * 60 * 2 / TARGETS)),
        None => Until::Inputs(inputs),
    };
    let seed = number(SEED).unwrap_or(1);
    match run(&mut target, seed, until) {
        // Shown by `--nocapture`, as in `make fuzz`.
        Ok(report) => eprintln!("fuzz {}: {} inputs, {} ways to answer", target.name, report.inputs, report.ways),
        Err(broken) => {
            let line = line_of(&broken.input);
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
            let file = folder.join(format!("{}-{seed}-{}.txt", target.name, broken.nth));
            let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &broken.input));
            let place = kept.map_or_else(|error| error.to_string(), |()| file.display().to_string());
            panic!(
                "{} broke on input {} of seed {seed} ({place}): {}\n{line:.2000}",
                target.name, broken.nth, broken.why
            );
        }
    }
    if let Some(mib) = memory_mib() {
        assert!(mib < MEMORY_MIB_MAX, "{} took {mib} MiB", target.name);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own setting")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The most memory that this process has held, where the machine tells.
fn memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
