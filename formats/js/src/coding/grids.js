// Grids: the spacing of whole numbers in codings 4 and 5 (qaad-1.md, "Grids").
import { check } from "../errors.js";

/** The spacing m 2^e of a grid, from its two bytes. */
export function readGrid(cursor) {
  const [m, e] = [cursor.u8(), cursor.i8()];
  check(m >= 128, "grid", `${cursor.what}: the spacing of a grid is ${m} · 2^${e}, and the factor must be 128 to 255`);
  check(
    Math.abs(e) <= 100,
    "grid",
    `${cursor.what}: the spacing of a grid is ${m} · 2^${e}, and e must be -100 to 100`,
  );
  return m * 2 ** e;
}
