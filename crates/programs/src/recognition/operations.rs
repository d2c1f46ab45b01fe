//! What can be asked of mutual recognition.

use super::service::{check, codes, explain, items, map, result};
use super::{CARE, STAFF, decide, notices, statistics, supervision};
use base::Role;
use runtime::program::{BodyKind, Input, Operation, Run, Words};

pub const OPERATIONS: [Operation; 10] = [
    Operation {
        name: "check",
        about: Words {
            zh: "对拟开申请逐项说明：可互认的结果，或不提示的原因（不记录）",
            en: "What is known of each of some orders, and why a result is offered or not; nothing is recorded",
        },
        roles: CARE,
        inputs: &[],
        body: BodyKind::Json,
        run: Run::Read(check::check),
    },
    Operation {
        name: "result",
        about: Words {
            zh: "提示背后的结果：报告、各院趋势、影像与文档",
            en: "What is behind a card: report, trend over hospitals, images, documents",
        },
        roles: CARE,
        inputs: &[required("card", "提示编号", "Id of the card")],
        body: BodyKind::None,
        run: Run::Read(result::result),
    },
    Operation {
        name: "explain",
        about: Words {
            zh: "提示的依据：所用规则及版本、现行规则、按现在重新判断",
            en: "Why a card was shown: the rules it used and their versions, those of today, the answer of now",
        },
        roles: CARE,
        inputs: &[required("card", "提示编号", "Id of the card")],
        body: BodyKind::None,
        run: Run::Read(explain::explain),
    },
    Operation {
        name: "items",
        about: Words {
            zh: "某日的互认目录：项目、时限、标识、资格、负面清单与理由",
            en: "The catalogue on a day: items, windows, marks, rights, negative list and reasons",
        },
        roles: STAFF,
        inputs: &[
            input("on", "日期；不填为今天", "Day; left out: today"),
            input("q", "名称、拼音、LOINC 或本院编码", "Part of a name, pinyin, LOINC or an own code"),
            input("institution", "机构编号；医生不填为本院", "Id of the institution; a clinician's own if left out"),
        ],
        body: BodyKind::None,
        run: Run::Read(items::items),
    },
    Operation {
        name: "codes",
        about: Words {
            zh: "各机构在用的院内编码、对照情况与建议",
            en: "Local codes in use, what they mean or may mean",
        },
        roles: STAFF,
        inputs: &[
            input("institution", "机构编号", "Id of the institution"),
            input("state", "mapped 或 unmapped", "mapped or unmapped"),
            input("q", "编码、名称或拼音", "Code, part of a name, or pinyin"),
            input("count", "每页行数", "Rows of a page"),
            input("page", "上一页的 next", "`next` of the page before"),
        ],
        body: BodyKind::None,
        run: Run::Read(codes::codes),
    },
    Operation {
        name: "map",
        about: Words {
            zh: "确认院内编码的含义（可批量），或取消",
            en: "Confirms what local codes mean, many at once, or takes it back",
        },
        roles: &[Role::Integration, Role::Officer],
        inputs: &[],
        body: BodyKind::Json,
        run: Run::Write(map::map),
    },
    decide::OPERATION,
    statistics::OPERATION,
    supervision::OPERATION,
    notices::OPERATION,
];

const fn input(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: false }
}

const fn required(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: true }
}
