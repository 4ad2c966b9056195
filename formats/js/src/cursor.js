// Takes numbers from the front of some bytes.
import { check } from "./errors.js";

/** Takes little-endian numbers from the front of a part of the file, never more than there are. */
export class Cursor {
  /** `what` names the part in messages; `fault` is the code of the error when it ends too early. */
  constructor(bytes, what, fault = "short") {
    this.bytes = bytes;
    this.what = what;
    this.fault = fault;
    this.at = 0;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that have not been taken. */
  get left() {
    return this.bytes.length - this.at;
  }

  /** The next n bytes, which are not copied. */
  take(n) {
    return this.bytes.subarray(this.#skip(n), this.at);
  }

  u8() {
    return this.view.getUint8(this.#skip(1));
  }

  i8() {
    return this.view.getInt8(this.#skip(1));
  }

  u16() {
    return this.view.getUint16(this.#skip(2), true);
  }

  i16() {
    return this.view.getInt16(this.#skip(2), true);
  }

  u32() {
    return this.view.getUint32(this.#skip(4), true);
  }

  i32() {
    return this.view.getInt32(this.#skip(4), true);
  }

  /** 8 bytes as a number, rounded beyond 2^53, which is more than any file has. */
  u64() {
    return Number(this.view.getBigUint64(this.#skip(8), true));
  }

  /** Whole numbers as `u8`, `i8`, … read them, n of them. */
  list(kind, n) {
    return Array.from({ length: n }, () => this[kind]());
  }

  /** Refuses bytes that are left. */
  end() {
    check(this.left === 0, "left-over", () => `${this.what}: ${this.left} bytes are left over`);
  }

  #skip(n) {
    const { what, at, left, fault } = this;
    check(n <= left, fault, () => `${what}: needs ${n} bytes at byte ${at} of it, and ${left} are left`);
    this.at += n;
    return at;
  }
}
