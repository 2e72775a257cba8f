// First step: who the visitor is. Everything the server finds wrong is shown at the field it is about.
import { fill, focusOn, h } from "../shared/dom.js";
import { carryOut } from "../shared/intent.js";
import { attribution } from "./attribution.js";
import { countries, likelyCountry } from "./countries.js";
import { SUBMIT_FORM } from "./documents.js";
import { given } from "./invitee.js";
import { offerLine } from "./summary.js";

const FORM_ID = "booking-page";
const CONSENT_WORDING = "You may e-mail me about products and events. I can withdraw this at any time.";

const FIELDS = [
  { name: "givenName", label: "First name", autocomplete: "given-name", required: true, maxLength: 200 },
  { name: "familyName", label: "Last name", autocomplete: "family-name", maxLength: 200 },
  { name: "email", label: "Work e-mail", type: "email", autocomplete: "email", required: true, maxLength: 200 },
  { name: "company", label: "Company", autocomplete: "organization", maxLength: 200 },
  { name: "phone", label: "Phone", type: "tel", autocomplete: "tel", maxLength: 40 },
];

/** What to say of a value that the server could not read; its own sentences are for programmers. */
const UNREADABLE = {
  email: "This is not a complete e-mail address.",
  phone: "This is not a telephone number.",
  country: "This country is not known here.",
};

/** Draws the form. */
export function drawDetails(view, booking) {
  const kept = booking.state.details ?? { country: likelyCountry() };
  const problem = h("div", { role: "alert" });
  const submit = h("button.primary.wide", { type: "submit" }, "See free times");
  const form = h("form.stack", { noValidate: true, on: { submit: (event) => {
    event.preventDefault();
    send(booking, form, submit, problem);
  } } },
  FIELDS.map((field) => textField(field, kept[field.name])),
  countryField(kept.country),
  fieldset("message", "What would you like to talk about?", false,
    h("textarea", { id: "message", name: "message", rows: 3, maxLength: 4000, value: kept.message ?? "" })),
  h("label.check", null,
    h("input", { type: "checkbox", name: "consent", checked: kept.consent === true }),
    h("span", null, CONSENT_WORDING, " ", h("span.muted", null, "Optional; you can book without."))),
  problem, submit);
  fill(view,
    h("header.intro", null,
      h("h1", null, booking.meetingType.name),
      offerLine(booking.meetingType),
      h("p.muted", null, "Tell us who you are, and we find the right person and a time that suits you.")),
    h("div.card", null, form));
}

function textField({ name, label, type = "text", required = false, ...rest }, value) {
  const input = h("input", { id: name, name, type, required, value: value ?? "", ...rest });
  return fieldset(name, label, required, input);
}

function fieldset(name, label, required, control) {
  control.setAttribute("aria-describedby", `${name}-problem`);
  return h("div.field", null,
    h("label", { htmlFor: name }, label, !required && h("span.optional", null, " (optional)")),
    control, h("p.problem", { id: `${name}-problem`, hidden: true }));
}

function countryField(chosen) {
  const options = countries().map(({ code, name }) => h("option", { value: code, selected: code === chosen }, name));
  return fieldset("country", "Country", false,
    h("select", { id: "country", name: "country", autocomplete: "country" }, h("option", { value: "" }, "—"), options));
}

async function send(booking, form, submit, problem) {
  const details = read(form);
  booking.update({ details });
  if (!check(form)) return;
  fill(problem);
  busy(submit, true);
  try {
    const payload = await carryOut(booking.client, SUBMIT_FORM, "submitForm", inputOf(details, booking));
    if (payload.errors.length > 0) showRefusals(form, problem, payload.errors);
    else booking.go({ step: "times", offer: offerOf(payload.submission, booking.meetingType), weekFrom: null, slot: null, hold: null });
  } catch (error) {
    const refusals = (error.errors ?? []).map((one) => ({ ...one.extensions, message: one.message }));
    if (refusals.length > 0) showRefusals(form, problem, refusals);
    else showProblem(problem, `${error.message} What you wrote is still here.`);
  } finally {
    busy(submit, false);
  }
}

function busy(button, isBusy) {
  button.disabled = isBusy;
  button.setAttribute("aria-busy", String(isBusy));
  button.textContent = isBusy ? "Looking for a time …" : "See free times";
}

function read(form) {
  const data = Object.fromEntries(new FormData(form));
  const text = (name) => String(data[name] ?? "").trim();
  return {
    ...Object.fromEntries(FIELDS.map(({ name }) => [name, text(name)])),
    country: text("country"), message: text("message"), consent: data.consent === "on",
  };
}

/** The browser's own rules first; its messages are in the visitor's language. */
function check(form) {
  let first = null;
  for (const control of form.elements) {
    if (!control.name) continue;
    const message = control.validity.valid ? null : control.validationMessage;
    mark(form, control.name, message);
    if (message) first ??= control;
  }
  if (first) focusOn(first);
  return !first;
}

function mark(form, name, message) {
  const control = form.elements[name];
  const line = form.querySelector(`#${name}-problem`);
  if (!control || !line) return;
  control.setAttribute("aria-invalid", String(Boolean(message)));
  line.textContent = message ?? "";
  line.hidden = !message;
}

function showRefusals(form, problem, refusals) {
  const general = [];
  let first = null;
  for (const { code, field, message } of refusals) {
    const name = field?.split(".").pop();
    if (name && form.querySelector(`#${CSS.escape(name)}-problem`)) {
      mark(form, name, (code === "FIELD_MISMATCH" && UNREADABLE[name]) || message);
      first ??= form.elements[name];
    } else {
      general.push(message);
    }
  }
  if (general.length > 0) showProblem(problem, general.join(" "));
  else focusOn(first);
}

function showProblem(problem, message) {
  fill(problem, h("p.notice.bad", null, message));
  focusOn(problem.firstChild);
}

function inputOf(details, { meetingType, state }) {
  const { givenName, familyName, email, company, phone, country } = details;
  const contact = given({ givenName, familyName, email, company, phone, country, language: navigator.language, timeZone: state.zone });
  const consents = details.consent
    ? [{ channel: "EMAIL", permission: "GRANTED", lawfulBasis: "CONSENT", wording: CONSENT_WORDING }]
    : [];
  return given({
    formId: FORM_ID,
    contact,
    answers: details.message ? { message: details.message } : null,
    meetingType: meetingType.slug,
    attribution: attribution(location.search, document.referrer),
    consents,
    pageUrl: location.origin + location.pathname,
  });
}

/** The owner is asked for by name only when the owner takes this kind of meeting. */
function offerOf(submission, meetingType) {
  const owner = submission?.owner ?? null;
  const slots = submission?.slots ?? [];
  const ownerMeets = owner && slots.some((slot) => slot.hosts.some((host) => host.id === owner.id));
  return {
    meetingType: submission?.meetingType ?? meetingType, owner, hostId: ownerMeets ? owner.id : null, slots,
    warnings: submission?.warnings ?? [],
  };
}
