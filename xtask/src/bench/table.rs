//! The results as Markdown, so that they can be kept in a document as they are.

use std::time::Duration;

use super::delivery::Delivery;
use super::fanout::FanOut;
use super::hooks::Acknowledged;
use super::scenario::Row;

/// One line per scenario.
pub fn of_rows(rows: &[Row]) -> String {
    let headings = [
        "Scenario",
        "Connections",
        "Ratio",
        "req/s",
        "p50 ms",
        "p99 ms",
        "Plain req/s",
        "CPU µs",
        "Plain CPU µs",
        "Not accepted",
    ];
    let line = |row: &Row| {
        [
            row.name.to_owned(),
            row.connections.to_string(),
            significant(row.ratio()),
            format!("{:.0}", row.subject.per_second),
            milliseconds(row.subject.p50),
            milliseconds(row.subject.p99),
            format!("{:.0}", row.plain.per_second),
            row.subject.processor.as_micros().to_string(),
            row.plain.processor.as_micros().to_string(),
            row.not_accepted.to_string(),
        ]
    };
    markdown(headings, rows.iter().map(line))
}

/// One line per store.
pub fn of_deliveries(deliveries: &[(&str, Delivery)]) -> String {
    let line = |(store, delivery): &(&str, Delivery)| {
        let Delivery { bookings, p50, p99 } = delivery;
        [(*store).to_owned(), bookings.to_string(), milliseconds(*p50), milliseconds(*p99)]
    };
    markdown(["Store", "Bookings", "p50 ms", "p99 ms"], deliveries.iter().map(line))
}

/// One line per store.
pub fn of_fan_outs(fan_outs: &[(&str, FanOut)]) -> String {
    let headings = [
        "Store",
        "Subscribers",
        "Events",
        "Ratio",
        "Deliveries/s",
        "Plain/s",
        "p99 ms",
        "Plain p99 ms",
        "KiB each",
        "Plain KiB each",
    ];
    let line = |(store, fan_out): &(&str, FanOut)| {
        [
            (*store).to_owned(),
            fan_out.subscribers.to_string(),
            fan_out.events.to_string(),
            significant(fan_out.ratio()),
            format!("{:.0}", fan_out.subject.per_second),
            format!("{:.0}", fan_out.plain.per_second),
            milliseconds(fan_out.subject.p99),
            milliseconds(fan_out.plain.p99),
            format!("{:.1}", fan_out.subject.kib_each),
            format!("{:.1}", fan_out.plain.kib_each),
        ]
    };
    markdown(headings, fan_outs.iter().map(line))
}

/// One line per store.
pub fn of_hooks(hooks: &[(&str, &str, Acknowledged)]) -> String {
    let line = |(store, beside, told): &(&str, &str, Acknowledged)| {
        [
            (*store).to_owned(),
            (*beside).to_owned(),
            told.accepted.to_string(),
            format!("{:.0}", told.per_second),
            milliseconds(told.p50),
            milliseconds(told.p99),
            told.not_accepted.to_string(),
        ]
    };
    let headings = ["Store", "Beside it runs", "Accepted", "Accepted/s", "p50 ms", "p99 ms", "Not accepted"];
    markdown(headings, hooks.iter().map(line))
}

/// The first column is text, the others are numbers.
fn markdown<const N: usize>(headings: [&str; N], lines: impl Iterator<Item = [String; N]>) -> String {
    let mut table = format!("| {} |\n|---{}|\n", headings.join(" | "), "|---:".repeat(N - 1));
    for line in lines {
        table.push_str("| ");
        table.push_str(&line.join(" | "));
        table.push_str(" |\n");
    }
    table
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

/// Two digits that mean something: 0.42, 0.042, 0.0042.
fn significant(ratio: f64) -> String {
    let decimals = [0.1, 0.01, 0.001].iter().filter(|limit| ratio < **limit).count() + 2;
    format!("{ratio:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::fanout::Side;
    use crate::bench::scenario::Figures;

    #[test]
    fn scenarios_are_shown_with_their_ratio() {
        let figures = |per_second, p50| Figures {
            per_second,
            p50: Duration::from_micros(p50),
            p99: Duration::from_micros(2 * p50),
            processor: Duration::from_micros(p50 / 10),
        };
        let (subject, plain) = (figures(1_234.6, 12_345), figures(20_000.0, 800));
        let row = Row { name: "`bookMeeting`", connections: 16, subject, plain, not_accepted: 3 };
        assert_eq!(
            of_rows(&[row]),
            "| Scenario | Connections | Ratio | req/s | p50 ms | p99 ms | Plain req/s | CPU µs | Plain CPU µs | Not accepted |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
             | `bookMeeting` | 16 | 0.062 | 1235 | 12.35 | 24.69 | 20000 | 1234 | 80 | 3 |\n"
        );
    }

    #[test]
    fn deliveries_are_shown_by_store() {
        let delivery = Delivery { bookings: 200, p50: Duration::from_millis(4), p99: Duration::from_micros(9_870) };
        assert_eq!(
            of_deliveries(&[("SQLite", delivery)]),
            "| Store | Bookings | p50 ms | p99 ms |\n|---|---:|---:|---:|\n| SQLite | 200 | 4.00 | 9.87 |\n"
        );
    }

    #[test]
    fn a_fan_out_is_shown_beside_the_plain_one() {
        let side = |per_second, kib_each, p99| Side { per_second, kib_each, p99: Duration::from_millis(p99) };
        let (subject, plain) = (side(30_000.0, 11.96, 80), side(60_000.0, 20.0, 40));
        assert_eq!(
            of_fan_outs(&[("SQLite", FanOut { subscribers: 500, events: 200, subject, plain })]),
            "| Store | Subscribers | Events | Ratio | Deliveries/s | Plain/s | p99 ms | Plain p99 ms | KiB each | Plain KiB each |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
             | SQLite | 500 | 200 | 0.50 | 30000 | 60000 | 80.00 | 40.00 | 12.0 | 20.0 |\n"
        );
    }

    #[test]
    fn webhooks_are_shown_by_store() {
        let (p50, p99) = (Duration::from_millis(2), Duration::from_millis(31));
        let told = Acknowledged { accepted: 20_000, not_accepted: 1, per_second: 999.6, p50, p99 };
        assert_eq!(
            of_hooks(&[("SQLite", "the pipeline", told)]),
            "| Store | Beside it runs | Accepted | Accepted/s | p50 ms | p99 ms | Not accepted |\n\
             |---|---:|---:|---:|---:|---:|---:|\n\
             | SQLite | the pipeline | 20000 | 1000 | 2.00 | 31.00 | 1 |\n"
        );
    }

    #[test]
    fn a_small_ratio_keeps_two_digits() {
        assert_eq!([0.42, 0.042, 0.0042, 0.00042].map(significant), ["0.42", "0.042", "0.0042", "0.00042"]);
    }
}
