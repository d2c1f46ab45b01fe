//! Whether registrations under one number are of one person, by what no card tells: phone and address. A card can be lent,
//! and a machine that reads it writes down its owner – number, name and birth date – for whoever holds it. Pure.

use fhir::{Element, Resource};

/// What a registration tells beside the card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    phones: Vec<String>,
    addresses: Vec<String>,
}

impl Contacts {
    pub fn of(patient: &Resource) -> Contacts {
        let root = patient.root();
        let is_phone = |contact: &Element<'_>| matches!(text(*contact, "system").as_deref(), Some("phone" | "sms"));
        let phones = in_use(root, "telecom").filter(is_phone).filter_map(|phone| text(phone, "value"));
        let phones = phones.map(|phone| phone.chars().filter(char::is_ascii_digit).collect::<String>());
        let addresses = in_use(root, "address").filter_map(written);
        let is_told = |text: &String| !text.is_empty();
        Contacts { phones: phones.filter(is_told).collect(), addresses: addresses.filter(is_told).collect() }
    }

    fn is_told(&self) -> bool {
        !self.phones.is_empty() || !self.addresses.is_empty()
    }

    fn agrees(&self, other: &Contacts) -> bool {
        let shares = |mine: &[String], theirs: &[String]| mine.iter().any(|one| theirs.contains(one));
        shares(&self.phones, &other.phones) || shares(&self.addresses, &other.addresses)
    }
}

/// Which of the registrations of a number, oldest first, can be taken for those of its owner: the most that hang together
/// by a phone or an address, the older ones of as many; and those that tell neither, because nothing speaks against them.
pub fn agreeing(contacts: &[Contacts]) -> Vec<bool> {
    let mut group: Vec<usize> = (0..contacts.len()).collect();
    for nth in 0..contacts.len() {
        for before in 0..nth {
            if contacts[nth].agrees(&contacts[before]) {
                let (from, to) = (group[nth].max(group[before]), group[nth].min(group[before]));
                group.iter_mut().filter(|one| **one == from).for_each(|one| *one = to);
            }
        }
    }
    let told = |nth: &usize| contacts[*nth].is_told();
    let size = |wanted: usize| (0..contacts.len()).filter(told).filter(|nth| group[*nth] == wanted).count();
    // A group is called by its oldest member, so the first of the largest is the oldest one.
    let largest = (0..contacts.len()).filter(told).rev().max_by_key(|nth| size(group[*nth])).map(|nth| group[nth]);
    (0..contacts.len()).map(|nth| !told(&nth) || Some(group[nth]) == largest).collect()
}

fn in_use<'a>(root: Element<'a>, name: &str) -> impl Iterator<Item = Element<'a>> + use<'a> {
    let items = root.get(name).map(|list| list.items().collect::<Vec<_>>()).unwrap_or_default();
    items.into_iter().filter(|item| text(*item, "use").is_none_or(|usage| usage != "old" && usage != "temp"))
}

/// An address as one text without spaces.
fn written(address: Element<'_>) -> Option<String> {
    let whole = text(address, "text").or_else(|| {
        let lines = address.get("line")?.items().filter_map(|line| line.str().map(|line| line.into_owned()));
        Some([text(address, "district").unwrap_or_default(), lines.collect()].concat())
    })?;
    Some(whole.chars().filter(|character| !character.is_whitespace()).collect())
}

fn text(element: Element<'_>, name: &str) -> Option<String> {
    element.get(name)?.str().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contacts(phone: &str, address: &str) -> Contacts {
        let json = format!(
            r#"{{"resourceType":"Patient","telecom":[{{"system":"phone","value":"{phone}"}}],"address":[{{"text":"{address}"}}]}}"#
        );
        Contacts::of(&fhir::parse(json.as_bytes(), &fhir::Limits::default()).unwrap())
    }

    #[test]
    fn those_that_hang_together_are_taken() {
        let (home, moved, called) =
            (contacts("123", "和平街1号"), contacts("123", "建设路2号"), contacts("4 56", "建设路 2号"));
        let (lent, silent) = (contacts("789", "中山路3号"), Contacts::default());
        let all = [lent.clone(), home.clone(), silent.clone(), moved.clone(), called.clone()];
        assert_eq!(agreeing(&all), [false, true, true, true, true]);
        // The older of two that disagree; all where nothing is told.
        assert_eq!(agreeing(&[home.clone(), lent.clone()]), [true, false]);
        assert_eq!(agreeing(&[lent, home, moved]), [false, true, true]);
        assert_eq!(agreeing(&[silent.clone(), silent]), [true, true]);
        assert_eq!(agreeing(&[called]), [true]);
    }
}
