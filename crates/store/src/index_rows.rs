//! Index rows of a resource as they are made from its content, before they are written.

use crate::ids::Rid;

/// Term, main date, row, and its patient.
pub type TokenRow = (i64, i64, i64, Option<i64>);

/// Index rows of one resource, by table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRows {
    pub token: Vec<TokenRow>,
    pub reference: Vec<(i64, i64, i64, i64)>,
    pub text: Vec<(i64, String, i64, i64)>,
    pub period: Vec<(i64, i64, i64, i64)>,
    pub number: Vec<(i64, f64, f64, i64, i64)>,
}

/// What stands in index rows of a resource besides its values.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub rid: Rid,
    pub date: i64,
    /// The patient of the row where that is another resource: a search tells by it who may see the row before it is sought.
    pub patient: Option<i64>,
}

impl Spot {
    pub fn new(rid: Rid, date: i64, patient: Option<Rid>) -> Spot {
        Spot { rid, date, patient: patient.filter(|&patient| patient != rid).map(|patient| patient.0) }
    }

    pub fn token(self, term: i64) -> TokenRow {
        (term, self.date, self.rid.0, self.patient)
    }
}

impl IndexRows {
    pub fn sort(&mut self) {
        self.token.sort_unstable();
        self.token.dedup();
        self.reference.sort_unstable();
        self.reference.dedup();
        self.text.sort_unstable();
        self.text.dedup();
        self.period.sort_unstable();
        self.period.dedup();
        self.number.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        self.number.dedup();
    }

    /// Whether one of the references stands under this path.
    pub fn stand_under(&self, path: i64) -> bool {
        self.reference.iter().any(|row| row.0 == path)
    }

    pub fn append(&mut self, other: &mut IndexRows) {
        self.token.append(&mut other.token);
        self.reference.append(&mut other.reference);
        self.text.append(&mut other.text);
        self.period.append(&mut other.period);
        self.number.append(&mut other.number);
    }
}

/// Takes out what both hold: an update touches only the rows that differ.
pub fn keep_difference(add: &mut IndexRows, drop: &mut IndexRows) {
    difference(&mut add.token, &mut drop.token);
    difference(&mut add.reference, &mut drop.reference);
    difference(&mut add.text, &mut drop.text);
    difference(&mut add.period, &mut drop.period);
    difference(&mut add.number, &mut drop.number);
}

/// Both are sorted and hold each row once.
fn difference<T: PartialOrd>(add: &mut Vec<T>, drop: &mut Vec<T>) {
    if drop.is_empty() {
        return;
    }
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    let (mut adds, mut drops) = (add.drain(..).peekable(), drop.drain(..).peekable());
    loop {
        match (adds.peek(), drops.peek()) {
            (Some(a), Some(d)) if a == d => {
                adds.next();
                drops.next();
            }
            (Some(a), Some(d)) if a < d => new.extend(adds.next()),
            (Some(_), None) => new.extend(adds.next()),
            (_, Some(_)) => gone.extend(drops.next()),
            (None, None) => break,
        }
    }
    std::mem::drop((adds, drops));
    (*add, *drop) = (new, gone);
}
