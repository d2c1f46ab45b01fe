//! The directory (机构与资源目录): who works where. Institutions as a tree from the commission to the department, posts,
//! beds, equipment, service points, areas with their population. It is kept from what institutions send as
//! Organization, Location, HealthcareService, Practitioner(Role), OrganizationAffiliation, Group and Device, and every
//! other program stands on it: `picture` shows it as a whole.

pub mod codes;
mod import;
mod lists;
mod operations;
mod picture;
mod reaction;
mod read;
pub mod rows;
mod rules;
mod service;
mod staff;

pub use picture::{Area, AreaKind, Institution, Picture, picture};

use runtime::program::{Program, Screen, Words};

pub const PROGRAM: Program = Program {
    name: "directory",
    title: Words { zh: "机构与资源目录", en: "Directory" },
    about: Words {
        zh: "全市医疗卫生机构、科室、岗位、床位、设备、服务点与行政区划",
        en: "Institutions, departments, posts, beds, equipment, service points and areas of the city",
    },
    shared: true,
    operations: &operations::OPERATIONS,
    lists: &lists::LISTS,
    screens: &[
        Screen { path: "/directory", title: Words { zh: "机构目录", en: "Directory" }, roles: lists::EVERYBODY },
        Screen { path: "/directory/map", title: Words { zh: "地图", en: "Map" }, roles: lists::EVERYBODY },
        Screen {
            path: "/directory/areas",
            title: Words { zh: "区域与人口", en: "Areas and people" },
            roles: lists::EVERYBODY,
        },
        Screen { path: "/directory/import", title: Words { zh: "导入机构", en: "Import" }, roles: lists::KEEPERS },
    ],
    reactions: &[reaction::REACTION],
    rules: &[],
    cards: &[],
};
