// Subscriptions over graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md).
//
// One socket, any number of subscriptions. When the socket is lost it is opened again with backoff, and every
// subscription goes on after the last cursor it has seen, so nothing is missed and nothing comes twice. Before its
// first event a subscription has no cursor and the API tells none: it starts anew from "now", and its observer is told
// of the gap.
import { backoff } from "./graphql.js";
import { newId } from "./dom.js";
import { SIGN_OUT, SignInRefused } from "./session.js";

const PROTOCOL = "graphql-transport-ws";
const PING_EVERY_MS = 15000;
const SILENCE_MAX_MS = 40000;

/** Close codes about the token; that it has expired is one of them. A fresh one may help, once. */
const REFUSED = new Set([4401, 4403]);

/** Close codes that a new socket would only meet again. */
const FATAL = new Map([
  [4400, "The server did not understand the client."],
  [4406, "The server does not speak graphql-transport-ws."],
  [4409, "The subscription is already running."],
]);

/** What the server says of such a request over HTTP. */
const SIGNED_OUT = { code: "UNAUTHENTICATED" };

/** A self-healing socket. */
export class Stream {
  #url;
  #session;
  #onState;
  #socket = null;
  #ready = false;
  #attempts = 0;
  #refusals = 0;
  #heardAt = 0;
  #timers = { retry: null, ping: null };
  #subscriptions = new Map();
  #online = () => { if (!this.#socket && this.#subscriptions.size > 0) this.#connect(); };
  #signedOut = () => this.close();

  /**
   * @param {string} path The GraphQL endpoint, as a path or an http(s) URL.
   * @param {import("./session.js").Session | import("./account.js").Account} session
   * @param {(state: "connecting"|"live"|"waiting"|"closed", detail?: string) => void} onState
   */
  constructor(path, session, onState = () => {}) {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url.href;
    this.#session = session;
    this.#onState = onState;
    addEventListener("online", this.#online);
    addEventListener(SIGN_OUT, this.#signedOut);
  }

  /**
   * Starts a subscription.
   * @param {{query: string, variables?: object, operationName?: string}} request
   * @param {{next: Function, error?: Function, complete?: Function, gap?: Function, cursorOf?: (data) => string|null}} observer
   *   With `cursorOf`, the variable `after` is set to the last cursor whenever the stream has to be resumed. `gap` is
   *   called when it is resumed without one: what happened in between does not come.
   * @returns {() => void} Stops it.
   */
  subscribe(request, observer) {
    const id = newId();
    this.#subscriptions.set(id, { request, observer, cursor: null, started: false });
    if (this.#ready) this.#start(id);
    else if (!this.#socket && !this.#timers.retry) this.#connect();
    return () => this.#stop(id);
  }

  /** Ends every subscription and the socket. */
  close() {
    removeEventListener("online", this.#online);
    removeEventListener(SIGN_OUT, this.#signedOut);
    this.#subscriptions.clear();
    this.#hangUp("closed");
  }

  #stop(id) {
    if (!this.#subscriptions.delete(id)) return;
    if (this.#ready) this.#send({ id, type: "complete" });
    if (this.#subscriptions.size === 0) this.#hangUp("closed");
  }

  async #connect() {
    clearTimeout(this.#timers.retry);
    this.#timers.retry = null;
    this.#onState("connecting");
    let token;
    try {
      token = await this.#session.token();
    } catch (error) {
      if (error instanceof SignInRefused && !error.passing) this.#giveUp(error.message, SIGNED_OUT);
      else this.#retry(error.message);
      return;
    }
    // While the token was fetched, everybody may have left or another call may have connected.
    if (this.#socket || this.#subscriptions.size === 0) return;
    const socket = new WebSocket(this.#url, PROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    socket.onmessage = (message) => this.#hear(JSON.parse(message.data));
    socket.onclose = (event) => { if (this.#socket === socket) this.#lost(event); };
  }

  #hear(message) {
    this.#heardAt = Date.now();
    if (message.type === "ping") this.#send({ type: "pong" });
    if (message.type === "connection_ack") this.#acknowledged();
    const subscription = this.#subscriptions.get(message.id);
    if (!subscription) return;
    const { observer } = subscription;
    if (message.type === "next") {
      const cursor = message.payload.data ? observer.cursorOf?.(message.payload.data) : null;
      if (cursor) subscription.cursor = cursor;
      observer.next(message.payload);
    } else if (message.type === "error") {
      this.#subscriptions.delete(message.id);
      observer.error?.(message.payload);
    } else if (message.type === "complete") {
      this.#subscriptions.delete(message.id);
      observer.complete?.();
    }
    if (this.#subscriptions.size === 0) this.#hangUp("closed");
  }

  #acknowledged() {
    this.#ready = true;
    this.#attempts = 0;
    this.#refusals = 0;
    this.#onState("live");
    for (const id of this.#subscriptions.keys()) this.#start(id);
    this.#timers.ping = setInterval(() => this.#checkPulse(), PING_EVERY_MS);
  }

  /** A socket can be dead without anybody saying so; then only silence tells. */
  #checkPulse() {
    if (Date.now() - this.#heardAt > SILENCE_MAX_MS) {
      this.#hangUp("waiting");
      this.#retry("The connection went silent.");
    } else {
      this.#send({ type: "ping" });
    }
  }

  #start(id) {
    const subscription = this.#subscriptions.get(id);
    const { request, cursor } = subscription;
    if (subscription.started && !cursor && !request.variables?.after) subscription.observer.gap?.();
    subscription.started = true;
    const variables = cursor ? { ...request.variables, after: cursor } : request.variables;
    // A socket has no headers of its own for each subscription, so the correlation id goes along as an extension.
    const extensions = { correlationId: id };
    this.#send({ id, type: "subscribe", payload: { ...request, variables, extensions } });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #lost(event) {
    this.#hangUp("waiting");
    if (REFUSED.has(event.code) && this.#refusals === 0) {
      this.#refusals += 1;
      this.#session.forget();
      this.#connect();
    } else if (REFUSED.has(event.code)) {
      this.#giveUp("The token was refused.", SIGNED_OUT);
    } else if (FATAL.has(event.code)) {
      this.#giveUp(FATAL.get(event.code));
    } else {
      this.#retry(event.reason || "The connection was lost.");
    }
  }

  #retry(reason) {
    if (this.#subscriptions.size === 0) return;
    this.#attempts += 1;
    this.#onState("waiting", reason);
    this.#timers.retry = setTimeout(() => this.#connect(), backoff(this.#attempts + 1));
  }

  #giveUp(reason, extensions = {}) {
    const observers = [...this.#subscriptions.values()].map(({ observer }) => observer);
    this.#subscriptions.clear();
    this.#onState("closed", reason);
    for (const observer of observers) observer.error?.([{ message: reason, extensions }]);
  }

  #hangUp(state) {
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.retry);
    this.#timers = { retry: null, ping: null };
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(1000);
    if (state === "closed") this.#onState("closed");
  }
}
