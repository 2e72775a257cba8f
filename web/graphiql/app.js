// GraphiQL with this server: it signs members in, reads the schema with its scopes and costs, and asks in the name of
// whoever signed in. This file joins the parts.
import { Memory } from "../playground/memory.js";
import { SAMPLES } from "../playground/samples.js";
import { Account, clientOf } from "../shared/account.js";
import { loadConfig } from "../shared/session.js";
import { demandsPlugin, samplesPlugin } from "./panels.js";
import { GraphiQL, buildSchema, createClient, createElement as h, createRoot, parse } from "./vendor/graphiql.js";

const PATH = "/graphiql";
const page = { config: null, account: null, problem: null, memory: new Memory() };

async function start() {
  page.config = await loadConfig();
  const clientId = clientOf(PATH, page.config.pages.graphiql);
  try {
    if (clientId) page.account = await Account.open(PATH, clientId);
  } catch (error) {
    page.problem = error.message;
  }
  const schema = await loadSchema();
  const plugins = [samplesPlugin(page.memory)];
  if (schema) plugins.push(demandsPlugin(schema, page.account));
  createRoot(document.getElementById("app")).render(h("div", { className: "shell" }, h(Bar), h(GraphiQL, {
    fetcher: makeFetcher(),
    schema,
    plugins,
    defaultQuery: SAMPLES[0].query,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
  })));
}

/**
 * The schema as the server prints it, with scopes and costs. When the server keeps that to itself: undefined, and GraphiQL
 * asks for what introspection shows. Null before anybody has signed in: there is none then.
 */
async function loadSchema() {
  const mine = await authorization();
  if (!mine) return null;
  const response = await fetch("/schema.graphql", { headers: { authorization: mine } });
  return response.ok ? buildSchema(await response.text()) : undefined;
}

/** Streams go over a socket, all else by POST. GraphiQL's own fetcher goes by what it knew of the document a moment ago. */
function makeFetcher() {
  const url = new URL(page.config.graphql, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = createClient({ url: url.href, connectionParams: async () => ({ authorization: await authorization() }) });
  return (request, { headers } = {}) => (isSubscription(request) ? socket.iterate(request) : ask(request, headers));
}

function isSubscription({ query, operationName }) {
  const operations = parse(query).definitions.filter(({ kind }) => kind === "OperationDefinition");
  const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  return chosen?.operation === "subscription";
}

async function authorization() {
  return page.account?.scopes ? `Bearer ${await page.account.token()}` : undefined;
}

async function ask(request, headers) {
  const mine = await authorization();
  const response = await fetch(page.config.graphql, {
    method: "POST",
    // Whoever writes a header into the editor wants that one.
    headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json", ...(mine && { authorization: mine }), ...headers },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  page.memory.learn(answer.data);
  return answer;
}

function Bar() {
  return h("header", { className: "bar" },
    h("strong", null, "Meridian"), h("span", null, "GraphiQL"),
    page.problem && h("span", { role: "alert", className: "problem" }, page.problem),
    h("span", { className: "bar-end" }, h(Who)));
}

function Who() {
  if (!page.account) return h("span", null, "To sign in, open this page with ?client_id= and the id of a public client that was registered for it.");
  if (page.account.scopes) {
    const leave = () => page.account.signOut().finally(() => location.reload());
    return [h("span", { key: "who" }, `Signed in, ${page.account.scopes.length} scopes`), h("button", { key: "leave", type: "button", onClick: leave }, "Sign out")];
  }
  const hint = page.config.member;
  return [
    hint && h("span", { key: "hint", className: "hint" }, "Sandbox: ", h("code", null, hint.email), " ", h("code", null, hint.password)),
    h("button", { key: "enter", type: "button", className: "primary", onClick: () => page.account.leave() }, "Sign in"),
  ];
}

start();
