// What the playground leaves behind in the browser.
import assert from "node:assert/strict";
import { test } from "node:test";

import { draft, history, keepDraft, remember } from "../playground/history.js";

const kept = new Map();
globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };

test("documents and variables are kept, headers never", () => {
  const written = { query: "{ a }", variables: "{}", headers: "{\"authorization\": \"Bearer secret\"}" };
  kept.set("meridian.playground.history", JSON.stringify([{ ...written, title: "old", query: "{ old }" }]));
  keepDraft(written);
  remember({ ...written, title: "a" });
  assert.deepEqual([draft().query, ...history().map(({ title }) => title)], ["{ a }", "a", "old"]);
  assert.doesNotMatch([...kept.values()].join(), /secret/);
});
