// What was run, and what is being written. Documents and variables only: answers may hold personal data, and headers
// may hold a token, so neither is ever written here.

const HISTORY = "meridian.playground.history";
const DRAFT = "meridian.playground.draft";
const ENTRIES_MAX = 40;

function read(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

const withoutHeaders = ({ headers: _never, ...rest }) => rest;

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage costs the history, not the answer.
  }
}

/** Newest first: `{title, query, variables, at}`. */
export function history() {
  return read(HISTORY, []);
}

/** Notes a run. The same document with the same variables is noted once, at its latest run. */
export function remember(entry) {
  const same = (other) => other.query === entry.query && other.variables === entry.variables;
  const others = history().filter((other) => !same(other));
  write(HISTORY, [entry, ...others].slice(0, ENTRIES_MAX).map(withoutHeaders));
}

/** Forgets all runs. */
export function clearHistory() {
  localStorage.removeItem(HISTORY);
}

/** What was being written when the page was left, or null. */
export function draft() {
  return read(DRAFT, null);
}

/** Keeps what is being written. */
export function keepDraft(value) {
  write(DRAFT, withoutHeaders(value));
}
