// Points: sets of points with whole coordinates, read down a k-d tree (qaad-1.md, "Points").
import { Stream } from "../coding/stream.js";
import { check } from "../errors.js";
import { Halvings } from "./halvings.js";
import { countCells } from "./hash_table.js";
import { readSlopes } from "./slopes.js";
import { lookAround } from "./surroundings.js";

const MOST_BITS = 20;
const DEEPEST = 5;

/**
 * Whole coordinates (3, M) as a Float64Array: all x, all y, all z. Takes all that is left of the cursor.
 *
 * @param starts the first row of each patch, and then M
 */
export function readPoints(cursor, starts) {
  const { what } = cursor;
  const bits = cursor.list("u8", 3);
  const origin = cursor.list("i32", 3);
  const weights = cursor.list("i8", 12);
  const most = Math.max(...bits);
  check(most <= MOST_BITS, "points-bits", `${what}: ${most} bits an axis, and may be ${MOST_BITS}`);
  const stream = new Stream(cursor.take(cursor.left), what);
  const points = starts.at(-1);
  let [nodes, spare] = [roots(starts), newNodes(points)];
  const halvings = new Halvings(stream, points);
  const slopes = new Int32Array(points);
  let depth = 0;
  for (let bit = most - 1; bit >= 0; bit--) {
    const crowded = bit === most - 1 || 3 * countCells(nodes) <= 2 * points;
    depth = crowded ? 0 : Math.min(depth + 1, DEEPEST);
    const shapes = lookAround(nodes, depth);
    for (let node = 0; node < nodes.count; node++) nodes.parents[node] = node;
    for (let axis = 0; axis < 3; axis++) {
      let lows = nodes.sizes; // where this axis has no such bit, all points are in the lower halves
      if (bit < bits[axis]) {
        readSlopes(slopes, nodes, shapes, weights, axis, depth);
        lows = halvings.read(nodes, slopes);
      }
      halve(nodes, lows, axis, spare);
      [nodes, spare] = [spare, nodes];
    }
  }
  stream.end();
  return coordinates(nodes, origin, points, what);
}

/**
 * Nodes in the order of a k-d tree: cells x, y and z, patch, number of points, and the node at the start of the octave
 * that each of them comes from. There are never more nodes than points.
 */
function newNodes(most) {
  const [x, y, z, patches, sizes, parents] = Array.from({ length: 6 }, () => new Int32Array(most));
  return { count: 0, x, y, z, patches, sizes, parents };
}

/** One node for each patch. */
function roots(starts) {
  const nodes = newNodes(starts.at(-1));
  nodes.count = starts.length - 1;
  for (let k = 0; k < nodes.count; k++) {
    nodes.patches[k] = k;
    nodes.sizes[k] = starts[k + 1] - starts[k];
  }
  return nodes;
}

/** Writes into `halves` the halves of nodes, of which `lows` points are in the lower ones. */
function halve(nodes, lows, axis, halves) {
  let at = 0;
  for (let node = 0; node < nodes.count; node++) {
    for (let upper = 0; upper < 2; upper++) {
      const size = upper === 0 ? lows[node] : nodes.sizes[node] - lows[node];
      if (size === 0) continue;
      halves.x[at] = axis === 0 ? 2 * nodes.x[node] + upper : nodes.x[node];
      halves.y[at] = axis === 1 ? 2 * nodes.y[node] + upper : nodes.y[node];
      halves.z[at] = axis === 2 ? 2 * nodes.z[node] + upper : nodes.z[node];
      halves.patches[at] = nodes.patches[node];
      halves.sizes[at] = size;
      halves.parents[at] = nodes.parents[node];
      at++;
    }
  }
  halves.count = at;
}

/** The coordinates of all points, (3, M). */
function coordinates(nodes, origin, points, what) {
  const result = new Float64Array(3 * points);
  [nodes.x, nodes.y, nodes.z].forEach((cells, axis) => {
    let at = axis * points;
    for (let node = 0; node < nodes.count; node++) {
      const coordinate = cells[node] + origin[axis];
      check(coordinate < 2 ** 31, "points-range", () => `${what}: the coordinate ${coordinate} is beyond 32 bits`);
      result.fill(coordinate, at, (at += nodes.sizes[node]));
    }
  });
  return result;
}
