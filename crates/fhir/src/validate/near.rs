//! A known name near a wrong one, for messages.

/// The nearest of `names`, if it is at most two letters (or a third of the word) away.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LETTERS_MAX: usize = 40;
    if wrong.len() > LETTERS_MAX {
        return None;
    }
    let allowed = (wrong.len() / 3).clamp(1, 2);
    let near = names.map(|name| (distance(wrong, name), name)).min()?;
    (near.0 <= allowed).then_some(near.1)
}

/// How many letters have to be put in, taken out, changed or swapped with their neighbour; capitals do not count.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.to_ascii_lowercase().into_bytes(), right.to_ascii_lowercase().into_bytes());
    let width = right.len() + 1;
    let mut rows = vec![0; (left.len() + 1) * width];
    for row in 0..=left.len() {
        for column in 0..width {
            let cell = |row: usize, column: usize| rows[row * width + column];
            rows[row * width + column] = match (row, column) {
                (0, _) => column,
                (_, 0) => row,
                _ => {
                    let changed = usize::from(left[row - 1] != right[column - 1]);
                    let mut least = (cell(row - 1, column) + 1)
                        .min(cell(row, column - 1) + 1)
                        .min(cell(row - 1, column - 1) + changed);
                    let swapped = row > 1
                        && column > 1
                        && left[row - 1] == right[column - 2]
                        && left[row - 2] == right[column - 1];
                    if swapped {
                        least = least.min(cell(row - 2, column - 2) + 1);
                    }
                    least
                }
            };
        }
    }
    rows.last().copied().unwrap_or_default()
}
