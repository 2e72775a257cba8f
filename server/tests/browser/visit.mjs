// What the scripts have in common: a browser, what it is noted to have done, the pages of the sign-in, and another caller.
//
// Three arguments: the sandbox's URL, its sandbox.json, and the browser's program.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [url, manifestPath, executablePath] = process.argv.slice(2);
export const base = url;
export const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
export const PATIENCE_MS = 30000;

// As root, which runs tests in a container, the browser cannot build its own cage.
export const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** A page in a profile of its own. `noted` grows with what happens on it. */
export async function visit(viewport = { width: 1400, height: 900 }) {
  const page = await (await browser.newContext({ viewport })).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const noted = { complaints: [], elsewhere: [], asked: [], tokens: [], sockets: [] };
  page.on("console", (message) => { if (message.type() === "error") noted.complaints.push(message.text()); });
  page.on("pageerror", (error) => noted.complaints.push(error.message));
  page.on("request", (request) => {
    noted.asked.push(request);
    if (/^https?:/.test(request.url()) && !request.url().startsWith(base)) noted.elsewhere.push(request.url());
  });
  page.on("response", async (response) => {
    if (response.url() === `${base}/oauth/token` && response.ok()) noted.tokens.push(await response.json());
  });
  page.on("websocket", (socket) => noted.sockets.push(socket));
  return { page, noted };
}

/** The login that the sandbox shows, on the page that asks for it. */
export async function giveLogin(page) {
  const { email, password } = manifest.members.admin;
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function allow(page) {
  await page.getByRole("button", { name: "Allow", exact: true }).click();
}

/** Whether the browser keeps any of the tokens where it keeps things. */
export async function keepsTokens(page, { tokens }) {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  return tokens.flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]).some((token) => token && kept.includes(token));
}

export async function until(what, condition) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** What the token endpoint or its neighbour says to a form. */
export async function post(path, form) {
  return fetch(base + path, { method: "POST", body: new URLSearchParams(form) });
}

/** Asks as another caller, who may do everything. */
async function ask(query, variables = {}) {
  const { client_id, client_secret } = manifest.personas.admin;
  ask.token ??= await post("/oauth/token", { grant_type: "client_credentials", client_id, client_secret }).then((response) => response.json());
  const headers = { authorization: `Bearer ${ask.token.access_token}`, "content-type": "application/json" };
  const response = await fetch(`${base}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return (await response.json()).data;
}

/** Another caller books a meeting. */
export async function book() {
  const { meetingTypes: [{ id: meetingTypeId }] } = await ask("{ meetingTypes { id } }");
  const [from, until] = [new Date(), new Date(Date.now() + 7 * 86400000)].map((instant) => instant.toISOString());
  const { availability } = await ask("query A($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }",
    { input: { meetingTypeId, from, until, timeZone: "UTC" } });
  const { startsAt } = availability.slots.at(-1);
  const input = { idempotencyKey: crypto.randomUUID(), meetingTypeId, startsAt, timeZone: "UTC", invitee: { email: "jo@initech.example", givenName: "Jo", familyName: "Park" } };
  await ask("mutation B($input: BookMeetingInput!) { bookMeeting(input: $input) { meeting { id } } }", { input });
}
