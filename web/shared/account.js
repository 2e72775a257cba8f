// Who is asking: a member who allowed it, by the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636). The page is
// a public client (RFC 9700): it holds no secret. Tokens are kept in memory only, so a reload ends them; the browser's
// session at the authorization server is what makes signing in again one click.
import { SignInRefused } from "./session.js";
import * as oauth from "./vendor/oauth.js";

const RENEW_BEFORE_MS = 30000;
const ANSWER_WITHIN_MS = 20000;

/** Statuses with which a server refuses for good. Any other is a bad moment: the same may succeed later. */
const FINAL = new Set([400, 401, 403]);

/** What has to outlive the way to the authorization server and back: no token, and of no use without the code. */
const underwayKey = (path) => `meridian.underway${path}`;
const underwayOf = (path) => JSON.parse(sessionStorage.getItem(underwayKey(path)) ?? "null");

/**
 * The client that the page at `path` is: as the link says that an operator handed out, or as when it left to sign in,
 * since the answer names no client, or as the sandbox has it. Null when nobody knows.
 */
export function clientOf(path, seeded) {
  return new URL(location.href).searchParams.get("client_id") ?? underwayOf(path)?.clientId ?? seeded ?? null;
}

/** Whether the browser comes from the authorization server, with its answer in the address. */
export function comesBack() {
  const { searchParams } = new URL(location.href);
  return searchParams.has("state") && (searchParams.has("code") || searchParams.has("error"));
}

export class Account {
  #path;
  #server;
  #client;
  #options;
  #tokens = null;
  #pending = null;

  name = "Member";
  /** The scopes that were granted; null when nobody is signed in. */
  scopes = null;

  constructor(path, server, clientId, options) {
    this.#path = path;
    this.#server = server;
    this.#client = { client_id: clientId };
    this.#options = options;
  }

  /**
   * The account of a client. When the browser has just come back from signing in, with its tokens.
   * @param {string} path The page's; with nothing behind it, it is the redirect URI.
   * @param {string} clientId
   */
  static async open(path, clientId) {
    const issuer = new URL(location.origin);
    // Everything goes to where this page came from.
    const options = { [oauth.allowInsecureRequests]: issuer.protocol === "http:", signal: () => AbortSignal.timeout(ANSWER_WITHIN_MS) };
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
    const { issuer: named } = await found.clone().json();
    if (named !== location.origin) throw new SignInRefused("other_issuer", `This server calls itself ${named}: open ${named}${path}${location.search} instead.`);
    const account = new Account(path, await oauth.processDiscoveryResponse(issuer, found), clientId, options);
    if (comesBack()) await account.#comeBack();
    return account;
  }

  get clientId() {
    return this.#client.client_id;
  }

  get #redirectUri() {
    return location.origin + this.#path;
  }

  /** Leaves for the authorization server. */
  async leave() {
    const underway = { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier(), clientId: this.clientId, page: location.href };
    sessionStorage.setItem(underwayKey(this.#path), JSON.stringify(underway));
    const url = new URL(this.#server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: underway.clientId,
      redirect_uri: this.#redirectUri,
      state: underway.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(underway.verifier),
      code_challenge_method: "S256",
    });
    // Whoever turns back finds the page as it was left, and that would be of no use.
    addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
    location.assign(url);
  }

  async #comeBack() {
    const url = new URL(location.href);
    const underway = underwayOf(this.#path);
    sessionStorage.removeItem(underwayKey(this.#path));
    // A code is good once, so a reload must not send it again.
    history.replaceState(null, "", underway?.page ?? this.#path);
    if (!underway) throw new SignInRefused("not_begun", "That answer belongs to no sign-in of this tab. Sign in again.");
    this.#client = { client_id: underway.clientId };
    try {
      const answer = oauth.validateAuthResponse(this.#server, this.#client, url, underway.state);
      const response = await oauth.authorizationCodeGrantRequest(this.#server, this.#client, oauth.None(), answer, this.#redirectUri, underway.verifier, this.#options);
      this.#take(await oauth.processAuthorizationCodeResponse(this.#server, this.#client, response));
    } catch (error) {
      throw inWords(error, "The answer does not fit the sign-in that was begun here. Sign in again.");
    }
  }

  #take({ access_token, refresh_token, expires_in, scope }) {
    this.#tokens = { access: access_token, refresh: refresh_token, until: Date.now() + expires_in * 1000 };
    this.scopes = (scope ?? "").split(" ").filter(Boolean);
  }

  /** A token that is good for a while yet. Several callers at once share one request. */
  async token() {
    if (!this.#tokens) throw ended();
    if (Date.now() < this.#tokens.until - RENEW_BEFORE_MS) return this.#tokens.access;
    this.#pending ??= this.#renew().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  /** The token was refused: the next caller gets a new one. */
  forget() {
    if (this.#tokens) this.#tokens.until = 0;
  }

  /** Each refresh token is good once: the answer brings the next. */
  async #renew() {
    try {
      const response = await oauth.refreshTokenGrantRequest(this.#server, this.#client, oauth.None(), this.#tokens.refresh, this.#options);
      this.#take(await oauth.processRefreshTokenResponse(this.#server, this.#client, response));
    } catch (error) {
      const refusal = inWords(error, "The server cannot renew the session at the moment.");
      // After a bad moment the token is as good as before.
      if (!(refusal instanceof SignInRefused) || refusal.passing) throw refusal;
      this.#end();
      throw ended();
    }
    return this.#tokens.access;
  }

  /** Tells the authorization server that the tokens are no longer wanted: all that came of the consent ends there. */
  async signOut() {
    // A renewal that is under way would bring tokens that nobody revokes.
    await this.#pending?.catch(() => {});
    const token = this.#tokens?.refresh;
    this.#end();
    if (!token) return;
    const response = await oauth.revocationRequest(this.#server, this.#client, oauth.None(), token, this.#options);
    await oauth.processRevocationResponse(response);
  }

  #end() {
    this.#tokens = null;
    this.scopes = null;
  }
}

function ended() {
  return new SignInRefused("signed_out", "The session has ended. Sign in again.");
}

/** What the library tells, for the person who tried; `otherwise` is for what has no words of the server. */
function inWords(error, otherwise) {
  if (error instanceof TypeError || error instanceof DOMException) return error;
  const status = error.status ?? error.cause?.status;
  const passing = status !== undefined && !FINAL.has(status);
  const said = error.error_description ? `The server refused: ${error.error_description}.` : otherwise;
  return new SignInRefused(error.error ?? "refused", said, { passing });
}
