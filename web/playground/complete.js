// What may stand at the caret: the document is read up to there, and the types are followed along.
import { namedType, typeText } from "./schema.js";
import { graphqlTokens } from "./tokens.js";

const OPERATIONS = ["query", "mutation", "subscription", "fragment"];

/**
 * @param {import("./schema.js").Schema} schema
 * @param {string} text
 * @param {number} caret
 * @returns {{from: number, items: Array<{text: string, detail: string}>}|null}
 */
export function complete(schema, text, caret) {
  const tokens = graphqlTokens(text.slice(0, caret)).filter((token) => token.kind !== "space");
  const last = tokens.at(-1);
  if (last?.kind === "comment" || last?.kind === "string") return null;
  const partial = last && last.end === caret && /^[\w$]/.test(last.text) ? tokens.pop() : null;
  const typed = partial?.text.toLowerCase() ?? "";
  const possible = candidates(schema, tokens.filter((token) => token.kind !== "comment"), text);
  // A whole word needs no help; a list under it would only take the Enter key away.
  if (possible.some((item) => item.text.toLowerCase() === typed)) return null;
  const items = possible.filter((item) => item.text.toLowerCase().includes(typed))
    .sort((a, b) => Number(b.text.toLowerCase().startsWith(typed)) - Number(a.text.toLowerCase().startsWith(typed)));
  return { from: partial?.start ?? caret, items: items.slice(0, 40) };
}

function candidates(schema, tokens, text) {
  const frame = walk(schema, tokens);
  const previous = tokens.at(-1)?.text;
  if (previous === "on") return composites(schema);
  if (!frame) return OPERATIONS.map((word) => ({ text: word, detail: "" }));
  if (frame.kind === "selection") return fieldsOf(schema, frame.type);
  if (frame.kind === "variables") return previous === ":" || previous === "[" ? inputs(schema) : [];
  if (previous === ":" || frame.inList) return valuesOf(schema, frame.expected, text);
  return frame.inputs.map((input) => ({ text: `${input.name}: `, detail: typeText(input.type) }));
}

/** The innermost open bracket and what may stand in it; null outside all of them. */
function walk(schema, tokens) {
  const stack = [];
  let root = "query";
  let condition = null;
  let field = null;
  tokens.forEach((token, index) => {
    const top = stack.at(-1);
    const before = tokens[index - 1]?.text;
    if (!top && OPERATIONS.includes(token.text)) root = token.text;
    if (before === "on" && token.kind === "name") condition = token.text;
    else if (top?.kind === "selection" && (token.kind === "name" || token.kind === "keyword")) field = schema.field(top.type, token.text) ?? field;
    if (top?.inputs && token.kind === "name" && before !== ":") top.expected = expectedOf(top.inputs, token.text) ?? top.expected;
    if (token.text === "{") {
      stack.push(opened(schema, top, { root, condition, field, spread: before === "..." }));
      condition = null;
    } else if (token.text === "(") {
      stack.push(top ? { kind: "arguments", inputs: field?.args ?? [], expected: null } : { kind: "variables" });
    } else if (token.text === "[") {
      stack.push({ ...(top ?? { kind: "variables" }), inList: true });
    } else if ("})]".includes(token.text)) {
      stack.pop();
    }
  });
  return stack.at(-1) ?? null;
}

function expectedOf(list, name) {
  const found = list.find((input) => input.name === name);
  return found ? namedType(found.type) : null;
}

function opened(schema, top, { root, condition, field, spread }) {
  if (top?.inputs) return { kind: "object", inputs: schema.type(top.expected)?.inputFields ?? [], expected: null };
  if (condition) return { kind: "selection", type: condition };
  if (!top) return { kind: "selection", type: schema.roots[root] };
  return { kind: "selection", type: spread || !field ? top.type : namedType(field.type) };
}

function fieldsOf(schema, typeName) {
  const type = schema.type(typeName);
  const fields = (type?.fields ?? []).map((field) => ({ text: field.name, detail: typeText(field.type) }));
  const narrower = (type?.possibleTypes ?? []).map(({ name }) => ({ text: `... on ${name} { }`, detail: "" }));
  return [...fields, ...narrower, { text: "__typename", detail: "String!" }];
}

function composites(schema) {
  return schema.visibleTypes.filter((type) => type.fields).map((type) => ({ text: type.name, detail: type.kind.toLowerCase() }));
}

function inputs(schema) {
  return schema.visibleTypes.filter((type) => ["SCALAR", "ENUM", "INPUT_OBJECT"].includes(type.kind))
    .map((type) => ({ text: type.name, detail: type.kind.toLowerCase().replace("_", " ") }));
}

function valuesOf(schema, expected, text) {
  const type = schema.type(expected);
  const variables = [...new Set(text.match(/\$\w+/g) ?? [])].map((name) => ({ text: name, detail: "variable" }));
  if (expected === "Boolean") return [...variables, { text: "true", detail: "" }, { text: "false", detail: "" }];
  return [...variables, ...(type?.enumValues ?? []).map((value) => ({ text: value.name, detail: expected }))];
}
