// Forms that came by webhook, were authentic and did not fit: what is wrong with each, and what becomes of it.
import { fill, h } from "../../shared/dom.js";
import { askForBody, askWhy, decide, placeOf } from "../decision.js";
import { DISCARD_QUARANTINED, QUARANTINED, REPAIR } from "../documents.js";
import { pagedList } from "../panel.js";
import { facts, moment, pageHead, table, traceLink } from "../parts.js";

export function quarantine(root, { client }) {
  const page = async (after) => {
    const { data, errors } = await client.query(QUARANTINED, { first: 20, after });
    return { connection: data.inboundDeliveries, errors };
  };
  const cards = (list) => h("div.stack", null, list.map((delivery) => card(client, delivery)));
  fill(root,
    pageHead("Quarantine"),
    h("p.muted", null, "These are kept as they came and not used. The same fault in all of a sender's forms means that its mapping changed: have it corrected there, and it may send them again."),
    pagedList(page, cards, "There is nothing in quarantine. Every form that came fits."));
}

function card(client, delivery) {
  const place = placeOf(delivery.state);
  fill(place.buttons,
    h("button", { type: "button", on: { click: () => askRepair(client, delivery, place) } }, "Repair"),
    h("button.quiet", { type: "button", on: { click: () => askDiscard(client, delivery, place) } }, "Discard"));
  return h("article.card.stack", null,
    h("div.row.spread", null, h("h2", null, "Form ", h("span.mono", null, delivery.deliveryId ?? "without an id")), place.state),
    reasons(delivery.violations),
    facts([
      ["Came", moment(delivery.receivedAt)],
      ["Through", h("span.mono", null, delivery.connectionId)],
      ["Trace", traceLink(delivery.correlationId)],
      ["Id", h("span.mono", null, delivery.id)],
    ]),
    delivery.body === null
      ? h("p.notice.warn.small", null, "What came is not shown: it is no text, or your token lacks contacts.pii:read.")
      : h("details", null, h("summary", null, "What came"), h("pre.json", { tabIndex: 0 }, delivery.body)),
    place.outcome, place.buttons);
}

function reasons(violations) {
  return table("What is wrong", [
    ["Where", ({ path }) => h("code.mono", null, path || "the whole")],
    ["What", ({ message }) => message],
    ["Rule", ({ keyword }) => h("span.mono.small", null, keyword)],
  ], violations);
}

function askRepair(client, delivery, place) {
  const asked = { id: delivery.id, body: delivery.body, button: "Repair and run" };
  askForBody(place, asked, ({ body }, said) => decide(client, place, {
    document: REPAIR, name: `repair.${delivery.id}`, input: { id: delivery.id, body },
    done: "It fits now, and goes through the pipeline.",
  }, said));
}

function askDiscard(client, delivery, place) {
  const asked = { id: delivery.id, question: "Why is it not to be used?", button: "Discard it" };
  askWhy(place, asked, (reason, said) => decide(client, place, {
    document: DISCARD_QUARANTINED, name: `discard.${delivery.id}`, input: { id: delivery.id, reason },
    done: "It is discarded; it stays to be read for a while.",
  }, said));
}
