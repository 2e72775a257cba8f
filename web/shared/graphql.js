// GraphQL over HTTP: one exchange, its correlation id, and what can go wrong, as three kinds of error.
import { newId } from "./dom.js";
import { SignInRefused } from "./session.js";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";
const ATTEMPTS_MAX = 4;
const BACKOFF_BASE_MS = 400;
const BACKOFF_CAP_MS = 8000;
const REQUEST_TIMEOUT_MS = 20000;

/** No answer came: offline, refused, timed out, or something that is not GraphQL. The request may have worked. */
export class NetworkFailure extends Error {
  constructor(message, correlationId) {
    super(message);
    this.correlationId = correlationId;
    this.retryable = true;
  }
}

/** The server answered with top-level errors. */
export class RequestRefused extends Error {
  constructor(errors, correlationId) {
    const first = errors[0] ?? { message: "The server gave no reason." };
    super(first.message);
    this.errors = errors;
    this.code = first.extensions?.code ?? null;
    this.requiredScope = first.extensions?.requiredScope ?? null;
    this.retryable = first.extensions?.retryable === true;
    this.retryAfterMs = first.extensions?.retryAfterMs ?? null;
    this.correlationId = first.extensions?.correlationId ?? correlationId;
  }
}

/** Whether sending the same request again can help. */
export function isRetryable(error) {
  return error instanceof NetworkFailure || (error instanceof RequestRefused && error.retryable);
}

/** Whether nothing helps but to sign in again. */
export function isSignedOut(error) {
  return error instanceof SignInRefused ? !error.passing : error.code === "UNAUTHENTICATED";
}

/** A GraphQL endpoint, spoken to in one session's name. */
export class Client {
  /**
   * @param {string} endpoint
   * @param {import("./session.js").Session | import("./account.js").Account} session
   */
  constructor(endpoint, session) {
    this.endpoint = endpoint;
    this.session = session;
  }

  /**
   * One exchange. Errors of GraphQL are part of the answer; only a missing answer is thrown.
   * @returns {Promise<{data, errors: Array, extensions: object, correlationId: string, status: number, milliseconds: number}>}
   */
  async exchange(query, variables = {}, { operationName, headers = {} } = {}) {
    const answer = await this.#send(query, variables, operationName, headers);
    const expired = answer.errors.some((error) => error.extensions?.code === "UNAUTHENTICATED");
    if (!expired) return answer;
    this.session.forget();
    return this.#send(query, variables, operationName, headers);
  }

  async #send(query, variables, operationName, headers) {
    const correlationId = newId();
    const token = await this.#token(correlationId);
    const startedAt = performance.now();
    const response = await fetch(this.endpoint, {
      method: "POST",
      headers: {
        accept: ACCEPT,
        "content-type": "application/json",
        "x-correlation-id": correlationId,
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: JSON.stringify({ query, variables, operationName }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch((cause) => { throw noAnswer(cause, correlationId); });
    const body = await response.json().catch(() => null);
    if (!body || (body.data === undefined && !Array.isArray(body.errors))) {
      throw new NetworkFailure(`The server answered ${response.status} without GraphQL.`, correlationId);
    }
    const extensions = body.extensions ?? {};
    return {
      data: body.data ?? null,
      errors: body.errors ?? [],
      extensions,
      correlationId: extensions.correlationId ?? response.headers.get("x-correlation-id") ?? correlationId,
      status: response.status,
      milliseconds: performance.now() - startedAt,
    };
  }

  async #token(correlationId) {
    try {
      return await this.session.token();
    } catch (error) {
      if (error instanceof TypeError || error instanceof DOMException) throw noAnswer(error, correlationId);
      throw error;
    }
  }

  /**
   * The data of a query. Fields that may not be seen are null, with the reasons in `errors`; when there is no data
   * at all the reason is thrown. Safe to repeat, so it is repeated when the network or the server has a bad moment.
   */
  async query(document, variables, options = {}) {
    const answer = await this.#patiently(() => this.exchange(document, variables, options));
    return { data: answer.data, errors: answer.errors, correlationId: answer.correlationId };
  }

  /**
   * The payload of a mutation with one root field. It carries an idempotency key, which makes it as safe to repeat
   * as a query: the server answers a repetition with the first result.
   */
  async mutate(document, input, options = {}) {
    const answer = await this.#patiently(() => this.exchange(document, { input }, options));
    const [payload] = Object.values(answer.data ?? {});
    if (!payload) throw new RequestRefused(answer.errors, answer.correlationId);
    const replayed = answer.extensions.idempotency?.replayed === true;
    return { ...payload, errors: payload.errors ?? [], replayed, correlationId: answer.correlationId };
  }

  async #patiently(attempt) {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const answer = await attempt();
        if (answer.data === null) throw new RequestRefused(answer.errors, answer.correlationId);
        return answer;
      } catch (error) {
        if (!isRetryable(error) || attempts === ATTEMPTS_MAX) throw error;
        await pause(backoff(attempts, error.retryAfterMs));
      }
    }
  }
}

function noAnswer(cause, correlationId) {
  const late = cause.name === "TimeoutError";
  return new NetworkFailure(late ? "The server took too long to answer." : "The server cannot be reached.", correlationId);
}

/** Exponential backoff with full jitter, never earlier than the server asked for; in milliseconds. */
export function backoff(attempts, toldMs = null) {
  const ceiling = Math.min(BACKOFF_BASE_MS * 2 ** (attempts - 1), BACKOFF_CAP_MS);
  return (toldMs ?? 0) + Math.random() * ceiling;
}

function pause(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}
