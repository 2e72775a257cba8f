// An operator in the console, from the first sign-in to the last sign-out. Prints what became of each step, a line each.

import { allow, base, book, browser, giveLogin, keepsTokens, manifest, post, until, visit } from "./visit.mjs";

const CONSOLE = `${base}/console`;
const client_id = manifest.console_client_id;
const asMember = (page) => page.getByRole("button", { name: "Sign in as a member" });
const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true });
const events = (page) => page.getByText("Meeting booked", { exact: true });
const renewals = ({ asked }) => asked.filter((request) => request.postData()?.includes("grant_type=refresh_token")).length;
const sent = ({ asked }) => asked.filter((request) => request.url() === `${base}/oauth/token`);

const { page, noted } = await visit();

async function signsIn() {
  await page.goto(CONSOLE);
  const { email } = manifest.members.admin;
  console.log("the login is shown:", await page.getByText(email, { exact: true }).isVisible());
  await asMember(page).click();
  await giveLogin(page);
  await allow(page);
  await heading(page, "Meetings").waitFor();
  await page.getByRole("table").waitFor();
  console.log("meetings are shown:", await page.getByRole("table").getByRole("link").first().isVisible());
  console.log("the address is clean:", page.url() === `${CONSOLE}#/meetings`);
  const [redeemed] = sent(noted);
  const form = new URLSearchParams(redeemed.postData());
  const proof = [form.has("code_verifier"), form.has("client_secret"), "authorization" in redeemed.headers()];
  console.log("verifier, secret, password of the client:", ...proof);
  console.log("nothing is kept of the tokens:", noted.tokens.length === 1 && !(await keepsTokens(page, noted)));
  console.log("GraphiQL's bundle is loaded:", noted.asked.some((request) => request.url().includes("/graphiql/vendor/")));
}

