// What the fields of a document ask of a caller: the scopes and costs that the schema's definitions carry. It is pure.

/** Directives of a definition that say nothing about scopes or costs. */
const OTHERS = new Set(["deprecated", "specifiedBy", "oneOf"]);

/**
 * Every field of a document whose definition says something, in the order of the document, each once.
 *
 * @param graphql The functions of graphql-js.
 * @param schema Built from the schema's text; introspection has no directives.
 * @param {string} text The document.
 * @returns {{at: string, says: string[], scopes: string[]}[]} Of `scopes` one is enough. Null while the document cannot be
 *   read.
 */
export function demands({ parse, print, visit, visitWithTypeInfo, TypeInfo, getNamedType }, schema, text) {
  let document;
  try {
    document = parse(text);
  } catch {
    return null;
  }
  const found = new Map();
  const info = new TypeInfo(schema);
  visit(document, visitWithTypeInfo(info, {
    Field() {
      const [field, parent] = [info.getFieldDef(), info.getParentType()];
      if (!field?.astNode || !parent) return;
      const named = getNamedType(field.type);
      // What a type costs, every field of that type costs.
      const directives = [...field.astNode.directives, ...(named.astNode?.directives ?? [])].filter(({ name }) => !OTHERS.has(name.value));
      if (directives.length === 0) return;
      const at = `${parent.name}.${field.name}`;
      found.set(at, { at, says: directives.map(print), scopes: scopesOf(directives) });
    },
  }));
  return [...found.values()];
}

function scopesOf(directives) {
  const directive = directives.find(({ name }) => name.value === "requiresScope");
  const listed = directive?.arguments.find(({ name }) => name.value === "scope")?.value;
  return listed?.values.map(({ value }) => value) ?? [];
}
