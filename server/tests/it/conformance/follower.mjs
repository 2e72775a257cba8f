// Follows the log over server-sent events, with npm's `graphql-sse` or `eventsource`, and comes back whenever the
// connection is lost. One line for whatever happens; ends when the stream completes, or after so many events.
//
// One argument: JSON with the client's name, the API's URL, an access token, and how many events are to be heard.

import { EventSource } from "eventsource";
import { createClient } from "graphql-sse";

const { client: name, url, token, count } = JSON.parse(process.argv[2]);
const authorization = `Bearer ${token}`;
const query = "subscription { events { sequence cursor } }";
let heard = 0;

function hear({ data, errors }) {
  if (errors) {
    return console.log("refused", errors[0].extensions.code);
  }
  console.log("event", data.events.sequence);
  heard += 1;
  if (heard === count) {
    process.exit(0);
  }
}

function end() {
  console.log("complete");
  process.exit(0);
}

const followers = {
  // It leaves the place to us: what is sent anew is the header.
  "graphql-sse": () => {
    let last;
    const client = createClient({
      url,
      headers: () => (last ? { authorization, "last-event-id": last } : { authorization }),
      retryAttempts: Infinity,
      retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
      on: { connected: () => console.log("connected") },
    });
    const next = (result) => {
      last = result.data?.events.cursor ?? last;
      hear(result);
    };
    client.subscribe({ query }, { next, error: (error) => console.log("error", error), complete: end });
  },

  // It does what browsers do: GET, and `Last-Event-ID` of its own accord.
  "eventsource": () => {
    const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }),
    });
    source.addEventListener("open", () => console.log("connected"));
    source.addEventListener("next", (event) => hear(JSON.parse(event.data)));
    source.addEventListener("complete", end);
  },
};

followers[name]();
