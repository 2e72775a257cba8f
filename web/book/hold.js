// How long a time is kept. The server says until when, by its own clock; a visitor's clock may be minutes off. So what
// was asked for is counted from the answer, on the visitor's clock alone. Whoever books too late is told by the server.

/** What is asked for. */
export const HOLD_MINUTES = 10;

/** The instant, on this device's clock, at which a hold that was just granted ends. */
export function keptUntil(now = Date.now()) {
  return now + HOLD_MINUTES * 60000;
}

/** Milliseconds that are left of a hold. */
export function left(hold, now = Date.now()) {
  return hold.keptUntil - now;
}
