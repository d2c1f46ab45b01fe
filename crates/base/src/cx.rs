//! `Cx`: who asks, for what purpose, what time it is, when to stop. It comes first in every store and program call.

use crate::clock::{Clock, Deadline, Millis};
use crate::dice::Dice;
use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What an account is for. What each may see is `access`'s decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, through the API: institutions' systems and the platform's own work.
    Integration,
    /// Accounts and operation, no records.
    Admin,
    /// Aggregates and lists of one district.
    Officer,
    /// The records of one's own institution.
    Clinician,
    /// One's own record.
    Resident,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Integration, Role::Admin, Role::Officer, Role::Clinician, Role::Resident];

    pub const fn name(self) -> &'static str {
        match self {
            Role::Integration => "integration",
            Role::Admin => "admin",
            Role::Officer => "officer",
            Role::Clinician => "clinician",
            Role::Resident => "resident",
        }
    }

    pub fn named(name: &str) -> Result<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            Error::invalid(format!("there is no role `{name}`; use integration, admin, officer, clinician or resident"))
        })
    }
}

/// Why somebody looks, as the audit records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Care of the person.
    Treatment,
    /// Running the platform: import, backup, reactions.
    Operations,
    /// Guarding the population's health.
    PublicHealth,
    /// The person looks at the own record.
    Own,
}

impl Purpose {
    /// The code in HL7's ActReason that an AuditEvent shows.
    pub const fn code(self) -> &'static str {
        match self {
            Purpose::Treatment => "TREAT",
            Purpose::Operations => "HOPERAT",
            Purpose::PublicHealth => "PUBHLTH",
            Purpose::Own => "PATRQT",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Number of the account in the store; 0 is the platform itself.
    pub account: i64,
    /// The account's name, for audit and logs. Never a person's name.
    pub name: Arc<str>,
    pub role: Role,
    /// What the role is narrowed to: the id of an Organization for a clinician (the institution) and an officer
    /// (the district), the id of a Person for a resident.
    pub scope: Option<Arc<str>>,
}

impl Who {
    /// The platform itself: imports on the command line, reactions, the first start.
    pub fn platform() -> Who {
        Who { account: 0, name: "platform".into(), role: Role::Integration, scope: None }
    }
}

/// Says that work should end early: the client left, or the server stops.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The context of one call.
#[derive(Clone, Debug)]
pub struct Cx {
    pub who: Who,
    pub purpose: Purpose,
    /// The Person in whose care the caller takes part, for this one question: the registrations of other institutions are
    /// seen too. Set by `access::in_care_of` alone.
    pub care_of: Option<Arc<str>>,
    /// After it the work is given up with `too-costly`.
    pub deadline: Option<Deadline>,
    pub stop: StopFlag,
    pub clock: Clock,
    pub dice: Dice,
}

impl Cx {
    /// A context on the machine's clock and randomness, without a deadline.
    pub fn new(who: Who, purpose: Purpose) -> Cx {
        let (clock, dice) = (Clock::System, Dice::System);
        Cx { who, purpose, care_of: None, deadline: None, stop: StopFlag::default(), clock, dice }
    }

    /// The platform's own work.
    pub fn platform() -> Cx {
        Cx::new(Who::platform(), Purpose::Operations)
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Call it in every long loop: an error once the caller has left or the time is over.
    pub fn go_on(&self) -> Result<()> {
        if self.stop.is_raised() {
            return Err(Error::new(
                Kind::Busy,
                "the work was stopped before its end; nothing was changed, send it again",
            ));
        }
        match self.deadline {
            Some(deadline) if deadline.is_over() => Err(Error::too_costly(
                "the request took longer than one request may; narrow it, for example by a patient, a code or a date",
            )),
            _ => Ok(()),
        }
    }
}
