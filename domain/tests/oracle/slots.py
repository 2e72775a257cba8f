"""Slots by brute force: every minute is looked at, nothing is clever, and nothing is shared with the Rust code but the
JSON documents that both read.

Reads [{"offer": ..., "hosts": [...], "from": second, "to": second, "now": second}, ...] from standard input; answers
with, for each case, its list of [start second, [hosts]].
"""

import json
import sys
import zoneinfo
from datetime import date, datetime, timedelta

MINUTE = 60
DAY = 86400
LOOK_BACK = 20 * DAY  # every generated schedule is closed at some time within it
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

zoneinfo.reset_tzpath(to=[])  # the package, never the machine's own copy


def second_of(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def minute_of(text):
    return int(text[:2]) * 60 + int(text[3:])


def inside(minute, windows):
    """Whether a minute lies in windows of its own date."""
    for start, end in windows:
        if start <= minute < (end if start < end else 1440):
            return True
    return False


def inside_past_midnight(minute, windows):
    """Whether a minute lies in what windows of the date before open past midnight."""
    return any(end < start and minute < end for start, end in windows)


class Hours:
    def __init__(self, schedule):
        self.home = schedule["zone"]
        self.zones = {name: zoneinfo.ZoneInfo(name) for name in [self.home] + [t["zone"] for t in schedule["travel"]]}
        self.travel = [(date.fromisoformat(t["from"]), date.fromisoformat(t["to"]), t["zone"]) for t in schedule["travel"]]
        self.weekly = {name: [] for name in WEEKDAYS}
        for window in schedule["weekly"]:
            self.weekly[window["weekday"]].append((minute_of(window["start"]), minute_of(window["end"])))
        self.overrides = {
            date.fromisoformat(o["date"]): [(minute_of(w["start"]), minute_of(w["end"])) for w in o["windows"]]
            for o in schedule["overrides"]
        }

    def zone_on(self, day):
        for first, last, zone in self.travel:
            if first <= day <= last:
                return zone
        return self.home

    def open_on(self, day, minute):
        if day in self.overrides:
            return inside(minute, self.overrides[day])
        before = day - timedelta(days=1)
        return (
            inside(minute, self.weekly[WEEKDAYS[day.weekday()]])
            or inside_past_midnight(minute, self.weekly[WEEKDAYS[before.weekday()]])
            or inside_past_midnight(minute, self.overrides.get(before, []))
        )

    def open_at(self, second):
        for name, zone in self.zones.items():
            local = datetime.fromtimestamp(second, zone)
            day = local.date()
            if self.zone_on(day) == name and self.open_on(day, local.hour * 60 + local.minute):
                return True
        return False


def last_date(window, today):
    if window["kind"] == "rolling_days":
        return today + timedelta(days=window["days"])
    day, left, holidays = today, window["days"], window["holidays"]
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day.isoformat() not in holidays:
            left -= 1
    return day


def in_window(window, day, today):
    if window["kind"] == "unlimited":
        return True
    if window["kind"] == "fixed_dates":
        return window["from"] <= day.isoformat() <= window["to"]
    return today <= day <= last_date(window, today)


def blocked(busy, offer, now):
    """[start, end) in which no meeting of the offer may take place."""
    before = after = 0
    source = busy["source"]
    if source != "external":
        (kind, detail), = source.items()
        if kind == "hold" and second_of(detail["expires_at"]) <= now:
            return None
        buffers = detail["buffers"] if kind == "hold" else detail
        before, after = buffers["before_minutes"], buffers["after_minutes"]
    start, end = second_of(busy["start"]), second_of(busy["end"])
    if start >= end:
        return None
    before += offer["buffer_after_minutes"]
    after += offer["buffer_before_minutes"]
    return start - before * MINUTE, end + after * MINUTE


def within_limits(offer, counted, day, zone):
    limits = offer["limits"]
    same = {
        "day": lambda other: other == day,
        "week": lambda other: other.isocalendar()[:2] == day.isocalendar()[:2],
        "month": lambda other: (other.year, other.month) == (day.year, day.month),
    }
    for period, belongs in same.items():
        taken = [m for m in counted if belongs(datetime.fromtimestamp(second_of(m["start"]), zone).date())]
        meetings = limits.get("meetings_per_" + period)
        if meetings is not None and len(taken) + 1 > meetings:
            return False
        minutes = limits.get("minutes_per_" + period)
        if minutes is not None and sum(m["duration_minutes"] for m in taken) + offer["duration_minutes"] > minutes:
            return False
    return True


def starts(offer, calendar, first, last, now):
    hours = Hours(calendar["schedule"])
    home = hours.zones[hours.home]
    today = datetime.fromtimestamp(now, home).date()
    duration = offer["duration_minutes"] * MINUTE
    step = offer.get("interval_minutes", offer["duration_minutes"]) * MINUTE
    taken = [block for block in (blocked(busy, offer, now) for busy in calendar["busy"]) if block]
    walk = range(first - LOOK_BACK, last + duration + DAY, MINUTE)
    open_minutes = {second for second in walk if hours.open_at(second)}
    anchor = None
    for second in walk:
        if second not in open_minutes:
            anchor = None
            continue
        anchor = second if anchor is None else anchor
        if not first <= second < last or (second - anchor) % step:
            continue
        day = datetime.fromtimestamp(second, home).date()
        if (
            all(minute in open_minutes for minute in range(second, second + duration, MINUTE))
            and not any(second < end and start < second + duration for start, end in taken)
            and second >= now + offer["notice_minutes"] * MINUTE
            and in_window(offer["window"], day, today)
            and within_limits(offer, calendar["counted"], day, home)
        ):
            yield second


def slots(case):
    takers = {}
    for calendar in case["hosts"]:
        for second in starts(case["offer"], calendar, case["from"], case["to"], case["now"]):
            takers.setdefault(second, []).append(calendar["host"])
    return [[second, takers[second]] for second in sorted(takers)]


def main():
    json.dump([slots(case) for case in json.load(sys.stdin)], sys.stdout)


main()
