// Second step: the person and the free times. First what was offered with the form, then any week.
import { announce, fill, focusOn, h } from "../shared/dom.js";
import { addDays, byDay, clock, clockLabels, dayLabel, dayOf, dayParts, startOfDay } from "../shared/time.js";
import { AVAILABILITY } from "./documents.js";
import { offerLine, person, slotButtons } from "./summary.js";
import { zonePicker } from "./zone.js";

const DAYS_PER_PAGE = 7;
/** How far "next free time" looks, in days. */
const LOOK_AHEAD_DAYS = 60;

/** Draws the step. */
export function drawTimes(view, booking) {
  const { offer, zone, weekFrom } = booking.state;
  const times = h("section.stack", { aria: { live: "off" } });
  fill(view,
    h("header.intro", null,
      h("h1", null, "Choose a time"),
      offerLine(offer.meetingType),
      offer.owner && person(offer.owner.name, "You will talk to")),
    leftOut(offer.warnings),
    h("div.card.stack", null,
      zonePicker(zone, (chosen) => { booking.go({ zone: chosen }); announce(`Times are now shown in ${chosen}.`); }),
      times),
    h("button.quiet", { type: "button", on: { click: () => booking.go({ step: "details" }) } }, "← Change what I wrote"));
  const today = dayOf(Date.now(), zone);
  if (weekFrom) drawWeek(times, booking, weekFrom < today ? today : weekFrom);
  else if (offer.slots.length > 0) drawFirst(times, booking);
  else drawWeek(times, booking, today);
}

/** What of the form could not be used. It hinders nothing, but the visitor may want to correct it. */
function leftOut(warnings) {
  if (warnings.length === 0) return null;
  return h("div.notice.warn.small", { role: "status" }, warnings.map((warning) => h("p", null, `Please note: ${warning}.`)));
}

/** A button for each slot; picking one goes on to the confirmation. */
export function pickable(slots, booking) {
  const { zone } = booking.state;
  const labels = clockLabels(slots.map((slot) => slot.startsAt), zone);
  const describe = (slot) => `${dayLabel(dayOf(slot.startsAt, zone))}, ${labels.get(slot.startsAt)} to ${clock(slot.endsAt, zone)}`;
  return slotButtons(slots, labels, describe, (slot) => booking.go({ step: "confirm", slot, hold: null, confirming: false }));
}

/** Days with their slots, one under the other. */
export function daySections(slots, booking) {
  return [...byDay(slots, booking.state.zone)].map(([day, ofDay]) => h("section.day", null,
    h("h3", null, dayLabel(day)), pickable(ofDay, booking)));
}

function drawFirst(times, booking) {
  const { offer, zone } = booking.state;
  fill(times,
    h("h2", null, "First free times"),
    daySections(offer.slots, booking),
    h("button.wide", { type: "button", on: { click: () => drawWeek(times, booking, dayOf(offer.slots[0].startsAt, zone)) } },
      "Show all days"));
}

async function drawWeek(times, booking, firstDay) {
  booking.update({ weekFrom: firstDay });
  fill(times, h("p.busy", { role: "status" }, "Looking at the calendar …"));
  try {
    const slots = await freeSlots(booking, firstDay, DAYS_PER_PAGE);
    const days = Array.from({ length: DAYS_PER_PAGE }, (_, index) => addDays(firstDay, index));
    showWeek(times, booking, days, byDay(slots, booking.state.zone));
  } catch (error) {
    fill(times, unread(error, () => drawWeek(times, booking, firstDay)));
  }
}

/** That the calendar could not be read is no word about what is free. */
function unread(error, again) {
  return h("div.notice.bad", { role: "alert" }, h("p", null, error.message),
    h("p", null, h("button", { type: "button", on: { click: again } }, "Try again")));
}

async function freeSlots(booking, firstDay, days) {
  const { offer, zone } = booking.state;
  const midnight = startOfDay(firstDay, zone);
  const from = new Date(Math.max(midnight.getTime(), Date.now()));
  const input = {
    meetingTypeId: offer.meetingType.id,
    from: from.toISOString(),
    until: startOfDay(addDays(firstDay, days), zone).toISOString(),
    timeZone: zone,
    ...(offer.hostId ? { hostId: offer.hostId } : {}),
  };
  const { data } = await booking.client.query(AVAILABILITY, { input });
  return data.availability.slots;
}

function showWeek(times, booking, days, free) {
  const list = h("section.day", { id: "chosen-day" });
  const choose = (day, button) => {
    for (const other of strip.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    fill(list, h("h3", null, dayLabel(day)), pickable(free.get(day), booking));
  };
  const strip = h("ul.week", null, days.map((day) => h("li", null, dayButton(day, free.get(day)?.length ?? 0, choose))));
  fill(times, pager(times, booking, days), strip, list);
  const first = strip.querySelector("button:not(:disabled)");
  if (first) first.click();
  else fill(list, nothingFree(times, booking, days));
  announce(`${dayLabel(days[0])} to ${dayLabel(days.at(-1))}: ${free.size} days with free times.`);
}

function dayButton(day, count, choose) {
  const { weekday, number, month } = dayParts(day);
  const button = h("button.day-button", {
    type: "button", disabled: count === 0,
    aria: { label: `${dayLabel(day)}, ${count === 0 ? "nothing free" : `${count} free`}`, pressed: "false" },
    on: { click: () => choose(day, button) },
  }, h("span.weekday", null, weekday), h("span.number", null, number), h("span.month", null, month));
  return button;
}

function pager(times, booking, days) {
  const today = dayOf(Date.now(), booking.state.zone);
  const turn = async (count) => {
    const first = addDays(days[0], count);
    await drawWeek(times, booking, first < today ? today : first);
    focusOn(times.querySelector("h2"));
  };
  const title = `${dayLabel(days[0], "short")} – ${dayLabel(days.at(-1), "short")}`;
  return h("div.pager", null,
    h("button.compact", { type: "button", disabled: days[0] <= today, aria: { label: "Earlier" }, on: { click: () => turn(-DAYS_PER_PAGE) } }, "←"),
    h("h2", null, title),
    h("button.compact", { type: "button", aria: { label: "Later" }, on: { click: () => turn(DAYS_PER_PAGE) } }, "→"));
}

function nothingFree(times, booking, days) {
  const look = async () => {
    const place = times.querySelector("#chosen-day");
    try {
      const slots = await freeSlots(booking, addDays(days[0], DAYS_PER_PAGE), LOOK_AHEAD_DAYS);
      const [next] = byDay(slots, booking.state.zone).keys();
      if (next) await drawWeek(times, booking, next);
      else fill(place, h("p.notice.warn", null, `Nothing is free in the next ${LOOK_AHEAD_DAYS} days either.`));
    } catch (error) {
      fill(place, unread(error, look));
    }
  };
  return h("div.stack", null,
    h("p.muted", null, "Nothing is free on these days."),
    h("p", null, h("button", { type: "button", on: { click: look } }, "Go to the next free time")));
}
