//! From a resource to its row.

use super::codes::{KIND_SYSTEM, LEVEL_SYSTEM};
use super::rows::{
    AGE_BAND, AREA, AffiliationRow, AreaRow, BEDS, BOUNDARY, Band, EquipmentRow, GROUP_SYSTEM, InstitutionRow, PERIOD,
    PopulationRow, PostRow, PractitionerRow, ServiceRow, SiteRow, code_of, concept, concepts, extension, is_active,
    keys, number, order, point, target, targets, text,
};
use base::base64;
use fhir::Element;
use identity::organisation;

/// HL7's system for what an Organization is; `dept` is a department.
const ORGANIZATION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/organization-type";
/// Bytes of a boundary that are kept; a map of more detail is not drawn.
const BOUNDARY_BYTES_MAX: usize = 64 << 10;

pub fn institution(id: &str, root: Element<'_>) -> InstitutionRow {
    let code = |system: &str| {
        let mut identifiers = root.path("identifier").filter(|one| text(*one, "system").as_deref() == Some(system));
        identifiers.find_map(|identifier| text(identifier, "value"))
    };
    let area = root.path("address").find_map(area_of);
    let has_prefix = |length: usize| area.as_ref().and_then(|area| area.get(..length)).map(str::to_owned);
    let period = extension(root, PERIOD);
    let day = |name: &str| period.and_then(|period| text(period, &format!("valuePeriod.{name}")));
    let phones = root.path("telecom").filter(|one| text(*one, "system").as_deref() == Some("phone"));
    let name = text(root, "name").unwrap_or_default();
    let alias: Vec<String> = root.path("alias").filter_map(Element::str).map(|name| name.into_owned()).collect();
    let code = code(organisation::SYSTEM);
    let found_by = [name.as_str()].into_iter().chain(alias.iter().map(String::as_str)).chain(code.as_deref());
    InstitutionRow {
        id: id.to_owned(),
        keys: keys(&found_by.collect::<Vec<_>>()),
        order: order(&name),
        name,
        alias,
        code,
        kind: code_of(root, "type.coding", KIND_SYSTEM),
        level: code_of(root, "type.coding", LEVEL_SYSTEM),
        department: code_of(root, "type.coding", ORGANIZATION_TYPE).as_deref() == Some("dept"),
        district: has_prefix(6),
        street: has_prefix(9),
        area,
        parent: target(root, "partOf.reference", "Organization"),
        address: root.path("address").find_map(written_address),
        phone: phones.into_iter().find_map(|phone| text(phone, "value")),
        active: is_active(root),
        valid_from: day("start"),
        valid_to: day("end"),
    }
}

/// The area of an address.
fn area_of(address: Element<'_>) -> Option<String> {
    text(extension(address, AREA)?, "valueCode")
}

fn written_address(address: Element<'_>) -> Option<String> {
    let lines = || address.path("line").filter_map(Element::str).collect::<Vec<_>>();
    text(address, "text").or_else(|| Some(lines().concat()).filter(|lines| !lines.is_empty()))
}

/// The row of a Location that is an area.
pub fn area(id: &str, root: Element<'_>) -> Option<AreaRow> {
    let is_area = root.path("physicalType.coding.code").filter_map(Element::str).any(|code| code == "area");
    let mut identifiers = root.path("identifier").filter(|one| text(*one, "system").as_deref() == Some(AREA));
    let code = identifiers.find_map(|identifier| text(identifier, "value"));
    let code = code.filter(|_| is_area)?;
    let name = text(root, "name").unwrap_or_default();
    Some(AreaRow {
        id: id.to_owned(),
        keys: keys(&[&name, &code]),
        order: order(&name),
        code,
        name,
        part_of: target(root, "partOf.reference", "Location"),
        point: point(root),
        boundary: extension(root, BOUNDARY).and_then(boundary),
        active: text(root, "status").as_deref() != Some("inactive"),
    })
}

/// The geometry of a boundary, whether it comes alone or as a Feature or a collection of one.
fn boundary(extension: Element<'_>) -> Option<String> {
    let bytes = base64::decode(&text(extension, "valueAttachment.data")?)?;
    if bytes.len() > BOUNDARY_BYTES_MAX {
        return None;
    }
    let mut json: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    if json["type"] == "FeatureCollection" {
        json = json["features"][0].take();
    }
    if json["type"] == "Feature" {
        json = json["geometry"].take();
    }
    json["coordinates"].is_array().then(|| json.to_string())
}

pub fn site(id: &str, root: Element<'_>) -> SiteRow {
    let kinds = "physicalType.coding.code";
    let name = text(root, "name").unwrap_or_default();
    SiteRow {
        id: id.to_owned(),
        keys: keys(&[&name]),
        order: order(&name),
        name,
        kind: text(root, kinds),
        function: concepts(root, "type"),
        organization: target(root, "managingOrganization.reference", "Organization"),
        part_of: target(root, "partOf.reference", "Location"),
        beds: extension(root, BEDS).map_or(0, beds),
        point: point(root),
        active: text(root, "status").as_deref() != Some("inactive"),
    }
}

