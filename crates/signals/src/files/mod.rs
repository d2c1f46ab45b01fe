//! The formats of the command line: text in, text out. What is wrong is named with its row (the heading is row 1) and
//! its column.

mod table;

pub use table::{ROWS_MAX, Table};
