// Where a visitor is, kept for the life of the tab: a reload, or a phone that threw the page out of memory, goes on
// at the same step. It holds what the visitor typed, so it never leaves sessionStorage.

const KEY = `meridian.booking.${location.pathname.replace(/\/$/, "")}`;

const START = {
  step: "details", // details → times → confirm → booked
  zone: null,
  details: null,
  offer: null, // {meetingType, owner, hostId, slots, warnings}
  weekFrom: null, // the first day of the week on show; null while the first offered times are shown
  slot: null,
  hold: null, // {id, keptUntil, hostId, hostName}
  confirming: false, // the visitor has confirmed and the answer is outstanding
  meeting: null,
};

/** The state of before, or the start. */
export function load() {
  try {
    return { ...START, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...START };
  }
}

/** Keeps the state. */
export function save(state) {
  sessionStorage.setItem(KEY, JSON.stringify(state));
}

/** Forgets everything. */
export function reset() {
  sessionStorage.removeItem(KEY);
}
