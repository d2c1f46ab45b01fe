//! What a number opens in the end: the FHIR search that finds the same resources.

use super::figures::Figure;
use super::rules::{CARD, CARD_STATUSES, FINISHED, GOING_ON, ISSUED, SENDER, STAYS, VISITS};
use base::zone::Zone;
use runtime::record::encode;

/// One count, narrowed as far as it was counted.
pub struct Leaf<'a> {
    pub figure: Figure,
    pub day: i32,
    /// The institution as resources name it.
    pub org: &'a str,
    pub hour: Option<u16>,
    /// The class of visits, the disease of cards, the ward of stays; none for all of them.
    pub part: Option<&'a str>,
}

/// `Encounter?service-provider=…`; none where no search can find exactly these.
pub fn search(leaf: &Leaf<'_>, zone: &Zone) -> Option<String> {
    if leaf.org.is_empty() {
        return None;
    }
    let organization = format!("Organization/{}", leaf.org);
    let mut params: Vec<(&str, String)> = Vec::new();
    let type_name = match leaf.figure {
        Figure::Residents | Figure::Registrations => {
            params.push(("organization", organization));
            "Patient"
        }
        Figure::Visits => {
            let class = leaf.part.map_or_else(|| VISITS.join(","), str::to_owned);
            params.extend([("service-provider", organization), ("class", class), ("status", held())]);
            params.extend(begun(leaf, zone)?);
            "Encounter"
        }
        Figure::Admissions => {
            params.extend([("service-provider", organization), ("class", STAYS.join(",")), ("status", held())]);
            params.extend(begun(leaf, zone)?);
            "Encounter"
        }
        Figure::Discharges => {
            let (before, after) = (day_text(zone, leaf.day - 1)?, day_text(zone, leaf.day + 1)?);
            params.extend([("service-provider", organization), ("class", STAYS.join(","))]);
            params.extend([("status", FINISHED.to_owned()), ("date", format!("gt{before}"))]);
            params.push(("date", format!("eb{after}")));
            "Encounter"
        }
        Figure::InBed => {
            params.extend([("service-provider", organization), ("class", STAYS.join(","))]);
            params.push(("status", GOING_ON.join(",")));
            match leaf.part {
                Some("") => params.push(("location:missing", "true".to_owned())),
                Some(ward) => params.push(("location", format!("Location/{ward}"))),
                None => {}
            }
            "Encounter"
        }
        Figure::Reports => {
            params.extend([("performer", organization), ("status", ISSUED.join(","))]);
            params.push(("issued", day_text(zone, leaf.day)?));
            "DiagnosticReport"
        }
        Figure::Cards => {
            params.extend([("_source", format!("{SENDER}{}", leaf.org)), ("type", CARD.to_owned())]);
            params.push(("status", CARD_STATUSES.join(",")));
            params.extend(begun(leaf, zone)?);
            match leaf.part {
                Some("") => params.push(("context:missing", "true".to_owned())),
                Some(disease) => params.push(("context", disease.to_owned())),
                None => {}
            }
            "Composition"
        }
        Figure::Institutions | Figure::Beds | Figure::Messages => return None,
    };
    let mut search = String::from(type_name);
    for (nth, (name, value)) in params.into_iter().enumerate() {
        search.push(if nth == 0 { '?' } else { '&' });
        search.push_str(name);
        search.push('=');
        encode(&value, &mut search);
    }
    Some(search)
}

fn held() -> String {
    format!("{},{FINISHED}", GOING_ON.join(","))
}

/// What began on the day (and in the hour), however long it took: it starts after what is before, and before what is after.
fn begun(leaf: &Leaf<'_>, zone: &Zone) -> Option<[(&'static str, String); 2]> {
    let today = day_text(zone, leaf.day)?;
    let (day_before, day_after) = (day_text(zone, leaf.day - 1)?, day_text(zone, leaf.day + 1)?);
    let (after, before) = match leaf.hour {
        None => (day_before, day_after),
        Some(hour) => {
            let from = if hour == 0 { day_before } else { format!("{today}T{:02}:59", hour - 1) };
            let to = if hour >= 23 { day_after } else { format!("{today}T{:02}:00", hour + 1) };
            (from, to)
        }
    };
    Some([("date", format!("sa{after}")), ("date", format!("lt{before}"))])
}

/// A day as FHIR writes it: `2026-03-01`.
pub fn day_text(zone: &Zone, day: i32) -> Option<String> {
    let (year, month, day) = zone.date_of(zone.start_of_day(day)?);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}
