//! From who asks to what they may see and do: pure decisions, carried out by the store in every query plan.

pub mod directory;

use base::{Cx, Error, Purpose, Result, Role, Who};
use fhir::definitions::{TypeId, r4};

/// What one caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whose records.
    pub records: Records,
    /// Whether single records of persons are shown; without it there are counts, and lists of open types.
    pub detail: bool,
}

/// Whose records a caller may see; types without personal data are open to every role that sees any record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    All,
    /// Not even open types.
    Nothing,
    /// The registrations linked to this Person, and the Person.
    Resident {
        person: String,
    },
    /// The registrations managed by this Organization or one below it (`partOf`), and what lies in their compartments.
    Organization {
        id: String,
    },
    /// Like `Organization`, for all institutions below a district's Organization.
    District {
        id: String,
    },
}

/// The sight of the one who asks.
pub fn sight(cx: &Cx) -> Sight {
    if let (Role::Clinician, Some(person)) = (cx.who.role, &cx.care_of) {
        return Sight { records: Records::Resident { person: person.as_ref().to_owned() }, detail: true };
    }
    let scope = cx.who.scope.as_deref().map(str::to_owned);
    let (records, detail) = match (cx.who.role, scope) {
        (Role::Integration, _) => (Records::All, true),
        (Role::Admin, _) => (Records::Nothing, false),
        (Role::Officer, Some(id)) => (Records::District { id }, false),
        (Role::Clinician, Some(id)) => (Records::Organization { id }, true),
        (Role::Resident, Some(person)) => (Records::Resident { person }, true),
        // A narrow role without a scope sees no record: a missing setting never widens.
        (Role::Officer | Role::Clinician | Role::Resident, None) => (Records::Nothing, false),
    };
    Sight { records, detail }
}

/// The caller as somebody who takes part in the care of this Person: for one question, a clinician sees what the
/// registrations at other institutions hold. The caller must have seen one of the Person's registrations with the own
/// sight before; `runtime::care` sees to that. The audit names the caller and the registrations as ever. Who answers
/// questions of the past again to count them (`for_numbers`) treats nobody.
pub fn in_care_of(cx: &Cx, person: &str) -> Cx {
    let purpose = match cx.purpose {
        Purpose::PublicHealth => Purpose::PublicHealth,
        _ => Purpose::Treatment,
    };
    Cx { care_of: Some(person.into()), purpose, ..cx.clone() }
}

/// The caller with the sight of the platform: for work that has to read single records of all institutions and tells the
/// caller numbers alone. The audit names the caller, who caused the reading, and the health of the population as its purpose.
pub fn for_numbers(cx: &Cx) -> Cx {
    let who = Who { role: Role::Integration, scope: None, ..cx.who.clone() };
    Cx { who, care_of: None, purpose: Purpose::PublicHealth, ..cx.clone() }
}

/// Whether the caller may change the record.
pub fn may_write(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Integration => Ok(()),
        role => Err(Error::forbidden(format!(
            "an account of role `{}` cannot change the record; use one of role `integration`",
            role.name()
        ))),
    }
}

/// Whether the caller sees single persons at all.
pub fn sight_of_persons(cx: &Cx) -> Result<()> {
    match sight(cx) {
        Sight { detail: true, .. } => Ok(()),
        _ => {
            Err(Error::forbidden(format!("an account of role `{}` does not see single residents", cx.who.role.name())))
        }
    }
}

/// Whose audit the caller may read: everybody's (none), or that of the own Person.
pub fn audit_of(cx: &Cx) -> Result<Option<String>> {
    match (cx.who.role, cx.who.scope.as_deref()) {
        (Role::Admin | Role::Integration, _) => Ok(None),
        (Role::Resident, Some(person)) => Ok(Some(person.to_owned())),
        (role, _) => Err(Error::forbidden(format!(
            "an account of role `{}` does not read the audit; an admin does",
            role.name()
        ))),
    }
}

/// Whether the caller may manage accounts.
pub fn may_administer(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Admin => Ok(()),
        role => Err(Error::forbidden(format!(
            "an account of role `{}` cannot manage accounts; use one of role `admin`",
            role.name()
        ))),
    }
}

/// Whether the caller may take search parameters into use and out of it: each costs an index over all resources of its
/// types, so writing one into the record is not enough.
pub fn may_define_parameters(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Admin => Ok(()),
        role => Err(Error::forbidden(format!(
            "an account of role `{}` cannot take search parameters into use; use one of role `admin`",
            role.name()
        ))),
    }
}

/// Whether the caller may see how search parameters stand: who administers them, and who writes them.
pub fn may_see_parameters(cx: &Cx) -> Result<()> {
    match cx.who.role {
        Role::Admin | Role::Integration => Ok(()),
        role => Err(Error::forbidden(format!(
            "an account of role `{}` does not see how search parameters stand; an admin does",
            role.name()
        ))),
    }
}

/// The types that hold no personal data of residents. Every other type is shown only within the reader's records.
const OPEN_TYPES: [&str; 56] = [
    "ActivityDefinition",
    "CapabilityStatement",
    "CatalogEntry",
    "ChargeItemDefinition",
    "CodeSystem",
    "CompartmentDefinition",
    "ConceptMap",
    "DeviceDefinition",
    "EffectEvidenceSynthesis",
    "Endpoint",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "GraphDefinition",
    "HealthcareService",
    "ImplementationGuide",
    "InsurancePlan",
    "Library",
    "Location",
    "Measure",
    "Medication",
    "MedicationKnowledge",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "NamingSystem",
    "ObservationDefinition",
    "OperationDefinition",
    "Organization",
    "OrganizationAffiliation",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Questionnaire",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "RiskEvidenceSynthesis",
    "SearchParameter",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Substance",
    "SubstanceSpecification",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
];

/// Whether a type holds no personal data of residents.
pub fn is_open(type_: TypeId) -> bool {
    OPEN_TYPES.binary_search(&r4().type_name(type_)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_numbers_everything_is_seen_under_the_own_name() {
        let who = Who { account: 7, name: "anna".into(), role: Role::Officer, scope: Some("d1".into()) };
        let officer = Cx::new(who, Purpose::Operations);
        let cx = for_numbers(&officer);
        assert_eq!(sight(&cx), Sight { records: Records::All, detail: true });
        assert_eq!((cx.who.account, &*cx.who.name, cx.purpose), (7, "anna", Purpose::PublicHealth));
        assert_eq!(in_care_of(&cx, "p").purpose, Purpose::PublicHealth);
        assert_eq!(in_care_of(&officer, "p").purpose, Purpose::Treatment);
        assert!(!sight(&officer).detail);
    }

    #[test]
    fn open_types_are_sorted_and_exist() {
        assert!(OPEN_TYPES.is_sorted());
        for name in OPEN_TYPES {
            assert!(r4().type_named(name).is_some(), "{name}");
        }
    }
}
