// Who is asking: a member who allowed it, by the authorization code flow with PKCE. Tokens are kept in memory only, so
// a reload ends it; the browser's session at the authorization server is what makes signing in again one click.
import { oauth } from "./vendor/graphiql.js";

const RENEW_BEFORE_MS = 30000;
/** What has to outlive the way to the authorization server and back: no token, and of no use without the code. */
const UNDERWAY = "meridian.graphiql.underway";

export class Account {
  #server;
  #client;
  #options;
  #tokens = null;
  #pending = null;

  /** The scopes that were granted; null when nobody is signed in. */
  scopes = null;

  constructor(server, clientId, options) {
    this.#server = server;
    this.#client = { client_id: clientId };
    this.#options = options;
  }

  /** The account of a client. When the browser has just come back from signing in, with its tokens. */
  static async open(clientId) {
    const issuer = new URL(location.origin);
    // Everything goes to where this page came from.
    const options = { [oauth.allowInsecureRequests]: issuer.protocol === "http:" };
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options });
    const { issuer: named } = await found.clone().json();
    if (named !== location.origin) throw new Error(`This server calls itself ${named}: open ${named}/graphiql instead.`);
    const account = new Account(await oauth.processDiscoveryResponse(issuer, found), clientId, options);
    await account.#comeBack();
    return account;
  }

  /** Leaves for the authorization server. */
  async leave() {
    const underway = { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier(), clientId: this.#client.client_id, page: location.href };
    sessionStorage.setItem(UNDERWAY, JSON.stringify(underway));
    const url = new URL(this.#server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: underway.clientId,
      redirect_uri: redirectUri(),
      state: underway.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(underway.verifier),
      code_challenge_method: "S256",
    });
    location.assign(url);
  }

  async #comeBack() {
    const url = new URL(location.href);
    const underway = JSON.parse(sessionStorage.getItem(UNDERWAY) ?? "null");
    if (!underway || !url.searchParams.has("state")) return;
    sessionStorage.removeItem(UNDERWAY);
    // A code is good once, so a reload must not send it again.
    history.replaceState(null, "", underway.page);
    this.#client = { client_id: underway.clientId };
    const answer = oauth.validateAuthResponse(this.#server, this.#client, url, underway.state);
    const response = await oauth.authorizationCodeGrantRequest(this.#server, this.#client, oauth.None(), answer, redirectUri(), underway.verifier, this.#options);
    this.#take(await oauth.processAuthorizationCodeResponse(this.#server, this.#client, response));
  }

  #take({ access_token, refresh_token, expires_in, scope }) {
    this.#tokens = { access: access_token, refresh: refresh_token, until: Date.now() + expires_in * 1000 };
    this.scopes = (scope ?? "").split(" ").filter(Boolean);
  }

  /** A token that is good for a while yet, or null. Several callers at once share one request. */
  async token() {
    if (!this.#tokens || Date.now() < this.#tokens.until - RENEW_BEFORE_MS) return this.#tokens?.access ?? null;
    this.#pending ??= this.#renew().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  async #renew() {
    const { refresh } = this.#tokens;
    this.#tokens = null;
    if (!refresh) return null;
    const response = await oauth.refreshTokenGrantRequest(this.#server, this.#client, oauth.None(), refresh, this.#options);
    this.#take(await oauth.processRefreshTokenResponse(this.#server, this.#client, response));
    return this.#tokens.access;
  }

  /** Tells the authorization server that the tokens are no longer wanted. */
  async signOut() {
    const token = this.#tokens?.refresh ?? this.#tokens?.access;
    this.#tokens = null;
    this.scopes = null;
    if (!token) return;
    const response = await oauth.revocationRequest(this.#server, this.#client, oauth.None(), token, this.#options);
    await oauth.processRevocationResponse(response);
  }
}

/** As it was registered: this page without anything behind its path. */
function redirectUri() {
  return `${location.origin}/graphiql`;
}
