"""What a window on a local date means, by walking minutes.

Reads [{"zone": name, "date": "2026-03-08", "windows": [["01:00", "04:00"], ...]}, ...] from standard input; answers
with, for each window of each case, its list of [start, end) in UTC seconds.
"""

import json
import sys
import zoneinfo
from datetime import date, datetime, timedelta

MINUTE = 60

zoneinfo.reset_tzpath(to=[])  # the package, never the machine's own copy


def minute_of(text):
    return int(text[:2]) * 60 + int(text[3:])


def minutes_of_date(zone, day):
    """Every UTC minute of the local date, with the minute that the wall clock shows."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zoneinfo.ZoneInfo("UTC"))
    start = int((noon - timedelta(hours=40)).timestamp())
    for second in range(start, start + 80 * 3600, MINUTE):
        local = datetime.fromtimestamp(second, zone)
        if local.date() == day:
            yield second, local.hour * 60 + local.minute


def joined(seconds):
    """Minutes that follow each other become one interval."""
    intervals = []
    for second in seconds:
        if intervals and intervals[-1][1] == second:
            intervals[-1][1] = second + MINUTE
        else:
            intervals.append([second, second + MINUTE])
    return intervals


def main():
    answers = []
    for case in json.load(sys.stdin):
        shown = list(minutes_of_date(zoneinfo.ZoneInfo(case["zone"]), date.fromisoformat(case["date"])))
        for start, end in case["windows"]:
            start, end = minute_of(start), minute_of(end)
            answers.append(joined(second for second, minute in shown if start <= minute < end))
    json.dump(answers, sys.stdout)


main()
