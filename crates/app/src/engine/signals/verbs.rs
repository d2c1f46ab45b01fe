//! What `jingluo engine signals` can do, in the order of its help.

use super::Verb;
use super::answers;
use crate::args::{Flag, Form};
use signals::files;

const JSON: Flag = Flag { name: "--json", value: None, text: "JSON for machines instead of CSV" };
const SETTINGS: Flag = Flag {
    name: "--settings",
    value: Some("FILE"),
    text: "lines `name = value`; `jingluo engine signals methods` lists the names",
};

const SI_MEAN: Flag = Flag { name: "--si-mean", value: Some("M"), text: "mean of the serial interval in days" };
const SI_SD: Flag = Flag { name: "--si-sd", value: Some("S"), text: "its standard deviation in days" };
const GI: Flag =
    Flag { name: "--gi", value: Some("FILE"), text: "the generation interval: columns `k`, `w`, or bare numbers" };
const GI_MEAN: Flag = Flag { name: "--gi-mean", value: Some("M"), text: "its mean in days" };
const GI_SD: Flag = Flag { name: "--gi-sd", value: Some("S"), text: "its standard deviation in days" };

pub static VERBS: &[Verb] = &[
    Verb {
        form: Form {
            name: "engine signals methods",
            usage: "[--json]",
            text: "Lists the methods and their settings, each with unit, default and source.\n列出方法及其参数、单位、默认值与出处。",
            flags: &[JSON],
            takes_words: false,
        },
        answer: |args, _| Ok(files::methods(args.has("--json"))),
    },
    Verb {
        form: Form {
            name: "engine signals detect",
            usage: "--method METHOD [--settings FILE] SERIES.csv",
            text: "Judges each point of a series: columns `t` or `date`, `observed` or `count`.\n逐点判断一条序列是否异常升高。",
            flags: &[
                Flag { name: "--method", value: Some("METHOD"), text: "a name of `jingluo engine signals methods`" },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::detect,
    },
    Verb {
        form: Form {
            name: "engine signals scan",
            usage: "--kind KIND [--settings FILE] CASES.csv GEO.csv [POP.csv|CONTROLS.csv]",
            text: "Finds clusters in space and time (Kulldorff's scan statistics).\n时空扫描统计，找出病例聚集的地点与时段。",
            flags: &[
                Flag {
                    name: "--kind",
                    value: Some("KIND"),
                    text: "poisson, bernoulli or stp (space-time permutation)",
                },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::scan,
    },
    Verb {
        form: Form {
            name: "engine signals nowcast",
            usage: "[--as-of DAY] [--back N] [--settings FILE] ONSET_REPORT.csv",
            text: "How many have fallen ill who are not reported yet, from days of onset and report.\n\
                   由发病日与报告日估计尚未报告的病例（即时预测）。",
            flags: &[
                Flag { name: "--as-of", value: Some("DAY"), text: "what was known at the end of this day" },
                Flag {
                    name: "--back",
                    value: Some("N"),
                    text: "nowcast each of N earlier days and hold it against what is known now",
                },
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::nowcast,
    },
    Verb {
        form: Form {
            name: "engine signals rt",
            usage: "(--si FILE | --si-mean M --si-sd S) [--settings FILE] COUNTS.csv",
            text: "The reproduction number in time (Cori 2013) from daily counts.\n由每日发病数估计实时再生数。",
            flags: &[
                Flag {
                    name: "--si",
                    value: Some("FILE"),
                    text: "the serial interval: columns `k`, `w`, or bare numbers",
                },
                SI_MEAN,
                SI_SD,
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::rt,
    },
    Verb {
        form: Form {
            name: "engine signals growth",
            usage: "[--gi FILE | --gi-mean M --gi-sd S] [--settings FILE] COUNTS.csv",
            text: "Growth rate and doubling time; with a generation interval the reproduction number they mean.\n\
                   增长率与倍增时间；给出代间隔时换算再生数。",
            flags: &[GI, GI_MEAN, GI_SD, SETTINGS, JSON],
            takes_words: true,
        },
        answer: answers::growth,
    },
    Verb {
        form: Form {
            name: "engine signals interval",
            usage: "--settings FILE",
            text: "Converts a generation or serial interval: mean and deviation, shape and scale, days; R from growth.\n\
                   代间隔（系列间隔）的换算。",
            flags: &[SETTINGS, JSON],
            takes_words: false,
        },
        answer: answers::interval,
    },
    Verb {
        form: Form {
            name: "engine signals variants",
            usage: "[--settings FILE] COUNTS.csv [ALIASES.csv]",
            text: "Shares of variants and how much faster one grows than another.\n变异株占比与增长优势。",
            flags: &[SETTINGS, JSON],
            takes_words: true,
        },
        answer: answers::variants,
    },
    Verb {
        form: Form {
            name: "engine signals wastewater",
            usage: "[--shedding FILE] [--gi FILE | --gi-mean M --gi-sd S] [--settings FILE] SAMPLES.csv",
            text: "Wastewater normalised, smoothed and deconvolved, and the reproduction number from it.\n\
                   污水监测：归一化、平滑、反卷积与再生数。",
            flags: &[
                Flag {
                    name: "--shedding",
                    value: Some("FILE"),
                    text: "shedding after infection: columns `day`, `weight`",
                },
                GI,
                GI_MEAN,
                GI_SD,
                SETTINGS,
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::wastewater,
    },
    Verb {
        form: Form {
            name: "engine signals units",
            usage: "[--rules FILE] CASES.csv",
            text: "Finds clusters of cases in a class, kitchen, site or village by dated thresholds.\n按带生效日期的阈值发现班级、食堂、工地、村居等单位的聚集。",
            flags: &[
                Flag {
                    name: "--rules",
                    value: Some("FILE"),
                    text: "other thresholds than those that come with it (CSV)",
                },
                JSON,
            ],
            takes_words: true,
        },
        answer: answers::units,
    },
    Verb {
        form: Form {
            name: "engine signals evaluate",
            usage: "[--settings FILE] [SERIES.csv]",
            text: "How good each method is, on series with a known `state` or on made ones.\n\
                   For a line list of `onset` and `report`: alarms on the day against alarms in hindsight.\n\
                   用已知真值或模拟序列评价各方法；个案清单则比较当日与事后报警。",
            flags: &[SETTINGS, JSON],
            takes_words: true,
        },
        answer: answers::evaluate,
    },
    Verb {
        form: Form {
            name: "engine signals tree",
            usage: "(--si-mean M --si-sd S | --settings FILE) CASES.csv [CONTACTS.csv]",
            text: "Who most likely infected whom, from onsets, groups, contacts and distances.\n\
                   由发病时间、同组、接触与距离推断最可能的传播链。",
            flags: &[SI_MEAN, SI_SD, SETTINGS, JSON],
            takes_words: true,
        },
        answer: answers::tree,
    },
];
