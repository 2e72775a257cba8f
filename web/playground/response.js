// The answer: how it went in one line, then the JSON; for a subscription, a log that grows.
import { fill, h } from "../shared/dom.js";
import { isSignedOut } from "../shared/graphql.js";
import { exact } from "../shared/time.js";
import { jsonTokens } from "./tokens.js";

const LOG_MAX = 200;

function coloured(value) {
  const text = JSON.stringify(value, null, 2);
  return h("pre.json", { tabIndex: 0 }, jsonTokens(text).map((token) => (
    token.kind === "space" || token.kind === "mark" ? token.text : h(`span.${token.kind}`, null, token.text))));
}

/** Shows one answer. */
export function showAnswer(root, answer) {
  const body = { data: answer.data, ...(answer.errors.length > 0 ? { errors: answer.errors } : {}), extensions: answer.extensions };
  fill(root, verdict(answer), coloured(body));
}

function verdict({ status, milliseconds, correlationId, errors, extensions, data }) {
  const refusals = Object.values(data ?? {}).flatMap((payload) => payload?.errors ?? []);
  const scope = errors.find((error) => error.extensions?.requiredScope)?.extensions.requiredScope;
  const { cost, idempotency } = extensions;
  return h("div.verdict", { role: "status" },
    h(status < 400 && errors.length === 0 ? "span.badge.good" : "span.badge.bad", null, `HTTP ${status}`),
    h("span.badge.numeric", null, `${milliseconds.toFixed(0)} ms`),
    cost !== undefined && h("span.badge.numeric", { title: JSON.stringify(cost) }, `cost ${costText(cost)}`),
    idempotency?.replayed && h("span.badge.info", null, "replayed"),
    errors.length > 0 && h("span.badge.bad", null, scope ? `lacks ${scope}` : count(errors.length, "error")),
    refusals.length > 0 && h("span.badge.warn", null, refusals.map((refusal) => refusal.code).filter(Boolean).join(", ") || count(refusals.length, "refusal")),
    h("span.tiny.muted", null, "correlation ", h("a.mono", { href: `/console#/trace/${encodeURIComponent(correlationId)}` }, correlationId)));
}

function costText(cost) {
  if (typeof cost !== "object" || cost === null) return String(cost);
  return String(cost.requested ?? cost.actual ?? Object.values(cost)[0] ?? "—");
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** Shows why nothing was sent, or why nothing came back. */
export function showProblem(root, error) {
  fill(root, h("div.notice.bad", { role: "alert" }, h("p", null, error.message),
    isSignedOut(error) && h("p", null, h("button.compact", { type: "button", on: { click: () => location.reload() } }, "Sign in again")),
    error.correlationId && h("p.tiny.muted", null, "correlation ", h("span.mono", null, error.correlationId))));
}

/** A log for a subscription. */
export function makeLog(root) {
  const state = h("span.badge", { role: "status" });
  const number = h("span.small.muted.numeric");
  const list = h("ol.log");
  let received = 0;
  fill(root, h("div.verdict", null, state, number), list);
  const add = (title, content) => {
    list.prepend(h("li", null, h("p.small.muted", null, h("span.mono", null, exact(Date.now())), " ", title), content));
    while (list.childElementCount > LOG_MAX) list.lastElementChild.remove();
  };
  return {
    setState(tone, text) {
      state.className = tone ? `badge ${tone}` : "badge";
      state.textContent = text;
    },
    event(payload) {
      received += 1;
      number.textContent = count(received, "event");
      add("", coloured(payload));
    },
    note(title, content = null) {
      add(title, content && coloured(content));
    },
  };
}
