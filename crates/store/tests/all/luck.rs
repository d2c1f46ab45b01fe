//! Random resources and questions from a small stock of values, so that they often meet.

use crate::asks::{Ask, Include};
use crate::world::TYPES;
use base::Dice;

/// Ids in use, in the order of `TYPES`.
pub type Ids = [Vec<String>; 5];

pub struct Luck(pub Dice);

impl Luck {
    pub fn below(&self, end: u64) -> u64 {
        self.0.u64() % end
    }
    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }
    pub fn pick<'a, T: ?Sized>(&self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as u64) as usize]
    }

    fn date(&self) -> &'static str {
        self.pick(&["1985", "1985-03", "1985-03-07", "1985-03-08", "1986-01-01", "2000-02-29", "1985-12"])
    }

    fn family(&self) -> &'static str {
        self.pick(&["张", "章", "Zhang", "zhāng", "O'Neil", "Müller", "李", "Li%_", "", "x"])
    }

    /// The content of a resource of a type: its members after `id`, each with a comma before it.
    pub fn content(&self, type_name: &str, ids: &Ids) -> String {
        let refer = |nth: usize| self.pick(&ids[nth].iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
        let mut out = String::new();
        let mut maybe = |percent, text: String| {
            if self.chance(percent) {
                out.push(',');
                out.push_str(&text);
            }
        };
        match type_name {
            "Patient" => {
                maybe(
                    60,
                    format!(
                        r#""identifier":[{{"type":{{"coding":[{{"system":"urn:k","code":"K{}"}}]}},"system":"urn:n","value":"{}"}}]"#,
                        self.below(2),
                        self.below(6)
                    ),
                );
                maybe(40, format!(r#""active":{}"#, self.chance(50)));
                let family = self.family();
                if !family.is_empty() {
                    // A Chinese name has a Chinese given name, so that its spelling is plain.
                    let han = family.starts_with(['张', '章', '李']);
                    let given = if han { r#""伟""# } else { self.pick(&[r#""Xu","Xa""#, r#""wei""#]) };
                    maybe(70, format!(r#""name":[{{"family":"{family}","given":[{given}]}}]"#));
                }
                maybe(50, format!(r#""gender":"{}""#, self.pick(&["male", "female"])));
                maybe(60, format!(r#""birthDate":"{}""#, self.date()));
                maybe(40, format!(r#""managingOrganization":{{"reference":"Organization/{}"}}"#, refer(3)));
            }
            "Observation" => {
                maybe(100, format!(r#""status":"{}""#, self.pick(&["final", "amended"])));
                let code = self.below(5);
                let text = self.pick(&["Blood sugar", "血糖", "x"]);
                maybe(
                    100,
                    format!(
                        r#""code":{{"coding":[{{"system":"urn:c","code":"c{code}","display":"d {code}"}},{{"code":"plain"}}],"text":"{text}"}}"#
                    ),
                );
                match self.below(5) {
                    0 => maybe(
                        50,
                        format!(r#""subject":{{"identifier":{{"system":"urn:n","value":"{}"}}}}"#, self.below(3)),
                    ),
                    _ => maybe(90, format!(r#""subject":{{"reference":"Patient/{}"}}"#, refer(0))),
                }
                maybe(30, format!(r#""hasMember":[{{"reference":"Observation/{}"}}]"#, refer(1)));
                match self.below(3) {
                    0 => maybe(100, format!(r#""effectiveDateTime":"{}""#, self.date())),
                    1 => maybe(100, r#""effectivePeriod":{"start":"1985-03-01","end":"1985-12-31"}"#.to_owned()),
                    _ => {}
                }
                let components: Vec<String> = (0..self.below(3)).map(|_| self.component()).collect();
                if !components.is_empty() {
                    maybe(100, format!(r#""component":[{}]"#, components.join(",")));
                }
                let value = self.pick(&["1", "1.0", "1.5", "2", "-3", "100", "0.001"]);
                maybe(
                    60,
                    format!(
                        r#""valueQuantity":{{"value":{value},"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}"#
                    ),
                );
            }
            "List" => {
                maybe(
                    100,
                    format!(r#""status":"current","mode":"working","title":"{}""#, self.pick(&["一", "List", "x"])),
                );
                maybe(50, format!(r#""subject":{{"reference":"Patient/{}"}}"#, refer(0)));
                let item = |nth: usize| format!(r#"{{"item":{{"reference":"{}/{}"}}}}"#, TYPES[nth], refer(nth));
                let items: Vec<String> = (0..self.below(5)).map(|_| item(self.below(5) as usize)).collect();
                if !items.is_empty() {
                    maybe(100, format!(r#""entry":[{}]"#, items.join(",")));
                }
            }
            "Person" => {
                maybe(50, format!(r#""name":[{{"family":"{}"}}]"#, self.pick(&["张", "Li"])));
                let links: Vec<String> = (0..self.below(4))
                    .map(|_| format!(r#"{{"target":{{"reference":"Patient/{}"}}}}"#, refer(0)))
                    .collect();
                if !links.is_empty() {
                    maybe(100, format!(r#""link":[{}]"#, links.join(",")));
                }
            }
            _ => {
                maybe(100, format!(r#""name":"{}""#, self.pick(&["一院", "二院", "Hospital"])));
                maybe(40, format!(r#""partOf":{{"reference":"Organization/{}"}}"#, refer(3)));
            }
        }
        out
    }

    fn component(&self) -> String {
        let (code, value) = (self.below(5), self.pick(&["1", "2", "100"]));
        format!(
            r#"{{"code":{{"coding":[{{"system":"urn:c","code":"c{code}"}}]}},"valueQuantity":{{"value":{value},"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}}}"#
        )
    }

    /// One to three questions.
    pub fn asks(&self, type_name: &'static str, ids: &Ids, now: &str) -> Vec<Ask> {
        (0..1 + self.below(3)).map(|_| self.ask(type_name, ids, now, 3)).collect()
    }

    /// A question; `depth` more may stand in it.
    fn ask(&self, type_name: &'static str, ids: &Ids, now: &str, depth: u64) -> Ask {
        if depth > 0 && self.chance(15) {
            let inner = || self.ask(type_name, ids, now, depth - 1);
            return match self.below(3) {
                0 => Ask::All(vec![inner(), inner()]),
                1 => Ask::Either(vec![inner(), inner()]),
                _ => Ask::Not(Box::new(inner())),
            };
        }
        self.plain(type_name, ids, now, depth)
    }

    /// A question that a query can write.
    fn plain(&self, type_name: &'static str, ids: &Ids, now: &str, depth: u64) -> Ask {
        let own = TYPES.iter().position(|&name| name == type_name).unwrap();
        match self.below(24) {
            // What only the whole search can ask, not a link of a chain.
            2 if depth < 3 => {}
            0 => return Ask::Id(vec![self.id(ids, own), self.id(ids, own), "nobody".to_owned()]),
            1 => return Ask::Updated(format!("{}{now}", self.pick(&["ge", "lt", "gt", "le", "", "ne", "sa", "eb"]))),
            2 => return Ask::List(self.id(ids, 4)),
            3..=5 if depth > 0 && type_name == "Patient" => {
                let from = self.pick(&[&("Observation", "subject"), &("Person", "patient"), &("List", "item")]);
                return self.has(from, ids, now, depth);
            }
            3..=5 if depth > 0 && type_name == "Observation" => {
                return self.has(self.pick(&[&("Observation", "has-member"), &("List", "item")]), ids, now, depth);
            }
            3..=5 if depth > 0 && type_name == "Organization" => {
                return self.has(
                    self.pick(&[&("Patient", "organization"), &("Organization", "partof")]),
                    ids,
                    now,
                    depth,
                );
            }
            6..=9 if depth > 0 => {
                let (param, target): (&'static str, &'static str) = match type_name {
                    "Patient" => ("organization", "Organization"),
                    "Observation" => *self.pick(&[&("subject", "Patient"), &("has-member", "Observation")]),
                    "Person" => ("patient", "Patient"),
                    "List" => *self.pick(&[&("item", "Observation"), &("item", "Patient"), &("subject", "Patient")]),
                    _ => ("partof", "Organization"),
                };
                return Ask::Chain {
                    param,
                    type_name: target,
                    inner: Box::new(self.plain(target, ids, now, depth - 1)),
                };
            }
            _ => {}
        }
        self.value(type_name, ids, depth)
    }

    fn has(&self, from: &(&'static str, &'static str), ids: &Ids, now: &str, depth: u64) -> Ask {
        let inner = Box::new(self.plain(from.0, ids, now, depth - 1));
        Ask::Has { type_name: from.0, param: from.1, inner }
    }

    fn id(&self, ids: &Ids, nth: usize) -> String {
        ids[nth][self.below(ids[nth].len() as u64) as usize].clone()
    }

    fn value(&self, type_name: &str, ids: &Ids, depth: u64) -> Ask {
        let ask =
            |param: &'static str, modifier: &'static str, values: Vec<String>| Ask::Value { param, modifier, values };
        let prefix = self.pick(&["", "ne", "gt", "lt", "ge", "le", "sa", "eb"]);
        let family = || self.pick(&["张", "zhang", "Zhang", "z", "o'n", "mul", "li", "李", "x", "伟", "zw"]).to_owned();
        let truth = || vec![self.chance(50).to_string()];
        let date = || vec![format!("{prefix}{}", self.date())];
        match (type_name, self.below(13)) {
            ("Patient", 0) => ask("family", "", vec![family()]),
            ("Patient", 1) => ask("family", ":exact", vec![self.pick(&["张", "Zhang", "zhang", "Müller"]).to_owned()]),
            ("Patient", 2) => ask("name", ":contains", vec![family()]),
            ("Patient", 3) => ask("name", "", vec![family(), family()]),
            ("Patient", 4) => {
                ask("identifier", "", vec![format!("urn:n|{}", self.below(6)), format!("{}", self.below(6))])
            }
            ("Patient", 5) => {
                ask("identifier", ":of-type", vec![format!("urn:k|K{}|{}", self.below(2), self.below(6))])
            }
            ("Patient", 6 | 7) => ask("birthdate", "", date()),
            ("Patient", 8) => ask("gender", self.pick(&["", ":not"]), vec!["male".to_owned()]),
            ("Patient", 9) => ask("active", "", truth()),
            ("Patient", 10) => ask("organization", "", vec![format!("Organization/{}", self.id(ids, 3))]),
            ("Patient", 11) => {
                let param = self.pick(&["birthdate", "organization", "gender", "name", "identifier"]);
                ask(param, ":missing", truth())
            }
            ("Patient", _) if depth == 3 => Ask::Resident(self.id(ids, 2)),
            ("Observation", 0) => ask("code", self.pick(&["", ":not"]), vec![format!("urn:c|c{}", self.below(5))]),
            ("Observation", 1) => {
                ask("code", "", vec![format!("c{}", self.below(5)), "urn:none|".to_owned(), "|plain".to_owned()])
            }
            ("Observation", 2) => ask("code", ":text", vec![self.pick(&["blood", "血", "d 1", "sugar"]).to_owned()]),
            ("Observation", 3) => {
                ask("status", self.pick(&["", ":not"]), vec!["final".to_owned(), "registered".to_owned()])
            }
            ("Observation", 4) => ask("subject", "", vec![format!("Patient/{}", self.id(ids, 0))]),
            ("Observation", 5) => ask("patient", "", vec![self.id(ids, 0), self.id(ids, 0)]),
            ("Observation", 6) => ask("date", "", date()),
            ("Observation", 7) => ask("value-quantity", "", vec![self.amount()]),
            ("Observation", 8) => ask("subject", ":identifier", vec![format!("urn:n|{}", self.below(3))]),
            ("Observation", 9) => {
                let param = self.pick(&["date", "subject", "has-member", "value-quantity"]);
                ask(param, ":missing", truth())
            }
            ("Observation", 10 | 11) => {
                let param =
                    self.pick(&["code-value-quantity", "component-code-value-quantity", "combo-code-value-quantity"]);
                let pair = || (format!("urn:c|c{}", self.below(5)), self.amount());
                Ask::Pair { param, values: (0..1 + self.below(2)).map(|_| pair()).collect() }
            }
            ("Observation", _) if depth == 3 => Ask::Resident(self.id(ids, 2)),
            ("Patient", _) => ask("gender", "", vec!["female".to_owned()]),
            ("Observation", _) => ask("code", "", vec!["plain".to_owned()]),
            ("Person", 0..=5) => ask("patient", "", vec![format!("Patient/{}", self.id(ids, 0))]),
            ("Person", _) => ask("name", self.pick(&["", ":contains"]), vec![family()]),
            ("List", 0..=4) => ask(
                "item",
                "",
                vec![format!("Observation/{}", self.id(ids, 1)), format!("Patient/{}", self.id(ids, 0))],
            ),
            ("List", nth) if nth < 8 => ask("subject", "", vec![self.id(ids, 0)]),
            ("List", _) => ask("title", self.pick(&["", ":contains"]), vec![self.pick(&["一", "li", "st"]).to_owned()]),
            ("Organization", 0..=5) => {
                ask("name", self.pick(&["", ":contains"]), vec![self.pick(&["一", "二院", "hosp", "院"]).to_owned()])
            }
            ("Organization", 6..=9) => ask("partof", "", vec![format!("Organization/{}", self.id(ids, 3))]),
            _ => ask("partof", ":missing", truth()),
        }
    }

    fn amount(&self) -> String {
        let prefix = self.pick(&["", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]);
        format!("{prefix}{}{}", self.pick(&["1", "1.0", "1.5", "2", "100"]), self.pick(&["", "||g", "||mm"]))
    }

    /// One or two keys to sort by, each with its direction.
    pub fn order(&self, type_name: &str) -> Vec<(&'static str, bool)> {
        let keys: &[&'static str] = match type_name {
            "Patient" => &["birthdate", "gender", "_id", "_lastUpdated", "family"],
            "Observation" => &["date", "value-quantity", "status", "_id", "_lastUpdated"],
            "List" => &["title", "_id", "_lastUpdated"],
            _ => &["name", "_id", "_lastUpdated"],
        };
        (0..self.below(3)).map(|_| (keys[self.below(keys.len() as u64) as usize], self.chance(50))).collect()
    }

    /// One to three includes that start from a type, and perhaps go on from what they add.
    pub fn includes(&self, type_name: &str) -> Vec<Include> {
        let of = |reverse, source, param| Include { reverse, iterate: self.chance(50), source, param };
        let starts = match type_name {
            "Patient" => [(false, "Patient", "organization"), (true, "Observation", "subject"), (true, "List", "item")],
            "Observation" => {
                [(false, "Observation", "subject"), (true, "Observation", "has-member"), (true, "List", "item")]
            }
            "Person" => [(false, "Person", "patient"); 3],
            "List" => [(false, "List", "item"), (false, "List", "subject"), (true, "List", "item")],
            _ => {
                [(true, "Patient", "organization"), (false, "Organization", "partof"), (true, "Organization", "partof")]
            }
        };
        let mut includes: Vec<Include> = (0..1 + self.below(2))
            .map(|_| starts[self.below(3) as usize])
            .map(|(reverse, source, param)| of(reverse, source, param))
            .collect();
        if self.chance(40) {
            let (reverse, source, param) = *self.pick(&[
                &(false, "Observation", "subject"),
                &(false, "Patient", "organization"),
                &(true, "Observation", "has-member"),
                &(false, "Organization", "partof"),
            ]);
            includes.push(Include { iterate: true, ..of(reverse, source, param) });
        }
        includes
    }
}
