// The calendar file a visitor keeps, line by line as RFC 5545 has it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { calendarFile } from "../book/ics.js";

const MEETING = {
  calendarUid: "mtg_1@meridian", sequence: 2, title: "Product demo", status: "CONFIRMED", updatedAt: "2026-11-21T03:54:37.512Z",
  startsAt: "2026-11-30T10:00:00Z", endsAt: "2026-11-30T10:30:00Z", location: "https://video.example/demo", host: { name: "Ada" },
};

test("a meeting becomes one event with the server's identity", () => {
  assert.deepEqual(calendarFile(MEETING).split("\r\n"), [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Meridian//Booking page//EN", "CALSCALE:GREGORIAN", "BEGIN:VEVENT",
    "UID:mtg_1@meridian", "SEQUENCE:2", "DTSTAMP:20261121T035437Z", "DTSTART:20261130T100000Z", "DTEND:20261130T103000Z",
    "SUMMARY:Product demo", "DESCRIPTION:With Ada", "LOCATION:https://video.example/demo", "URL:https://video.example/demo",
    "STATUS:CONFIRMED", "TRANSP:OPAQUE", "END:VEVENT", "END:VCALENDAR", "",
  ]);
});

test("text cannot break out of its line", () => {
  const file = calendarFile({ ...MEETING, title: "a;b,c\\d\r\nATTENDEE:mailto:x@example.com\u0007" });
  assert.match(file, /\r\nSUMMARY:a\\;b\\,c\\\\d\\nATTENDEE:mailto:x@example\.com\r\n/);
});

test("lines have at most 75 octets and characters stay whole", () => {
  const title = "Ünïcödé 山田 👩‍💻 ".repeat(12);
  const lines = calendarFile({ ...MEETING, title }).split("\r\n");
  assert.ok(lines.every((line) => Buffer.byteLength(line) <= 75));
  assert.ok(lines.join("\r\n").replaceAll("\r\n ", "").includes(`SUMMARY:${title}`));
});

test("a browser without URL.canParse gets its file too, and an address that is none has no link", () => {
  const { canParse } = URL;
  delete URL.canParse;
  try {
    assert.match(calendarFile(MEETING), /\r\nURL:https:\/\/video\.example\/demo\r\n/);
    assert.doesNotMatch(calendarFile({ ...MEETING, location: "https://" }), /\r\nURL:/);
  } finally {
    URL.canParse = canParse;
  }
});
