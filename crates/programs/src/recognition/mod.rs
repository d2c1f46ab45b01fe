//! Mutual recognition (检查检验结果互认): before an examination is ordered again, the doctor sees the result that already
//! exists and may be used; what the doctor decides and what was saved is kept. For clinicians, hospital managers and the
//! commission. The rules are 国卫医发〔2022〕6号 and what provinces and the city set beside it, as dated rows.

use runtime::program::{Program, Words};

pub const PROGRAM: Program = Program {
    name: "recognition",
    title: Words { zh: "检查检验互认", en: "Mutual recognition" },
    about: Words {
        zh: "开单前提示可互认的已有结果，记录采用或重做的理由与节约",
        en: "Shows usable results before an examination is ordered again, and counts what was saved",
    },
    shared: false,
    operations: &[],
    lists: &[],
    screens: &[],
    reactions: &[],
    rules: &[],
    cards: &[],
};
