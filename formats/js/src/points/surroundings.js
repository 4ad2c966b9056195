// What the points around each node are like (qaad-1.md, "Points", "Surroundings").
import { COLUMNS, MOMENTS, Places, ROWS } from "./places.js";

/** The weight of points in the same place. */
const NEAREST = 8;

/**
 * Two shapes for each node: of all points around it, and of those of its patch. A shape is n̂; m_x, m_y, m_z; A_xx,
 * A_xy, A_xz, A_yy, A_yz, A_zz.
 *
 * @param nodes {count, x, y, z, patches, sizes}
 * @param depth D: a place is 2^D cells wide
 * @returns Int32Array (count, 2, 10)
 */
export function lookAround(nodes, depth) {
  const { sizes } = nodes;
  const places = new Places(nodes, depth);
  const shapes = new Int32Array(nodes.count * 2 * MOMENTS);
  const ofAll = new Float64Array(MOMENTS);
  const ofPatch = new Float64Array(MOMENTS);
  for (let place = 0; place < places.count; place++) {
    places.enter(place);
    places.sumAll(ofAll);
    for (let run = places.firstRun[place]; run >= 0; run = places.nextRun[run]) {
      places.sumPatch(run, ofPatch);
      for (let node = places.runStart[run]; node < places.runStart[run + 1]; node++) {
        const u = places.within(node);
        writeShape(shapes, 2 * MOMENTS * node, ofAll, sizes[node], u);
        writeShape(shapes, 2 * MOMENTS * node + MOMENTS, ofPatch, sizes[node], u);
      }
    }
  }
  return shapes;
}

/**
 * Writes the shape of points with these moments, but without a node's own, as it is seen from the node.
 *
 * @param own points of the node
 * @param u where the node is, relative to what the moments are relative to
 */
function writeShape(shapes, at, moments, own, u) {
  const n = moments[0] - NEAREST * own;
  const some = Math.max(n, 1);
  shapes[at] = n;
  for (let i = 0; i < 3; i++) {
    FIRST[i] = moments[1 + i] - NEAREST * own * u[i] - n * u[i]; // Σ ω d
    shapes[at + 1 + i] = Math.floor((16 * FIRST[i]) / some);
  }
  for (let p = 0; p < 6; p++) {
    const i = ROWS[p];
    const j = COLUMNS[p];
    const around = moments[4 + p] - NEAREST * own * u[i] * u[j];
    const second = around - u[i] * (FIRST[j] + n * u[j]) - u[j] * FIRST[i]; // Σ ω d dᵀ
    shapes[at + 4 + p] = Math.floor((3 * second) / some) - ((3 * shapes[at + 1 + i] * shapes[at + 1 + j]) >> 8);
  }
}

const FIRST = new Float64Array(3); // room for `writeShape`
