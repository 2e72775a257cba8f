//! A closed-loop load: every connection sends its next request when it has the answer to the last one.
//!
//! It tells how much a server does at a given number of requests in flight. It does not tell how latency grows when
//! requests keep coming at a fixed rate: a stalled server stalls the load too.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::http::{Connection, Response};

/// What to drive and for how long.
pub struct Load {
    pub address: SocketAddr,
    /// Requests in flight at a time; one thread and one connection each.
    pub connections: usize,
    /// Answers that come in this time are not counted.
    pub warm_up: Duration,
    pub duration: Duration,
}

impl Load {
    /// Sends what `request` makes until the time is over. An answer that `accepts` refuses is counted by its status
    /// and gives no latency. A server that cannot be reached, or not again, is an error.
    pub fn drive<R, A>(&self, request: R, accepts: A) -> Result<Report>
    where
        R: Fn() -> Vec<u8> + Sync,
        A: Fn(&Response) -> bool + Sync,
    {
        let counted_from = Instant::now() + self.warm_up;
        let tallies = thread::scope(|scope| {
            let one = |_| scope.spawn(|| self.drive_one(counted_from, &request, &accepts));
            let threads: Vec<_> = (0..self.connections).map(one).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, io::Result<Tally>>| match thread.join() {
                Ok(tally) => tally.with_context(|| format!("cannot connect to {}", self.address)),
                Err(_) => Err(anyhow!("a load thread panicked")),
            };
            threads.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?;
        Ok(Report::new(tallies, self.duration))
    }

    fn drive_one(
        &self,
        counted_from: Instant,
        request: impl Fn() -> Vec<u8>,
        accepts: impl Fn(&Response) -> bool,
    ) -> io::Result<Tally> {
        let mut connection = Connection::open(self.address)?;
        let mut tally = Tally::default();
        let ends = counted_from + self.duration;
        while Instant::now() < ends {
            // Made before the clock starts: the factory's work is ours, not the server's.
            let bytes = request();
            let began = Instant::now();
            let outcome = connection.exchange(&bytes);
            let answered = Instant::now();
            let is_spent = outcome.as_ref().map_or(true, |response| response.closes);
            // By the answer, not by the question: so the window holds as many as were answered in its time.
            tally.exchanges += 1;
            if (counted_from..ends).contains(&answered) {
                tally.count(outcome, answered - began, &accepts);
            }
            if is_spent {
                connection = Connection::open(self.address)?;
            }
        }
        Ok(tally)
    }
}

/// What one connection saw.
#[derive(Default)]
struct Tally {
    exchanges: u32,
    latencies: Vec<Duration>,
    refused: BTreeMap<u16, u64>,
    broken: u64,
}

impl Tally {
    fn count(&mut self, outcome: io::Result<Response>, latency: Duration, accepts: impl Fn(&Response) -> bool) {
        match outcome {
            Ok(response) if accepts(&response) => self.latencies.push(latency),
            Ok(response) => *self.refused.entry(response.status).or_default() += 1,
            Err(_) => self.broken += 1,
        }
    }
}

/// The measurement of one run.
#[derive(Debug, PartialEq)]
pub struct Report {
    /// Requests that were sent, those of the warm-up included.
    pub exchanges: u32,
    /// Answers that were accepted; the latencies are theirs.
    pub accepted: usize,
    /// Answers that were refused, by status.
    pub refused: BTreeMap<u16, u64>,
    /// Requests whose connection broke or whose answer was no HTTP.
    pub broken: u64,
    /// The time over which was counted.
    pub duration: Duration,
    /// Half of the accepted answers took no longer.
    pub p50: Duration,
    /// 99 of 100 accepted answers took no longer.
    pub p99: Duration,
}

impl Report {
    fn new(tallies: Vec<Tally>, duration: Duration) -> Self {
        let mut latencies = Vec::new();
        let mut refused = BTreeMap::new();
        let (mut broken, mut exchanges) = (0, 0);
        for tally in tallies {
            exchanges += tally.exchanges;
            latencies.extend(tally.latencies);
            broken += tally.broken;
            for (status, count) in tally.refused {
                *refused.entry(status).or_default() += count;
            }
        }
        latencies.sort_unstable();
        let (p50, p99) = (percentile(&latencies, 50), percentile(&latencies, 99));
        Self { exchanges, accepted: latencies.len(), refused, broken, duration, p50, p99 }
    }

    /// Accepted answers per second.
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    pub fn per_second(&self) -> f64 {
        self.accepted as f64 / self.duration.as_secs_f64()
    }

    /// Requests that were answered, but not as they should, or not at all.
    pub fn not_accepted(&self) -> u64 {
        self.refused.values().sum::<u64>() + self.broken
    }
}

/// By nearest rank, out of sorted values; zero when there are none.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_answer_is_counted_once_and_under_its_status() {
        // Answers 200, 200, 503, 200, 200, 503 …
        let address = serve(|number| if number % 3 == 2 { Some("503 Busy") } else { Some("200 OK") });
        let report = check(address);
        assert!(report.accepted > 10);
        assert!(report.broken == 0 && report.refused.keys().eq([&503]));
        let refused = usize::try_from(report.refused[&503]).unwrap();
        let expected = report.accepted / 2;
        // The warm-up may end, and the run may end, anywhere within a triple of each of the four connections.
        assert!(refused.abs_diff(expected) <= 4, "{refused} refused, {expected} expected");
        assert!(report.p50 > Duration::ZERO && report.p50 <= report.p99);
    }

