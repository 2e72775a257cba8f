// The schema as the server describes it.

const TYPE_REF = `kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;
const INPUT = `name description defaultValue type { ${TYPE_REF} }`;
const INTROSPECTION = `query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason type { ${TYPE_REF} } args { ${INPUT} }
      }
      inputFields { ${INPUT} }
      enumValues(includeDeprecated: true) { name description isDeprecated }
      possibleTypes { name } interfaces { name }
    }
  }
}`;

/** Reads the schema. */
export async function readSchema(client) {
  const { data } = await client.query(INTROSPECTION);
  return new Schema(data.__schema);
}

/** A schema one can ask. */
export class Schema {
  constructor(introspected) {
    this.types = new Map(introspected.types.map((type) => [type.name, type]));
    this.roots = {
      query: introspected.queryType?.name ?? null,
      mutation: introspected.mutationType?.name ?? null,
      subscription: introspected.subscriptionType?.name ?? null,
    };
  }

  /** The types people care about: without those of introspection itself. */
  get visibleTypes() {
    return [...this.types.values()].filter((type) => !type.name.startsWith("__"))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  type(name) {
    return this.types.get(name) ?? null;
  }

  field(typeName, fieldName) {
    return this.type(typeName)?.fields?.find((field) => field.name === fieldName) ?? null;
  }

  /** Types and fields whose name or description has every word of `text`; at most `limit`. */
  search(text, limit = 60) {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (entry) => {
      const haystack = `${entry.name} ${entry.description ?? ""}`.toLowerCase();
      return wanted.every((word) => haystack.includes(word));
    };
    const hits = [];
    for (const type of this.visibleTypes) {
      if (fits(type)) hits.push({ type, member: null });
      for (const member of members(type)) if (fits(member)) hits.push({ type, member });
    }
    const rank = ({ type, member }) => ((member ?? type).name.toLowerCase().includes(wanted[0]) ? 0 : 1) + (member ? 0.5 : 0);
    return hits.sort((a, b) => rank(a) - rank(b)).slice(0, limit);
  }
}

/** Whatever a type consists of. */
export function members(type) {
  return type.fields ?? type.inputFields ?? type.enumValues ?? [];
}

/** The name at the heart of `[Slot!]!`. */
export function namedType(reference) {
  return reference.ofType ? namedType(reference.ofType) : reference.name;
}

/** `[Slot!]!`, as written in SDL. */
export function typeText(reference) {
  if (reference.kind === "NON_NULL") return `${typeText(reference.ofType)}!`;
  if (reference.kind === "LIST") return `[${typeText(reference.ofType)}]`;
  return reference.name;
}
