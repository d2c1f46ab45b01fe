//! `/api/viewer`: what is behind a card, for somebody inside another system: a link that is good for a quarter of an hour
//! and shows this card's patient and nothing else. What it reads is read and audited as the account that made the link.

use super::cards::recorded;
use super::{Asked, attachment, blocking, images, json_body, shown};
use crate::answer::{Answered, Failure};
use crate::cds::{console_base, keep};
use crate::{App, who};
use axum::body::Body;
use axum::extract::{Path, State};
use base::zone::instant_text;
use base::{Clock, Cx, Error, Kind, Result};
use runtime::cards::{self, Recorded};
use runtime::care;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    card: String,
}

/// `POST /api/viewer` `{card}`: a link for a card that the caller may see.
pub async fn make(State(app): State<App>, asked: Asked, body: Body) -> Answered {
    asked.params()?.end()?;
    let cx = asked.cx(&app).await?;
    cards::may_ask(&cx)?;
    let wanted: Wanted = json_body(&asked, body).await?;
    let reader = cx.clone();
    let card = blocking(&app, move |app| cards::read(&reader, &app.store, &wanted.card)).await?;
    let (token, expires) = app.hooks.links(&app).await?.make(cx.who.account, &card.uuid, Clock::System.now());
    let url = format!("{}/view/{token}", console_base(&app));
    shown(&json!({ "url": url, "token": token, "expires": instant_text(expires) }))
}

/// `GET /api/cards/{uuid}/view`: the same view for who is signed in. Pictures and documents of other hospitals are beyond
/// a session's sight, so they are loaded as with a link.
pub async fn of_card(State(app): State<App>, asked: Asked, Path(uuid): Path<String>) -> Answered {
    asked.params()?.end()?;
    let cx = asked.cx(&app).await?;
    cards::may_ask(&cx)?;
    let (reader, of) = (cx.clone(), uuid.clone());
    let (token, _) = app.hooks.links(&app).await?.make(cx.who.account, &uuid, Clock::System.now());
    let view = blocking(&app, move |app| view(app, &reader, &of, &bearer_base(&token))).await?;
    opened(&app, &cx, uuid).await?;
    shown(&view)
}

/// `GET /api/viewer/{token}`: what is behind the card. The first opening is noted in the card's record.
pub async fn open(State(app): State<App>, asked: Asked, Path(token): Path<String>) -> Answered {
    asked.params()?.end()?;
    let bearer = bearer(&app, &token).await?;
    let (cx, card, expires) = (bearer.cx.clone(), bearer.card.clone(), bearer.expires);
    let mut view = blocking(&app, move |app| view(app, &cx, &card, &bearer_base(&token))).await?;
    opened(&app, &bearer.cx, bearer.card).await?;
    view["expires"] = instant_text(expires).into();
    shown(&view)
}

/// `GET /api/viewer/{token}/images/ImagingStudy/{id}`: a picture that the view shows.
pub async fn image(State(app): State<App>, asked: Asked, Path((token, id)): Path<(String, String)>) -> Answered {
    asked.params()?.end()?;
    let bearer = bearer(&app, &token).await?;
    let address = format!("{}/images/ImagingStudy/{id}", bearer_base(&token));
    let picture = blocking(&app, move |app| {
        let cx = granted(app, &bearer, &token, &address)?;
        images::picture(app, &cx, &id)
    });
    Ok(images::response(picture.await?))
}

/// `GET /api/viewer/{token}/attachment/{type}/{id}?path=`: an attachment that the view shows.
pub async fn attachment(
    State(app): State<App>,
    asked: Asked,
    Path((token, name, id)): Path<(String, String, String)>,
) -> Answered {
    let mut params = asked.params()?;
    let path = params.take("path")?.unwrap_or_default();
    params.end()?;
    let bearer = bearer(&app, &token).await?;
    // As the view wrote it: the same query, or none.
    let query = asked.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("{}/attachment/{name}/{id}{query}", bearer_base(&token));
    let content = blocking(&app, move |app| {
        let cx = granted(app, &bearer, &token, &address)?;
        attachment::content(app, &cx, &name, &id, &path)
    });
    Ok(attachment::response(content.await?))
}

/// Who made a link, as the one who asks now; and for which card.
struct Bearer {
    cx: Cx,
    card: String,
    expires: base::Millis,
}

fn bearer_base(token: &str) -> String {
    format!("/api/viewer/{token}")
}

async fn bearer(app: &App, token: &str) -> std::result::Result<Bearer, Failure> {
    let link = app.hooks.links(app).await?.read(token, Clock::System.now())?;
    let who = blocking(app, move |app| app.accounts.numbered(link.account)).await?;
    let cx = who::cx(app, who);
    cards::may_ask(&cx)?;
    Ok(Bearer { cx, card: link.card, expires: link.expires })
}

/// What the account that made the link reads with, if the view of the link's card names this address.
fn granted(app: &App, bearer: &Bearer, token: &str, address: &str) -> Result<Cx> {
    let view = view(app, &bearer.cx, &bearer.card, &bearer_base(token))?;
    if !names(&view, address) {
        return Err(Error::not_found("this link does not show that"));
    }
    let card = cards::read(&bearer.cx, &app.store, &bearer.card)?;
    Ok(care::of_patient(&bearer.cx, &app.store, &card.patient)?.cx)
}

fn names(view: &Value, address: &str) -> bool {
    match view {
        Value::String(text) => text == address,
        Value::Array(items) => items.iter().any(|item| names(item, address)),
        Value::Object(members) => members.values().any(|member| names(member, address)),
        _ => false,
    }
}

/// The card, and what its source shows behind it.
fn view(app: &App, cx: &Cx, uuid: &str, base: &str) -> Result<Value> {
    let card = cards::read(cx, &app.store, uuid)?;
    let mut shown = Map::new();
    shown.insert("card".to_owned(), recorded(&card));
    let source = app.card_sources.iter().find(|source| source.name == card.source);
    if let Some(view) = source.and_then(|source| source.view) {
        let care = care::of_patient(cx, &app.store, &card.patient)?;
        match view(cx, &app.env, &care, &card, base)? {
            Value::Object(members) => shown.extend(members),
            _ => return Err(Error::fault("the view of a card is not an object")),
        }
    }
    Ok(Value::Object(shown))
}

/// Notes the first opening. A record that takes nothing now does not keep the viewer closed.
async fn opened(app: &App, cx: &Cx, uuid: String) -> Result<()> {
    match keep(app, cx, move |app, cx| cards::open(cx, &app.store, &uuid)).await {
        Err(error) if error.kind == Kind::Busy => Ok(()),
        opened => opened.map(|_: (Recorded, bool)| ()),
    }
}
