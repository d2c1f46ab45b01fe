//! What can be asked of mutual recognition.

use runtime::program::Operation;

pub const OPERATIONS: [Operation; 0] = [];
