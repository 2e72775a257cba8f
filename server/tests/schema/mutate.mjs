// Makes mutants of a schema, several changes in each, at places that a seed chooses, so that a run can be repeated.
// Prints how many it made, as `pairs/mutant-N`.
//
// Two arguments: the schema, and how many mutants with several changes; one more is made for each change alone.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Kind, parse, print } from "graphql";

const [path, count] = process.argv.slice(2);
const text = readFileSync(path, "utf8");

/** A generator of whole numbers below a limit (mulberry32). */
function dice(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const name = (value) => ({ kind: Kind.NAME, value });
const named = (value) => ({ kind: Kind.NAMED_TYPE, name: name(value) });
const required = (type) => ({ kind: Kind.NON_NULL_TYPE, type });
const input = (value, type) => ({ kind: Kind.INPUT_VALUE_DEFINITION, name: name(value), type, directives: [] });
const base = (type) => (type.type ? base(type.type) : type.name.value);
const isRequired = (type) => type.kind === Kind.NON_NULL_TYPE;
const turned = (type) => (isRequired(type) ? type.type : required(type));

const CHANGES = {
  removeField: (types, pick) => pick(types.objects).fields.shift(),
  turnField: (types, pick) => { const field = pick(pick(types.objects).fields); field.type = turned(field.type); },
  wrapField: (types, pick) => { const field = pick(pick(types.objects).fields); field.type = { kind: Kind.LIST_TYPE, type: field.type }; },
  removeArgument: (types, pick) => pick(types.withArguments).arguments.shift(),
  turnArgument: (types, pick) => { const argument = pick(pick(types.withArguments).arguments); argument.type = turned(argument.type); },
  addArguments: (types, pick) => pick(pick(types.objects).fields).arguments.push(input("mayBe", named("Int")), input("hasToBe", required(named("Int")))),
  loseDefault: (types, pick) => { delete pick(types.withDefault).defaultValue; },
  removeInput: (types, pick) => pick(types.inputs).fields.shift(),
  turnInput: (types, pick) => { const field = pick(pick(types.inputs).fields); field.type = turned(field.type); },
  addInputs: (types, pick) => pick(types.inputs).fields.push(input("mayBe", named("Int")), input("hasToBe", required(named("Int")))),
  removeValue: (types, pick) => pick(types.enums).values.shift(),
  addValue: (types, pick) => pick(types.enums).values.push({ kind: Kind.ENUM_VALUE_DEFINITION, name: name("ANOTHER_ONE"), directives: [] }),
  implementLess: (types, pick) => pick(types.implementers).interfaces.shift(),
  describe: (types, pick) => { pick(types.objects).description = { kind: Kind.STRING, value: "Other words." }; },
};

function mutant(changes, seed) {
  const document = structuredClone(parse(text, { noLocation: true }));
  const roll = dice(seed);
  for (const change of changes) {
    // Lists that a change emptied are no places for the next.
    const of = (kind, list) => document.definitions.filter((type) => type.kind === kind && type[list].length > 1);
    const objects = of(Kind.OBJECT_TYPE_DEFINITION, "fields");
    const withArguments = objects.flatMap((type) => type.fields).filter((field) => field.arguments.length > 0);
    const withDefault = withArguments.flatMap((field) => field.arguments).filter((argument) => argument.defaultValue);
    // A default that its own type no longer takes makes no schema.
    const spoken = new Set(withDefault.map((argument) => base(argument.type)));
    CHANGES[change]({
      objects,
      withArguments,
      withDefault,
      implementers: objects.filter((type) => type.interfaces.length > 0),
      inputs: of(Kind.INPUT_OBJECT_TYPE_DEFINITION, "fields").filter((type) => !spoken.has(type.name.value)),
      enums: of(Kind.ENUM_TYPE_DEFINITION, "values"),
    }, (list) => list[roll(list.length)]);
  }
  return print(document);
}

const names = Object.keys(CHANGES);
const several = Array.from({ length: Number(count) }, (_, seed) => names.filter((_, index) => dice(seed * 97 + index)(2) === 0));
[...names.map((one) => [one]), ...several].forEach((changes, number) => {
  mkdirSync(`pairs/mutant-${number}`, { recursive: true });
  writeFileSync(`pairs/mutant-${number}/old.graphql`, text);
  writeFileSync(`pairs/mutant-${number}/new.graphql`, mutant(changes, number + 1));
});
console.log(names.length + several.length);
