// LATS: the latents of all clouds, in blocks (qaad-1.md, "LATS").
import { readArray } from "../coding/arrays.js";
import { readGrid } from "../coding/grids.js";
import { Stream } from "../coding/stream.js";
import { crc32 } from "../crc32.js";
import { Cursor } from "../cursor.js";
import { check } from "../errors.js";

const ENTROPY = 4;
const ENTRY = 10; // bytes
/** From this many clouds on a block in codings 0 to 2 is (l, n), before (n, l). */
const TRANSPOSED = 8;
/** How many decoded blocks are kept: two, for clouds between clouds of two blocks. */
const KEPT = 2;

/** How many bytes of the section come before the directory's entries: the prior, and the number of blocks. */
export function latentsHead({ coding }, latentSize) {
  return (coding === ENTROPY ? 1 + 5 * latentSize : 0) + 4;
}

/** The length of all that comes before the blocks, from the number of blocks, which ends the head. */
export function directoryLength(head) {
  const count = new DataView(head.buffer, head.byteOffset + head.length - 4, 4).getUint32(0, true);
  return head.length + ENTRY * count + 4;
}

/** The latent table (N, l) of an archive, of which blocks are decoded when they are asked for. */
export class Latents {
  #source;
  #section;
  #size;
  #prior;
  #blocks; // [{first, clouds, start, length, crc}]
  #decoded = new Map(); // block -> (clouds, l)

  /** Reads what comes before the blocks of a section {coding, start, length}; those bytes are in `source`. */
  constructor(source, section, clouds, latentSize) {
    this.#source = source;
    this.#section = section;
    this.#size = latentSize;
    const length = latentsHead(section, latentSize);
    check(section.length >= length, "short", `latents: ${section.length} bytes, too short for a directory`);
    const total = directoryLength(source.get(section.start, length));
    check(total <= section.length, "latents-directory", `latents: a directory of ${total} bytes in ${section.length}`);
    const bytes = source.get(section.start, total);
    const cursor = new Cursor(bytes, "section LATS");
    if (section.coding === ENTROPY) this.#prior = readPrior(cursor, latentSize);
    this.#blocks = readDirectory(cursor, section.start + total);
    check(
      crc32(bytes.subarray(0, -4)) === cursor.u32(),
      "latents-crc",
      "latents: the CRC-32 of the directory does not fit",
    );
    this.#checkBlocks(clouds);
  }

  /** Block of a cloud: {number, clouds, start, length}. */
  block(index) {
    let [low, high] = [0, this.#blocks.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle].first <= index) low = middle;
      else high = middle;
    }
    return { number: low, ...this.#blocks[low] };
  }

  /** The latent of a cloud (l,), a view that nobody may write into; its block is checked. */
  latent(index) {
    const { number, first } = this.block(index);
    const rows = this.#decoded.get(number) ?? this.#decode(this.#blocks[number], number);
    this.#decoded.delete(number);
    this.#decoded.set(number, rows); // the one that was used last is last
    for (const old of this.#decoded.keys()) if (this.#decoded.size > KEPT) this.#decoded.delete(old);
    return rows.subarray((index - first) * this.#size, (index - first + 1) * this.#size);
  }

  #checkBlocks(clouds) {
    const held = this.#blocks.reduce((sum, block) => sum + block.clouds, 0);
    const none = this.#blocks.findIndex((block) => block.clouds === 0);
    check(none < 0, "latents-count", `latents: block ${none} has 0 clouds`);
    check(held === clouds, "latents-count", `latents: the blocks hold ${held} clouds, and the header says ${clouds}`);
    const { start, length } = this.#blocks.at(-1);
    const [blocksEnd, end] = [start + length, this.#section.start + this.#section.length];
    check(
      blocksEnd === end,
      "latents-directory",
      `latents: the blocks end at byte ${blocksEnd}, the section at ${end}`,
    );
    this.#blocks.forEach((block, i) => {
      const least = this.#leastBytes(block.clouds);
      const fits = block.length >= least;
      check(
        fits,
        "block-length",
        `latents: block ${i} has ${block.length} bytes, and its clouds take at least ${least}`,
      );
    });
  }

  #leastBytes(clouds) {
    const count = this.#size * clouds;
    const rows = clouds >= TRANSPOSED ? this.#size : clouds;
    return [4 * count, 2 * count, 1 + rows + Math.ceil(count / 4), 0, 0][this.#section.coding];
  }

  #decode({ clouds, start, length, crc }, number) {
    const bytes = this.#source.get(start, length);
    check(crc32(bytes) === crc, "block-crc", `latents: block ${number} at byte ${start}: its CRC-32 does not fit`);
    const what = `latents: block ${number}`;
    if (this.#section.coding === ENTROPY) return this.#decodeStream(new Stream(bytes, what), clouds);
    const cursor = new Cursor(bytes, what);
    const shape = clouds >= TRANSPOSED ? [this.#size, clouds] : [clouds, this.#size];
    const values = readArray(cursor, this.#section.coding, shape);
    cursor.end();
    return clouds >= TRANSPOSED ? transposed(values, this.#size, clouds) : values;
  }

  #decodeStream(stream, clouds) {
    const { tables, spacings, centres } = this.#prior;
    const all = new Uint16Array(this.#size * clouds);
    tables.forEach((t, i) => all.fill(t, i * clouds, (i + 1) * clouds));
    const numbers = stream.group(all);
    stream.end();
    const values = Float32Array.from(numbers, (q, at) => {
      const i = Math.floor(at / clouds);
      return (q + centres[i]) * spacings[i];
    });
    return transposed(values, this.#size, clouds);
  }
}

/** Tables, spacings and centres of the dimensions (l,) in coding 4. */
function readPrior(cursor, size) {
  const family = cursor.u8();
  check(family < 16, "table", `latents: family ${family} of tables, and may be 0 to 15`);
  const spacings = Array.from({ length: size }, () => readGrid(cursor));
  const tables = cursor.list("u8", size).map((scale) => {
    check(scale < 64, "table", `latents: scale ${scale} of tables, and may be 0 to 63`);
    return 64 * family + scale;
  });
  return { tables, spacings, centres: cursor.list("i16", size) };
}

function readDirectory(cursor, start) {
  const blocks = [];
  const count = cursor.u32();
  for (let i = 0, at = start, first = 0; i < count; i++) {
    const block = { first, clouds: cursor.u16(), start: at, length: cursor.u32(), crc: cursor.u32() };
    blocks.push(block);
    at += block.length;
    first += block.clouds;
  }
  check(count > 0, "latents-count", "latents: there are no blocks");
  return blocks;
}

/** (rows, columns) → (columns, rows). */
function transposed(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[(i % columns) * rows + Math.floor(i / columns)] = values[i];
  return result;
}
