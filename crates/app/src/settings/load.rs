//! Where values come from: the file `jingluo.conf` in the data folder, then the environment, then the command line; the
//! later wins. What no setting is named after is an error, so that a misspelt name is noticed.

use super::{Settings, Values};
use anyhow::{Context, bail};
use std::path::Path;

const FILE: &str = "jingluo.conf";
const PREFIX: &str = "JINGLUO_";

/// Loads the settings for a data folder. `given` are those of the command line.
pub fn load(dir: Option<&Path>, given: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let mut values = Values::default();
    if let Some(dir) = dir {
        let path = dir.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => file(&mut values, &text, &path.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
        }
    }
    environment(&mut values)?;
    for (name, value) in given {
        values.set(name, value, "the command line")?;
    }
    values.check()
}

fn environment(values: &mut Values) -> anyhow::Result<()> {
    for (key, value) in std::env::vars_os() {
        // A name or a value that is no UTF-8 is not ours, unless it carries our prefix.
        let (key, value) = (key.to_string_lossy().into_owned(), value.to_string_lossy().into_owned());
        if let Some(name) = key.strip_prefix(PREFIX) {
            values.set(&name.to_lowercase(), &value, &format!("environment variable `{key}`"))?;
        }
    }
    Ok(())
}

/// Lines `name = value`; `#` starts a comment line; a value may stand in double quotes.
fn file(values: &mut Values, text: &str, path: &str) -> anyhow::Result<()> {
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!("line {number} of `{path}` is not of the form `name = value`");
        };
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
        values.set(name.trim(), value, &format!("line {number} of `{path}`"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_file() {
        let mut values = Values::default();
        file(&mut values, "# ours\nlisten = \"0.0.0.0:80\"\n\nreaders=4\n", "x").unwrap();
        let settings = values.check().unwrap();
        assert_eq!((settings.listen.port(), settings.readers), (80, 4));
    }

    #[test]
    fn names_what_it_does_not_know() {
        let mut values = Values::default();
        let error = file(&mut values, "\nlistn = 1", "jingluo.conf").unwrap_err().to_string();
        assert!(error.contains("`listn`") && error.contains("line 2"), "{error}");
        values.set("readers", "many", "the test").unwrap();
        assert!(values.check().unwrap_err().to_string().contains("`readers`"));
    }
}
