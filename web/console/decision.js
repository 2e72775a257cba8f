// What a person decides about something that failed: asked for on its card, carried out once, and shown there.
import { announce, fill, focusOn, h } from "../shared/dom.js";
import { carryOut } from "../shared/intent.js";
import { laidOut, problemsOf, readBody } from "./correction.js";
import { problem } from "./panel.js";
import { badge } from "./parts.js";

/** What the API takes as a reason, at most. */
const REASON_LENGTH_MAX = 200;

/** Where a card shows what becomes of it: its state, its buttons, and what is asked or said below. */
export function placeOf(state) {
  return { state: h("span", null, badge(state)), buttons: h("div.row"), outcome: h("div") };
}

/**
 * Carries it out.
 * @param {{document: string, name: string, input: object, done: string}} decision `name` names the intent.
 * @param {Element} said Where refusals are shown; what was written stays as it is.
 */
export async function decide(client, place, { document, name, input, done }, said = place.outcome) {
  for (const button of place.buttons.children) button.disabled = true;
  try {
    const payload = await carryOut(client, document, name, input);
    if (payload.errors.length > 0) {
      fill(said, refusals(payload.errors));
      for (const button of place.buttons.children) button.disabled = false;
      return;
    }
    fill(place.state, badge(payload.delivery.state));
    fill(place.outcome, h("p.notice.good", { role: "status" }, done));
    announce(done);
    place.buttons.hidden = true;
  } catch (error) {
    fill(said, problem(error));
    for (const button of place.buttons.children) button.disabled = false;
  }
}

function refusals(errors) {
  return h("div.notice.bad", { role: "alert" }, h("ul", null, problemsOf(errors).map(({ where, message }) =>
    h("li", null, where && [h("code.mono", null, where), ": "], message))));
}

/** Asks why, before something is given up for good. `act(reason, said)` does it. */
export function askWhy(place, { id, question, button }, act) {
  const reason = reasonInput(id);
  ask(place, h("div.field", null, h("label", { htmlFor: reason.id }, question), reason),
    h("button.danger", { type: "submit" }, button), (said) => act(reason.value.trim(), said));
  focusOn(reason);
}

/** Asks what it should have said, and why where `why` is a question. `act({ body, reason }, said)` does it. */
export function askForBody(place, { id, body, why, button }, act) {
  const text = h("textarea.mono.body", { id: `body-${id}`, required: true, spellcheck: false, value: laidOut(body) });
  const reason = why && reasonInput(id);
  ask(place, [
    h("div.field", null, h("label", { htmlFor: text.id }, "The whole form, as it should have come"), text),
    why && h("div.field", null, h("label", { htmlFor: reason.id }, why), reason),
  ], h("button.primary", { type: "submit" }, button), (said) => {
    const read = readBody(text.value);
    if (read.problem) {
      fill(said, h("p.notice.bad", { role: "alert" }, read.problem));
      focusOn(text);
      return;
    }
    act({ body: read.body, reason: reason?.value.trim() }, said);
  });
  focusOn(text);
}

function reasonInput(id) {
  return h("input", { id: `reason-${id}`, required: true, maxLength: REASON_LENGTH_MAX });
}

function ask(place, fields, submit, act) {
  const said = h("div", { aria: { live: "polite" } });
  const leave = () => { fill(place.outcome); place.buttons.hidden = false; focusOn(place.buttons.firstChild); };
  place.buttons.hidden = true;
  fill(place.outcome, h("form.stack", { on: { submit: (event) => { event.preventDefault(); act(said); } } },
    fields, said,
    h("div.row", null, submit,
      h("button.quiet", { type: "button", on: { click: leave } }, "Leave it"))));
}
