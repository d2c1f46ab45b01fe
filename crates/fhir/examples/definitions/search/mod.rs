//! Writes the search half of the table: index paths, parameters, Patient compartment, main dates.

mod compile;
mod composite;
mod expression;

use crate::package::{items, text};
use compile::Place;
use composite::Composite;
use fhir::definitions::Structure;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// The date parameters by which clinical resources are put on a time line; the first that has a value counts.
const MAIN_DATES: &[(&str, &[&str])] = &[
    ("Account", &["period"]),
    ("AdverseEvent", &["date"]),
    ("AllergyIntolerance", &["onset", "date", "last-date"]),
    ("Appointment", &["date"]),
    ("AuditEvent", &["date"]),
    ("Basic", &["created"]),
    ("CarePlan", &["date"]),
    ("CareTeam", &["date"]),
    ("ChargeItem", &["occurrence", "entered-date"]),
    ("Claim", &["created"]),
    ("ClaimResponse", &["created"]),
    ("ClinicalImpression", &["date"]),
    ("Communication", &["sent", "received"]),
    ("CommunicationRequest", &["occurrence", "authored"]),
    ("Composition", &["date", "period"]),
    ("Condition", &["onset-date", "recorded-date"]),
    ("Consent", &["date", "period"]),
    ("CoverageEligibilityRequest", &["created"]),
    ("CoverageEligibilityResponse", &["created"]),
    ("DetectedIssue", &["identified"]),
    ("DeviceRequest", &["event-date", "authored-on"]),
    ("DiagnosticReport", &["date", "issued"]),
    ("DocumentManifest", &["created"]),
    ("DocumentReference", &["date", "period"]),
    ("Encounter", &["date"]),
    ("EpisodeOfCare", &["date"]),
    ("ExplanationOfBenefit", &["created"]),
    ("FamilyMemberHistory", &["date"]),
    ("Flag", &["date"]),
    ("Goal", &["start-date", "target-date"]),
    ("ImagingStudy", &["started"]),
    ("Immunization", &["date"]),
    ("ImmunizationEvaluation", &["date"]),
    ("ImmunizationRecommendation", &["date"]),
    ("Invoice", &["date"]),
    ("List", &["date"]),
    ("MeasureReport", &["date", "period"]),
    ("Media", &["created"]),
    ("MedicationAdministration", &["effective-time"]),
    ("MedicationDispense", &["whenhandedover", "whenprepared"]),
    ("MedicationRequest", &["authoredon", "date"]),
    ("MedicationStatement", &["effective"]),
    ("NutritionOrder", &["datetime"]),
    ("Observation", &["date"]),
    ("Procedure", &["date"]),
    ("Provenance", &["when", "recorded"]),
    ("QuestionnaireResponse", &["authored"]),
    ("RequestGroup", &["authored"]),
    ("ResearchSubject", &["date"]),
    ("RiskAssessment", &["date"]),
    ("Schedule", &["date"]),
    ("ServiceRequest", &["occurrence", "authored"]),
    ("Slot", &["start"]),
    ("Specimen", &["collected"]),
    ("SupplyRequest", &["date"]),
    ("Task", &["period", "authored-on"]),
    ("VisionPrescription", &["datewritten"]),
];

/// Parameters that read a column of the record and so need no index path.
const COLUMNS: [&str; 2] = ["_id", "_lastUpdated"];

/// The compartments of R4.
const COMPARTMENTS: [&str; 5] = ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"];

