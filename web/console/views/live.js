// Meetings as they happen.
import { announce, fill, h } from "../../shared/dom.js";
import { Stream } from "../../shared/stream.js";
import { exact } from "../../shared/time.js";
import { MEETING_EVENTS } from "../documents.js";
import { problem } from "../panel.js";
import { badge, json, pageHead, traceLink, words } from "../parts.js";
import { RequestRefused } from "../../shared/graphql.js";

/** Events kept on the page; the log itself is under "Trace". */
const SHOWN_MAX = 200;
const STATES = {
  connecting: ["info", "Connecting …"], live: ["good", "Live"], waiting: ["warn", "Reconnecting …"], closed: ["", "Stopped"],
};

export function live(root, { endpoint, session }) {
  const light = h("span.badge", { role: "status" });
  const list = h("ol.feed");
  const empty = h("p.muted", null, "Waiting for the first event. Book a meeting in another tab and it appears here.");
  const trouble = h("div");
  const lost = h("p.notice.warn.small", null, "The connection was lost before the first event. What happened in between is not shown here.");
  const stream = new Stream(endpoint, session, (state, detail) => {
    const [tone, text] = STATES[state];
    light.className = `badge ${tone}`;
    light.textContent = text;
    light.title = detail ?? "";
  });
  fill(root, pageHead("Live events", light), trouble, h("section.card", null, empty, list));
  stream.subscribe({ query: MEETING_EVENTS, variables: {} }, {
    cursorOf: (data) => data.meetingEvents?.cursor ?? null,
    next: ({ data, errors }) => {
      if (errors) fill(trouble, problem(new RequestRefused(errors)));
      if (!data?.meetingEvents) return;
      empty.hidden = true;
      list.prepend(entry(data.meetingEvents));
      announce(words(data.meetingEvents.type));
      while (list.childElementCount > SHOWN_MAX) list.lastElementChild.remove();
    },
    gap: () => { if (!lost.isConnected) trouble.after(lost); },
    error: (errors) => fill(trouble, problem(new RequestRefused(errors))),
  });
  // Leaving the page ends the stream; nobody is charged for what nobody sees.
  addEventListener("hashchange", () => stream.close(), { once: true });
}

function entry(event) {
  const { meeting } = event;
  return h("li.event", null,
    h("time.mono.muted", { dateTime: event.occurredAt }, exact(event.occurredAt)),
    h("div", null,
      h("p", null, h("strong", null, words(event.type)), " ", meeting && badge(meeting.status)),
      meeting && h("p", null, h("a", { href: `#/meetings/${meeting.id}` }, meeting.title)),
      h("p.small.muted", null, `Event ${event.sequence}, trace `, traceLink(event.correlationId)),
      h("details", null, h("summary.small", null, "Data"), json(event.data))));
}
