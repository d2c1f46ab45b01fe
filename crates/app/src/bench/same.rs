//! Whether two servers answer alike: the same resources, by the identifiers that the workload gave them, over all pages,
//! and the same totals.

use super::http::{Connection, Place, on_one_thread};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeSet;

const PAGES_MAX: usize = 2_000;

/// Asks `one` the paths of the first file and `other` those of the second, line by line, up to `count` of them.
pub fn run(one: (&Place, &str), other: (&Place, &str), count: usize) -> anyhow::Result<()> {
    let read = |file: &str| std::fs::read_to_string(file).with_context(|| format!("`{file}` cannot be read"));
    let (left, right) = (read(one.1)?, read(other.1)?);
    if left.lines().count() != right.lines().count() {
        bail!("`{}` and `{}` do not hold the same number of paths", one.1, other.1);
    }
    on_one_thread(compared((one.0, &left), (other.0, &right), count))
}

async fn compared(one: (&Place, &str), other: (&Place, &str), count: usize) -> anyhow::Result<()> {
    let (mut at_one, mut at_other) = (Connection::open(one.0).await?, Connection::open(other.0).await?);
    let (mut asked, mut found) = (0, 0);
    for (path, same) in one.1.lines().zip(other.1.lines()).take(count) {
        let a = all_pages(&mut at_one, path).await?;
        let b = all_pages(&mut at_other, same).await?;
        if a != b {
            let only = |of: &BTreeSet<String>, not: &BTreeSet<String>| -> String {
                of.difference(not).take(5).map(String::as_str).collect::<Vec<_>>().join(" ")
            };
            bail!(
                "the answers differ: `{path}` at {} has {} resources, `{same}` at {} has {}; only the first has {}; only the second has {}",
                one.0.address,
                a.len(),
                other.0.address,
                b.len(),
                only(&a, &b),
                only(&b, &a)
            );
        }
        (asked, found) = (asked + 1, found + a.len());
    }
    if found == 0 {
        bail!("nothing at all is found: there is nothing to compare");
    }
    crate::say::line(&format!("{asked} answers are the same at both, {found} resources in all"));
    Ok(())
}

/// The identifiers of what a read or all pages of a search return; a total must be their number.
async fn all_pages(connection: &mut Connection, path: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut next = if path.contains('?') { format!("{path}&_total=accurate") } else { path.to_owned() };
    let (mut found, mut count, mut total) = (BTreeSet::new(), 0, None);
    for _ in 0..PAGES_MAX {
        let status = connection.get(&next).await?;
        if status != 200 {
            bail!("`{next}` is answered with {status}: {}", connection.text());
        }
        let answer: Value = serde_json::from_slice(connection.content())?;
        if answer["resourceType"] != "Bundle" {
            return Ok(BTreeSet::from([identifier(&answer)?]));
        }
        total = answer["total"].as_u64().or(total);
        for entry in answer["entry"].as_array().into_iter().flatten() {
            if entry["search"]["mode"] == "match" {
                found.insert(identifier(&entry["resource"])?);
                count += 1;
            }
        }
        let links = answer["link"].as_array().into_iter().flatten();
        let Some(link) = links.into_iter().find(|link| link["relation"] == "next") else {
            if found.len() != count || total != Some(count as u64) {
                bail!(
                    "`{path}` returns {count} resources, {} different ones, and tells a total of {total:?}",
                    found.len()
                );
            }
            return Ok(found);
        };
        next = connection.below(link["url"].as_str().unwrap_or_default())?;
    }
    bail!("`{path}` has more than {PAGES_MAX} pages")
}

fn identifier(resource: &Value) -> anyhow::Result<String> {
    let value = resource["identifier"][0]["value"].as_str();
    value.map(str::to_owned).with_context(|| format!("no identifier in {resource}"))
}
