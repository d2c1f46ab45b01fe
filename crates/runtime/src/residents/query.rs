//! What somebody typed to find a resident, as searches of Patient, the most exact first. Pure.

use identity::{Day, ResidentNumber};

/// All groups must hold; of a group, one (parameter, value) must.
pub type Groups = Vec<Vec<(&'static str, String)>>;

/// The searches to try in this order; the first that finds something answers.
pub fn attempts(text: &str, today: Day) -> Vec<Groups> {
    let text = text.trim();
    if text.is_empty() {
        return vec![Vec::new()];
    }
    if let Ok(number) = ResidentNumber::parse(text, today) {
        return vec![vec![forms(&number).into_iter().map(|form| ("identifier", form)).collect()]];
    }
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match &words[..] {
        [word] => one_word(word),
        _ => several_words(&words),
    }
}

/// Whether the text could be the id of a resource.
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !text.is_empty() && text.len() <= base::limits::ID_CHARS_MAX && text.bytes().all(plain)
}

/// The ways in which institutions write a number.
fn forms(number: &ResidentNumber) -> Vec<String> {
    let mut forms = vec![number.text().to_owned()];
    if number.text().ends_with('X') {
        forms.push(number.text().to_lowercase());
    }
    forms.extend(number.short());
    forms
}

fn one_word(word: &str) -> Vec<Groups> {
    let single = |param, value: &str| vec![vec![(param, value.to_owned())]];
    let number_or_date = word.chars().all(|character| character.is_ascii_digit() || character == '-');
    match (number_or_date, birth_date(word)) {
        // A year is that of very many people: it is searched alone, so that its pages can be read one by one.
        (true, Some(year)) if year.len() == 4 => vec![single("identifier", word), single("birthdate", &year)],
        (true, Some(date)) => vec![vec![vec![("identifier", word.to_owned()), ("birthdate", date)]]],
        (true, None) => vec![single("identifier", word), single("name", word)],
        (false, _) => {
            let mut exact = vec![("name", word.to_owned())];
            if word.contains(|character: char| character.is_ascii_digit()) {
                exact.push(("identifier", word.to_owned()));
            }
            vec![vec![exact], single("name:contains", word)]
        }
    }
}

fn several_words(words: &[String]) -> Vec<Groups> {
    let each = |param: &'static str| words.iter().map(|word| vec![(param, word.clone())]).collect::<Groups>();
    let mut attempts = vec![each("name")];
    if words.iter().all(|word| word.chars().all(|character| character.is_ascii_alphabetic())) {
        // Pinyin typed with spaces; it is held without.
        attempts.push(vec![vec![("name", words.concat())]]);
    }
    attempts.push(each("name:contains"));
    attempts
}

/// `1985`, `1985-03`, `1985-03-07` and `19850307` as a FHIR date.
fn birth_date(word: &str) -> Option<String> {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let places: Vec<usize> = word.match_indices('-').map(|(at, _)| at).collect();
    if digits.len() + places.len() != word.len() {
        return None;
    }
    let (year, rest) = digits.split_at_checked(4)?;
    let in_range = |part: &str, max: u8| part.parse::<u8>().is_ok_and(|value| (1..=max).contains(&value));
    if !("1850".."2200").contains(&year) {
        return None;
    }
    match (rest.len(), &places[..]) {
        (0, []) => Some(year.to_owned()),
        (2, [4]) if in_range(rest, 12) => Some(format!("{year}-{rest}")),
        (4, [] | [4, 7]) if in_range(&rest[..2], 12) && in_range(&rest[2..], 31) => {
            Some(format!("{year}-{}-{}", &rest[..2], &rest[2..]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = (2026, 11, 21);

    fn shown(text: &str) -> String {
        let group = |group: &Vec<(&str, String)>| {
            group.iter().map(|(param, value)| format!("{param}={value}")).collect::<Vec<_>>().join("|")
        };
        let attempt = |groups: &Groups| groups.iter().map(group).collect::<Vec<_>>().join("&");
        attempts(text, TODAY).iter().map(attempt).collect::<Vec<_>>().join(" then ")
    }

    #[test]
    fn what_is_typed_becomes_searches() {
        for (text, expected) in [
            ("  ", ""),
            ("张伟", "name=张伟 then name:contains=张伟"),
            ("zhangwei", "name=zhangwei then name:contains=zhangwei"),
            ("zhang wei", "name=zhang&name=wei then name=zhangwei then name:contains=zhang&name:contains=wei"),
            ("欧阳 娜", "name=欧阳&name=娜 then name:contains=欧阳&name:contains=娜"),
            ("1985", "identifier=1985 then birthdate=1985"),
            ("1985-03", "identifier=1985-03|birthdate=1985-03"),
            ("1985-03-07", "identifier=1985-03-07|birthdate=1985-03-07"),
            ("19850307", "identifier=19850307|birthdate=1985-03-07"),
            ("19851307", "identifier=19851307 then name=19851307"),
            ("7654321", "identifier=7654321 then name=7654321"),
            ("A-77", "name=A-77|identifier=A-77 then name:contains=A-77"),
            (
                "11010519491231002x",
                "identifier=11010519491231002X|identifier=11010519491231002x|identifier=110105491231002",
            ),
            (
                "110105491231002",
                "identifier=11010519491231002X|identifier=11010519491231002x|identifier=110105491231002",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
