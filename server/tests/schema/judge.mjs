// What graphql-js finds between the two schemas of each folder: JSON with the kinds that it knows, and for each folder
// the kinds it found.
//
// One argument: the folder of folders with `old.graphql` and `new.graphql`.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BreakingChangeType, DangerousChangeType, buildSchema, findBreakingChanges, findDangerousChanges } from "graphql";

const all = process.argv[2];
const read = (...path) => buildSchema(readFileSync(join(all, ...path), "utf8"), { assumeValid: true });

// That a built-in scalar is no longer used says nothing beside the change that took it away.
const matters = ({ description }) => !description.startsWith("Standard scalar");

const verdicts = {};
for (const name of readdirSync(all).filter((name) => existsSync(join(all, name, "new.graphql")))) {
  const [older, newer] = [read(name, "old.graphql"), read(name, "new.graphql")];
  const found = [...findBreakingChanges(older, newer), ...findDangerousChanges(older, newer)];
  verdicts[name] = found.filter(matters).map(({ type }) => type).sort();
}

// Our parser takes every directive for a repeatable one, so nothing is said of that.
const kinds = [...Object.values(BreakingChangeType), ...Object.values(DangerousChangeType)];
console.log(JSON.stringify({ kinds: kinds.filter((kind) => kind !== "DIRECTIVE_REPEATABLE_REMOVED"), verdicts }));
