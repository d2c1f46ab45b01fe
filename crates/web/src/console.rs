//! The console: its files are in the binary; a path that is no file is a screen, and the console draws it.

use crate::answer::{Failure, text_header};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Error, hex};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What `make console` has built; empty in a build without it.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Files;

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    frame-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The page of a build without the console.
const NO_CONSOLE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Jingluo 经络</title>\
    <body style=\"font:16px/1.7 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em\">\
    <h1>Jingluo 经络</h1><p>The server runs, but this build holds no console. Run <code>make console</code> and build \
    again.</p><p>服务已在运行，但此程序未包含控制台。请先执行 <code>make console</code>，再重新编译。</p>\
    <p>FHIR: <a href=\"/fhir/metadata\">/fhir/metadata</a></p></body></html>";

/// Files smaller than this are not worth packing.
const PACKED_BYTES_MIN: usize = 1024;

/// A file of the console, or its start page for a path that is one of its screens.
pub async fn serve(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Failure::method("GET, HEAD").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Failure::from(Error::not_found("there is nothing at this path of the API")).into_response();
    }
    let mut response = match Files::get(path).filter(|_| !path.is_empty()) {
        Some(file) => answer(path, file, request.headers()),
        // A missing file of the build is an error, not a screen: an old page would run into it.
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => start_page(request.headers()),
    };
    guard(response.headers_mut(), path == "view" || path.starts_with("view/"));
    response
}

fn start_page(asked: &HeaderMap) -> Response {
    match Files::get("index.html") {
        Some(file) => answer("index.html", file, asked),
        None => {
            let mut response = Response::new(Body::from(NO_CONSOLE));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
    }
}

fn answer(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    // The build puts a hash into the names of what lies in `assets`.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get(IF_NONE_MATCH).and_then(|sent| sent.to_str().ok());
    let mut response =
        if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            body(path, file, asked)
        };
    let headers = response.headers_mut();
    headers.insert(ETAG, text_header(etag));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn body(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let type_ = content_type(path);
    let wants = asked.get(ACCEPT_ENCODING).and_then(|sent| sent.to_str().ok()).unwrap_or_default();
    let text = type_.starts_with("text/") || type_.contains("json") || type_.contains("svg");
    let pack =
        text && file.data.len() >= PACKED_BYTES_MIN && wants.split(',').any(|way| way.trim().starts_with("gzip"));
    let mut response = match pack.then(|| packed(&file)).flatten() {
        None => Response::new(Body::from(file.data.into_owned())),
        Some(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(type_));
    response
}

/// The file packed with gzip, packed once.
fn packed(file: &EmbeddedFile) -> Option<Bytes> {
    static PACKED: LazyLock<Mutex<HashMap<[u8; 32], Bytes>>> = LazyLock::new(Mutex::default);
    let hash = file.metadata.sha256_hash();
    let known = || PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = known().get(&hash) {
        return Some(bytes.clone());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&file.data).ok()?;
    let bytes = Bytes::from(encoder.finish().ok()?);
    known().insert(hash, bytes.clone());
    Some(bytes)
}

/// By the ending of the name; what the build makes and no more.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Nothing but the console's own files runs on its pages, and no other site frames them. The viewer is made to stand in a
/// hospital's own system: it changes nothing and knows no session, so a page that frames it gains nothing.
fn guard(headers: &mut HeaderMap, is_viewer: bool) {
    let policy =
        if is_viewer { POLICY.replace("frame-ancestors 'none'", "frame-ancestors *") } else { POLICY.to_owned() };
    headers.insert(CONTENT_SECURITY_POLICY, text_header(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !is_viewer {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
}
