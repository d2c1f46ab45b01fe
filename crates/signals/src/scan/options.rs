//! What may be set of a scan.

use super::Kind;
use crate::settings::Range::{Number, OneOf, Text, Whole};
use crate::{Given, Setting, Settings, Words};
use base::{Error, Result};

/// Which cylinders are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Analysis {
    /// Circles only; the days do not matter.
    Spatial,
    /// Every span of days in the study.
    Retrospective,
    /// Spans that end on the study's last day.
    Prospective,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rates {
    High,
    Low,
    Both,
}

/// Which further clusters are told beside a more likely one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secondary {
    /// Those that share no place with a more likely one.
    NoOverlap,
    /// Those whose centre lies in no more likely one.
    NoCentreInOther,
    /// The most likely of each centre.
    Every,
}

/// The settings, read.
#[derive(Clone, Debug)]
pub struct Options {
    pub analysis: Analysis,
    pub rates: Rates,
    pub share_max: f64,
    pub radius_max: Option<f64>,
    pub neighbours_max: Option<usize>,
    pub interval_days: i32,
    pub days_min: i32,
    pub days_max: Option<i32>,
    pub time_share_max: f64,
    pub cases_min: u32,
    pub secondary: Secondary,
    pub list_p_below: f64,
    pub replicas: u32,
    pub seed: u64,
    pub stop_after: u32,
    pub every_days: f64,
    pub threads: usize,
}

impl Options {
    /// `dated` says whether the cases have days.
    ///
    /// # Errors
    /// Settings that contradict each other or the kind of scan.
    pub fn of(settings: &Settings, kind: Kind, dated: bool) -> Result<Options> {
        let analysis = match settings.text("analysis") {
            "spatial" => Analysis::Spatial,
            "retrospective" => Analysis::Retrospective,
            "auto" if !dated => Analysis::Spatial,
            _ => Analysis::Prospective,
        };
        if kind == Kind::Stp && analysis == Analysis::Spatial {
            let text = "a space-time permutation needs days: give a column `date`, and `analysis` = `prospective` or \
                        `retrospective`";
            return Err(Error::invalid(text));
        }
        if analysis != Analysis::Spatial && !dated {
            return Err(Error::invalid("the cases have no column `date`; without it `analysis` can only be `spatial`"));
        }
        let set = |key: &str| settings.number_if_set(key);
        Ok(Options {
            analysis,
            rates: match settings.text("rates") {
                "low" => Rates::Low,
                "both" => Rates::Both,
                _ => Rates::High,
            },
            share_max: settings.number("share_max"),
            radius_max: set("radius_max"),
            neighbours_max: set("neighbours_max").map(|most| most as usize),
            interval_days: settings.whole("interval_days") as i32,
            days_min: settings.whole("days_min") as i32,
            days_max: set("days_max").map(|most| most as i32),
            time_share_max: settings.number("time_share_max"),
            cases_min: settings.whole("cases_min") as u32,
            secondary: match settings.text("secondary") {
                "no-centre-in-other" => Secondary::NoCentreInOther,
                "every" => Secondary::Every,
                _ => Secondary::NoOverlap,
            },
            list_p_below: settings.number("list_p_below"),
            replicas: settings.whole("replicas") as u32,
            seed: settings.whole("seed").unsigned_abs(),
            stop_after: settings.whole("stop_after") as u32,
            every_days: settings.number("every_days"),
            threads: settings.size("threads"),
        })
    }

    /// The defaults over which `given` lies.
    pub fn given(given: &Given, kind: Kind, dated: bool) -> Result<Options> {
        Options::of(&Settings::of(SETTINGS, given)?, kind, dated)
    }
}

