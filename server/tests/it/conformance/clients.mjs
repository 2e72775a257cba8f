// A query, a refusal, a mutation and a subscription with a client from npm.
//
// One argument: JSON with the client's name, the API's URL, an access token, and the meeting that it is all about.

import * as apollo from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import * as urql from "@urql/core";
import { parse } from "graphql";
import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import WebSocket from "ws";

const { client: name, url, token, clientId, meeting, after } = JSON.parse(process.argv[2]);
const authorization = `Bearer ${token}`;

const socket = () =>
  ws.createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });

// The first result of what `subscribe` follows, which is then let go.
function first(subscribe) {
  return new Promise((resolve, reject) => {
    const stop = subscribe({
      next: (result) => {
        resolve(result);
        setTimeout(() => stop());
      },
      error: reject,
      complete: () => reject(new Error("it ended without a result")),
    });
  });
}

// Clients of a transport: everything is an operation.
function operations(client) {
  const run = (query, variables) => first((sink) => client.subscribe({ query, variables }, sink));
  // graphql-ws hands the errors of an `error` frame over as they are.
  const asked = (query, variables) => run(query, variables).catch((errors) => ({ errors }));
  return { query: asked, mutate: asked, subscribe: run, dispose: () => client.dispose() };
}

// urql, with subscriptions as its options say.
function withUrql(options, exchanges, dispose) {
  const client = new urql.Client({ url, exchanges, preferGetMethod: false, fetchOptions: { headers: { authorization } }, ...options });
  const told = ({ data, error }) => ({ data, errors: error?.graphQLErrors });
  return {
    query: async (query, variables) => told(await client.query(query, variables).toPromise()),
    mutate: async (query, variables) => told(await client.mutation(query, variables).toPromise()),
    subscribe: (query, variables) =>
      first((sink) => client.subscription(query, variables).subscribe((result) => sink.next(told(result))).unsubscribe),
    dispose,
  };
}

const clients = {
  "graphql-ws": () => operations(socket()),

  "graphql-sse": () => operations(sse.createClient({ url, headers: { authorization }, retryAttempts: 0 })),

  "urql": () => {
    const transport = socket();
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: transport.subscribe({ query, variables }, sink) }),
    });
    const exchanges = [urql.fetchExchange, urql.subscriptionExchange({ forwardSubscription })];
    return withUrql({}, exchanges, () => transport.dispose());
  },

  "urql over sse": () => withUrql({ fetchSubscriptions: true }, [urql.fetchExchange], () => {}),

  "apollo": () => {
    const transport = socket();
    const client = new apollo.ApolloClient({
      link: apollo.ApolloLink.split(
        ({ operationType }) => operationType === "subscription",
        new GraphQLWsLink(transport),
        new apollo.HttpLink({ uri: url, headers: { authorization } }),
      ),
      cache: new apollo.InMemoryCache(),
      defaultOptions: { query: { errorPolicy: "all" } },
    });
    const told = ({ data, error }) => ({ data, errors: error?.errors });
    return {
      query: async (query, variables) => told(await client.query({ query: parse(query), variables })),
      mutate: async (query, variables) => told(await client.mutate({ mutation: parse(query), variables })),
      subscribe: (query, variables) =>
        first((sink) => {
          const following = client.subscribe({ query: parse(query), variables }).subscribe(sink);
          return () => following.unsubscribe();
        }),
      dispose: () => {
        client.stop();
        transport.dispose();
      },
    };
  },
};

const client = clients[name]();
const viewer = await client.query("{ viewer { clientId } }", {});
console.log("query", viewer.data.viewer.clientId === clientId);
const refused = await client.query("{ nothing }", {});
console.log("refused", refused.errors[0].extensions.code);
const input = { idempotencyKey: `by-${name.replaceAll(" ", "-")}`, meetingId: meeting, outcome: "NO_SHOW" };
const noted = await client.mutate(
  "mutation ($input: RecordMeetingOutcomeInput!) { recordMeetingOutcome(input: $input) { meeting { id status } } }",
  { input },
);
console.log("mutation", noted.data.recordMeetingOutcome.meeting.status);
const heard = await client.subscribe(
  `subscription ($after: EventCursor) {
    meetingEvents(after: $after, filter: { types: ["meeting_outcome"] }) {
      type
      ... on MeetingOutcomeRecorded { meeting { id status } }
    }
  }`,
  { after },
);
const event = heard.data.meetingEvents;
console.log("subscription", event.type, event.meeting.id === meeting, event.meeting.status);
client.dispose();
