//! Files of at most 600 lines, functions of at most 70.

use crate::sources::{crates, rust_sources};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn files_and_functions_stay_readable() {
    let mut too_long = Vec::new();
    for (name, text) in crates().iter().flat_map(|name| rust_sources(name)) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES_MAX {
            too_long.push(format!("{name}: {} lines", lines.len()));
        }
        let mut open: Option<(usize, usize)> = None;
        for (nth, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match open {
                None if starts_function(line.trim_start()) && line.trim_end().ends_with(['{', '(']) => {
                    open = Some((nth, indent));
                }
                Some((start, depth)) if indent == depth && line.trim_start().starts_with('}') => {
                    if nth - start > FUNCTION_LINES_MAX {
                        too_long.push(format!("{name}:{}: a function of {} lines", start + 1, nth - start));
                    }
                    open = None;
                }
                _ => {}
            }
        }
    }
    assert!(too_long.is_empty(), "split these:\n{}", too_long.join("\n"));
}

fn starts_function(line: &str) -> bool {
    let mut words = line.split_whitespace().filter(|word| !word.starts_with("pub"));
    words.find(|word| !matches!(*word, "const" | "async" | "unsafe")).is_some_and(|word| word == "fn")
}
