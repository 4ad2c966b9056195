/** The nearest points of each point, among those in the cubes around it. */

import { gridOf, type Grid } from "./grid.js";

const MOST_OF_A_CUBE = 48; // points that count, so that many in one place take no time without end
const FARTHEST = 3; // rings of cubes that are searched

/** The nearest points of each point. */
export interface Neighbours {
  /** k for each point, itself among them, the nearest first; where fewer are found, the last ones are itself again. */
  readonly near: Uint32Array;
  /** The distance of the farthest of them. */
  readonly reach: Float32Array;
}

/**
 * They are sought in the cube of a point and those that touch it, and farther only where these hold fewer than k: what lies
 * beyond and is nearer by a little is missed, which a plane through k points does not show. The time is proportional to
 * the points where they lie on a surface.
 *
 * @param places x, y, z of each point.
 */
export function neighboursOf(places: Float32Array, k: number): Neighbours {
  const count = places.length / 3;
  const grid = gridOf(places);
  const near = new Uint32Array(count * k);
  const reach = new Float32Array(count);
  const best = new Float64Array(k); // squared distances, ascending
  const chosen = new Uint32Array(k);
  const around: number[] = [];
  for (let cube = 0; cube + 1 < grid.starts.length; cube++) {
    const [first, last] = [grid.starts[cube], grid.starts[cube + 1]];
    if (first === last) continue;
    for (let ring = 1; ring <= FARTHEST; ring++) {
      gather(grid, cube, ring, around);
      if (around.length >= k) break;
    }
    for (let p = first; p < last; p++) {
      const i = grid.points[p];
      const x = places[3 * i];
      const y = places[3 * i + 1];
      const z = places[3 * i + 2];
      best.fill(Infinity);
      for (let n = 0; n < around.length; n++) {
        const j = around[n];
        const dx = places[3 * j] - x;
        const dy = places[3 * j + 1] - y;
        const dz = places[3 * j + 2] - z;
        const d = dx * dx + dy * dy + dz * dz;
        if (!(d < best[k - 1])) continue;
        let slot = k - 1;
        while (slot > 0 && best[slot - 1] > d) {
          best[slot] = best[slot - 1];
          chosen[slot] = chosen[slot - 1];
          slot--;
        }
        best[slot] = d;
        chosen[slot] = j;
      }
      const found = Math.min(k, around.length);
      for (let n = 0; n < k; n++) near[i * k + n] = n < found ? chosen[n] : i;
      reach[i] = Math.sqrt(best[found - 1]);
    }
  }
  return { near, reach };
}

/** Puts the points of the cubes up to `ring` cubes away into `into`, in place of what was there. */
function gather(grid: Grid, cube: number, ring: number, into: number[]): void {
  const [nx, ny, nz] = grid.counts;
  const x = cube % nx;
  const y = Math.floor(cube / nx) % ny;
  const z = Math.floor(cube / (nx * ny));
  into.length = 0;
  for (let c = Math.max(z - ring, 0); c <= Math.min(z + ring, nz - 1); c++) {
    for (let b = Math.max(y - ring, 0); b <= Math.min(y + ring, ny - 1); b++) {
      for (let a = Math.max(x - ring, 0); a <= Math.min(x + ring, nx - 1); a++) {
        const at = (c * ny + b) * nx + a;
        const apart = Math.ceil((grid.starts[at + 1] - grid.starts[at]) / MOST_OF_A_CUBE);
        for (let p = grid.starts[at]; p < grid.starts[at + 1]; p += apart) into.push(grid.points[p]);
      }
    }
  }
}
