// The systems this workspace is linked to.
import { fill, h } from "../../shared/dom.js";
import { CONNECTIONS } from "../documents.js";
import { panel } from "../panel.js";
import { badge, moment, pageHead, table, words } from "../parts.js";

export function connections(root, { client }) {
  fill(root, pageHead("Connections"), panel(null, () => client.query(CONNECTIONS), (data) => data.connections, (list) => (list.length > 0
    ? connectionTable(list)
    : h("p.muted", null, "No system is linked."))));
}

function connectionTable(list) {
  return table("Connections", [
    ["Name", (one) => h("div", null, h("strong", null, one.name), h("p.mono.tiny.muted", null, one.id))],
    ["Provider", (one) => words(one.provider)],
    ["Status", (one) => badge(one.status)],
    ["Address", (one) => h("span.mono", null, one.baseUrl ?? "—")],
    ["Since", (one) => moment(one.createdAt)],
  ], list);
}
