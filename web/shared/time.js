// Instants as people read them, in any zone, by Intl alone: no table of zones, no arithmetic with wall clocks.

/** The reader's language; outside a browser, as in the tests, the machine's. */
const LANGUAGE = globalThis.navigator?.language;

const formatters = new Map();

/** Intl formatters are dear to make and cheap to keep. */
function formatter(zone, options) {
  const key = `${zone}|${JSON.stringify(options)}`;
  let made = formatters.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(options.locale ?? LANGUAGE, { ...options, timeZone: zone });
    formatters.set(key, made);
  }
  return made;
}

/** The zone this device is in. */
export function ownZone() {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Every zone the browser knows, by name; UTC is always among them, and so is `wanted`. */
export function allZones(wanted = ownZone()) {
  const known = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set([...known, "UTC", wanted])].sort((a, b) => a.localeCompare(b));
}

/** The calendar day of an instant in a zone, as `2026-03-29`. */
export function dayOf(instant, zone) {
  const parts = formatter(zone, { locale: "en-CA", calendar: "gregory", numberingSystem: "latn",
    year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(instant));
  const part = (type) => parts.find((candidate) => candidate.type === type).value;
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** The day `count` days after `day`. Days are counted on the calendar, where each follows the other. */
export function addDays(day, count) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/**
 * The first minute of a day in a zone. Found by halving, not by subtracting an offset: a day may begin at 01:00,
 * or not exist at all (then it is the first minute of the next one).
 */
export function startOfDay(day, zone) {
  const minute = 60000;
  const noon = Date.parse(`${day}T12:00:00Z`);
  let before = Math.floor((noon - 30 * 60 * minute) / minute);
  let reached = Math.floor((noon + 30 * 60 * minute) / minute);
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (dayOf(middle * minute, zone) >= day) reached = middle;
    else before = middle;
  }
  return new Date(reached * minute);
}

/** `Thursday, 6 March` (with the year when it is not the present one). */
export function dayLabel(day, style = "long") {
  const date = new Date(`${day}T12:00:00Z`);
  const thisYear = new Date().getUTCFullYear() === date.getUTCFullYear();
  const options = style === "short"
    ? { weekday: "short", day: "numeric", month: "short" }
    : { weekday: "long", day: "numeric", month: "long", ...(thisYear ? {} : { year: "numeric" }) };
  return formatter("UTC", options).format(date);
}

/** The pieces of a day for a calendar strip. */
export function dayParts(day) {
  const date = new Date(`${day}T12:00:00Z`);
  return {
    weekday: formatter("UTC", { weekday: "short" }).format(date),
    number: formatter("UTC", { day: "numeric" }).format(date),
    month: formatter("UTC", { month: "short" }).format(date),
  };
}

/** The wall clock, 12 or 24 hours as the reader's language has it. */
export function clock(instant, zone) {
  return formatter(zone, { hour: "numeric", minute: "2-digit" }).format(new Date(instant));
}

/** The offset from UTC at that instant, as `GMT+2`. */
export function offset(instant, zone) {
  const parts = formatter(zone, { timeZoneName: "shortOffset", hour: "numeric" }).formatToParts(new Date(instant));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/**
 * Clock labels for the instants of one day. When the clocks are put back an hour happens twice; then two instants
 * have the same label, and each of them says its offset.
 * @returns {Map<string, string>} instant → label
 */
export function clockLabels(instants, zone) {
  const plain = new Map(instants.map((instant) => [instant, clock(instant, zone)]));
  const seen = new Map();
  for (const label of plain.values()) seen.set(label, (seen.get(label) ?? 0) + 1);
  const full = (instant, label) => (seen.get(label) > 1 ? `${label} ${offset(instant, zone)}` : label);
  return new Map([...plain].map(([instant, label]) => [instant, full(instant, label)]));
}

/** Slots by the day they start on in a zone, in order. */
export function byDay(slots, zone) {
  const days = new Map();
  for (const slot of [...slots].sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))) {
    const day = dayOf(slot.startsAt, zone);
    if (!days.has(day)) days.set(day, []);
    days.get(day).push(slot);
  }
  return days;
}

/** `6 Mar 2026, 14:05`, for lists. */
export function stamp(instant, zone = ownZone()) {
  return formatter(zone, { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" })
    .format(new Date(instant));
}

/** `14:05:09.123`, for logs. */
export function exact(instant, zone = ownZone()) {
  return formatter(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" })
    .format(new Date(instant));
}

/** `14:00 – 14:30`; the zone is said beside it, by `zoneLabel`. */
export function span(startsAt, endsAt, zone) {
  return `${clock(startsAt, zone)} – ${clock(endsAt, zone)}`;
}

/** A zone as people know it: `Europe/Berlin` → `Berlin · GMT+2`. */
export function zoneLabel(zone, instant = Date.now()) {
  const city = zone.split("/").pop().replaceAll("_", " ");
  return `${city} · ${offset(instant, zone)}`;
}

/** `9:42`, or `1 h 03 min`, or `2 d 4 h`: what is left of a stretch of milliseconds. */
export function remaining(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const pad = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** `in 3 hours`, `2 days ago`. */
export function relative(instant, now = Date.now()) {
  const seconds = (Date.parse(instant) - now) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units.at(-1);
  return new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
