// A query and a stream of events over one connection of Node's own HTTP/2, through TLS.
//
// One argument: JSON with the API's origin, the file of the certificate to trust, and an access token.

import { readFileSync } from "node:fs";
import { connect } from "node:http2";

const { origin, certificate, token } = JSON.parse(process.argv[2]);
const session = connect(origin, { ca: readFileSync(certificate) });
session.on("error", (error) => {
  console.log("error", error.message);
  process.exit(1);
});

function send(query, accept) {
  const stream = session.request({
    ":method": "POST",
    ":path": "/graphql",
    "content-type": "application/json",
    accept,
    authorization: `Bearer ${token}`,
  });
  stream.setEncoding("utf8");
  stream.end(JSON.stringify({ query }));
  return stream;
}

const status = (stream) => new Promise((resolve) => stream.on("response", (head) => resolve(head[":status"])));
const first = (stream) => new Promise((resolve) => stream.once("data", resolve));

const following = send('subscription { events(after: "ZTEuMA") { type } }', "text/event-stream");
console.log("stream", await status(following), JSON.stringify(await first(following)));
const asked = send("{ __typename }", "application/json");
console.log("query", await status(asked), JSON.parse(await first(asked)).data.__typename);
console.log(session.alpnProtocol, session.socket.getProtocol());
following.close();
session.close();
