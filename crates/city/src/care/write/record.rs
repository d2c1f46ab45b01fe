//! The health record every resident has at the community centre (居民健康档案, national norm of basic public health services):
//! the first contact, what was measured and asked, allergies, family history, lasting diseases, signing with the family
//! doctor. It stands however short the history of the city is.

use super::super::plan::{Plan, department, push_number};
use super::super::value::{body, pressure};
use super::Visits;
use super::contact::ICD;
use super::measures::{Measured, pressure_body, quantity_body, said_body};
use crate::day::{Day, Minute, day_of, minute};
use crate::json::Json;
use crate::model::Sex;
use crate::out::Out;
use crate::places::{Institution, Specialty};
use crate::rng::Rng;

const RECORD: &str = "urn:jingluo:record";

/// When the record was opened: some time in the last three years, for newborns and newcomers within three weeks.
pub fn opened(plan: &Plan) -> Minute {
    let person = plan.person;
    let mut rng = plan.life(10);
    let (end, from) = (plan.city.settings.end, person.here_from());
    let base = end - 90 - rng.below(900) as Day;
    let mut on = if from > base { from + 3 + rng.below(18) as Day } else { base };
    if from < end {
        on = on.min(end - 1);
    }
    on = on.min(plan.last_day()).max(from);
    let late = on == person.born;
    minute(on, if late { 23 } else { 9 }, if late { 50 } else { rng.between(0, 400) })
}

pub fn met(plan: &Plan, visits: &mut Visits) {
    visits.met(plan.person.centre(), opened(plan));
}

/// What the resources of a record share.
struct Record<'a> {
    plan: &'a Plan<'a>,
    centre: &'a Institution,
    doctor: &'a str,
    patient: String,
    base: String,
    at: Minute,
}

pub fn write(plan: &Plan, out: &mut Out) {
    super::stay::death_at_home(plan, out);
    let at = opened(plan);
    let centre = plan.institution(plan.centre());
    let department = department(centre, Specialty::GeneralPractice);
    let mut rng = plan.life(11);
    let staffed = department.filter(|found| !found.doctors.is_empty());
    let doctor = staffed.map_or("", |found| rng.pick(found.doctors.as_slice()).as_str());
    let patient = plan.city.registration_id(plan.person.number, plan.person.centre());
    let mut base = String::with_capacity(20);
    base.push('p');
    push_number(&mut base, plan.person.number);
    base.push_str("-rec");
    let record = Record { plan, centre, doctor, patient, base, at };
    record.signing(&mut rng, out);
    if !out.is_due(record.arrival()) {
        return;
    }
    record.encounter(out);
    record.measures(&mut rng, out);
    if plan.age(day_of(at)) >= 14 {
        record.adult(&mut rng, out);
    } else {
        record.child(&mut rng, out);
    }
    record.allergies(&mut rng, out);
    record.family(&mut rng, out);
    record.problems(out);
}

