//! Settings as text: `name = value` lines; and what no city can be made from.

use super::{ErrorRates, OutbreakWish, Part, Settings};
use crate::places::counts::{Counts, DISTRICTS, HOSPITALS_MIN, STREETS_MAX};
use base::{Error, Result};

/// Errors name the line of the setting they are about, where it was given in a file.
type LineOf<'a> = &'a dyn Fn(&str) -> Option<usize>;

/// Reads `name = value` lines into `into`, then checks the whole. `#` begins a comment; shares are written `8 %` or
/// `0.08`; `-` and `_` in names are the same. `into` is left as it was where the text is refused.
pub fn read_settings(text: &str, into: &mut Settings) -> Result<()> {
    let mut read = into.clone();
    let mut given: Vec<(String, usize)> = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let number = nth + 1;
        let line = line.trim_start_matches('\u{feff}');
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            return Err(Error::invalid(format!("line {number}: `{line}` is no setting; write `name = value`")));
        };
        let name = name.trim().replace('-', "_");
        if let Some((_, before)) = given.iter().find(|(known, _)| *known == name) {
            return Err(Error::invalid(format!("line {number}: `{name}` is already set on line {before}")));
        }
        set(&mut read, &name, value.trim()).map_err(|error| at_line(number, &error))?;
        given.push((name, number));
    }
    check(&read, &|name| given.iter().find(|(known, _)| known == name).map(|(_, line)| *line))?;
    *into = read;
    Ok(())
}

fn at_line(line: usize, error: &Error) -> Error {
    Error::invalid(format!("line {line}: {}", error.text()))
}

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<()> {
    if let Some(rate) = error_rate(&mut settings.errors, name) {
        *rate = share(name, value)?;
        return Ok(());
    }
    let places = &mut settings.places;
    let rates = &mut settings.rates;
    match name {
        "residents" => settings.residents = whole(name, value)?,
        "seed" => settings.seed = whole(name, value)?,
        "days" => settings.days = count(name, value)?,
        "streets" => places.streets = Some(count(name, value)?),
        "schools" => places.schools = Some(count(name, value)?),
        "hospitals" => places.hospitals = Some(count(name, value)?),
        "community_centres" => places.community_centres = Some(count(name, value)?),
        "fever_clinics" => places.fever_clinics = Some(count(name, value)?),
        "ambulance_stations" => places.ambulance_stations = Some(count(name, value)?),
        "pharmacies" => places.pharmacies = Some(count(name, value)?),
        "markets" => places.markets = Some(count(name, value)?),
        "work_sites" => places.work_sites = Some(count(name, value)?),
        "visits" => rates.visits = factor(name, value)?,
        "births" => rates.births = factor(name, value)?,
        "deaths" => rates.deaths = factor(name, value)?,
        "moves" => rates.moves = factor(name, value)?,
        "under_reporting" => rates.under_reporting = share(name, value)?,
        "repeats" => rates.repeats = share(name, value)?,
        "only" => settings.only = Some(Part::named(value)?),
        "outbreaks" => {
            let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
            settings.outbreaks = names.map(OutbreakWish::named).collect::<Result<_>>()?;
        }
        _ => return Err(Error::invalid(format!("there is no setting `{name}`"))),
    }
    Ok(())
}

/// The rate that a name stands for.
pub fn error_rate<'a>(errors: &'a mut ErrorRates, name: &str) -> Option<&'a mut f64> {
    Some(match name {
        "no_number" => &mut errors.no_number,
        "number_15" => &mut errors.number_15,
        "wrong_digit" => &mut errors.wrong_digit,
        "borrowed_card" => &mut errors.borrowed_card,
        "mothers_card" => &mut errors.mothers_card,
        "homophone" => &mut errors.homophone,
        "similar_shape" => &mut errors.similar_shape,
        "traditional_or_rare" => &mut errors.traditional_or_rare,
        "pinyin_only" => &mut errors.pinyin_only,
        "middle_dot_or_foreign" => &mut errors.middle_dot_or_foreign,
        "birth_date" => &mut errors.birth_date,
        "old_phone_or_address" => &mut errors.old_phone_or_address,
        "twins" => &mut errors.twins,
        _ => return None,
    })
}

fn whole(name: &str, value: &str) -> Result<u64> {
    let digits: String = value.chars().filter(|letter| !matches!(letter, '_' | ',')).collect();
    digits.parse().map_err(|_| Error::invalid(format!("`{name}` is `{value}`; it takes a whole number from 0 on")))
}

fn count(name: &str, value: &str) -> Result<u32> {
    let whole = whole(name, value)?;
    u32::try_from(whole).map_err(|_| Error::invalid(format!("`{name}` is {whole}; that is too many")))
}

