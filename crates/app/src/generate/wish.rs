//! What was asked for on the command line: enough to make the same city again, here or in another process.

use anyhow::{Context, bail};
use city::{Day, ErrorRates, OutbreakWish, Part, Settings, read_settings};
use serde::{Deserialize, Serialize};

/// The same wish makes the same city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub residents: u64,
    /// None where a file of settings may tell it.
    pub seed: Option<u64>,
    pub days: Option<u32>,
    /// The day after the last of history, as `2026-03-01`.
    pub end: String,
    pub only: Option<String>,
    pub errors: Option<Text>,
    pub settings: Option<Text>,
    pub outbreaks: Vec<String>,
}

/// A file of settings. Its name is for messages, not a part of what was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Text {
    pub name: String,
    pub text: String,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

pub const SEED_DEFAULT: u64 = 1;
pub const DAYS_DEFAULT: u32 = 365;
/// `--errors hard`.
const HARD: &str = "hard";

impl Text {
    /// Reads the file that a flag names.
    pub fn read(flag: &str, name: &str) -> anyhow::Result<Text> {
        let text = std::fs::read_to_string(name).with_context(|| format!("`{flag}`: `{name}` cannot be read"))?;
        Ok(Text { name: name.to_owned(), text })
    }

    /// The value of `--errors`: a file, or the word for the hard city.
    pub fn of_errors(value: &str) -> anyhow::Result<Text> {
        match value {
            HARD => Ok(Text { name: HARD.to_owned(), text: HARD.to_owned() }),
            file => Text::read("--errors", file),
        }
    }
}

impl Wish {
    /// The settings of the city, checked; what is wrong is named with its flag or with its file and line.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::new(self.residents, SEED_DEFAULT, day_of(&self.end)?);
        settings.days = DAYS_DEFAULT;
        self.flags(&mut settings)?;
        settings.check().context("`jingluo city --help` tells the options")?;
        match &self.errors {
            Some(errors) if errors.text == HARD => settings.errors = ErrorRates::hard(),
            Some(errors) => read(errors, &mut settings)?,
            None => {}
        }
        if let Some(file) = &self.settings {
            read(file, &mut settings)?;
            // The command line outranks the file.
            self.flags(&mut settings)?;
            settings.check().context("`jingluo city --help` tells the options")?;
        }
        Ok(settings)
    }

    fn flags(&self, settings: &mut Settings) -> anyhow::Result<()> {
        settings.residents = self.residents;
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings.days = self.days.unwrap_or(settings.days);
        if let Some(part) = &self.only {
            settings.only = Some(Part::named(part).context("`--only`")?);
        }
        if !self.outbreaks.is_empty() {
            let kinds = self.outbreaks.iter().map(|name| OutbreakWish::named(name));
            settings.outbreaks = kinds.collect::<base::Result<_>>().context("`--outbreak`")?;
        }
        Ok(())
    }

    /// The same text for the same city.
    pub fn key(&self) -> anyhow::Result<String> {
        let mut wish = self.clone();
        for text in [&mut wish.errors, &mut wish.settings].into_iter().flatten() {
            text.name.clear();
        }
        Ok(serde_json::to_string(&wish)?)
    }
}

fn read(file: &Text, settings: &mut Settings) -> anyhow::Result<()> {
    read_settings(&file.text, settings).with_context(|| format!("`{}`", file.name))
}

/// A day written as `2026-03-01`.
fn day_of(text: &str) -> anyhow::Result<Day> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, date] = parts.as_slice() else {
        bail!("`--end` is a date such as `2026-03-01`; `{text}` is none")
    };
    let numbers = (year.parse(), month.parse(), date.parse());
    let (Ok(year @ 1900..=2200), Ok(month @ 1..=12), Ok(date @ 1..=31)) = numbers else {
        bail!("`--end` is a date such as `2026-03-01`; `{text}` is none");
    };
    let day = city::day::day(year, month, date);
    if city::day::date_text(day) != text {
        bail!("`--end` is a date such as `2026-03-01`; there is no `{text}`");
    }
    Ok(day)
}
