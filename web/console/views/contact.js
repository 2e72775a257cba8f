// One contact: who it is, why it went to its owner, what is due, what it did and what it allowed.
import { everySecond, fill, h } from "../../shared/dom.js";
import { remaining } from "../../shared/time.js";
import {
  CONTACT_ACTIVITIES, CONTACT_CONSENTS, CONTACT_MEETINGS, CONTACT_PAGE, CONTACT_RECORDS, CONTACT_ROUTING, CONTACT_TASKS,
} from "../documents.js";
import { focusFirst, load, pagedList, panel } from "../panel.js";
import { badge, crmRecords, facts, json, meetingTable, moment, nameOf, pageHead, words } from "../parts.js";

export function contact(root, { client }, id) {
  const ask = (document) => () => client.query(document, { id });
  const main = h("div.stack");
  load(main, ask(CONTACT_PAGE), (data) => data.contact, (found) => (found
    ? profile(found)
    : h("p.notice.warn", null, "There is no such contact, or it may not be seen."))).then(() => focusFirst(main));
  fill(root, main,
    h("div.columns", null,
      panel("Why this owner", ask(CONTACT_ROUTING), (data) => data.contact?.routingDecision, routing),
      panel("Tasks", ask(CONTACT_TASKS), (data) => data.contact?.tasks, tasks)),
    h("section.card.stack", null, h("h2", null, "Meetings"), pagedList(meetingsOf(client, id), meetingTable, "No meeting yet.")),
    panel("Activities", ask(CONTACT_ACTIVITIES), (data) => data.contact?.activities, activities),
    h("div.columns", null,
      panel("Consent", ask(CONTACT_CONSENTS), (data) => data.contact?.consents, consents),
      panel("In the CRM", ask(CONTACT_RECORDS), (data) => data.contact?.crmRecords && data.contact,
        (found) => crmRecords(found?.crmRecords ?? [], found?.version ?? null))));
}

function profile(one) {
  return [
    pageHead(nameOf(one), badge(one.lifecycle)),
    h("section.card.stack", null,
      h("div.row", null,
        one.score === null ? h("p.muted", null, "Not scored yet.")
          : h("p.figure", null, h("span.numeric", null, String(one.score)), h("span.muted.small", null, "points")),
        h("p.muted.small", null, one.scoreModelVersion && `Scoring model ${one.scoreModelVersion}. `,
          one.mqlAt ? ["Qualified since ", moment(one.mqlAt), "."] : "Not qualified yet.")),
      facts([
        ["Owner", one.owner?.name ?? "Nobody"],
        ["Company", one.companyName],
        ["Position", one.jobTitle],
        ["E-mail", one.email],
        ["Phone", one.phone],
        ["Country", one.country],
        ["Met", moment(one.createdAt)],
        ["Changed", moment(one.updatedAt)],
        ["Id", h("span.mono", null, one.id)],
      ])),
  ];
}

function routing(decision) {
  if (!decision) return h("p.muted", null, "It has not been routed.");
  return [
    h("p", null, h("strong", null, decision.owner?.name ?? "Nobody could take it")),
    h("p.prose", null, explanation(decision)),
    h("p.muted.small", null, `Rules version ${decision.rulesVersion}, `, moment(decision.decidedAt)),
  ];
}

/** The server explains with ids, because names change; whoever reads it here wants to know who it is. */
function explanation({ explanation: text, owner }) {
  return owner ? text.replaceAll(owner.id, owner.name) : text;
}

function tasks(list) {
  if (!list?.length) return h("p.muted", null, "Nothing is due.");
  return h("ul.lines", null, list.map((task) => {
    const clock = h("span.badge.numeric");
    const item = h("li", null, h("span", null, task.subject), clock,
      h("span.muted.small", null, `${task.owner?.name ?? "Nobody"}, due `, moment(task.dueAt)),
      task.crmRecords?.length > 0 && h("span.muted.tiny", null, "In the CRM"));
    countDown(item, clock, task.dueAt);
    return item;
  }));
}

/** How long until the answer is late, or for how long it has been. */
function countDown(item, clock, dueAt) {
  // The clock starts once the item is in the page; until then it would stop at once.
  requestAnimationFrame(() => everySecond(item, () => {
    const left = Date.parse(dueAt) - Date.now();
    clock.textContent = left > 0 ? `${remaining(left)} left` : `${remaining(-left)} late`;
    clock.classList.toggle("bad", left <= 0);
    clock.classList.toggle("warn", left > 0 && left < 15 * 60000);
    return true;
  }));
}

/** Page by page. A contact whose meetings may not be seen has none, with the reason beside it. */
function meetingsOf(client, id) {
  return async (after) => {
    const { data, errors } = await client.query(CONTACT_MEETINGS, { id, after });
    return { connection: data.contact?.meetings ?? null, errors };
  };
}

function activities(list) {
  if (!list?.length) return h("p.muted", null, "Nothing yet.");
  return h("ul.lines", null, list.map((activity) => h("li", null,
    h("span", null, words(activity.kind)), h("span.muted.small", null, moment(activity.occurredAt)),
    hasContent(activity.properties) && h("details", null, h("summary.small", null, "Details"), json(activity.properties)))));
}

function hasContent(value) {
  return value !== null && typeof value === "object" && Object.keys(value).length > 0;
}

function consents(list) {
  if (!list?.length) return h("p.muted", null, "Nothing was said, so nothing is allowed.");
  return h("ul.lines", null, list.map((one) => h("li", null,
    h("span", null, words(one.channel)), badge(one.permission),
    h("span.muted.small", null, `${words(one.lawfulBasis)}, ${one.source}, `, moment(one.consentTimestamp)),
    one.wording && h("q.small.wording", null, one.wording))));
}
