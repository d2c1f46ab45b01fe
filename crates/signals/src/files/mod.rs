//! The formats of the command line: text in, text out. What is wrong is named with its row (the heading is row 1) and
//! its column.

mod checked;
mod conversion;
mod daily;
mod detect;
mod evaluate;
mod growth;
mod interval;
mod methods;
mod nowcast;
mod print;
mod rt;
mod scan;
mod table;
mod tree;
mod units;
mod variants;
mod wastewater;

pub use checked::{Checked, MISSING_MAX, POINTS_MAX, Wanted, series};
pub use conversion::{INTERVAL, interval};
pub use detect::{COMMON, detect};
pub use evaluate::{EVALUATE, evaluate};
pub use growth::growth;
pub use methods::methods;
pub use nowcast::nowcast;
pub use rt::rt;
pub use scan::scan;
pub use table::{ROWS_MAX, Table};
pub use tree::{GROUPS, TREE, tree};
pub use units::{unit_rules, units};
pub use variants::variants;
pub use wastewater::{Distributions, wastewater};
