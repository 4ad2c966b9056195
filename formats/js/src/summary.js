// What an archive says of itself.
import { sizeOf, tensorShapes } from "./network/tensors.js";

const CODING_NAMES = ["float32", "float16", "uniform", "deflate", "entropy", "points", "poses"];

/** `Summary` in qaad.d.ts, from the frame, the header and the kind of the poses. */
export function summarise({ version, size, sections }, header, poses) {
  const { patches } = header.network;
  const weights = tensorShapes(header.network).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const parts = [...sections.values()].map(({ tag, coding, start, length }) => {
    return { tag, coding, codingName: CODING_NAMES[coding] ?? null, start, bytes: length };
  });
  return { version, bytes: size, ...header, patches, weights, poses, sections: parts };
}