pub fn write(package_dir: &Path, structure: &Structure, out: &mut String) -> Result<(), String> {
    let params = read_params(package_dir)?;
    let compartment = read_compartment(package_dir)?;
    let compartments = COMPARTMENTS
        .iter()
        .map(|name| Ok((*name, compartment_params(package_dir, name)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let mut bases = vec!["Resource".to_owned()];
    bases.extend(structure.types().map(|type_| structure.type_name(type_).to_owned()));
    for base in &bases {
        let by_url = |url: &str| params.iter().find(|param| text(param, "url") == url);
        let mut block = Block { structure, base, by_url: &by_url, groups: BTreeMap::new(), lines: Vec::new() };
        for param in params.iter().filter(|param| is_of(param, base)) {
            block.param(param).map_err(|error| format!("{} of {base}: {error}", text(param, "code")))?;
        }
        let owners = compartment.get(base).map(Vec::as_slice).unwrap_or_default();
        block.write(owners, out)?;
        for (name, by_type) in &compartments {
            if let Some(params) = by_type.get(base) {
                let _ = writeln!(out, "K\t{name}\t{}", params.join(" "));
            }
        }
    }
    Ok(())
}

/// The standard parameters, sorted by code. Left out: the three examples of SearchParameter itself and the
/// parameters of extensions that have no expression.
fn read_params(package_dir: &Path) -> Result<Vec<Value>, String> {
    let mut params = Vec::new();
    let listing = std::fs::read_dir(package_dir).map_err(|error| error.to_string())?;
    for file in listing {
        let path = file.map_err(|error| error.to_string())?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.starts_with("SearchParameter-") {
            continue;
        }
        let param = read(&path)?;
        let id = text(&param, "url").strip_prefix("http://hl7.org/fhir/SearchParameter/").unwrap_or("example");
        let common = items(&param, "base").iter().any(|base| base == "Resource" || base == "DomainResource");
        let known = !items(&param, "base").is_empty() && (common || !text(&param, "expression").is_empty());
        if known && !id.starts_with("example") {
            params.push(param);
        }
    }
    params.sort_by_key(|param| text(param, "code").to_owned());
    Ok(params)
}

/// Type → the parameters by which it lies in the Patient compartment: `subject` and `patient` first.
fn read_compartment(package_dir: &Path) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut by_type = compartment_params(package_dir, "Patient")?;
    for params in by_type.values_mut() {
        params.sort_by_key(|param| match param.as_str() {
            "subject" => 0,
            "patient" => 1,
            _ => 2,
        });
    }
    Ok(by_type)
}

/// Type → the parameters by which it lies in a compartment, in the order of the definition.
fn compartment_params(package_dir: &Path, name: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let file = format!("CompartmentDefinition-{}{}.json", name[..1].to_lowercase(), &name[1..]);
    let definition = read(&package_dir.join(file))?;
    let mut by_type = BTreeMap::new();
    for resource in items(&definition, "resource") {
        let params: Vec<String> =
            items(resource, "param").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if !params.is_empty() {
            by_type.insert(text(resource, "code").to_owned(), params);
        }
    }
    Ok(by_type)
}

fn read(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("`{}` is no JSON: {error}", path.display()))
}

fn is_of(param: &Value, base: &str) -> bool {
    items(param, "base").iter().any(|name| name == base || (base == "Resource" && name == "DomainResource"))
}

/// The lines of one type.
struct Block<'a> {
    structure: &'a Structure,
    base: &'a str,
    by_url: &'a dyn Fn(&str) -> Option<&'a Value>,
    /// By (key, kind).
    groups: BTreeMap<(String, &'static str), Vec<Program>>,
    lines: Vec<ParamLine>,
}

struct ParamLine {
    code: String,
    head: String,
    composite: Composite,
    /// What it reads, in order.
    places: Vec<Place>,
}

/// A program and the parameters that read what it finds.
struct Program {
    text: String,
    readers: BTreeSet<String>,
}

/// An index path as it is written.
struct PathLine {
    key: String,
    kind: &'static str,
    programs: Vec<String>,
}

impl Block<'_> {
    fn param(&mut self, param: &Value) -> Result<(), String> {
        let (code, kind) = (text(param, "code"), text(param, "type"));
        let mut places = Vec::new();
        if !matches!(kind, "composite" | "special") && !COLUMNS.contains(&code) && !text(param, "expression").is_empty()
        {
            for steps in expression::parse(text(param, "expression"))? {
                places.extend(compile::places(self.structure, self.base, kind, &steps)?);
            }
            if places.is_empty() {
                return Err(format!("`{}` reads nothing", text(param, "expression")));
            }
        }
        let stated: Vec<&str> = items(param, "target").iter().filter_map(Value::as_str).collect();
        for place in &mut places {
            // A nested resource can be any; only the parameter says of which type it is.
            if place.program.starts_with("n ") && stated.len() == 1 {
                place.target = Some(stated[0].to_owned());
            }
            let programs = self.groups.entry((place.key.clone(), place.kind)).or_default();
            match programs.iter_mut().find(|program| program.text == place.program) {
                Some(program) => {
                    program.readers.insert(code.to_owned());
                }
                None => {
                    let readers = BTreeSet::from([code.to_owned()]);
                    programs.push(Program { text: place.program.clone(), readers });
                }
            }
        }
        let targets = self.targets(kind, &stated, &places);
        let head = format!("{code}\t{kind}\t{}\t{targets}", text(param, "url"));
        let composite = Composite::read(self.structure, self.base, param, self.by_url)?;
        self.lines.push(ParamLine { code: code.to_owned(), head, composite, places });
        Ok(())
    }

    /// The types a reference parameter can point at: what the elements allow, narrowed by what the parameter states.
    fn targets(&self, kind: &str, stated: &[&str], places: &[Place]) -> String {
        if kind != "reference" {
            return String::new();
        }
        let all: Vec<String> = self.structure.types().map(|type_| self.structure.type_name(type_).to_owned()).collect();
        let mut out = BTreeSet::new();
        for place in places {
            let allowed = match &place.target {
                Some(target) => std::slice::from_ref(target),
                None if place.targets.is_empty() => &all,
                None => &place.targets,
            };
            let narrowed = allowed.iter().filter(|type_| stated.is_empty() || stated.contains(&type_.as_str()));
            out.extend(narrowed.cloned());
        }
        // All but one or two types is how the package writes `any`.
        if out.len() + 3 > all.len() { "*".to_owned() } else { out.into_iter().collect::<Vec<_>>().join(" ") }
    }

    fn write(&self, owners: &[String], out: &mut String) -> Result<(), String> {
        let paths = self.path_lines();
        let _ = writeln!(out, "A\t{}", self.base);
        for path in &paths {
            let _ = writeln!(out, "I\t{}\t{}\t{}", path.kind, path.key, path.programs.join(";"));
        }
        for line in &self.lines {
            let _ = writeln!(out, "P\t{}\t{}", line.head, numbers(&paths, &line.places).join(" "));
            line.composite.write(&|place| number(&paths, place), out);
        }
        let to_patient = |place: &Place| {
            place.target.as_deref().is_none_or(|target| target == "Patient")
                && (place.targets.is_empty() || place.targets.iter().any(|target| target == "Patient"))
        };
        self.list("C", owners, &paths, &to_patient, out)?;
        let dates = MAIN_DATES.iter().find(|(base, _)| *base == self.base).map(|(_, dates)| *dates).unwrap_or_default();
        let dates: Vec<String> = dates.iter().map(|date| (*date).to_owned()).collect();
        self.list("M", &dates, &paths, &|_| true, out)
    }

    /// One index path for each group of alternatives that the same parameters read.
    fn path_lines(&self) -> Vec<PathLine> {
        let mut paths: Vec<PathLine> = Vec::new();
        for ((key, kind), programs) in &self.groups {
            let mut by_readers: Vec<(&BTreeSet<String>, Vec<String>)> = Vec::new();
            for Program { text, readers } in programs {
                match by_readers.iter_mut().find(|(others, _)| *others == readers) {
                    Some((_, same)) => same.push(text.clone()),
                    None => by_readers.push((readers, vec![text.clone()])),
                }
            }
            let split = by_readers.len() > 1;
            for (_, programs) in by_readers {
                let key = if split { self.json_key(&programs) } else { key.clone() };
                paths.push(PathLine { key, kind, programs });
            }
        }
        paths
    }

    /// Such as `ConceptMap.sourceUri`: parameters that read only some types of a choice need keys that tell them apart.
    fn json_key(&self, programs: &[String]) -> String {
        let names = programs.iter().filter_map(|program| program.split_once(' '));
        let names: Vec<String> = names.map(|(_, words)| words.replace(' ', ".")).collect();
        format!("{}.{}", self.base, names.join("|"))
    }

    /// A line of the paths that the named parameters read.
    fn list(
        &self,
        what: &str,
        codes: &[String],
        paths: &[PathLine],
        wanted: &dyn Fn(&Place) -> bool,
        out: &mut String,
    ) -> Result<(), String> {
        let mut numbers: Vec<String> = Vec::new();
        for code in codes {
            let line = self.lines.iter().find(|line| line.code == *code);
            let line = line.ok_or_else(|| format!("{} has no parameter `{code}`", self.base))?;
            for place in line.places.iter().filter(|place| wanted(place)) {
                let number = number(paths, place).to_string();
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        if !numbers.is_empty() {
            let _ = writeln!(out, "{what}\t{}", numbers.join(" "));
        }
        Ok(())
    }
}

fn numbers(paths: &[PathLine], places: &[Place]) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    for place in places {
        let target = place.target.as_ref().map(|target| format!(">{target}")).unwrap_or_default();
        let system = place.system.as_ref().map(|system| format!("~{system}")).unwrap_or_default();
        let number = format!("{}{target}{system}", number(paths, place));
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

fn number(paths: &[PathLine], place: &Place) -> usize {
    let found = paths.iter().position(|path| path.kind == place.kind && path.programs.contains(&place.program));
    found.expect("every place has its index path")
}
