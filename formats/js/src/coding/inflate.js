// DEFLATE (RFC 1951), raw and at once: what a browser has for it is asynchronous.
import { check } from "../errors.js";

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The order in which the lengths of the code length code are stored. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const LONGEST_CODE = 15;

const refuse = (why) => check(false, "names-deflate", `names: cannot be inflated: ${why}`);
const need = (good, why) => good || refuse(why);

/** The bytes that a DEFLATE stream holds. It has to end with `bytes`, and to give just `length` bytes. */
export function inflate(bytes, length) {
  const input = new BitReader(bytes);
  const output = new Output(length);
  let last;
  do {
    last = input.bits(1);
    const kind = input.bits(2);
    if (kind === 0) copyStored(input, output);
    else if (kind === 1) inflateBlock(input, output, ...fixedCodes());
    else if (kind === 2) inflateBlock(input, output, ...readCodes(input));
    else refuse("a block of the kind 3");
  } while (!last);
  need(input.at === bytes.length, `${bytes.length - input.at} bytes are left over`);
  need(output.at === length, `it gives ${output.at} bytes, and should give ${length}`);
  return output.bytes;
}

/** Takes bits from the front of bytes, the lowest bit of each byte first. */
class BitReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.hold = 0;
    this.held = 0;
  }

  /** A number of n bits, n at most 16, the lowest bit first. */
  bits(n) {
    while (this.held < n) {
      need(this.at < this.bytes.length, "it ends too early");
      this.hold |= this.bytes[this.at++] << this.held;
      this.held += 8;
    }
    const value = this.hold & ((1 << n) - 1);
    this.hold >>>= n;
    this.held -= n;
    return value;
  }

  /** Leaves out the rest of a byte that was begun. */
  align() {
    this.hold = this.held = 0;
  }
}

/** Bytes that were inflated; more than `length` are refused. Grows with what there is, not with what is promised. */
class Output {
  constructor(length) {
    this.length = length;
    this.bytes = new Uint8Array(Math.min(length, 1 << 16));
    this.at = 0;
  }

  room(n) {
    need(this.at + n <= this.length, `it gives more than ${this.length} bytes`);
    if (this.at + n <= this.bytes.length) return;
    const more = new Uint8Array(Math.min(this.length, 2 * this.bytes.length + n));
    more.set(this.bytes);
    this.bytes = more;
  }

  push(byte) {
    this.room(1);
    this.bytes[this.at++] = byte;
  }

  /** Repeats what stands `distance` bytes before the end. */
  repeat(distance, n) {
    need(distance <= this.at, "a distance to before the beginning");
    this.room(n);
    for (let i = 0; i < n; i++, this.at++) this.bytes[this.at] = this.bytes[this.at - distance];
  }
}

/**
 * A Huffman code by the length of each symbol's code: how many codes each length has, and the symbols in the order of
 * their codes. A code that is not complete is refused, as zlib does, unless it has one symbol of one bit, or none.
 */
function huffman(lengths, mayBePartial) {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  let free = 1;
  let longest = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    free = 2 * free - counts[length];
    need(free >= 0, "a code with too many symbols");
    if (counts[length] > 0) longest = length;
  }
  need(free === 0 || (mayBePartial && longest <= 1), "a code that is not complete");
  const starts = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length++) starts[length + 1] = starts[length] + counts[length];
  const symbols = new Uint16Array(starts[LONGEST_CODE + 1]);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[starts[length]++] = symbol;
  });
  return { counts, symbols };
}

function readSymbol(input, { counts, symbols }) {
  let code = 0;
  let first = 0; // the first code of this length
  let before = 0; // symbols with shorter codes
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code |= input.bits(1);
    const count = counts[length];
    if (code - first < count) return symbols[before + code - first];
    before += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return refuse("a code that stands for nothing");
}

function fixedCodes() {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [huffman(lengths, false), huffman(new Array(32).fill(5), false)];
}

/** The two codes of a block that brings its own. */
function readCodes(input) {
  const [literals, distances, codes] = [input.bits(5) + 257, input.bits(5) + 1, input.bits(4) + 4];
  need(literals <= 286 && distances <= 30, "too many symbols");
  const short = new Array(19).fill(0);
  for (let i = 0; i < codes; i++) short[ORDER[i]] = input.bits(3);
  const code = huffman(short, false);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = readSymbol(input, code);
    if (symbol < 16) lengths.push(symbol);
    else repeatLength(input, lengths, symbol, literals + distances);
  }
  need(lengths[END_OF_BLOCK] > 0, "a block that cannot end");
  return [huffman(lengths.slice(0, literals), true), huffman(lengths.slice(literals), true)];
}

function repeatLength(input, lengths, symbol, most) {
  need(symbol > 16 || lengths.length > 0, "a length that repeats nothing");
  const value = symbol === 16 ? lengths.at(-1) : 0;
  const times = symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7);
  need(lengths.length + times <= most, "too many lengths");
  for (let i = 0; i < times; i++) lengths.push(value);
}

function inflateBlock(input, output, literals, distances) {
  for (;;) {
    const symbol = readSymbol(input, literals);
    if (symbol === END_OF_BLOCK) return;
    if (symbol < END_OF_BLOCK) {
      output.push(symbol);
      continue;
    }
    const i = symbol - 257;
    need(i < LENGTH_BASE.length, "a length that there is not");
    const length = LENGTH_BASE[i] + input.bits(LENGTH_BITS[i]);
    const j = readSymbol(input, distances);
    need(j < DISTANCE_BASE.length, "a distance that there is not");
    output.repeat(DISTANCE_BASE[j] + input.bits(DISTANCE_BITS[j]), length);
  }
}

function copyStored(input, output) {
  input.align();
  const [length, inverse] = [input.bits(16), input.bits(16)];
  need((length ^ inverse) === 0xffff, "a stored block whose length does not fit");
  need(input.at + length <= input.bytes.length, "it ends too early");
  output.room(length);
  output.bytes.set(input.bytes.subarray(input.at, input.at + length), output.at);
  input.at += length;
  output.at += length;
}
