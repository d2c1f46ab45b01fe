//! One connection: TLS, HTTP/1.1 or HTTP/2, time limits against slow and silent clients.

use crate::settings::Settings;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use std::convert::Infallible;
use std::io::{Error, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

/// Bytes of the head of a request.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// Looks at whether a connection moves, in one idle time.
const IDLE_LOOKS: u32 = 5;

/// What every connection needs.
#[derive(Clone)]
pub struct Edge {
    router: Router,
    tls: Option<TlsAcceptor>,
    http: Arc<Builder<TokioExecutor>>,
    handshake: Duration,
    idle: Duration,
}

impl Edge {
    pub fn new(router: Router, tls: Option<TlsAcceptor>, settings: &Settings) -> Edge {
        let handshake = Duration::from_secs(settings.header_seconds_max);
        let idle = Duration::from_secs(settings.idle_seconds_max);
        let mut http = Builder::new(TokioExecutor::new());
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(handshake)
            .max_buf_size(HEAD_BYTES_MAX)
            .keep_alive(true);
        http.http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(idle / 3))
            .keep_alive_timeout(handshake)
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX as u32);
        Edge { router, tls, http: Arc::new(http), handshake, idle }
    }

    /// Serves a connection to its end.
    pub async fn connection(self, stream: TcpStream, from: SocketAddr, watcher: Watcher) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(reason = %error, "a connection ended at once");
            return;
        }
        match self.tls.clone() {
            None => self.http(stream, from, watcher).await,
            Some(tls) => match tokio::time::timeout(self.handshake, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.http(stream, from, watcher).await,
                Ok(Err(error)) => tracing::debug!(reason = %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }

    async fn http<S>(self, stream: S, from: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let moved = Arc::new(AtomicU64::new(0));
        let stream = TokioIo::new(Watched { inner: stream, moved: moved.clone() });
        let requests = Requests { router: self.router, from };
        let served = watcher.watch(self.http.serve_connection(stream, requests));
        tokio::select! {
            ended = served => {
                if let Err(error) = ended {
                    tracing::debug!(reason = %error, "a connection broke off");
                }
            }
            () = idle(&moved, self.idle) => tracing::debug!("a silent connection was closed"),
        }
    }
}

/// Ends when nothing has moved for the given time.
async fn idle(moved: &AtomicU64, time: Duration) {
    let (mut last, mut still) = (moved.load(Ordering::Relaxed), 0);
    while still < IDLE_LOOKS {
        tokio::time::sleep(time / IDLE_LOOKS).await;
        let now = moved.load(Ordering::Relaxed);
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
}

/// Hands each request to the router, with the address it came from.
struct Requests {
    router: Router,
    from: SocketAddr,
}

impl hyper::service::Service<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.from));
        // A router is always ready.
        self.router.clone().call(request.map(Body::new))
    }
}

/// A stream that counts the times it moved bytes.
struct Watched<S> {
    inner: S,
    moved: Arc<AtomicU64>,
}

impl<S> Watched<S> {
    fn note(&self, moved: bool) {
        if moved {
            self.moved.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<Result<(), Error>> {
        let before = out.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, out);
        self.note(out.filled().len() > before);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.note(polled.is_ready());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.note(polled.is_ready());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
