// The bytes of a file: all of them, or those that were read so far.
import { check } from "./errors.js";

/** How many bytes are read first from afar. Most frames are far shorter; what is there beyond them comes in useful. */
const FIRST = 1 << 15;

/** A file of which parts are here: all of it, or the ranges that `load` has read. */
export class Source {
  #parts = new Map(); // start -> bytes
  #read = null; // null: the file is here as a whole

  /** A file that is in memory. */
  static whole(bytes) {
    const source = new Source();
    source.#parts.set(0, bytes);
    return source;
  }

  /** A file that `read` reads: (offset, length) => Promise of bytes, fewer only where the file ends. */
  static async ranges(read) {
    const source = new Source();
    source.#read = read;
    await source.extend(FIRST);
    return source.beginning.length < FIRST ? Source.whole(source.beginning) : source;
  }

  /** Whether the file is here as a whole. Then `beginning` is the file. */
  get complete() {
    return this.#read === null;
  }

  /** The bytes from the first one on that are here. */
  get beginning() {
    return this.#parts.get(0);
  }

  /** Makes `beginning` this long, or as long as the file is. */
  async extend(length) {
    this.#parts.set(0, await this.#fetch(0, length));
  }

  /** Whether these bytes are here. */
  has(start, length) {
    return this.#find(start, length) !== undefined;
  }

  /** These bytes, which have to be here; not copied. */
  get(start, length) {
    const found = this.#find(start, length);
    if (found === undefined)
      throw new Error(`bytes ${start} to ${start + length} are not here: await load(index) first`);
    return found;
  }

  /** Reads these bytes, unless they are here. Where the file ends before them, it is refused. */
  async load(start, length) {
    if (this.complete || this.has(start, length)) return;
    const bytes = await this.#fetch(start, length);
    check(
      bytes.length === length,
      "truncated",
      () => `the file ends at byte ${start + bytes.length}, within a section`,
    );
    this.#parts.set(start, bytes);
  }

  /** The last bytes of the file from `start` on, and one behind them if there is one, where there should be none. */
  async last(start, length) {
    if (start + length < this.beginning.length) return this.beginning.subarray(start);
    return this.#fetch(start, length + 1);
  }

  #find(start, length) {
    const exact = this.#parts.get(start);
    if (exact?.length >= length) return exact.subarray(0, length);
    return start + length <= this.beginning.length ? this.beginning.subarray(start, start + length) : undefined;
  }

  async #fetch(start, length) {
    if (length === 0) return new Uint8Array();
    const bytes = asBytes(await this.#read(start, length));
    if (bytes.length > length) throw new RangeError(`${bytes.length} bytes came, and ${length} were asked for`);
    return bytes;
  }
}

/** Bytes as a Uint8Array, which are not copied. */
export function asBytes(data) {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("bytes are an ArrayBuffer or a Uint8Array");
}
