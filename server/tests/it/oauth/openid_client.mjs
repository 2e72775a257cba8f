// Every grant with npm's `openid-client`, and what `oauth4webapi` thinks of the tokens (RFC 9068).
//
// One argument: JSON with the API's base URL and the clients. When a member is needed, a line `open URL` is printed and
// the URL that the browser was sent back to is read from standard input.

import { createInterface } from "node:readline/promises";
import { webcrypto } from "node:crypto";
import * as client from "openid-client";
import * as oauth from "oauth4webapi";

const { base, own, signer, delegate, open } = JSON.parse(process.argv[2]);
const lines = createInterface({ input: process.stdin });
const insecure = { [oauth.allowInsecureRequests]: true }; // the instance under test listens on the loopback only

function discover(id, authentication) {
  const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(base), id, undefined, authentication, options);
}

async function validated(config, token) {
  const request = new Request(`${base}/graphql`, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(config.serverMetadata(), request, base, insecure);
}

async function own_grants() {
  const der = Buffer.from(signer.key, "base64");
  const kind = { name: "ECDSA", namedCurve: "P-256" };
  const key = await webcrypto.subtle.importKey("pkcs8", der, kind, false, ["sign"]);
  for (const [name, id, authentication] of [
    ["client_secret_basic", own.id, client.ClientSecretBasic(own.secret)],
    ["client_secret_post", own.id, client.ClientSecretPost(own.secret)],
    ["private_key_jwt", signer.id, client.PrivateKeyJwt(key)],
  ]) {
    const config = await discover(id, authentication);
    const granted = await client.clientCredentialsGrant(config, { scope: "meetings:read" });
    const claims = await validated(config, granted.access_token);
    console.log(name, claims.sub === id, granted.scope);
    console.log("introspection", (await client.tokenIntrospection(config, granted.access_token)).active);
    await client.tokenRevocation(config, granted.access_token);
    console.log("after revocation", (await client.tokenIntrospection(config, granted.access_token)).active);
  }
}

async function delegated(name, id, authentication) {
  const config = await discover(id, authentication);
  const [pkceCodeVerifier, expectedState] = [client.randomPKCECodeVerifier(), client.randomState()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: "https://app.test/back",
    scope: "meetings:read",
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  console.log("open", url.href);
  const back = new URL((await lines[Symbol.asyncIterator]().next()).value);
  const granted = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState });
  console.log(name, (await validated(config, granted.access_token)).sub.slice(0, 4), granted.scope);
  const next = await client.refreshTokenGrant(config, granted.refresh_token);
  console.log("refresh", next.scope, next.refresh_token !== granted.refresh_token);
  await client.tokenRevocation(config, next.refresh_token);
  const refused = await client.refreshTokenGrant(config, next.refresh_token).catch((error) => error.error);
  console.log("after revocation", refused);
}

await own_grants();
await delegated("authorization_code", delegate.id, client.ClientSecretBasic(delegate.secret));
await delegated("authorization_code, public", open.id, client.None());
lines.close();