/// Every setting of a scan, of all kinds.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "analysis",
        about: Words {
            zh: "扫描方式：仅空间、回顾性时空、前瞻性时空（截至末日）；auto 为有日期则前瞻，否则仅空间",
            en: "which cylinders: circles only, every span of days, or those that end on the last day; `auto` is \
                 prospective where cases have days, otherwise spatial",
        },
        unit: "",
        default: "auto",
        range: OneOf(&["auto", "spatial", "retrospective", "prospective"]),
        source: "ours; Kulldorff 2001 for daily surveillance",
    },
    Setting {
        key: "rates",
        about: Words { zh: "查找高发、低发或两者", en: "look for more cases than expected, fewer, or both" },
        unit: "",
        default: "high",
        range: OneOf(&["high", "low", "both"]),
        source: "Kulldorff 1997",
    },
    Setting {
        key: "share_max",
        about: Words {
            zh: "圆内风险人群的最大占比：人口（泊松）、病例加对照（伯努利）、病例（时空置换）",
            en: "largest share of those at risk in a circle: persons (poisson), cases and controls (bernoulli), cases \
                 (stp)",
        },
        unit: "share",
        default: "0.5",
        range: Number(0.0, 1.0),
        source: "Kulldorff 1997: half",
    },
    Setting {
        key: "radius_max",
        about: Words { zh: "最大半径", en: "largest radius" },
        unit: "km, or the unit of x and y",
        default: "",
        range: Number(0.0, 1e9),
        source: "no limit; New York's daily scan: 3 to 5 km",
    },
    Setting {
        key: "neighbours_max",
        about: Words {
            zh: "圆内最多地点数（按邻近次序，含中心）",
            en: "most places in a circle, by neighbour order, the centre counted",
        },
        unit: "places",
        default: "",
        range: Whole(1, 100_000),
        source: "no limit",
    },
    Setting {
        key: "interval_days",
        about: Words {
            zh: "时间步长，自末日向前数", en: "days taken together as a step, counted back from the end"
        },
        unit: "days",
        default: "1",
        range: Whole(1, 366),
        source: "daily surveillance",
    },
    Setting {
        key: "days_min",
        about: Words { zh: "最短时间窗", en: "shortest window" },
        unit: "days",
        default: "1",
        range: Whole(1, 36_600),
        source: "Kulldorff 2005",
    },
    Setting {
        key: "days_max",
        about: Words { zh: "最长时间窗", en: "longest window" },
        unit: "days",
        default: "",
        range: Whole(1, 36_600),
        source: "no limit beside `time_share_max`; Kulldorff 2005: 7, New York's daily scan: 30",
    },
    Setting {
        key: "time_share_max",
        about: Words {
            zh: "时间窗占研究期的最大比例", en: "longest window as a share of the study's days"
        },
        unit: "share",
        default: "0.5",
        range: Number(0.0, 1.0),
        source: "Kulldorff 1998: half; 0.9 at most is customary",
    },
    Setting {
        key: "cases_min",
        about: Words { zh: "高发聚集的最少病例数", en: "fewest cases of a cluster of high rates" },
        unit: "cases",
        default: "2",
        range: Whole(1, 1_000_000),
        source: "customary: one case is no cluster",
    },
    Setting {
        key: "secondary",
        about: Words {
            zh: "次级聚集的取舍：无地理重叠、中心不在更强聚集内、各中心皆列",
            en: "which further clusters are told: without a common place, with the centre in no more likely one, or \
                 the best of every centre",
        },
        unit: "",
        default: "no-overlap",
        range: OneOf(&["no-overlap", "no-centre-in-other", "every"]),
        source: "customary",
    },
    Setting {
        key: "list_p_below",
        about: Words {
            zh: "次级聚集仅列出 p 值低于此者；首位总列出",
            en: "further clusters are told when their p is below this; the first always is",
        },
        unit: "p",
        default: "0.99",
        range: Number(0.0, 2.0),
        source: "ours: what nearly every replica reaches is no news; 2 tells all",
    },
    Setting {
        key: "replicas",
        about: Words { zh: "蒙特卡罗重复次数", en: "Monte-Carlo replicas" },
        unit: "replicas",
        default: "999",
        range: Whole(0, 999_999),
        source: "Dwass 1957; Kulldorff 1997",
    },
    Setting {
        key: "seed",
        about: Words {
            zh: "随机种子，相同种子结果相同", en: "seed of the replicas: the same seed, the same p-values"
        },
        unit: "",
        default: "1",
        range: Whole(0, i64::MAX),
        source: "ours",
    },
    Setting {
        key: "stop_after",
        about: Words {
            zh: "重复中超过首位聚集达此次数即提前停止；0 为不停",
            en: "end when so many replicas have reached the first cluster's ratio; 0 runs all",
        },
        unit: "replicas",
        default: "0",
        range: Whole(0, 999_999),
        source: "Besag and Clifford 1991; 50 is customary",
    },
    Setting {
        key: "every_days",
        about: Words {
            zh: "每隔几日扫描一次（重现间隔用）", en: "how often one scans, for the recurrence interval"
        },
        unit: "days",
        default: "1",
        range: Number(0.01, 36_600.0),
        source: "Kleinman 2004: period over p",
    },
    Setting {
        key: "start",
        about: Words { zh: "研究首日", en: "first day of the study; otherwise the first with a case" },
        unit: "day",
        default: "",
        range: Text,
        source: "the data",
    },
    Setting {
        key: "end",
        about: Words {
            zh: "研究末日；每日扫描时请给出当日",
            en: "last day of the study; otherwise the last with a case: give today when scanning daily",
        },
        unit: "day",
        default: "",
        range: Text,
        source: "the data",
    },
    Setting {
        key: "outside",
        about: Words {
            zh: "研究期外的病例：拒绝或略去", en: "cases outside the study's days: refused, or left out"
        },
        unit: "",
        default: "refuse",
        range: OneOf(&["refuse", "leave-out"]),
        source: "ours: nothing is dropped unsaid",
    },
    Setting {
        key: "covariates",
        about: Words {
            zh: "作为协变量的列名，以逗号分隔（如 sex,age）",
            en: "columns that are covariates, parted by commas, such as `sex,age`; poisson and stp",
        },
        unit: "columns",
        default: "",
        range: Text,
        source: "none",
    },
    Setting {
        key: "threads",
        about: Words {
            zh: "线程数，0 为全部核；结果不变", en: "threads, 0 for one a core; the answer is the same"
        },
        unit: "threads",
        default: "0",
        range: Whole(0, 256),
        source: "ours",
    },
];
