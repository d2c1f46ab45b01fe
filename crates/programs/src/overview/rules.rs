//! What a version of a resource contributes to the tallies: values in, values out.
//!
//! Facts belong to the current version and are taken back when it is replaced or deleted. Arrivals belong to each version
//! that came and stay. Every fact is counted so that a FHIR search finds the same resources: `drill.rs` writes it.

use base::Millis;
use base::zone::Zone;
use fhir::{Element, parse_date};

/// What is counted; each is a space of tallies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Registrations there are, by managing institution (day 0).
    Registrations,
    /// Visits that began on the day, by provider and class (`org|AMB`).
    Visits,
    /// The same by provider and hour (`org|08`), where they were recent.
    Hours,
    /// Reports issued on the day, by performer.
    Reports,
    /// Report cards of the day, by sender and disease (`org|A09`).
    Cards,
    /// Stays begun and ended on the day, by provider.
    Admissions,
    Discharges,
    /// Stays going on now, by provider and ward (`org|location`, day 0).
    InBed,
    /// Coded results of the day, by sender and whether a code of theirs is of any standard (`org|known`, `org|unknown`),
    /// where they were recent.
    Codes,
    /// Versions that tell of an event of the day, by sender and how long after it they came (`org|2`, see
    /// `DELAY_MINUTES`), where they were recent; never taken back.
    Messages,
    /// Versions that came on the day, by sender and whether they were recent (`org|recent`, `org|old`); never taken back.
    Arrivals,
}

impl Measure {
    pub const ALL: [Measure; 11] = [
        Measure::Registrations,
        Measure::Visits,
        Measure::Hours,
        Measure::Reports,
        Measure::Cards,
        Measure::Admissions,
        Measure::Discharges,
        Measure::InBed,
        Measure::Codes,
        Measure::Messages,
        Measure::Arrivals,
    ];

    pub const fn space(self) -> &'static str {
        match self {
            Measure::Registrations => "overview.registrations",
            Measure::Visits => "overview.visits",
            Measure::Hours => "overview.hours",
            Measure::Reports => "overview.reports",
            Measure::Cards => "overview.cards",
            Measure::Admissions => "overview.admissions",
            Measure::Discharges => "overview.discharges",
            Measure::InBed => "overview.in-bed",
            Measure::Codes => "overview.codes",
            Measure::Messages => "overview.messages",
            Measure::Arrivals => "overview.arrivals",
        }
    }
}

/// One to be counted: on a day (days since 1970-01-01, local), under a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contribution {
    pub measure: Measure,
    pub day: i32,
    pub key: String,
}

/// The types that contribute something.
pub const TYPES: &[&str] = &[
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "Claim",
    "Composition",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "EpisodeOfCare",
    "FamilyMemberHistory",
    "ImagingStudy",
    "Immunization",
    "Invoice",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Patient",
    "Procedure",
    "ServiceRequest",
    "Specimen",
];

/// The institution that sent a resource stands in `meta.source` after this.
pub const SENDER: &str = "urn:jingluo:institution:";
/// Code systems that an institution made for itself begin so.
const LOCAL_CODES: &str = "urn:jingluo:local:";
/// The type of a report card of a notifiable disease.
pub const CARD: &str = "infectious-report";
/// Classes of visits: out-patient, emergency, at home, over the internet.
pub const VISITS: [&str; 4] = ["AMB", "EMER", "HH", "VR"];
/// Classes of stays.
pub const STAYS: [&str; 3] = ["IMP", "ACUTE", "NONAC"];
/// Statuses of an encounter that goes on; `finished` is the one that has ended.
pub const GOING_ON: [&str; 4] = ["arrived", "triaged", "in-progress", "onleave"];
pub const FINISHED: &str = "finished";
/// Statuses of a report that has been given out.
pub const ISSUED: [&str; 6] = ["preliminary", "partial", "final", "amended", "corrected", "appended"];
/// Statuses of a card that counts.
pub const CARD_STATUSES: [&str; 3] = ["preliminary", "final", "amended"];

/// What comes within so many days after its event is recent. A board compares a day with the four same weekdays before, so
/// hours and quality are kept that far back; what comes later is an old record brought in.
pub const RECENT_DAYS: i32 = 35;
/// Keys of `Codes` and `Arrivals` behind the institution.
pub const KNOWN: &str = "known";
pub const UNKNOWN: &str = "unknown";
pub const RECENT: &str = "recent";
pub const OLD: &str = "old";

