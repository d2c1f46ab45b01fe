//! Whose alerts a reader sees, and which of them are asked for. Officers see the institutions below their commission and
//! no single residents, clinicians their own institution, the platform's own people all of it.

use super::alert::{AlertRow, Outcome};
use super::held::{Known, Line};
use crate::directory::{Picture, picture};
use base::zone::{day_named, day_text};
use base::{Cx, Error, Result, Role};
use runtime::program::Env;
use serde_json::{Value, json};
use std::sync::Arc;

/// Days that are shown where none are asked for.
const DAYS_DEFAULT: i32 = 30;

/// What stands in a parameter for those that do not tell it.
pub const NOT_TOLD: &str = "-";

/// A value as parameters and groups name it.
pub fn named(value: &str) -> &str {
    if value.is_empty() { NOT_TOLD } else { value }
}

/// What one reader sees.
pub struct Reader {
    pub picture: Arc<Picture>,
    /// Whether single residents are seen: then figures open into alerts, and no count is too small.
    pub detail: bool,
    /// Whether institutions that the directory does not know are seen too.
    everything: bool,
    own: Option<usize>,
    seen: Vec<bool>,
}

impl Reader {
    pub fn of(cx: &Cx, env: &Env) -> Result<Reader> {
        let picture = picture(env)?;
        let (everything, detail) = match cx.who.role {
            Role::Integration => (true, true),
            Role::Clinician => (false, true),
            _ => (false, false),
        };
        let scope = cx.who.scope.as_deref().filter(|_| !everything);
        let own = scope.and_then(|id| picture.place_of(id));
        let mut seen = vec![everything; picture.institutions.len()];
        for at in own.map(|own| picture.below(own)).unwrap_or_default() {
            seen[at] = true;
        }
        Ok(Reader { picture, detail, everything, own, seen })
    }

    /// Whether alerts of this institution are seen.
    pub fn sees(&self, institution: &str) -> bool {
        self.picture.place_of(institution).map_or(self.everything, |at| self.seen[at])
    }

    /// Id of the institution that a department or campus belongs to.
    pub fn top<'a>(&'a self, institution: &'a str) -> &'a str {
        let top = self.picture.institution(institution).map(|here| &self.picture.institutions[here.top]);
        top.map_or(institution, |top| &top.row.id)
    }

    /// Code of the district that an institution lies in; empty where nobody knows.
    pub fn district(&self, institution: &str) -> &str {
        self.picture.institution(self.top(institution)).and_then(|top| top.district.as_deref()).unwrap_or_default()
    }

    /// Ids of the institutions and departments of a reader who sees few; none where all days are read whole.
    pub fn few(&self) -> Option<Vec<&str>> {
        let own = self.own.filter(|_| self.detail && !self.everything)?;
        Some(self.picture.below(own).into_iter().map(|at| self.picture.institutions[at].row.id.as_str()).collect())
    }

    /// What the page is about.
    pub fn home(&self) -> Value {
        match self.own.map(|own| &self.picture.institutions[own]) {
            Some(own) => json!({ "type": "Organization", "id": own.row.id, "name": own.row.name }),
            None => Value::Null,
        }
    }
}

/// Which alerts are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Local days, both included.
    pub from: i32,
    pub to: i32,
    pub today: i32,
    pub institution: Option<String>,
    pub district: Option<String>,
    pub department: Option<String>,
    pub doctor: Option<String>,
    pub item: Option<String>,
    /// Whose results.
    pub origin: Option<String>,
    pub reason: Option<String>,
    pub outcome: Option<Wanted>,
    pub opened: Option<bool>,
    /// Only those whose result was corrected or withdrawn afterwards.
    pub changed: bool,
    pub told: Option<bool>,
}

/// What of outcomes is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Accepted,
    Overridden,
    /// With or without having been closed, of any day.
    Unanswered,
    Dismissed,
    /// Unanswered ones of today.
    Open,
}

impl Wanted {
    pub const ALL: [(Wanted, &'static str); 5] = [
        (Wanted::Accepted, "accepted"),
        (Wanted::Overridden, "overridden"),
        (Wanted::Unanswered, "unanswered"),
        (Wanted::Dismissed, "dismissed"),
        (Wanted::Open, "open"),
    ];

    fn named(name: &str) -> Result<Wanted> {
        let found = Wanted::ALL.into_iter().find(|(_, known)| *known == name).map(|(wanted, _)| wanted);
        let all = Wanted::ALL.map(|(_, name)| name).join(", ");
        found.ok_or_else(|| Error::invalid(format!("`outcome` is one of {all}, not `{name}`")))
    }

    fn holds(self, outcome: Outcome, is_today: bool) -> bool {
        match self {
            Wanted::Accepted => outcome == Outcome::Accepted,
            Wanted::Overridden => outcome == Outcome::Overridden,
            Wanted::Unanswered => matches!(outcome, Outcome::Unanswered | Outcome::Dismissed),
            Wanted::Dismissed => outcome == Outcome::Dismissed,
            Wanted::Open => outcome == Outcome::Unanswered && is_today,
        }
    }
}

/// What an alert says, whether from its row or from a line.
pub struct Seen<'a> {
    pub offer: bool,
    pub institution: &'a str,
    pub department: &'a str,
    pub doctor: &'a str,
    pub item: &'a str,
    pub origin: &'a str,
    pub reason: &'a str,
    pub outcome: Outcome,
    pub opened: bool,
    pub changed: bool,
    pub told: Option<bool>,
}

