// Makes ../built/viewer.js and ../built/page.css of the sources here; `node build.mjs FOLDER` puts them elsewhere.
//
// The script is one classic script, because browsers load no modules from file://. It has the licence texts of all that is
// in it, three and the decoder among it. The same sources and the same package-lock.json give the same bytes.

import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "..", "built"));
const three = join(here, "node_modules", "three");
const version = JSON.parse(readFileSync(join(three, "package.json"), "utf8")).version;
const licence = readFileSync(join(three, "LICENSE"), "utf8").trim();

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  legalComments: "none", // the whole text stands at the top instead
  logLevel: "warning",
};

const script = await build({
  ...common,
  entryPoints: ["source/main.ts"],
  format: "iife",
  platform: "browser",
  target: ["es2022"],
  charset: "utf8",
  banner: {
    js: `/* The viewer of qaad (MIT licence), with three ${version}:\n\n${licence}\n*/`,
  },
});
const style = await build({ ...common, entryPoints: ["page.css"], target: ["chrome107", "firefox110", "safari16"] });

mkdirSync(out, { recursive: true });
for (const [name, made] of [["viewer.js", script], ["page.css", style]]) {
  writeFileSync(join(out, name), made.outputFiles[0].text);
}
