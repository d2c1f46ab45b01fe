//! Reasons, states and levels by code and in both languages.

use super::model::{ItemKind, MarkLevel, MethodRule, PatientState, SignPlace, Status, Why};
use runtime::program::Words;
use serde_json::{Value, json};

impl Why {
    pub const ALL: [Why; 32] = [
        Why::NotOnList,
        Why::NegativeList,
        Why::NoWindow,
        Why::NoResult,
        Why::ConditionChanged,
        Why::ChangesFast,
        Why::BeforeOperation,
        Why::Emergency,
        Why::Appraisal,
        Why::OtherCase,
        Why::TooOld,
        Why::NoMark,
        Why::MarkExpired,
        Why::MarkDoesNotReach,
        Why::OtherMethod,
        Why::OtherInstrument,
        Why::SliceTooThick,
        Why::OtherSpecimen,
        Why::NotFasting,
        Why::Preliminary,
        Why::Withdrawn,
        Why::IdentityNotCertain,
        Why::Restricted,
        Why::OutOfSight,
        Why::UnknownCode,
        Why::WrongUnit,
        Why::NoValue,
        Why::NoTime,
        Why::FutureDate,
        Why::ClockOff,
        Why::DoubledNumber,
        Why::Incomplete,
    ];

    /// The cases in which an examination may be repeated, by the codes of the rule table.
    pub const CASES: [Why; 6] =
        [Why::ConditionChanged, Why::ChangesFast, Why::BeforeOperation, Why::Emergency, Why::Appraisal, Why::OtherCase];

    pub const fn code(self) -> &'static str {
        match self {
            Why::NotOnList => "not-on-list",
            Why::NegativeList => "negative-list",
            Why::NoWindow => "no-window",
            Why::NoResult => "no-result",
            Why::ConditionChanged => "condition-changed",
            Why::ChangesFast => "changes-fast",
            Why::BeforeOperation => "before-operation",
            Why::Emergency => "emergency",
            Why::Appraisal => "appraisal",
            Why::OtherCase => "other",
            Why::TooOld => "too-old",
            Why::NoMark => "no-mark",
            Why::MarkExpired => "mark-expired",
            Why::MarkDoesNotReach => "mark-does-not-reach",
            Why::OtherMethod => "other-method",
            Why::OtherInstrument => "other-instrument",
            Why::SliceTooThick => "slice-too-thick",
            Why::OtherSpecimen => "other-specimen",
            Why::NotFasting => "not-fasting",
            Why::Preliminary => "preliminary",
            Why::Withdrawn => "withdrawn",
            Why::IdentityNotCertain => "identity-not-certain",
            Why::Restricted => "restricted",
            Why::OutOfSight => "out-of-sight",
            Why::UnknownCode => "unknown-code",
            Why::WrongUnit => "wrong-unit",
            Why::NoValue => "no-value",
            Why::NoTime => "no-time",
            Why::FutureDate => "future-date",
            Why::ClockOff => "clock-off",
            Why::DoubledNumber => "doubled-number",
            Why::Incomplete => "incomplete",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            Why::NotOnList => words("不在互认目录", "Not on the list of mutual recognition"),
            Why::NegativeList => words("列入负面清单", "On the negative list"),
            Why::NoWindow => words("此就诊类型未设互认时限", "No window for this kind of visit"),
            Why::NoResult => words("互认时限内无既往结果", "No earlier result within the window"),
            Why::ConditionChanged => words("病情发生变化", "The condition has changed"),
            Why::ChangesFast => words("结果在病程中变化较快", "The result changes fast in the course of the disease"),
            Why::BeforeOperation => words(
                "手术、输血等重大医疗措施前",
                "Of major significance before an operation, transfusion or the like",
            ),
            Why::Emergency => words("急诊、急救状态", "Emergency or rescue"),
            Why::Appraisal => {
                words("司法、伤残及病退等鉴定", "Appraisal for a court, of disability or of retirement for illness")
            }
            Why::OtherCase => words("其他确需复查的情形", "Another case in which it is needed"),
            Why::TooOld => words("超过互认时限", "Older than the window"),
            Why::NoMark => words("报告无有效互认标识", "The report has no valid mark"),
            Why::MarkExpired => {
                words("检查时该机构的互认资格已到期", "The right to the mark had ended when it was made")
            }
            Why::MarkDoesNotReach => words("互认标识范围不含本机构", "The mark does not reach this institution"),
            Why::OtherMethod => words("方法不同，或低于所需", "Another method, or a plainer one"),
            Why::OtherInstrument => words("设备类别低于所需", "Made by a plainer class of instrument"),
            Why::SliceTooThick => words("层厚超过要求", "The slices are too thick"),
            Why::OtherSpecimen => words("标本种类不同", "Another specimen"),
            Why::NotFasting => words("非空腹，或未注明空腹", "Not fasting, or not said to be"),
            Why::Preliminary => words("报告尚未审核发布", "The report is preliminary"),
            Why::Withdrawn => words("报告已作废或取消", "The report was withdrawn"),
            Why::IdentityNotCertain => {
                words("登记与本人的对应关系不确定", "It is not certain that the registration is the patient's")
            }
            Why::Restricted => words("结果受限，不予展示", "The result is restricted"),
            Why::OutOfSight => words("结果不在可见范围", "The result is outside what the asker may see"),
            Why::UnknownCode => words("项目编码未对照", "The code is not mapped"),
            Why::WrongUnit => words("计量单位与项目不符", "The unit is not the item's"),
            Why::NoValue => words("报告中没有结果值", "The report has no value"),
            Why::NoTime => words("未注明采样或检查时间", "It is not said when it was taken"),
            Why::FutureDate => words("时间在将来", "Dated in the future"),
            Why::ClockOff => words("报告时间前后矛盾", "The times of the report contradict each other"),
            Why::DoubledNumber => words("同一编号或同一项目有两个不同结果", "Two different results under one number"),
            Why::Incomplete => words("报告缺少组合中的项目", "Parts of the panel are missing"),
        }
    }

    pub fn named(code: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.code() == code)
    }

    /// `{"code","zh","en"}`
    pub fn tag(self) -> Value {
        json!({ "code": self.code(), "zh": self.words().zh, "en": self.words().en })
    }
}

