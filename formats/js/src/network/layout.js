// Where the kernels find numbers: points side by side, in tiles that stay in the processor's cache.

/** Points that go through the network together. */
export const TILE = 32;
/**
 * Numbers from one channel of a tile to the next. Kernels compute VECTOR points at a time, from any point of the tile
 * on, so they may write up to VECTOR - 1 numbers behind its last point.
 */
export const STRIDE = 40;
/** Points that a kernel computes at a time. */
export const VECTOR = 8;
/** Channels that a kernel computes at a time. */
export const BLOCK = 4;

/** The next multiple of BLOCK. */
export function wholeBlocks(channels) {
  return Math.ceil(channels / BLOCK) * BLOCK;
}

/** How many numbers a layer takes as `packLayer` writes it. */
export function packedSize(out, width) {
  return wholeBlocks(out) * (width + 1);
}

/**
 * Writes a layer for the kernels: for each block of 4 outputs their biases, then for each input the 4 weights. Outputs
 * that fill up the last block are 0.
 *
 * @param target Float32Array to write into, from `at` on
 * @param layer weight (out, width) in row-major order; bias (out,); factors (out,) of the rows of weight, or null
 */
export function packLayer(target, at, { weight, bias, factors }) {
  const out = bias.length;
  const width = weight.length / out;
  for (let row = 0; row < wholeBlocks(out); row++) {
    let to = at + (row - (row % BLOCK)) * (width + 1) + (row % BLOCK);
    target[to] = row < out ? bias[row] : 0;
    const factor = factors?.[row] ?? 1;
    for (let column = 0; column < width; column++) {
      to += BLOCK;
      target[to] = row < out ? weight[row * width + column] * factor : 0;
    }
  }
}
