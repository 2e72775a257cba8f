// The schema to read: search, types, fields, arguments, with everything the server says about them.
import { fill, focusOn, h } from "../shared/dom.js";
import { members, namedType, typeText } from "./schema.js";

/** Draws the explorer. */
export function drawDocs(root, schema) {
  const page = h("div.docs-page");
  const search = h("input", { type: "search", placeholder: "Search types and fields", aria: { label: "Search the schema" }, on: {
    input: () => (search.value.trim() ? showHits(search.value) : showStart()),
  } });
  const trail = [];

  const open = (name) => {
    const type = schema.type(name);
    if (!type) return;
    if (trail.at(-1) !== name) trail.push(name);
    fill(page, back(), typePage(type, link));
    focusOn(page.querySelector("h2"));
    page.scrollTop = 0;
  };
  const link = (name, text = name) => h("button.type-link", { type: "button", on: { click: () => open(name) } }, text);
  const back = () => h("p", null, h("button.quiet.compact", { type: "button", on: { click: () => {
    trail.pop();
    const previous = trail.pop();
    if (previous) open(previous);
    else showStart();
  } } }, "← Back"));
  const showStart = () => {
    trail.length = 0;
    const roots = Object.values(schema.roots).filter(Boolean);
    fill(page,
      h("section", null, h("h2", null, "Start here"), h("ul", null, roots.map((name) => h("li", null, link(name), about(schema.type(name)))))),
      h("section", null, h("h2", null, "All types"), h("ul", null, schema.visibleTypes
        .filter((type) => !roots.includes(type.name)).map((type) => h("li", null, link(type.name), h("span.muted.tiny", null, ` ${kindOf(type)}`))))));
  };
  const showHits = (text) => {
    const hits = schema.search(text);
    fill(page, h("p.muted.small", { role: "status" }, hits.length === 0 ? "Nothing fits." : `${hits.length} found`),
      h("ul", null, hits.map(({ type, member }) => h("li", null,
        link(type.name, member ? `${type.name}.${member.name}` : type.name), about(member ?? type)))));
  };
  showStart();
  fill(root, h("div.docs-search", null, search), page);
}

function kindOf(type) {
  return type.kind.toLowerCase().replace("_object", "").replace("_", " ");
}

function about({ description }) {
  if (!description) return null;
  // The schema's descriptions mark code as Markdown does; every second piece stands between backticks.
  return h("p.small.muted", null, description.split("`").map((piece, index) => (index % 2 === 1 ? h("code", null, piece) : piece)));
}

function typePage(type, link) {
  const others = [
    ["Implements", type.interfaces ?? []],
    [type.kind === "UNION" ? "One of" : "Implemented by", type.possibleTypes ?? []],
  ].filter(([, list]) => list.length > 0);
  return [
    h("h2", null, type.name, " ", h("span.muted.small", null, kindOf(type))),
    about(type),
    others.map(([title, list]) => h("p.small", null, `${title}: `, list.map(({ name }, index) => [index > 0 && ", ", link(name)]))),
    h("ul.members", null, members(type).map((member) => h("li", null,
      h("p.signature", null, member.name, member.args?.length > 0 && argumentList(member.args, link), typeOf(member, link),
        member.defaultValue && h("span.muted", null, ` = ${member.defaultValue}`)),
      member.isDeprecated && h("p.small", null, h("span.badge.warn", null, "Deprecated"), ` ${member.deprecationReason ?? ""}`),
      about(member)))),
  ];
}

function typeOf(member, link) {
  return member.type ? [": ", link(namedType(member.type), typeText(member.type))] : null;
}

function argumentList(list, link) {
  return ["(", list.map((argument, index) => [index > 0 && ", ", h("span", { title: argument.description ?? "" }, argument.name),
    typeOf(argument, link), argument.defaultValue && ` = ${argument.defaultValue}`]), ")"];
}
