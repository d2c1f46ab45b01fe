//! The CapabilityStatement tells exactly what works.

use crate::harness::Server;
use serde_json::{Value, json};

#[test]
fn every_type_is_listed_with_its_parameters() {
    let server = Server::start();
    let statement = server.nobody().get("/metadata").expect(200);
    assert_eq!(
        (&statement["resourceType"], &statement["fhirVersion"]),
        (&json!("CapabilityStatement"), &json!("4.0.1"))
    );
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(resources.len(), 146);
    let patient = resources.iter().find(|resource| resource["type"] == "Patient").unwrap();
    let names: Vec<&Value> = patient["searchParam"].as_array().unwrap().iter().map(|param| &param["name"]).collect();
    let observation = resources.iter().find(|resource| resource["type"] == "Observation").unwrap();
    assert!(observation["searchInclude"].as_array().unwrap().contains(&json!("Observation:subject")));
    assert!(patient["searchRevInclude"].as_array().unwrap().contains(&json!("Observation:subject")));
    let rest = &statement["rest"][0];
    assert!(rest["interaction"].to_string().contains("search-system"));
    assert!(rest["searchParam"].to_string().contains("_explain"));
    assert!(
        rest["compartment"].as_array().unwrap().contains(&json!("http://hl7.org/fhir/CompartmentDefinition/patient"))
    );
    assert_eq!(patient["operation"][0]["definition"], "http://hl7.org/fhir/OperationDefinition/Patient-everything");
    assert_eq!(observation["operation"][0]["name"], "lastn");
    assert!(observation.to_string().contains("\"code-value-quantity\""));
    for name in ["resident", "_id", "_lastUpdated", "birthdate", "family", "identifier", "general-practitioner"] {
        assert!(names.contains(&&json!(name)), "{name} is missing in {names:?}");
    }
}

/// Whatever parameter is listed is accepted, whatever is not is refused.
#[test]
fn listed_parameters_are_carried_out() {
    let server = Server::start();
    let system = server.system();
    let statement = system.get("/metadata").expect(200);
    for type_ in ["Patient", "Observation", "Encounter", "ValueSet", "Location"] {
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        let resource = resources.iter().find(|resource| resource["type"] == type_).unwrap();
        for (name, reverse) in [("searchInclude", "_include"), ("searchRevInclude", "_revinclude")] {
            for include in resource[name].as_array().into_iter().flatten() {
                system.get(&format!("/{type_}?{reverse}={}", include.as_str().unwrap())).expect(200);
            }
        }
        for param in resource["searchParam"].as_array().unwrap() {
            let value = match param["type"].as_str().unwrap() {
                "date" => "2026-11-21",
                "number" => "1",
                "quantity" => "1",
                "reference" => "Patient/1",
                _ => "x",
            };
            let name = param["name"].as_str().unwrap();
            let text = param["documentation"].as_str().unwrap_or_default();
            for modifier in text.strip_prefix("Modifiers: ").into_iter().flat_map(|list| list.split(", ")) {
                let reply = system.get(&format!("/{type_}?{name}:{modifier}=x"));
                assert!(!reply.body.contains("is not known for"), "{type_}?{name}:{modifier}: {reply:?}");
            }
            let reply = system.get(&format!("/{type_}?{name}={value}"));
            // A value may be refused, a parameter that is listed not.
            let known = reply.status == 200 || (reply.status == 400 && !reply.body.contains("not-supported"));
            assert!(known, "{type_}?{name}={value}: {reply:?}");
        }
    }
}

#[test]
fn the_statement_is_itself_a_valid_resource() {
    let server = Server::start();
    let system = server.system();
    let mut statement = system.get("/metadata").expect(200);
    statement["id"] = json!("own");
    system.put("/CapabilityStatement/own", &statement).expect(201);
}
