//! What can be asked of mutual recognition.

use super::{decide, notices, statistics};
use runtime::program::Operation;

pub const OPERATIONS: [Operation; 3] = [decide::OPERATION, statistics::OPERATION, notices::OPERATION];
