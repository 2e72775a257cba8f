// A panel: a title and something that has to be fetched, with plain words for everything that can go wrong.
import { fill, focusOn, h } from "../shared/dom.js";
import { RequestRefused, isSignedOut } from "../shared/graphql.js";
import { SignInRefused } from "../shared/session.js";

/** An error in plain words: what a person can do with it, and the reference to ask about it. */
export function explain(error) {
  if (error.requiredScope) {
    return { kind: "warn", message: `Your token lacks the scope ${error.requiredScope}.`, reference: null };
  }
  if (error instanceof SignInRefused) return { kind: "warn", message: error.message, reference: null };
  return { kind: "bad", message: error.message, reference: error.correlationId ?? null };
}

/** The same as a message on the page, with a way to try again where that can help. */
export function problem(error, again = null) {
  const { kind, message, reference } = explain(error);
  return h(`div.notice.${kind}`, { role: "alert" },
    h("p", null, message),
    reference && h("p.tiny.muted", null, "Reference ", h("span.mono", null, reference)),
    // The page as it begins knows how to come back.
    isSignedOut(error) && h("p", null, h("button.compact", { type: "button", on: { click: () => location.reload() } }, "Sign in again")),
    again && kind === "bad" && h("p", null, h("button.compact", { type: "button", on: { click: again } }, "Try again")));
}

/**
 * A section that fetches and shows.
 * @param {string|null} title
 * @param {() => Promise<{data, errors: Array}>} fetch
 * @param {(data) => any} pick What the panel is about. Null, with errors, means that it may not be seen or could not
 *   be read: then the reason is shown, never "there is none".
 * @param {(picked) => Node|Array} render
 * @returns {HTMLElement & {reload: Function}}
 */
export function panel(title, fetch, pick, render) {
  const body = h("div.stack");
  const section = h("section.card.stack", null, title && h("h2", null, title), body);
  section.reload = () => load(body, fetch, pick, render);
  section.reload();
  return section;
}

/** Fetches into `body`. What is partly hidden is said above what is shown. */
export async function load(body, fetch, pick, render) {
  body.setAttribute("aria-busy", "true");
  if (body.childElementCount === 0) fill(body, h("p.busy", null, "Reading …"));
  try {
    const { data, errors = [] } = await fetch();
    const picked = pick(data) ?? null;
    if (picked === null && errors.length > 0) throw new RequestRefused(errors);
    fill(body, hidden(errors), render(picked));
  } catch (error) {
    fill(body, problem(error, () => load(body, fetch, pick, render)));
  } finally {
    body.removeAttribute("aria-busy");
  }
}

/** The page's heading, once it is there: a page that is fetched has none when it is opened. */
export function focusFirst(root) {
  const elsewhere = document.activeElement && document.activeElement !== document.body && !root.contains(document.activeElement);
  if (root.isConnected && !elsewhere) focusOn(root.querySelector("h1"));
}

/** The page after which nothing comes: what the list hangs on does not exist. */
const END = { hasNextPage: false, endCursor: null };

function hidden(errors) {
  const scopes = [...new Set(errors.map((error) => error.extensions?.requiredScope).filter(Boolean))];
  const others = [...new Set(errors.filter((error) => !error.extensions?.requiredScope).map((error) => error.message))];
  if (scopes.length === 0 && others.length === 0) return null;
  return h("div.notice.warn.small", null,
    scopes.length > 0 && h("p", null, `Your token lacks ${scopes.join(", ")}, so a part is not shown.`),
    others.map((message) => h("p", null, message)));
}

/**
 * A list that is read page by page.
 * @param {(after: string|null) => Promise<{connection, errors: Array}>} fetchPage
 * @param {(nodes: Array) => Node} render Draws all nodes so far.
 * @param {string} empty What to say when there are none.
 */
export function pagedList(fetchPage, render, empty) {
  const body = h("div.stack");
  const nodes = [];
  const more = async (after) => {
    const { connection, errors } = await fetchPage(after);
    nodes.push(...(connection?.edges ?? []).map((edge) => edge.node));
    return { data: connection?.pageInfo ?? (errors?.length > 0 ? null : END), errors };
  };
  const next = (after) => load(body, () => more(after), (pageInfo) => pageInfo, (pageInfo) => [
    nodes.length > 0 ? render(nodes) : h("p.muted", null, empty),
    pageInfo.hasNextPage && h("p", null, h("button", { type: "button", on: { click: () => next(pageInfo.endCursor) } }, "Show more")),
  ]);
  next(null);
  return body;
}
