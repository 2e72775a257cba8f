// What recent answers contained, so that the next sample starts with real ids instead of placeholders.

/** Ids are known by their prefix, other values by the name of their field. */
const BY_PREFIX = {
  mtt: "meetingTypeId", hst: "hostId", con: "contactId", mtg: "meetingId", hld: "holdId", dlv: "deliveryId", cxn: "connectionId",
};
const BY_FIELD = { correlationId: "correlationId", cursor: "cursor" };

/** A memory for one session of the playground. */
export class Memory {
  #known = new Map();

  /** Notes what an answer's data contains; of several the first one counts, as it would for a reader. */
  learn(data) {
    const found = new Map();
    collect(data, found);
    for (const [name, value] of found) this.#known.set(name, value);
  }

  /** A value, or a text that says which sample has to run first. */
  get(name, hint) {
    return this.#known.get(name) ?? `run “${hint}” first`;
  }

  has(name) {
    return this.#known.has(name);
  }
}

function collect(value, found, field = "") {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, field);
  } else if (value !== null && typeof value === "object") {
    if (field === "slots" || field === "alternatives") keep(found, "startsAt", value.startsAt);
    if (typeof value.version === "number" && String(value.id).startsWith("mtg_")) keep(found, "meetingVersion", value.version);
    for (const [name, item] of Object.entries(value)) collect(item, found, name);
  } else if (typeof value === "string") {
    const name = field === "id" ? BY_PREFIX[value.split("_")[0]] : BY_FIELD[field];
    if (name) keep(found, name, value);
  }
}

function keep(found, name, value) {
  if (value !== undefined && !found.has(name)) found.set(name, value);
}
