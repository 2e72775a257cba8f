// Third step: the time is held while the visitor makes up their mind, then booked.
import { announce, everySecond, fill, focusOn, h } from "../shared/dom.js";
import { isRetryable } from "../shared/graphql.js";
import { carryOut } from "../shared/intent.js";
import { dayLabel, dayOf, remaining, span, zoneLabel } from "../shared/time.js";
import { BOOK_MEETING, HOLD_SLOT, RELEASE_HOLD } from "./documents.js";
import { HOLD_MINUTES, keptUntil, left } from "./hold.js";
import { invitee } from "./invitee.js";
import { person } from "./summary.js";
import { daySections } from "./times.js";

/** Say how much time is left when this many seconds remain. */
const ANNOUNCE_AT_SECONDS = new Set([120, 60, 30]);

/** Draws the step and holds the slot, unless it is held already. */
export function drawConfirm(view, booking) {
  const { slot, zone, details } = booking.state;
  const status = h("div.stack", { id: "hold-status" });
  const actions = h("div.actions");
  fill(view,
    h("header.intro", null, h("h1", null, "Is this right?")),
    h("div.card.stack", null,
      h("div.when", null,
        h("p.when-day", null, dayLabel(dayOf(slot.startsAt, zone))),
        h("p.when-time", null, span(slot.startsAt, slot.endsAt, zone)),
        h("p.muted", null, zoneLabel(zone, slot.startsAt))),
      withWhom(booking), h("p.muted.small", null, `You are booking as ${details.email}.`),
      status, actions));
  const step = { booking, status, actions };
  if (booking.state.confirming) confirm(step);
  else if (booking.state.hold) showHold(step);
  else hold(step);
}

function withWhom({ state: { hold, offer, slot } }) {
  const name = hold?.hostName ?? offer.owner?.name ?? (slot.hosts.length === 1 ? slot.hosts[0].name : null);
  return name && person(name, "With");
}

/** The host to ask for: the owner when the owner is free then, otherwise whoever the server chooses. */
function hostFor({ offer, slot }) {
  return slot.hosts.some((host) => host.id === offer.hostId) ? { hostId: offer.hostId } : {};
}

async function hold(step) {
  const { booking, status, actions } = step;
  const { offer, slot } = booking.state;
  fill(actions);
  fill(status, h("p.busy", { role: "status" }, "Reserving this time for you …"));
  try {
    const input = { meetingTypeId: offer.meetingType.id, startsAt: slot.startsAt, minutes: HOLD_MINUTES, ...hostFor(booking.state) };
    const payload = await carryOut(booking.client, HOLD_SLOT, "holdSlot", input);
    if (payload.errors.length > 0) return refused(step, payload.errors);
    const { id, host } = payload.hold;
    booking.update({ hold: { id, keptUntil: keptUntil(), hostId: host?.id ?? null, hostName: host?.name ?? null } });
    return showHold(step);
  } catch (error) {
    return failed(step, error, () => hold(step));
  }
}

function showHold(step) {
  const { booking, status, actions } = step;
  const { hold: held } = booking.state;
  const length = HOLD_MINUTES * 60000;
  const time = h("strong.numeric");
  const bar = h("progress.hold-bar", { max: length, value: left(held), aria: { label: "Time left" } });
  const line = h("div.hold", null, h("p", null, "Kept for you for another ", time), bar);
  fill(status, line);
  showActions(step);
  everySecond(line, () => {
    const rest = left(held);
    time.textContent = remaining(rest);
    bar.value = Math.max(rest, 0);
    line.classList.toggle("ending", rest < 60000);
    if (ANNOUNCE_AT_SECONDS.has(Math.round(rest / 1000))) announce(`The time is kept for another ${remaining(rest)}.`);
    if (rest <= 0 && actions.isConnected && !booking.state.confirming) expired(step);
    return rest > 0;
  });
}

