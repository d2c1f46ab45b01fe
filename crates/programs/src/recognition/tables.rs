//! The rule tables of mutual recognition, with what is shipped: rows of the nation and of provinces for every deployment, and
//! those of the demonstration city for folders that hold it, each in a file of its own.

use super::dry_run::dry_run;
use super::model::{MarkLevel, MethodRule, PatientState, SignPlace, Why};
use runtime::program::{Said, Words};
use runtime::rules::{Row, RuleColumn, RuleTable, ValueKind};

pub const ITEM: &str = "recognition.item";
pub const WINDOW: &str = "recognition.window";
pub const MARK: &str = "recognition.mark";
pub const RIGHT: &str = "recognition.right";
pub const NEGATIVE: &str = "recognition.negative";
pub const REASON: &str = "recognition.reason";
pub const CHANGE: &str = "recognition.change";

pub const TABLES: [&RuleTable; 7] = [&ITEMS, &WINDOWS, &MARKS, &RIGHTS, &NEGATIVES, &REASONS, &CHANGES];

static ITEMS: RuleTable = RuleTable {
    name: ITEM,
    title: Words { zh: "互认项目目录", en: "Items" },
    about: Words {
        zh: "可识别的检验、检查项目：编码、别名、单位、方法、组合与价格；列入目录者方可互认",
        en: "Laboratory and imaging items: codes, names, units, methods, parts and price; only listed ones are recognised",
    },
    columns: &[
        key("item", "项目", "Item", ValueKind::Text),
        required("zh", "名称", "Chinese name", ValueKind::Text),
        required("en", "英文名称", "English name", ValueKind::Text),
        required("kind", "类别", "Kind", ValueKind::Code(&super::model::ItemKind::CODES)),
        column("listed", "列入目录", "Listed", ValueKind::Flag),
        column("loinc", "LOINC 编码", "LOINC", ValueKind::Texts),
        column("names", "别名", "Other names", ValueKind::Texts),
        column("specimens", "标本", "Specimens", ValueKind::Texts),
        column("fasting", "须空腹", "Fasting", ValueKind::Flag),
        column("modality", "检查类型", "Modality", ValueKind::Text),
        column("units", "计量单位", "Units (UCUM first)", ValueKind::Texts),
        RuleColumn { unit: Some("分"), ..column("fen", "价格", "Price", ValueKind::Integer) },
        column("method", "方法要求", "Method matters", ValueKind::Code(&MethodRule::CODES)),
        column("methods", "方法（由低到高）", "Methods, plainest first", ValueKind::Texts),
        column("instruments", "设备类别（由低到高）", "Instruments, plainest first", ValueKind::Texts),
        RuleColumn {
            unit: Some("µm"),
            ..column("thickness_max_um", "层厚上限", "Thickest slices", ValueKind::Integer)
        },
        column("parts", "组成项目", "Parts", ValueKind::Texts),
    ],
    seeds: &[include_str!("data/item-nation.csv")],
    demo_seeds: &[include_str!("data/item-city.csv")],
    check: check_item,
    dry_run: Some(dry_run),
};

static WINDOWS: RuleTable = RuleTable {
    name: WINDOW,
    title: Words { zh: "互认时限", en: "Windows" },
    about: Words {
        zh: "结果在多少小时内可以互认，按项目、就诊类型与标识级别；没有时限的不提示",
        en: "For how many hours a result may be used, by item, kind of visit and reach of the mark; without a row nothing is shown",
    },
    columns: &[
        key("item", "项目", "Item", ValueKind::Text),
        key("state", "就诊类型", "Kind of visit", ValueKind::Code(&PatientState::CODES)),
        RuleColumn {
            required: false,
            ..key("level", "标识级别（空为不限）", "Reach of the mark (empty: any)", ValueKind::Code(&MarkLevel::CODES))
        },
        RuleColumn { unit: Some("h"), ..required("hours", "时限", "Hours", ValueKind::Integer) },
    ],
    seeds: &[include_str!("data/window-nation.csv")],
    demo_seeds: &[include_str!("data/window-city.csv")],
    check: check_window,
    dry_run: Some(dry_run),
};

static MARKS: RuleTable = RuleTable {
    name: MARK,
    title: Words { zh: "互认标识", en: "Marks" },
    about: Words {
        zh: "标识的写法、级别与适用区域（区划代码开头）",
        en: "How marks are written, their reach, and the areas they bind (beginnings of area codes)",
    },
    columns: &[
        key("mark", "标识", "Mark", ValueKind::Text),
        required("level", "级别", "Reach", ValueKind::Code(&MarkLevel::CODES)),
        column("areas", "适用区域", "Areas", ValueKind::Texts),
    ],
    seeds: &[include_str!("data/mark-nation.csv")],
    demo_seeds: &[include_str!("data/mark-city.csv")],
    check: check_mark,
    dry_run: Some(dry_run),
};

