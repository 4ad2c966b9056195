// On which side of a cell its points are likely to be (qaad-1.md, "Points", "Slopes").
import { MOMENTS } from "./places.js";

const STEEPEST = 96;
/** n̂ from which on the shape of the points is heeded. */
const ENOUGH = 24;
/** While no entry of A' exceeds this, float64 holds all products exactly: 6 · 2^48 and 72 · 2^45 at most. */
const EXACT = 2 ** 16;
/** Where each entry of A stands in a shape. */
const A = [
  [4, 5, 6],
  [5, 7, 8],
  [6, 8, 9],
];

/**
 * The slope σ of each node before axis `axis` is halved, into `slopes`.
 *
 * @param nodes {count, x, y, z, sizes, parents}: parents are nodes at the start of the octave
 * @param shapes of the parents (…, 2, 10), as `lookAround` gives them
 * @param weights W (3, 4)
 */
export function readSlopes(slopes, nodes, shapes, weights, axis, depth) {
  const { count, sizes, parents } = nodes;
  const cells = [nodes.x, nodes.y, nodes.z];
  const mean = [0, 0, 0];
  const shift = 6 + 2 * depth;
  const width = 8; // this axis has not been halved in the octave
  for (let node = 0; node < count; node++) {
    const n = sizes[node];
    const row = n === 1 ? 0 : n <= 3 ? 4 : 8;
    let sum = 0;
    for (let which = 0; which < 2; which++) {
      const at = MOMENTS * (2 * parents[node] + which);
      const around = shapes[at];
      if (around === 0) continue; // both slopes are 0
      for (let i = 0; i < 3; i++) {
        mean[i] = shapes[at + 1 + i] + (i < axis ? 32 - 64 * (cells[i][node] & 1) : 0); // the node has moved
      }
      if (around >= ENOUGH) sum += weights[row + 2 * which] * 16 * density(shapes, at, mean, axis);
      sum += weights[row + 2 * which + 1] * ((32 * mean[axis] * width) >> shift);
    }
    slopes[node] = sum >> 5;
  }
}

/** g / 16: how much denser a Gaussian with this mean and A' is in the upper half than in the lower one. */
export function density(shapes, at, mean, axis) {
  const [i, k] = [(axis + 1) % 3, (axis + 2) % 3];
  const b = (row, column) => shapes[at + A[row][column]] + (row !== column ? 0 : row < axis ? 4 : 16);
  const [aa, ii, kk] = [b(axis, axis), b(i, i), b(k, k)];
  const [ai, ak, ik] = [b(axis, i), b(axis, k), b(i, k)];
  const ra = ii * kk - ik * ik;
  const ri = ak * ik - ai * kk;
  const rk = ai * ik - ak * ii;
  const volume = [ra * aa, ri * ai, rk * ak];
  const across = [12 * ra * mean[axis], 12 * ri * mean[i], 12 * rk * mean[k]]; // 3 w / 2 = 12
  const determinant = volume[0] + volume[1] + volume[2];
  const slope = across[0] + across[1] + across[2];
  if (Math.max(aa, ii, kk, Math.abs(ai), Math.abs(ak), Math.abs(ik)) <= EXACT) {
    return steepness(slope / Math.max(determinant, 1));
  }
  const [least, most] = bounds(slope, roundedOff(across), determinant, roundedOff(volume));
  if (least === most) return least;
  const exact = (x, y) => BigInt(x) * BigInt(y);
  const product = exact(ra, aa) + exact(ri, ai) + exact(rk, ak);
  const numerator = 12n * (exact(ra, mean[axis]) + exact(ri, mean[i]) + exact(rk, mean[k]));
  return exactSteepness(numerator, product > 1n ? product : 1n);
}

function steepness(ratio) {
  return Math.min(Math.max(Math.floor(ratio), -STEEPEST), STEEPEST);
}

/** More than what rounding can have changed in the sum of three products. */
function roundedOff(terms) {
  return 2 ** -50 * (Math.abs(terms[0]) + Math.abs(terms[1]) + Math.abs(terms[2]));
}

/** The least and greatest steepness that x / y can have, if x and y are off by dx and dy at most. */
function bounds(x, dx, y, dy) {
  if (y - dy < 1) return [-STEEPEST, STEEPEST];
  const least = Math.min((x - dx) / (y - dy), (x - dx) / (y + dy));
  const most = Math.max((x + dx) / (y - dy), (x + dx) / (y + dy));
  return [steepness(least - 1e-9), steepness(most + 1e-9)];
}

function exactSteepness(numerator, denominator) {
  let quotient = numerator / denominator;
  if (numerator % denominator < 0n) quotient--; // rounds down
  return Number(quotient > 96n ? 96n : quotient < -96n ? -96n : quotient);
}
