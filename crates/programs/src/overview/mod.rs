//! The overview (全市总览): what goes on in the city today, counted from the record. For officers of the city and its districts,
//! for the platform's own people, and for clinicians about their own institution. A reaction keeps tallies from the feed;
//! every figure opens into what it is made of, down to the resources where the reader may see them.

mod breakdown;
mod city;
mod days;
mod drill;
mod figures;
mod moment;
mod operations;
mod quality;
mod reaction;
pub mod rules;
mod view;

pub use reaction::REACTION;

use runtime::program::{Program, Screen, Words};

pub const PROGRAM: Program = Program {
    name: "overview",
    title: Words { zh: "全市总览", en: "Overview" },
    about: Words { zh: "全市健康服务运行态势", en: "What goes on in the city's health services" },
    shared: false,
    operations: &operations::OPERATIONS,
    lists: &[],
    screens: &[Screen {
        path: "/overview",
        title: Words { zh: "全市总览", en: "Overview" },
        roles: operations::READERS,
    }],
    reactions: &[REACTION],
    rules: &[],
    cards: &[],
};