impl PatientState {
    pub const ALL: [PatientState; 3] = [PatientState::Outpatient, PatientState::Inpatient, PatientState::Emergency];
    pub const CODES: [&'static str; 3] = ["outpatient", "inpatient", "emergency"];

    pub const fn code(self) -> &'static str {
        match self {
            PatientState::Outpatient => "outpatient",
            PatientState::Inpatient => "inpatient",
            PatientState::Emergency => "emergency",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            PatientState::Outpatient => words("门诊", "out-patient"),
            PatientState::Inpatient => words("住院", "in-patient"),
            PatientState::Emergency => words("急诊", "emergency"),
        }
    }

    pub fn named(code: &str) -> Option<PatientState> {
        PatientState::ALL.into_iter().find(|state| state.code() == code)
    }

    /// By the class of an Encounter (HL7's ActCode).
    pub fn of_class(class: &str) -> PatientState {
        match class {
            "EMER" => PatientState::Emergency,
            "IMP" | "ACUTE" | "NONAC" | "SS" | "OBSENC" => PatientState::Inpatient,
            _ => PatientState::Outpatient,
        }
    }
}

impl MarkLevel {
    pub const ALL: [MarkLevel; 6] = [
        MarkLevel::Nation,
        MarkLevel::Region,
        MarkLevel::Province,
        MarkLevel::City,
        MarkLevel::District,
        MarkLevel::Consortium,
    ];
    pub const CODES: [&'static str; 6] = ["nation", "region", "province", "city", "district", "consortium"];

    pub const fn code(self) -> &'static str {
        match self {
            MarkLevel::Nation => "nation",
            MarkLevel::Region => "region",
            MarkLevel::Province => "province",
            MarkLevel::City => "city",
            MarkLevel::District => "district",
            MarkLevel::Consortium => "consortium",
        }
    }

    pub const fn words(self) -> Words {
        match self {
            MarkLevel::Nation => words("全国", "the nation"),
            MarkLevel::Region => words("跨省区域", "a region of provinces"),
            MarkLevel::Province => words("省级", "the province"),
            MarkLevel::City => words("市级", "the city"),
            MarkLevel::District => words("区级", "the district"),
            MarkLevel::Consortium => words("医联体", "the consortium"),
        }
    }

    pub fn named(code: &str) -> Option<MarkLevel> {
        MarkLevel::ALL.into_iter().find(|level| level.code() == code)
    }
}

impl SignPlace {
    pub const CODES: [&'static str; 3] = ["encounter-reason", "condition-severity", "order-reason"];

    pub fn named(code: &str) -> Option<SignPlace> {
        match code {
            "encounter-reason" => Some(SignPlace::EncounterReason),
            "condition-severity" => Some(SignPlace::ConditionSeverity),
            "order-reason" => Some(SignPlace::OrderReason),
            _ => None,
        }
    }
}

impl ItemKind {
    pub const CODES: [&'static str; 2] = ["lab", "imaging"];

    pub const fn code(self) -> &'static str {
        match self {
            ItemKind::Lab => "lab",
            ItemKind::Imaging => "imaging",
        }
    }
}

impl MethodRule {
    pub const CODES: [&'static str; 3] = ["none", "same", "not-lower"];

    pub const fn code(self) -> &'static str {
        match self {
            MethodRule::None => "none",
            MethodRule::Same => "same",
            MethodRule::NotLower => "not-lower",
        }
    }

    pub fn named(code: &str) -> MethodRule {
        match code {
            "same" => MethodRule::Same,
            "not-lower" => MethodRule::NotLower,
            _ => MethodRule::None,
        }
    }
}

impl Status {
    /// By the status of a DiagnosticReport or an Observation. What is not said to be final is not.
    pub fn named(status: &str) -> Status {
        match status {
            "final" => Status::Final,
            "corrected" | "amended" | "appended" => Status::Corrected,
            "cancelled" | "entered-in-error" => Status::Withdrawn,
            _ => Status::Preliminary,
        }
    }

    pub const fn code(self) -> &'static str {
        match self {
            Status::Final => "final",
            Status::Corrected => "corrected",
            Status::Preliminary => "preliminary",
            Status::Withdrawn => "withdrawn",
        }
    }
}

const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}
