// One meeting: what was agreed, what can be done with it, and everything that has happened to it.
import { fill, h } from "../../shared/dom.js";
import { dayLabel, dayOf, ownZone, span, zoneLabel } from "../../shared/time.js";
import { EVENTS_OF_ENTITY, MEETING_CONTACT, MEETING_PAGE, MEETING_RECORDS } from "../documents.js";
import { focusFirst, load, panel } from "../panel.js";
import { badge, crmRecords, facts, moment, nameOf, pageHead } from "../parts.js";
import { meetingActions } from "./meeting-actions.js";
import { eventList } from "./trace.js";

export function meeting(root, context, id) {
  const { client } = context;
  const main = h("div.stack");
  const read = () => load(main, () => client.query(MEETING_PAGE, { id }), (data) => data.meeting, (found) => {
    if (!found) return h("p.notice.warn", null, "There is no such meeting, or it may not be seen.");
    return [head(found), agreed(found), meetingActions(context, found, changed)];
  });
  const records = panel("In the CRM", () => client.query(MEETING_RECORDS, { id }),
    (data) => data.meeting?.crmRecords && data.meeting, (found) => crmRecords(found?.crmRecords ?? [], found?.version ?? null));
  const history = h("section.card.stack");
  const readHistory = () => fill(history, h("h2", null, "What happened"), eventList(client, EVENTS_OF_ENTITY, { id }, { linkTrace: true }));
  const changed = () => { read(); records.reload(); readHistory(); };
  fill(root, main, h("div.columns", null,
    panel("Who", () => client.query(MEETING_CONTACT, { id }), (data) => data.meeting?.contact, who), records), history);
  read().then(() => focusFirst(main));
  readHistory();
}

function head(meetingNow) {
  return pageHead(meetingNow.title, badge(meetingNow.status));
}

function agreed(one) {
  const zone = ownZone();
  const inZone = (name) => `${dayLabel(dayOf(one.startsAt, name), "short")}, ${span(one.startsAt, one.endsAt, name)} (${zoneLabel(name, one.startsAt)})`;
  return h("section.card.stack", null,
    h("div", null, h("p.big", null, dayLabel(dayOf(one.startsAt, zone))),
      h("p.big.numeric", null, span(one.startsAt, one.endsAt, zone), " ", h("span.muted.small", null, zoneLabel(zone, one.startsAt)))),
    facts([
      ["Host", one.host?.name],
      ["For the host", one.hostTimeZone === zone ? null : inZone(one.hostTimeZone)],
      ["For the contact", one.contactTimeZone === zone ? null : inZone(one.contactTimeZone)],
      ["Type", one.meetingType?.name],
      ["Where", one.location],
      ["Note", one.note],
      ["Cancelled because", one.cancelReason],
      ["Booked", moment(one.bookedAt)],
      ["Changed", moment(one.updatedAt)],
      ["Version", h("span.numeric", null, `${one.version}, invitation ${one.sequence}`)],
      ["Calendar UID", h("span.mono", null, one.calendarUid)],
    ]));
}

function who(contact) {
  if (!contact) return h("p.muted", null, "The contact may not be seen with this token.");
  return h("div", null, h("p", null, h("a", { href: `#/contacts/${contact.id}` }, nameOf(contact))),
    h("p.muted.small", null, [contact.companyName, contact.email].filter(Boolean).join(" · ")));
}
