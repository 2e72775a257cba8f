// What stands beside GraphiQL's own panels: sample documents, and what the document in the editor asks of its caller.
import * as vendor from "./vendor/graphiql.js";
import { newId } from "../shared/dom.js";
import { SAMPLES } from "../playground/samples.js";
import { demands } from "./demands.js";

const { createElement: h, useEditorContext, useOperationsEditorState } = vendor;

/** The samples, in the order in which one would run them. `memory` fills in ids of earlier answers. */
export function samplesPlugin(memory) {
  const Icon = () => h("svg", { viewBox: "0 0 14 14", fill: "none", stroke: "currentColor", strokeWidth: 1.2 }, h("path", { d: "M2 3h10M2 7h10M2 11h6" }));
  return { title: "Samples", icon: Icon, content: () => h(Samples, { memory }) };
}

function Samples({ memory }) {
  const { queryEditor, variableEditor, setOperationName } = useEditorContext({ nonNull: true });
  const show = ({ query, variables }) => {
    const values = variables?.({ memory, now: Date.now(), key: newId() }) ?? null;
    queryEditor.setValue(query);
    // GraphiQL finds it out a moment later, and somebody who is quick would ask for the operation before.
    setOperationName(vendor.parse(query).definitions[0].name.value);
    variableEditor.setValue(values ? JSON.stringify(values, null, 2) : "");
  };
  return h("section", { className: "panel", "aria-label": "Samples" },
    h("h2", null, "Samples"),
    h("p", null, "From “who am I” to a replayed delivery. Each takes what it needs from the answers of those before it."),
    h("ol", null, SAMPLES.map((sample) => h("li", { key: sample.title },
      h("button", { type: "button", className: "graphiql-un-styled", onClick: () => show(sample) }, sample.title)))));
}

/** Scopes and costs of the document in the editor, beside what the caller was granted. */
export function demandsPlugin(schema, account) {
  const Icon = () => h("svg", { viewBox: "0 0 14 14", fill: "none", stroke: "currentColor", strokeWidth: 1.2 }, h("path", { d: "M7 1l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V3z" }));
  return { title: "Scopes and cost", icon: Icon, content: () => h(Demands, { schema, granted: account?.scopes ?? null }) };
}

function Demands({ schema, granted }) {
  const [text] = useOperationsEditorState();
  const rows = demands(vendor, schema, text);
  return h("section", { className: "panel", "aria-label": "Scopes and cost" },
    h("h2", null, "Scopes and cost"),
    granted ? h("p", null, "Granted: ", granted.map((scope) => h("code", { key: scope }, scope))) : h("p", null, "Nobody is signed in, so no scope is granted."),
    rows === null && h("p", null, "The document cannot be read yet."),
    rows?.length === 0 && h("p", null, "No field of this document needs a scope or costs more than any field."),
    rows?.length > 0 && h("dl", null, rows.flatMap(({ at, says, scopes }) => [
      h("dt", { key: at, className: scopes.length > 0 && !scopes.some((scope) => granted?.includes(scope)) ? "lacking" : "" }, at),
      ...says.map((one, index) => h("dd", { key: `${at} ${index}` }, h("code", null, one))),
    ])));
}
