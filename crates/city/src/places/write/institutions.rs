//! Institutions, campuses and departments as Organizations, with their sites, wards, services, equipment and end points;
//! consortia and leagues.

use super::{address, area, physical, position};
use crate::day::{Day, Minute, date, day};
use crate::json::Json;
use crate::out::Out;
use crate::places::codes;
use crate::places::{Department, Institution, InstitutionKind, Level, Mark, Places, Specialty};
use crate::settings::Settings;

pub const KIND: &str = "urn:jingluo:institution-kind";
pub const LEVEL: &str = "urn:jingluo:institution-level";
pub const SUBJECT: &str = "urn:jingluo:medical-subject";
const CREDIT_CODE: &str = "urn:oid:2.16.156.10011.1.5";

pub fn write(places: &Places, settings: &Settings, at: Minute, out: &mut Out) {
    let assessed = assessed_for(settings);
    for one in &places.institutions {
        organization(places, one, assessed, at, out);
        site(places, one, at, out);
        for campus in 1..=if one.campuses > 1 { one.campuses } else { 0 } {
            campus_of(places, one, campus, at, out);
        }
        for department in &one.departments {
            department_of(one, department, at, out);
            if department.beds > 0 {
                ward(one, department, at, out);
            }
        }
        services(places, one, at, out);
        if one.is_hospital() || one.kind == InstitutionKind::CommunityCentre {
            endpoint(one, at, out);
        }
    }
}

/// The years for which the assessments of laboratories speak: all that is lived here, and the one before.
fn assessed_for(settings: &Settings) -> (Day, Day) {
    let ((first, ..), (last, ..)) = (date(settings.start()), date(settings.last()));
    (day(first - 1, 1, 1), day(last, 12, 31))
}

