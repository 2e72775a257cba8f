// A meeting as an iCalendar file (RFC 5545). UID and SEQUENCE are the server's, so a later file of the same meeting
// replaces this one in the visitor's calendar. There is no METHOD: it is a copy to keep, not an invitation to answer.

const LINE_OCTETS_MAX = 75;
const encoder = new TextEncoder();

/**
 * @param {{calendarUid: string, sequence: number, title: string, startsAt: string, endsAt: string,
 *   updatedAt?: string, location?: string, host?: {name: string}}} meeting
 * @returns {string} The file, lines ending in CRLF.
 */
export function calendarFile(meeting) {
  const { location, host } = meeting;
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Meridian//Booking page//EN",
    "CALSCALE:GREGORIAN",
    "BEGIN:VEVENT",
    `UID:${text(meeting.calendarUid)}`,
    `SEQUENCE:${meeting.sequence}`,
    `DTSTAMP:${utc(meeting.updatedAt ?? new Date())}`,
    `DTSTART:${utc(meeting.startsAt)}`,
    `DTEND:${utc(meeting.endsAt)}`,
    `SUMMARY:${text(meeting.title)}`,
    host && `DESCRIPTION:${text(`With ${host.name}`)}`,
    location && `LOCATION:${text(location)}`,
    link(location),
    `STATUS:${meeting.status === "CANCELLED" ? "CANCELLED" : "CONFIRMED"}`,
    "TRANSP:OPAQUE",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.filter(Boolean).map((line) => `${fold(line)}\r\n`).join("");
}

/** Where the meeting is, if that is an address. Not by `URL.canParse`, which Safari has only since iOS 17. */
function link(location) {
  if (!/^https?:\/\//.test(location ?? "")) return null;
  try {
    return `URL:${new URL(location).href}`;
  } catch {
    return null;
  }
}

/** `20260306T130000Z` (§3.3.5, form 2). */
function utc(instant) {
  return new Date(instant).toISOString().replace(/\.\d+/, "").replace(/[-:]/g, "");
}

/** Escaped as §3.3.11 says: backslash, semicolon, comma and line breaks. Other controls are not allowed at all. */
function text(value) {
  return value.replace(/\\/g, "\\\\").replace(/[;,]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** Lines of at most 75 octets (§3.1), never cut inside a character. */
function fold(line) {
  const pieces = [""];
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > LINE_OCTETS_MAX) {
      pieces.push("");
      octets = 1; // the space that marks the continuation counts
    }
    pieces[pieces.length - 1] += character;
    octets += size;
  }
  return pieces.join("\r\n ");
}
