//! The figures of the overview: what they are called, what they count.

use super::rules::Measure;
use base::{Error, Result};
use runtime::program::Words;

/// A number on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Registrations at community centres: everybody has one there, at the centre of the own street.
    Residents,
    Registrations,
    Institutions,
    Visits,
    Reports,
    Cards,
    Admissions,
    Discharges,
    InBed,
    Beds,
    Messages,
}

/// Kinds of the institutions that keep the health records of a street or township (WS 218).
pub const PRIMARY_KINDS: [&str; 5] = ["B100", "B200", "C100", "C210", "C220"];

impl Figure {
    /// In the order of the board.
    pub const ALL: [Figure; 11] = [
        Figure::Residents,
        Figure::Registrations,
        Figure::Institutions,
        Figure::Visits,
        Figure::Reports,
        Figure::Cards,
        Figure::Admissions,
        Figure::Discharges,
        Figure::InBed,
        Figure::Beds,
        Figure::Messages,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Figure::Residents => "residents",
            Figure::Registrations => "registrations",
            Figure::Institutions => "institutions",
            Figure::Visits => "visits",
            Figure::Reports => "reports",
            Figure::Cards => "cards",
            Figure::Admissions => "admissions",
            Figure::Discharges => "discharges",
            Figure::InBed => "in_bed",
            Figure::Beds => "beds",
            Figure::Messages => "messages",
        }
    }

    pub const fn title(self) -> Words {
        match self {
            Figure::Residents => Words { zh: "建档居民", en: "Residents with a record" },
            Figure::Registrations => Words { zh: "就诊登记", en: "Registrations" },
            Figure::Institutions => Words { zh: "医疗卫生机构", en: "Institutions" },
            Figure::Visits => Words { zh: "门急诊人次", en: "Visits" },
            Figure::Reports => Words { zh: "检查检验报告", en: "Reports" },
            Figure::Cards => Words { zh: "传染病报告卡", en: "Report cards" },
            Figure::Admissions => Words { zh: "入院", en: "Admissions" },
            Figure::Discharges => Words { zh: "出院", en: "Discharges" },
            Figure::InBed => Words { zh: "在院病人", en: "In bed" },
            Figure::Beds => Words { zh: "床位", en: "Beds" },
            Figure::Messages => Words { zh: "上报消息", en: "Messages" },
        }
    }

    pub fn named(name: &str) -> Result<Figure> {
        let known = Figure::ALL.into_iter().find(|figure| figure.key() == name);
        known.ok_or_else(|| {
            let all: Vec<&str> = Figure::ALL.iter().map(|figure| figure.key()).collect();
            Error::invalid(format!("there is no figure `{name}`; use one of {}", all.join(", ")))
        })
    }

    /// The tallies it sums; none for what the directory knows.
    pub const fn measure(self) -> Option<Measure> {
        match self {
            Figure::Residents | Figure::Registrations => Some(Measure::Registrations),
            Figure::Visits => Some(Measure::Visits),
            Figure::Reports => Some(Measure::Reports),
            Figure::Cards => Some(Measure::Cards),
            Figure::Admissions => Some(Measure::Admissions),
            Figure::Discharges => Some(Measure::Discharges),
            Figure::InBed => Some(Measure::InBed),
            Figure::Messages => Some(Measure::Messages),
            Figure::Institutions | Figure::Beds => None,
        }
    }

    /// Whether it is counted day by day; the others are as of now.
    pub const fn is_daily(self) -> bool {
        matches!(
            self,
            Figure::Visits
                | Figure::Reports
                | Figure::Cards
                | Figure::Admissions
                | Figure::Discharges
                | Figure::Messages
        )
    }

    /// Whether it counts what happens to persons, so that small counts could tell of one.
    pub const fn is_of_persons(self) -> bool {
        !matches!(self, Figure::Institutions | Figure::Beds)
    }

    /// The day under which its tallies stand.
    pub const fn tally_day(self, day: i32) -> i32 {
        if self.is_daily() { day } else { 0 }
    }
}
