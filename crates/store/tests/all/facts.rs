//! What a search may ask about the model's resources, read from their JSON by simple means of our own: no index, no
//! definitions. Dates are those of Shanghai without daylight saving, which the stock of values keeps clear of.

use crate::world::{Key, parsed, type_};
use fhir::Element;

/// One thing that a parameter finds in a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// System, code, and what is shown of it.
    Code(String, String, Vec<String>),
    /// System, value, and the code of its type.
    Number(String, String, String),
    /// As written.
    Text(String),
    /// As it is found besides: pinyin, initials.
    Spelling(String),
    /// From, to (milliseconds, half open).
    Time(i64, i64),
    Amount(f64, String),
    To(Key),
}

pub const DAY: i64 = 86_400_000;
const SHANGHAI: i64 = 8 * 3_600_000;

/// All facts of a resource by the name of the parameter that finds them.
pub fn facts(key: &Key, json: &str) -> Vec<(&'static str, Fact)> {
    let resource = parsed(json);
    let root = resource.root();
    let mut facts = Vec::new();
    let type_name = fhir::r4().type_name(key.0);
    match type_name {
        "Patient" => {
            numbers("identifier", root, &mut facts);
            codes(&["gender"], "http://hl7.org/fhir/administrative-gender", root, "gender", &mut facts);
            if let Some(active) = root.get("active").and_then(|active| active.bool()) {
                facts.push(("active", code("http://hl7.org/fhir/special-values", active)));
            }
            dates("birthdate", root, "birthDate", &mut facts);
            references("organization", root, "managingOrganization", &mut facts);
            names(root, &mut facts);
        }
        "Observation" => {
            concepts("code", root.get("code"), &mut facts);
            codes(&["status"], "http://hl7.org/fhir/observation-status", root, "status", &mut facts);
            references("subject", root, "subject", &mut facts);
            references("patient", root, "subject", &mut facts);
            references("has-member", root, "hasMember", &mut facts);
            dates("date", root, "effectiveDateTime", &mut facts);
            if let Some(period) = root.get("effectivePeriod") {
                let (start, end) = (time(&text(period, "start")), time(&text(period, "end")));
                facts.push(("date", Fact::Time(start.0, end.1)));
            }
            amounts("value-quantity", root.get("valueQuantity"), &mut facts);
        }
        "Person" => {
            names(root, &mut facts);
            for link in root.path("link.target") {
                reference("patient", link, &mut facts);
            }
        }
        "List" => {
            if let Some(title) = root.get("title") {
                facts.push(("title", Fact::Text(title.str().unwrap().into_owned())));
            }
            references("subject", root, "subject", &mut facts);
            for item in root.path("entry.item") {
                reference("item", item, &mut facts);
            }
        }
        _ => {
            facts.push(("name", Fact::Text(text(root, "name"))));
            references("partof", root, "partOf", &mut facts);
        }
    }
    facts
}

/// Code and amount of each place where both stand together: the resource itself, and its components.
pub fn together(json: &str) -> (Vec<Pair>, Vec<Pair>) {
    let resource = parsed(json);
    let pair = |element: Element<'_>| {
        let (mut codes, mut amounts) = (Vec::new(), Vec::new());
        concepts("code", element.get("code"), &mut codes);
        amounts_of(element.get("valueQuantity"), &mut amounts);
        Pair { codes: codes.into_iter().map(|(_, fact)| fact).collect(), amounts }
    };
    (vec![pair(resource.root())], resource.root().path("component").map(pair).collect())
}

/// What stands together in one place.
#[derive(Debug)]
pub struct Pair {
    pub codes: Vec<Fact>,
    pub amounts: Vec<Fact>,
}

fn text(element: Element<'_>, name: &str) -> String {
    element.get(name).and_then(|text| text.str().map(|text| text.into_owned())).unwrap_or_default()
}

fn code(system: &str, code: impl ToString) -> Fact {
    Fact::Code(system.to_owned(), code.to_string(), Vec::new())
}

