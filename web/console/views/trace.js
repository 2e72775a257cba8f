// Everything that belongs to one piece of work, in order: from the form to the record in the CRM.
import { fill, h } from "../../shared/dom.js";
import { exact, stamp } from "../../shared/time.js";
import { EVENTS_OF_TRACE } from "../documents.js";
import { pagedList } from "../panel.js";
import { entityLink, json, pageHead, traceLink, words } from "../parts.js";

const EVENTS_PER_PAGE = 100;

export function trace(root, { client }, correlationId) {
  const input = h("input", { id: "correlation", value: correlationId ?? "", spellcheck: false, autocomplete: "off", required: true, maxLength: 128 });
  const form = h("form.search", { role: "search", on: { submit: (event) => {
    event.preventDefault();
    location.hash = `#/trace/${encodeURIComponent(input.value.trim())}`;
  } } },
  h("label.visually-hidden", { htmlFor: "correlation" }, "Correlation id"), input, h("button.primary", { type: "submit" }, "Trace"));
  input.placeholder = "Correlation id";
  fill(root, pageHead("Trace"), form, correlationId
    ? h("section.card.stack", null, eventList(client, EVENTS_OF_TRACE, { correlationId }, { linkTrace: false }))
    : h("p.muted", null, "Every answer, event and delivery carries a correlation id. Enter one to see all that happened under it."));
}

/** The events of a query, page by page. */
export function eventList(client, document, variables, options) {
  const page = async (after) => {
    const { data, errors } = await client.query(document, { first: EVENTS_PER_PAGE, after, ...variables });
    return { connection: data.events, errors };
  };
  return pagedList(page, (events) => timeline(events, options), "No event.");
}

/** Events with the time that has passed since the first. */
function timeline(events, { linkTrace }) {
  const start = Date.parse(events[0].occurredAt);
  return [
    h("p.muted.small", null, `${events.length === 1 ? "One event" : `${events.length} events`} since ${stamp(events[0].occurredAt)}`),
    h("ol.feed", null, events.map((event) => h("li.event", null,
      h("div", null,
        h("time.mono", { dateTime: event.occurredAt }, exact(event.occurredAt)),
        h("p.tiny.muted.numeric", null, `+${passed(Date.parse(event.occurredAt) - start)}`)),
      h("div", null,
        h("p", null, h("strong", null, words(event.type))),
        h("p.small.muted", null, entityLink(event.entityId), linkTrace && [", trace ", traceLink(event.correlationId)]),
        h("details", null, h("summary.small", null, "Data"), json(event.data)))))),
  ];
}

function passed(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}
