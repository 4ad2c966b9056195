/** What the page asks of the decoder, and what it gets: the same whether the decoder runs in a worker or in the page. */

import type { Summary } from "../../../../../formats/js/qaad.js";

/** Where the archive is: in the page, as base64, or at an address. */
export type Origin = { readonly base64: string } | { readonly url: string };

/** An archive that has been opened. */
export interface Opened {
  readonly names: readonly string[];
  readonly summary: Summary;
  /** What computes the network. */
  readonly kernel: "wasm" | "plain";
}

/** A cloud, or one that is a share of the way from one cloud to another. */
export interface Wanted {
  readonly index: number;
  /** The cloud to morph into. */
  readonly other: number;
  /** From 0, which is the first cloud, to 1. */
  readonly share: number;
  /** So many points, evenly spread; null for all. */
  readonly points: number | null;
  /** Without the pose. */
  readonly aligned: boolean;
}

/** A cloud as it is drawn. Its points are in an order of which every beginning is spread over the whole cloud. */
export interface Shape {
  readonly wanted: Wanted;
  /** x, y, z and the radius of a disc, for each point: in units of the frame. */
  readonly discs: Float32Array;
  /** A unit vector for each point, of either sign, times 127, and a zero. */
  readonly normals: Int8Array;
  /** The row of each point. */
  readonly rows: Uint32Array;
  /** The time that decoding took. */
  readonly milliseconds: number;
}

/** Positions in the input's units, as they are saved. */
export type Positions = Float32Array | Float64Array;

/** What belongs to rows, not to clouds. */
export interface RowsOf {
  /** The patch of each row. */
  readonly patches: Uint16Array;
  /** x, y, z of each row in one cloud, each from 0 to 1. */
  readonly reference: Float32Array;
}

/** What can be asked: the argument and the answer of each. */
export interface Calls {
  /** Whether there is an answer at all. */
  ready: [null, true];
  open: [Origin, Opened];
  shape: [Wanted, Shape];
  positions: [Wanted, Positions];
  rows: [null, RowsOf];
}

export type Name = keyof Calls;

export interface Request<K extends Name = Name> {
  readonly id: number;
  readonly name: K;
  readonly argument: Calls[K][0];
}

export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly problem: string };
