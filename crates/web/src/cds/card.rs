//! A card as CDS Hooks writes it. <https://cds-hooks.hl7.org/2.0/#card-attributes>

use super::Told;
use base::{Clock, Cx};
use runtime::cards::{CODE_SYSTEM, Indicator, Links, Remark, Shown};
use runtime::program::Said;
use serde_json::{Map, Value, json};

/// The name under which what CDS Hooks has no place for stands in a card's `extension`.
const EXTENSION: &str = "urn:jingluo:card";
/// A summary is shorter than 140 characters.
const SUMMARY_CHARS_MAX: usize = 139;

/// How cards are written for one answer.
pub struct Writer<'a> {
    pub cx: &'a Cx,
    /// None where nothing has a view or no link can be made now.
    pub links: Option<&'a Links>,
    /// Where the console is, without a slash at the end.
    pub base: &'a str,
    pub english: bool,
}

impl Writer<'_> {
    pub fn answer(&self, told: &Told) -> Value {
        let cards = told.cards.iter().map(|shown| self.card(shown, told.recorded));
        let remarks = told.remarks.iter().map(|remark| self.remark(remark));
        json!({ "cards": cards.chain(remarks).collect::<Vec<Value>>() })
    }

    fn say<'s>(&self, said: &'s Said) -> &'s str {
        if self.english { &said.en } else { &said.zh }
    }

    fn card(&self, shown: &Shown, recorded: bool) -> Value {
        let Shown { card, source, .. } = shown;
        let title = if self.english { source.title.en } else { source.title.zh };
        let mut written = Map::new();
        // Without a uuid the client tells no outcome, and there would be no record to keep it with.
        if recorded {
            written.insert("uuid".to_owned(), shown.uuid.as_str().into());
        }
        written.insert("summary".to_owned(), shortened(self.say(&card.summary)).into());
        let detail = self.say(&card.detail);
        if !detail.is_empty() {
            written.insert("detail".to_owned(), detail.into());
        }
        written.insert("indicator".to_owned(), card.indicator.name().into());
        let topic = json!({ "system": CODE_SYSTEM, "code": source.use_case, "display": title });
        written.insert("source".to_owned(), json!({ "label": title, "topic": topic }));
        if card.replaces_order {
            written.insert("suggestions".to_owned(), json!([self.suggestion(shown)]));
            written.insert("selectionBehavior".to_owned(), "at-most-one".into());
        }
        if !shown.reasons.is_empty() {
            let reasons = shown.reasons.iter();
            let reason = |reason: &runtime::cards::Reason| json!({ "system": reason.system, "code": reason.code, "display": self.say(&reason.words) });
            written.insert("overrideReasons".to_owned(), reasons.map(reason).collect());
        }
        if let Some(links) = self.links.filter(|_| card.has_view && recorded) {
            let (token, _) = links.make(self.cx.who.account, &shown.uuid, Clock::System.now());
            let label = if self.english { "Open" } else { "查看详情" };
            let url = format!("{}/view/{token}", self.base);
            written.insert("links".to_owned(), json!([{ "label": label, "url": url, "type": "absolute" }]));
        }
        written.insert("extension".to_owned(), json!({ EXTENSION: extension(shown) }));
        Value::Object(written)
    }

    /// Taking what the card offers; with an order in it, the order is taken out.
    fn suggestion(&self, shown: &Shown) -> Value {
        let label = if self.english { "Accept, take the order out" } else { "采纳，撤销本医嘱" };
        let mut suggestion = json!({ "label": label, "uuid": shown.suggestion });
        if let Some(order) = shown.card.order.as_ref().filter(|order| !order.contains('#')) {
            suggestion["actions"] = json!([{ "type": "delete", "description": label, "resourceId": order }]);
        }
        suggestion
    }

    fn remark(&self, remark: &Remark) -> Value {
        let said = remark.summary();
        let label = if self.english { "Jingluo" } else { "经络" };
        json!({
            "summary": shortened(self.say(&said)),
            "indicator": Indicator::Info.name(),
            "source": { "label": label },
            "extension": { EXTENSION: { "kind": "remark", "code": remark.code(), "summary": said.json() } },
        })
    }
}

fn extension(shown: &Shown) -> Value {
    let card = &shown.card;
    let reason = |reason: &runtime::cards::Reason| {
        let (zh, en) = (&reason.words.zh, &reason.words.en);
        json!({ "system": reason.system, "code": reason.code, "zh": zh, "en": en, "needs_text": reason.needs_text,
            "tells_patient": reason.tells_patient })
    };
    let facts: Map<String, Value> =
        card.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({
        "kind": card.kind.name(),
        "order": card.order,
        "summary": card.summary.json(),
        "detail": card.detail.json(),
        "implicated": card.implicated,
        "facts": facts,
        "reasons": shown.reasons.iter().map(reason).collect::<Vec<Value>>(),
        "again": shown.again,
    })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SUMMARY_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(SUMMARY_CHARS_MAX - 1).chain(['…']).collect()
}