/** The access token goes, and with it the socket: the stream stands again with a new one, and misses nothing. */
async function followsThroughARenewal() {
  await page.getByRole("link", { name: "Live events" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  await until("a first event", async () => {
    await book();
    return events(page).first().isVisible();
  });
  const [seen, [socket]] = [await events(page).count(), noted.sockets];
  const [{ access_token }] = noted.tokens;
  await post("/oauth/revoke", { client_id, token: access_token });
  await until("the end of the first socket", () => socket.isClosed());
  await book();
  await events(page).nth(seen).waitFor();
  console.log("live through a renewal:", noted.sockets.length === 2, renewals(noted) === 1);
  const refreshTokens = new Set(noted.tokens.map(({ refresh_token }) => refresh_token));
  console.log("each refresh token is new:", refreshTokens.size === 2, "kept:", await keepsTokens(page, noted));
}

/** By the page's clock the token is about to end; nobody has to refuse it first. */
async function renewsInTime() {
  await page.clock.setFixedTime(Date.now() + 14.75 * 60000);
  await page.getByRole("link", { name: "Contacts" }).click();
  await page.getByRole("table").waitFor();
  console.log("renewed before its end:", renewals(noted) === 2);
}

async function comesBackAfterAReload() {
  await page.reload();
  await allow(page);
  await heading(page, "Contacts").waitFor();
  console.log("back after a reload, by one click:", page.url() === `${CONSOLE}#/contacts`);
}

async function isToldWhatDoesNotFit() {
  await page.reload();
  await page.getByRole("button", { name: "Allow", exact: true }).waitFor();
  const before = sent(noted).length;
  await page.goto(`${CONSOLE}?${new URLSearchParams({ code: "of-somebody-else", state: "of-another-sign-in", iss: base })}`);
  console.log("another state:", await page.getByRole("alert").innerText());
  console.log("and the code is sent:", sent(noted).length > before, "or kept:", page.url().includes("code="));
  await page.goto(`${CONSOLE}?${new URLSearchParams({ code: "of-somebody-else", state: "begun-by-nobody", iss: base })}`);
  console.log("nothing begun:", await page.getByRole("alert").innerText());
  await asMember(page).click();
  await page.getByRole("button", { name: "Do not allow" }).click();
  console.log("not allowed:", await page.getByRole("alert").innerText());
  console.log("the code is sent:", sent(noted).length > before);
}

async function signsOut() {
  await asMember(page).click();
  await allow(page);
  await heading(page, "Meetings").waitFor();
  await page.getByRole("link", { name: "Live events" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await asMember(page).waitFor();
  await until("the end of every socket", () => noted.sockets.every((socket) => socket.isClosed()));
  const { access_token, refresh_token } = noted.tokens.at(-1);
  const refused = await post("/oauth/token", { grant_type: "refresh_token", client_id, refresh_token });
  console.log("the refresh token afterwards:", refused.status, (await refused.json()).error);
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const body = JSON.stringify({ query: "{ viewer { clientId } }" });
  console.log("the access token afterwards:", (await fetch(`${base}/graphql`, { method: "POST", headers, body })).status);
  await page.reload();
  await asMember(page).waitFor();
  console.log("stays signed out: true");
}

async function looksThroughOtherEyes() {
  await page.getByRole("button", { name: "ops" }).click();
  // Where the one before has left.
  await heading(page, "Live events").waitFor();
  await page.reload();
  await heading(page, "Live events").waitFor();
  console.log("a persona, through a reload: true, kept:", await keepsTokens(page, noted));
  await page.getByRole("button", { name: "Sign out" }).click();
  await asMember(page).waitFor();
}

async function writesInThePlayground() {
  await page.goto(`${base}/playground`);
  await asMember(page).click();
  await allow(page);
  await page.getByRole("button", { name: "Run" }).click();
  console.log("in the playground:", await page.getByText(/^HTTP/).innerText());
}

/** Outside the sandbox there is no `/app/config.json`: nobody is offered, and the link says which client the page is. */
async function worksOutsideTheSandbox() {
  const { page, noted } = await visit({ width: 390, height: 844 });
  await page.route("**/app/config.json", (route) => route.fulfill({ status: 404 }));
  await page.goto(CONSOLE);
  const command = await page.getByText("meridian client create").innerText();
  console.log("without a client:", command.includes(`--public`) && command.includes(`--redirect-uri ${CONSOLE}`), "fields:", await page.locator("input").count());
  await page.goto(`${CONSOLE}?client_id=${client_id}`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").waitFor();
  await giveLogin(page);
  await allow(page);
  await heading(page, "Meetings").waitFor();
  await page.getByRole("table").waitFor();
  console.log("by a link:", page.url() === `${CONSOLE}?client_id=${client_id}#/meetings`);
  console.log("fits a phone:", await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await isEndedElsewhere(page, noted);
  // The browser itself tells of each answer that is none of 200.
  const unexpected = noted.complaints.filter((complaint) => !complaint.startsWith("Failed to load resource"));
  console.log("complaints there:", unexpected.join(" | ") || "none");
}

/** Somebody ended what the member had allowed; the next thing that is asked for offers the way back. */
async function isEndedElsewhere(page, { tokens }) {
  await post("/oauth/revoke", { client_id, token: tokens.at(-1).refresh_token });
  const again = page.getByRole("button", { name: "Sign in again" });
  // A server knows of a revocation within seconds.
  await until("the refusal of the token", async () => {
    for (const name of ["Hosts", "Connections"]) await page.getByRole("link", { name }).click();
    await page.waitForTimeout(200);
    return again.isVisible();
  });
  await again.click();
  await allow(page);
  await page.getByText("HubSpot (fake)").waitFor();
  console.log("ended elsewhere, and back by one click: true");
}

await book();
await signsIn();
await followsThroughARenewal();
await renewsInTime();
await comesBackAfterAReload();
await isToldWhatDoesNotFit();
await signsOut();
await looksThroughOtherEyes();
await writesInThePlayground();
console.log("from elsewhere:", noted.elsewhere.join(" ") || "nothing");
console.log("complaints:", noted.complaints.join(" | ") || "none");
await worksOutsideTheSandbox();
await browser.close();
