// One intent, one idempotency key: made when a person decides something, kept until the server has answered.
//
// The key and the exact input live in sessionStorage, so a retry, a double tap and a reload all repeat the same
// request, and the server does the thing once. A decided outcome (done or refused) ends the intent; the next
// attempt is a new decision with a new key.
import { newId } from "./dom.js";

const PREFIX = "meridian.intent.";

/**
 * The input of an intent, with its key. The same `name` and the same `input` give the same key until it is settled;
 * another input is another intent.
 */
export function intent(name, input) {
  const fingerprint = JSON.stringify(input);
  const kept = JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
  if (kept?.fingerprint === fingerprint) return { ...input, idempotencyKey: kept.key };
  const key = newId();
  sessionStorage.setItem(PREFIX + name, JSON.stringify({ fingerprint, key }));
  return { ...input, idempotencyKey: key };
}

/** The server has decided: the key has done its work. */
export function settle(name) {
  sessionStorage.removeItem(PREFIX + name);
}

/**
 * Sends a mutation for an intent and settles it when the outcome is certain. A failure that leaves the outcome open
 * (no answer, "try again") keeps the key for the next try.
 */
export async function carryOut(client, document, name, input) {
  try {
    const payload = await client.mutate(document, intent(name, input));
    settle(name);
    return payload;
  } catch (error) {
    if (error.retryable === false) settle(name);
    throw error;
  }
}
