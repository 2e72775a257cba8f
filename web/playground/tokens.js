// Texts cut into coloured pieces. The lexers are forgiving: what they do not understand is a piece like any other,
// because an editor shows texts that are not finished.

const GRAPHQL = new RegExp([
  /(?<comment>#[^\n]*)/, /(?<string>"""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)/, /(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/,
  /(?<variable>\$\w*)/, /(?<directive>@\w*)/, /(?<name>[A-Za-z_]\w*)/, /(?<spread>\.\.\.)/, /(?<mark>[{}()[\]:=!|&])/,
  /(?<space>[\s,\ufeff]+)/, /(?<other>.)/,
].map((part) => part.source).join("|"), "gy");

const JSON_TEXT = new RegExp([
  /(?<key>"(?:\\.|[^"\\\n])*"(?=\s*:))/, /(?<string>"(?:\\.|[^"\\\n])*"?)/, /(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/,
  /(?<keyword>true|false|null)/, /(?<mark>[{}[\]:,])/, /(?<space>\s+)/, /(?<other>.)/,
].map((part) => part.source).join("|"), "gy");

const KEYWORDS = new Set(["query", "mutation", "subscription", "fragment", "on", "true", "false", "null"]);

function lex(text, pattern) {
  return Array.from(text.matchAll(pattern), (match) => {
    const [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    return { kind, text: match[0], start: match.index, end: match.index + match[0].length };
  });
}

/** A GraphQL document as pieces `{kind, text, start, end}`, without a gap. */
export function graphqlTokens(text) {
  return lex(text, GRAPHQL).map((token) => (token.kind === "name" && KEYWORDS.has(token.text) ? { ...token, kind: "keyword" } : token));
}

/** A JSON text as pieces. */
export function jsonTokens(text) {
  return lex(text, JSON_TEXT);
}

/** The operations of a document, as `{type, name, start, end}`. */
export function operations(text) {
  const found = [];
  let depth = 0;
  let current = null;
  for (const token of graphqlTokens(text)) {
    if (token.kind === "space" || token.kind === "comment") continue;
    if (depth === 0 && current === null) current = { type: operationType(token.text), name: null, start: token.start, end: token.end };
    else if (depth === 0 && token.kind === "name" && current.name === null) current.name = token.text;
    if ("{([".includes(token.text)) depth += 1;
    if ("})]".includes(token.text)) depth = Math.max(0, depth - 1);
    if (!current) continue;
    current.end = token.end;
    if (depth === 0 && token.text === "}") {
      if (current.type !== "fragment") found.push(current);
      current = null;
    }
  }
  return found;
}

function operationType(word) {
  return ["mutation", "subscription", "fragment"].includes(word) ? word : "query";
}

/** The bracket at or before the caret and its partner, as two offsets, or null. */
export function matchingBrackets(tokens, caret) {
  const brackets = tokens.filter((token) => token.text.length === 1 && "{}()[]".includes(token.text));
  const index = brackets.findIndex((token) => token.start === caret || token.end === caret);
  if (index < 0) return null;
  const forward = "{([".includes(brackets[index].text);
  let depth = 0;
  for (let at = index; at >= 0 && at < brackets.length; at += forward ? 1 : -1) {
    depth += "{([".includes(brackets[at].text) === forward ? 1 : -1;
    if (depth === 0) return [brackets[index].start, brackets[at].start];
  }
  return null;
}
