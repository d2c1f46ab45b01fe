//! Random resources and searches from a small stock of values, so that they often meet.

use base::Dice;

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
    pub fn content(&self, type_name: &str, ids: &[Vec<String>; 4]) -> String {
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
                maybe(60, format!(r#""identifier":[{{"system":"urn:n","value":"{}"}}]"#, self.below(6)));
                maybe(40, format!(r#""active":{}"#, self.chance(50)));
                let family = self.family();
                if !family.is_empty() {
                    let given = self.pick(&[r#""伟""#, r#""Xu","Xa""#, r#""wei""#]);
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
                maybe(75, format!(r#""subject":{{"reference":"Patient/{}"}}"#, refer(0)));
                match self.below(3) {
                    0 => maybe(100, format!(r#""effectiveDateTime":"{}""#, self.date())),
                    1 => maybe(100, r#""effectivePeriod":{"start":"1985-03-01","end":"1985-12-31"}"#.to_owned()),
                    _ => {}
                }
                let value = self.pick(&["1", "1.0", "1.5", "2", "-3", "100", "0.001"]);
                maybe(
                    60,
                    format!(
                        r#""valueQuantity":{{"value":{value},"unit":"g","system":"http://unitsofmeasure.org","code":"g"}}"#
                    ),
                );
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

    /// A search of one to three criteria.
    pub fn query(&self, type_name: &str, ids: &[Vec<String>; 4], now: &str) -> String {
        let count = 1 + self.below(3);
        let criteria: Vec<String> = (0..count).map(|_| self.criterion(type_name, ids, now)).collect();
        format!("{type_name}?{}", criteria.join("&"))
    }

    fn criterion(&self, type_name: &str, ids: &[Vec<String>; 4], now: &str) -> String {
        let refer = |nth: usize| self.pick(&ids[nth].iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
        let prefix = self.pick(&["", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]);
        let family = || self.pick(&["张", "zhang", "Zhang", "z", "o'n", "mul", "li", "李", "x"]);
        let own = ["Patient", "Observation", "Person", "Organization"].iter().position(|&name| name == type_name);
        let always = match self.below(14) {
            0 => Some(format!("_id={},{},nobody", refer(own.unwrap()), refer(own.unwrap()))),
            1 => Some(format!("_lastUpdated={}{now}", self.pick(&["ge", "lt", "gt", "le", "", "ne"]))),
            _ => None,
        };
        if let Some(always) = always {
            return always;
        }
        match type_name {
            "Patient" => match self.below(14) {
                0 => format!("family={}", family()),
                1 => format!("family:exact={}", self.pick(&["张", "Zhang", "zhang", "Müller"])),
                2 => format!("name:contains={}", family()),
                3 => format!("name={},{}", family(), family()),
                4 => format!("identifier=urn:n|{}", self.below(6)),
                5 => format!("identifier={},{}", self.below(6), self.below(6)),
                6 | 7 => format!("birthdate={prefix}{}", self.date()),
                8 => format!("gender{}=male", self.pick(&["", ":not"])),
                9 => format!("active={}", self.pick(&["true", "false"])),
                10 => format!("organization=Organization/{}", refer(3)),
                11 => format!("organization.name={}", self.pick(&["一院", "hos", "二"])),
                12 => format!("birthdate:missing={}", self.chance(50)),
                _ => format!("resident={}", refer(2)),
            },
            "Observation" => match self.below(12) {
                0 => format!("code=urn:c|c{}", self.below(5)),
                1 => format!("code=c{},c{}", self.below(5), self.below(5)),
                2 => format!("code:text={}", self.pick(&["blood", "血", "d 1", "sugar"])),
                3 => format!("code:not=urn:c|c{}", self.below(5)),
                4 => format!("subject=Patient/{}", refer(0)),
                5 => format!("patient={},{}", refer(0), refer(0)),
                6 | 7 => format!("date={prefix}{}", self.date()),
                8 => format!(
                    "value-quantity={prefix}{}{}",
                    self.pick(&["1", "1.0", "1.5", "2", "100"]),
                    self.pick(&["", "||g"])
                ),
                9 => format!("subject:Patient.family={}", family()),
                10 => format!("resident={}", refer(2)),
                _ => format!("patient:missing={}", self.chance(50)),
            },
            "Person" => match self.below(3) {
                0 => format!("patient=Patient/{}", refer(0)),
                1 => format!("name={}", family()),
                _ => format!("patient.family={}", family()),
            },
            _ => match self.below(3) {
                0 => format!("name={}", self.pick(&["一", "二院", "hosp"])),
                1 => format!("partof=Organization/{}", refer(3)),
                _ => format!("partof.name={}", self.pick(&["一院", "hos"])),
            },
        }
    }
}
