//! Identity numbers and telephone numbers. Region codes are of no real place (prefectures 91 to 99), and mobile numbers begin with 12,
//! which no network gives out; so no number belongs to anybody.

use crate::day::{Day, date};
use crate::model::Sex;
use std::collections::HashMap;

/// Provinces that people come from, with weights after the origins of Shanghai's migrants in the census of 2020.
pub const PROVINCES: [(u32, f64); 16] = [
    (34, 24.2), // 安徽
    (32, 18.3), // 江苏
    (41, 13.4), // 河南
    (36, 6.2),  // 江西
    (51, 5.4),  // 四川
    (42, 4.9),  // 湖北
    (33, 4.9),  // 浙江
    (37, 4.4),  // 山东
    (35, 2.9),  // 福建
    (43, 2.6),  // 湖南
    (50, 2.0),  // 重庆
    (61, 2.0),  // 陕西
    (52, 2.0),  // 贵州
    (14, 1.7),  // 山西
    (23, 1.6),  // 黑龙江
    (62, 1.4),  // 甘肃
];

const SPILL: u32 = 65;

/// Gives identity numbers to the people of a section, each once: sections share out the sequence numbers of a district's
/// region and have regions of other provinces to themselves.
pub struct Numbers {
    section: u32,
    /// Sequence numbers of the district's region that belong to this section.
    first: u32,
    count: u32,
    region: u32,
    given: HashMap<(u32, Day, Sex), u32>,
}

impl Numbers {
    /// `of_district` is the number of the section within its district, `sections` how many that has.
    pub fn of_section(section: usize, region: u32, of_district: usize, sections: usize) -> Numbers {
        let count = (500 / sections.max(1)).max(1) as u32;
        let first = of_district as u32 % (500 / count) * count;
        Numbers { section: section as u32, first, count, region, given: HashMap::new() }
    }

    /// A number that nobody else bears; `province` is 0 for who was registered in the city.
    pub fn next(&mut self, province: u32, born: Day, sex: Sex) -> [u8; 18] {
        let held = self.given.entry((province, born, sex)).or_insert(0);
        let nth = *held;
        *held += 1;
        // A city's own region is shared by the sections of a district; other regions belong to one section each, or to two.
        if province == 0 && nth < self.count {
            return number(self.region, born, sex, self.first + nth);
        }
        // What the city's own region cannot hold goes to a province that nobody else comes from.
        let province = if province == 0 { SPILL } else { province };
        let county = province * 10_000 + (98 - self.section / 99 % 8) * 100 + self.section % 99 + 1;
        number(county, born, sex, (nth + self.section / 792 * 250) % 500)
    }
}

/// Region, birth date, sequence (odd for men), check character (GB 11643-1999).
fn number(region: u32, born: Day, sex: Sex, nth: u32) -> [u8; 18] {
    let mut digits = [b'0'; 18];
    let (year, month, day) = date(born);
    let sequence = nth * 2 + u32::from(sex == Sex::Male);
    for (at, length, value) in
        [(0, 6, region), (6, 4, year.unsigned_abs()), (10, 2, month), (12, 2, day), (14, 3, sequence)]
    {
        put(&mut digits[at..at + length], value);
    }
    digits[17] = check_character(&digits);
    digits
}

fn put(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// ISO 7064 MOD 11-2 over the first 17 digits.
pub fn check_character(digits: &[u8; 18]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// A mobile number that no network gives out, different for different owners.
pub fn phone(owner: u64) -> [u8; 11] {
    let mut digits = *b"12000000000";
    // 387,420,489 has no factor in common with ten, so every owner below 10^9 gets a number of its own.
    let mut value = owner.wrapping_mul(387_420_489).wrapping_add(104_729) % 1_000_000_000;
    for digit in digits[2..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    digits
}
