//! The institutions of the demonstration: three districts of an invented city, six institutions.

use serde_json::{Value, json};

pub struct District {
    pub id: &'static str,
    pub name: &'static str,
    /// Region code of the identity numbers; its last four digits are given to no real place.
    pub region: &'static str,
}

pub const DISTRICTS: [District; 3] = [
    District { id: "demo-district-1", name: "河东区", region: "339901" },
    District { id: "demo-district-2", name: "河西区", region: "339902" },
    District { id: "demo-district-3", name: "山北县", region: "339903" },
];

pub struct Institution {
    pub id: &'static str,
    pub name: &'static str,
    /// Number in `DISTRICTS`.
    pub district: usize,
    /// What its patient numbers start with.
    pub prefix: &'static str,
}

pub const INSTITUTIONS: [Institution; 6] = [
    Institution { id: "demo-hospital-1", name: "平川市第一人民医院", district: 0, prefix: "RM" },
    Institution { id: "demo-hospital-2", name: "平川市中医院", district: 1, prefix: "ZY" },
    Institution { id: "demo-hospital-3", name: "山北县人民医院", district: 2, prefix: "SB" },
    Institution { id: "demo-centre-1", name: "河东区文昌社区卫生服务中心", district: 0, prefix: "WC" },
    Institution { id: "demo-centre-2", name: "河西区滨河社区卫生服务中心", district: 1, prefix: "BH" },
    Institution { id: "demo-centre-3", name: "山北县柳溪镇卫生院", district: 2, prefix: "LX" },
];

/// The districts and institutions as Organizations.
pub fn organizations() -> Vec<Value> {
    let districts = DISTRICTS.iter().map(|district| {
        json!({
            "resourceType": "Organization", "id": district.id,
            "identifier": [{"system": "urn:jingluo:demo:region", "value": district.region}],
            "active": true,
            "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "govt", "display": "Government"}], "text": "行政区"}],
            "name": district.name,
        })
    });
    let institutions = INSTITUTIONS.iter().map(|institution| {
        let district = &DISTRICTS[institution.district];
        json!({
            "resourceType": "Organization", "id": institution.id,
            "identifier": [{"system": "urn:jingluo:demo:institution", "value": institution.prefix}],
            "active": true,
            "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "prov", "display": "Healthcare Provider"}], "text": "医疗卫生机构"}],
            "name": institution.name,
            "address": [{"text": format!("平川市{}", district.name), "district": district.name, "city": "平川市"}],
            "partOf": {"reference": format!("Organization/{}", district.id), "display": district.name},
        })
    });
    districts.chain(institutions).collect()
}
