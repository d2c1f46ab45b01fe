//! Takes connections, bounded in number, until a signal; then lets the requests at work end, bounded in time.

use super::connection::Edge;
use super::signal::StopSignals;
use crate::settings::Settings;
use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

/// How long to wait before connections are taken again after the machine refused one (too many open files).
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// `stopping` is called once, when the stop begins.
pub async fn listen(
    socket: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    settings: &Settings,
    mut signals: StopSignals,
    stopping: impl FnOnce(),
) -> anyhow::Result<()> {
    let socket = TcpListener::from_std(socket)?;
    let places = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let edge = Edge::new(router, tls, settings);
    loop {
        let (stream, from, place) = tokio::select! {
            next = next(&socket, &places) => next,
            () = signals.next() => break,
        };
        let (edge, watcher) = (edge.clone(), graceful.watcher());
        tokio::spawn(async move {
            edge.connection(stream, from, watcher).await;
            drop(place);
        });
    }
    drop(socket);
    stopping();
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(settings.stop_seconds_max)) => {
            tracing::warn!("requests that took too long were cut off");
        }
        () = signals.next() => tracing::warn!("a second signal: requests at work were cut off"),
    }
    Ok(())
}

async fn next(socket: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        // The semaphore is never closed.
        let Ok(place) = places.clone().acquire_owned().await else { continue };
        match socket.accept().await {
            Ok((stream, from)) => return (stream, from, place),
            Err(error) => {
                tracing::warn!(reason = %error, "a connection could not be taken");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}
