//! What an answer has to say beside its cards: that something is not known, or was not looked at. A remark is no card of a
//! source; it is not recorded and asks for nothing.

use super::identity::Differs;
use super::{CARDS_MAX, ORDERS_MAX};
use crate::program::{Said, Words};

/// Something to be said with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The answer was not ready in time, or could not be made.
    NotKnown,
    /// These sources met an error.
    Failed(Vec<Words>),
    /// What the client says about the patient contradicts the record.
    OtherIdentity(Differs),
    /// So many cards are not shown.
    LeftOut(usize),
    /// So many orders were not looked at.
    NotLookedAt(usize),
}

impl Remark {
    /// Its name in the plain operation.
    pub const fn code(&self) -> &'static str {
        match self {
            Remark::NotKnown => "not-known",
            Remark::Failed(_) => "failed",
            Remark::OtherIdentity(_) => "other-identity",
            Remark::LeftOut(_) => "left-out",
            Remark::NotLookedAt(_) => "not-looked-at",
        }
    }

    pub fn summary(&self) -> Said {
        match self {
            Remark::NotKnown => Said::new(
                "查询未能及时完成，是否有可用结果未知，请按临床需要处理",
                "The answer was not ready in time; whether there is anything to show is not known",
            ),
            Remark::Failed(sources) => {
                let names = |name: fn(&Words) -> &str| sources.iter().map(name).collect::<Vec<_>>();
                Said::new(
                    format!("{}：查询出错，结果未知", names(|words| words.zh).join("、")),
                    format!("{}: an error was met; the answer is not known", names(|words| words.en).join(", ")),
                )
            }
            Remark::OtherIdentity(differs) => Said::new(
                format!("患者身份信息与平台登记不一致（{}），未作任何提示", differs.words().zh),
                format!("The patient's {} contradicts the record; nothing was looked up", differs.words().en),
            ),
            Remark::LeftOut(count) => Said::new(
                format!("另有 {count} 条提示未显示（每次最多 {CARDS_MAX} 条）"),
                format!("{count} more cards are not shown (at most {CARDS_MAX} at once)"),
            ),
            Remark::NotLookedAt(count) => Said::new(
                format!("另有 {count} 项医嘱未查询（每次最多 {ORDERS_MAX} 项）"),
                format!("{count} more orders were not looked at (at most {ORDERS_MAX} at once)"),
            ),
        }
    }
}
