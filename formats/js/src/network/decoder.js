// The network: from a latent to the points of a cloud (qaad-1.md, "Decoding").
import { BLOCK, packedSize, packLayer, STRIDE, TILE, wholeBlocks } from "./layout.js";

/** Folds the input cloud into clouds. Kernels work on tiles of rows, and in the heads on the patches within a tile. */
export class Decoder {
  #network;
  #weights;
  #q;
  #patches;
  #kernel;
  #shared; // layers {width, out, at, to}: `at` is where the packed weights are in the kernels' memory, `to` the output
  #heads;
  #packedHeads; // for each patch its packed head layers, one after the other (K, size)

  /**
   * @param makeKernel (size) => kernels that have a memory of so many float32
   * @param network settings; @param weights tensors by name
   * @param q the input cloud (3, M); @param patches the patch of each row (M,)
   */
  constructor(makeKernel, { network, weights, q, patches }) {
    this.#network = network;
    this.#weights = weights;
    this.#q = q;
    this.#patches = patches;
    this.#kernel = makeKernel(this.#layOut());
    this.#packHeads();
  }

  /**
   * p̂: points in normalised coordinates, before any pose, as a Float64Array (m, 3).
   *
   * @param latent (l,); @param rows of the input cloud, ascending (m,)
   */
  decode(latent, rows) {
    this.#packShared(latent);
    const result = new Float64Array(3 * rows.length);
    let placed = -1; // the patch whose heads are in the kernels' memory
    for (let first = 0; first < rows.length; first += TILE) {
      const tile = rows.subarray(first, first + TILE);
      this.#placeRows(tile);
      const features = this.#runShared(tile.length);
      for (let i = 0, end; i < tile.length; i = end) {
        const patch = this.#patches[tile[i]];
        for (end = i + 1; end < tile.length && this.#patches[tile[end]] === patch;) end++;
        if (patch !== placed) this.#placeHeads((placed = patch));
        const output = this.#runLayers(this.#heads, features + i, end - i);
        this.#copyOut(output, i, end - i, result.subarray(3 * (first + i)));
      }
    }
    return result;
  }

  /** Decides where everything is in the kernels' memory, at whose beginning is γ(q); returns its size. */
  #layOut() {
    const { sharedWidths, headWidths, fourierOctaves } = this.#network;
    const encoded = 3 + 6 * fourierOctaves;
    const widest = wholeBlocks(Math.max(...sharedWidths, ...headWidths, 3));
    const buffer = (widest + BLOCK) * STRIDE; // q goes behind the features
    const buffers = encoded * STRIDE;
    let at = buffers + 4 * buffer;
    const place = (widths, from, first) =>
      widths.map((out, i) => {
        const layer = { out, width: i === 0 ? from : widths[i - 1], at, to: buffers + (first + (i % 2)) * buffer };
        at += packedSize(out, layer.width);
        return layer;
      });
    this.#shared = place(sharedWidths, encoded, 0);
    this.#heads = place([...headWidths, 3], sharedWidths.at(-1) + 3, 2);
    return at;
  }

  #packHeads() {
    const { patches } = this.#network;
    const start = this.#heads[0].at;
    const size = this.#heads.reduce((sum, { out, width }) => sum + packedSize(out, width), 0);
    this.#packedHeads = new Float32Array(patches * size);
    this.#heads.forEach(({ out, width, at }, j) => {
      for (let k = 0; k < patches; k++) {
        const weight = this.#weights[`head.${j}.weight`].subarray(k * out * width, (k + 1) * out * width);
        const bias = this.#weights[`head.${j}.bias`].subarray(k * out, (k + 1) * out);
        packLayer(this.#packedHeads, k * size + at - start, { weight, bias, factors: null });
      }
    });
  }

  #placeHeads(patch) {
    const size = this.#packedHeads.length / this.#network.patches;
    this.#kernel.memory.set(this.#packedHeads.subarray(patch * size, (patch + 1) * size), this.#heads[0].at);
  }

  /** Puts the latent into the shared layers: (1 + S z) ⊙ (W h + b) + T z is one product with another W and b. */
  #packShared(latent) {
    this.#shared.forEach(({ at }, i) => {
      const [weight, scale, shift] = ["weight", "scale", "shift"].map((part) => this.#weights[`shared.${i}.${part}`]);
      const bias = this.#weights[`shared.${i}.bias`];
      const factors = scale === undefined ? null : Float64Array.from(bias, (_, row) => 1 + product(scale, row, latent));
      const moved = Float64Array.from(bias, (b, row) => {
        return b * (factors?.[row] ?? 1) + (shift === undefined ? 0 : product(shift, row, latent));
      });
      packLayer(this.#kernel.memory, at, { weight, bias: moved, factors });
    });
  }

  #placeRows(tile) {
    const { memory } = this.#kernel;
    const all = this.#q.length / 3;
    for (let axis = 0; axis < 3; axis++) {
      for (let i = 0; i < tile.length; i++) memory[axis * STRIDE + i] = this.#q[axis * all + tile[i]];
    }
  }

  /** Runs the shared layers on a tile and puts q behind the last; returns where these features are. */
  #runShared(count) {
    const { memory, encode, selu } = this.#kernel;
    encode(0, this.#network.fourierOctaves, count);
    const features = this.#runLayers(this.#shared, 0, count);
    const { out } = this.#shared.at(-1);
    selu(features, out, count);
    memory.copyWithin(features + out * STRIDE, 0, 3 * STRIDE);
    return features;
  }

  /** Runs layers, with SELU between them; returns where the output of the last is. */
  #runLayers(layers, input, count) {
    const { layer, selu } = this.#kernel;
    layers.forEach(({ out, width, at, to }, i) => {
      layer(i === 0 ? input : layers[i - 1].to, to, at, width, wholeBlocks(out) / BLOCK, count);
      if (i < layers.length - 1) selu(to, out, count);
    });
    return layers.at(-1).to;
  }

  /** Copies points `first` … of a tile from the kernels' output; adds q if the network gives displacements. */
  #copyOut(output, first, count, result) {
    const { memory } = this.#kernel;
    const moved = this.#network.displacement;
    for (let axis = 0; axis < 3; axis++) {
      for (let i = 0; i < count; i++) {
        const from = moved ? memory[axis * STRIDE + first + i] : 0;
        result[3 * i + axis] = from + memory[output + axis * STRIDE + i];
      }
    }
  }
}

/** Row `row` of a matrix (…, l) times a vector (l,). */
function product(matrix, row, vector) {
  let sum = 0;
  for (let k = 0; k < vector.length; k++) sum += matrix[row * vector.length + k] * vector[k];
  return sum;
}
