//! `/api/imports`: send a file to be imported, see how imports stand, stop one.

use super::{Asked, blocking, done, shown};
use crate::App;
use crate::answer::{Answered, Failure, defect};
use crate::body::drain;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base::{Cx, Error};
use http_body_util::BodyExt;
use runtime::imports::{ImportView, Upload};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Seconds that a sender may be silent.
const SILENCE_SECONDS_MAX: u64 = 30;
/// Bytes gathered before they are written to the disk.
const WRITE_BYTES: usize = 1 << 20;

/// Takes the file as the body and starts its import.
pub async fn begin(State(app): State<App>, asked: Asked, mut body: Body) -> Answered {
    let (upload, cx) = match place(&app, &asked).await {
        Ok(placed) => placed,
        Err(refusal) => {
            // A browser reads the answer only after it has sent the file.
            drain(&mut body).await;
            return Err(refusal);
        }
    };
    let view = receive(upload, body, cx).await?;
    let mut response = shown(&json!({ "id": view.id }))?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// A place among the running imports, for one who may have it.
async fn place(app: &App, asked: &Asked) -> Result<(Upload, Cx), Failure> {
    let mut params = asked.params()?;
    let name = params.take("name")?.unwrap_or_default();
    let keep = match params.take("bundles")?.as_deref() {
        None | Some("") => false,
        Some("keep") => true,
        Some(other) => return Err(Error::invalid(format!("`bundles` is `keep` or left out, not `{other}`")).into()),
    };
    params.end()?;
    let cx = asked.cx(app).await?;
    let own_cx = cx.clone();
    let upload = blocking(app, move |app| app.imports.begin(&own_cx, &name, keep)).await?;
    Ok((upload, cx))
}

pub async fn list(State(app): State<App>, asked: Asked) -> Answered {
    let views = asked.carry(&app, |app, cx| app.imports.list(cx)).await?;
    let imports = views.iter().map(shown_import).collect::<base::Result<Vec<_>>>()?;
    shown(&json!({ "imports": imports }))
}

pub async fn one(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    let view = asked.carry(&app, move |app, cx| app.imports.one(cx, &id)).await?;
    shown(&shown_import(&view)?)
}

pub async fn stop(State(app): State<App>, asked: Asked, Path(id): Path<String>) -> Answered {
    asked.carry(&app, move |app, cx| app.imports.stop_one(cx, &id)).await?;
    done()
}

pub fn shown_import(view: &ImportView) -> base::Result<Value> {
    serde_json::to_value(view).map_err(|_| Error::fault("an import could not be written as JSON"))
}

/// Writes the body into the upload, piece by piece, on threads that may wait for the disk.
async fn receive(upload: Upload, mut body: Body, cx: Cx) -> Result<ImportView, Failure> {
    let mut upload = upload;
    let mut gathered = Vec::with_capacity(WRITE_BYTES);
    loop {
        let frame = timeout(Duration::from_secs(SILENCE_SECONDS_MAX), body.frame()).await;
        let frame = frame.map_err(|_| Failure::slow("the file stopped coming; send it again"))?;
        let chunk = match frame {
            None => break,
            Some(Err(_)) => return Err(Error::invalid("the file broke off before its end; send it again").into()),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= WRITE_BYTES {
            let full = std::mem::replace(&mut gathered, Vec::with_capacity(WRITE_BYTES));
            upload = match written(upload, full).await {
                Ok(upload) => upload,
                Err(refusal) => {
                    drain(&mut body).await;
                    return Err(refusal);
                }
            };
        }
    }
    let upload = written(upload, gathered).await?;
    Ok(spawn_blocking(move || upload.start(&cx)).await.map_err(|_| defect())??)
}

async fn written(mut upload: Upload, bytes: Vec<u8>) -> Result<Upload, Failure> {
    let write = move || upload.write(&bytes).map(|()| upload);
    Ok(spawn_blocking(write).await.map_err(|_| defect())??)
}
