//! A small language for telling who is open, what is taken and which slots follow.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use domain::availability::{
    BookingWindow, Buffers, Busy, BusySource, CountedMeeting, DateOverride, HostCalendar, Limits, OfferRules, Reason,
    Schedule, Slot, Travel, WeeklyWindow, Window, refusals, slots, takers,
};
use domain::ids::{EntityId, HostId};
use domain::time::{Interval, LocalTime, Zone};
use uuid::Uuid;

/// One offer, its hosts and the time it is.
#[derive(Debug, Clone)]
pub struct Story {
    pub offer: OfferRules,
    pub hosts: Vec<HostCalendar>,
    pub now: DateTime<Utc>,
}

/// `Story::of(30)` offers half an hour; nobody hosts it yet. It is the first of January 2026.
impl Story {
    pub fn of(duration_minutes: u32) -> Self {
        let offer = OfferRules {
            duration_minutes,
            interval_minutes: None,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            notice_minutes: 0,
            window: BookingWindow::Unlimited,
            limits: Limits::default(),
        };
        Self { offer, hosts: Vec::new(), now: at("2026-01-01T00:00:00Z") }
    }

    /// Another host: `weekly` is `"mon-fri 09:00-12:00 13:00-17:00, sat 10:00-11:00"`.
    pub fn host(mut self, zone: &str, weekly: &str) -> Self {
        let schedule = Schedule { zone: zone_of(zone), weekly: weekly_of(weekly), overrides: vec![], travel: vec![] };
        self.hosts.push(HostCalendar { host: host(self.hosts.len()), schedule, busy: vec![], counted: vec![] });
        self
    }

    /// The last host keeps other hours on a date; `"closed"` for none.
    pub fn except(mut self, date: &str, hours: &str) -> Self {
        let windows = if hours == "closed" { vec![] } else { hours.split(' ').map(window_of).collect() };
        self.last().schedule.overrides.push(DateOverride { date: date_of(date), windows });
        self
    }

    /// The last host is elsewhere, `dates` being `"2026-03-09..2026-03-13"`.
    pub fn travelling(mut self, dates: &str, zone: &str) -> Self {
        let (from, to) = dates.split_once("..").unwrap();
        self.last().schedule.travel.push(Travel { from: date_of(from), to: date_of(to), zone: zone_of(zone) });
        self
    }

    /// Something takes the last host's time, `time` being `"2026-03-09T13:00/14:00"` in UTC.
    pub fn taken(mut self, time: &str, source: BusySource) -> Self {
        let (start, end) = time_of(time);
        self.last().busy.push(Busy { start, end, source });
        self
    }

    /// A meeting that counts towards the last host's limits.
    pub fn counted(mut self, start: &str, duration_minutes: u32) -> Self {
        self.last().counted.push(CountedMeeting { start: at(start), duration_minutes });
        self
    }

    pub fn now(mut self, now: &str) -> Self {
        self.now = at(now);
        self
    }

    pub fn rules(mut self, change: impl FnOnce(&mut OfferRules)) -> Self {
        change(&mut self.offer);
        self
    }

    fn last(&mut self) -> &mut HostCalendar {
        self.hosts.last_mut().unwrap()
    }

    /// The slots on a local date of the first host.
    pub fn on(&self, date: &str) -> Vec<Slot> {
        let whole_day = LocalTime::START_OF_DAY..LocalTime::END_OF_DAY;
        let parts = self.hosts[0].schedule.zone.instants_of(date_of(date), whole_day.start, whole_day.end);
        parts.into_iter().flat_map(|part: Interval| self.between(part.starts_at(), part.ends_at())).collect()
    }

    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Slot> {
        slots(&self.offer, &self.hosts, from..to, self.now)
    }

    /// The slots on a local date of the first host, as UTC starts: `"13:00 13:30"`. What is listed can be taken by
    /// those who are listed, and nothing speaks against it.
    #[track_caller]
    pub fn check(&self, date: &str, expected: &str) -> &Self {
        let listed = self.on(date);
        assert_eq!(starts(&listed), expected, "on {date}");
        for slot in listed {
            assert_eq!(takers(&self.offer, &self.hosts, slot.start, self.now), slot.hosts, "{}", slot.start);
        }
        self
    }

    /// Why the first host cannot take a start; empty when they can.
    #[track_caller]
    pub fn check_refused(&self, start: &str, expected: &[Reason]) -> &Self {
        assert_eq!(refusals(&self.offer, &self.hosts[0], at(start), self.now), expected, "{start}");
        let could = takers(&self.offer, &self.hosts[..1], at(start), self.now);
        assert_eq!(could.is_empty(), !expected.is_empty(), "{start}");
        self
    }
}

/// Starts as `HH:MM` of UTC.
pub fn starts(slots: &[Slot]) -> String {
    let starts: Vec<String> = slots.iter().map(|slot| slot.start.format("%H:%M").to_string()).collect();
    starts.join(" ")
}

/// The `n`-th host, from 0.
pub fn host(n: usize) -> HostId {
    HostId::from_uuid(Uuid::from_u128(n as u128 + 1))
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn zone_of(name: &str) -> Zone {
    name.parse().unwrap()
}

pub fn date_of(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn window_of(text: &str) -> Window {
    let (start, end) = text.split_once('-').unwrap();
    Window { start: start.parse().unwrap(), end: end.parse().unwrap() }
}

pub fn meeting(before_minutes: u32, after_minutes: u32) -> BusySource {
    BusySource::Meeting(Buffers { before_minutes, after_minutes })
}

pub fn hold_until(expires_at: &str) -> BusySource {
    BusySource::Hold { expires_at: at(expires_at), buffers: Buffers::default() }
}

fn weekly_of(text: &str) -> Vec<WeeklyWindow> {
    let days = |text: &str| match text.split_once('-') {
        Some((first, last)) => (number(first)..=number(last)).map(weekday).collect::<Vec<_>>(),
        None => vec![weekday(number(text))],
    };
    let entries = text.split(", ").map(|entry| entry.split_once(' ').unwrap());
    let windows = entries.flat_map(|(names, hours)| {
        let hours: Vec<Window> = hours.split(' ').map(window_of).collect();
        days(names).into_iter().flat_map(move |weekday| {
            hours.clone().into_iter().map(move |Window { start, end }| WeeklyWindow { weekday, start, end })
        })
    });
    windows.collect()
}

fn number(weekday: &str) -> u8 {
    u8::try_from(weekday.parse::<Weekday>().unwrap().num_days_from_monday()).unwrap()
}

fn weekday(number: u8) -> Weekday {
    Weekday::try_from(number).unwrap()
}

fn time_of(text: &str) -> (DateTime<Utc>, DateTime<Utc>) {
    let (start, end) = text.split_once('/').unwrap();
    let date = &start[..10];
    (at(&format!("{start}:00Z")), at(&format!("{date}T{end}:00Z")))
}
