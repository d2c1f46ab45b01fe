//! JSON written straight into bytes. A comma is due unless the last byte opens an object or an array, so the writer keeps
//! no state.

use crate::day::{Day, Minute, write_date, write_minute};

/// Appends members and items to what has been opened.
pub struct Json<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Json<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Json<'a> {
        Json { out }
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':' | b'\n')) {
            self.out.push(b',');
        }
    }

    /// A comma where one is due, the key and its colon. Keys are never escaped.
    fn key(&mut self, key: &str) {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Members or items as they stand, such as `"status":"final"`.
    pub fn piece(&mut self, piece: &str) {
        self.comma();
        self.out.extend_from_slice(piece.as_bytes());
    }

    /// More of a piece that has been begun.
    pub fn more(&mut self, piece: &str) {
        self.out.extend_from_slice(piece.as_bytes());
    }

    /// A member whose value is written as it stands.
    pub fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.extend_from_slice(value.as_bytes());
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(&[value]);
    }

    /// A text of several parts, so that nothing has to be put together before.
    pub fn texts(&mut self, key: &str, parts: &[&str]) {
        self.key(key);
        self.quoted(parts);
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.raw(key, if value { "true" } else { "false" });
    }

    pub fn number(&mut self, key: &str, value: i64) {
        self.key(key);
        write_number(self.out, value);
    }

    /// A decimal with so many digits after the point.
    pub fn decimal(&mut self, key: &str, value: f64, digits: u32) {
        self.key(key);
        write_decimal(self.out, value, digits);
    }

    pub fn date(&mut self, key: &str, day: Day) {
        self.key(key);
        self.out.push(b'"');
        write_date(self.out, day);
        self.out.push(b'"');
    }

    pub fn instant(&mut self, key: &str, minute: Minute) {
        self.key(key);
        self.out.push(b'"');
        write_minute(self.out, minute);
        self.out.push(b'"');
    }

    /// `"period":{"start":…,"end":…}`; without an end it is still open.
    pub fn period(&mut self, key: &str, start: Minute, end: Option<Minute>) {
        self.object(key, |json| {
            json.instant("start", start);
            if let Some(end) = end {
                json.instant("end", end);
            }
        });
    }

    pub fn object(&mut self, key: &str, members: impl FnOnce(&mut Json)) {
        self.key(key);
        self.out.push(b'{');
        members(self);
        self.out.push(b'}');
    }

    pub fn array(&mut self, key: &str, items: impl FnOnce(&mut Json)) {
        self.key(key);
        self.out.push(b'[');
        items(self);
        self.out.push(b']');
    }

    /// An object inside an array.
    pub fn item(&mut self, members: impl FnOnce(&mut Json)) {
        self.comma();
        self.out.push(b'{');
        members(self);
        self.out.push(b'}');
    }

    /// A string inside an array.
    pub fn item_text(&mut self, value: &str) {
        self.comma();
        self.quoted(&[value]);
    }

    /// `"subject":{"reference":"Patient/p1-h2"}`.
    pub fn reference(&mut self, key: &str, type_: &str, id: &str) {
        self.object(key, |json| json.texts("reference", &[type_, "/", id]));
    }

    /// A reference inside an array.
    pub fn item_reference(&mut self, type_: &str, id: &str) {
        self.item(|json| json.texts("reference", &[type_, "/", id]));
    }

    /// A CodeableConcept of one coding with its text.
    pub fn concept(&mut self, key: &str, system: &str, code: &str, display: &str) {
        self.object(key, |json| json.codings(&[(system, code, display)], display));
    }

    /// A CodeableConcept inside an array.
    pub fn item_concept(&mut self, system: &str, code: &str, display: &str) {
        self.item(|json| json.codings(&[(system, code, display)], display));
    }

    /// The members of a CodeableConcept: codings as (system, code, display) and a text; an empty display or text is left out.
    pub fn codings(&mut self, codings: &[(&str, &str, &str)], text: &str) {
        self.array("coding", |json| {
            for (system, code, display) in codings {
                json.item(|json| json.coding(system, code, display));
            }
        });
        if !text.is_empty() {
            self.text("text", text);
        }
    }

    /// The members of a Coding.
    pub fn coding(&mut self, system: &str, code: &str, display: &str) {
        self.text("system", system);
        self.text("code", code);
        if !display.is_empty() {
            self.text("display", display);
        }
    }

    /// A quantity in a UCUM unit.
    pub fn quantity(&mut self, key: &str, value: f64, digits: u32, unit: &str, code: &str) {
        self.object(key, |json| {
            json.decimal("value", value, digits);
            json.text("unit", unit);
            json.piece(r#""system":"http://unitsofmeasure.org""#);
            json.text("code", code);
        });
    }

    /// `"meta":{"source":"urn:jingluo:institution:…"}`: which institution sent a resource.
    pub fn source(&mut self, organization: &str) {
        self.object("meta", |json| json.texts("source", &["urn:jingluo:institution:", organization]));
    }

    fn quoted(&mut self, parts: &[&str]) {
        self.out.push(b'"');
        for part in parts {
            escape(self.out, part);
        }
        self.out.push(b'"');
    }
}

fn escape(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

pub fn write_number(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Rounded half away from zero, with exactly so many digits after the point.
pub fn write_decimal(out: &mut Vec<u8>, value: f64, digits: u32) {
    let scale = 10_i64.pow(digits);
    let scaled = (value * scale as f64).round() as i64;
    if scaled < 0 {
        out.push(b'-');
    }
    let scaled = scaled.unsigned_abs();
    write_number(out, (scaled / scale.unsigned_abs()).cast_signed());
    if digits == 0 {
        return;
    }
    out.push(b'.');
    let mut unit = scale.unsigned_abs() / 10;
    let mut left = scaled % scale.unsigned_abs();
    while unit > 0 {
        out.push(b'0' + (left / unit) as u8);
        left %= unit;
        unit /= 10;
    }
}