fn codes(
    params: &[&'static str],
    system: &str,
    root: Element<'_>,
    member: &str,
    facts: &mut Vec<(&'static str, Fact)>,
) {
    for param in params.iter().filter(|_| root.get(member).is_some()) {
        facts.push((param, code(system, text(root, member))));
    }
}

fn concepts(param: &'static str, concept: Option<Element<'_>>, facts: &mut Vec<(&'static str, Fact)>) {
    let Some(concept) = concept else { return };
    for coding in concept.path("coding") {
        let shown = [text(coding, "display"), text(concept, "text")].map(|shown| folded(&shown));
        let shown = shown.into_iter().filter(|shown| !shown.is_empty()).collect();
        facts.push((param, Fact::Code(text(coding, "system"), text(coding, "code"), shown)));
    }
}

fn numbers(param: &'static str, root: Element<'_>, facts: &mut Vec<(&'static str, Fact)>) {
    for identifier in root.path("identifier") {
        let kind = identifier.path("type.coding").next().map(|coding| text(coding, "code")).unwrap_or_default();
        facts.push((param, Fact::Number(text(identifier, "system"), text(identifier, "value"), kind)));
    }
}

fn dates(param: &'static str, root: Element<'_>, member: &str, facts: &mut Vec<(&'static str, Fact)>) {
    if root.get(member).is_some() {
        let (from, to) = time(&text(root, member));
        facts.push((param, Fact::Time(from, to)));
    }
}

fn references(param: &'static str, root: Element<'_>, member: &str, facts: &mut Vec<(&'static str, Fact)>) {
    if let Some(found) = root.get(member) {
        found.items().for_each(|one| reference(param, one, facts));
    }
}

fn reference(param: &'static str, element: Element<'_>, facts: &mut Vec<(&'static str, Fact)>) {
    if let Some((name, id)) = text(element, "reference").split_once('/') {
        facts.push((param, Fact::To((type_(name), id.to_owned()))));
    }
    if let Some(identifier) = element.get("identifier") {
        facts.push((param, Fact::Number(text(identifier, "system"), text(identifier, "value"), String::new())));
    }
}

fn amounts(param: &'static str, quantity: Option<Element<'_>>, facts: &mut Vec<(&'static str, Fact)>) {
    let mut found = Vec::new();
    amounts_of(quantity, &mut found);
    facts.extend(found.into_iter().map(|fact| (param, fact)));
}

fn amounts_of(quantity: Option<Element<'_>>, facts: &mut Vec<Fact>) {
    let Some(quantity) = quantity else { return };
    let value = quantity.get("value").and_then(|value| value.number_text().map(|text| text.parse().unwrap()));
    facts.extend(value.map(|value| Fact::Amount(value, text(quantity, "code"))));
}

/// The names of a person, also as they are spelled.
fn names(root: Element<'_>, facts: &mut Vec<(&'static str, Fact)>) {
    for name in root.path("name") {
        let family = text(name, "family");
        let given: Vec<String> = name.path("given").map(|given| given.str().unwrap().into_owned()).collect();
        for part in given.iter().chain([&family]).filter(|part| !part.is_empty()) {
            facts.push(("name", Fact::Text(part.clone())));
        }
        // 张伟 is found by 张伟, zhangwei, zw and wei.
        if let Some(spelling) = spelling(&family) {
            for part in given.iter().map(|given| if given == "伟" { "wei" } else { "" }) {
                let whole = format!("{family}{}", given.concat());
                let initials = format!("{}{}", &spelling[..1], part.get(..1).unwrap_or_default());
                for key in [whole, format!("{spelling}{part}"), initials, part.to_owned()] {
                    facts.push(("name", Fact::Spelling(key)));
                }
            }
            if given.is_empty() {
                facts.push(("name", Fact::Spelling(spelling.to_owned())));
            }
            facts.push(("family", Fact::Spelling(spelling.to_owned())));
        }
        if !family.is_empty() {
            facts.push(("family", Fact::Text(family)));
        }
    }
}

/// How the Chinese family names of the stock are spelled.
fn spelling(family: &str) -> Option<&'static str> {
    match family {
        "张" | "章" => Some("zhang"),
        "李" => Some("li"),
        _ => None,
    }
}

/// Lower case without accents, for the letters of the stock.
pub fn folded(text: &str) -> String {
    let plain = |letter: char| match letter {
        'ü' | 'Ü' => 'u',
        'ā' => 'a',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(plain).collect()
}

/// The period of a date as written: a year, a month, a day, or an instant in UTC to the second or the millisecond.
pub fn time(text: &str) -> (i64, i64) {
    if let Some(instant) = text.strip_suffix('Z') {
        let (day, clock) = instant.split_once('T').unwrap();
        let parts: Vec<f64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
        let millis = ((parts[0] * 3_600.0 + parts[1] * 60.0 + parts[2]) * 1_000.0).round() as i64;
        let from = time(day).0 + SHANGHAI + millis;
        return (from, from + if clock.contains('.') { 1 } else { 1_000 });
    }
    let parts: Vec<i64> = text.split('-').map(|part| part.parse().unwrap()).collect();
    let day = |year, month, day| days(year, month, day) * DAY - SHANGHAI;
    match parts[..] {
        [year] => (day(year, 1, 1), day(year + 1, 1, 1)),
        [year, 12] => (day(year, 12, 1), day(year + 1, 1, 1)),
        [year, month] => (day(year, month, 1), day(year, month + 1, 1)),
        [year, month, date] => (day(year, month, date), day(year, month, date) + DAY),
        _ => unreachable!("{text}"),
    }
}

/// Days since 1970-01-01, counted year by year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let of_years: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
    let months = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    of_years + months[..month as usize - 1].iter().sum::<i64>() + day - 1
}
