//! `cargo xtask bench`: the first numbers, on both ways to run Meridian, as ratios to a plain HTTP route.
//!
//! Absolute numbers of a shared machine mean little; a ratio means something when both sides are measured in turns,
//! so that a busy minute hits both. How to read the results: docs/benchmarks.md.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use self::delivery::Delivery;
use self::fanout::FanOut;
use self::ground::Ground;
use self::hooks::Acknowledged;
use self::scenario::Row;
use self::stage::{Form, Programs, Stage};

pub mod client;
mod delivery;
mod fanout;
mod ground;
mod hooks;
mod http;
pub mod load;
mod process;
mod scenario;
mod stage;
mod table;
mod websocket;

#[derive(clap::Args)]
pub struct Flags {
    /// Rounds so short that the numbers mean nothing, to see whether everything runs
    #[arg(long)]
    quick: bool,
    /// Measure this meridian, and the plain_route beside it, instead of building
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Subscribers of the fan-out; each takes a file descriptor here and one at the server (`ulimit -n`)
    #[arg(long, value_name = "N", default_value_t = 500)]
    subscribers: usize,
}

/// How much is measured.
struct Pace {
    /// Rounds of each scenario; odd, for the sake of the median.
    rounds: usize,
    /// Before each round, on the same connections.
    warm_up: Duration,
    round: Duration,
    /// Bookings whose way is timed: to one subscriber, and to all of the fan-out.
    deliveries: usize,
    /// Events that every subscriber of the fan-out hears.
    events: usize,
    /// Who hears them.
    subscribers: usize,
    /// How long webhooks come in.
    hooks: Duration,
}

const FULL: Pace = Pace {
    rounds: 5,
    warm_up: Duration::from_millis(300),
    round: Duration::from_millis(1500),
    deliveries: 200,
    events: 200,
    subscribers: 500,
    hooks: Duration::from_secs(20),
};

const QUICK: Pace = Pace {
    rounds: 1,
    warm_up: Duration::from_millis(100),
    round: Duration::from_millis(300),
    deliveries: 20,
    events: 20,
    subscribers: 20,
    hooks: Duration::from_secs(1),
};

/// Progress goes to standard error, results to standard output.
pub fn run(flags: &Flags) -> Result<u8> {
    let (programs, build) = match &flags.binary {
        Some(meridian) => (Programs::given(meridian)?, "a build that was given"),
        None => (Programs::build()?, "release build"),
    };
    let pace = if flags.quick { QUICK } else { Pace { subscribers: flags.subscribers, ..FULL } };
    let (mut deliveries, mut fan_outs, mut hooks) = (Vec::new(), Vec::new(), Vec::new());
    println!("{}\n", conditions(build, &pace));
    for form in [Form::Embedded, Form::Production] {
        let Measured { rows, delivery, fan_out, acknowledged } =
            measure(form, &programs, &pace).with_context(|| format!("on {}", form.name()))?;
        println!("### {}\n\n{}", form.name(), table::of_rows(&rows));
        deliveries.push((form.name(), delivery));
        fan_outs.push((form.name(), fan_out));
        hooks.extend(acknowledged.into_iter().map(|(beside, told)| (form.name(), beside, told)));
    }
    print!("### From a booking to a subscriber\n\n{}", table::of_deliveries(&deliveries));
    print!("\n### From one event to many subscribers\n\n{}", table::of_fan_outs(&fan_outs));
    print!("\n### Webhooks in, {} a second\n\n{}", hooks::RATE, table::of_hooks(&hooks));
    Ok(0)
}

/// The numbers of one form.
struct Measured {
    rows: Vec<Row>,
    delivery: Delivery,
    fan_out: FanOut,
    /// And what else ran.
    acknowledged: Vec<(&'static str, Acknowledged)>,
}

/// Reads first, on a quiet server; each booking leaves work behind that the worker does during the ones after it.
fn measure(form: Form, programs: &Programs, pace: &Pace) -> Result<Measured> {
    eprintln!("{}: starting and preparing ...", form.name());
    let stage = Stage::set(form, programs)?;
    let ground = Ground::make(&stage.admin)?;
    eprintln!("{}: queries ...", form.name());
    let mut rows = scenario::reads(&stage, &ground, pace)?;
    eprintln!("{}: deliveries ...", form.name());
    let delivery = delivery::measure(&stage, &ground.seats, pace.deliveries)?;
    eprintln!("{}: fan-out ...", form.name());
    let fan_out = fanout::measure(&stage, &ground.seats, pace)?;
    eprintln!("{}: bookings ...", form.name());
    rows.extend(scenario::bookings(&stage, &ground.seats, pace)?);
    eprintln!("{}: webhooks in ...", form.name());
    let mut acknowledged = vec![("the pipeline", hooks::measure(&stage.hook, "beside", pace.hooks)?)];
    if matches!(form, Form::Production) {
        // The sandbox has the worker. The other server goes on.
        process::end(stage.sandbox.id)?;
        let alone = stage.hook.at(stage.subscriptions.host())?;
        acknowledged.push(("nothing", hooks::measure(&alone, "alone", pace.hooks)?));
    }
    Ok(Measured { rows, delivery, fan_out, acknowledged })
}

fn conditions(build: &str, pace: &Pace) -> String {
    let cores = thread::available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let seconds = pace.round.as_secs_f64();
    format!("{build}, {cores} cores, {} rounds of {seconds} s for each side in turns", pace.rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conditions_are_told_with_the_numbers() {
        let told = conditions("release build", &FULL);
        assert!(told.starts_with("release build, "), "{told}");
        assert!(told.ends_with(" cores, 5 rounds of 1.5 s for each side in turns"), "{told}");
    }
}