    #[test]
    fn a_dropped_connection_is_counted_and_opened_again() {
        let address = serve(|number| if number == 3 { None } else { Some("200 OK") });
        let report = check(address);
        assert!(report.broken > 0 && report.accepted > 4 * 3 && report.refused.is_empty());
    }

    #[test]
    fn each_request_is_made_once_and_sent() {
        let address = serve(|_| Some("200 OK"));
        let made = AtomicUsize::new(0);
        let request = || {
            made.fetch_add(1, Ordering::Relaxed);
            b"GET / HTTP/1.1\r\n\r\n".to_vec()
        };
        let report = load(address, Duration::ZERO).drive(request, |_| true).unwrap();
        // The last one of each connection may be answered too late to count.
        let made = made.into_inner();
        assert!((report.accepted..=report.accepted + 4).contains(&made), "{made} made, {} counted", report.accepted);
    }

    #[test]
    fn a_server_that_is_not_there_is_an_error() {
        let port_of_nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let error = load(port_of_nobody, Duration::ZERO).drive(Vec::new, |_| true).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to {port_of_nobody}"));
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let latencies: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&latencies, 50), Duration::from_millis(100));
        assert_eq!(percentile(&latencies, 99), Duration::from_millis(198));
        assert_eq!(percentile(&latencies[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    fn check(address: SocketAddr) -> Report {
        let request = || b"GET / HTTP/1.1\r\n\r\n".to_vec();
        load(address, Duration::from_millis(50)).drive(request, |response| response.status == 200).unwrap()
    }

    fn load(address: SocketAddr, warm_up: Duration) -> Load {
        Load { address, connections: 4, warm_up, duration: Duration::from_millis(200) }
    }

    /// A server whose answer to the n-th request of a connection is `status(n)`; `None` drops the connection.
    fn serve(status: fn(u64) -> Option<&'static str>) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || answer(&stream.unwrap(), status));
            }
        });
        address
    }

    fn answer(mut stream: &TcpStream, status: fn(u64) -> Option<&'static str>) {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        // An empty line ends a request.
        for (number, _) in (0..).zip(lines.map_while(Result::ok).filter(String::is_empty)) {
            let Some(status) = status(number) else { return };
            // In one write: several small ones would wait for the client's delayed acknowledgement.
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}
