// All contacts.
import { fill, h } from "../../shared/dom.js";
import { CONTACTS } from "../documents.js";
import { pagedList } from "../panel.js";
import { badge, moment, nameOf, pageHead, table } from "../parts.js";

export function contacts(root, { client }) {
  const page = async (after) => {
    const { data, errors } = await client.query(CONTACTS, { first: 25, after });
    return { connection: data.contacts, errors };
  };
  fill(root, pageHead("Contacts"), h("section.card", null, pagedList(page, contactTable, "Nobody yet.")));
}

function contactTable(list) {
  return table("Contacts", [
    ["Contact", (one) => h("a", { href: `#/contacts/${one.id}` }, nameOf(one))],
    ["Company", (one) => one.companyName ?? "—"],
    ["Lifecycle", (one) => badge(one.lifecycle)],
    ["Score", (one) => h("span.numeric", null, String(one.score ?? "—"))],
    ["Owner", (one) => one.owner?.name ?? "—"],
    ["Changed", (one) => moment(one.updatedAt)],
  ], list);
}
