// The booking page: one visitor, four steps. This file decides which step comes next; each step draws itself.
import { fill, focusOn, h } from "../shared/dom.js";
import { Client, isRetryable } from "../shared/graphql.js";
import { PageSession, Session, leastPrivileged, loadConfig } from "../shared/session.js";
import { ownZone } from "../shared/time.js";
import { drawBooked } from "./booked.js";
import { drawConfirm } from "./confirm.js";
import { drawDetails } from "./details.js";
import { MEETING_TYPES } from "./documents.js";
import { load, reset, save } from "./state.js";
import { drawTimes } from "./times.js";

const SCOPES = ["availability:read", "forms:submit", "meetings:book"];
const root = document.getElementById("app");

/** What every step is given: the client, the state, and the way to the next step. */
const booking = {
  client: null,
  meetingType: null,
  state: load(),

  /** Changes the state and keeps it. */
  update(changes) {
    Object.assign(this.state, changes);
    save(this.state);
  },

  /** Changes the state and draws the step it is now at. */
  go(changes) {
    this.update(changes);
    draw();
  },

  /** Everything from the beginning. */
  startOver() {
    reset();
    this.state = load();
    this.update({ zone: ownZone() });
    draw();
  },
};

const STEPS = { details: drawDetails, times: drawTimes, confirm: drawConfirm, booked: drawBooked };

function draw() {
  const view = h("div.step");
  fill(root, progress(booking.state.step), view);
  STEPS[booking.state.step](view, booking);
  scrollTo(0, 0);
  focusOn(view.querySelector("h1"));
}

function progress(step) {
  const names = { details: "About you", times: "Time", confirm: "Confirm" };
  const order = Object.keys(names);
  if (step === "booked") return null;
  return h("ol.progress", { aria: { label: "Steps" } }, order.map((name) => h(
    `li${order.indexOf(name) < order.indexOf(step) ? ".done" : ""}`,
    { aria: { current: name === step ? "step" : null } }, names[name])));
}

async function start() {
  root.setAttribute("aria-busy", "true");
  fill(root, h("p.busy", null, "One moment …"));
  try {
    const config = await loadConfig();
    const session = visitor(config);
    if (!session) return notConfigured();
    booking.client = new Client(config.graphql, session);
    const { data } = await booking.client.query(MEETING_TYPES);
    begin(data.meetingTypes);
  } catch (error) {
    failed(error);
  } finally {
    root.setAttribute("aria-busy", "false");
  }
}

/** Who the visitor is to the server: the page token of the address, or else the sandbox's own visitor. */
function visitor(config) {
  const page = new URLSearchParams(location.search).get("page");
  if (page) return new PageSession(page);
  const persona = leastPrivileged(config.personas, SCOPES);
  return persona && new Session(config.token, persona);
}

function begin(meetingTypes) {
  const slug = decodeURIComponent(location.pathname.split("/")[2] ?? "");
  const wanted = slug ? meetingTypes.find((type) => type.slug === slug) : null;
  booking.meetingType = wanted ?? (meetingTypes.length === 1 ? meetingTypes[0] : null);
  if (!booking.meetingType) return chooseOffer(meetingTypes, slug);
  document.title = `${booking.meetingType.name} · Book a meeting`;
  if (!booking.state.zone) booking.update({ zone: ownZone() });
  return draw();
}

function chooseOffer(meetingTypes, unknownSlug) {
  fill(root, h("div.step.stack", null,
    h("header.intro", null,
      h("h1", null, "What would you like to talk about?"),
      unknownSlug && h("p.notice.warn", null, "The address you followed names no meeting we offer. Perhaps one of these:"),
      meetingTypes.length === 0 && h("p.muted", null, "There is nothing to book at the moment.")),
    h("ul.offers", null, meetingTypes.map((type) => h("li", null,
      h("a.card.offer", { href: `/book/${encodeURIComponent(type.slug)}${location.search}` },
        h("strong", null, type.name),
        h("span.muted.small", null, `${type.durationMinutes} minutes`)))))));
}

function notConfigured() {
  fill(root, h("div.step.stack", null,
    h("h1", null, "This page is not set up yet"),
    h("p.muted", null, "Its address needs a page token: /book?page=pgt_… (createPageToken). The sandbox needs none.")));
}

function failed(error) {
  fill(root, h("div.step.stack", null,
    h("h1", null, "We cannot reach the calendar"),
    h("p.notice.bad", { role: "alert" }, error.message),
    h("p", null, h("button.primary", { type: "button", on: { click: start } }, isRetryable(error) ? "Try again" : "Reload"))));
}

start();
