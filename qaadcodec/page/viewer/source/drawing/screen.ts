/** When something is drawn: once for each change, coarser while things move, and in full when they have come to rest. */

import { FULL, Pace } from "./pace.js";
import type { Picture } from "./picture.js";

const REST = 140; // milliseconds without a movement

export class Screen {
  private readonly pace = new Pace();
  private due = false;
  private moved = -Infinity;

  /** @param before is called before each frame with the time, milliseconds; while it returns true, frames follow. */
  constructor(
    private readonly picture: Picture | null,
    private readonly before: (now: number) => boolean,
  ) {}

  /** Something is to be drawn. @param moving it will change again at once. */
  change(moving = false): void {
    if (moving) this.moved = performance.now();
    if (this.due) return;
    this.due = true;
    requestAnimationFrame((now) => this.frame(now));
  }

  private frame(now: number): void {
    this.due = false;
    const going = this.before(now);
    const moving = now - this.moved < REST;
    if (moving) this.pace.frame(now);
    else this.pace.rest();
    this.picture?.draw(moving ? this.pace.detail : FULL);
    if (moving || going) this.change();
  }
}
