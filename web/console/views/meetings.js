// All meetings, by status and host; newest first.
import { fill, h } from "../../shared/dom.js";
import { HOST_NAMES, MEETINGS } from "../documents.js";
import { pagedList } from "../panel.js";
import { meetingTable, pageHead, words } from "../parts.js";

const STATUSES = ["CONFIRMED", "COMPLETED", "NO_SHOW", "CANCELLED"];

export function meetings(root, { client }, _id, query) {
  const filter = { status: query.get("status") || undefined, hostId: query.get("host") || undefined };
  const page = async (after) => {
    const { data, errors } = await client.query(MEETINGS, { first: 25, after, ...filter });
    return { connection: data.meetings, errors };
  };
  fill(root, pageHead("Meetings", filters(client, filter)),
    h("section.card", null, pagedList(page, meetingTable, "No meeting fits.")));
}

function filters(client, { status, hostId }) {
  const statusBox = h("select", { id: "status" }, h("option", { value: "" }, "Every status"),
    STATUSES.map((value) => h("option", { value, selected: value === status }, words(value))));
  const hostBox = h("select", { id: "host" }, h("option", { value: "" }, "Every host"));
  const apply = () => {
    const chosen = new URLSearchParams();
    if (statusBox.value) chosen.set("status", statusBox.value);
    if (hostBox.value) chosen.set("host", hostBox.value);
    location.hash = `#/meetings?${chosen}`;
  };
  statusBox.addEventListener("change", apply);
  hostBox.addEventListener("change", apply);
  // A token that may not see hosts filters by status alone.
  client.query(HOST_NAMES).then(({ data }) => hostBox.append(...data.hosts.map(
    ({ id, name }) => h("option", { value: id, selected: id === hostId }, name)))).catch(() => { hostBox.hidden = true; });
  return h("div.filters", null,
    h("label.visually-hidden", { htmlFor: "status" }, "Status"), statusBox,
    h("label.visually-hidden", { htmlFor: "host" }, "Host"), hostBox);
}
