/** Plays the clouds one after another, as fast as is asked for and as the machine can decode. */

import type { Clouds } from "./decoding/clouds.js";
import type { Wanted } from "./decoding/protocol.js";

const AHEAD = 6; // clouds that are decoded before they are due

export class Player {
  playing = false;
  private due = 0;

  /**
   * @param count of clouds.
   * @param wanted what is decoded of a cloud.
   * @param show a cloud that has been decoded.
   */
  constructor(
    private readonly clouds: Clouds,
    private readonly count: number,
    private readonly wanted: (index: number) => Wanted,
    private readonly show: (index: number) => void,
  ) {}

  /** Starts or ends. */
  toggle(now: number): void {
    this.playing = !this.playing;
    this.due = now;
    if (!this.playing) this.clouds.prepare([]);
  }

  /**
   * Shows the next cloud where it is due and has been decoded, and lets those that follow be decoded.
   *
   * @param index of the cloud that is shown.
   * @param perSecond clouds in a second.
   */
  tick(now: number, index: number, perSecond: number): void {
    if (!this.playing || now < this.due) return;
    const next = (index + 1) % this.count;
    const ready = this.clouds.known(this.wanted(next)) !== undefined;
    if (ready) {
      this.due = Math.max(this.due + 1000 / perSecond, now - 1000 / perSecond);
      this.show(next);
    }
    const first = ready ? next : index;
    const ahead = Math.min(AHEAD, this.count - 1);
    this.clouds.prepare(Array.from({ length: ahead }, (_, i) => this.wanted((first + 1 + i) % this.count)));
  }
}
