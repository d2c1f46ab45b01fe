//! What the decision itself says to an order for which it offers nothing.

use super::tally::Became;
use base::Cx;
use programs::recognition::ask::answer;
use programs::recognition::card::moment;
use programs::recognition::model::{Answer, Why};
use runtime::cards::Asked;
use runtime::program::Env;

/// Why a report that could have stood for the order was not offered, by the code of the reason.
pub fn why(cx: &Cx, env: &Env, asked: &Asked, report: &str) -> anyhow::Result<Became> {
    let answers = answer(env, &asked.care, &moment(cx, asked, true), &asked.orders)?;
    let Some(decision) = answers.answers.first().and_then(|answered| answered.decision.as_ref()) else {
        return Ok(Became::Missed("unknown-code"));
    };
    let of_report =
        |refused: &&programs::recognition::model::Refused| answers.gathered.results[refused.result].report == report;
    let refused: Vec<Why> = decision.refused.iter().filter(of_report).map(|refused| refused.why).collect();
    if refused.contains(&Why::UnknownCode) {
        return Ok(Became::Missed("unknown-code"));
    }
    Ok(Became::MissedByRules(match (refused.first(), &decision.answer) {
        (Some(why), _) => why.code().to_owned(),
        (None, Answer::None(refusal)) => refusal.why.code().to_owned(),
        (None, Answer::Partly { missing, .. }) => format!("missing: {}", missing.join(" ")),
        (None, Answer::Pending(_)) => "pending".to_owned(),
        (None, Answer::Offer(_)) => "offered now".to_owned(),
    }))
}
