//! One connection: its place among the others, and patience for its first bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// HTTP/2's preface (RFC 9113 §3.4). Until so much has come, or something was answered, hyper may still be guessing
/// the version, and its own time-outs have not begun.
const PREFACE_BYTES: usize = 24;

/// Lets in as many connections as there are places.
#[derive(Debug, Clone)]
pub(super) struct Door<A> {
    inner: A,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl<A> Door<A> {
    pub(super) fn new(inner: A, places: Arc<Semaphore>, patience: Duration) -> Self {
        Self { inner, places, patience }
    }
}

impl<A, I, S> Accept<I, S> for Door<A>
where
    A: Accept<I, S, Future: Send + 'static>,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
{
    type Stream = Connection<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let accepted = self.inner.accept(stream, service);
        let patience = self.patience;
        Box::pin(async move {
            let place = place.map_err(|_| io::Error::other("as many connections are open as may be"))?;
            let (stream, service) = accepted.await?;
            Ok((Connection { stream, waiting: Some(Waiting::new(patience)), _place: place }, service))
        })
    }
}

/// A stream with its place. It lives as long as the socket does, upgrades included.
pub(super) struct Connection<S> {
    stream: S,
    waiting: Option<Waiting>,
    _place: OwnedSemaphorePermit,
}

/// For the first bytes.
struct Waiting {
    until: Pin<Box<Sleep>>,
    missing: usize,
}

impl Waiting {
    fn new(patience: Duration) -> Self {
        Self { until: Box::pin(sleep(patience)), missing: PREFACE_BYTES }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some(waiting) = &mut self.waiting else { return read };
        if read.is_pending() {
            ready!(waiting.until.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        waiting.missing = waiting.missing.saturating_sub(buffer.filled().len() - before);
        if waiting.missing == 0 {
            self.waiting = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.waiting = None;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.waiting = None;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