/// Upper bounds of the delay classes in minutes; what came later is in one more class.
pub const DELAY_MINUTES: [i64; 8] = [15, 60, 240, 720, 1_440, 2_880, 4_320, 10_080];
/// What came later than this is late.
pub const LATE_MINUTES: i64 = 1_440;

/// What a version stands for while it is the current one. `at`: when it came.
pub fn facts(type_name: &str, resource: Element<'_>, at: Millis, zone: &Zone) -> Vec<Contribution> {
    let recent_from = zone.day_and_minute(at).0 - RECENT_DAYS;
    let mut out = Facts { resource, zone, recent_from, found: Vec::new() };
    match type_name {
        "Encounter" => out.encounter(),
        "Patient" => out.add(Measure::Registrations, 0, local(resource, "managingOrganization", "Organization/")),
        "DiagnosticReport" => out.report(),
        "Observation" => out.code(&["effectiveDateTime", "effectivePeriod", "issued"]),
        "Composition" => out.card(),
        _ => {}
    }
    out.found
}

/// What the coming of a version stands for.
pub fn arrival(type_name: &str, resource: Element<'_>, at: Millis, zone: &Zone) -> Vec<Contribution> {
    let sender = sender(resource);
    let (today, _) = zone.day_and_minute(at);
    let add = |measure, day, key| Contribution { measure, day, key };
    let event = event_of(type_name, resource, zone).map(|event| (event, zone.day_and_minute(event).0));
    match event.filter(|&(_, day)| day <= today) {
        None => vec![add(Measure::Arrivals, today, format!("{sender}|{RECENT}"))],
        Some((_, day)) if day < today - RECENT_DAYS => {
            vec![add(Measure::Arrivals, today, format!("{sender}|{OLD}"))]
        }
        Some((event, day)) => {
            let minutes = (at - event).max(0) / 60_000;
            let class = DELAY_MINUTES.iter().position(|&max| minutes <= max).unwrap_or(DELAY_MINUTES.len());
            vec![
                add(Measure::Messages, day, format!("{sender}|{class}")),
                add(Measure::Arrivals, today, format!("{sender}|{RECENT}")),
            ]
        }
    }
}

/// The institution that sent a resource; empty where nobody is named.
pub fn sender(resource: Element<'_>) -> String {
    let source = resource.get("meta").and_then(|meta| meta.get("source")).and_then(Element::str);
    source.and_then(|source| source.strip_prefix(SENDER).map(str::to_owned)).unwrap_or_default()
}

fn is_card(resource: Element<'_>) -> bool {
    resource.path("type.coding.code").any(|code| code.str().as_deref() == Some(CARD))
}

/// Code and name of the disease of a report card.
pub fn disease(type_name: &str, resource: Element<'_>) -> Option<(String, String)> {
    if type_name != "Composition" || !is_card(resource) {
        return None;
    }
    let coding = resource.path("event.code.coding").next()?;
    Some((text(coding, "code"), text(coding, "display"))).filter(|(code, name)| !code.is_empty() && !name.is_empty())
}

/// When what a resource tells of was over, so that it could be sent.
fn event_of(type_name: &str, resource: Element<'_>, zone: &Zone) -> Option<Millis> {
    let names: &[&str] = match type_name {
        "Encounter" | "EpisodeOfCare" => &["period"],
        "Observation" => &["issued", "effectiveDateTime", "effectivePeriod"],
        "DiagnosticReport" => &["issued", "effectiveDateTime", "effectivePeriod"],
        "Composition" | "DocumentReference" | "FamilyMemberHistory" | "Invoice" => &["date"],
        "Condition" => &["recordedDate", "onsetDateTime"],
        "AllergyIntolerance" => &["recordedDate"],
        "MedicationRequest" | "ServiceRequest" => &["authoredOn"],
        "MedicationDispense" => &["whenHandedOver"],
        "MedicationAdministration" | "MedicationStatement" => &["effectiveDateTime", "effectivePeriod"],
        "Immunization" => &["occurrenceDateTime"],
        "Procedure" => &["performedDateTime", "performedPeriod"],
        "ImagingStudy" => &["started"],
        "Appointment" | "CarePlan" | "Claim" => &["created"],
        _ => return None,
    };
    when(resource, names, "end", zone)
}

