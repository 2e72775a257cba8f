// GraphQL Inspector on the schema: every document of the browser apps is valid and deprecated nowhere, and the schema
// has not changed when it is compared with itself. Beside that, every deprecation says when it runs out.
//
// Two arguments: the schema, and the folder of the browser apps.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { diff, validate } from "@graphql-inspector/core";
import { Source, buildSchema, parse, visit } from "graphql";

const [path, web] = process.argv.slice(2);
const text = readFileSync(path, "utf8");
const schema = buildSchema(text);
const load = (file) => import(pathToFileURL(`${web}/${file}`));

const { SAMPLES } = await load("playground/samples.js");
const documents = SAMPLES.map(({ title, query }) => new Source(query, title));
for (const app of ["book", "console"]) {
  for (const [name, text] of Object.entries(await load(`${app}/documents.js`))) documents.push(new Source(text, `${app}: ${name}`));
}
const invalid = documents.flatMap((document) => validate(schema, [document], { strictDeprecated: true }));
for (const { source, errors, deprecated } of invalid) {
  for (const { message } of [...errors, ...deprecated]) console.error(`${source.name}: ${message}`);
}
const changes = await diff(schema, schema);
for (const { message } of changes) console.error(message);

const undated = (sdl) => {
  const found = [];
  visit(parse(sdl), { Directive({ name, arguments: [reason] }) {
    if (name.value === "deprecated" && !/removal not before \d{4}-\d\d-\d\d/.test(reason?.value.value)) found.push(reason?.value.value ?? "no reason");
  } });
  return found;
};
for (const reason of undated(text)) console.error(`a deprecation without a day: ${reason}`);
if (undated("type Query { a: Int @deprecated b: Int @deprecated(reason: \"removal not before 2030-01-01\") }").length !== 1) throw new Error("days are not read");

// The tool finds something where there is something to be found.
const [found] = validate(schema, [new Source("{ viewer { nobody } }", "wrong")]);
if (found?.errors.length !== 1) throw new Error("a wrong document was not found out");

console.log(`${invalid.length + changes.length + undated(text).length} problems in ${documents.length} documents`);
