/** The decoder's side: opens the archive, decodes clouds, and makes discs of their points. */

import { mixPoses, open, openUrl, type Archive, type Cloud } from "../../../../../formats/js/qaad.js";
import { spread } from "../surface/order.js";
import { discsOf } from "../surface/discs.js";
import { bytesOf } from "./base64.js";
import type { Calls, Name, Opened, Origin, Positions, RowsOf, Shape, Wanted } from "./protocol.js";

export class Service {
  private archive: Archive | null = null;

  /** Does what is asked. Throws what the decoder throws: QaadError, RangeError, TypeError of a failed request. */
  async call<K extends Name>(name: K, argument: Calls[K][0]): Promise<Calls[K][1]> {
    const calls: { [N in Name]: (argument: Calls[N][0]) => Promise<Calls[N][1]> } = {
      ready: async () => true,
      open: (origin) => this.open(origin),
      shape: (wanted) => this.shape(wanted),
      positions: (wanted) => this.positions(wanted),
      rows: () => this.rows(),
    };
    return calls[name](argument);
  }

  private async open(origin: Origin): Promise<Opened> {
    this.archive = "url" in origin ? await openUrl(origin.url) : open(bytesOf(origin.base64));
    const { names, summary, kernel } = this.archive;
    return { names, summary, kernel };
  }

  private get opened(): Archive {
    if (this.archive === null) throw new Error("the archive is not open");
    return this.archive;
  }

  private async decoded({ index, other, share, points, aligned }: Wanted): Promise<Cloud> {
    const archive = this.opened;
    const some = points === null ? {} : { points };
    if (share === 0) {
      await archive.load(index);
      return archive.decode(index, { ...some, aligned });
    }
    await archive.load(index, other);
    const [from, to] = [archive.latent(index), archive.latent(other)];
    const latent = from.map((value, i) => value + share * (to[i] - value));
    const [a, b] = [archive.pose(index), archive.pose(other)];
    const pose = aligned || a === null || b === null ? null : mixPoses(a, b, share);
    return archive.decodeLatent(latent, { ...some, pose });
  }

  private async shape(wanted: Wanted): Promise<Shape> {
    const started = performance.now();
    const cloud = await this.decoded(wanted);
    const milliseconds = performance.now() - started;
    const { middle, size } = frameOf(this.opened);
    const count = cloud.rows.length;
    const order = spread(count);
    const places = new Float32Array(3 * count);
    const rows = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const from = order[i];
      rows[i] = cloud.rows[from];
      for (let axis = 0; axis < 3; axis++) {
        places[3 * i + axis] = (cloud.positions[3 * from + axis] - middle[axis]) / size;
      }
    }
    return { wanted, ...discsOf(places), rows, milliseconds };
  }

  private async positions(wanted: Wanted): Promise<Positions> {
    return (await this.decoded(wanted)).positions;
  }

  private async rows(): Promise<RowsOf> {
    const archive = this.opened;
    await archive.load(0);
    const { positions, patches } = archive.decode(0, { aligned: true });
    const reference = new Float32Array(positions.length);
    for (let axis = 0; axis < 3; axis++) {
      let [low, high] = [Infinity, -Infinity];
      for (let i = axis; i < positions.length; i += 3) {
        low = Math.min(low, positions[i]);
        high = Math.max(high, positions[i]);
      }
      const extent = high - low || 1;
      for (let i = axis; i < positions.length; i += 3) reference[i] = (positions[i] - low) / extent;
    }
    return { patches: patches.slice(), reference };
  }
}

/** What the page's coordinates are relative to, in input units: where the set is learnt. */
function frameOf(archive: Archive): { middle: readonly number[]; size: number } {
  return { middle: archive.summary.offset, size: archive.summary.scale };
}
