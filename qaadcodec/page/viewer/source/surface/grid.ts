/** Points sorted into cubes. */

const MOST_CUBES = 1 << 21;
const EDGE = 1.8; // of a cube, spacings

/** The points of cube c are `points[starts[c]]` up to, but without, `points[starts[c + 1]]`. */
export interface Grid {
  /** Cubes along x, y and z; x is the fastest in the numbers of cubes. */
  readonly counts: readonly [number, number, number];
  readonly starts: Uint32Array;
  readonly points: Uint32Array;
}

/**
 * Cubes with an edge of about two spacings, for points on a surface that fills the two longer sides of its box.
 *
 * @param places x, y, z of each point.
 */
export function gridOf(places: Float32Array): Grid {
  const count = places.length / 3;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < places.length; i++) {
    const axis = i % 3;
    low[axis] = Math.min(low[axis], places[i]);
    high[axis] = Math.max(high[axis], places[i]);
  }
  const sides = high.map((side, axis) => side - low[axis]);
  const [, second, first] = [...sides].sort((a, b) => a - b);
  let edge = EDGE * Math.sqrt((first * Math.max(second, first / 16)) / count) || 1;
  const along = (): number[] => sides.map((side) => Math.floor(side / edge) + 1);
  while (along().reduce((a, b) => a * b) > MOST_CUBES) edge *= 1.25;
  const counts = along() as [number, number, number];

  const cubeOf = new Uint32Array(count);
  const starts = new Uint32Array(counts[0] * counts[1] * counts[2] + 1);
  for (let i = 0; i < count; i++) {
    let cube = 0;
    for (let axis = 2; axis >= 0; axis--) {
      const place = Math.floor((places[3 * i + axis] - low[axis]) / edge);
      cube = cube * counts[axis] + Math.min(Math.max(place, 0), counts[axis] - 1);
    }
    cubeOf[i] = cube;
    starts[cube + 1]++;
  }
  for (let cube = 1; cube < starts.length; cube++) starts[cube] += starts[cube - 1];
  const next = starts.slice();
  const points = new Uint32Array(count);
  for (let i = 0; i < count; i++) points[next[cubeOf[i]]++] = i;
  return { counts, starts, points };
}
