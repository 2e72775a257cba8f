// Who one is to a page: a member who signs in at the authorization server, or in the sandbox one of its personas.
import { Account, clientOf, comesBack } from "./account.js";
import { fill, focusOn, h } from "./dom.js";
import { SIGN_OUT, Session, SignInRefused } from "./session.js";

/** Who it was before a reload: a persona's client id, or a member's client with the page that it belongs to. */
const LAST = "meridian.client";

/**
 * Shows the sign-in page in `root` until somebody is signed in.
 * @param {HTMLElement} root
 * @param {object} config From `loadConfig`.
 * @param {{name: string, scopes: string}} page What one signs in to: its name, which behind a slash is its path, and the
 *   scopes that it can use.
 * @returns {Promise<Session|Account>}
 */
export async function signIn(root, config, page) {
  const clientId = clientOf(`/${page.name}`, config.pages[page.name]);
  const problem = h("div", { role: "alert" });
  try {
    const session = await before(config, page.name, clientId);
    if (session) return session;
  } catch (error) {
    say(problem, error);
  }
  return new Promise((resolve) => {
    const attempt = (act) => async () => {
      fill(problem);
      try {
        resolve(await act());
      } catch (error) {
        say(problem, error);
      }
    };
    const heading = h("h1", null, `Sign in to the ${page.name}`);
    const asPersona = (persona) => attempt(() => become(config, persona));
    const asMember = attempt(() => enter(page.name, clientId));
    fill(root, h(config.sandbox ? "main.signin.wide.card.stack" : "main.signin.card.stack", null,
      h("p.brand", null, h("img", { src: "/app/shared/icon.svg", alt: "" }), "Meridian"),
      heading, problem,
      h("div.ways", null, personas(config.personas, asPersona), clientId ? member(config, asMember) : noClient(page))));
    focusOn(problem.firstChild ?? heading);
  });
}

/** Back to the sign-in page. Tokens that cannot be revoked now end by themselves. */
export async function signOut(session) {
  dispatchEvent(new Event(SIGN_OUT));
  sessionStorage.removeItem(LAST);
  await session.signOut().catch(() => {});
  location.reload();
}

/** Who comes back from the authorization server just now, or was here before a reload. */
async function before(config, name, clientId) {
  const last = JSON.parse(sessionStorage.getItem(LAST) ?? "null");
  if (comesBack() || last?.page === name) return enter(name, clientId ?? last?.clientId);
  const persona = last && config.personas.find((candidate) => candidate.clientId === last.clientId);
  return persona ? become(config, persona) : null;
}

/** The member who comes back; anybody else leaves, and as there is nothing to show meanwhile, that does not return. */
async function enter(name, clientId) {
  // Whoever is refused or turns back is asked here, and not sent on again.
  sessionStorage.removeItem(LAST);
  const account = await Account.open(`/${name}`, clientId);
  if (account.scopes) {
    sessionStorage.setItem(LAST, JSON.stringify({ page: name, clientId: account.clientId }));
    return account;
  }
  await account.leave();
  return new Promise(() => {});
}

async function become(config, persona) {
  const session = new Session(config.token, persona);
  await session.token();
  sessionStorage.setItem(LAST, JSON.stringify({ clientId: session.clientId }));
  return session;
}

function personas(list, as) {
  if (list.length === 0) return null;
  return h("section.stack", null,
    h("h2", null, "As a persona"),
    h("p.muted", null, "This is a sandbox. Choose whose eyes to look through; each persona's token carries its own scopes."),
    h("div.personas", null, list.map((persona) => h("button.persona", { type: "button", on: { click: as(persona) } },
      h("span.avatar", { aria: { hidden: true } }, persona.name.slice(0, 1).toUpperCase()),
      h("span", null, persona.name),
      h("span.scopes", null, summary(persona.scopes))))));
}

function summary(scopes) {
  const shown = scopes.slice(0, 4).join(", ");
  return scopes.length > 4 ? `${shown} and ${scopes.length - 4} more` : shown || "no scopes";
}

/** The way of everybody outside the sandbox; in it, beside the personas. */
function member({ sandbox, member: known }, as) {
  if (!sandbox) {
    return h("section.stack", null,
      h("p.muted", null, "You give your e-mail and password on the next page, and allow this one to act for you."),
      h("p", null, h("button.primary", { type: "button", on: { click: as } }, "Sign in")));
  }
  return h("section.stack", null,
    h("h2", null, "As a member"),
    h("p.muted", null, "As outside a sandbox: you give this address and password on the next page, and allow this one to act for you."),
    known && h("dl.login", null,
      h("div", null, h("dt", null, "E-mail"), h("dd.mono", null, known.email)),
      h("div", null, h("dt", null, "Password"), h("dd.mono", null, known.password))),
    h("p", null, h("button", { type: "button", on: { click: as } }, "Sign in as a member")));
}

/** Nobody can sign in before an operator has done something. */
function noClient({ name, scopes }) {
  const [here, title] = [`${location.origin}/${name}`, name[0].toUpperCase() + name.slice(1)];
  return h("section.stack", null,
    h("p", null, "This address does not say which client the page is. Use the link that your operator gave you; it ends in ",
      h("code.whole", null, "?client_id=cli_…"), "."),
    h("p.muted", null, "Operators make such a client once for each workspace, and hand out the link with its id:"),
    h("pre.command", { tabIndex: 0 }, `meridian client create --public \\
  --workspace wsp_… --name ${title} \\
  --redirect-uri ${here} \\
  --scopes "${scopes}"`));
}

function say(place, error) {
  const words = error instanceof SignInRefused ? error.message : "The server cannot be reached. Try again in a moment.";
  fill(place, h("p.notice.bad", null, words));
  focusOn(place.firstChild);
}
