//! Receivers of webhooks: healthy ones, which write down what they take in, in order, and fail as often as they are told
//! to; dead ones, which hang up; and slow ones, which answer after half a minute.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::load::percentile;

/// They listen until this process ends.
pub struct Receiver {
    address: String,
    book: Arc<Book>,
}

#[derive(Default)]
struct Book {
    failing: u64,
    attempts: AtomicU64,
    failed: AtomicUsize,
    /// By the path of the endpoint.
    taken_in: Mutex<BTreeMap<String, TakenIn>>,
}

#[derive(Default)]
struct TakenIn {
    /// Ids of events in the order in which they were taken in, repetitions included, with how old they were.
    order: Vec<(String, Duration)>,
    different: HashSet<String>,
}

/// How an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Healthy,
    /// Once it is verified, it answers nothing.
    Dead,
    /// Once it is verified, it takes half a minute to answer.
    Slow,
}

impl Kind {
    fn path(self, number: usize) -> String {
        let kind = match self {
            Self::Healthy => "healthy",
            Self::Dead => "dead",
            Self::Slow => "slow",
        };
        format!("/{kind}/{number}")
    }

    fn of(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("dead") => Self::Dead,
            Some("slow") => Self::Slow,
            _ => Self::Healthy,
        }
    }
}

/// How long a slow one takes.
const SLOWNESS: Duration = Duration::from_secs(30);

/// What a healthy one does with a message.
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
    /// `failing` of a hundred attempts at healthy ones fail.
    pub fn start(failing: u64) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on 127.0.0.1")?;
        let address = listener.local_addr()?.to_string();
        let book = Arc::new(Book { failing, ..Book::default() });
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let book = Arc::clone(&shared);
                // A peer that breaks off is a peer that was killed.
                thread::spawn(move || serve(&stream, &book).ok());
            }
        });
        Ok(Self { address, book })
    }

    /// Where the endpoint of this number listens.
    pub fn url(&self, kind: Kind, number: usize) -> String {
        format!("http://{}{}", self.address, kind.path(number))
    }

    /// How many different messages the healthy ones took in, all together.
    pub fn count(&self) -> usize {
        self.entries().values().map(|one| one.different.len()).sum()
    }

    /// Ids of events in the order in which a healthy one took them in, repetitions included.
    pub fn taken_in(&self, number: usize) -> Vec<String> {
        let entries = self.entries();
        let one = entries.get(&Kind::Healthy.path(number));
        one.map_or_else(Vec::new, |one| one.order.iter().map(|(id, _)| id.clone()).collect())
    }

    /// How many attempts the healthy ones let fail.
    pub fn failed(&self) -> usize {
        self.book.failed.load(Ordering::Relaxed)
    }

    /// From the event to the moment it was taken in by a healthy one: p50 and p99.
    pub fn latency(&self) -> (Duration, Duration) {
        let mut ages: Vec<Duration> = self.entries().values().flat_map(|one| &one.order).map(|(_, age)| *age).collect();
        ages.sort_unstable();
        (percentile(&ages, 50), percentile(&ages, 99))
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, TakenIn>> {
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
    while let Some((path, body)) = message(&mut reader)? {
        let event: Value = serde_json::from_slice(&body)?;
        if let Some(challenge) = event.pointer("/data/challenge") {
            answer(stream, "200 OK", "", &serde_json::json!({ "challenge": challenge }).to_string())?;
            continue;
        }
        match Kind::of(&path) {
            Kind::Healthy => {}
            Kind::Dead => return Ok(()),
            Kind::Slow => {
                thread::sleep(SLOWNESS);
                answer(stream, "204 No Content", "", "")?;
                continue;
            }
        }
        let mood = book.mood();
        if mood != Mood::TakeIn {
            book.failed.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(mood, Mood::TakeIn | Mood::TakeInAndDrop) {
            let id = event["id"].as_str().context("an event without an id")?.to_owned();
            let age = age(&event)?;
            let mut taken_in = book.taken_in.lock().unwrap_or_else(PoisonError::into_inner);
            let taken_in = taken_in.entry(path).or_default();
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

/// The path and the body of the next request; `None` when the peer has no more.
fn message(reader: &mut impl BufRead) -> Result<Option<(String, Vec<u8>)>> {
    let (mut line, mut path, mut length) = (String::new(), None, 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            break;
        }
        if path.is_none() {
            path = line.split(' ').nth(1).map(str::to_owned);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((path.context("a request without a path")?, body)))
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