fn beds(extension: Element<'_>) -> u64 {
    let names = ["valueInteger", "valuePositiveInt", "valueUnsignedInt"];
    names.iter().find_map(|name| number(extension.get(name))).unwrap_or(0)
}

pub fn service(id: &str, root: Element<'_>) -> ServiceRow {
    let mut kinds = concepts(root, "category");
    kinds.extend(concepts(root, "type"));
    let name = text(root, "name").unwrap_or_default();
    ServiceRow {
        id: id.to_owned(),
        keys: keys(&[&name]),
        order: order(&name),
        name,
        organization: target(root, "providedBy.reference", "Organization"),
        kinds,
        locations: targets(root, "location.reference", "Location"),
        phone: text(root, "telecom.value"),
        active: is_active(root),
    }
}

pub fn affiliation(id: &str, root: Element<'_>) -> AffiliationRow {
    AffiliationRow {
        id: id.to_owned(),
        organization: target(root, "organization.reference", "Organization"),
        participant: target(root, "participatingOrganization.reference", "Organization"),
        networks: targets(root, "network.reference", "Organization"),
        kinds: concepts(root, "code"),
        active: is_active(root),
        valid_from: text(root, "period.start"),
        valid_to: text(root, "period.end"),
    }
}

/// The row of a Group that is the population of an area in a year.
pub fn population(id: &str, root: Element<'_>) -> Option<PopulationRow> {
    code_of(root, "code.coding", GROUP_SYSTEM).filter(|code| code == "population")?;
    let mut row = PopulationRow { id: id.to_owned(), total: number(root.get("quantity"))?, ..PopulationRow::default() };
    for characteristic in root.path("characteristic") {
        let value = text(characteristic, "valueCodeableConcept.coding.code");
        let year = characteristic.path("valueQuantity.value").find_map(Element::number_text);
        match (value, year) {
            (Some(area), _) => row.area = area,
            (None, Some(year)) => row.year = year.parse().ok()?,
            (None, None) => {}
        }
    }
    row.bands =
        root.path("extension").filter(|one| text(*one, "url").as_deref() == Some(AGE_BAND)).filter_map(band).collect();
    (!row.area.is_empty() && row.year > 0).then_some(row)
}

fn band(extension: Element<'_>) -> Option<Band> {
    let part = |url: &str| {
        let part = extension.path("extension").find(|part| text(*part, "url").as_deref() == Some(url))?;
        let names = ["valueInteger", "valueUnsignedInt", "valuePositiveInt", "valueDecimal"];
        names.iter().find_map(|name| number(part.get(name)))
    };
    let years = |url: &str| part(url).and_then(|years| u32::try_from(years).ok());
    Some(Band { low: years("low")?, high: years("high"), male: part("male")?, female: part("female")? })
}

/// The row of a post without the name of its practitioner.
pub fn post(id: &str, root: Element<'_>) -> PostRow {
    PostRow {
        id: id.to_owned(),
        practitioner: target(root, "practitioner.reference", "Practitioner"),
        organization: target(root, "organization.reference", "Organization"),
        post: root.path("code").find_map(concept),
        title: root.path("code").filter_map(concept).nth(1),
        specialty: root.path("specialty").find_map(concept),
        active: is_active(root),
        valid_from: text(root, "period.start"),
        valid_to: text(root, "period.end"),
        ..PostRow::default()
    }
}

/// The row of a practitioner without its posts.
pub fn practitioner(root: Element<'_>) -> PractitionerRow {
    let Some(name) = root.path("name").next() else { return PractitionerRow::default() };
    let family = text(name, "family").unwrap_or_default();
    let given: String = name.path("given").filter_map(Element::str).collect();
    let written = text(name, "text").unwrap_or_else(|| format!("{family}{given}"));
    let mut found_by = vec![fhir::fold(&written)];
    found_by.extend(fhir::name_keys(&family, &given, &written));
    found_by.dedup();
    let found_by: Vec<String> = found_by.iter().map(|key| key.replace(['|', '"', '\\'], " ")).collect();
    let gender = text(root, "gender");
    PractitionerRow { name: written, keys: found_by.join("|"), gender, posts: Vec::new() }
}

/// The row of a Device that an institution owns; a device in or at a patient is none of the directory's.
pub fn equipment(id: &str, root: Element<'_>) -> Option<EquipmentRow> {
    let owner = target(root, "owner.reference", "Organization");
    let organization = owner.filter(|_| root.get("patient").is_none())?;
    let kind = root.get("type").and_then(concept);
    let named = text(root, "deviceName.name");
    let name = named.or_else(|| kind.as_ref().map(|(_, words)| words.clone())).unwrap_or_default();
    let words = kind.as_ref().map_or("", |(_, words)| words.as_str());
    Some(EquipmentRow {
        keys: keys(&[&name, words]),
        id: id.to_owned(),
        name,
        organization: Some(organization),
        location: target(root, "location.reference", "Location"),
        maker: text(root, "manufacturer"),
        model: text(root, "modelNumber"),
        active: text(root, "status").is_none_or(|status| status == "active"),
        since: text(root, "manufactureDate"),
        kind,
    })
}
