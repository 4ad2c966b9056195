/** How much is drawn while something moves: as much as the machine can draw in time. */

import type { Detail } from "./picture.js";

/** What is drawn once things rest. */
export const FULL: Detail = { points: 1, pixels: 2 };

/** From the finest to the coarsest. */
const DETAILS: readonly Detail[] = [
  { points: 1, pixels: 1 },
  { points: 1, pixels: 0.7 },
  { points: 0.5, pixels: 0.6 },
  { points: 0.25, pixels: 0.5 },
  { points: 0.125, pixels: 0.4 },
];
const [SLOW, QUICK] = [1000 / 24, 1000 / 55]; // milliseconds from one frame to the next
const ENOUGH = 12; // quick frames, one after another, before more is drawn

export class Pace {
  private level = 0;
  private quick = 0;
  private last: number | null = null;

  /** What the next frame of a movement should have. */
  get detail(): Detail {
    return DETAILS[this.level];
  }

  /** A frame of a movement begins. @param now milliseconds, of requestAnimationFrame. */
  frame(now: number): void {
    const taken = this.last === null ? null : now - this.last;
    this.last = now;
    if (taken === null) return;
    this.quick = taken < QUICK ? this.quick + 1 : 0;
    if (taken > SLOW && this.level < DETAILS.length - 1) this.level++;
    else if (this.quick >= ENOUGH && this.level > 0) {
      this.level--;
      this.quick = 0;
    }
  }

  /** The movement is over. */
  rest(): void {
    this.last = null;
    this.quick = 0;
  }
}
