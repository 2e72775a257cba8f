// Last step: what was agreed, in the visitor's zone, and a file for their calendar.
import { fill, h } from "../shared/dom.js";
import { dayLabel, dayOf, span, zoneLabel } from "../shared/time.js";
import { calendarFile } from "./ics.js";
import { person } from "./summary.js";

/** Draws the confirmation. */
export function drawBooked(view, booking) {
  const { meeting, zone, details } = booking.state;
  fill(view,
    h("header.intro.booked", null,
      h("span.tick", { aria: { hidden: true } }, "✓"),
      h("h1", null, "See you then"),
      h("p.muted", null, `The meeting is booked for ${details.email}.`)),
    h("div.card.stack", null,
      h("div.when", null,
        h("p.when-day", null, dayLabel(dayOf(meeting.startsAt, zone))),
        h("p.when-time", null, span(meeting.startsAt, meeting.endsAt, zone)),
        h("p.muted", null, zoneLabel(zone, meeting.startsAt))),
      meeting.host && person(meeting.host.name, "With"),
      place(meeting.location),
      h("div.actions", null,
        h("button.primary.wide", { type: "button", on: { click: () => download(meeting) } }, "Add to my calendar"),
        h("button.quiet", { type: "button", on: { click: () => booking.startOver() } }, "Book another meeting"))));
}

function place(location) {
  if (!location) return null;
  const isLink = /^https?:\/\//.test(location);
  return h("div", null, h("p.muted.small", null, "Where"),
    h("p", null, isLink ? h("a", { href: location, rel: "noreferrer" }, location) : location));
}

function download(meeting) {
  const file = new Blob([calendarFile(meeting)], { type: "text/calendar;charset=utf-8" });
  const href = URL.createObjectURL(file);
  h("a", { href, download: "meeting.ics" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60000);
}
