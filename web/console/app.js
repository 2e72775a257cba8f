// The operator console: sign in, then one view per address. A view is `(root, context, parameters, query) => void`.
import { fill, focusOn, h } from "../shared/dom.js";
import { Client } from "../shared/graphql.js";
import { loadConfig } from "../shared/session.js";
import { signIn, signOut } from "../shared/signin.js";
import { VIEWER } from "./documents.js";
import { explain } from "./panel.js";
import { SCOPES } from "./scopes.js";
import { connections } from "./views/connections.js";
import { contact } from "./views/contact.js";
import { contacts } from "./views/contacts.js";
import { deadLetters } from "./views/dead-letters.js";
import { hosts } from "./views/hosts.js";
import { live } from "./views/live.js";
import { meeting } from "./views/meeting.js";
import { meetings } from "./views/meetings.js";
import { quarantine } from "./views/quarantine.js";
import { trace } from "./views/trace.js";

const PAGES = [
  { path: "meetings", label: "Meetings", list: meetings, one: meeting },
  { path: "contacts", label: "Contacts", list: contacts, one: contact },
  { path: "live", label: "Live events", list: live },
  { path: "trace", label: "Trace", list: trace, one: trace },
  { path: "dead-letters", label: "Dead letters", list: deadLetters },
  { path: "quarantine", label: "Quarantine", list: quarantine },
  { path: "connections", label: "Connections", list: connections },
  { path: "hosts", label: "Hosts", list: hosts },
];

const root = document.getElementById("app");

async function start() {
  const config = await loadConfig();
  const session = await signIn(root, config, { name: "console", scopes: SCOPES });
  const client = new Client(config.graphql, session);
  const context = { client, session, endpoint: config.graphql };
  const main = h("main", { id: "main" });
  const viewer = h("div.viewer", null, h("p.muted.small", null, session.name));
  const nav = h("nav", { aria: { label: "Console" } }, h("ul", null, PAGES.map(({ path, label }) => h("li", null,
    h("a", { href: `#/${path}`, data: { path } }, label)))));
  fill(root, h("a.button.skip", { href: "#main", on: { click: (event) => { event.preventDefault(); focusOn(main); } } }, "Skip to content"),
    h("div.shell", null,
      h("header.side", null,
        h("a.brand", { href: "#/meetings" }, h("img", { src: "/app/shared/icon.svg", alt: "" }), "Meridian"), nav, viewer),
      main));
  showViewer(viewer, context);
  addEventListener("hashchange", () => show(main, nav, context));
  show(main, nav, context);
}

async function showViewer(place, context) {
  const leave = h("button.quiet.compact", { type: "button", on: { click: () => signOut(context.session) } }, "Sign out");
  try {
    const { data: { viewer } } = await context.client.query(VIEWER);
    fill(place,
      h("p", null, h("strong", null, context.session.name)),
      h("p.muted.small", null, viewer.workspace.name),
      h("details.scopes", null, h("summary.small", null, `${viewer.scopes.length} scopes`),
        h("ul", null, viewer.scopes.map((scope) => h("li.mono.tiny", null, scope)))),
      leave);
  } catch (error) {
    fill(place, h("p.small", null, explain(error).message), leave);
  }
}

function show(main, nav, context) {
  const [address, search = ""] = location.hash.replace(/^#\//, "").split("?");
  const [path, ...rest] = address.split("/");
  const page = PAGES.find((candidate) => candidate.path === path);
  if (!page) {
    location.replace("#/meetings");
    return;
  }
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.path !== path) {
      link.removeAttribute("aria-current");
      continue;
    }
    link.setAttribute("aria-current", "page");
    link.scrollIntoView({ block: "nearest", inline: "center" });
  }
  const id = rest.length > 0 ? decodeURIComponent(rest.join("/")) : null;
  const view = h("div.view");
  fill(main, view);
  document.title = `${page.label} · Meridian`;
  (id && page.one ? page.one : page.list)(view, context, id, new URLSearchParams(search));
  scrollTo(0, 0);
  focusOn(view.querySelector("h1"));
}

start();
