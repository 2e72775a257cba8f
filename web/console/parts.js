// How the console shows the things of the product: the same everywhere.
import { h } from "../shared/dom.js";
import { dayLabel, dayOf, ownZone, span, stamp } from "../shared/time.js";

const TONES = {
  CONFIRMED: "info", COMPLETED: "good", CANCELLED: "", NO_SHOW: "warn",
  ACTIVE: "good", NEEDS_REAUTHORISATION: "bad", DEAD: "bad", PARKED: "warn", QUARANTINED: "warn", REPAIRED: "good", PAUSED: "warn", PENDING: "info", DONE: "good",
  CLOSED: "good", HALF_OPEN: "warn", OPEN: "bad",
  GRANTED: "good", DENIED: "bad", MQL: "good",
};

/** Names and abbreviations are not written as words are. */
const NAMES = { HUBSPOT: "HubSpot", WEBFORM: "Web form", SMS: "SMS", MQL: "MQL", SQL: "SQL", crm_receipt: "CRM receipt" };

/** An enum value or an event's type as a word: `NO_SHOW` → `No show`. */
export function words(value) {
  if (value in NAMES) return NAMES[value];
  const text = value.toLowerCase().replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** A state as a coloured word. A state nobody has told us of is shown too, without colour. */
export function badge(value) {
  const tone = TONES[value];
  return h(tone ? `span.badge.${tone}` : "span.badge", null, words(value));
}

/** A contact's name; without the scope for personal data there is only the id. */
export function nameOf(contact) {
  const name = [contact.givenName, contact.familyName].filter(Boolean).join(" ");
  return name || contact.email || `Contact …${contact.id.slice(-6)}`;
}

/** A table that becomes a list of cards on a narrow screen. `columns` are `[title, (row) => content]`. */
export function table(caption, columns, rows) {
  return h("table", null,
    h("caption.visually-hidden", null, caption),
    h("thead", null, h("tr", null, columns.map(([title]) => h("th", { scope: "col" }, title)))),
    h("tbody", null, rows.map((row) => h("tr", null,
      columns.map(([title, cell]) => h("td", { data: { title } }, cell(row)))))));
}

/** Names and values; what is missing is left out. */
export function facts(pairs) {
  return h("dl.facts", null, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

/** JSON as text to read. */
export function json(value) {
  return h("pre.json", { tabIndex: 0 }, JSON.stringify(value, null, 2));
}

/** A link to everything that belongs to one piece of work. */
export function traceLink(correlationId) {
  return h("a.mono", { href: `#/trace/${encodeURIComponent(correlationId)}`, title: correlationId },
    correlationId.length > 13 ? `${correlationId.slice(0, 12)}…` : correlationId);
}

/** An id, as a link when the console has a page for its kind. */
export function entityLink(id) {
  const page = { con: "contacts", mtg: "meetings" }[id.split("_")[0]];
  const short = id.length > 18 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id;
  return page ? h("a.mono", { href: `#/${page}/${id}`, title: id }, short) : h("span.mono", { title: id }, short);
}

/** "Monday 23 November" over "8:00 – 8:30", in the reader's zone. */
export function when({ startsAt, endsAt }) {
  const zone = ownZone();
  return h("time.when", { dateTime: startsAt },
    h("span", null, dayLabel(dayOf(startsAt, zone), "short")),
    h("span.muted.numeric", null, span(startsAt, endsAt, zone)));
}

/** A moment, as a `time` element. */
export function moment(instant) {
  return h("time.numeric", { dateTime: instant }, stamp(instant));
}

/** Meetings as a table. */
export function meetingTable(meetings) {
  return table("Meetings", [
    ["When", (meeting) => when(meeting)],
    ["Meeting", (meeting) => h("a", { href: `#/meetings/${meeting.id}` }, meeting.title)],
    ["Host", (meeting) => meeting.host?.name ?? "—"],
    ["Status", (meeting) => badge(meeting.status)],
  ], meetings);
}

/** Records in CRMs, with the version of ours that they hold. */
export function crmRecords(records, currentVersion = null) {
  if (records.length === 0) return h("p.muted", null, "In no CRM yet.");
  return h("ul.lines", null, records.map((record) => h("li", null,
    h("span.mono", null, record.externalId),
    h("span.muted.small", null, `holds version ${record.version}`,
      currentVersion !== null && record.version < currentVersion && ` of ${currentVersion}: on its way`),
    h("span.muted.tiny.mono", null, record.connectionId))));
}

/** The head of a page. */
export function pageHead(title, ...rest) {
  return h("header.page-head", null, h("h1", null, title), ...rest);
}