fn number(name: &str, value: &str) -> Result<f64> {
    let (text, scale) = match value.strip_suffix('%') {
        Some(percent) => (percent.trim(), 0.01),
        None => (value, 1.0),
    };
    let read: f64 =
        text.parse().map_err(|_| Error::invalid(format!("`{name}` is `{value}`; write it as `8 %` or `0.08`")))?;
    if !read.is_finite() {
        return Err(Error::invalid(format!("`{name}` is `{value}`; write it as `8 %` or `0.08`")));
    }
    Ok(read * scale)
}

fn share(name: &str, value: &str) -> Result<f64> {
    let read = number(name, value)?;
    if !(0.0..=1.0).contains(&read) {
        return Err(Error::invalid(format!("`{name}` is `{value}`; a share is between 0 and 100 %")));
    }
    Ok(read)
}

fn factor(name: &str, value: &str) -> Result<f64> {
    let read = number(name, value)?;
    if !(0.0..=10.0).contains(&read) {
        return Err(Error::invalid(format!("`{name}` is `{value}`; it multiplies by 0 to 10")));
    }
    Ok(read)
}

/// Checks what can be wrong beyond the form of a value.
pub fn check(settings: &Settings, line: LineOf) -> Result<()> {
    shares(settings, line)?;
    let counts = Counts::of(settings);
    let refuse = |name: &str, text: String| match line(name) {
        Some(line) => Err(Error::invalid(format!("line {line}: {text}"))),
        None => Err(Error::invalid(text)),
    };
    let streets = u64::from(counts.streets);
    if counts.streets < DISTRICTS || counts.streets > STREETS_MAX {
        let text = format!("`streets` is {streets}; the {DISTRICTS} districts have from {DISTRICTS} to {STREETS_MAX}");
        return refuse("streets", text);
    }
    if streets > settings.residents {
        let residents = settings.residents;
        return refuse("streets", format!("more streets ({streets}) than residents ({residents})"));
    }
    if counts.schools > counts.streets {
        let schools = counts.schools;
        let text = format!(
            "more schools ({schools}) than streets ({streets}): each school stands in a street of its own; set `schools` to at most {streets}, or `streets` to at least {schools}"
        );
        return refuse("schools", text);
    }
    if counts.hospitals < HOSPITALS_MIN || counts.hospitals > 1000 {
        let text = format!("`hospitals` is {}; a city has from {HOSPITALS_MIN} to 1000", counts.hospitals);
        return refuse("hospitals", text);
    }
    if counts.community_centres < DISTRICTS || counts.community_centres > 2 * counts.streets {
        let (centres, most) = (counts.community_centres, 2 * counts.streets);
        let text =
            format!("`community_centres` is {centres}; with {streets} streets there are from {DISTRICTS} to {most}");
        return refuse("community_centres", text);
    }
    if counts.fever_clinics > counts.hospitals {
        let (clinics, hospitals) = (counts.fever_clinics, counts.hospitals);
        let text = format!("more fever clinics ({clinics}) than hospitals ({hospitals}): each belongs to a hospital");
        return refuse("fever_clinics", text);
    }
    for (name, count, least) in [
        ("schools", counts.schools, 1),
        ("ambulance_stations", counts.ambulance_stations, 1),
        ("pharmacies", counts.pharmacies, 0),
        ("markets", counts.markets, 0),
        ("work_sites", counts.work_sites, 0),
    ] {
        if count < least || count > 100_000 {
            return refuse(name, format!("`{name}` is {count}; a city has from {least} to 100000"));
        }
    }
    Ok(())
}

fn shares(settings: &Settings, line: LineOf) -> Result<()> {
    let mut errors = settings.errors.clone();
    for name in ERROR_NAMES {
        let rate = error_rate(&mut errors, name).map_or(0.0, |rate| *rate);
        if !(0.0..=1.0).contains(&rate) {
            let text = format!("`{name}` is {rate}; a share is between 0 and 100 %");
            return Err(Error::invalid(line(name).map_or(text.clone(), |line| format!("line {line}: {text}"))));
        }
    }
    let numbers = errors.no_number + errors.number_15 + errors.wrong_digit + errors.borrowed_card;
    if numbers > 1.0 {
        let at = ["no_number", "number_15", "wrong_digit", "borrowed_card"].iter().filter_map(|name| line(name)).max();
        let text = format!(
            "`no_number`, `number_15`, `wrong_digit` and `borrowed_card` are {:.0} % together; a registration carries at most one of them",
            numbers * 100.0
        );
        return Err(Error::invalid(at.map_or(text.clone(), |line| format!("line {line}: {text}"))));
    }
    Ok(())
}

/// The kinds of clerical errors as settings and truth name them.
pub const ERROR_NAMES: [&str; 13] = [
    "no_number",
    "number_15",
    "wrong_digit",
    "borrowed_card",
    "mothers_card",
    "homophone",
    "similar_shape",
    "traditional_or_rare",
    "pinyin_only",
    "middle_dot_or_foreign",
    "birth_date",
    "old_phone_or_address",
    "twins",
];
