// Who is asking, where nobody signs in: the sandbox's personas, whose secrets are public on its machine, and whoever
// looks at a booking page. Members who sign in are in account.js. No token and no secret is ever written to storage.

const RENEW_BEFORE_SECONDS = 30;

/** What the page is told before whoever is signed in leaves: whatever listens in their name ends. */
export const SIGN_OUT = "meridian-sign-out";

/** Where the server is, when it does not say (outside the sandbox there is no /app/config.json). */
const DEFAULTS = { graphql: "/graphql", token: "/oauth/token", sandbox: false, personas: [], pages: {}, member: null };

/** Reads the configuration; outside the sandbox it is the defaults. */
export async function loadConfig() {
  try {
    const response = await fetch("/app/config.json", { headers: { accept: "application/json" } });
    return response.ok ? { ...DEFAULTS, ...(await response.json()) } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/** The persona that can do all of `scopes` and the least besides, or null. */
export function leastPrivileged(personas, scopes) {
  const able = personas.filter((persona) => scopes.every((scope) => persona.scopes.includes(scope)));
  return able.sort((a, b) => a.scopes.length - b.scopes.length)[0] ?? null;
}

/** The token endpoint's refusal, in its own words (RFC 6749 §5.2). */
export class SignInRefused extends Error {
  /** `passing`: the endpoint has a bad moment; the credentials may be good. */
  constructor(code, description, { passing = false } = {}) {
    super(description || code);
    this.code = code;
    this.passing = passing;
  }
}

/** The tokens of a persona. */
export class Session {
  #secret;
  #endpoint;
  #kept = null;
  #pending = null;

  /**
   * @param {string} endpoint The token endpoint.
   * @param {{name: string, clientId: string, clientSecret: string}} persona
   */
  constructor(endpoint, { name, clientId, clientSecret }) {
    this.#endpoint = endpoint;
    this.#secret = clientSecret;
    this.name = name;
    this.clientId = clientId;
  }

  /** A token that is valid for a while yet. Several callers at once share one request. */
  async token() {
    if (this.#kept && this.#kept.expiresAt > Date.now()) return this.#kept.token;
    this.#pending ??= this.#fetchToken().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  /** The token was refused: the next caller gets a new one. */
  forget() {
    this.#kept = null;
  }

  /** Nobody was signed in, so there is nothing to end but this. */
  async signOut() {
    this.forget();
  }

  async #fetchToken() {
    const response = await fetch(this.#endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Basic ${basic(this.clientId, this.#secret)}`,
      },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const passing = response.status >= 500 || response.status === 429;
      throw new SignInRefused(answer.error ?? `http_${response.status}`, answer.error_description, { passing });
    }
    const seconds = Math.max(0, (answer.expires_in ?? 60) - RENEW_BEFORE_SECONDS);
    this.#kept = { token: answer.access_token, expiresAt: Date.now() + seconds * 1000 };
    return this.#kept.token;
  }
}

/** The token of a booking page (`createPageToken`): no secret, so there is nothing to ask for and nothing to keep. */
export class PageSession {
  #token;

  constructor(token) {
    this.#token = token;
  }

  async token() {
    return this.#token;
  }

  /** Another could not be had: what the server says of it is shown. */
  forget() {}
}

/** Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basic(clientId, secret) {
  const encode = (text) => new URLSearchParams([["", text]]).toString().slice(1);
  return btoa(`${encode(clientId)}:${encode(secret)}`);
}
