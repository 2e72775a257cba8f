// Builds what our pages take from npm packages: a script for GraphiQL with its style sheet, a small one for all who sign
// in, and beside each the licences of everything in it. The same packages give the same bytes. One argument: the folder
// to write to, laid out as `web` is.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const target = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** The style sheet brings its fonts along as data, 350 KB that our content policy refuses: the reader's own are used. */
const withoutFonts = {
  name: "without-fonts",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8").replace(/@font-face\s*\{[^}]*\}/g, "");
      return { contents, loader: "css" };
    });
  },
};

/** One file. Answers with the names of all that went into it. */
async function make(entry, outfile, more) {
  const { metafile } = await build({
    absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none", metafile: true, logLevel: "warning",
    entryPoints: [entry], outfile: join(target, outfile), ...more,
  });
  return Object.keys(metafile.inputs);
}

const SCRIPT = { format: "esm", define: { "process.env.NODE_ENV": '"production"' } };
const ofGraphiql = [
  ...await make(join(here, "graphiql.js"), "graphiql/vendor/graphiql.js", SCRIPT),
  ...await make(require.resolve("graphiql/style.css"), "graphiql/vendor/graphiql.css", { plugins: [withoutFonts] }),
];
const ofOauth = await make(join(here, "oauth.js"), "shared/vendor/oauth.js", SCRIPT);
writeFileSync(join(target, "graphiql/vendor/LICENSES.txt"), licences(ofGraphiql));
writeFileSync(join(target, "shared/vendor/LICENSES.txt"), licences(ofOauth));

/** The licences of the packages that these files are from. */
function licences(inputs) {
  const PERMISSIVE = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"];
  // `node_modules/@graphiql/react/dist/index.js` → `node_modules/@graphiql/react`
  const packageOf = (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
  const folders = [...new Set(inputs.map(packageOf).filter(Boolean))].sort();
  /** Licence text → the packages under it: many share one, to the letter. */
  const notices = new Map();
  for (const folder of folders) {
    const { name, version, license, author, repository } = JSON.parse(readFileSync(join(here, folder, "package.json"), "utf8"));
    if (!PERMISSIVE.includes(license)) throw new Error(`${name} ${version} is under ${license}`);
    const source = repository?.url ?? repository;
    const text = licenceOf(join(here, folder)) ?? `No text of the licence is in the package. ${author?.name ?? author ?? "Its authors"}: ${source}`;
    notices.set(text, [...(notices.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const listed = [...notices].map(([text, packages]) => `${packages.join("\n")}\n\n${text}`);
  return `${listed.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

function licenceOf(folder) {
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license", "license.md", "LICENSE-MIT.txt"]) {
    try {
      return readFileSync(join(folder, name), "utf8").trim();
    } catch { /* The next spelling. */ }
  }
  return null;
}
