// The playground: write a document, run it in somebody's name, see the answer. This file lays out the page and
// connects its parts.
import { fill, h, newId } from "../shared/dom.js";
import { Client } from "../shared/graphql.js";
import { Session, loadConfig } from "../shared/session.js";
import { signIn, signOut } from "../shared/signin.js";
import { Stream } from "../shared/stream.js";
import { relative } from "../shared/time.js";
import { complete } from "./complete.js";
import { drawDocs } from "./docs.js";
import { makeEditor } from "./editor.js";
import { clearHistory, draft, history, keepDraft, remember } from "./history.js";
import { Memory } from "./memory.js";
import { makeLog, showAnswer, showProblem } from "./response.js";
import { cursorReader, prepare, withNewKeys } from "./runner.js";
import { SAMPLES } from "./samples.js";
import { readSchema } from "./schema.js";
import { graphqlTokens, jsonTokens } from "./tokens.js";

const root = document.getElementById("app");
const STATES = { connecting: ["info", "Connecting …"], live: ["good", "Live"], waiting: ["warn", "Reconnecting …"], closed: ["", "Stopped"] };

/** Everything the page is made of at the moment. */
const page = { config: null, client: null, schema: null, memory: new Memory(), stream: null, editors: {}, parts: {} };

async function start() {
  page.config = await loadConfig();
  use(await signIn(root, page.config, { name: "playground", scopes: "availability:read meetings:read" }));
  const kept = { query: SAMPLES[0].query, variables: "", ...draft(), headers: "" };
  const save = () => keepDraft(contents());
  const editor = (name, label, tokenize, suggest) => makeEditor({ label, value: kept[name], tokenize, suggest, onChange: save, onRun: run });
  page.editors = {
    query: editor("query", "GraphQL document", graphqlTokens, (text, caret) => page.schema && complete(page.schema, text, caret)),
    variables: editor("variables", "Variables as JSON", jsonTokens),
    headers: editor("headers", "HTTP headers as JSON", jsonTokens),
  };
  layOut();
  loadSchema();
}

function use(session) {
  page.client = new Client(page.config.graphql, session);
}

function contents() {
  const { query, variables, headers } = page.editors;
  return { query: query.value, variables: variables.value, headers: headers.value };
}

function layOut() {
  const run_ = h("button.primary", { type: "button", title: "Ctrl + Enter", on: { click: run } }, "Run");
  const freshKeys = h("input", { type: "checkbox", id: "fresh", checked: true });
  const answer = h("section.pane.answer", { aria: { label: "Answer" } }, h("p.muted.hint", null, "Run a document, and its answer appears here. Ctrl + Enter runs, Ctrl + Space suggests."));
  const side = h("aside.pane.side-pane", { hidden: true });
  page.parts = { run: run_, freshKeys, answer, side };
  fill(root, h("div.playground", null,
    h("header.bar", null,
      h("h1.brand", null, h("img", { src: "/app/shared/icon.svg", alt: "" }), "Playground"),
      samplesMenu(), h("label.check.fresh", { title: "Off: the same key is sent again, and the server replays its first answer." }, freshKeys, h("span", null, "New key per run")),
      h("div.bar-end", null,
        h("button.quiet.compact", { type: "button", on: { click: () => toggle("history") } }, "History"),
        h("button.quiet.compact", { type: "button", on: { click: () => toggle("docs") } }, "Schema"),
        who(), run_)),
    h("main.panes", null,
      h("div.pane.writing", null, page.editors.query.element, lower()), answer, side)));
}

function samplesMenu() {
  const select = h("select", { id: "samples", aria: { label: "Samples" }, on: { change: () => {
    const sample = SAMPLES[Number(select.value)];
    select.value = "";
    if (sample) show(sample.query, sample.variables?.({ memory: page.memory, now: Date.now(), key: newId() }) ?? null);
  } } }, h("option", { value: "" }, "Samples …"), SAMPLES.map(({ title }, index) => h("option", { value: String(index) }, title)));
  return select;
}

function show(query, variables, headers = "") {
  page.editors.query.value = query;
  page.editors.variables.value = variables ? JSON.stringify(variables, null, 2) : "";
  page.editors.headers.value = headers;
  page.editors.query.focus();
}

