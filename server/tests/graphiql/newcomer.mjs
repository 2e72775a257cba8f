// Somebody who opens GraphiQL for the first time. Prints what became of each step, a line each.
//
// Three arguments: the sandbox's URL, its sandbox.json, and the browser's program.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [base, manifestPath, executablePath] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
const PATIENCE_MS = 30000;

// As root, which runs tests in a container, the browser cannot build its own cage.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
page.setDefaultTimeout(PATIENCE_MS);

const complaints = [];
const elsewhere = [];
const tokens = [];
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(error.message));
page.on("request", (request) => { if (/^https?:/.test(request.url()) && !request.url().startsWith(base)) elsewhere.push(request.url()); });
page.on("response", async (response) => {
  if (response.url().endsWith("/oauth/token")) tokens.push(...Object.values(await response.json()).filter((value) => String(value).length > 30));
});

async function signIn() {
  const { email, password } = manifest.members.admin;
  await page.goto(`${base}/graphiql`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.getByText("Signed in, ").waitFor();
  console.log("signed in: true");
  console.log("the address is clean:", page.url() === `${base}/graphiql`);
}

async function storage() {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}

/** The JSON that the answer's pane shows. */
async function shown() {
  return page.evaluate(() => document.querySelector(".result-window .CodeMirror").CodeMirror.getValue());
}

async function choose(title) {
  const panel = page.getByRole("region", { name: "Samples" });
  if (!(await panel.isVisible())) await page.getByRole("button", { name: "Show Samples" }).click();
  await panel.getByRole("button", { name: title, exact: true }).click();
}

async function run(title) {
  await choose(title);
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${base}/graphql`),
    page.getByRole("button", { name: /Execute query/ }).click(),
  ]);
  const answer = await response.json();
  // What came is what is seen.
  const mark = answer.extensions.correlationId;
  await page.waitForFunction((mark) => document.querySelector(".result-window .CodeMirror").CodeMirror.getValue().includes(mark), mark);
  const refusals = answer.errors?.map(({ extensions }) => extensions.code) ?? Object.values(answer.data)[0].errors?.map(({ code }) => code) ?? [];
  console.log(`${title}:`, refusals.join(" ") || "ok");
}

/** Another caller books, and the stream shows it. */
async function listen(title) {
  await choose(title);
  await page.getByRole("button", { name: /Execute query/ }).click();
  await page.getByRole("button", { name: /Stop query/ }).waitFor();
  const deadline = Date.now() + PATIENCE_MS;
  // Until the stream stands nobody knows from where on it shows events, so meetings are booked until one is seen.
  while (!(await shown()).includes("MeetingBooked") && Date.now() < deadline) {
    await book();
    await page.waitForTimeout(500);
  }
  console.log(`${title}:`, JSON.parse(await shown()).data.meetingEvents.__typename);
  await page.getByRole("button", { name: /Stop query/ }).click();
}

async function ask(query, variables = {}) {
  const { client_id, client_secret } = manifest.personas.admin;
  ask.token ??= await fetch(`${base}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret }),
  }).then((response) => response.json());
  const headers = { authorization: `Bearer ${ask.token.access_token}`, "content-type": "application/json" };
  const response = await fetch(`${base}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return (await response.json()).data;
}

async function book() {
  const { meetingTypes: [{ id: meetingTypeId }] } = await ask("{ meetingTypes { id } }");
  const [from, until] = [new Date(), new Date(Date.now() + 7 * 86400000)].map((instant) => instant.toISOString());
  const { availability } = await ask("query A($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }",
    { input: { meetingTypeId, from, until, timeZone: "UTC" } });
  const { startsAt } = availability.slots.at(-1);
  const input = { idempotencyKey: crypto.randomUUID(), meetingTypeId, startsAt, timeZone: "UTC", invitee: { email: "jo@initech.example", givenName: "Jo", familyName: "Park" } };
  await ask("mutation B($input: BookMeetingInput!) { bookMeeting(input: $input) { meeting { id } } }", { input });
}

await signIn();
await page.getByRole("button", { name: "Show Samples" }).click();
const titles = await page.getByRole("region", { name: "Samples" }).getByRole("listitem").allInnerTexts();
const kept = await storage();
console.log("nothing is kept of the tokens:", tokens.length >= 2 && !tokens.some((token) => kept.includes(token)));
for (const title of titles) await (title.includes("(subscription)") ? listen(title) : run(title));
await page.getByRole("button", { name: "Show Scopes and cost" }).click();
const granted = page.getByRole("region", { name: "Scopes and cost" }).getByText("Granted:");
console.log("scopes are shown:", (await granted.innerText()).includes("meetings:read"));
await page.screenshot({ path: "graphiql.png" });
await page.getByRole("button", { name: "Sign out" }).click();
await page.getByRole("button", { name: "Sign in" }).waitFor();
console.log("signed out: true");
console.log("the schema without a token:", (await fetch(`${base}/schema.graphql`)).status);
console.log("from elsewhere:", elsewhere.join(" ") || "nothing");
console.log("complaints:", complaints.join(" | ") || "none");
await browser.close();
