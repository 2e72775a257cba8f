// What GraphiQL's panel says of a document, with the schema's definitions and the document given below.
//
// One argument: the folder of the browser apps.

import { pathToFileURL } from "node:url";
import * as graphql from "graphql";

const { demands } = await import(pathToFileURL(`${process.argv[2]}/graphiql/demands.js`));

const schema = graphql.buildSchema(`
  directive @requiresScope(scope: [String!]!) on FIELD_DEFINITION
  directive @cost(weight: String!) on FIELD_DEFINITION | OBJECT
  type Query {
    lead(id: ID!): Lead @requiresScope(scope: ["contacts:read"]) @cost(weight: "2")
    free: Int @deprecated
    host: Host
  }
  type Lead { name: String email: String @requiresScope(scope: ["contacts.pii:read", "leads:read"]) }
  type Host @cost(weight: "3") { name: String }
`);

for (const text of ["{ free }", "{ lead(id: 1) { name ...More } again: lead(id: 2) { name } host { name } nobody } fragment More on Lead { email }", "{ lead("]) {
  console.log(JSON.stringify(demands(graphql, schema, text)));
}
