//! The catalogue of `docs/city.md`: every figure that the city is modelled on, its value in the generator, and how it came out.
//! The document is the one place where values and tolerances stand; here they are compared with a generated city.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::{catalogue_care, catalogue_model, catalogue_registrations};

/// A row of the catalogue: | `key` | figure | modelled on | value | tolerance | came out |.
struct Row {
    line: usize,
    key: String,
    value: f64,
    tolerance: f64,
}

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/city.md")
}

/// Cells of a table's line, if it is a row of the catalogue: the first cell is a key with a point or a dash in code type.
fn cells(line: &str) -> Option<Vec<&str>> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let key = cells[0].strip_prefix('`')?.strip_suffix('`')?;
    (cells.len() == 6 && key.contains('.')).then_some(cells)
}

/// The number a cell begins with.
fn number(cell: &str) -> Option<f64> {
    let digits: String = cell.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-')).collect();
    digits.replace(',', "").parse().ok()
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let Some(cells) = cells(line) else { continue };
        let key = cells[0].trim_matches('`').to_owned();
        let value = number(cells[3]).unwrap_or_else(|| panic!("line {}: `{}` is no value", nth + 1, cells[3]));
        let given = cells[4].trim_start_matches("± ");
        let given_number = number(given).unwrap_or_else(|| panic!("line {}: `{}` is no tolerance", nth + 1, cells[4]));
        // `± 10 %` is a share of the value, `± 0.5` stands for itself.
        let tolerance = if given.ends_with('%') { value.abs() * given_number / 100.0 } else { given_number };
        rows.push(Row { line: nth + 1, key, value, tolerance });
    }
    rows
}

fn measured() -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    let measures = [
        catalogue_model::people,
        catalogue_model::places,
        catalogue_model::infections,
        catalogue_care::care,
        catalogue_registrations::errors,
    ];
    // Each measure makes its own city, so they can run side by side.
    let parts: Vec<Vec<(String, f64)>> = std::thread::scope(|scope| {
        let running: Vec<_> = measures.iter().map(|measure| scope.spawn(measure)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for (key, value) in parts.into_iter().flatten() {
        assert!(figures.insert(key.clone(), value).is_none(), "`{key}` is measured twice");
    }
    figures
}

#[test]
fn the_city_is_what_the_catalogue_says() {
    let text = std::fs::read_to_string(document()).unwrap();
    let (rows, figures) = (rows(&text), measured());
    let mut wrong = Vec::new();
    for row in &rows {
        match figures.get(&row.key) {
            None => wrong.push(format!("line {}: nothing measures `{}`", row.line, row.key)),
            Some(found) if (found - row.value).abs() > row.tolerance => {
                wrong.push(format!("line {}: `{}` is {found:.3}, not {}", row.line, row.key, row.value));
            }
            Some(_) => {}
        }
    }
    for key in figures.keys().filter(|key| !rows.iter().any(|row| row.key == **key)) {
        wrong.push(format!("`{key}` = {:.3} is not in the catalogue", figures[key]));
    }
    assert!(wrong.is_empty(), "docs/city.md and the city differ:\n{}", wrong.join("\n"));
}

/// `cargo test -p city --test all catalogue_is_written -- --ignored` fills in how each figure came out.
#[test]
#[ignore = "it writes docs/city.md"]
fn the_catalogue_is_written() {
    let text = std::fs::read_to_string(document()).unwrap();
    let figures = measured();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some(mut cells) = cells(line) else {
            lines.push(line.to_owned());
            continue;
        };
        let found = figures.get(cells[0].trim_matches('`')).copied();
        let came_out = found.map_or("–".to_owned(), shown);
        cells[5] = &came_out;
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    std::fs::write(document(), lines.join("\n") + "\n").unwrap();
}

/// Three digits that count.
fn shown(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
