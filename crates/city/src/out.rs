//! Where generated resources go: NDJSON bytes of what arrives within a window, and the truth beside them.

use crate::day::Minute;
use crate::json::Json;
use crate::settings::Part;

/// Which resources are wanted, by the minute of their arrival at the platform: from `from` up to but without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Minute,
    pub to: Minute,
    /// Each version that arrives in the window, in place of the last one that has arrived at its end.
    pub every_version: bool,
}

impl Window {
    /// All that has arrived before `to`, each resource once, as it then stands.
    pub fn history(to: Minute) -> Window {
        Window { from: Minute::MIN, to, every_version: false }
    }

    /// What arrives from `from` on and before `to`, each version.
    pub fn live(from: Minute, to: Minute) -> Window {
        Window { from, to, every_version: true }
    }

    pub fn holds(&self, arrival: Minute) -> bool {
        (self.from..self.to).contains(&arrival)
    }
}

/// A place between two resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    byte: usize,
    line: usize,
}

/// Takes what a city makes.
pub struct Out {
    pub window: Window,
    pub only: Option<Part>,
    /// One resource a line.
    pub ndjson: Vec<u8>,
    pub resources: u64,
    /// (arrival, start, end) of each line in `ndjson`; filled only where every version is wanted.
    pub arrivals: Vec<(Minute, usize, usize)>,
    pub truth: Truth,
}

/// What is known about the data but never written into it, as rows of CSV without header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    pub people: String,
    pub registrations: String,
    pub infections: String,
    pub outbreaks: String,
    pub repeats: String,
}

impl Truth {
    /// File name and header of each part, in the order of the fields.
    pub const HEADERS: [(&'static str, &'static str); 5] = [
        (
            "people.csv",
            "person,family,given,sex,born,died,identity,household,street,neighbourhood,mother,father,twin,arrived,left",
        ),
        ("registrations.csv", "registration,person,institution,from,errors"),
        ("infections.csv", "person,outbreak,disease,by,place_kind,place,infected,onset,severity,visit,reported"),
        ("outbreaks.csv", "outbreak,kind,disease,place_kind,place,first_infection,first_onset,first_report,cases"),
        (
            "repeats.csv",
            "person,first,second,item,first_institution,second_institution,hours,avoidable,reason,hours_elsewhere,ordered,issued,arrived,fen",
        ),
    ];

    /// The parts in the order of `HEADERS`.
    pub fn parts(&self) -> [&str; 5] {
        [&self.people, &self.registrations, &self.infections, &self.outbreaks, &self.repeats]
    }
}

impl Out {
    pub fn new(window: Window, only: Option<Part>) -> Out {
        Out { window, only, ndjson: Vec::new(), resources: 0, arrivals: Vec::new(), truth: Truth::default() }
    }

    /// Empties it and keeps its room.
    pub fn clear(&mut self) {
        self.ndjson.clear();
        self.arrivals.clear();
        self.resources = 0;
        for part in [
            &mut self.truth.people,
            &mut self.truth.registrations,
            &mut self.truth.infections,
            &mut self.truth.outbreaks,
            &mut self.truth.repeats,
        ] {
            part.clear();
        }
    }

    /// Where the next resource will stand.
    pub fn mark(&self) -> Mark {
        Mark { byte: self.ndjson.len(), line: self.arrivals.len() }
    }

    /// Puts what has been written since `middle` before what has been written since `start`.
    pub fn bring_forward(&mut self, start: Mark, middle: Mark) {
        let moved = self.ndjson.len() - middle.byte;
        if moved == 0 || start == middle {
            return;
        }
        self.ndjson[start.byte..].rotate_right(moved);
        let lines = self.arrivals.len() - middle.line;
        let before = middle.byte - start.byte;
        for (nth, (_, from, to)) in self.arrivals[start.line..].iter_mut().enumerate() {
            let late = nth >= middle.line - start.line;
            *from = if late { *from - before } else { *from + moved };
            *to = if late { *to - before } else { *to + moved };
        }
        self.arrivals[start.line..].rotate_right(lines);
    }

    pub fn is_due(&self, arrival: Minute) -> bool {
        self.window.holds(arrival)
    }

    /// Whether a part of the city is wanted: always, unless only another one is.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Writes one resource if it arrives in the window; `write` adds the members after `resourceType` and `id`.
    pub fn resource(&mut self, arrival: Minute, type_: &str, id: &str, write: impl FnOnce(&mut Json)) {
        if !self.is_due(arrival) {
            return;
        }
        let start = self.ndjson.len();
        self.ndjson.extend_from_slice(b"{\"resourceType\":\"");
        self.ndjson.extend_from_slice(type_.as_bytes());
        self.ndjson.extend_from_slice(b"\",\"id\":\"");
        self.ndjson.extend_from_slice(id.as_bytes());
        self.ndjson.push(b'"');
        write(&mut Json::new(&mut self.ndjson));
        self.ndjson.extend_from_slice(b"}\n");
        self.resources += 1;
        if self.window.every_version {
            self.arrivals.push((arrival, start, self.ndjson.len()));
        }
    }

    /// A resource that changes: `arrivals` are the arrivals of its versions, rising; `write` gets the number of the version.
    pub fn versions(&mut self, type_: &str, id: &str, arrivals: &[Minute], write: impl Fn(&mut Json, usize)) {
        if self.window.every_version {
            for (nth, arrival) in arrivals.iter().enumerate() {
                self.resource(*arrival, type_, id, |json| write(json, nth));
            }
            return;
        }
        let last = arrivals.iter().rposition(|arrival| *arrival < self.window.to);
        if let Some(nth) = last {
            self.resource(arrivals[nth], type_, id, |json| write(json, nth));
        }
    }
}
