// How many points of each node are in its lower half (qaad-1.md, "Points", "Tables").
import { check } from "../errors.js";
import { Rows, symbolsOf } from "./rows.js";

const ONE = 2 ** 24;
/** Nodes of this many points have symbols that stand for several numbers. */
const MANY = 16;
/** Nodes of least … most points come together, one group after the other. */
const GROUPS = [
  [1, 1],
  [2, 3],
  [4, Infinity],
];

/** Reads one halving after another from a stream. */
export class Halvings {
  #stream;
  #rows = new Rows();
  #used; // the row of each node
  #symbols;
  #lows;

  /** @param points as many nodes as there may be */
  constructor(stream, points) {
    this.#stream = stream;
    this.#used = new Int32Array(points);
    this.#symbols = new Uint8Array(points);
    this.#lows = new Int32Array(points);
  }

  /** The points in the lower half of each of these nodes {count, sizes}, by their slopes; valid until the next call. */
  read({ count, sizes }, slopes) {
    for (let node = 0; node < count; node++) this.#used[node] = this.#rows.row(sizes[node], slopes[node]);
    for (const [least, most] of GROUPS) {
      for (let node = 0; node < count; node++) {
        const n = sizes[node];
        if (n < least || n > most) continue;
        this.#symbols[node] = this.#stream.symbol(this.#rows.edges, 17 * this.#used[node], symbolsOf(n));
      }
    }
    for (let node = 0; node < count; node++) {
      const n = sizes[node];
      const number = n < MANY ? this.#symbols[node] : readRest(this.#stream, n, this.#symbols[node]);
      const fits = number <= n;
      check(
        fits,
        "points-count",
        () => `${this.#stream.what}: ${number} points in half a cell, and in the cell are ${n}`,
      );
      this.#lows[node] = slopes[node] < 0 ? n - number : number;
    }
    this.#rows.learn(this.#used, this.#symbols, count);
    return this.#lows;
  }
}

/** The number that a symbol and what follows it stand for, in a node of n ≥ 16 points. */
function readRest(stream, n, symbol) {
  const start = firstNumber(symbol, n);
  const numbers = firstNumber(symbol + 1, n) - start;
  if (symbol < 1 || symbol > 14 || numbers === 1) return start;
  const part = Math.floor(ONE / numbers);
  const i = Math.min(Math.floor(stream.quantile / part), numbers - 1);
  stream.take(i * part, i === numbers - 1 ? ONE - i * part : part);
  return start + i;
}

/** start(s): the least number that a symbol stands for. */
function firstNumber(symbol, n) {
  return Math.max(1 + Math.ceil(((symbol - 1) * (n - 1)) / 14), 0);
}
