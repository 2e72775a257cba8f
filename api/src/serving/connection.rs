//! One connection: its place among the others, patience for its first bytes, and for a peer that takes none of ours.

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
/// How long a peer may take none of what is written. hyper waits for ever, and asks nobody for more meanwhile: what is
/// written to a peer like that (an answer, a stream of events) could not end itself.
const STALLED_MAX: Duration = Duration::from_secs(30);

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
            Ok((Connection::new(stream, patience, place), service))
        })
    }
}

/// A stream with its place. It lives as long as the socket does, upgrades included.
pub(super) struct Connection<S> {
    stream: S,
    waiting: Option<Waiting>,
    /// Runs out while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    stalled_max: Duration,
    _place: OwnedSemaphorePermit,
}

impl<S> Connection<S> {
    fn new(stream: S, patience: Duration, place: OwnedSemaphorePermit) -> Self {
        let waiting = Some(Waiting::new(patience));
        Self { stream, waiting, stalled: None, stalled_max: STALLED_MAX, _place: place }
    }

    /// What a write came to; an error when none has come to anything for too long.
    fn minding<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled_max = self.stalled_max;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stalled_max)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
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
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.minding(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.minding(flushed, cx)
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
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.minding(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (ours, _theirs) = tokio::io::duplex(8);
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let mut connection = Connection::new(ours, Duration::ZERO, place);
        connection.waiting = None;
        connection.stalled_max = Duration::from_millis(20);
        connection.write_all(b"12345678").await.unwrap();
        let given_up = connection.write_all(b"9").await.unwrap_err();
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
    }
}
