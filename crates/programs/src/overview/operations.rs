//! What can be asked of the overview.

use super::breakdown::breakdown;
use super::city::city;
use super::quality::quality;
use base::Role;
use runtime::program::{BodyKind, Input, Operation, Run, Words};

/// Officers see their own subtree, clinicians their own institution.
pub const READERS: &[Role] = &[Role::Integration, Role::Officer, Role::Clinician];

const DAY: Input = Input {
    name: "day",
    about: Words { zh: "日期，如 2026-03-01；缺省为今天", en: "a day such as 2026-03-01; today if left out" },
    required: false,
};
const AREA: Input = Input {
    name: "area",
    about: Words {
        zh: "区（6 位）或街道（9 位）代码", en: "the code of a district (6 digits) or street (9)"
    },
    required: false,
};
const INSTITUTION: Input = narrowing("institution", "机构标识", "the id of an institution");

pub const OPERATIONS: [Operation; 3] = [
    Operation {
        name: "city",
        about: Words {
            zh: "全市、区、街道或本机构的总览",
            en: "the board of the city, a district, a street or one's own institution",
        },
        roles: READERS,
        inputs: &[DAY, AREA],
        body: BodyKind::None,
        run: Run::Read(city),
    },
    Operation {
        name: "breakdown",
        about: Words { zh: "一个数字由什么组成", en: "what a figure is made of" },
        roles: READERS,
        inputs: &[
            Input {
                name: "figure",
                about: Words { zh: "指标，如 visits", en: "the figure, such as visits" },
                required: true,
            },
            narrowing(
                "by",
                "按什么拆分：area、institution、department、hour、disease、class、kind",
                "divided by: area, institution, department, hour, disease, class, kind",
            ),
            DAY,
            AREA,
            INSTITUTION,
            narrowing("hour", "只看这个小时（0–23）", "only this hour, 0 to 23"),
            narrowing("disease", "只看这个病种", "only this disease"),
            narrowing("class", "只看这类就诊：AMB、EMER、HH、VR", "only visits of this class: AMB, EMER, HH, VR"),
            narrowing("kind", "只看这类机构", "only institutions of this kind"),
        ],
        body: BodyKind::None,
        run: Run::Read(breakdown),
    },
    Operation {
        name: "quality",
        about: Words { zh: "各机构上报质量", en: "how institutions report" },
        roles: READERS,
        inputs: &[DAY, AREA],
        body: BodyKind::None,
        run: Run::Read(quality),
    },
];

const fn narrowing(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: false }
}
