/** A cloud as PLY, the bytes that `qaad decode` writes. */

import type { Positions } from "../decoding/protocol.js";

/** @param positions x, y, z of each point; float64 where the archive says so. */
export function plyOf(positions: Positions): Blob {
  const double = positions instanceof Float64Array;
  const kind = double ? "double" : "float";
  const header = [
    "ply",
    "format binary_little_endian 1.0",
    `element vertex ${positions.length / 3}`,
    ...["x", "y", "z"].map((axis) => `property ${kind} ${axis}`),
    "end_header\n",
  ].join("\n");
  const bytes = positions.BYTES_PER_ELEMENT;
  const view = new DataView(new ArrayBuffer(bytes * positions.length));
  for (let i = 0; i < positions.length; i++) {
    if (double) view.setFloat64(bytes * i, positions[i], true);
    else view.setFloat32(bytes * i, positions[i], true);
  }
  return new Blob([header, view.buffer], { type: "application/octet-stream" });
}

/** A file's name for a cloud's: the last part of a path, with nothing in it that some system does not take. */
export function fileNameOf(name: string): string {
  const last = name.split(/[/\\]/).at(-1)!;
  const safe = last.replace(/[^\p{L}\p{N}._ -]/gu, "_").replace(/^[. ]+/, "_").slice(0, 120);
  return safe || "cloud";
}
