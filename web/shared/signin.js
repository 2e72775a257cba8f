// Choosing who one is: a persona of the sandbox, or a client of one's own.
import { fill, focusOn, h } from "./dom.js";
import { Session, SignInRefused } from "./session.js";

const LAST = "meridian.client";

/**
 * Shows the sign-in page in `root` until somebody is signed in.
 * @param {HTMLElement} root
 * @param {object} config From `loadConfig`.
 * @param {string} title What one signs in to.
 * @returns {Promise<Session>}
 */
export async function signIn(root, config, title) {
  const again = await previous(config);
  if (again) return again;
  return new Promise((resolve) => {
    const problem = h("div", { role: "alert" });
    const attempt = async (credentials) => {
      fill(problem);
      try {
        resolve(await open(config, credentials));
      } catch (error) {
        fill(problem, h("p.notice.bad", null, explain(error)));
        focusOn(problem.firstChild);
      }
    };
    const heading = h("h1", null, `Sign in to the ${title}`);
    fill(root, h("main.signin.card.stack", null,
      h("p.brand", null, h("img", { src: "/app/shared/icon.svg", alt: "" }), "Meridian"),
      heading, problem, personas(config.personas, attempt), ownClient(config.sandbox, attempt)));
    focusOn(heading);
  });
}

/** Back to the sign-in page. */
export function signOut(session) {
  session.forget();
  sessionStorage.removeItem(LAST);
  location.reload();
}

async function open(config, credentials) {
  const session = new Session(config.token, credentials);
  await session.token();
  sessionStorage.setItem(LAST, JSON.stringify({ name: session.name, clientId: session.clientId }));
  return session;
}

/** The session of before a reload: a persona's secret is in the configuration, another client has only its token. */
async function previous(config) {
  const last = JSON.parse(sessionStorage.getItem(LAST) ?? "null");
  if (!last) return null;
  const persona = config.personas.find((candidate) => candidate.clientId === last.clientId);
  try {
    return await open(config, persona ?? last);
  } catch {
    return null;
  }
}

function personas(list, attempt) {
  if (list.length === 0) return null;
  return h("section.stack", null,
    h("p.muted", null, "This is a sandbox. Choose whose eyes to look through; each persona's token carries its own scopes."),
    h("div.personas", null, list.map((persona) => h("button.persona", { type: "button", on: { click: () => attempt(persona) } },
      h("span.avatar", { aria: { hidden: true } }, persona.name.slice(0, 1).toUpperCase()),
      h("span", null, persona.name),
      h("span.scopes", null, summary(persona.scopes))))));
}

function summary(scopes) {
  const shown = scopes.slice(0, 4).join(", ");
  return scopes.length > 4 ? `${shown} and ${scopes.length - 4} more` : shown || "no scopes";
}

function ownClient(sandbox, attempt) {
  const id = h("input", { id: "client-id", autocomplete: "username", required: true, spellcheck: false });
  const secret = h("input", { id: "client-secret", type: "password", autocomplete: "current-password", required: true });
  const form = h("form.stack", { on: { submit: (event) => {
    event.preventDefault();
    attempt({ clientId: id.value.trim(), clientSecret: secret.value });
  } } },
  h("div.field", null, h("label", { htmlFor: "client-id" }, "Client id"), id),
  h("div.field", null, h("label", { htmlFor: "client-secret" }, "Client secret"), secret),
  h("button.primary", { type: "submit" }, "Sign in"),
  h("p.small.muted", null, "The secret stays in the memory of this page, to renew the token, and is not stored. After a reload you sign in again once the token has run out."));
  return sandbox ? h("details.stack", null, h("summary", null, "Use a client of your own"), form) : form;
}

function explain(error) {
  if (error instanceof SignInRefused) {
    return error.code === "invalid_client" ? "The client id or the secret is wrong." : `The server refused: ${error.message}`;
  }
  return "The server cannot be reached. Try again in a moment.";
}
