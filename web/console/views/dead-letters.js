// Deliveries that cannot succeed as they are, with what they carried and what went wrong.
import { fill, h } from "../../shared/dom.js";
import { carryOut } from "../../shared/intent.js";
import { askForBody, askWhy, decide, placeOf } from "../decision.js";
import { DEAD_LETTERS, DESTINATIONS, DISCARD, EDIT, REPLAY, REPLAY_ALL } from "../documents.js";
import { pagedList, panel, problem } from "../panel.js";
import { badge, entityLink, facts, json, moment, pageHead, table, traceLink, words } from "../parts.js";

/** What the API takes in one go, at most. */
const REPLAYED_AT_ONCE = 500;
/** The job whose words are somebody else's: a form that waits for the pipeline. All others read what they bring anew. */
const FORM = "run_pipeline";

export function deadLetters(root, { client }) {
  const page = async (after) => {
    const { data, errors } = await client.query(DEAD_LETTERS, { first: 20, after });
    return { connection: data.deadLetters, errors };
  };
  const health = panel("Destinations", () => client.query(DESTINATIONS), (data) => data.destinations, destinations);
  const letters = h("div.stack");
  const cards = (list) => h("div.stack", null, list.map((letter) => card(client, letter)));
  const read = () => fill(letters, pagedList(page, cards, "There are none. Everything was delivered."));
  const changed = () => { health.reload(); read(); };
  const outcome = h("div");
  const all = h("button", { type: "button", on: { click: () => replayAll(client, { outcome, all, changed }) } }, "Replay all");
  fill(root,
    pageHead("Dead letters", all), health,
    h("p.muted", null, "Correct the cause first, then replay. A replayed delivery takes its place in its lane again."),
    outcome, letters);
  read();
}

function destinations(list) {
  if (list.length === 0) return h("p.muted", null, "Nothing has been delivered yet.");
  return table("Destinations", [
    ["To", (one) => h("span.mono", null, one.destination)],
    ["Circuit", (one) => [badge(one.circuit), one.openUntil && h("p.tiny.muted", null, "until ", moment(one.openUntil))]],
    ["Failures in a row", (one) => h("span.numeric", null, String(one.failures))],
    ["Waiting", (one) => [h("span.numeric", null, String(one.depth)), one.oldestSince && h("p.tiny.muted", null, "since ", moment(one.oldestSince))]],
    ["Dead letters", (one) => h("span.numeric", null, String(one.deadLetters))],
    ["When one dies", (one) => [words(one.onDeath), one.lanesBlocked > 0 && h("p.tiny.muted", null, `${one.lanesBlocked} lanes wait`)]],
  ], list);
}

async function replayAll(client, { outcome, all, changed }) {
  all.disabled = true;
  try {
    const payload = await carryOut(client, REPLAY_ALL, "replayAll", { limit: REPLAYED_AT_ONCE });
    refuse(payload);
    const rest = payload.remaining > 0 ? ` ${payload.remaining} are left; replay again.` : "";
    const text = `${payload.replayed} ${payload.replayed === 1 ? "is" : "are"} on their way again.${rest}`;
    fill(outcome, h("p.notice.good", { role: "status" }, text));
    changed();
  } catch (error) {
    fill(outcome, problem(error));
  } finally {
    all.disabled = false;
  }
}

function refuse(payload) {
  if (payload.errors.length > 0) throw new Error(payload.errors.map((error) => error.message).join(" "));
}

function card(client, letter) {
  const place = placeOf(letter.state);
  const act = (document, name, input, done, said) => decide(client, place, {
    document, name: `${name}.${letter.id}`, input: { deliveryId: letter.id, ...input }, done,
  }, said);
  fill(place.buttons,
    h("button", { type: "button", on: { click: () => act(REPLAY, "replay", {}, "It is on its way again.") } }, "Replay"),
    letter.payload?.job === FORM && h("button", { type: "button", on: { click: () => askCorrection(letter, place, act) } }, "Correct"),
    h("button.quiet", { type: "button", on: { click: () => askDiscard(letter, place, act) } }, "Discard"));
  return h("article.card.stack", null,
    h("div.row.spread", null, h("h2", null, words(letter.payload?.job ?? "delivery")), place.state),
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
    letter.body !== null && h("details", null, h("summary", null, "Form"), json(letter.body)),
    place.outcome, place.buttons);
}

/** Asks what the form should have said. Without the scope for personal data it is not shown, and can be written anew. */
function askCorrection(letter, place, act) {
  const why = "Why? This stays in the log, so name nobody.";
  askForBody(place, { id: letter.id, body: letter.body, why, button: "Correct and run" }, (input, said) =>
    act(EDIT, "edit", input, "It is corrected, and on its way again.", said));
}

/** Asks why before it is decided that a delivery is never made. */
function askDiscard(letter, place, act) {
  askWhy(place, { id: letter.id, question: "Why is it never to be made?", button: "Discard it" }, (reason, said) =>
    act(DISCARD, "discard", { reason }, "It is discarded; what waited behind it goes on.", said));
}
