// Every document that the apps can send fits the schema. The schema is the server's own text, kept by its tests.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as booking from "../book/documents.js";
import * as console_ from "../console/documents.js";
import { SAMPLES } from "../playground/samples.js";
import { mismatches, readSchema } from "./schema.js";

const types = readSchema(new URL("../../schema.graphql", import.meta.url));

for (const [app, documents] of Object.entries({ booking, console: console_ })) {
  for (const [name, document] of Object.entries(documents)) {
    test(`${app}: ${name} fits the schema`, () => assert.deepEqual(mismatches(types, document), []));
  }
}

for (const { title, query } of SAMPLES) {
  test(`playground: “${title}” fits the schema`, () => assert.deepEqual(mismatches(types, query), []));
}

test("a document that does not fit is found out", () => {
  const check = (document, problem) => assert.deepEqual(mismatches(types, document), [problem]);
  check("{ viewer { name } }", "Viewer has no field name");
  check("query Q { viewer }", "Query.viewer needs a selection");
  check("{ contact(id: 1) { activities(first: 50) { id } } }", "Contact.activities takes no first");
  check("{ meeting { id } }", "Query.meeting needs id");
  check("query Q($s: Stat) { meetings(filter: { status: $s }) { nodes { id } } }", "$s is of the unknown type Stat");
  check("{ meetings(filter: { state: X }) { nodes { id } } }", "Query.meetings.filter takes no state");
});
