// POSE: where each cloud lies (qaad-1.md, "POSE").
import { crc32 } from "../crc32.js";
import { Cursor } from "../cursor.js";
import { check } from "../errors.js";

const KINDS = ["shift", "rigid", "similarity"];
const TURN_BYTES = [0, 6, 8];
const GROUP = 64;
const MOST_TURN = 25737 ** 2;
/** Bytes before the first group. */
export const HEAD = 3;

/** The poses of an archive. `kind` is "shift", "rigid" or "similarity". */
export class Poses {
  #source;
  #start;
  #clouds;
  #width;
  #spacing;
  #size;

  /** Reads the head of a section {start, length}, whose first bytes are in `source`. */
  constructor(source, { start, length }, clouds) {
    check(length >= HEAD, "poses-head", `poses: ${length} bytes, and the head alone takes 3`);
    const head = new Cursor(source.get(start, HEAD), "section POSE");
    const [kind, width, exponent] = [head.u8(), head.u8(), head.i8()];
    check(kind >= 1 && kind <= 3, "poses-head", `poses: the kind ${kind}, and kinds are 1 to 3`);
    check(width >= 1 && width <= 6, "poses-head", `poses: coordinates of ${width} bytes, and they have 1 to 6`);
    check(Math.abs(exponent) <= 64, "poses-head", `poses: a spacing of 2^${exponent}, and may be 2^-64 to 2^64`);
    this.kind = KINDS[kind - 1];
    this.#size = 3 * width + TURN_BYTES[kind - 1];
    const needed = HEAD + clouds * this.#size + 4 * Math.ceil(clouds / GROUP);
    check(
      length === needed,
      "poses-length",
      `poses: ${length} bytes, and the poses of ${clouds} clouds take ${needed}`,
    );
    this.#source = source;
    this.#start = start;
    this.#clouds = clouds;
    this.#width = width;
    this.#spacing = 2 ** exponent;
  }

  /** Where the group of this cloud lies in the file: [start, length]. */
  range(index) {
    const group = Math.floor(index / GROUP);
    const clouds = Math.min(GROUP, this.#clouds - group * GROUP);
    return [this.#start + HEAD + group * (GROUP * this.#size + 4), clouds * this.#size + 4];
  }

  /** The pose of a cloud: {scale, turn, shift}; its group is checked. */
  pose(index) {
    const group = this.#source.get(...this.range(index));
    const poses = group.subarray(0, -4);
    const stored = new DataView(group.buffer, group.byteOffset + poses.length, 4).getUint32(0, true);
    const fits = crc32(this.#source.get(this.#start, HEAD), poses) === stored;
    check(fits, "poses-crc", () => `poses: the CRC-32 of group ${Math.floor(index / GROUP)} does not fit`);
    const cursor = new Cursor(poses, "section POSE");
    cursor.at = (index % GROUP) * this.#size;
    const shift = [0, 1, 2].map(() => signed(cursor.take(this.#width)) * this.#spacing);
    const turn = this.kind === "shift" ? [0, 0, 0] : cursor.list("i16", 3);
    const far = turn.reduce((sum, x) => sum + x * x, 0);
    check(far <= MOST_TURN, "poses-turn", `poses: cloud ${index} is turned by more than half a turn`);
    const scale = this.kind === "similarity" ? 2 ** (cursor.i16() / 2048) : 1;
    return { scale, turn: turn.map((x) => x / 8192), shift };
  }
}

/** A little-endian whole number in two's complement, of up to 6 bytes. */
function signed(bytes) {
  const value = bytes.reduceRight((sum, byte) => 256 * sum + byte, 0);
  return bytes.at(-1) < 128 ? value : value - 256 ** bytes.length;
}
