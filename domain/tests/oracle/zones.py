"""What the zones do, according to Python's zoneinfo and the tzdata package.

Reads {"from": second, "to": second, "zones": [name]} from standard input; answers
{"version": IANA release, "names": [every name there is],
 "offsets": {name: [[second, offset], ...]}}: the offset at `from`, then every change of it before `to`.
"""

import json
import sys
import zoneinfo
from datetime import datetime

import tzdata

STEP = 12 * 3600  # no zone changes its offset twice within half a day

zoneinfo.reset_tzpath(to=[])  # the package, never the machine's own copy


def offset_at(second, zone):
    return int(datetime.fromtimestamp(second, zone).utcoffset().total_seconds())


def first_second_with_another_offset(low, high, zone):
    before = offset_at(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def offsets(name, start, end):
    zone = zoneinfo.ZoneInfo(name)
    offset = offset_at(start, zone)
    found = [[start, offset]]
    for at in range(start, end, STEP):
        until = min(at + STEP, end - 1)
        after = offset_at(until, zone)
        if after != offset:
            found.append([first_second_with_another_offset(at, until, zone), after])
            offset = after
    return found


def main():
    asked = json.load(sys.stdin)
    json.dump(
        {
            "version": tzdata.IANA_VERSION,
            "names": sorted(zoneinfo.available_timezones()),
            "offsets": {name: offsets(name, asked["from"], asked["to"]) for name in asked["zones"]},
        },
        sys.stdout,
    )


main()
