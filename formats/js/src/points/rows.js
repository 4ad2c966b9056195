// The tables of halvings, which learn from what is read (qaad-1.md, "Points", "Tables").
import { scaled } from "../coding/tables.js";

const CHANCES = [
  136, 152, 167, 181, 193, 204, 214, 222, 229, 234, 239, 242, 245, 248, 249, 251, 252, 253, 254, 254, 254, 255, 255,
  255,
];
const CLASSES = CHANCES.length;
const MOST = 16; // nodes of more points have the row of this many
const LEARNT = 8;
const ONE = 2 ** 24;

/** One row of 16 counts for each number of points, up to 16, and class of slopes. */
export class Rows {
  #counts = new Float64Array((MOST + 1) * CLASSES * 16);
  #begun = new Uint8Array((MOST + 1) * CLASSES);
  /** Where the quantiles of the symbols of a row begin: those of row r are edges[17 r] … edges[17 r + size]. */
  edges = new Int32Array((MOST + 1) * CLASSES * 17);
  #fresh = new Uint8Array((MOST + 1) * CLASSES); // whether the edges of a row are those of its counts

  /** The row of a node of n points with the slope σ; its edges are up to date. */
  row(n, slope) {
    const row = Math.min(n, MOST) * CLASSES + Math.min(Math.abs(slope) >> 6, CLASSES - 1);
    if (this.#fresh[row] === 0) this.#renew(row, symbolsOf(n));
    return row;
  }

  /** Learns symbols, of which the row and the symbol of each are given; after all of a halving have been read. */
  learn(rows, symbols, count) {
    for (let i = 0; i < count; i++) {
      this.#counts[16 * rows[i] + symbols[i]] += LEARNT;
      this.#fresh[rows[i]] = 0;
    }
  }

  #renew(row, size) {
    if (this.#begun[row] === 0) this.#begin(row);
    const counts = this.#counts.subarray(16 * row, 16 * row + size);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const shares = counts.map((count) => scaled(count, ONE, total));
    shares[0] += ONE - shares.reduce((sum, share) => sum + share, 0);
    let sum = 0;
    for (let s = 0; s <= size; s++) {
      this.edges[17 * row + s] = Math.floor((sum * (ONE - size)) / ONE) + s;
      sum += shares[s];
    }
    this.#fresh[row] = 1;
  }

  #begin(row) {
    this.#begun[row] = 1;
    this.#counts.set(firstCounts(Math.floor(row / CLASSES), row % CLASSES), 16 * row);
  }
}

/** How many symbols a node of n points has. */
export function symbolsOf(n) {
  return n === 1 ? 2 : n <= 3 ? 4 : 16;
}

/** The counts T_k of a row before anything was read by it; the y_k have up to 180 bits. */
function firstCounts(n, slopeClass) {
  const upper = BigInt(CHANCES[slopeClass]);
  const lower = 256n - upper;
  const most = Math.min(n, 15);
  const spread = n < 16 ? 6n * BigInt(n) : 192n;
  const rising = (from, times) => {
    let product = 1n;
    for (let i = 0n; i < times; i++) product *= from + spread * i;
    return product;
  };
  const weights = [];
  let choices = 1n; // μ over k
  for (let k = 0; k <= most; k++) {
    weights.push(choices * rising(lower, k) * rising(upper, most - k));
    choices = (choices * BigInt(most - k)) / BigInt(k + 1);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  return weights.map((weight) => 1 + Number((1024n * weight) / total));
}
