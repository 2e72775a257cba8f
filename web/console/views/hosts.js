// Who can be booked, and when they work.
import { fill, h } from "../../shared/dom.js";
import { clock, zoneLabel } from "../../shared/time.js";
import { HOSTS } from "../documents.js";
import { panel } from "../panel.js";
import { badge, pageHead, words } from "../parts.js";

const WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

export function hosts(root, { client }) {
  fill(root, pageHead("Hosts"), panel(null, () => client.query(HOSTS), (data) => data.hosts, (list) => h("div.hosts", null, list.map(card))));
}

function card(host) {
  return h("article.host.stack", null,
    h("div", null, h("div.row", null, h("h2", null, host.name), host.active === false && badge("PAUSED")),
      h("p.muted.small", null, [host.email, `${zoneLabel(host.timeZone)}, now ${clock(Date.now(), host.timeZone)}`].filter(Boolean).join(" · "))),
    host.weeklyHours ? schedule(host.weeklyHours) : h("p.muted.small", null, "Your token may not see the hours."),
    h("p.mono.tiny.muted", null, host.id));
}

function schedule(weekly) {
  return h("dl.schedule", null, WEEK.map((day) => {
    const windows = weekly.filter((window) => window.weekday === day);
    return h("div", null, h("dt", null, words(day)),
      h("dd.numeric", null, windows.length > 0 ? windows.map(({ start, end }) => h("span", null, `${hours(start)} – ${hours(end)}`)) : h("span.muted", null, "—")));
  }));
}

/** Wall-clock times are the host's own; seconds are never used. */
function hours(time) {
  return time.slice(0, 5);
}
