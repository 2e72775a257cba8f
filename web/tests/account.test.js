// A member's tokens: where they come from, how they are renewed, and when they are gone.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Account, clientOf } from "../shared/account.js";
import { Client, NetworkFailure, isSignedOut } from "../shared/graphql.js";

const ORIGIN = "https://meridian.example";
const METADATA = {
  issuer: ORIGIN,
  authorization_endpoint: `${ORIGIN}/oauth/authorize`,
  token_endpoint: `${ORIGIN}/oauth/token`,
  revocation_endpoint: `${ORIGIN}/oauth/revoke`,
  authorization_response_iss_parameter_supported: true,
};

/** The browser, as far as the account looks at it, with the test in the place of the server. */
let browser;
beforeEach(() => {
  const kept = new Map();
  browser = { asked: [], answers: [], went: null };
  globalThis.sessionStorage = {
    getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key),
  };
  globalThis.addEventListener = () => {};
  globalThis.history = { replaceState: (_state, _title, address) => comeTo(new URL(address, ORIGIN).href) };
  globalThis.fetch = async (url, { body } = {}) => {
    const { pathname } = new URL(url);
    if (pathname.startsWith("/.well-known/")) return Response.json(METADATA);
    browser.asked.push([pathname, Object.fromEntries(body)]);
    return browser.answers.shift()();
  };
  comeTo(`${ORIGIN}/console?client_id=cli_1#/meetings`);
});

function comeTo(href) {
  globalThis.location = { href, origin: ORIGIN, assign: (url) => { browser.went = new URL(url); } };
}

const tokens = (number, more = {}) => () => Response.json({ access_token: `a${number}`, refresh_token: `r${number}`, token_type: "bearer", expires_in: 900, scope: "meetings:read", ...more });
const refusal = (status, error) => () => Response.json({ error }, { status });

/** Goes to the authorization server and comes back from it; `changes` are what its answer has otherwise. */
async function signIn(changes = {}, answer = tokens(1)) {
  await (await Account.open("/console", clientOf("/console"))).leave();
  browser.answers.push(answer);
  const state = browser.went.searchParams.get("state");
  comeTo(`${ORIGIN}/console?${new URLSearchParams({ code: "c1", state, iss: ORIGIN, ...changes })}`);
  return Account.open("/console", clientOf("/console"));
}

test("a member signs in, and the address is as it was", async () => {
  const account = await signIn();
  const asked = Object.fromEntries(browser.went.searchParams);
  assert.deepEqual([asked.client_id, asked.redirect_uri, asked.code_challenge_method], ["cli_1", `${ORIGIN}/console`, "S256"]);
  const [[path, form]] = browser.asked;
  assert.deepEqual([path, form.code, form.redirect_uri, form.client_id, form.client_secret], ["/oauth/token", "c1", `${ORIGIN}/console`, "cli_1", undefined]);
  assert.equal(form.code_verifier.length, 43);
  assert.equal(location.href, `${ORIGIN}/console?client_id=cli_1#/meetings`);
  assert.deepEqual([await account.token(), account.scopes], ["a1", ["meetings:read"]]);
});

test("an answer to another sign-in, or of another server, is not redeemed", async () => {
  for (const changes of [{ state: "another" }, { iss: "https://evil.example" }]) {
    await assert.rejects(signIn(changes), isSignedOut);
    assert.deepEqual(browser.asked, [], "the code is not sent");
    assert.ok(!location.href.includes("code="), location.href);
  }
  comeTo(`${ORIGIN}/console?code=c1&state=s1`);
  await assert.rejects(Account.open("/console", "cli_1"), /belongs to no sign-in/);
});

test("several callers share one renewal, and each renewal brings the next token", async () => {
  const account = await signIn({}, tokens(1, { expires_in: 20 }));
  browser.answers.push(tokens(2), tokens(3));
  assert.deepEqual(await Promise.all([account.token(), account.token(), account.token()]), ["a2", "a2", "a2"]);
  account.forget();
  assert.deepEqual([await account.token(), await account.token()], ["a3", "a3"]);
  const shown = browser.asked.slice(1).map(([, form]) => form.refresh_token);
  assert.deepEqual(shown, ["r1", "r2"]);
});

test("a bad moment of the server ends nothing", async () => {
  const account = await signIn();
  account.forget();
  const away = () => { throw new TypeError("fetch failed"); };
  const late = () => { throw new DOMException("late", "TimeoutError"); };
  for (const moment of [away, late, refusal(503, "temporarily_unavailable"), refusal(429, "temporarily_unavailable")]) {
    browser.answers.push(moment);
    await assert.rejects(account.token(), (error) => !isSignedOut(error));
  }
  browser.answers.push(away);
  await assert.rejects(new Client("/graphql", account).exchange("{ viewer { clientId } }"), NetworkFailure);
  browser.answers.push(tokens(2));
  assert.equal(await account.token(), "a2");
  assert.ok(browser.asked.slice(1).every(([, form]) => form.refresh_token === "r1"));
});

test("a refresh token that is refused ends the session", async () => {
  const account = await signIn();
  account.forget();
  browser.answers.push(refusal(400, "invalid_grant"));
  await assert.rejects(account.token(), isSignedOut);
  await assert.rejects(account.token(), /The session has ended/);
  assert.deepEqual([browser.asked.length, account.scopes], [2, null]);
});

test("signing out revokes the newest token, also one that is on its way", async () => {
  const account = await signIn();
  account.forget();
  browser.answers.push(tokens(2), () => new Response(null));
  const renewed = account.token();
  await account.signOut();
  assert.equal(await renewed, "a2");
  assert.deepEqual(browser.asked.at(-1), ["/oauth/revoke", { token: "r2", client_id: "cli_1" }]);
  await assert.rejects(account.token(), isSignedOut);
});
