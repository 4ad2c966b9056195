// Codings 0 to 2: float32, float16 and uniform (qaad-1.md, "Codings").
import { check } from "../errors.js";
import { sizeOf } from "../network/tensors.js";

const MOST_EXPONENT = 100;

/** One array of this shape, in row-major order, as a Float32Array; `coding` is 0, 1 or 2. */
export function readArray(cursor, coding, shape) {
  const read = [readFloat32, readFloat16, readUniform][coding];
  return read(cursor, sizeOf(shape), sizeOf(shape.slice(0, -1)));
}

function readFloat32(cursor, count) {
  const bytes = cursor.take(4 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat32(4 * i, true);
  return finite(values, cursor.what);
}

function readFloat16(cursor, count) {
  const bytes = cursor.take(2 * count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = half(bytes[2 * i] | (bytes[2 * i + 1] << 8));
  return finite(values, cursor.what);
}

/** The number that 16 bits of IEEE 754 stand for. */
function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent < 31
        ? (1024 + fraction) * 2 ** (exponent - 25)
        : fraction === 0
          ? Infinity
          : NaN;
  return bits & 0x8000 ? -size : size;
}

function finite(values, what) {
  const at = values.findIndex((value) => !Number.isFinite(value));
  check(at < 0, "not-finite", () => `${what}: value ${at} is not finite`);
  return values;
}

/** Whole numbers of b bits, times a power of two for each row. */
function readUniform(cursor, count, rows) {
  const { what } = cursor;
  const bits = cursor.u8();
  check(bits >= 2 && bits <= 16, "bits", `${what}: ${bits} bits a value, and may be 2 to 16`);
  const exponents = cursor.take(rows);
  const packed = cursor.take(Math.ceil((count * bits) / 8));
  const values = new Float32Array(count);
  const columns = count / rows;
  let hold = 0; // the last bits that were taken from `packed`
  let held = 0; // how many of them have not been used
  for (let row = 0, i = 0, at = 0; row < rows; row++) {
    const exponent = (exponents[row] << 24) >> 24;
    check(Math.abs(exponent) <= MOST_EXPONENT, "exponent", () => `${what}: the exponent of row ${row} is ${exponent}`);
    const factor = 2 ** exponent;
    for (let column = 0; column < columns; column++, i++) {
      while (held < bits) {
        hold = ((hold << 8) | packed[at++]) & 0xffffff;
        held += 8;
      }
      held -= bits;
      values[i] = (((hold >> held) << (32 - bits)) >> (32 - bits)) * factor;
    }
  }
  check((hold & ((1 << held) - 1)) === 0, "spare-bits", `${what}: the bits that fill up the last byte are not zero`);
  return values;
}
