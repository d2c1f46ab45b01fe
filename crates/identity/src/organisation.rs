//! Unified social credit codes of organisations (统一社会信用代码, GB 32100-2015): reading and checking.

use std::fmt;

/// The system under which the platform writes the code of an organisation (WS/T 500 documents, OID of 机构标识).
pub const SYSTEM: &str = "urn:oid:2.16.156.10011.1.5";

/// Digits and letters without I, O, S, V and Z, in the order of their values.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A valid code of 18 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode([u8; 18]);

/// Why a text is not the code of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// Not 18 characters.
    Length,
    /// A character outside the alphabet.
    Character,
    /// The last character is not what the other 17 ask for; it should be this one.
    Check(char),
}

impl OrganisationCode {
    /// Reads a code as people type it: full-width and lower-case letters, blanks and hyphens are accepted.
    pub fn parse(text: &str) -> Result<OrganisationCode, CodeRefusal> {
        let mut held = [0; 18];
        let mut length = 0;
        for character in text.chars() {
            let byte = match character {
                ' ' | '\u{3000}' | '\t' | '-' | '－' => continue,
                '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => (character as u32 - 0xFEE0) as u8,
                _ if character.is_ascii() => character as u8,
                _ => return Err(CodeRefusal::Character),
            };
            let byte = byte.to_ascii_uppercase();
            value_of(byte).ok_or(CodeRefusal::Character)?;
            *held.get_mut(length).ok_or(CodeRefusal::Length)? = byte;
            length += 1;
        }
        if length != 18 {
            return Err(CodeRefusal::Length);
        }
        match check_character(&held) {
            wanted if wanted == held[17] => Ok(OrganisationCode(held)),
            wanted => Err(CodeRefusal::Check(wanted as char)),
        }
    }

    /// The 18 characters.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl CodeRefusal {
    /// A plain sentence for a form or a report.
    pub fn text(self) -> String {
        match self {
            CodeRefusal::Length => "the code of an organisation has 18 characters".to_owned(),
            CodeRefusal::Character => {
                "the code of an organisation has digits and capital letters without I, O, S, V and Z".to_owned()
            }
            CodeRefusal::Check(wanted) => {
                format!("the last character does not fit the others; it would have to be `{wanted}`")
            }
        }
    }
}

fn value_of(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|known| *known == byte).map(|at| at as u32)
}

/// MOD 31 with the weights 3^i over the first 17 characters.
fn check_character(held: &[u8; 18]) -> u8 {
    let mut weight = 1;
    let mut sum = 0;
    for byte in &held[..17] {
        sum += value_of(*byte).unwrap_or(0) * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET[((31 - sum % 31) % 31) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of `given/organisations.tsv`: input, the 18 characters or the refusal.
    #[test]
    fn codes_are_read_as_given() {
        for (nth, line) in include_str!("given/organisations.tsv").lines().enumerate().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [input, expected, why] = columns[..] else { panic!("row {nth} has not three columns") };
            let found = match OrganisationCode::parse(input) {
                Ok(code) => code.text().to_owned(),
                Err(refusal) => format!("{refusal:?}"),
            };
            assert_eq!(found, expected, "row {nth}: {why}");
        }
    }

    #[test]
    fn one_wrong_character_is_found() {
        let code = *b"91350100M000100Y43";
        for at in 0..18 {
            for other in ALPHABET {
                let mut wrong = code;
                wrong[at] = *other;
                let read = OrganisationCode::parse(std::str::from_utf8(&wrong).unwrap());
                assert_eq!(read.is_ok(), wrong == code, "{at} {other}");
            }
        }
    }
}
