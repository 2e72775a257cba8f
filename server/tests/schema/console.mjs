// The scopes of the console's client against what its documents ask: fields that none of them opens, and scopes that open
// nothing.
//
// Two arguments: the schema, and the folder of the browser apps.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as graphql from "graphql";

const [schemaPath, web] = process.argv.slice(2);
const { demands } = await import(pathToFileURL(`${web}/graphiql/demands.js`));
const { SCOPES } = await import(pathToFileURL(`${web}/console/scopes.js`));
const documents = Object.values(await import(pathToFileURL(`${web}/console/documents.js`)));

const schema = graphql.buildSchema(readFileSync(schemaPath, "utf8"));
const granted = SCOPES.split(" ");
const asked = documents.flatMap((text) => demands(graphql, schema, text)).filter(({ scopes }) => scopes.length > 0);
const closed = asked.filter(({ scopes }) => !scopes.some((scope) => granted.includes(scope))).map(({ at }) => at);
const idle = granted.filter((scope) => !asked.some(({ scopes }) => scopes.includes(scope)));
console.log("closed:", closed.join(" "));
console.log("idle:", idle.join(" "));
