// Deliveries that cannot succeed as they are, with what they carried and what went wrong.
import { announce, fill, h } from "../../shared/dom.js";
import { carryOut } from "../../shared/intent.js";
import { DEAD_LETTERS, REPLAY } from "../documents.js";
import { pagedList, problem } from "../panel.js";
import { badge, entityLink, facts, json, moment, pageHead, traceLink, words } from "../parts.js";

export function deadLetters(root, { client }) {
  const page = async (after) => {
    const { data, errors } = await client.query(DEAD_LETTERS, { first: 20, after });
    return { connection: data.deadLetters, errors };
  };
  fill(root,
    pageHead("Dead letters"),
    h("p.muted", null, "Correct the cause first, then replay. A replayed delivery takes its place in its lane again."),
    pagedList(page, (letters) => h("div.stack", null, letters.map((letter) => card(client, letter))), "There are none. Everything was delivered."));
}

function card(client, letter) {
  const outcome = h("div");
  const state = h("span", null, badge(letter.state));
  const button = h("button", { type: "button", on: { click: () => replay(client, letter, { outcome, state, button }) } }, "Replay");
  return h("article.card.stack", null,
    h("div.row.spread", null, h("h2", null, words(letter.payload?.job ?? "delivery")), state),
    h("p.notice.bad.cause", null, letter.lastError ?? "No error was noted."),
    facts([
      ["To", h("span.mono", null, letter.destination)],
      ["Attempts", String(letter.attempts)],
      ["Lane", entityLink(letter.lane)],
      ["Since", moment(letter.createdAt)],
      ["Trace", traceLink(letter.correlationId)],
      ["Id", h("span.mono", null, letter.id)],
    ]),
    letter.payload !== null && h("details", null, h("summary", null, "Payload"), json(letter.payload)),
    outcome, h("div", null, button));
}

async function replay(client, letter, { outcome, state, button }) {
  button.disabled = true;
  try {
    const payload = await carryOut(client, REPLAY, `replay.${letter.id}`, { deliveryId: letter.id });
    if (payload.errors.length > 0) throw new Error(payload.errors.map((error) => error.message).join(" "));
    fill(state, badge(payload.delivery.state));
    fill(outcome, h("p.notice.good", { role: "status" }, "It is on its way again."));
    announce("The delivery is on its way again.");
    button.hidden = true;
  } catch (error) {
    fill(outcome, problem(error));
    button.disabled = false;
  }
}
