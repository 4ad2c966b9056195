// INPT: the input cloud Q (qaad-1.md, "INPT").
import { readArray } from "../coding/arrays.js";
import { readGrid } from "../coding/grids.js";
import { Cursor } from "../cursor.js";
import { check } from "../errors.js";
import { readPoints } from "../points/tree.js";

const POINTS = 5;
const FARTHEST = 2 ** 16;

/** The first row of each of the K patches, and then M: the first M mod K patches have a row more than the others. */
export function patchStarts(points, patches) {
  const [size, longer] = [Math.floor(points / patches), points % patches];
  return Uint32Array.from({ length: patches + 1 }, (_, k) => k * size + Math.min(k, longer));
}

/** Q (3, M) in normalised coordinates as a Float32Array, from the section's bytes. */
export function readInputCloud(bytes, coding, points, patches) {
  const cursor = new Cursor(bytes, "section INPT");
  if (coding !== POINTS) {
    const q = readArray(cursor, coding, [3, points]);
    cursor.end();
    return q;
  }
  const spacing = readGrid(cursor);
  const whole = readPoints(cursor, patchStarts(points, patches));
  const far = whole.find((x) => Math.abs(x) > FARTHEST);
  check(far === undefined, "points-range", `section INPT: a coordinate of ${far}, and may be ${FARTHEST} at most`);
  return new Float32Array(whole.map((x) => x * spacing));
}