static RIGHTS: RuleTable = RuleTable {
    name: RIGHT,
    title: Words { zh: "机构互认资格", en: "Rights to marks" },
    about: Words {
        zh: "机构凭质量评价可以使用的标识，按项目与起止日期；* 表示所有机构（须质评合格）或所有项目",
        en: "Which marks an institution may use after its quality assessment, by item and dates; * means every institution (that passed its assessment) or every item",
    },
    columns: &[
        key("institution", "机构", "Institution", ValueKind::Text),
        key("item", "项目", "Item", ValueKind::Text),
        key("mark", "标识", "Mark", ValueKind::Text),
        required("granted", "可使用", "Granted", ValueKind::Flag),
    ],
    seeds: &[],
    demo_seeds: &[include_str!("data/right-city.csv")],
    check: always,
    dry_run: Some(dry_run),
};

static NEGATIVES: RuleTable = RuleTable {
    name: NEGATIVE,
    title: Words { zh: "负面清单", en: "Negative list" },
    about: Words { zh: "不予互认的项目及原因", en: "Items that are never recognised, and why" },
    columns: &[key("item", "项目", "Item", ValueKind::Text), required("why", "原因", "Why", ValueKind::Text)],
    seeds: &[],
    demo_seeds: &[include_str!("data/negative-city.csv")],
    check: always,
    dry_run: Some(dry_run),
};

static REASONS: RuleTable = RuleTable {
    name: REASON,
    title: Words { zh: "不予互认理由", en: "Reasons to order anyway" },
    about: Words {
        zh: "医生仍需开单时选择的理由：国家规定的六种情形，以及本地增加的情形",
        en: "Why a doctor orders anyway: the six national cases and those added locally",
    },
    columns: &[
        key("reason", "理由", "Reason", ValueKind::Text),
        required("zh", "名称", "Chinese", ValueKind::Text),
        required("en", "英文", "English", ValueKind::Text),
        column("national", "国家规定", "National", ValueKind::Flag),
        column("needs_text", "须说明", "Needs an explanation", ValueKind::Flag),
        column("position", "次序", "Position", ValueKind::Integer),
    ],
    seeds: &[include_str!("data/reason-nation.csv")],
    demo_seeds: &[include_str!("data/reason-city.csv")],
    check: always,
    dry_run: None,
};

static CHANGES: RuleTable = RuleTable {
    name: CHANGE,
    title: Words { zh: "可以复查的用语", en: "Words that tell of a needed repeat" },
    about: Words {
        zh: "就诊原因、诊断严重程度或申请理由中出现此用语时，视为可以复查的情形，不再提示",
        en: "Words in the reason of the visit, the severity of the diagnosis or the reason of the order that tell of a case in which repeating is right",
    },
    columns: &[
        key("place", "出现位置", "Where", ValueKind::Code(&SignPlace::CODES)),
        key("contains", "用语", "Words", ValueKind::Text),
        required("case", "情形", "Case", ValueKind::Code(&CASES)),
    ],
    seeds: &[],
    demo_seeds: &[include_str!("data/change-city.csv")],
    check: always,
    dry_run: Some(dry_run),
};

const CASES: [&str; 6] = {
    let mut codes = [""; 6];
    let mut nth = 0;
    while nth < 6 {
        codes[nth] = Why::CASES[nth].code();
        nth += 1;
    }
    codes
};

const fn column(key: &'static str, zh: &'static str, en: &'static str, kind: ValueKind) -> RuleColumn {
    RuleColumn { key, title: Words { zh, en }, kind, required: false, is_key: false, unit: None }
}

const fn required(key: &'static str, zh: &'static str, en: &'static str, kind: ValueKind) -> RuleColumn {
    RuleColumn { required: true, ..column(key, zh, en, kind) }
}

const fn key(key: &'static str, zh: &'static str, en: &'static str, kind: ValueKind) -> RuleColumn {
    RuleColumn { is_key: true, ..required(key, zh, en, kind) }
}

fn always(_: &Row) -> Result<(), Said> {
    Ok(())
}

fn check_item(row: &Row) -> Result<(), Said> {
    if row.texts("parts").iter().any(|part| row.text("item") == Some(part)) {
        return Err(Said::new("组合不能包含自身", "a panel cannot hold itself"));
    }
    if row.integer("fen").is_some_and(|fen| fen < 0) {
        return Err(Said::new("价格不能为负", "a price cannot be negative"));
    }
    if row.integer("thickness_max_um").is_some_and(|thickness| !(1..=1_000_000).contains(&thickness)) {
        return Err(Said::new("层厚上限为 1 至 1000000 微米", "slices are 1 to 1,000,000 micrometres thick"));
    }
    if row.text("method").is_some_and(|method| method == "not-lower") && row.texts("methods").len() < 2 {
        return Err(Said::new(
            "按“不低于”要求时须列出至少两种方法",
            "a method that must not be lower needs at least two methods in their order",
        ));
    }
    Ok(())
}

fn check_window(row: &Row) -> Result<(), Said> {
    match row.integer("hours") {
        Some(1..=87_600) => Ok(()),
        _ => Err(Said::new("时限为 1 至 87600 小时", "a window has 1 to 87,600 hours")),
    }
}

fn check_mark(row: &Row) -> Result<(), Said> {
    let bound = matches!(row.text("level"), Some("region" | "province" | "city" | "district"));
    match bound && row.texts("areas").is_empty() {
        true => Err(Said::new("此级别的标识须写明适用区域", "a mark of this reach names its areas")),
        false => Ok(()),
    }
}
