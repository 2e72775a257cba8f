// What recent answers contained, so that the next sample starts with real ids instead of placeholders.

/** Ids are known by their prefix, other values by the name of their field. */
const BY_PREFIX = {
  mtt: "meetingTypeId", hst: "hostId", con: "contactId", mtg: "meetingId", hld: "holdId", dlv: "deliveryId", cxn: "connectionId",
};
const BY_FIELD = { correlationId: "correlationId", cursor: "cursor" };

/** Slots that are remembered: those of a form's answer do not push out those that were asked for. */
const SLOTS_MAX = 500;

/** A memory for one session of the playground. */
export class Memory {
  #known = new Map();
  #slots = [];

  /** Notes what an answer's data contains; of several the first one counts, as it would for a reader. */
  learn(data) {
    const found = new Map();
    const slots = [];
    collect(data, found, slots);
    for (const [name, value] of found) this.#known.set(name, value);
    this.#slots = [...slots, ...this.#slots].slice(0, SLOTS_MAX);
    // A hold ends with the booking it was made for.
    if (data?.bookMeeting?.meeting) this.#known.delete("holdId");
  }

  /** The start of the first slot of the latest answer, or of one that the meeting's host could take instead. */
  start(hint, { sameHost = false } = {}) {
    const hostId = this.#known.get("meetingHostId");
    const isHosts = ({ hosts }) => !hostId || !hosts || hosts.some((host) => host.id === hostId);
    const fits = (slot) => !sameHost || (isHosts(slot) && slot.startsAt !== this.#known.get("meetingStartsAt"));
    return this.#slots.find(fits)?.startsAt ?? `run “${hint}” first`;
  }

  /** A value, or a text that says which sample has to run first. */
  get(name, hint) {
    return this.#known.get(name) ?? `run “${hint}” first`;
  }

  has(name) {
    return this.#known.has(name);
  }
}

function collect(value, found, slots, field = "") {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found, slots, field);
  } else if (value !== null && typeof value === "object") {
    if (field === "slots" || field === "alternatives") slots.push(value);
    if (String(value.id).startsWith("hld_")) keep(found, "holdStartsAt", value.startsAt);
    if (String(value.id).startsWith("mtg_")) {
      keep(found, "meetingVersion", value.version);
      keep(found, "meetingStartsAt", value.startsAt);
      keep(found, "meetingHostId", value.host?.id);
    }
    for (const [name, item] of Object.entries(value)) collect(item, found, slots, name);
  } else if (typeof value === "string") {
    const name = field === "id" ? BY_PREFIX[value.split("_")[0]] : BY_FIELD[field];
    if (name) keep(found, name, value);
  }
}

function keep(found, name, value) {
  if (value !== undefined && !found.has(name)) found.set(name, value);
}
