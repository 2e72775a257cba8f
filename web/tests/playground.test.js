// What the playground understands of the texts and the answers it handles.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Memory } from "../playground/memory.js";
import { prepare, withNewKeys } from "../playground/runner.js";
import { graphqlTokens, jsonTokens, matchingBrackets, operations } from "../playground/tokens.js";

test("no character is lost between the pieces, even of broken texts", () => {
  for (const text of ["query Q($a: Int = -1) { f(s: \"x\\\"y\") ...F @skip(if: true) } # end", "{ \"open", "\"\"\" block", "§ é {", ""]) {
    assert.equal(graphqlTokens(text).map((token) => token.text).join(""), text);
    assert.equal(jsonTokens(text).map((token) => token.text).join(""), text);
  }
});

test("the operation at the caret is the one that runs", () => {
  const query = "query A { a { b } }\nfragment F on T { x }\nmutation B($input: I!) { b(input: $input) { id } }";
  assert.deepEqual(operations(query).map(({ type, name }) => [type, name]), [["query", "A"], ["mutation", "B"]]);
  const at = (caret) => prepare({ query, caret, variables: "", headers: "" }).operationName;
  assert.deepEqual([at(3), at(query.length - 2)], ["A", "B"]);
});

test("a bracket finds its partner from either side", () => {
  const tokens = graphqlTokens("{ a(b: [1]) }");
  assert.deepEqual(matchingBrackets(tokens, 0), [0, 12]);
  assert.deepEqual(matchingBrackets(tokens, 11), [10, 3]);
  assert.equal(matchingBrackets(graphqlTokens("{ a"), 0), null);
});

test("a new key replaces the old one wherever it stands", () => {
  const { variables, headers, changed } = withNewKeys({ variables: { input: { idempotencyKey: "old", x: 1 } }, headers: { "Idempotency-Key": "old" } });
  assert.ok(changed);
  assert.notEqual(variables.input.idempotencyKey, "old");
  assert.equal(headers["Idempotency-Key"], variables.input.idempotencyKey);
});

test("a meeting is moved to a slot of its own host", () => {
  const memory = new Memory();
  const slot = (startsAt, id) => ({ startsAt, hosts: [{ id }] });
  memory.learn({ bookMeeting: { meeting: { id: "mtg_1", version: 1, host: { id: "hst_b" } } } });
  memory.learn({ availability: { slots: [slot("early", "hst_a"), slot("late", "hst_b")] } });
  assert.equal(memory.start("Availability"), "early");
  assert.equal(memory.start("Availability", { sameHost: true }), "late");
});

test("a meeting is moved away from where it is, to a slot that an earlier answer had", () => {
  const memory = new Memory();
  const slot = (startsAt) => ({ startsAt, hosts: [{ id: "hst_b" }] });
  memory.learn({ availability: { slots: [slot("early"), slot("late")] } });
  memory.learn({ submitForm: { submission: { slots: [{ startsAt: "other", hosts: [{ id: "hst_a" }] }] } } });
  memory.learn({ bookMeeting: { meeting: { id: "mtg_1", version: 1, startsAt: "early", host: { id: "hst_b" } } } });
  assert.equal(memory.start("Availability", { sameHost: true }), "late");
});

test("a hold is forgotten with the booking that used it", () => {
  const memory = new Memory();
  memory.learn({ holdSlot: { hold: { id: "hld_1", startsAt: "then" } } });
  assert.equal(memory.get("holdStartsAt"), "then");
  memory.learn({ bookMeeting: { meeting: { id: "mtg_1", version: 1 } } });
  assert.equal(memory.has("holdId"), false);
});
