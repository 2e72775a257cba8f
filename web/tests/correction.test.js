// Bodies that people correct, and what they are told about them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { laidOut, problemsOf, readBody } from "../console/correction.js";

test("a body is laid out where it is JSON, and shown as it came where it is not", () => {
  const check = (body, expected) => assert.equal(laidOut(body), expected);
  check({ contact: { email: "a" } }, '{\n  "contact": {\n    "email": "a"\n  }\n}');
  check('{"event":1}', '{\n  "event": 1\n}');
  check('{"event":', '{"event":');
  check(null, "");
  check(undefined, "");
});

test("what is no JSON is said before it is sent", () => {
  assert.deepEqual(readBody(' {"event": "webform_submitted"} '), { body: { event: "webform_submitted" } });
  assert.match(readBody('{"event":').problem, /^This is not JSON: ./);
  assert.match(readBody("").problem, /^This is not JSON/);
});

test("a refusal names the place as whoever corrects sees it", () => {
  const errors = [
    { field: "input.body/contact/email", message: "not an address" },
    { field: "input.body", message: "it says what it said" },
    { field: "input.reason", message: "say why" },
    { field: null, message: "gone" },
  ];
  assert.deepEqual(problemsOf(errors), [
    { where: "/contact/email", message: "not an address" },
    { where: null, message: "it says what it said" },
    { where: null, message: "say why" },
    { where: null, message: "gone" },
  ]);
});
