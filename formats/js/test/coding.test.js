// Entropy coding and DEFLATE against other implementations of the same rules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync, constants } from "node:zlib";
import { inflate } from "../src/coding/inflate.js";
import { Stream } from "../src/coding/stream.js";
import { scaled, tableOf } from "../src/coding/tables.js";
import { Cursor } from "../src/cursor.js";
import { density } from "../src/points/slopes.js";
import { readPoints } from "../src/points/tree.js";
import { random } from "./random.js";

const bytes = (hex) => Uint8Array.from(hex.trim().split(/\s+/), (byte) => parseInt(byte, 16));

/** The formulas of qaad-1.md, "Entropy", in whole numbers of any size. */
function exactTable(t) {
  const [c, j, s] = [BigInt(1 + (t >> 9)), BigInt((t >> 6) & 7), t & 63];
  const u = [16n, 19n, 23n, 27n][s % 4] << BigInt(s >> 2);
  const largest = Number(u / 4n < 32511n ? 256n + u / 4n : 32767n);
  const half = Array.from({ length: largest + 1 }, (_, k) => {
    let y = (2n ** 24n * u ** c) / (u ** c + BigInt(k) ** c * 2n ** (4n + 4n * c - j));
    for (let i = 0n; i < j; i++) y = (y * y) >> 24n;
    return y;
  });
  const sums = [0n];
  for (let q = -largest; q <= largest; q++) sums.push(sums.at(-1) + half[Math.abs(q)]);
  const n = BigInt(2 * largest + 1);
  return { largest, left: sums.map((sum, i) => Number((sum * (2n ** 24n - n)) / sums.at(-1)) + i) };
}

test("tables are those of the formulas, to the last quantile", () => {
  for (const t of [
    0,
    1,
    12,
    63,
    64 * 3 + 17,
    64 * 7 + 40,
    64 * 7 + 63,
    512,
    64 * 11 + 5,
    64 * 12 + 63,
    917,
    64 * 15 + 63,
  ]) {
    const { largest, left } = exactTable(t);
    assert.equal(tableOf(t).largest, largest);
    assert.deepEqual(tableOf(t).left, Int32Array.from(left), `table ${t}`);
  }
});

test("scaled is exact", () => {
  const draw = random(1);
  for (let i = 0; i < 20000; i++) {
    const d = 1 + Math.floor(draw() * 2 ** (43 * draw()));
    const x = draw() < 0.1 ? d : Math.floor(draw() * d);
    const f = draw() < 0.1 ? 2 ** 24 : Math.floor(draw() * 2 ** 24);
    assert.equal(scaled(x, f, d), Number((BigInt(x) * BigInt(f)) / BigInt(d)));
  }
});

test("the stream of the specification", () => {
  const stream = new Stream(bytes("27 80 AB 75"), "example");
  assert.deepEqual([...stream.group(Uint16Array.of(12, 917, 12))], [3, -1, 0]);
  stream.end();
});

test("a stream's state is that of whole numbers of 64 bits", () => {
  const draw = random(2);
  for (let round = 0; round < 50; round++) {
    const data = Uint8Array.from({ length: 4 + Math.floor(draw() * 60) }, () => 1 + Math.floor(draw() * 255));
    const stream = new Stream(data, "random");
    const words = [...new Uint32Array(new Uint8Array([...data, ...new Array(-data.length & 3).fill(0)]).buffer)].map(
      BigInt,
    );
    let state = words.pop();
    if (words.length > 0) state = (state << 32n) | words.pop();
    for (let i = 0; i < 100; i++) {
      const z = Number(state & 0xffffffn);
      assert.equal(stream.quantile, z);
      const left = Math.floor(draw() * (z + 1)); // any symbol that holds z
      const frequency = z - left + 1 + Math.floor(draw() * (2 ** 24 - z));
      stream.take(left, frequency);
      state = BigInt(frequency) * (state >> 24n) + BigInt(z - left);
      if (state < 2n ** 32n && words.length > 0) state = (state << 32n) | words.pop();
    }
  }
});

test("the points of the specification", () => {
  const head = "01 02 00  04 00 00 00 FF FF FF FF 00 00 00 00  00 F8 00 F7 00 00 00 00 00 00 00 00";
  const cursor = new Cursor(bytes(`${head} BA B7 10 0C`), "example");
  assert.deepEqual([...readPoints(cursor, Uint32Array.of(0, 2, 3))], [5, 4, 4, -1, 2, 2, 0, 0, 0]);
});