function showActions(step) {
  const { actions } = step;
  fill(actions,
    h("button.primary.wide", { type: "button", on: { click: () => confirm(step) } }, "Confirm the meeting"),
    h("button.quiet", { type: "button", on: { click: () => otherTime(step) } }, "Choose another time"));
}

function expired(step) {
  step.booking.update({ hold: null, confirming: false });
  fill(step.status, h("p.notice.warn", { role: "alert" }, "The reservation has run out. The time may still be free."));
  fill(step.actions,
    h("button.primary.wide", { type: "button", on: { click: () => hold(step) } }, "Reserve it again"),
    h("button.quiet", { type: "button", on: { click: () => otherTime(step) } }, "Choose another time"));
}

async function confirm(step) {
  const { booking, status, actions } = step;
  booking.update({ confirming: true });
  fill(actions, h("button.primary.wide", { type: "button", disabled: true, aria: { busy: "true" } }, "Booking …"));
  announce("Booking the meeting.");
  try {
    const payload = await carryOut(booking.client, BOOK_MEETING, "bookMeeting", bookingInput(booking.state));
    booking.update({ confirming: false });
    if (payload.errors.length > 0) return refused(step, payload.errors);
    return booking.go({ step: "booked", meeting: payload.meeting, hold: null });
  } catch (error) {
    if (!isRetryable(error)) booking.update({ confirming: false });
    return failed({ booking, status, actions }, error, () => confirm(step));
  }
}

/** The same state gives the same input, so a retry after a reload is the same request to the byte. */
function bookingInput({ offer, slot, hold: held, details, zone }) {
  return {
    meetingTypeId: offer.meetingType.id,
    startsAt: slot.startsAt,
    ...(held ? { holdId: held.id } : {}),
    ...(held?.hostId ? { hostId: held.hostId } : {}),
    invitee: invitee(details, offer.warnings),
    timeZone: zone,
    ...(details.message ? { note: details.message } : {}),
  };
}

function refused(step, errors) {
  const { booking, status, actions } = step;
  const taken = errors.find((error) => error.__typename === "SlotTaken");
  if (errors.some((error) => error.code === "HOLD_EXPIRED")) return expired(step);
  if (!taken) return failed(step, new Error(errors.map((error) => error.message).join(" ")), null);
  booking.update({ hold: null, confirming: false });
  const heading = h("p", null, h("strong", null, taken.code === "SLOT_TAKEN" ? "Somebody was faster: this time is gone. " : "This time is no longer offered. "),
    taken.alternatives.length > 0 ? "These are free:" : "Nothing near it is free.");
  fill(status, h("div.notice.warn", { role: "alert" }, heading), daySections(taken.alternatives, booking));
  fill(actions, h("button.wide", { type: "button", on: { click: () => otherTime(step, dayOf(booking.state.slot.startsAt, booking.state.zone)) } }, "Show all days"));
  return focusOn(status.firstChild);
}

function failed(step, error, again) {
  const { booking, status, actions } = step;
  const open = isRetryable(error);
  // While nobody knows whether the meeting is booked, another time could become a second meeting.
  const mayLeave = !(open && booking.state.confirming);
  fill(status, h("div.notice.bad", { role: "alert" },
    h("p", null, error.message),
    open && h("p.small", null, "Trying again is safe: you cannot book twice."),
    error.correlationId && h("p.tiny.muted", null, "Reference ", h("span.mono", null, error.correlationId))));
  fill(actions,
    again && h("button.primary.wide", { type: "button", on: { click: again } }, "Try again"),
    mayLeave && h("button.quiet", { type: "button", on: { click: () => otherTime(step) } }, "Choose another time"));
  focusOn(status.firstChild);
}

/** Gives the held time back. Nobody waits for it: a hold that is not released runs out by itself. */
function otherTime({ booking }, weekFrom = booking.state.weekFrom) {
  const { hold: held } = booking.state;
  if (held) carryOut(booking.client, RELEASE_HOLD, "releaseHold", { holdId: held.id }).catch(() => {});
  booking.go({ step: "times", weekFrom, hold: null, slot: null, confirming: false });
}
