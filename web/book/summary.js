// Small pieces that several steps show.
import { h } from "../shared/dom.js";

/** "30 minutes · by video". */
export function offerLine(meetingType) {
  const parts = [`${meetingType.durationMinutes} minutes`, meetingType.location].filter(Boolean);
  return h("p.offer-line", null, parts.map((part) => h("span", null, part)));
}

/** The person one will talk to. */
export function person(name, line) {
  const initials = name.split(/\s+/).map((word) => [...word][0]).filter(Boolean);
  const shown = initials.length > 1 ? initials[0] + initials.at(-1) : initials[0] ?? "?";
  return h("div.person", null,
    h("span.avatar", { aria: { hidden: true } }, shown.toUpperCase()),
    h("div", null, h("p.muted.small", null, line), h("p.person-name", null, name)));
}

/** Slots as buttons; a label that would appear twice says its offset. */
export function slotButtons(slots, labels, describe, onPick) {
  return h("ul.slots", null, slots.map((slot) => h("li", null, h("button.slot", {
    type: "button", aria: { label: describe(slot) }, on: { click: (event) => onPick(slot, event.currentTarget) },
  }, labels.get(slot.startsAt)))));
}
