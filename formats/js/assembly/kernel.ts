// The kernels in WebAssembly SIMD, written in AssemblyScript. `npm run build` makes src/network/kernel_wasm.js of it.
// src/network/plain.js has the same in plain JavaScript, src/network/layout.js says how numbers lie in memory.

/** Bytes from one channel of a tile to the next. */
const STRIDE: usize = 40 * 4;
/** Bytes of 4 numbers, which one instruction works on. */
const FOUR: usize = 16;

/** Points in whole vectors of 8, in bytes. */
// @ts-ignore: decorator
@inline
function wholeVectors(points: i32): usize {
  return (((points + 7) >> 3) as usize) << 5;
}

// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Writes sin and cos of π 2^j q behind the three channels of q, for each octave j. */
export function encode(q: usize, octaves: i32, points: i32): void {
  const end = wholeVectors(points);
  let sin = q + 3 * STRIDE;
  for (let octave = 0; octave < octaves; octave++) {
    const factor = f32x4.splat((1 << octave) as f32);
    for (let axis: usize = 0; axis < 3; axis++) {
      for (let i: usize = 0; i < end; i += FOUR) {
        // turns t in [-1, 1], which are exact; the angle is π t
        let t = f32x4.mul(v128.load(q + axis * STRIDE + i), factor);
        t = f32x4.sub(t, f32x4.mul(f32x4.splat(2), f32x4.nearest(f32x4.mul(t, f32x4.splat(0.5)))));
        const size = f32x4.abs(t);
        // sin(π t) has the sign of t, and sin(π |t|) = sin(π (1 - |t|)); cos(π t) = sin(π (1/2 - |t|))
        const folded = f32x4.min(size, f32x4.sub(f32x4.splat(1), size));
        const sign = v128.and(t, i32x4.splat(0x80000000));
        v128.store(sin + i, v128.xor(sinOfTurns(folded), sign));
        v128.store(sin + 3 * STRIDE + i, sinOfTurns(f32x4.sub(f32x4.splat(0.5), size)));
      }
      sin += STRIDE;
    }
    sin += 3 * STRIDE;
  }
}

/** sin(π t) for t in [-1/2, 1/2]: its Taylor series to t^13, which is within 2^-30 there. */
// @ts-ignore: decorator
@inline
function sinOfTurns(t: v128): v128 {
  const square = f32x4.mul(t, t);
  let sum = f32x4.splat(0.00046630280576761256); // π^13 / 13!
  sum = multiplyAdd(sum, square, f32x4.splat(-0.0073704309457143504)); // -π^11 / 11!
  sum = multiplyAdd(sum, square, f32x4.splat(0.08214588661112823)); // π^9 / 9!
  sum = multiplyAdd(sum, square, f32x4.splat(-0.5992645293207921)); // -π^7 / 7!
  sum = multiplyAdd(sum, square, f32x4.splat(2.550164039877345)); // π^5 / 5!
  sum = multiplyAdd(sum, square, f32x4.splat(-5.16771278004997)); // -π^3 / 3!
  sum = multiplyAdd(sum, square, f32x4.splat(3.141592653589793));
  return f32x4.mul(sum, t);
}

/**
 * output = W input + b, for 4 outputs and 8 points at a time, whose sums stay in registers.
 *
 * weights: for each of `blocks` blocks of 4 outputs their biases, then for each of `width` inputs the 4 weights
 */
export function layer(input: usize, output: usize, weights: usize, width: i32, blocks: i32, points: i32): void {
  const end = wholeVectors(points);
  for (; blocks > 0; blocks--) {
    for (let i: usize = 0; i < end; i += 2 * FOUR) {
      let w = weights;
      let h = input + i;
      let a0 = v128.load32_splat(w);
      let a1 = v128.load32_splat(w, 4);
      let a2 = v128.load32_splat(w, 8);
      let a3 = v128.load32_splat(w, 12);
      let b0 = a0;
      let b1 = a1;
      let b2 = a2;
      let b3 = a3;
      for (let k = width; k > 0; k--) {
        w += FOUR;
        const a = v128.load(h);
        const b = v128.load(h, FOUR);
        const w0 = v128.load32_splat(w);
        a0 = multiplyAdd(a, w0, a0);
        b0 = multiplyAdd(b, w0, b0);
        const w1 = v128.load32_splat(w, 4);
        a1 = multiplyAdd(a, w1, a1);
        b1 = multiplyAdd(b, w1, b1);
        const w2 = v128.load32_splat(w, 8);
        a2 = multiplyAdd(a, w2, a2);
        b2 = multiplyAdd(b, w2, b2);
        const w3 = v128.load32_splat(w, 12);
        a3 = multiplyAdd(a, w3, a3);
        b3 = multiplyAdd(b, w3, b3);
        h += STRIDE;
      }
      const to = output + i;
      v128.store(to, a0);
      v128.store(to, b0, FOUR);
      v128.store(to + STRIDE, a1);
      v128.store(to + STRIDE, b1, FOUR);
      v128.store(to + 2 * STRIDE, a2);
      v128.store(to + 2 * STRIDE, b2, FOUR);
      v128.store(to + 3 * STRIDE, a3);
      v128.store(to + 3 * STRIDE, b3, FOUR);
    }
    weights += FOUR * ((width + 1) as usize);
    output += 4 * STRIDE;
  }
}

/** SELU of `channels` channels, in place: λ (max(x, 0) + α (e^min(x, 0) - 1)). */
export function selu(values: usize, channels: i32, points: i32): void {
  const end = wholeVectors(points);
  for (; channels > 0; channels--) {
    for (let i: usize = 0; i < end; i += FOUR) {
      const x = v128.load(values + i);
      const positive = f32x4.max(x, f32x4.splat(0));
      const fall = f32x4.sub(exp(f32x4.min(x, f32x4.splat(0))), f32x4.splat(1));
      const sum = multiplyAdd(fall, f32x4.splat(1.6732632423543772), positive);
      v128.store(values + i, f32x4.mul(sum, f32x4.splat(1.0507009873554805)));
    }
    values += STRIDE;
  }
}

/** e^x for x ≤ 0, with x = n ln 2 + r: 2^n times the Taylor series of e^r to r^7, which is within 2^-27 there. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-87)); // below, float32 has no room for 2^n
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts, of which n times the first is exact
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = multiplyAdd(n, f32x4.splat(2.1219444005469057e-4), r);
  let sum = f32x4.splat(1.984126984126984e-4); // 1 / 7!
  sum = multiplyAdd(sum, r, f32x4.splat(1.388888888888889e-3));
  sum = multiplyAdd(sum, r, f32x4.splat(8.333333333333333e-3));
  sum = multiplyAdd(sum, r, f32x4.splat(4.1666666666666664e-2));
  sum = multiplyAdd(sum, r, f32x4.splat(0.16666666666666666));
  sum = multiplyAdd(sum, r, f32x4.splat(0.5));
  sum = multiplyAdd(sum, r, f32x4.splat(1));
  sum = multiplyAdd(sum, r, f32x4.splat(1));
  const exponent = i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23);
  return i32x4.add(sum, exponent);
}
