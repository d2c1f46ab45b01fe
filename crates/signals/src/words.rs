//! What a reader is told, in both languages.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    pub zh: &'static str,
    pub en: &'static str,
}
