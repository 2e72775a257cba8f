//! A receiver of webhooks that writes down what it takes in, in order, and fails as often as it is told to.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::load::percentile;

/// It listens until this process ends.
pub struct Receiver {
    url: String,
    book: Arc<Book>,
}

#[derive(Default)]
struct Book {
    failing: u64,
    attempts: AtomicU64,
    failed: AtomicUsize,
    taken_in: Mutex<TakenIn>,
}

#[derive(Default)]
struct TakenIn {
    /// Ids of events in the order in which they were taken in, repetitions included, with how old they were.
    order: Vec<(String, Duration)>,
    different: HashSet<String>,
}

/// What it does with a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    TakeIn,
    /// 500, and nothing taken in.
    Fail,
    /// 429 with `Retry-After: 0`.
    Throttle,
    /// Hangs up instead of answering.
    Drop,
    /// Takes it in, then hangs up: the sender cannot know.
    TakeInAndDrop,
}

impl Receiver {
    /// `failing` of a hundred attempts fail.
    pub fn start(failing: u64) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on 127.0.0.1")?;
        let url = format!("http://{}/events", listener.local_addr()?);
        let book = Arc::new(Book { failing, ..Book::default() });
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let book = Arc::clone(&shared);
                // A peer that breaks off is a peer that was killed.
                thread::spawn(move || serve(&stream, &book).ok());
            }
        });
        Ok(Self { url, book })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many different messages it took in.
    pub fn count(&self) -> usize {
        self.entries().different.len()
    }

    /// Ids of events in the order in which they were taken in, repetitions included.
    pub fn taken_in(&self) -> Vec<String> {
        self.entries().order.iter().map(|(id, _)| id.clone()).collect()
    }

    /// How many attempts it let fail.
    pub fn failed(&self) -> usize {
        self.book.failed.load(Ordering::Relaxed)
    }

    /// From the event to the moment it was taken in: p50 and p99.
    pub fn latency(&self) -> (Duration, Duration) {
        let mut ages: Vec<Duration> = self.entries().order.iter().map(|(_, age)| *age).collect();
        ages.sort_unstable();
        (percentile(&ages, 50), percentile(&ages, 99))
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, TakenIn> {
        self.book.taken_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// The first attempts are the challenge's; then the failures come evenly, in turns of their kinds.
    fn mood(&self) -> Mood {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        // 37 is coprime to 100, so a hundred attempts in a row see every value once.
        if number * 37 % 100 >= self.failing {
            return Mood::TakeIn;
        }
        [Mood::Fail, Mood::Throttle, Mood::Drop, Mood::TakeInAndDrop][usize::try_from(number / 100 % 4).unwrap_or(0)]
    }
}

fn serve(stream: &TcpStream, book: &Book) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(body) = message(&mut reader)? {
        let event: Value = serde_json::from_slice(&body)?;
        if let Some(challenge) = event.pointer("/data/challenge") {
            answer(stream, "200 OK", "", &serde_json::json!({ "challenge": challenge }).to_string())?;
            continue;
        }
        let mood = book.mood();
        if mood != Mood::TakeIn {
            book.failed.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(mood, Mood::TakeIn | Mood::TakeInAndDrop) {
            let id = event["id"].as_str().context("an event without an id")?.to_owned();
            let age = age(&event)?;
            let mut taken_in = book.taken_in.lock().unwrap_or_else(PoisonError::into_inner);
            taken_in.different.insert(id.clone());
            taken_in.order.push((id, age));
        }
        match mood {
            Mood::TakeIn => answer(stream, "204 No Content", "", "")?,
            Mood::Fail => answer(stream, "500 Internal Server Error", "", "")?,
            Mood::Throttle => answer(stream, "429 Too Many Requests", "retry-after: 0\r\n", "")?,
            Mood::Drop | Mood::TakeInAndDrop => return Ok(()),
        }
    }
    Ok(())
}

/// The body of the next request; `None` when the peer has no more.
fn message(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(body))
}

fn answer(mut stream: &TcpStream, status: &str, headers: &str, body: &str) -> Result<()> {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
    Ok(stream.write_all(text.as_bytes())?)
}

/// By the time in its id: a UUIDv7's first 48 bits are milliseconds (RFC 9562 §5.7), written in Crockford's Base32.
fn age(event: &Value) -> Result<Duration> {
    let id = event["id"].as_str().context("an event without an id")?;
    let made = id.split_once('_').map_or(id, |(_, suffix)| suffix);
    #[expect(clippy::disallowed_methods, reason = "a receiver has a clock of its own")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(now.saturating_sub(Duration::from_millis(milliseconds_of(made).context("an id that is no UUIDv7")?)))
}

fn milliseconds_of(suffix: &str) -> Option<u64> {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    // 26 digits of 5 bits hold 128 bits behind two zeros; the first ten are 2 + 48 bits.
    let digit = |byte: u8| DIGITS.iter().position(|known| *known == byte).and_then(|at| u64::try_from(at).ok());
    suffix.bytes().take(10).try_fold(0, |bits, byte| Some(bits << 5 | digit(byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_when_it_was_made() {
        assert_eq!(milliseconds_of("0000000001zzzzzzzzzzzzzzzz"), Some(1));
        // 017f22e2-79b0-7cc3-98c4-dc0c0c07398f, the example of RFC 9562, appendix A.6.
        assert_eq!(milliseconds_of("01fwhe4ydgfk1snhhbg3hnh66f"), Some(1_645_557_742_000));
        assert_eq!(milliseconds_of("!"), None);
    }

    #[test]
    fn as_many_fail_as_are_wanted() {
        let book = Book { failing: 20, ..Book::default() };
        let failed = (0..400).filter(|_| book.mood() != Mood::TakeIn).count();
        assert_eq!(failed, 80);
    }
}
