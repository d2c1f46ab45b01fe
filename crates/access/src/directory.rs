//! Who keeps the directory of institutions, and who sees the people in it.

use base::{Cx, Error, Result, Role};

/// What of the directory a caller may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeps {
    All,
    /// This Organization and those below it (`partOf`), which stay below it.
    Below {
        id: String,
    },
}

/// Institutions' systems keep all of it, an officer the own district.
pub fn keeps(cx: &Cx) -> Result<Keeps> {
    match (cx.who.role, cx.who.scope.as_deref()) {
        (Role::Integration, _) => Ok(Keeps::All),
        (Role::Officer, Some(id)) => Ok(Keeps::Below { id: id.to_owned() }),
        (role, _) => Err(Error::forbidden(format!(
            "an account of role `{}` cannot change the directory; use one of role `integration`, or of role `officer` \
             for its own district",
            role.name()
        ))),
    }
}

/// Whether the caller sees who works where and what equipment there is. Residents see institutions, departments,
/// services and areas.
pub fn may_see_staff(cx: &Cx) -> bool {
    matches!(cx.who.role, Role::Integration | Role::Officer | Role::Clinician)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{Purpose, Who};

    fn cx(role: Role, scope: Option<&str>) -> Cx {
        let who = Who { account: 7, name: "test".into(), role, scope: scope.map(Into::into) };
        Cx::new(who, Purpose::Operations)
    }

    #[test]
    fn integration_keeps_all_and_an_officer_the_own_district() {
        assert_eq!(keeps(&cx(Role::Integration, None)), Ok(Keeps::All));
        assert_eq!(keeps(&cx(Role::Officer, Some("d1"))), Ok(Keeps::Below { id: "d1".to_owned() }));
        // A missing setting never widens.
        assert!(keeps(&cx(Role::Officer, None)).is_err());
        for role in [Role::Admin, Role::Clinician, Role::Resident] {
            assert!(keeps(&cx(role, Some("d1"))).is_err());
        }
    }

    #[test]
    fn residents_and_admins_see_no_staff() {
        let sees = |role| may_see_staff(&cx(role, Some("x")));
        assert_eq!(Role::ALL.map(sees), [true, false, true, true, false]);
    }
}
