//! Codes of organisations with their check characters.

use super::model::{InstitutionKind, Level};

const CREDIT_LETTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A unified social credit code (GB 32100): kind of registration (two characters), region, organisation code, check.
pub fn credit_code(registration: &str, region: &str, number: u32) -> String {
    let body = format!("{:08}", number % 100_000_000);
    let mut text = format!("{registration}{region}{body}{}", organisation_check(&body));
    let check = credit_check(&text);
    text.push(check);
    text
}

/// The 18th character of the 17 before: MOD 31, weights 3^i.
pub fn credit_check(first: &str) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for byte in first.bytes() {
        let value = CREDIT_LETTERS.iter().position(|letter| *letter == byte).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    CREDIT_LETTERS[(31 - sum % 31) % 31] as char
}

/// The ninth character of an organisation code (GB 11714): MOD 11.
fn organisation_check(body: &str) -> char {
    let value = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 };
    let sum: u32 = body.bytes().zip(ORGANISATION_WEIGHTS).map(|(byte, weight)| u32::from(value(byte)) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => (b'0' + digit as u8) as char,
    }
}

/// Code and name of a kind of institution (WS 218-2002; `Z` for what that table does not hold). `name` tells which specialty a hospital has.
pub fn kind(kind: InstitutionKind, name: &str) -> (&'static str, &'static str) {
    match kind {
        InstitutionKind::Commission => ("Z100", "卫生健康行政部门"),
        InstitutionKind::GeneralHospital => ("A100", "综合医院"),
        InstitutionKind::TcmHospital if name.contains("中西医结合") => ("A300", "中西医结合医院"),
        InstitutionKind::TcmHospital => ("A210", "中医（综合）医院"),
        InstitutionKind::WomenChildrenHospital if name.contains("儿童") && !name.contains("妇女") => {
            ("A519", "儿童医院")
        }
        InstitutionKind::WomenChildrenHospital if name.contains("妇幼") => ("G100", "妇幼保健院"),
        InstitutionKind::WomenChildrenHospital => ("A518", "妇产（科）医院"),
        InstitutionKind::SpecialtyHospital => specialty(name),
        InstitutionKind::CommunityCentre => ("B100", "社区卫生服务中心"),
        InstitutionKind::Cdc => ("J100", "疾病预防控制中心"),
        InstitutionKind::AmbulanceCentre => ("E100", "急救中心"),
        InstitutionKind::MaternalChildStation => ("G200", "妇幼保健所"),
        InstitutionKind::MentalHealthCentre => ("H212", "精神病防治所（站、中心）"),
        InstitutionKind::BloodCentre => ("F110", "血液中心"),
        InstitutionKind::Laboratory => ("P110", "临床检验中心"),
        InstitutionKind::Pharmacy => ("Z200", "零售药店"),
    }
}

fn specialty(name: &str) -> (&'static str, &'static str) {
    const BY_NAME: [(&str, &str, &str); 9] = [
        ("肿瘤", "A514", "肿瘤医院"),
        ("公共卫生", "A521", "传染病医院"),
        ("精神", "A520", "精神病医院"),
        ("胸科", "A516", "胸科医院"),
        ("眼", "A512", "眼科医院"),
        ("口腔", "A511", "口腔医院"),
        ("皮肤", "A522", "皮肤病医院"),
        ("康复", "A527", "康复医院"),
        ("骨科", "A526", "骨科医院"),
    ];
    let known = BY_NAME.iter().find(|(word, _, _)| name.contains(word));
    known.map_or(("A539", "其他专科医院"), |(_, code, text)| (code, text))
}

/// Code and name of a level.
pub fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Tertiary => ("3A", "三级甲等"),
        Level::Secondary => ("2A", "二级甲等"),
        Level::Primary => ("1", "一级"),
        Level::None => ("0", "未定级"),
    }
}
