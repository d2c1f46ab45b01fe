//! What may be set of a nowcast.

use super::{DELAY_MAX, Method, Options, Prior, Weekdays};
use crate::settings::Range::{OneOf, Text, Whole};
use crate::{Setting, Settings, Words};

const fn setting(key: &'static str, zh: &'static str, en: &'static str, default: &'static str) -> Setting {
    Setting {
        key,
        about: Words { zh, en },
        unit: "",
        default,
        range: Text,
        source: "our choice; see the documentation",
    }
}

pub static SETTINGS: &[Setting] = &[
    Setting {
        range: OneOf(&["reverse-hazard", "chain-ladder"]),
        source: "Lawless 1994",
        ..setting("method", "区间的来源", "where intervals come from: drawn, or from past errors", "reverse-hazard")
    },
    Setting {
        unit: "days",
        range: Whole(1, DELAY_MAX as i64),
        source: "R surveillance, `nowcast`: D = 15",
        ..setting(
            "delay_max",
            "最长报告延迟",
            "the longest delay that counts; later reports are left out and counted",
            "15",
        )
    },
    Setting {
        unit: "days",
        range: Whole(0, 20_000),
        ..setting("window", "估计延迟的时间窗", "onset days, back from today, that hazards come from; 0 for all", "0")
    },
    Setting {
        unit: "cases",
        range: Whole(1, 1_000_000),
        ..setting("past_min", "每个延迟所需病例数", "cases that the hazard of each delay must rest on", "20")
    },
    Setting {
        range: OneOf(&["auto", "yes", "no"]),
        ..setting("weekdays", "报告的星期效应", "whether the weekday of the report counts", "auto")
    },
    Setting {
        range: OneOf(&["recent", "flat"]),
        ..setting(
            "prior",
            "先验",
            "what is thought of a day before its reports: as the week before, or nothing",
            "recent",
        )
    },
    Setting {
        unit: "day",
        source: "empty: the last report",
        ..setting("as_of", "截至日", "what was known at the end of this day; later reports are left out", "")
    },
    Setting {
        unit: "day",
        source: "empty: nothing is refused",
        ..setting("today", "今天", "onsets and reports after this day are refused", "")
    },
    Setting {
        unit: "draws",
        range: Whole(100, 100_000),
        ..setting("draws", "抽样次数", "draws of the reverse-hazard intervals", "1000")
    },
    Setting { range: Whole(0, i64::MAX), ..setting("seed", "随机种子", "the same seed draws the same", "1") },
    Setting {
        unit: "days",
        range: Whole(7, 2_000),
        ..setting("history", "误差的回溯天数", "days back from which errors of the chain ladder are taken", "60")
    },
    Setting {
        unit: "days",
        range: Whole(0, 2_000),
        source: "0: a nowcast of today",
        ..setting("back", "回溯评价天数", "so many earlier days are nowcast and held against what is known now", "0")
    },
];

pub fn options(settings: &Settings) -> Options {
    Options {
        method: if settings.text("method") == "chain-ladder" { Method::ChainLadder } else { Method::ReverseHazard },
        window: settings.size("window"),
        past_min: settings.number("past_min"),
        weekdays: match settings.text("weekdays") {
            "yes" => Weekdays::Yes,
            "no" => Weekdays::No,
            _ => Weekdays::Auto,
        },
        prior: if settings.text("prior") == "flat" { Prior::Flat } else { Prior::Recent },
        draws: settings.size("draws"),
        seed: settings.whole("seed").unsigned_abs(),
        history: settings.size("history"),
    }
}
