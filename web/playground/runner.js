// Running what stands in the editors: which operation, with which variables, headers and key.
import { newId } from "../shared/dom.js";
import { operations } from "./tokens.js";

/** What is wrong with the editors' contents, before anything is sent. */
export class NotReady extends Error {}

/** Headers the playground sets itself; another value would only break the request. */
const OWN_HEADERS = new Set(["authorization", "content-type", "content-length", "accept"]);
const KEY_HEADER = "idempotency-key";

/**
 * The request in the editors: the operation at the caret, when there are several.
 * @returns {{type: string, query: string, variables: object, headers: object, operationName: string|undefined}}
 */
export function prepare({ query, caret, variables, headers }) {
  const found = operations(query);
  if (found.length === 0) throw new NotReady("There is no operation to run.");
  const chosen = found.find(({ start, end }) => caret >= start && caret <= end) ?? found[0];
  if (found.length > 1 && chosen.name === null) throw new NotReady("Of several operations, each needs a name.");
  return {
    type: chosen.type,
    query,
    variables: object(variables, "variables"),
    headers: ownHeadersOut(object(headers, "headers")),
    operationName: chosen.name ?? undefined,
  };
}

function object(text, name) {
  if (text.trim() === "") return {};
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NotReady(`The ${name} are not JSON: ${error.message}`);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new NotReady(`The ${name} are not a JSON object.`);
  return value;
}

function ownHeadersOut(headers) {
  return Object.fromEntries(Object.entries(headers)
    .filter(([name]) => !OWN_HEADERS.has(name.toLowerCase())).map(([name, value]) => [name, String(value)]));
}

/**
 * Gives a mutation a key of its own. Every input that has an `idempotencyKey` gets it, and the header too if it is
 * there, because the two must be equal. With several inputs each gets another key.
 * @returns {{variables: object, headers: object, changed: boolean}}
 */
export function withNewKeys({ variables, headers }) {
  let last = null;
  const renewed = Object.fromEntries(Object.entries(variables).map(([name, value]) => {
    if (value === null || typeof value !== "object" || !("idempotencyKey" in value)) return [name, value];
    last = newId();
    return [name, { ...value, idempotencyKey: last }];
  }));
  const header = Object.keys(headers).find((name) => name.toLowerCase() === KEY_HEADER);
  return {
    variables: renewed,
    headers: header && last ? { ...headers, [header]: last } : headers,
    changed: last !== null,
  };
}

/** The cursor of the event in a subscription's answer, for resuming; only if the document takes `$after`. */
export function cursorReader(query) {
  if (!/\$after\b/.test(query)) return undefined;
  return (data) => Object.values(data).find((value) => value?.cursor)?.cursor ?? null;
}
