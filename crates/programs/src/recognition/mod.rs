//! Mutual recognition (检查检验结果互认): before an examination is ordered again, the doctor sees the result that already
//! exists and may be used; what the doctor decides and what was saved is kept. For clinicians, hospital managers and the
//! commission. The rules are 国卫医发〔2022〕6号 and what provinces and the city set beside it, as dated rows.

mod again;
mod alert;
mod apart;
pub mod ask;
pub mod book;
pub mod card;
pub mod codes;
mod decide;
mod dry_run;
mod examinations;
mod figures;
mod follow;
pub mod gather;
mod held;
mod lists;
pub mod model;
mod names;
mod notices;
mod operations;
mod reaction;
mod read;
mod reasons;
pub mod rules;
mod service;
mod statistics;
mod supervision;
pub mod tables;
mod walk;
mod whose;
mod words;

use base::Role;
use runtime::program::{Program, Screen, Words};

/// Who takes part in the decision: doctors and the systems they work in.
pub const CARE: &[Role] = &[Role::Integration, Role::Clinician];
/// Who sees the catalogue, the maps and the figures.
pub const STAFF: &[Role] = &[Role::Integration, Role::Officer, Role::Clinician];

pub const PROGRAM: Program = Program {
    name: "recognition",
    title: Words { zh: "检查检验互认", en: "Mutual recognition" },
    about: Words {
        zh: "开单前提示可互认的已有结果，记录采用或重做的理由与节约",
        en: "Shows usable results before an examination is ordered again, and counts what was saved",
    },
    shared: false,
    operations: &operations::OPERATIONS,
    lists: &lists::LISTS,
    screens: &[
        screen("/recognition/workstation", "工作站模拟", "Workstation", CARE),
        screen("/recognition/catalogue", "互认目录", "Catalogue", STAFF),
        screen("/recognition/codes", "编码对照", "Code maps", STAFF),
        screen("/recognition/notices", "结果更正通知", "Notices", CARE),
        screen("/recognition/statistics", "互认统计", "Statistics", STAFF),
        screen("/recognition/supervision", "互认监管", "Supervision", &[Role::Integration, Role::Officer]),
    ],
    // What writes to the record stands before what follows from it, so that one pass over all of them is enough.
    reactions: &[
        follow::REACTION,
        codes::reaction::MAPS,
        codes::reaction::CODES,
        reaction::REACTION,
        examinations::REACTION,
    ],
    rules: &tables::TABLES,
    cards: &[&card::SOURCE],
};

const fn screen(path: &'static str, zh: &'static str, en: &'static str, roles: &'static [Role]) -> Screen {
    Screen { path, title: Words { zh, en }, roles }
}