test("the steepness is exact where float64 rounds", () => {
  const draw = random(3);
  for (let i = 0; i < 20000; i++) {
    const size = 2 ** (8 + 13 * draw());
    const entry = () => Math.round((draw() - 0.5) * size);
    const [x, y, z] = [0, 0, 0].map(() => Math.round(draw() * size));
    const flat = draw() < 0.5 ? Math.round(draw() * 8) : z; // as of points on a plane
    const shape = Int32Array.of(100, 0, 0, 0, x, entry() >> 2, entry() >> 6, y, entry() >> 6, flat);
    const mean = [0, 0, 0].map(() => Math.round((draw() - 0.5) * 2 ** (14 * draw())));
    for (let axis = 0; axis < 3; axis++)
      assert.equal(density(shape, 0, mean, axis) + 0, exactDensity(shape, mean, axis));
  }
});

/** g / 16 of qaad-1.md, "Points", in whole numbers of any size. */
function exactDensity(shape, mean, axis) {
  const entries = [[4, 5, 6], [5, 7, 8], [6, 8, 9]]; // prettier-ignore
  const b = (i, j) => BigInt(shape[entries[i][j]]) + (i !== j ? 0n : i < axis ? 4n : 16n);
  const [i, k] = [(axis + 1) % 3, (axis + 2) % 3];
  const row = {
    [axis]: b(i, i) * b(k, k) - b(i, k) ** 2n,
    [i]: b(axis, k) * b(i, k) - b(axis, i) * b(k, k),
    [k]: b(axis, i) * b(i, k) - b(axis, k) * b(i, i),
  };
  const sum = (other) => [0, 1, 2].reduce((total, column) => total + row[column] * other(column), 0n);
  const determinant = sum((column) => b(axis, column));
  const d = determinant > 1n ? determinant : 1n;
  const n = 12n * sum((column) => BigInt(mean[column]));
  const quotient = n / d - (n % d < 0n ? 1n : 0n);
  return Number(quotient > 96n ? 96n : quotient < -96n ? -96n : quotient);
}

test("inflates what zlib deflates", () => {
  const draw = random(4);
  for (let round = 0; round < 60; round++) {
    const letters = 1 + Math.floor(draw() * 200);
    const text = Uint8Array.from({ length: Math.floor(draw() * 70000 * draw()) }, () => Math.floor(draw() * letters));
    for (const options of [
      { level: 0 },
      { level: 1 },
      { level: 9 },
      { strategy: constants.Z_FIXED },
      { strategy: constants.Z_RLE },
    ]) {
      assert.deepEqual(inflate(new Uint8Array(deflateRawSync(text, options)), text.length), text);
    }
  }
});

test("refuses the streams that zlib refuses, and no others", () => {
  const draw = random(5);
  const text = new TextEncoder().encode(Array.from({ length: 40 }, (_, i) => `scan_${i * i}.ply\n`).join(""));
  let accepted = 0;
  for (let round = 0; round < 4000; round++) {
    const options = [{ level: 9 }, { strategy: constants.Z_FIXED }, { level: 0 }][round % 3];
    const data = new Uint8Array(deflateRawSync(text, options));
    for (let i = 0; i < 3; i++) data[Math.floor(draw() ** 2 * data.length)] ^= 1 << Math.floor(draw() * 8);
    const cut = draw() < 0.1 ? data.subarray(0, Math.floor(draw() * data.length)) : data;
    const expected = zlibSays(cut);
    accepted += expected === null ? 0 : 1;
    if (expected === null) assert.throws(() => inflate(cut, text.length), { code: "names-deflate" });
    else assert.deepEqual(inflate(cut, expected.length), expected);
  }
  assert.ok(accepted > 100, `${accepted} accepted`);
});

/** What zlib makes of a stream that has to fill all bytes, or null. */
function zlibSays(data) {
  try {
    const { buffer, engine } = inflateRawSync(data, { info: true, maxOutputLength: 1 << 20 });
    return engine.bytesWritten === data.length ? new Uint8Array(buffer) : null;
  } catch {
    return null;
  }
}
