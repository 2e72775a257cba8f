// Days, hours and labels where clocks are strange.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addDays, byDay, clockLabels, dayOf, remaining, startOfDay } from "../shared/time.js";

test("a day begins when its zone says so", () => {
  const check = (day, zone, start) => assert.equal(startOfDay(day, zone).toISOString(), start, `${day} in ${zone}`);
  check("2026-03-08", "America/New_York", "2026-03-08T05:00:00.000Z"); // 23 hours long
  check("2026-11-01", "America/New_York", "2026-11-01T04:00:00.000Z"); // 25 hours long
  check("2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00.000Z"); // begins at 01:00
  check("2026-06-02", "Asia/Kolkata", "2026-06-01T18:30:00.000Z");
  check("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000Z"); // never was: the first minute of the 31st
});

test("an hour that happens twice says which one it is", () => {
  const labels = clockLabels(["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"], "America/New_York");
  assert.equal(new Set(labels.values()).size, 3);
  assert.match(labels.get("2026-11-01T05:00:00Z"), /GMT-4/);
  assert.match(labels.get("2026-11-01T06:00:00Z"), /GMT-5/);
  assert.doesNotMatch(labels.get("2026-11-01T07:00:00Z"), /GMT/);
});

test("slots are sorted into the viewer's days", () => {
  const slots = ["2026-11-30T23:30:00Z", "2026-11-30T10:00:00Z"].map((startsAt) => ({ startsAt }));
  assert.deepEqual([...byDay(slots, "Europe/Berlin").keys()], ["2026-11-30", "2026-12-01"]);
  assert.equal(dayOf("2026-11-30T23:30:00Z", "America/New_York"), "2026-11-30");
});

test("days follow each other on the calendar", () => {
  assert.equal(addDays("2026-12-31", 1), "2027-01-01");
  assert.equal(addDays("2026-03-29", -29), "2026-02-28");
});

test("what is left is said in the units that matter", () => {
  assert.deepEqual([-5, 582_000, 3_780_000, 187_200_000].map(remaining), ["0:00", "9:42", "1 h 03 min", "2 d 4 h"]);
});
