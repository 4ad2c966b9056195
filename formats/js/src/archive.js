// An archive: what is in it, and its clouds, decoded when they are asked for.
import { readSection } from "./frame.js";
import { chooseKernel } from "./network/kernel.js";
import { Decoder } from "./network/decoder.js";
import { placed } from "./placing.js";
import { patchStarts, readInputCloud } from "./sections/input_cloud.js";
import { Latents } from "./sections/latents.js";
import { readNames } from "./sections/names.js";
import { Poses } from "./sections/poses.js";
import { readWeights } from "./sections/weights.js";
import { summarise } from "./summary.js";

/** An archive, as `Archive` in qaad.d.ts has it. */
export class Archive {
  #source;
  #frame;
  #header;
  #kernel;
  #counts;
  #latents;
  #poses = null;
  #decoder = null;
  #rows = null; // of all points
  #patches = null; // of all rows

  /**
   * Reads names and directories, which are in the source.
   *
   * @param source of bytes; @param frame that has been checked
   * @param options `Options` in qaad.d.ts, and `header`
   */
  constructor(source, frame, { header, kernel }) {
    const { sections } = frame;
    this.#source = source;
    this.#frame = frame;
    this.#header = header;
    this.#kernel = chooseKernel(kernel);
    const { clouds, network } = header;
    this.#latents = new Latents(source, sections.get("LATS"), clouds, network.latentSize);
    if (sections.has("POSE")) this.#poses = new Poses(source, sections.get("POSE"), clouds);
    const { names, counts } = readNames(readSection(source, sections.get("NAME")), clouds);
    this.names = Object.freeze(names);
    this.#counts = counts;
    this.summary = Object.freeze(summarise(frame, header, this.#poses?.kind ?? null));
  }

  get count() {
    return this.#header.clouds;
  }

  get kernel() {
    return this.#kernel.kind;
  }

  info(index) {
    this.#checkIndex(index);
    const { length, clouds } = this.#latents.block(index);
    const points = this.#counts?.[index] ?? this.#header.points;
    return { index, name: this.names[index], points, bytes: length / clouds };
  }

  async load(...indices) {
    const ranges = new Map(indices.flatMap((index) => this.#ranges(index)));
    await Promise.all([...ranges].map(([start, length]) => this.#source.load(start, length)));
  }

  loaded(index) {
    return this.#ranges(index).every(([start, length]) => this.#source.has(start, length));
  }

  latent(index) {
    this.#checkIndex(index);
    return this.#latents.latent(index).slice();
  }

  pose(index) {
    this.#checkIndex(index);
    return this.#poses?.pose(index) ?? null;
  }

  decode(index, { points, aligned = false } = {}) {
    return this.decodeLatent(this.latent(index), { points, pose: aligned ? null : this.pose(index) });
  }

  decodeLatent(latent, { points, pose = null } = {}) {
    const { latentSize } = this.#header.network;
    if (latent.length !== latentSize)
      throw new RangeError(`a latent of ${latent.length} numbers, and the archive's have ${latentSize}`);
    const decoder = this.#readyDecoder();
    const rows = this.#rowsOf(points ?? this.#header.points);
    const positions = placed(decoder.decode(latent, rows), pose, this.#header);
    const patches = rows === this.#rows ? this.#patches : Uint16Array.from(rows, (row) => this.#patches[row]);
    return { positions, patches, rows };
  }

  verify() {
    this.#readyDecoder();
    for (let index = 0; index < this.count; index++) {
      if (!this.loaded(index)) continue;
      this.#latents.latent(index);
      this.#poses?.pose(index);
    }
  }

  #checkIndex(index) {
    const good = Number.isInteger(index) && index >= 0 && index < this.count;
    if (!good) throw new RangeError(`no cloud ${index}: the archive has clouds 0 to ${this.count - 1}`);
  }

  /** Where what decoding a cloud needs is in the file: [start, length] of each part. */
  #ranges(index) {
    this.#checkIndex(index);
    const { start, length } = this.#latents.block(index);
    const whole = ["WGTS", "INPT"].map((tag) => this.#frame.sections.get(tag));
    const ranges = [...whole.map((section) => [section.start, section.length]), [start, length]];
    return this.#poses === null ? ranges : [...ranges, this.#poses.range(index)];
  }

  /** Reads weights and input cloud, once. */
  #readyDecoder() {
    if (this.#decoder !== null) return this.#decoder;
    const { network, points } = this.#header;
    const [wgts, inpt] = ["WGTS", "INPT"].map((tag) => this.#frame.sections.get(tag));
    const weights = readWeights(readSection(this.#source, wgts), wgts.coding, network);
    const q = readInputCloud(readSection(this.#source, inpt), inpt.coding, points, network.patches);
    const starts = patchStarts(points, network.patches);
    this.#patches = new Uint16Array(points);
    for (let k = 0; k < network.patches; k++) this.#patches.fill(k, starts[k], starts[k + 1]);
    this.#rows = Uint32Array.from({ length: points }, (_, row) => row);
    this.#decoder = new Decoder(this.#kernel.make, { network, weights, q, patches: this.#patches });
    return this.#decoder;
  }

  /** Rows ⌊(i + 0.5) M / m⌋ of the input cloud, which spread evenly over the patches. */
  #rowsOf(points) {
    const all = this.#header.points;
    if (points === all) return this.#rows;
    const good = Number.isInteger(points) && points >= 1 && points <= all;
    if (!good) throw new RangeError(`${points} points, and may be 1 to ${all}`);
    return Uint32Array.from({ length: points }, (_, i) => Math.floor(((2 * i + 1) * all) / (2 * points)));
  }
}