/** Variables and headers share the lower part of the writing side. */
function lower() {
  const tabs = [["variables", "Variables"], ["headers", "Headers"]];
  const select = (chosen) => tabs.forEach(([name]) => {
    page.editors[name].element.hidden = name !== chosen;
    buttons[name].setAttribute("aria-pressed", String(name === chosen));
  });
  const buttons = Object.fromEntries(tabs.map(([name, label]) => [name, h("button.tab", { type: "button", on: { click: () => select(name) } }, label)]));
  select("variables");
  return h("div.lower", null, h("div.tabs", null, Object.values(buttons)), tabs.map(([name]) => page.editors[name].element));
}

/** Changing the persona keeps the document: the same request through other eyes. */
function who() {
  const { personas } = page.config;
  const { session } = page.client;
  const leave = h("button.quiet.compact", { type: "button", on: { click: () => signOut(page.client.session) } }, "Sign out");
  if (!personas.some((persona) => persona.clientId === session.clientId)) return [h("span.small.muted", null, session.name), leave];
  const select = h("select", { aria: { label: "Persona" }, on: { change: () => {
    stop();
    use(new Session(page.config.token, personas[Number(select.value)]));
  } } }, personas.map((persona, index) => h("option", { value: String(index), selected: persona.clientId === session.clientId }, persona.name)));
  return [select, leave];
}

async function loadSchema() {
  page.schema = await readSchema(page.client).catch(() => null);
}

function toggle(what) {
  const { side } = page.parts;
  const opened = side.dataset.shows !== what || side.hidden;
  side.hidden = !opened;
  side.dataset.shows = what;
  if (!opened) return;
  if (what === "history") drawHistory(side);
  else if (page.schema) drawDocs(side, page.schema);
  else fill(side, h("p.notice.warn", null, "The server does not describe its schema to this token."));
}

function drawHistory(side) {
  const entries = history();
  fill(side, h("div.row.spread", null, h("h2", null, "History"),
    entries.length > 0 && h("button.quiet.compact", { type: "button", on: { click: () => { clearHistory(); drawHistory(side); } } }, "Clear")),
  entries.length === 0 && h("p.muted.small", null, "What you run is kept here, in this browser only."),
  h("ul.history", null, entries.map((entry) => h("li", null, h("button", { type: "button", on: { click: () => {
    page.editors.query.value = entry.query;
    page.editors.variables.value = entry.variables;
  } } }, h("strong", null, entry.title), h("span.small.muted", null, relative(entry.at)))))));
}

async function run() {
  if (page.stream) {
    stop();
    return;
  }
  const { answer, run: button, freshKeys } = page.parts;
  try {
    const request = readEditors(freshKeys.checked);
    remember({ ...contents(), title: request.operationName ?? request.type, at: new Date().toISOString() });
    if (request.type === "subscription") {
      listen(request);
      return;
    }
    button.disabled = true;
    const { query, variables, ...options } = request;
    const result = await page.client.exchange(query, variables, options);
    page.memory.learn(result.data);
    showAnswer(answer, result);
  } catch (error) {
    showProblem(answer, error);
  } finally {
    button.disabled = false;
  }
}

/** A new key is written into the editors before it is sent, so that what one sees is what was sent. */
function readEditors(freshKeys) {
  const request = prepare({ ...contents(), caret: page.editors.query.caret });
  if (request.type !== "mutation" || !freshKeys) return request;
  const renewed = withNewKeys(request);
  if (!renewed.changed) return request;
  page.editors.variables.value = JSON.stringify(renewed.variables, null, 2);
  if (renewed.headers !== request.headers) page.editors.headers.value = JSON.stringify(renewed.headers, null, 2);
  return { ...request, variables: renewed.variables, headers: renewed.headers };
}

function listen({ query, variables, operationName }) {
  const { answer, run: button } = page.parts;
  const log = makeLog(answer);
  page.stream = new Stream(page.config.graphql, page.client.session, (state, detail) => {
    log.setState(...STATES[state]);
    if (detail) log.note(detail);
  });
  button.textContent = "Stop";
  button.classList.add("stopping");
  page.stream.subscribe({ query, variables, operationName }, {
    cursorOf: cursorReader(query),
    next: (payload) => { page.memory.learn(payload.data); log.event(payload); },
    gap: () => log.note("Resumed without a cursor: what happened in between does not come."),
    error: (errors) => { log.note("The server ended it with an error.", errors); stop(); },
    complete: () => { log.note("The server ended it."); stop(); },
  });
}

function stop() {
  page.stream?.close();
  page.stream = null;
  page.parts.run.textContent = "Run";
  page.parts.run.classList.remove("stopping");
}

start();