impl Record<'_> {
    /// A record is written at the centre itself and goes out at once.
    fn arrival(&self) -> Minute {
        self.at + 8
    }

    fn id(&self, part: &str) -> String {
        let mut id = String::with_capacity(self.base.len() + part.len() + 1);
        id.push_str(&self.base);
        id.push('-');
        id.push_str(part);
        id
    }

    fn put(&self, type_: &str, part: &str, out: &mut Out, write: impl FnOnce(&mut Json)) {
        let id = self.id(part);
        out.resource(self.arrival(), type_, &id, |json| {
            json.source(&self.centre.id);
            write(json);
        });
    }

    fn encounter(&self, out: &mut Out) {
        out.resource(self.arrival(), "Encounter", &self.base, |json| {
            json.source(&self.centre.id);
            json.piece(concat!(
                r#""status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HH","#,
                r#""display":"建档"},"type":[{"coding":[{"system":"urn:jingluo:record","code":"opening"}],"text":"健康档案建档"}]"#
            ));
            json.reference("subject", "Patient", &self.patient);
            if !self.doctor.is_empty() {
                json.array("participant", |json| {
                    json.item(|json| json.reference("individual", "PractitionerRole", self.doctor));
                });
            }
            json.period("period", self.at - 40, Some(self.at));
            json.reference("serviceProvider", "Organization", &self.centre.id);
        });
    }

    fn observed(&self, json: &mut Json) {
        json.reference("subject", "Patient", &self.patient);
        json.reference("encounter", "Encounter", &self.base);
        json.instant("effectiveDateTime", self.at - 20);
        json.array("performer", |json| json.item_reference("Organization", &self.centre.id));
    }

    fn quantity(&self, measured: Measured, out: &mut Out) {
        self.put("Observation", measured.0, out, |json| {
            quantity_body(json, &measured);
            self.observed(json);
        });
    }

    fn said(&self, code: &str, name: &str, value: (&str, &str), out: &mut Out) {
        self.put("Observation", code, out, |json| {
            said_body(json, RECORD, code, name, value);
            self.observed(json);
        });
    }

    /// What is measured of everybody.
    fn measures(&self, rng: &mut Rng, out: &mut Out) {
        let on = day_of(self.at);
        let age = f64::from(self.plan.age(on));
        let (height, weight) = body(self.plan, on, rng);
        self.quantity(("height", "8302-2", "身高", height, 1, "cm", "cm"), out);
        self.quantity(("weight", "29463-7", "体重", weight, 1, "kg", "kg"), out);
        let index = weight / (height * height / 10_000.0);
        self.quantity(("bmi", "39156-5", "体质指数", index, 1, "kg/m²", "kg/m2"), out);
        let heart = (76.0 + (8.0 - age).max(0.0) * 6.0 + 7.0 * rng.normal()).clamp(48.0, 165.0);
        self.quantity(("pulse", "8867-4", "脉率", heart, 0, "次/分", "/min"), out);
        let breath = (17.0 + (5.0 - age).max(0.0) * 3.6 + rng.normal()).clamp(12.0, 45.0);
        self.quantity(("breath", "9279-1", "呼吸频率", breath, 0, "次/分", "/min"), out);
        let warmth = 36.5 + 0.2 * rng.normal().clamp(-2.5, 2.5);
        self.quantity(("temp", "8310-5", "体温", warmth, 1, "℃", "Cel"), out);
        let group = ["O", "A", "B", "AB"][self.plan.life(12).by_weight(&[0.32, 0.29, 0.28, 0.11])];
        self.said("abo", "ABO血型", (group, group), out);
        let rhesus = if self.plan.life(13).chance(0.997) { ("positive", "阳性") } else { ("negative", "阴性") };
        self.said("rh", "Rh血型", rhesus, out);
    }

    fn adult(&self, rng: &mut Rng, out: &mut Out) {
        let on = day_of(self.at);
        let (age, male) = (self.plan.age(on), self.plan.person.sex == Sex::Male);
        let (systolic, diastolic) = pressure(self.plan, on, rng);
        self.put("Observation", "bp", out, |json| {
            pressure_body(json, systolic, diastolic);
            self.observed(json);
        });
        let waist = if male { 84.0 } else { 77.0 } + f64::from(age - 40) * 0.12 + 7.0 * rng.normal();
        self.quantity(("waist", "8280-0", "腰围", waist.clamp(55.0, 128.0), 0, "cm", "cm"), out);
        for (code, name) in [("vision-left", "左眼裸眼视力"), ("vision-right", "右眼裸眼视力")] {
            let lost = f64::from((age - 45).max(0)) * 0.008;
            let vision = (4.9 - lost + 0.18 * rng.normal()).clamp(4.0, 5.2);
            let code = ["#", code].concat();
            self.quantity((&code[1..], &code, name, vision, 1, "分", "{score}"), out);
        }
        let smoking = match rng.unit() {
            drawn if male && age >= 18 && drawn < 0.38 => ("smoker", "现在吸烟"),
            drawn if male && age >= 30 && drawn < 0.5 => ("former", "已戒烟"),
            _ => ("never", "从不吸烟"),
        };
        self.said("smoking", "吸烟状况", smoking, out);
        let drinking =
            if male && age >= 20 && rng.chance(0.42) { ("sometimes", "偶尔饮酒") } else { ("never", "不饮酒") };
        self.said("drinking", "饮酒状况", drinking, out);
        let exercise = [("daily", "每天锻炼"), ("weekly", "每周一次以上"), ("sometimes", "偶尔"), ("never", "不锻炼")];
        self.said("exercise", "体育锻炼", exercise[rng.by_weight(&[0.28, 0.2, 0.26, 0.26])], out);
        let diet = [("balanced", "荤素均衡"), ("meat", "荤食为主"), ("vegetable", "素食为主"), ("salty", "嗜盐")];
        self.said("diet", "饮食习惯", diet[rng.by_weight(&[0.66, 0.12, 0.12, 0.1])], out);
        let ears = f64::from((age - 60).max(0)) * 0.016;
        let hearing = if rng.chance(ears) { ("impaired", "听力下降") } else { ("normal", "听见") };
        self.said("hearing", "听力", hearing, out);
        let moves = if rng.chance(f64::from((age - 70).max(0)) * 0.012) {
            ("limited", "部分受限")
        } else {
            ("free", "可顺利完成")
        };
        self.said("movement", "运动功能", moves, out);
        let schooling = schooling(age, rng);
        self.said("schooling", "文化程度", schooling, out);
        let paying = [("employees", "职工基本医疗保险"), ("residents", "城乡居民基本医疗保险"), ("self", "全自费")];
        self.said("insurance", "医疗费用支付方式", paying[rng.by_weight(&[0.68, 0.26, 0.06])], out);
        let married = match (self.plan.person.spouse, age) {
            (Some(_), _) => ("married", "已婚"),
            (None, ..23) => ("single", "未婚"),
            (None, 75..) => ("widowed", "丧偶"),
            _ => ("unknown", "未说明"),
        };
        self.said("marriage", "婚姻状况", married, out);
    }

    fn child(&self, rng: &mut Rng, out: &mut Out) {
        let on = day_of(self.at);
        let months = f64::from(on - self.plan.person.born) / 30.44;
        let mut own = self.plan.life(14);
        let week = (39.2 + 1.3 * own.normal()).clamp(31.0, 41.9);
        let grams = (3320.0 + (week - 39.2) * 150.0 + 330.0 * own.normal()).clamp(1150.0, 4900.0);
        self.quantity(("gestation", "11884-4", "出生孕周", week, 0, "周", "wk"), out);
        self.quantity(("birth-weight", "8339-4", "出生体重", grams, 0, "g", "g"), out);
        let length = 49.8 + (grams - 3320.0) * 0.0024;
        self.quantity(("birth-length", "89269-5", "出生身长", length, 1, "cm", "cm"), out);
        let around = 34.0 + 12.8 * (1.0 - (-months / 10.0).exp()) + (months / 40.0).min(4.0) + 0.9 * rng.normal();
        self.quantity(("head", "9843-4", "头围", around, 1, "cm", "cm"), out);
        self.quantity(("apgar", "9274-2", "Apgar评分5分钟", 9.0 + own.unit().round(), 0, "分", "{score}"), out);
        let oxygen = (98.0 + 0.8 * rng.normal()).clamp(94.0, 100.0);
        self.quantity(("oxygen", "59408-5", "血氧饱和度", oxygen, 0, "%", "%"), out);
        let delivery = if own.chance(0.42) { ("caesarean", "剖宫产") } else { ("vaginal", "顺产") };
        self.said("delivery", "分娩方式", delivery, out);
        let feeding = [("breast", "母乳喂养"), ("mixed", "混合喂养"), ("formula", "人工喂养")];
        self.said("feeding", "婴儿期喂养方式", feeding[own.by_weight(&[0.52, 0.3, 0.18])], out);
        for (code, name) in [
            ("hearing", "听力筛查"),
            ("vision", "视力筛查"),
            ("heart", "心脏听诊"),
            ("hips", "髋关节检查"),
            ("skin", "皮肤检查"),
            ("development", "发育评估"),
        ] {
            let found = if rng.chance(0.965) { ("normal", "未见异常") } else { ("abnormal", "异常，随访") };
            self.said(code, name, found, out);
        }
        let spot = ("negative", "阴性");
        self.said("blood-spot", "新生儿遗传代谢病筛查", spot, out);
        let paying = ("residents", "城乡居民基本医疗保险");
        self.said("insurance", "医疗费用支付方式", paying, out);
    }

    fn allergies(&self, rng: &mut Rng, out: &mut Out) {
        let known = [
            ("penicillin", "青霉素类"),
            ("cephalosporin", "头孢菌素类"),
            ("sulfonamide", "磺胺类"),
            ("seafood", "海鲜"),
        ];
        let allergic = rng.chance(0.07);
        let (code, name) = if allergic { *rng.pick(&known) } else { ("716186003", "无已知过敏史") };
        self.put("AllergyIntolerance", "all", out, |json| {
            json.piece(concat!(
                r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","#,
                r#""code":"active"}]},"verificationStatus":{"coding":[{"#,
                r#""system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]}"#
            ));
            json.concept("code", if allergic { RECORD } else { "http://snomed.info/sct" }, code, name);
            json.reference("patient", "Patient", &self.patient);
            json.reference("encounter", "Encounter", &self.base);
            json.instant("recordedDate", self.at);
        });
    }

    /// Father and mother, with what they had.
    fn family(&self, rng: &mut Rng, out: &mut Out) {
        for (part, code, name) in [("fam0", "FTH", "父亲"), ("fam1", "MTH", "母亲")] {
            let ill = rng.chance(0.36);
            let which = rng.by_weight(&[0.5, 0.25, 0.15, 0.1]);
            self.put("FamilyMemberHistory", part, out, |json| {
                json.piece(r#""status":"completed""#);
                json.reference("patient", "Patient", &self.patient);
                json.date("date", day_of(self.at));
                json.concept("relationship", "http://terminology.hl7.org/CodeSystem/v3-RoleCode", code, name);
                if ill {
                    let (icd, disease) =
                        [("I10", "高血压"), ("E11.9", "2型糖尿病"), ("I25.1", "冠心病"), ("C80.9", "恶性肿瘤")][which];
                    json.array("condition", |json| json.item(|json| json.concept("code", ICD, icd, disease)));
                }
            });
        }
    }

    /// Lasting diseases known on the day.
    fn problems(&self, out: &mut Out) {
        for (nth, chronic) in self.plan.person.chronic.iter().enumerate() {
            if chronic.onset > day_of(self.at) {
                continue;
            }
            let lasting = self.plan.tables.lasting(chronic.disease);
            let mut part = String::from("c");
            push_number(&mut part, nth as u64);
            self.put("Condition", &part, out, |json| {
                json.piece(concat!(
                    r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","#,
                    r#""code":"active"}]},"category":[{"coding":[{"#,
                    r#""system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}]"#
                ));
                json.concept("code", ICD, lasting.icd, lasting.name);
                json.reference("subject", "Patient", &self.patient);
                json.reference("encounter", "Encounter", &self.base);
                json.date("onsetDateTime", chronic.onset);
                json.instant("recordedDate", self.at);
            });
        }
    }

    /// Signed with the family doctor, or kept on the record of the centre. It ends when the person leaves or dies.
    fn signing(&self, rng: &mut Rng, out: &mut Out) {
        let id = self.id("sign");
        let until = self.plan.person.here_until();
        let ends = until < Day::MAX / 2 && minute(until, 9, 0) > self.at;
        let arrivals = [self.arrival(), minute(until.min(Day::MAX / 4), 10, rng.between(0, 300))];
        let arrivals = if ends { &arrivals[..] } else { &arrivals[..1] };
        out.versions("EpisodeOfCare", &id, arrivals, |json, version| {
            json.source(&self.centre.id);
            json.text("status", if version == 0 { "active" } else { "finished" });
            let (code, name) = if self.plan.signed {
                ("family-doctor", "家庭医生签约")
            } else {
                ("health-record", "居民健康档案管理")
            };
            json.array("type", |json| json.item_concept("urn:jingluo:episode", code, name));
            json.reference("patient", "Patient", &self.patient);
            json.reference("managingOrganization", "Organization", &self.centre.id);
            json.period("period", self.at, (version == 1).then(|| minute(until, 0, 0)));
            if !self.doctor.is_empty() {
                json.reference("careManager", "PractitionerRole", self.doctor);
            }
        });
    }
}

fn schooling(age: i32, rng: &mut Rng) -> (&'static str, &'static str) {
    let levels = [("primary", "小学及以下"), ("junior", "初中"), ("senior", "高中或中专"), ("college", "大专及以上")];
    let weights = match age {
        ..16 => [0.3, 0.7, 0.0, 0.0],
        16..25 => [0.0, 0.08, 0.42, 0.5],
        25..45 => [0.03, 0.2, 0.19, 0.58],
        45..65 => [0.13, 0.42, 0.25, 0.2],
        _ => [0.34, 0.36, 0.18, 0.12],
    };
    levels[rng.by_weight(&weights)]
}
