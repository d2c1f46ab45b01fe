//! Resident identity numbers (公民身份号码, GB 11643-1999): reading, checking, and what they tell.

use std::fmt;

/// A calendar day as (year, month, day).
pub type Day = (i16, i8, i8);

/// The system under which the platform itself writes a resident identity number (WS/T 500 documents, OID of 居民身份证号).
pub const SYSTEM: &str = "urn:oid:2.16.156.10011.1.3";

/// Systems whose values are resident identity numbers: the OID as the standard writes it and as senders shorten it.
pub const SYSTEMS: [&str; 3] = [SYSTEM, "2.16.156.10011.1.3", "oid:2.16.156.10011.1.3"];

/// The arc of China in the tree of object identifiers; an identifier of type NI below it is a national one of China.
const CHINA_ARC: &str = "urn:oid:2.16.156.";

/// The HL7 table of identifier types, as R4 names it and as older senders do.
const TYPE_SYSTEMS: [&str; 3] = [
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://hl7.org/fhir/v2/0203",
    "urn:oid:2.16.840.1.113883.12.203",
];

/// First two digits of the region code (GB/T 2260): the provinces, and 83 for residence permits of people from Taiwan.
const PROVINCES: [u8; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82, 83,
];

/// A valid resident identity number in its 18-character form: 17 digits and a check character (digit or `X`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResidentNumber([u8; 18]);

/// Why a text is not a resident identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Neither 15 nor 18 characters.
    Length,
    /// Something that is not a digit (or `X` at the end).
    Character,
    /// The first two digits name no province.
    Region,
    /// No such day, or a day in the future.
    BirthDate,
    /// The last character is not what the other 17 ask for.
    CheckDigit,
}

/// What the 17th digit tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

impl ResidentNumber {
    /// Reads a number as people type it: full-width digits, a lower-case `x`, blanks and hyphens around groups are
    /// accepted, and a 15-digit number of the first generation becomes its 18-character equivalent. `today` bounds the
    /// birth date.
    pub fn parse(text: &str, today: Day) -> Result<ResidentNumber, Refusal> {
        let (held, length) = characters(text)?;
        let number = match length {
            18 => ResidentNumber(held),
            15 => from_15(&held)?,
            _ => return Err(Refusal::Length),
        };
        number.check(today)?;
        Ok(number)
    }

    /// The 18 characters.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 15-digit form under which the same person may have been written before 1999; only those born in the 1900s have one.
    pub fn short(&self) -> Option<String> {
        let text = self.text();
        (&text[6..8] == "19").then(|| format!("{}{}", &text[..6], &text[8..17]))
    }

    /// First and last four characters; the region below the prefecture and the birth date are hidden.
    pub fn masked(&self) -> String {
        let text = self.text();
        format!("{}**********{}", &text[..4], &text[14..])
    }

    pub fn birth_date(&self) -> Day {
        let year = self.digits(6, 10);
        let (month, day) = (self.digits(10, 12), self.digits(12, 14));
        (year as i16, month as i8, day as i8)
    }

    pub fn sex(&self) -> Sex {
        if self.digits(16, 17).is_multiple_of(2) { Sex::Female } else { Sex::Male }
    }

    /// The region code of the first registration (GB/T 2260), such as `310104`.
    pub fn region(&self) -> &str {
        &self.text()[..6]
    }

    fn check(&self, today: Day) -> Result<(), Refusal> {
        if self.0[..17].iter().any(|byte| !byte.is_ascii_digit()) {
            return Err(Refusal::Character);
        }
        if !PROVINCES.contains(&(self.digits(0, 2) as u8)) {
            return Err(Refusal::Region);
        }
        let birth = self.birth_date();
        if !is_day(birth) || birth > today {
            return Err(Refusal::BirthDate);
        }
        if self.0[17] != check_character(&self.0) {
            return Err(Refusal::CheckDigit);
        }
        Ok(())
    }

    fn digits(&self, from: usize, to: usize) -> u16 {
        self.0[from..to].iter().fold(0, |sum, byte| sum * 10 + u16::from(byte.wrapping_sub(b'0') % 10))
    }
}

/// Logs and failed assertions show only the masked form.
impl fmt::Debug for ResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Refusal {
    /// A plain sentence for a form or a report.
    pub const fn text(self) -> &'static str {
        match self {
            Refusal::Length => "a resident identity number has 18 characters (or 15 in its first generation)",
            Refusal::Character => "a resident identity number has digits only, with a digit or `X` at its end",
            Refusal::Region => "the first two digits of the resident identity number name no province",
            Refusal::BirthDate => "digits 7 to 14 of the resident identity number are not a past calendar day",
            Refusal::CheckDigit => "the last character of the resident identity number does not fit the others",
        }
    }
}

