// Who is asking: the sandbox's personas, and the access tokens of those who signed in.
//
// Secrets are never written to storage. A token is, for the life of the tab, so that a reload does not sign
// anybody out; without its secret it cannot be renewed and the person signs in again.

const RENEW_BEFORE_SECONDS = 30;

/** Where the server is, when it does not say (outside the sandbox there is no /app/config.json). */
const DEFAULTS = { graphql: "/graphql", token: "/oauth/token", sandbox: false, personas: [] };

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

/** The tokens of one client. */
export class Session {
  #secret;
  #endpoint;
  #pending = null;

  /**
   * @param {string} endpoint The token endpoint.
   * @param {{name: string, clientId: string, clientSecret?: string}} credentials
   */
  constructor(endpoint, { name, clientId, clientSecret }) {
    this.#endpoint = endpoint;
    this.#secret = clientSecret ?? null;
    this.name = name || clientId;
    this.clientId = clientId;
  }

  get #key() {
    return `meridian.token.${this.clientId}`;
  }

  /** A token that is valid for a while yet. Several callers at once share one request. */
  async token() {
    const kept = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
    if (kept && kept.expiresAt > Date.now()) return kept.token;
    this.#pending ??= this.#fetchToken().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  /** The token was refused: the next caller gets a new one. */
  forget() {
    sessionStorage.removeItem(this.#key);
  }

  async #fetchToken() {
    if (this.#secret === null) throw new SignInRefused("signed_out", "The session has ended. Sign in again.");
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
    const kept = { token: answer.access_token, expiresAt: Date.now() + seconds * 1000 };
    sessionStorage.setItem(this.#key, JSON.stringify(kept));
    return kept.token;
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
