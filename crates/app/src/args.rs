//! The command line: each command lists its options once, for reading and for its help.

use std::fmt;

/// An error in how a command was called.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// One option of a command.
pub struct Flag {
    /// With its dashes, such as `--data`.
    pub name: &'static str,
    /// What stands for its value in the help; none for a switch.
    pub value: Option<&'static str>,
    pub text: &'static str,
}

/// A command as its help shows it.
pub struct Form {
    /// Such as `import`.
    pub name: &'static str,
    /// What follows the command's name.
    pub usage: &'static str,
    /// What it does: a sentence in English, a line in Chinese.
    pub text: &'static str,
    pub flags: &'static [Flag],
    /// Whether words without dashes are allowed, such as paths.
    pub takes_words: bool,
}

/// The words of a call, sorted.
#[derive(Debug)]
pub struct Args {
    values: Vec<(&'static str, String)>,
    pub words: Vec<String>,
}

impl Form {
    /// Sorts the words of a call; none if the help was asked for and has been shown.
    pub fn read(&self, words: Vec<String>) -> Result<Option<Args>, Usage> {
        let mut args = Args { values: Vec::new(), words: Vec::new() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--help" || word == "-h" {
                crate::say::text(&self.help());
                return Ok(None);
            }
            if word == "--" {
                args.words.extend(words.by_ref());
            } else if word.starts_with("--") {
                let (name, given) =
                    word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
                let flag = self.flag(name)?;
                let value = match (flag.value, given) {
                    (None, None) => String::new(),
                    (None, Some(_)) => return Err(self.wrong(format!("`{name}` takes no value"))),
                    (Some(_), Some(value)) => value.to_owned(),
                    (Some(what), None) => {
                        words.next().ok_or_else(|| self.wrong(format!("`{name}` needs a value: {name} {what}")))?
                    }
                };
                args.values.push((flag.name, value));
            } else {
                args.words.push(word);
            }
        }
        if !self.takes_words
            && let Some(word) = args.words.first()
        {
            return Err(self.wrong(format!("`{word}` is not expected here")));
        }
        Ok(Some(args))
    }

    fn flag(&self, name: &str) -> Result<&Flag, Usage> {
        self.flags
            .iter()
            .find(|flag| flag.name == name)
            .ok_or_else(|| self.wrong(format!("there is no option `{name}`")))
    }

    /// An error that points at the help.
    pub fn wrong(&self, text: String) -> Usage {
        Usage(format!("{text}; see `jingluo {} --help`", self.name))
    }

    fn help(&self) -> String {
        let mut help = format!("{}\n\nUsage: jingluo {} {}\n\n", self.text, self.name, self.usage);
        for flag in self.flags {
            let left = format!("{} {}", flag.name, flag.value.unwrap_or_default());
            help.push_str(&format!("  {left:<24} {}\n", flag.text));
        }
        help
    }
}

impl Args {
    pub fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(flag, _)| *flag == name)
    }

    /// The last value given for an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(flag, _)| *flag == name).map(|(_, value)| value.as_str())
    }

    /// All values of an option that may be repeated.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(flag, _)| *flag == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn needed(&self, name: &str, form: &Form) -> Result<&str, Usage> {
        self.value(name).ok_or_else(|| form.wrong(format!("`{name}` is missing")))
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str, form: &Form) -> Result<Option<T>, Usage> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| form.wrong(format!("`{name}` is a number; `{value}` is none")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form {
        name: "try",
        usage: "",
        text: "",
        flags: &[
            Flag { name: "--data", value: Some("DIR"), text: "" },
            Flag { name: "--plain", value: None, text: "" },
        ],
        takes_words: true,
    };

    fn read(words: &[&str]) -> Result<Option<Args>, Usage> {
        FORM.read(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn sorts_the_words() {
        let args = read(&["a", "--data", "x", "--plain", "--data=y", "--", "--b"]).unwrap().unwrap();
        assert_eq!((args.value("--data"), args.has("--plain")), (Some("y"), true));
        assert_eq!(args.words, ["a", "--b"]);
    }

    #[test]
    fn names_what_is_wrong() {
        assert!(read(&["--dat", "x"]).unwrap_err().0.contains("`--dat`"));
        assert!(read(&["--data"]).unwrap_err().0.contains("--data DIR"));
        assert!(read(&["--plain=1"]).is_err());
    }
}