/// Whether an Identifier claims to be a resident identity number of China: by its system, by the type `NNCHN`
/// (national person identifier of China), or by the type `NI` under China's arc. `types` are (system, code) pairs.
pub fn is_claimed<'a>(system: Option<&str>, types: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
    if system.is_some_and(|system| SYSTEMS.contains(&system)) {
        return true;
    }
    let below_china = system.is_some_and(|system| system.starts_with(CHINA_ARC));
    types
        .into_iter()
        .filter(|(type_system, _)| TYPE_SYSTEMS.contains(type_system))
        .any(|(_, code)| code == "NNCHN" || (code == "NI" && below_china))
}

/// The characters without blanks and hyphens, widths folded, and how many there are.
fn characters(text: &str) -> Result<([u8; 18], usize), Refusal> {
    let mut held = [0; 18];
    let mut length = 0;
    for character in text.chars() {
        let byte = match character {
            ' ' | '\u{3000}' | '\t' | '-' | '－' => continue,
            '0'..='9' => character as u8,
            '０'..='９' => b'0' + (character as u32 - '０' as u32) as u8,
            'x' | 'X' | 'ｘ' | 'Ｘ' => b'X',
            _ => return Err(Refusal::Character),
        };
        let place = held.get_mut(length).ok_or(Refusal::Length)?;
        *place = byte;
        length += 1;
    }
    Ok((held, length))
}

/// A first-generation number: the century (always the 1900s) is put in and the check character added.
fn from_15(held: &[u8; 18]) -> Result<ResidentNumber, Refusal> {
    if held[..15].iter().any(|byte| !byte.is_ascii_digit()) {
        return Err(Refusal::Character);
    }
    let mut long = [0; 18];
    long[..6].copy_from_slice(&held[..6]);
    long[6..8].copy_from_slice(b"19");
    long[8..17].copy_from_slice(&held[6..15]);
    long[17] = check_character(&long);
    Ok(ResidentNumber(long))
}

/// ISO 7064 MOD 11-2 over the first 17 digits.
fn check_character(digits: &[u8; 18]) -> u8 {
    let product = digits[..17].iter().fold(0, |product, byte| (product + u32::from(byte.wrapping_sub(b'0'))) * 2 % 11);
    match (12 - product) % 11 {
        10 => b'X',
        rest => b'0' + rest as u8,
    }
}

/// Whether the calendar has this day. Numbers begin with people born in the 1800s.
fn is_day((year, month, day): Day) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    year >= 1800 && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = (2026, 11, 21);

    /// Every row of `given/numbers.tsv`: input, the 18 characters or the refusal, birth date, sex.
    #[test]
    fn numbers_are_read_as_given() {
        for (nth, line) in include_str!("given/numbers.tsv").lines().enumerate().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [input, expected, birth, sex, why] = columns[..] else { panic!("row {nth} has not five columns") };
            let found = match ResidentNumber::parse(input, TODAY) {
                Err(refusal) => (format!("{refusal:?}"), String::new(), String::new()),
                Ok(number) => {
                    let (year, month, day) = number.birth_date();
                    let birth = format!("{year:04}-{month:02}-{day:02}");
                    (number.text().to_owned(), birth, format!("{:?}", number.sex()))
                }
            };
            let wanted = (expected.to_owned(), birth.to_owned(), sex.to_owned());
            assert_eq!(found, wanted, "row {nth}: {why}");
        }
    }

    #[test]
    fn a_number_shows_itself_masked_only() {
        let number = ResidentNumber::parse("11010519491231002X", TODAY).unwrap();
        assert_eq!(number.masked(), "1101**********002X");
        assert_eq!(format!("{number:?}"), "1101**********002X");
        assert_eq!(number.short().as_deref(), Some("110105491231002"));
        assert_eq!(number.region(), "110105");
    }

    #[test]
    fn one_wrong_or_two_swapped_characters_are_found() {
        let number = *b"11010519491231002X";
        for at in 0..17 {
            for digit in b'0'..=b'9' {
                let mut wrong = number;
                wrong[at] = digit;
                if wrong != number {
                    assert!(ResidentNumber::parse(std::str::from_utf8(&wrong).unwrap(), TODAY).is_err());
                }
            }
            let mut swapped = number;
            swapped.swap(at, at + 1);
            if swapped != number {
                assert!(ResidentNumber::parse(std::str::from_utf8(&swapped).unwrap(), TODAY).is_err());
            }
        }
    }

    #[test]
    fn an_identifier_claims_by_system_or_type() {
        let v2 = TYPE_SYSTEMS[0];
        assert!(is_claimed(Some(SYSTEM), []));
        assert!(is_claimed(Some("http://example.org/ids"), [(v2, "NNCHN")]));
        assert!(is_claimed(Some("urn:oid:2.16.156.10011.9.9"), [(v2, "NI")]));
        assert!(!is_claimed(None, [(v2, "NI")]));
        assert!(!is_claimed(Some("http://example.org/ids"), [(v2, "NI")]));
        assert!(!is_claimed(Some("http://example.org/ids"), [("http://example.org/types", "NNCHN")]));
        assert!(!is_claimed(Some("http://example.org/ids"), [(v2, "MR")]));
    }
}
