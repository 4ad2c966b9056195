// Streams: an asymmetric numeral system (qaad-1.md, "Entropy").
import { check } from "../errors.js";
import { tableOf } from "./tables.js";

const WORD = 2 ** 32;
const TABLES = 1024;

/** A stream. Its state of 64 bits is two words, and all products are split so that float64 holds them exactly. */
export class Stream {
  #view;
  #words; // how many have not been taken; they are taken from the back
  #high = 0;
  #low;

  /** `what` names the stream in messages. */
  constructor(bytes, what) {
    const good = bytes.length > 0 && bytes.at(-1) !== 0;
    check(good, "stream-start", () => `${what}: a stream of ${bytes.length} bytes is empty or ends in a zero byte`);
    this.what = what;
    this.#words = Math.ceil(bytes.length / 4);
    const padded = new Uint8Array(4 * this.#words);
    padded.set(bytes);
    this.#view = new DataView(padded.buffer);
    this.#low = this.#word();
    if (this.#words > 0) this.#push();
  }

  /** z: the quantile that the state has now. */
  get quantile() {
    return this.#low & 0xffffff;
  }

  /** Takes the symbol that has `frequency` quantiles from `left` on, of which the present one is one. */
  take(left, frequency) {
    const low = ((this.#high & 0xffff) << 8) | (this.#low >>> 24); // of ⌊state / 2^24⌋, the lower 24 bits
    const products = frequency * low + (this.#low & 0xffffff) - left; // below 2^49
    const upper = frequency * (this.#high >>> 16); // below 2^40, to be multiplied by 2^24
    const carry = Math.floor(upper / 256);
    const sum = products + (upper - carry * 256) * 2 ** 24;
    this.#low = sum >>> 0;
    this.#high = Math.floor(sum / WORD) + carry;
    if (this.#high === 0 && this.#words > 0) this.#push();
  }

  /** The next symbol i, 0 to size - 1, whose quantiles begin at edges[from + i]; edges[from + size] is 2^24. */
  symbol(edges, from, size) {
    const z = this.#low & 0xffffff;
    let low = from;
    let high = from + size;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (edges[middle] <= z) low = middle;
      else high = middle;
    }
    this.take(edges[low], edges[low + 1] - edges[low]);
    return low - from;
  }

  /** A number by each of these tables (n,), read as a group: those of the lowest table first. */
  group(tables) {
    const starts = new Uint32Array(TABLES + 1);
    for (const t of tables) starts[t + 1]++;
    const used = [...starts.keys()].filter((t) => starts[t] > 0).map((t) => t - 1);
    for (let t = 0; t < TABLES; t++) starts[t + 1] += starts[t];
    const places = new Uint32Array(tables.length); // in the order of the tables
    const next = starts.slice();
    tables.forEach((t, place) => (places[next[t]++] = place));
    const numbers = new Int16Array(tables.length);
    for (const t of used) {
      const { largest, left } = tableOf(t);
      for (let i = starts[t]; i < starts[t + 1]; i++) {
        numbers[places[i]] = this.symbol(left, 0, left.length - 1) - largest;
      }
    }
    return numbers;
  }

  /** Refuses the stream unless just its numbers were in it. */
  end() {
    const good = this.#words === 0 && this.#high === 0 && this.#low === 1;
    check(good, "stream-end", () => `${this.what}: a stream does not end with its numbers`);
  }

  #word() {
    this.#words--;
    return this.#view.getUint32(4 * this.#words, true);
  }

  #push() {
    this.#high = this.#low;
    this.#low = this.#word();
  }
}
