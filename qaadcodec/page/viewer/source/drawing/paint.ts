/** The colours of a cloud's points, by what they are to show. */

import type { Shape } from "../decoding/protocol.js";
import { CLAY, distinct, placed, type Colour, type Ramp } from "./ramp.js";

/** Four bytes for each point: sRGB, and one unused. */
export type Paint = Uint8Array;

/** Each point in the colour that `of` says of its row. */
export function paintBy(shape: Shape, of: (row: number) => Colour): Paint {
  const paint = new Uint8Array(4 * shape.rows.length);
  for (let i = 0; i < shape.rows.length; i++) paint.set(of(shape.rows[i]).map(Math.round), 4 * i);
  return paint;
}

/** All points alike. */
export function plain(shape: Shape, colour: Colour = CLAY): Paint {
  return paintBy(shape, () => colour);
}

/** Each patch in a colour of its own. */
export function byPatch(shape: Shape, patches: Uint16Array): Paint {
  const colours: Colour[] = [];
  return paintBy(shape, (row) => (colours[patches[row]] ??= distinct(patches[row])));
}

/** Each row in the colour of its place in one cloud: it keeps that colour in all others. */
export function byRow(shape: Shape, reference: Float32Array): Paint {
  return paintBy(shape, (row) => placed(reference[3 * row], reference[3 * row + 1], reference[3 * row + 2]));
}

/** Each point by its error, as a share of the end of the scale. */
export function byError(shape: Shape, shares: Float32Array, ramp: Ramp): Paint {
  return paintBy(shape, (row) => ramp.at(shares[row]));
}
