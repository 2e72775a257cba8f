// How a subscription lives on when its socket does not.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { SIGN_OUT, SignInRefused } from "../shared/session.js";
import { Stream } from "../shared/stream.js";

/** The browser's socket, with the test in the place of the server. */
class Socket {
  static OPEN = 1;
  static all = [];
  readyState = 1;
  sent = [];
  constructor() { Socket.all.push(this); }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  hears(message) { this.onmessage({ data: JSON.stringify(message) }); }
  accepts() { this.onopen(); this.hears({ type: "connection_ack" }); }
  ends(code, reason = "") { this.readyState = 3; this.onclose({ code, reason }); }
  get subscribed() { return this.sent.find((message) => message.type === "subscribe"); }
}

globalThis.WebSocket = Socket;
globalThis.location = { href: "https://meridian.example/console" };
const page = new EventTarget();
globalThis.addEventListener = page.addEventListener.bind(page);
globalThis.removeEventListener = page.removeEventListener.bind(page);

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

const streams = [];
beforeEach(() => { Socket.all = []; });
// A stream that a failed test leaves open would keep Node waiting for its pings.
afterEach(() => { for (const stream of streams.splice(0)) stream.close(); });

/** A stream with one subscription, and a note of all that its user is told. */
async function begin(token = () => "t") {
  const told = { forgotten: 0, errors: [], events: [], gaps: 0, states: [] };
  const session = { token: async () => token(), forget: () => { told.forgotten += 1; } };
  const stream = new Stream("/graphql", session, (state) => told.states.push(state));
  streams.push(stream);
  stream.subscribe({ query: "subscription { n }" }, {
    cursorOf: (data) => data.n,
    next: ({ data }) => told.events.push(data.n),
    error: ([{ message }]) => told.errors.push(message),
    gap: () => { told.gaps += 1; },
  });
  await settled();
  return { told };
}

async function refused(code, reason) {
  Socket.all.at(-1).ends(code, reason);
  await settled();
}

test("a token that expires is replaced, as often as it expires", async () => {
  for (const code of [4401, 4403]) {
    Socket.all = [];
    const { told } = await begin();
    for (let life = 1; life <= 3; life += 1) {
      Socket.all.at(-1).accepts();
      await refused(code, "Token expired");
      assert.equal(told.forgotten, life);
      assert.equal(Socket.all.length, life + 1, `a socket with the new token after ${code}`);
    }
    assert.deepEqual(told.errors, []);
    }
});

test("a fresh token that is refused too is the end", async () => {
  const { told } = await begin();
  await refused(4403, "Forbidden");
  await refused(4403, "Forbidden");
  assert.equal(Socket.all.length, 2);
  assert.deepEqual(told.errors, ["The token was refused."]);
  assert.equal(told.states.at(-1), "closed");
});

test("an ended session ends the stream; a token endpoint with a bad moment does not", async () => {
  const { told } = await begin(() => { throw new SignInRefused("signed_out", "Sign in again."); });
  assert.deepEqual(told.errors, ["Sign in again."]);
  assert.equal(told.states.at(-1), "closed");
  const later = await begin(() => { throw new SignInRefused("http_503", null, { passing: true }); });
  assert.deepEqual(later.told.errors, []);
  assert.equal(later.told.states.at(-1), "waiting");
});

test("signing out ends the stream at once", async () => {
  const { told } = await begin();
  const [socket] = Socket.all;
  socket.accepts();
  page.dispatchEvent(new Event(SIGN_OUT));
  await refused(1000);
  assert.deepEqual([socket.readyState, Socket.all.length, told.states.at(-1)], [3, 1, "closed"]);
});

test("a new socket goes on after the last event; before the first, the gap is told", async () => {
  const { told } = await begin();
  Socket.all.at(-1).accepts();
  assert.equal(told.gaps, 0, "nothing is missed by the first socket");
  await refused(4401);
  Socket.all.at(-1).accepts();
  assert.equal(told.gaps, 1);
  const { id } = Socket.all.at(-1).subscribed;
  Socket.all.at(-1).hears({ id, type: "next", payload: { data: { n: "c7" } } });
  await refused(4401);
  Socket.all.at(-1).accepts();
  assert.equal(Socket.all.at(-1).subscribed.payload.variables.after, "c7");
  assert.deepEqual([told.gaps, told.events], [1, ["c7"]]);
});
