// What an operator can do with a meeting: cancel, move, note the outcome. The version that is on the screen goes
// along, so nobody overwrites what somebody else has just done.
import { announce, fill, focusOn, h } from "../../shared/dom.js";
import { carryOut } from "../../shared/intent.js";
import { byDay, clock, clockLabels, dayLabel, ownZone } from "../../shared/time.js";
import { AVAILABILITY, CANCEL, RECORD_OUTCOME, RESCHEDULE } from "../documents.js";
import { load, problem } from "../panel.js";

const LOOK_AHEAD_DAYS = 14;

/** The buttons that the meeting's status allows, and the place where they ask what they need. */
export function meetingActions(context, meeting, changed) {
  const area = h("div.stack");
  const action = { context, meeting, changed, area };
  const button = (label, kind, onClick) => h(`button${kind}`, { type: "button", on: { click: onClick } }, label);
  const buttons = meeting.status === "CONFIRMED" ? [
    button("Reschedule", "", () => askTime(action)),
    button("It took place", "", () => outcome(action, "COMPLETED")),
    button("Nobody came", "", () => outcome(action, "NO_SHOW")),
    button("Cancel the meeting", ".danger", () => askReason(action)),
  ] : [];
  return h("section.stack", { aria: { label: "Actions" } }, buttons.length > 0 && h("div.row", null, buttons), area);
}

async function act({ context, meeting, changed, area }, document, name, input, done) {
  fill(area, h("p.busy", { role: "status" }, "One moment …"));
  try {
    const full = { meetingId: meeting.id, expectedVersion: meeting.version, ...input };
    const payload = await carryOut(context.client, document, `${name}.${meeting.id}`, full);
    if (payload.errors.length === 0) {
      announce(done);
      changed();
    } else {
      refused(area, payload.errors, changed);
    }
  } catch (error) {
    fill(area, problem(error, () => act({ context, meeting, changed, area }, document, name, input, done)));
  }
}

function refused(area, errors, changed) {
  const conflict = errors.some((error) => error.__typename === "VersionConflict");
  const text = conflict ? "Somebody has changed this meeting in the meantime." : errors.map((error) => error.message).join(" ");
  fill(area, h("div.notice.warn", { role: "alert" }, h("p", null, text),
    conflict && h("p", null, h("button.compact", { type: "button", on: { click: changed } }, "Show it as it is now"))));
  focusOn(area.firstChild);
}

function outcome(action, value) {
  act(action, RECORD_OUTCOME, "outcome", { outcome: value }, "The outcome is noted.");
}

function askReason(action) {
  const reason = h("textarea", { id: "reason", rows: 2, maxLength: 4000 });
  fill(action.area, h("form.card.stack", { on: { submit: (event) => {
    event.preventDefault();
    act(action, CANCEL, "cancel", reason.value.trim() ? { reason: reason.value.trim() } : {}, "The meeting is cancelled.");
  } } },
  h("div.field", null, h("label", { htmlFor: "reason" }, "Why is it cancelled? ", h("span.optional", null, "(optional)")), reason),
  h("div.row", null, h("button.danger", { type: "submit" }, "Cancel the meeting"),
    h("button.quiet", { type: "button", on: { click: () => fill(action.area) } }, "Keep it"))));
  focusOn(reason);
}

function askTime(action) {
  const { context, meeting } = action;
  const body = h("div.stack");
  fill(action.area, h("section.card.stack", null,
    h("div.row.spread", null, h("h2", null, "A new time"),
      h("button.quiet.compact", { type: "button", on: { click: () => fill(action.area) } }, "Leave it")),
    body));
  const from = Date.now();
  const read = (start) => load(body, () => context.client.query(AVAILABILITY, { input: {
    meetingTypeId: meeting.meetingType.id,
    from: new Date(start).toISOString(),
    until: new Date(start + LOOK_AHEAD_DAYS * 86400000).toISOString(),
    timeZone: ownZone(),
    ...(meeting.host ? { hostId: meeting.host.id } : {}),
  } }), (data) => data.availability.slots, (slots) => [days(action, slots), later(start, from, read)]);
  read(from);
}

function days(action, slots) {
  const zone = ownZone();
  if (slots.length === 0) return h("p.muted", null, "Nothing is free in these two weeks.");
  return [...byDay(slots, zone)].map(([day, ofDay], index) => {
    const labels = clockLabels(ofDay.map((slot) => slot.startsAt), zone);
    const pick = (slot) => act(action, RESCHEDULE, "reschedule", { startsAt: slot.startsAt }, "The meeting is moved.");
    const title = h("summary", null, dayLabel(day), " ", h("span.muted.small", null, `${ofDay.length} free`));
    return h("details.day", { open: index === 0 }, title, h("div.row.times", null, ofDay.map((slot) => h("button.compact", {
      type: "button", aria: { label: `${dayLabel(day)}, ${clock(slot.startsAt, zone)}` }, on: { click: () => pick(slot) },
    }, labels.get(slot.startsAt)))));
  });
}

function later(start, first, read) {
  const step = LOOK_AHEAD_DAYS * 86400000;
  return h("div.row", null,
    start > first && h("button.compact", { type: "button", on: { click: () => read(start - step) } }, "← Earlier"),
    h("button.compact", { type: "button", on: { click: () => read(start + step) } }, "Later →"));
}