fn organization(places: &Places, one: &Institution, assessed: (Day, Day), at: Minute, out: &mut Out) {
    out.resource(at, "Organization", &one.id, |json| {
        if one.messages_a_day > 0 {
            json.array("extension", |json| expectations(one, assessed, json));
        }
        json.array("identifier", |json| {
            json.item(|json| {
                json.piece(r#""use":"official""#);
                json.text("system", CREDIT_CODE);
                json.text("value", &one.code);
            });
        });
        json.flag("active", true);
        json.array("type", |json| {
            let (code, name) = codes::kind(one.kind, &one.name);
            json.item_concept(KIND, code, name);
            let (code, name) = codes::level(one.level);
            json.item_concept(LEVEL, code, name);
        });
        json.text("name", &one.name);
        json.array("address", |json| json.item(|json| address(places, one.street, "", json)));
        if let Some(parent) = one.parent {
            json.reference("partOf", "Organization", &places.institutions[parent].id);
        }
        if one.is_hospital() || one.kind == InstitutionKind::CommunityCentre {
            json.array("endpoint", |json| json.item(|json| json.texts("reference", &["Endpoint/end-", &one.key])));
        }
    });
}

/// What may be expected of an institution's data: messages a day, assessment of its laboratory, mark of recognition.
fn expectations(one: &Institution, assessed: (Day, Day), json: &mut Json) {
    json.item(|json| {
        json.piece(r#""url":"urn:jingluo:messages-a-day""#);
        json.number("valueInteger", i64::from(one.messages_a_day));
    });
    json.item(|json| {
        json.piece(r#""url":"urn:jingluo:laboratory-quality""#);
        json.array("extension", |json| {
            json.item(|json| {
                json.piece(r#""url":"assessed""#);
                json.flag("valueBoolean", one.quality.assessed);
            });
            json.item(|json| {
                json.piece(r#""url":"mark""#);
                let mark = match one.quality.mark {
                    Mark::None => "none",
                    Mark::City => "city",
                    Mark::National => "national",
                };
                json.text("valueCode", mark);
            });
            json.item(|json| {
                json.piece(r#""url":"period""#);
                json.object("valuePeriod", |json| {
                    json.date("start", assessed.0);
                    json.date("end", assessed.1);
                });
            });
        });
    });
}

/// Where the institution stands; wards are parts of it.
fn site(places: &Places, one: &Institution, at: Minute, out: &mut Out) {
    out.resource(at, "Location", &format!("loc-{}", one.key), |json| {
        json.piece(r#""status":"active""#);
        json.text("name", &one.name);
        json.piece(r#""mode":"instance""#);
        json.object("address", |json| address(places, one.street, "", json));
        physical("si", "院址", json);
        position(one.point, json);
        json.reference("managingOrganization", "Organization", &one.id);
        json.object("partOf", |json| json.texts("reference", &["Location/area-", &places.streets[one.street].code]));
    });
}

fn campus_of(places: &Places, one: &Institution, campus: u8, at: Minute, out: &mut Out) {
    const NAMES: [&str; 4] = ["本部", "东院", "南院", "北院"];
    let name = NAMES[usize::from(campus - 1) % NAMES.len()];
    out.resource(at, "Organization", &format!("{}-k{campus}", one.id), |json| {
        json.flag("active", true);
        json.array("type", |json| json.item_concept(KIND, "Z500", "院区"));
        json.texts("name", &[&one.name, name]);
        json.array("address", |json| json.item(|json| address(places, one.street, "", json)));
        json.reference("partOf", "Organization", &one.id);
    });
}

fn department_of(one: &Institution, department: &Department, at: Minute, out: &mut Out) {
    out.resource(at, "Organization", &department.id, |json| {
        json.flag("active", true);
        json.array("type", |json| {
            json.item_concept(KIND, "Z600", "科室");
            json.item_concept(SUBJECT, department.code, &department.name);
        });
        json.texts("name", &[&one.name, &department.name]);
        json.array("alias", |json| json.item_text(&department.name));
        if one.campuses > 1 {
            let campus = department.campus.to_string();
            json.object("partOf", |json| json.texts("reference", &["Organization/", &one.id, "-k", &campus]));
        } else {
            json.reference("partOf", "Organization", &one.id);
        }
    });
}

fn ward(one: &Institution, department: &Department, at: Minute, out: &mut Out) {
    out.resource(at, "Location", &department.ward, |json| {
        json.array("extension", |json| {
            json.item(|json| {
                json.piece(r#""url":"urn:jingluo:beds""#);
                json.number("valueInteger", i64::from(department.beds));
            });
        });
        json.piece(r#""status":"active""#);
        json.texts("name", &[&one.name, &department.name, "病区"]);
        json.piece(r#""mode":"instance""#);
        physical("wa", "病区", json);
        json.reference("managingOrganization", "Organization", &department.id);
        json.object("partOf", |json| json.texts("reference", &["Location/loc-", &one.key]));
    });
}

/// Services people look for by name: fever clinic, emergency department, birth, vaccination, ambulances.
fn services(places: &Places, one: &Institution, at: Minute, out: &mut Out) {
    let has = |specialty: Specialty| one.department(specialty).is_some();
    let offered = [
        (one.fever_clinic, "fever", "发热门诊"),
        (one.emergency && one.is_hospital(), "emergency", "急诊"),
        (one.is_hospital() && has(Specialty::Obstetrics), "birth", "助产服务"),
        (one.kind == InstitutionKind::CommunityCentre, "vaccination", "预防接种门诊"),
        (one.kind == InstitutionKind::CommunityCentre, "family-doctor", "家庭医生签约服务"),
        (one.kind == InstitutionKind::AmbulanceCentre, "ambulance", "院前急救"),
    ];
    for (_, code, name) in offered.into_iter().filter(|(offered, _, _)| *offered) {
        out.resource(at, "HealthcareService", &format!("srv-{}-{code}", one.key), |json| {
            area(&places.streets[one.street].code, json);
            json.flag("active", true);
            json.reference("providedBy", "Organization", &one.id);
            json.array("type", |json| json.item_concept("urn:jingluo:service", code, name));
            json.array("location", |json| json.item(|json| json.texts("reference", &["Location/loc-", &one.key])));
            json.texts("name", &[&one.name, name]);
            if matches!(code, "fever" | "emergency" | "ambulance") {
                json.piece(r#""availableTime":[{"allDay":true}]"#);
            }
        });
    }
}

fn endpoint(one: &Institution, at: Minute, out: &mut Out) {
    out.resource(at, "Endpoint", &format!("end-{}", one.key), |json| {
        json.piece(r#""status":"active","connectionType":{"system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"hl7-fhir-rest"}"#);
        json.texts("name", &[&one.name, "接口"]);
        json.reference("managingOrganization", "Organization", &one.id);
        json.piece(r#""payloadType":[{"text":"FHIR R4"}]"#);
        json.texts("address", &["https://", &one.key, ".pingchuan.invalid/fhir"]);
    });
}

/// Kinds of equipment with how many a tertiary hospital, a secondary one and a community centre have.
const EQUIPMENT: [(&str, &str, [u32; 3]); 9] = [
    ("ct", "计算机断层扫描系统（CT）", [3, 1, 0]),
    ("mr", "磁共振成像系统（MR）", [2, 1, 0]),
    ("dr", "数字化X射线摄影系统（DR）", [4, 2, 1]),
    ("us", "彩色多普勒超声诊断仪", [10, 4, 1]),
    ("dsa", "数字减影血管造影系统（DSA）", [1, 0, 0]),
    ("chem", "全自动生化分析仪", [3, 1, 1]),
    ("haem", "全自动血细胞分析仪", [3, 2, 1]),
    ("pcr", "实时荧光定量PCR仪", [2, 1, 0]),
    ("vent", "呼吸机", [12, 5, 0]),
];

pub fn equipment(places: &Places, at: Minute, out: &mut Out) {
    for one in &places.institutions {
        let column = match one.level {
            Level::Tertiary => 0,
            Level::Secondary => 1,
            Level::Primary => 2,
            Level::None => continue,
        };
        let imaging = one.department(Specialty::Imaging).is_some() || one.level == Level::Primary;
        for (code, name, counts) in EQUIPMENT {
            let looks = matches!(code, "ct" | "mr" | "dr" | "us" | "dsa");
            let count = if looks && !imaging { 0 } else { counts[column] };
            for nth in 1..=count {
                out.resource(at, "Device", &format!("dev-{}-{code}{nth}", one.key), |json| {
                    json.piece(r#""status":"active""#);
                    json.array("deviceName", |json| {
                        json.item(|json| {
                            json.text("name", name);
                            json.piece(r#""type":"user-friendly-name""#);
                        });
                    });
                    json.concept("type", "urn:jingluo:device-kind", code, name);
                    json.reference("owner", "Organization", &one.id);
                    json.object("location", |json| json.texts("reference", &["Location/loc-", &one.key]));
                });
            }
        }
    }
}

/// A consortium in each district, led by its largest hospital; leagues of a specialty across the city.
pub fn affiliations(places: &Places, at: Minute, out: &mut Out) {
    for (nth, district) in places.districts.iter().enumerate() {
        let hospitals = places.hospitals().into_iter();
        let here = hospitals.clone().filter(|at| places.institutions[*at].district == nth);
        let general = |at: &usize| places.institutions[*at].kind == InstitutionKind::GeneralHospital;
        let by_weight =
            |a: &usize, b: &usize| places.institutions[*a].weight.total_cmp(&places.institutions[*b].weight);
        let lead =
            here.clone().filter(general).max_by(by_weight).or(hospitals.clone().filter(general).max_by(by_weight));
        let centres = (0..places.institutions.len()).filter(|at| {
            let one = &places.institutions[*at];
            one.district == nth && one.kind == InstitutionKind::CommunityCentre
        });
        let members: Vec<usize> = here.filter(|at| Some(*at) != lead).chain(centres).collect();
        let name = format!("{}紧密型城市医疗集团", district.name);
        group(places, (&format!("union{}", nth + 1), "Z300", "医联体", &name), lead, &members, at, out);
    }
    for (key, name, specialty) in [
        ("chest", "平川市胸痛中心联盟", Specialty::Cardiology),
        ("stroke", "平川市卒中中心联盟", Specialty::Neurology),
        ("child", "平川市儿科医联体", Specialty::Paediatrics),
    ] {
        let mut members: Vec<usize> = places.hospitals();
        members.retain(|at| places.institutions[*at].department(specialty).is_some());
        let lead = members.first().copied();
        group(
            places,
            (&format!("league-{key}"), "Z400", "专科联盟", name),
            lead,
            &members[1.min(members.len())..],
            at,
            out,
        );
    }
}

fn group(
    places: &Places,
    (key, code, kind, name): (&str, &str, &str, &str),
    lead: Option<usize>,
    members: &[usize],
    at: Minute,
    out: &mut Out,
) {
    let id = format!("org-{key}");
    out.resource(at, "Organization", &id, |json| {
        json.flag("active", true);
        json.array("type", |json| json.item_concept(KIND, code, kind));
        json.text("name", name);
    });
    let parts = lead.into_iter().map(|lead| (lead, true)).chain(members.iter().map(|member| (*member, false)));
    for (member, leads) in parts {
        let one = &places.institutions[member];
        out.resource(at, "OrganizationAffiliation", &format!("aff-{key}-{}", one.key), |json| {
            json.flag("active", true);
            json.reference("organization", "Organization", &id);
            json.reference("participatingOrganization", "Organization", &one.id);
            let (code, name) = if leads { ("lead", "牵头单位") } else { ("member", "成员单位") };
            json.array("code", |json| json.item_concept("urn:jingluo:affiliation", code, name));
        });
    }
}
