/** Clouds as they are wanted: the one wanted last comes first, and those that were decoded are kept while there is room. */

import type { Decoder } from "./decoder.js";
import type { Shape, Wanted } from "./protocol.js";

const MOST_BYTES = 160 << 20; // of clouds that are kept

export class Clouds {
  private readonly kept = new Map<string, Shape>();
  private bytes = 0;
  private busy = false;
  private wanted: { readonly what: Wanted; readonly take: (shape: Shape) => void; readonly failed: (why: Error) => void } | null =
    null;
  private ahead: readonly Wanted[] = [];

  constructor(private readonly decoder: Decoder) {}

  /** The cloud, where it is there without decoding. */
  known(what: Wanted): Shape | undefined {
    return this.kept.get(keyOf(what));
  }

  /** Decodes a cloud. One that was wanted before and has not been begun is forgotten, and its `take` is never called. */
  want(what: Wanted, take: (shape: Shape) => void, failed: (why: Error) => void): void {
    this.wanted = { what, take, failed };
    void this.work();
  }

  /** Clouds to decode when no other is wanted, in this order. */
  prepare(ahead: readonly Wanted[]): void {
    this.ahead = ahead;
    void this.work();
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (;;) {
      const wanted = this.wanted;
      this.wanted = null;
      const what = wanted?.what ?? this.ahead.find((each) => this.known(each) === undefined);
      if (what === undefined) break;
      try {
        const shape = this.known(what) ?? (await this.decoder.call("shape", what));
        this.keep(what, shape);
        wanted?.take(shape);
      } catch (error) {
        if (wanted === null) this.ahead = []; // it is told when the cloud is wanted
        else wanted.failed(error as Error);
      }
    }
    this.busy = false;
  }

  /** Keeps a whole cloud of the archive, and lets go of those that were used the longest time ago. */
  private keep(what: Wanted, shape: Shape): void {
    if (what.share !== 0 || what.points !== null) return;
    const key = keyOf(what);
    if (!this.kept.delete(key)) this.bytes += sizeOf(shape);
    this.kept.set(key, shape);
    for (const [oldest, old] of this.kept) {
      if (this.bytes <= MOST_BYTES || oldest === key) break;
      this.kept.delete(oldest);
      this.bytes -= sizeOf(old);
    }
  }
}

function keyOf({ index, other, share, points, aligned }: Wanted): string {
  return [index, share === 0 ? "" : other, share, points, aligned].join();
}

function sizeOf(shape: Shape): number {
  return shape.discs.byteLength + shape.normals.byteLength + shape.rows.byteLength;
}
