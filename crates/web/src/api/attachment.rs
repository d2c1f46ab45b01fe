//! `GET /api/attachment/{Type}/{id}?path=…`: the bytes of an Attachment or Binary, never run by the browser.

use super::narrative::{read, sandboxed};
use super::{Asked, private};
use crate::App;
use crate::answer::{Answered, text_header};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use base::{Cx, Error, Result, base64};
use fhir::{Element, Resource, Target, r4, reference_target};

/// Types that a browser shows without running anything; all others are saved as files.
const SHOWN_TYPES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "application/pdf", "text/plain"];
/// Of these the pictures.
pub const SHOWN_IMAGES: [&str; 3] = ["image/png", "image/jpeg", "image/gif"];
const PATH_CHARS_MAX: usize = 300;

/// The content of an attachment.
pub struct Content {
    pub type_: String,
    pub title: String,
    pub bytes: Vec<u8>,
}

pub async fn show(State(app): State<App>, asked: Asked, Path((name, id)): Path<(String, String)>) -> Answered {
    let mut params = asked.params()?;
    let path = params.take("path")?.unwrap_or_default();
    params.end()?;
    Ok(response(asked.carry(&app, move |app, cx| content(app, cx, &name, &id, &path)).await?))
}

/// The answer with the content of an attachment.
pub fn response(content: Content) -> Response {
    let (type_, disposition) = headers(&content);
    let mut response = Response::new(Body::from(content.bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(type_));
    headers.insert(CONTENT_DISPOSITION, text_header(disposition));
    sandboxed(headers);
    private(&mut response);
    response
}

/// The content type as it is sent, and whether the browser shows or saves it.
fn headers(content: &Content) -> (&'static str, String) {
    let plain = content.type_.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let name = encoded(if content.title.is_empty() { "attachment" } else { &content.title });
    match SHOWN_TYPES.iter().find(|shown| **shown == plain) {
        Some(&"text/plain") => ("text/plain; charset=utf-8", format!("inline; filename*=UTF-8''{name}")),
        Some(shown) => (shown, format!("inline; filename*=UTF-8''{name}")),
        None => ("application/octet-stream", format!("attachment; filename*=UTF-8''{name}")),
    }
}

/// The content at a path of a resource within sight.
pub fn content(app: &App, cx: &Cx, type_name: &str, id: &str, path: &str) -> Result<Content> {
    let resource = read(app, cx, type_name, id)?.resource()?;
    let element = element_at(&resource, path)?;
    if element.get("data").is_some() {
        return content_of(element);
    }
    let url = element.get("url").and_then(|url| url.str());
    let url = url.ok_or_else(|| Error::not_found("there is no attachment with content at this path"))?;
    match (reference_target(&url), r4().type_named("Binary")) {
        (Target::Local { type_, id }, Some(binary)) if type_ == binary => {
            let binary = read(app, cx, "Binary", &id)?.resource()?;
            content_of(binary.root())
        }
        _ => Err(Error::not_found("the attachment's content is not in this record, only its address")),
    }
}

/// The content of an Attachment or a Binary.
pub fn content_of(element: Element<'_>) -> Result<Content> {
    let text = |name: &str| element.get(name).and_then(|value| value.str()).map(|text| text.into_owned());
    let data = text("data").ok_or_else(|| Error::not_found("there is no attachment with content at this path"))?;
    let bytes = base64::decode(&data).ok_or_else(|| Error::invalid("the attachment's content is not valid base64"))?;
    Ok(Content { type_: text("contentType").unwrap_or_default(), title: text("title").unwrap_or_default(), bytes })
}

/// Follows a path such as `DocumentReference.content[0].attachment`: member names with an index where there are several.
/// A choice is named with or without its type (`value` or `valueAttachment`).
fn element_at<'a>(resource: &'a Resource, path: &str) -> Result<Element<'a>> {
    let wrong = || Error::invalid("`path` is a path of member names such as `content[0].attachment`");
    if path.chars().count() > PATH_CHARS_MAX {
        return Err(wrong());
    }
    let start = path.strip_prefix(resource.type_name()).unwrap_or(path);
    let mut element = resource.root();
    for step in start.split('.').filter(|step| !step.is_empty()) {
        let (name, index) = match step.split_once('[') {
            None => (step, None),
            Some((name, index)) => {
                let index = index.strip_suffix(']').and_then(|index| index.parse::<usize>().ok());
                (name, Some(index.ok_or_else(wrong)?))
            }
        };
        let found = element.get(name).or_else(|| element.get(&format!("{name}Attachment")));
        let found = found.ok_or_else(|| Error::not_found("there is nothing at this path of the resource"))?;
        let mut items = found.items();
        let item = items.nth(index.unwrap_or(0));
        element = item.ok_or_else(|| Error::not_found("there is nothing at this path of the resource"))?;
        if index.is_none() && items.next().is_some() {
            return Err(Error::invalid("`path` leads to several things; name one with an index such as `[0]`"));
        }
    }
    Ok(element)
}

/// A file name for a header (RFC 8187).
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes().take(200) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(type_: &str, title: &str) -> (&'static str, String) {
        headers(&Content { type_: type_.to_owned(), title: title.to_owned(), bytes: Vec::new() })
    }

    #[test]
    fn only_harmless_types_are_shown() {
        assert_eq!(of("image/png", "").1, "inline; filename*=UTF-8''attachment");
        assert_eq!(of("Text/Plain; charset=gbk", "a").0, "text/plain; charset=utf-8");
        for type_ in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "", "image/png\r\nx: y"] {
            let (sent, disposition) = of(type_, "报告\r\n\".html");
            assert_eq!(sent, "application/octet-stream");
            assert_eq!(disposition, "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A%0D%0A%22.html");
        }
    }
}
