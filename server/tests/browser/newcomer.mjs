// Somebody who opens GraphiQL for the first time. Prints what became of each step, a line each.

import { PATIENCE_MS, allow, base, book, browser, giveLogin, keepsTokens, visit } from "./visit.mjs";

const { page, noted } = await visit();

async function signIn() {
  await page.goto(`${base}/graphiql`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await giveLogin(page);
  await allow(page);
  await page.getByText("Signed in, ").waitFor();
  console.log("signed in: true");
  console.log("the address is clean:", page.url() === `${base}/graphiql`);
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

await signIn();
await page.getByRole("button", { name: "Show Samples" }).click();
const titles = await page.getByRole("region", { name: "Samples" }).getByRole("listitem").allInnerTexts();
console.log("nothing is kept of the tokens:", noted.tokens.length > 0 && !(await keepsTokens(page, noted)));
for (const title of titles) await (title.includes("(subscription)") ? listen(title) : run(title));
await page.getByRole("button", { name: "Show Scopes and cost" }).click();
const granted = page.getByRole("region", { name: "Scopes and cost" }).getByText("Granted:");
console.log("scopes are shown:", (await granted.innerText()).includes("meetings:read"));
await page.screenshot({ path: "graphiql.png" });
await page.getByRole("button", { name: "Sign out" }).click();
await page.getByRole("button", { name: "Sign in" }).waitFor();
console.log("signed out: true");
console.log("the schema without a token:", (await fetch(`${base}/schema.graphql`)).status);
console.log("from elsewhere:", noted.elsewhere.join(" ") || "nothing");
console.log("complaints:", noted.complaints.join(" | ") || "none");
await browser.close();
