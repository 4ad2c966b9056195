// The kernels in plain JavaScript: what the WebAssembly ones are tested against, and what runs where those cannot.
import { BLOCK, STRIDE, VECTOR } from "./layout.js";

const SCALE = 1.0507009873554805; // λ of SELU
const ALPHA = 1.6732632423543772;

/** Kernels that work on a memory of this many float32. Places in it are counted in numbers. */
export function plainKernel(size) {
  const memory = new Float32Array(size);

  /** Writes sin and cos of π 2^j q behind the three channels of q, for each octave j. */
  function encode(q, octaves, points) {
    for (let channel = 0; channel < 3 * octaves; channel++) {
      const [octave, axis] = [Math.floor(channel / 3), channel % 3];
      const from = q + axis * STRIDE;
      const sin = q + (3 + 6 * octave + axis) * STRIDE;
      for (let i = 0; i < points; i++) {
        const turns = memory[from + i] * 2 ** octave;
        const angle = Math.PI * (turns - 2 * Math.round(turns / 2));
        memory[sin + i] = Math.sin(angle);
        memory[sin + 3 * STRIDE + i] = Math.cos(angle);
      }
    }
  }

  /** output = W input + b, for `blocks` blocks of outputs and `points` points, rounded up to whole vectors. */
  function layer(input, output, weights, width, blocks, points) {
    const sums = new Float64Array(BLOCK);
    for (let block = 0; block < blocks; block++) {
      const from = weights + block * BLOCK * (width + 1);
      const to = output + block * BLOCK * STRIDE;
      for (let i = 0; i < Math.ceil(points / VECTOR) * VECTOR; i++) {
        for (let r = 0; r < BLOCK; r++) sums[r] = memory[from + r];
        for (let k = 0; k < width; k++) {
          const h = memory[input + k * STRIDE + i];
          const w = from + (k + 1) * BLOCK;
          sums[0] += memory[w] * h;
          sums[1] += memory[w + 1] * h;
          sums[2] += memory[w + 2] * h;
          sums[3] += memory[w + 3] * h;
        }
        for (let r = 0; r < BLOCK; r++) memory[to + r * STRIDE + i] = sums[r];
      }
    }
  }

  /** SELU of `channels` channels, in place; `points` are rounded up to whole vectors. */
  function selu(values, channels, points) {
    for (let channel = 0; channel < channels; channel++) {
      const at = values + channel * STRIDE;
      for (let i = at; i < at + Math.ceil(points / VECTOR) * VECTOR; i++) {
        const x = memory[i];
        memory[i] = SCALE * (x > 0 ? x : ALPHA * Math.expm1(x));
      }
    }
  }

  return { memory, encode, layer, selu };
}