impl<'a> Seen<'a> {
    pub fn row(row: &'a AlertRow) -> Seen<'a> {
        Seen {
            offer: row.offer,
            institution: &row.institution,
            department: &row.department,
            doctor: &row.doctor,
            item: &row.item,
            origin: &row.origin,
            reason: &row.reason,
            outcome: row.outcome,
            opened: row.opened,
            changed: row.changed.is_some(),
            told: row.told,
        }
    }

    pub fn line(line: &Line, known: &'a Known) -> Seen<'a> {
        Seen {
            offer: line.offer,
            institution: known.name(line.institution),
            department: known.name(line.department),
            doctor: known.name(line.doctor),
            item: known.name(line.item),
            origin: known.name(line.origin),
            reason: known.name(line.reason),
            outcome: line.outcome,
            opened: line.opened,
            changed: line.changed.is_some(),
            told: line.told,
        }
    }
}

impl Asked {
    /// From the parameters of an operation or the filters of a list.
    pub fn of<'a>(cx: &Cx, env: &Env, reader: &Reader, param: impl Fn(&str) -> Option<&'a str>) -> Result<Asked> {
        let today = env.site.zone.day_and_minute(cx.now()).0;
        let day = |name: &str| {
            let wrong = |text: &str| Error::invalid(format!("`{name}` is a day such as 2026-03-01, not `{text}`"));
            param(name).map(|text| day_named(text).filter(|&day| day >= 0).ok_or_else(|| wrong(text))).transpose()
        };
        let flag = |name: &str| match param(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Error::invalid(format!("`{name}` is `true` or `false`, not `{other}`"))),
        };
        let to = day("to")?.unwrap_or(today);
        let from = day("from")?.unwrap_or(to - DAYS_DEFAULT + 1);
        if from > to {
            return Err(Error::invalid(format!("`from` ({}) is after `to` ({})", day_text(from), day_text(to))));
        }
        let owned = |name: &str| param(name).map(str::to_owned);
        let institution = param("institution").map(|id| match id == NOT_TOLD || reader.sees(id) {
            true => Ok(reader.top(id).to_owned()),
            false => Err(Error::not_found(format!("there is no institution `{id}` among those you see"))),
        });
        Ok(Asked {
            from,
            to,
            today,
            institution: institution.transpose()?,
            district: owned("district"),
            department: owned("department"),
            doctor: owned("doctor"),
            item: owned("item"),
            origin: owned("origin"),
            reason: owned("reason"),
            outcome: param("outcome").map(Wanted::named).transpose()?,
            opened: flag("opened")?,
            changed: flag("changed")?.unwrap_or(false),
            told: flag("told")?,
        })
    }

    /// Whether an alert of a day is meant. Cards that inform only are no alerts.
    pub fn keeps(&self, reader: &Reader, seen: &Seen<'_>, day: i32) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == named(value));
        seen.offer
            && (self.from..=self.to).contains(&day)
            && self.keeps_place(reader, seen.institution)
            && is(&self.department, seen.department)
            && is(&self.doctor, seen.doctor)
            && is(&self.item, seen.item)
            && self.origin.as_deref().is_none_or(|wanted| named(reader.top(seen.origin)) == wanted)
            && (self.reason.is_none() || (seen.outcome == Outcome::Overridden && is(&self.reason, seen.reason)))
            && self.outcome.is_none_or(|wanted| wanted.holds(seen.outcome, day == self.today))
            && self.opened.is_none_or(|wanted| wanted == seen.opened)
            && (!self.changed || (seen.changed && seen.outcome == Outcome::Accepted))
            && self.told.is_none_or(|wanted| seen.told == Some(wanted))
    }

    /// Whether something of an institution is meant.
    pub fn keeps_place(&self, reader: &Reader, institution: &str) -> bool {
        reader.sees(institution)
            && self.institution.as_deref().is_none_or(|wanted| named(reader.top(institution)) == wanted)
            && self.district.as_deref().is_none_or(|wanted| named(reader.district(institution)) == wanted)
    }

    /// The same as parameters of the list, in their order, with these instead of its own.
    pub fn link(&self, instead: &[(&str, &str)]) -> String {
        let (from, to) = (day_text(self.from), day_text(self.to));
        let own = [
            ("from", Some(from.as_str())),
            ("to", Some(to.as_str())),
            ("district", self.district.as_deref()),
            ("institution", self.institution.as_deref()),
            ("department", self.department.as_deref()),
            ("doctor", self.doctor.as_deref()),
            ("item", self.item.as_deref()),
            ("origin", self.origin.as_deref()),
            ("reason", self.reason.as_deref()),
        ];
        let mut params: Vec<(&str, &str)> = own.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        for &(name, value) in instead {
            match params.iter_mut().find(|(known, _)| *known == name) {
                Some(param) => param.1 = value,
                None => params.push((name, value)),
            }
        }
        query(&params)
    }
}

/// `?a=b&c=d`; a parameter without a value is left out.
pub fn query(params: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        runtime::record::encode(value, &mut text);
    }
    text
}
