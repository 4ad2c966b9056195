/** A decoder of .qaad archives: sets of point clouds, compressed with one network (formats/qaad-1.md). */

/** What is wrong with a file. Every fault that the format lists has one code. */
export type Fault =
  // the frame
  | "magic"
  | "text-mode"
  | "version"
  | "truncated"
  | "appended"
  | "trailer"
  | "header-length"
  | "header-crc"
  | "table-count"
  | "table-crc"
  | "tag"
  | "tag-twice"
  | "section-unknown"
  | "section-missing"
  | "section-coding"
  | "section-crc"
  | "caps"
  // the header
  | "header-utf8"
  | "header-json"
  | "header-key-twice"
  | "header-number"
  | "header-depth"
  | "header-value"
  // arrays and streams
  | "short"
  | "left-over"
  | "not-finite"
  | "bits"
  | "exponent"
  | "spare-bits"
  | "grid"
  | "table"
  | "stream-start"
  | "stream-end"
  // the input cloud as points
  | "points-bits"
  | "points-count"
  | "points-range"
  // latents
  | "latents-directory"
  | "latents-crc"
  | "latents-count"
  | "block-length"
  | "block-crc"
  // poses
  | "poses-head"
  | "poses-length"
  | "poses-crc"
  | "poses-turn"
  // names
  | "names-length"
  | "names-deflate"
  | "names-count"
  | "names-text"
  | "names-twice"
  | "names-points";

/** The bytes are not a whole, undamaged archive that this decoder knows. The message says where, and the numbers. */
export class QaadError extends Error {
  readonly code: Fault;
}

export interface Options {
  /** What computes the network: WebAssembly SIMD, or plain JavaScript. Left out: WebAssembly where the host can. */
  kernel?: "wasm" | "plain";
}

/** Reads `length` bytes from `offset` on; fewer only where the file ends. */
export type Read = (offset: number, length: number) => Promise<Uint8Array | ArrayBuffer>;

/** An archive in memory. Checks the frame, every CRC-32 of a section, the header and the names; throws QaadError. */
export function open(data: ArrayBuffer | Uint8Array, options?: Options): Archive;

/**
 * An archive elsewhere, read in parts: at once only the frame, the names, the directory of the latents and the head of
 * the poses. `load` reads what a cloud needs before it is decoded.
 */
export function openRange(read: Read, options?: Options): Promise<Archive>;

/** The same by range requests. A server that knows no ranges sends the whole file, which is then used. */
export function openUrl(url: string | URL, options?: Options): Promise<Archive>;

export interface Archive {
  /** N, the number of clouds. */
  readonly count: number;
  /** Their names, in order. A name is data: make no path of it unchecked. */
  readonly names: readonly string[];
  readonly summary: Summary;
  /** What computes the network. */
  readonly kernel: "wasm" | "plain";

  /** What is known of cloud `index` without decoding it. RangeError where there is none. */
  info(index: number): CloudInfo;
  /** Reads what decoding these clouds needs. Only archives of openRange and openUrl need it; others return at once. */
  load(...indices: number[]): Promise<void>;
  /** Whether `decode(index)` can be called now. */
  loaded(index: number): boolean;

  /** The latent of a cloud: l numbers, a copy. */
  latent(index: number): Float32Array;
  /** Where a cloud lies, or null where the archive has no poses. */
  pose(index: number): Pose | null;

  /** Cloud `index`, in input units, where it lies. The first call also decodes the weights and the input cloud. */
  decode(index: number, options?: DecodeOptions): Cloud;
  /** The cloud of any latent, such as one between two others; aligned unless a pose is given. */
  decodeLatent(latent: ArrayLike<number>, options?: DecodeLatentOptions): Cloud;

  /** Reads and checks everything that there is, as far as it is loaded. Throws QaadError. */
  verify(): void;
}

export interface DecodeOptions {
  /** Decode this many of the M points, evenly spread over the patches: a level of detail. 1 to M; left out: all. */
  points?: number;
  /** True: leave out the pose, so that clouds lie as they were aligned. */
  aligned?: boolean;
}

export interface DecodeLatentOptions {
  points?: number;
  /** Where the cloud shall lie; see `Archive.pose` and `mixPoses`. */
  pose?: Pose | null;
}

export interface Cloud {
  /** x, y, z of each point, in input units. Float64Array where the archive says so (`summary.dtype`). */
  readonly positions: Float32Array | Float64Array;
  /** The patch of each point, 0 to K - 1. Shared between clouds: do not write into it. */
  readonly patches: Uint16Array;
  /** The row of the input cloud that each point comes from. Row r of each cloud is the same place. Shared. */
  readonly rows: Uint32Array;
}

export interface CloudInfo {
  readonly index: number;
  readonly name: string;
  /** The points that the cloud had before it was resampled to M. */
  readonly points: number;
  /** The bytes of its latent: those of its block, divided by the block's clouds. */
  readonly bytes: number;
}

/** p ↦ scale · R(turn) p + shift, in normalised units: (input units - summary.offset) / summary.scale. */
export interface Pose {
  readonly scale: number;
  /** Rotation vector, in radians: its direction is the axis, its length the angle. */
  readonly turn: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

/** The pose a share `t` of the way from `a` to `b`: the turn along the shortest way, the scale by equal factors. */
export function mixPoses(a: Pose, b: Pose, t: number): Pose;

export interface Summary {
  readonly version: readonly [major: number, minor: number];
  /** Bytes of the file. */
  readonly bytes: number;
  /** N. */
  readonly clouds: number;
  /** M, the points of each decoded cloud. */
  readonly points: number;
  /** K, the patches of each cloud. */
  readonly patches: number;
  readonly dtype: "float32" | "float64";
  /** What is added to a point after scaling, in input units. */
  readonly offset: readonly [number, number, number];
  /** Input units for one normalised unit. */
  readonly scale: number;
  /** Least and greatest corner of all clouds where they lie, in input units. */
  readonly bounds: readonly [readonly [number, number, number], readonly [number, number, number]];
  readonly network: NetworkInfo;
  /** All numbers of the network. */
  readonly weights: number;
  /** What poses do; null: the archive has none, clouds lie as they were aligned. */
  readonly poses: "shift" | "rigid" | "similarity" | null;
  readonly sections: readonly SectionInfo[];
  readonly writer?: string;
  readonly preset?: string;
  /** A bigint where it is beyond 2^53. */
  readonly seed?: number | bigint;
  readonly epochs?: number;
  /** What the compressor measured, such as em_kd and n_em_kd of a sample of the clouds. */
  readonly errors?: Readonly<Record<string, number>>;
}

export interface NetworkInfo {
  readonly latentSize: number;
  readonly patches: number;
  readonly sharedWidths: readonly number[];
  readonly headWidths: readonly number[];
  readonly fourierOctaves: number;
  readonly film: boolean;
  readonly displacement: boolean;
}

export interface SectionInfo {
  readonly tag: string;
  readonly coding: number;
  /** "float32", "float16", "uniform", "deflate", "entropy", "points", "poses"; null: unknown, in a skipped section. */
  readonly codingName: string | null;
  readonly start: number;
  readonly bytes: number;
}
