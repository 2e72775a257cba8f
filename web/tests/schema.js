// Just enough of GraphQL to hold the apps' documents against schema.graphql: which fields and arguments exist.
import { readFileSync } from "node:fs";

import { graphqlTokens } from "../playground/tokens.js";

const SCALARS = ["String", "Int", "Float", "Boolean", "ID"];

/** A cursor over the tokens that mean something. */
class Reader {
  #tokens;
  #at = 0;

  constructor(text) {
    this.#tokens = graphqlTokens(text).filter(({ kind }) => !["space", "comment"].includes(kind));
  }

  get next() { return this.#tokens[this.#at]?.text; }
  get ended() { return this.#at >= this.#tokens.length; }
  take() { this.#at += 1; return this.#tokens[this.#at - 1]?.text; }
  accept(text) { return this.next === text && this.take() === text; }
  expect(text) { if (!this.accept(text)) throw new Error(`expected ${text}, found ${this.next}`); }
  description() { while (this.next?.startsWith("\"")) this.take(); }

  /** `[Slot!]!` → `{name: "Slot", required: true}` */
  type() {
    const name = this.accept("[") ? this.type().name : null;
    if (name) this.expect("]");
    return { name: name ?? this.take(), required: this.accept("!") };
  }

  /** `@requiresScope(scope: ["…"])`: what it says is the server's business. */
  directives() {
    while (this.next?.startsWith("@")) {
      if (this.take() === "@") this.take();
      if (this.next === "(") this.value();
    }
  }

  /** A default, a literal or the arguments of a directive; what is in it is not looked at. */
  value() {
    let depth = 0;
    do {
      const text = this.take();
      if ("({[".includes(text)) depth += 1;
      if (")}]".includes(text)) depth -= 1;
    } while (depth > 0);
  }
}

/** The types of an SDL: name → fields, each `{name, required, hasDefault, args}` with the name of its type. */
export function readSchema(path) {
  const types = new Map(SCALARS.map((name) => [name, null]));
  const reader = new Reader(readFileSync(path, "utf8"));
  while (!reader.ended) {
    reader.description();
    const kind = reader.take();
    if (["type", "interface", "input"].includes(kind)) {
      const name = reader.take();
      while (reader.next !== "{") reader.take();
      types.set(name, members(reader, "{", "}"));
    } else if (["enum", "scalar", "union"].includes(kind)) {
      types.set(reader.take(), null);
    }
  }
  return types;
}

function members(reader, open, close) {
  const found = new Map();
  reader.expect(open);
  for (reader.description(); !reader.accept(close); reader.description()) {
    const name = reader.take();
    const args = reader.next === "(" ? members(reader, "(", ")") : new Map();
    reader.expect(":");
    const type = reader.type();
    const hasDefault = reader.accept("=");
    if (hasDefault) reader.value();
    reader.directives();
    found.set(name, { type: type.name, required: type.required && !hasDefault, args });
  }
  return found;
}

/** What is wrong with a document, in sentences; nothing when it fits. */
export function mismatches(types, document) {
  const reader = new Reader(document);
  const problems = [];
  while (!reader.ended) {
    const root = { query: "Query", mutation: "Mutation", subscription: "Subscription" }[reader.next] ?? "Query";
    if (reader.next !== "{") reader.take();
    if (reader.next !== "(" && reader.next !== "{") reader.take();
    if (reader.next === "(") variables(reader, types, problems);
    selection(reader, types, root, problems);
  }
  return problems;
}

function variables(reader, types, problems) {
  for (reader.expect("("); !reader.accept(")");) {
    const name = reader.take();
    reader.expect(":");
    const type = reader.type().name;
    if (!types.has(type)) problems.push(`${name} is of the unknown type ${type}`);
  }
}

function selection(reader, types, typeName, problems) {
  for (reader.expect("{"); !reader.accept("}");) {
    if (reader.accept("...")) {
      reader.expect("on");
      const narrower = reader.take();
      if (!types.has(narrower)) problems.push(`there is no type ${narrower}`);
      selection(reader, types, narrower, problems);
      continue;
    }
    const name = reader.take();
    const field = types.get(typeName)?.get(name);
    if (!field && name !== "__typename") problems.push(`${typeName} has no field ${name}`);
    given(reader, types, `${typeName}.${name}`, field?.args ?? new Map(), ["(", ")"], problems);
    if (reader.next === "{") selection(reader, types, field?.type, problems);
    else if (types.get(field?.type)) problems.push(`${typeName}.${name} needs a selection`);
  }
}

/** Arguments, or the fields of an input object that stands in the document. */
function given(reader, types, place, known, [open, close], problems) {
  const names = new Set();
  if (reader.accept(open)) {
    while (!reader.accept(close)) {
      const name = reader.take();
      names.add(name);
      reader.expect(":");
      if (!known.has(name)) problems.push(`${place} takes no ${name}`);
      if (reader.next === "{") given(reader, types, `${place}.${name}`, types.get(known.get(name)?.type) ?? new Map(), ["{", "}"], problems);
      else reader.value();
    }
  }
  for (const [name, { required }] of known) if (required && !names.has(name)) problems.push(`${place} needs ${name}`);
}
