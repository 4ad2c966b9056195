// Tries inputs with the decoder in formats/js, one after the other, for the fuzz target "javascript".
// An input: its length in 4 bytes, a byte that says whether cloud 0 is wanted, and the bytes. An answer: a line of JSON,
// {fault} where it is refused, {names, positions} where it is read, or {thrown} for anything else.
import { readSync, writeSync } from "node:fs";
import { open, QaadError } from "../../formats/js/qaad.js";

function read(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const count = readSync(0, bytes, at, length - at);
    if (count === 0) process.exit(0);
    at += count;
  }
  return bytes;
}

function answer(bytes, wanted) {
  try {
    const archive = open(bytes);
    archive.verify();
    return { names: archive.names, positions: wanted ? [...archive.decode(0).positions] : [] };
  } catch (error) {
    if (error instanceof QaadError) return { fault: error.code };
    return { thrown: String(error?.stack ?? error) };
  }
}

function write(text) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

for (;;) {
  const head = read(5);
  const length = new DataView(head.buffer).getUint32(0, true);
  write(`${JSON.stringify(answer(read(length), head[4] === 1))}\n`);
}
