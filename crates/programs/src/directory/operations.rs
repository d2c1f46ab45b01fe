//! What can be asked of the directory.

use super::lists::{EVERYBODY, KEEPERS};
use super::service::{self, areas, institution, tree};
use runtime::program::{BodyKind, Input, Operation, Run, Words};

pub const OPERATIONS: [Operation; 9] = [
    Operation {
        name: "tree",
        about: Words {
            zh: "机构树：某节点的下级，或从根到某节点的路径",
            en: "The tree: children of a node, or the path to one",
        },
        roles: EVERYBODY,
        inputs: &[
            input("parent", "上级机构编号；不填为根", "Id of the node; left out: the roots"),
            input("path", "求到此机构的路径", "Id of the node whose path is asked for"),
        ],
        body: BodyKind::None,
        run: Run::Read(tree::tree),
    },
    Operation {
        name: "institution",
        about: Words { zh: "一个机构的全部信息", en: "Everything of one institution" },
        roles: EVERYBODY,
        inputs: &[required("id", "机构编号", "Id of the Organization")],
        body: BodyKind::None,
        run: Run::Read(institution::institution),
    },
    Operation {
        name: "map",
        about: Words {
            zh: "示意地图：区或街道的边界与指标，机构点位",
            en: "The schematic map: areas with a measure, institutions as points",
        },
        roles: EVERYBODY,
        inputs: &[
            input("level", "city、district、street 或 neighbourhood", "city, district, street or neighbourhood"),
            input(
                "measure",
                "population、institutions、beds 或 services",
                "population, institutions, beds or services",
            ),
            input("area", "只看此区划之内", "Code of the area to be drawn"),
            input(
                "kind",
                "只画此类机构（代码开头）",
                "Kinds of institutions to be drawn, by the beginning of their code",
            ),
        ],
        body: BodyKind::None,
        run: Run::Read(areas::map),
    },
    Operation {
        name: "areas",
        about: Words { zh: "下级行政区划", en: "The areas below one" },
        roles: EVERYBODY,
        inputs: &[input("parent", "上级区划代码；不填为最上级", "Code of the area; left out: the topmost")],
        body: BodyKind::None,
        run: Run::Read(areas::areas),
    },
    Operation {
        name: "population",
        about: Words { zh: "区划人口（按年龄与性别）", en: "Residents of an area by age and sex" },
        roles: EVERYBODY,
        inputs: &[
            required("area", "区划代码", "Code of the area"),
            input("year", "年份；不填为最新", "Year; left out: the newest"),
        ],
        body: BodyKind::None,
        run: Run::Read(areas::population),
    },
    Operation {
        name: "codes",
        about: Words {
            zh: "机构类别、等级与服务点种类的代码", en: "Codes of kinds, levels and service points"
        },
        roles: EVERYBODY,
        inputs: &[],
        body: BodyKind::None,
        run: Run::Read(service::codes),
    },
    Operation {
        name: "template",
        about: Words { zh: "机构导入模板（CSV）", en: "A template for the import of institutions (CSV)" },
        roles: KEEPERS,
        inputs: &[],
        body: BodyKind::None,
        run: Run::File(super::import::template),
    },
    Operation {
        name: "preview",
        about: Words {
            zh: "预览机构导入：逐行的新增、修改与错误",
            en: "What an import of institutions would do, line by line",
        },
        roles: KEEPERS,
        inputs: &[],
        body: BodyKind::Csv,
        run: Run::Read(super::import::preview),
    },
    Operation {
        name: "import",
        about: Words {
            zh: "导入机构；任一行有错则整体拒绝",
            en: "Imports institutions; refused whole where a line is wrong",
        },
        roles: KEEPERS,
        inputs: &[],
        body: BodyKind::Csv,
        run: Run::Write(super::import::import),
    },
];

const fn input(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: false }
}

const fn required(name: &'static str, zh: &'static str, en: &'static str) -> Input {
    Input { name, about: Words { zh, en }, required: true }
}
