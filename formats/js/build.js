// Builds src/network/kernel_wasm.js from assembly/kernel.ts: `npm run build`, after `npm ci`.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const SOURCE = new URL("assembly/kernel.ts", import.meta.url);
const TARGET = new URL("src/network/kernel_wasm.js", import.meta.url);
const OPTIONS = ["-O3", "--runtime", "stub", "--enable", "simd", "--importMemory", "--noAssert"];

/** The module's text. Gives the same for the same source and the versions of package-lock.json. */
export async function kernelModule() {
  const { default: asc } = await import("assemblyscript/asc");
  const source = await readFile(SOURCE, "utf8");
  let bytes;
  const host = {
    readFile: (name) => (name === "kernel.ts" ? source : null),
    writeFile: (_name, content) => (bytes = content),
    listFiles: () => [],
  };
  const { error, stderr } = await asc.main(["kernel.ts", "--outFile", "kernel.wasm", ...OPTIONS], host);
  if (error !== null) throw new Error(stderr.toString());
  const base64 = Buffer.from(bytes).toString("base64");
  const title = `// Written by build.js from assembly/kernel.ts: ${bytes.length} bytes of WebAssembly.`;
  return `${title}\nexport const KERNEL =\n  "${base64}";\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TARGET, await kernelModule());