/// The first of these dates: a text, or the side of a period, or its other side where that is open.
fn when(resource: Element<'_>, names: &[&str], side: &str, zone: &Zone) -> Option<Millis> {
    let value = names.iter().find_map(|name| resource.get(name))?;
    let text = match value.is_object() {
        true => value.get(side).or_else(|| value.get("start"))?.str()?,
        false => value.str()?,
    };
    Some(parse_date(&text, zone)?.start)
}

struct Facts<'a> {
    resource: Element<'a>,
    zone: &'a Zone,
    /// The first day that is recent.
    recent_from: i32,
    found: Vec<Contribution>,
}

impl Facts<'_> {
    fn add(&mut self, measure: Measure, day: i32, key: String) {
        self.found.push(Contribution { measure, day, key });
    }

    fn local(&self, names: &[&str], side: &str) -> Option<(i32, u16)> {
        Some(self.zone.day_and_minute(when(self.resource, names, side, self.zone)?))
    }

    fn encounter(&mut self) {
        let status = text(self.resource, "status");
        let class = self.resource.get("class").map(|class| text(class, "code")).unwrap_or_default();
        let goes_on = GOING_ON.contains(&status.as_str());
        if !goes_on && status != FINISHED {
            return;
        }
        let provider = local(self.resource, "serviceProvider", "Organization/");
        let start = self.local(&["period"], "start");
        if STAYS.contains(&class.as_str()) {
            if let Some((day, _)) = start {
                self.add(Measure::Admissions, day, provider.clone());
            }
            let ended = self.resource.get("period").is_some_and(|period| period.get("end").is_some());
            if goes_on {
                self.add(Measure::InBed, 0, format!("{provider}|{}", self.ward()));
            } else if ended && let Some((day, _)) = self.local(&["period"], "end") {
                self.add(Measure::Discharges, day, provider);
            }
        } else if VISITS.contains(&class.as_str())
            && let Some((day, minute)) = start
        {
            self.add(Measure::Visits, day, format!("{provider}|{class}"));
            if day >= self.recent_from {
                self.add(Measure::Hours, day, format!("{provider}|{:02}", minute / 60));
            }
        }
    }

    /// The Location of the last place of a stay.
    fn ward(&self) -> String {
        let last = self.resource.get("location").and_then(|places| places.items().last());
        last.map(|place| local(place, "location", "Location/")).unwrap_or_default()
    }

    fn report(&mut self) {
        self.code(&["issued", "effectiveDateTime", "effectivePeriod"]);
        if !ISSUED.contains(&text(self.resource, "status").as_str()) {
            return;
        }
        let Some((day, _)) = self.local(&["issued"], "end") else { return };
        let performers = self.resource.get("performer").into_iter().flat_map(Element::items);
        let institution = performers.map(|performer| id_in(performer, "Organization/")).find(|id| !id.is_empty());
        self.add(Measure::Reports, day, institution.unwrap_or_default());
    }

    fn card(&mut self) {
        if !is_card(self.resource) || !CARD_STATUSES.contains(&text(self.resource, "status").as_str()) {
            return;
        }
        let Some((day, _)) = self.local(&["date"], "end") else { return };
        let disease = self.resource.text_at("event.code.coding.code").unwrap_or_default();
        self.add(Measure::Cards, day, format!("{}|{disease}", sender(self.resource)));
    }

    /// A coded result: whether any of its codes is of a system that is not the institution's own.
    fn code(&mut self, dates: &[&str]) {
        let Some((day, _)) = self.local(dates, "start").filter(|&(day, _)| day >= self.recent_from) else { return };
        let Some(code) = self.resource.get("code") else { return };
        let codings = code.get("coding").into_iter().flat_map(Element::items);
        let systems = codings.filter_map(|coding| coding.get("system")?.str());
        let known = systems.into_iter().any(|system| !system.starts_with(LOCAL_CODES));
        let key = format!("{}|{}", sender(self.resource), if known { KNOWN } else { UNKNOWN });
        self.add(Measure::Codes, day, key);
    }
}

/// A member that is a text; empty where it is none.
fn text(of: Element<'_>, name: &str) -> String {
    of.get(name).and_then(Element::str).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// The id in the reference of a member; empty where it points elsewhere.
fn local(of: Element<'_>, name: &str, type_: &str) -> String {
    of.get(name).map(|reference| id_in(reference, type_)).unwrap_or_default()
}

fn id_in(reference: Element<'_>, type_: &str) -> String {
    let text = text(reference, "reference");
    let id = text.strip_prefix(type_).unwrap_or_default();
    id.split("/_history").next().unwrap_or_default().to_owned()
}
