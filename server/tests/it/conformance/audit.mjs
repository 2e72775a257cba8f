// All audits of npm's `graphql-http`; every one that is not "ok" is printed with its reason, then how many passed.
//
// One argument: JSON with the API's URL and an access token.

import { auditServer } from "graphql-http";

const { url, token } = JSON.parse(process.argv[2]);
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

const results = await auditServer({ url, fetchFn });
const failed = results.filter(({ status }) => status !== "ok");
for (const { id, name, status, reason } of failed) {
  console.log(`${status}: ${id} ${name}: ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length} audits passed`);
