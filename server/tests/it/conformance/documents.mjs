// Whether the server and graphql-js take and refuse the same documents, with the same variables. Prints each on which
// they differ, and how many there were.
//
// One argument, JSON: the `url` and a `token`, and the files of the `schema` and of the `documents`: each after
// `### name`, its variables after `---`.

import { readFileSync } from "node:fs";
import { buildSchema, getVariableValues, parse, validate } from "graphql";

const given = JSON.parse(process.argv[2]);
const schema = buildSchema(readFileSync(given.schema, "utf8"));

/** Whether graphql-js would execute it (GraphQL §5 and §6.1.2). */
function expected(text, variables) {
  let document;
  try {
    document = parse(text);
  } catch {
    return false;
  }
  if (validate(schema, document).length > 0) return false;
  const [operation] = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
  return getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors === undefined;
}

/** Whether the server executes it: what it refuses has no `data`. */
async function found(query, variables) {
  const operationName = /^(?:query|mutation) (\w+)/.exec(query)?.[1];
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json",
    authorization: `Bearer ${given.token}`,
  };
  const response = await fetch(given.url, { method: "POST", headers, body: JSON.stringify({ query, variables, operationName }) });
  const answer = await response.json();
  const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
  if (codes.includes("INTERNAL")) throw new Error(`${query}: ${JSON.stringify(answer)}`);
  return "data" in answer;
}

let count = 0;
for (const part of readFileSync(given.documents, "utf8").split(/^### /m).slice(1)) {
  const [title, ...lines] = part.split("\n");
  const [text, values = "{}"] = lines.join("\n").split(/^---$/m);
  const [query, variables] = [text.trim(), JSON.parse(values)];
  const [theirs, ours] = [expected(query, variables), await found(query, variables)];
  if (theirs !== ours) console.log(`${title}: ${ours ? "taken" : "refused"}`);
  count += 1;
}
console.log(`${count} documents`);
