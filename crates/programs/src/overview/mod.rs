//! The overview (全市总览): what goes on in the city today, counted from the record.

use runtime::program::{Program, Words};

pub const PROGRAM: Program = Program {
    name: "overview",
    title: Words { zh: "全市总览", en: "Overview" },
    about: Words { zh: "全市健康服务运行态势", en: "What goes on in the city's health services" },
    shared: false,
    operations: &[],
    lists: &[],
    screens: &[],
    reactions: &[],
};
