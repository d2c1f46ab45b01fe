//! The committed table.

use fhir::definitions::{Definitions, Primitive, ShapeKind, ValueType};
use fhir::{TypeId, r4};

#[test]
fn the_table_holds_all_of_r4() {
    let defs = r4();
    let names: Vec<&str> = defs.types().map(|type_| defs.type_name(type_)).collect();
    assert_eq!(names.len(), 146);
    assert!(names.is_sorted());
    assert_eq!(defs.type_named("Account"), Some(TypeId(1)));
    assert_eq!(defs.type_named("VisionPrescription"), Some(TypeId(146)));
    assert_eq!(defs.type_named("DomainResource"), None);
    assert_eq!(defs.type_name(TypeId(0)), "");
    assert_eq!(defs.type_name(TypeId(999)), "");
    let shapes = defs.structure.shapes();
    let of_kind = |kind| shapes.iter().filter(|shape| shape.kind == kind).count();
    // The concrete types with Resource and DomainResource; 41 datatypes with Element, BackboneElement, SimpleQuantity.
    assert_eq!(of_kind(ShapeKind::Resource), 148);
    assert_eq!(of_kind(ShapeKind::Datatype), 42);
    assert!(of_kind(ShapeKind::Part) > 400);
    assert_eq!(defs.structure.bindings().iter().filter(|binding| binding.open()).count(), 4);
}

#[test]
fn elements_are_found_by_both_their_names() {
    let defs = r4();
    let value = defs.element("Observation", "value").unwrap();
    assert!(value.choice && !value.many && value.summary && !value.mandatory());
    assert_eq!(value.types[0].name, "Quantity");
    assert_eq!(value.types[0].json, "valueQuantity");
    let (_, date_time) = defs.shape_named("Observation").unwrap().member("valueDateTime").unwrap();
    assert_eq!(date_time.value, ValueType::Primitive(Primitive::DateTime));
    assert!(defs.shape_named("Observation").unwrap().member("value").is_none());
    // Inherited, referring to another part, and reaching into a part.
    assert!(defs.element("Patient", "contained").unwrap().many);
    assert_eq!(
        defs.element("Observation.component", "referenceRange").unwrap().types[0].name,
        "Observation.referenceRange"
    );
    assert!(defs.element("Observation.referenceRange", "modifierExtension").is_some());
    assert_eq!(defs.element("Extension", "value").unwrap().types.len(), 50);
    assert_eq!(defs.element("Resource", "id").unwrap().types[0].name, "id");
}

#[test]
fn references_and_codes_are_known() {
    let defs = r4();
    let subject = &defs.element("Encounter", "subject").unwrap().types[0];
    let targets: Vec<&str> = subject.targets.iter().map(|type_| defs.type_name(*type_)).collect();
    assert_eq!(targets, ["Group", "Patient"]);
    assert!(defs.element("Basic", "subject").unwrap().types[0].targets.is_empty());
    let gender = defs.binding(defs.element("Patient", "gender").unwrap().binding.unwrap());
    assert_eq!(gender.plain_codes(), ["female", "male", "other", "unknown"]);
    assert!(gender.has("http://hl7.org/fhir/administrative-gender", "male"));
    assert!(!gender.has("http://x.org", "male"));
    let types = defs.binding(defs.element("OperationDefinition", "resource").unwrap().binding.unwrap());
    assert!(types.has_code("Patient") && types.has_code("Resource") && !types.has_code("Patiend"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "measures; decides nothing")]
fn the_table_loads_fast() {
    let table = include_str!("../../data/r4.txt");
    let started = std::time::Instant::now();
    let defs = Definitions::load(table);
    let took = started.elapsed();
    println!("{} bytes loaded in {took:?}", table.len());
    assert_eq!(defs.types().count(), 146);
    assert!(took.as_millis() < 2_000, "loading took {took:?}");
}

#[test]
fn the_five_compartments_are_there() {
    let params = |compartment, name| r4().compartment_params(compartment, r4().type_named(name).unwrap());
    assert_eq!(params("Encounter", "Observation"), ["encounter"]);
    assert_eq!(params("Patient", "Observation"), ["subject", "performer"]);
    assert_eq!(params("Device", "Observation"), ["subject", "device"]);
    assert_eq!(params("Practitioner", "Patient"), ["general-practitioner"]);
    assert_eq!(params("RelatedPerson", "RelatedPerson"), ["{def}"]);
    assert!(params("Encounter", "Organization").is_empty());
}
