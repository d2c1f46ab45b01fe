//! Antenatal visits with the five-colour risk, birth, the newborn.

use super::super::plan::{Kind, Reason};
use super::super::value::{body, pressure};
use super::Scene;
use super::measures::pressure_body;
use crate::day::{Day, day_of};
use crate::model::Risk;
use crate::out::Out;
use crate::rng::Rng;

impl Scene<'_> {
    pub fn of_mother_and_child(&self, out: &mut Out, rng: &mut Rng) {
        match self.contact.reason {
            Reason::Antenatal(nth, week) => self.antenatal(nth, week, out, rng),
            Reason::Postpartum(_) => self.blood_pressure(self.contact.start + 8, out, rng),
            Reason::Newborn => self.newborn(out, rng),
            _ => {}
        }
    }

    fn antenatal(&self, nth: u8, week: u8, out: &mut Out, rng: &mut Rng) {
        let pregnancy = self.plan.pregnancy(nth);
        let at = self.contact.start + 7;
        let on = day_of(at);
        let (_, weight) = body(self.plan, pregnancy.start, rng);
        let gained = (f64::from(week) - 10.0).max(0.0) * 0.42;
        self.quantity(("wt", "29463-7", "体重", weight + gained, 1, "kg", "kg"), at, out);
        let (systolic, diastolic) = pressure(self.plan, on, rng);
        let raised = if matches!(pregnancy.risk, Risk::Orange | Risk::Red) && week >= 28 { 22.0 } else { -4.0 };
        let id = self.id("bp");
        out.resource(self.arrival(at), "Observation", &id, |json| {
            self.source(json);
            pressure_body(json, systolic + raised, diastolic + raised * 0.6);
            self.subject(json);
            self.in_encounter(json);
            json.instant("effectiveDateTime", at);
            self.performer(json);
        });
        if week >= 16 {
            let fundus = f64::from(week) * 0.88 + rng.normal() * 1.2;
            self.quantity(("fh", "11881-0", "宫高", fundus, 0, "cm", "cm"), at, out);
            let heart = 143.0 + 7.0 * rng.normal();
            self.quantity(("fhr", "55283-6", "胎心率", heart.clamp(105.0, 172.0), 0, "次/分", "/min"), at, out);
        }
        // The risk is found in the first weeks or as the pregnancy goes on, and assessed anew at each visit.
        let shows =
            week >= 20 || matches!(pregnancy.risk, Risk::Purple) || self.plan.life(30 + u64::from(nth)).chance(0.6);
        let colour = if shows { colour(pregnancy.risk) } else { colour(Risk::Green) };
        self.said("risk", "pregnancy-risk", "妊娠风险评估分级", colour, at, out);
        if self.kind() == Kind::Antenatal && week <= 12 {
            let due = (pregnancy.due - on) as Day;
            self.quantity(("due", "#days-to-due", "距预产期天数", f64::from(due), 0, "天", "d"), at, out);
        }
    }

    fn newborn(&self, out: &mut Out, rng: &mut Rng) {
        let born = self.contact.start;
        let (_, weight) = body(self.plan, self.plan.person.born, rng);
        self.quantity(("wt", "8339-4", "出生体重", weight * 1000.0, 0, "g", "g"), born + 5, out);
        let first = if rng.chance(0.03) { 6.0 } else { 9.0 };
        self.quantity(("ap1", "9272-6", "Apgar评分1分钟", first, 0, "分", "{score}"), born + 1, out);
        self.quantity(
            ("ap5", "9274-2", "Apgar评分5分钟", 10.0 - f64::from(rng.below(2) as u32), 0, "分", "{score}"),
            born + 5,
            out,
        );
        let passed = |rng: &mut Rng, share: f64| {
            if rng.chance(share) { ("pass", "通过") } else { ("refer", "未通过，复查") }
        };
        let hearing = passed(rng, 0.93);
        self.said("hear", "newborn-hearing", "新生儿听力筛查", hearing, born + 2900, out);
        let heart = passed(rng, 0.985);
        self.said("chd", "newborn-heart", "先天性心脏病双指标筛查", heart, born + 1700, out);
        self.said("spot", "newborn-blood-spot", "新生儿遗传代谢病筛查采血", ("taken", "已采血"), born + 4330, out);
    }
}

const fn colour(risk: Risk) -> (&'static str, &'static str) {
    match risk {
        Risk::Green => ("green", "绿色（低风险）"),
        Risk::Yellow => ("yellow", "黄色（一般风险）"),
        Risk::Orange => ("orange", "橙色（较高风险）"),
        Risk::Red => ("red", "红色（高风险）"),
        Risk::Purple => ("purple", "紫色（传染病）"),
    }
}
