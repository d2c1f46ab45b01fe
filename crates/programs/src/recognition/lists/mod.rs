//! The lists: one file each, with its columns, filters and rows.

use runtime::program::List;

pub const LISTS: [List; 0] = [];
