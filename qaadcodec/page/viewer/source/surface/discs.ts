/** Points as small discs that together look like the surface they were taken from: what `qaad render` draws, too. */

import { neighboursOf } from "./neighbours.js";
import { emptyPlane, planeOf } from "./plane.js";

const NEIGHBOURS = 14; // of which a plane is made, the point itself among them
const TOLERANCE = 0.8; // spacings off a plane at which a neighbour counts a quarter
const RADIUS = 1.5; // of a disc, spacings: what closes a flat surface where points lie at random
const SMALLEST = 0.9; // where points lie on no plane, as on fingers that are about as thick as points are apart
const [FLAT, ROUND] = [0.04, 0.14]; // thickness: up to this a plane, from this on none
const STRAY = 1.5; // median radii of its neighbours that a disc reaches at most: a stray point is no large disc

export interface Discs {
  readonly discs: Float32Array;
  readonly normals: Int8Array;
}

/**
 * The planes are those of `pictures/surfels.py`: found by PCA of the nearest points (Hoppe et al. 1992), and once more with
 * those that are off the first plane counting less, so that the two sides of a thin wall do not mix.
 *
 * @param places x, y, z of each point.
 */
export function discsOf(places: Float32Array): Discs {
  const count = places.length / 3;
  const k = Math.min(NEIGHBOURS, count);
  const { near, reach } = neighboursOf(places, k);
  const discs = new Float32Array(4 * count);
  const normals = new Int8Array(4 * count);
  const radii = new Float32Array(count);
  const around = new Float64Array(3 * k);
  const weights = new Float64Array(k);
  const [first, second] = [emptyPlane(), emptyPlane()];
  for (let i = 0; i < count; i++) {
    const edge = 1.1 * reach[i] || 1;
    const spacing = reach[i] * Math.sqrt(Math.PI / k);
    for (let n = 0; n < k; n++) {
      const j = near[i * k + n];
      for (let axis = 0; axis < 3; axis++) around[3 * n + axis] = places[3 * j + axis] - places[3 * i + axis];
      const apart = around[3 * n] ** 2 + around[3 * n + 1] ** 2 + around[3 * n + 2] ** 2;
      const nearness = 1 - apart / (edge * edge);
      weights[n] = nearness * nearness;
    }
    planeOf(around, weights, first);
    for (let n = 0; n < k; n++) {
      const off = dot(first.normal, around, 3 * n) / TOLERANCE;
      const robust = spacing > 0 ? (spacing * spacing) / (spacing * spacing + off * off) : 1;
      weights[n] *= robust * robust;
    }
    planeOf(around, weights, second);
    const along = dot(second.normal, second.middle, 0);
    for (let axis = 0; axis < 3; axis++) {
      discs[4 * i + axis] = places[3 * i + axis] + along * second.normal[axis];
      normals[4 * i + axis] = Math.round(127 * second.normal[axis]);
    }
    const roundness = Math.min(Math.max((first.thickness - FLAT) / (ROUND - FLAT), 0), 1);
    radii[i] = (RADIUS + roundness * (SMALLEST - RADIUS)) * spacing;
  }
  for (let i = 0; i < count; i++) {
    for (let n = 0; n < k; n++) weights[n] = radii[near[i * k + n]];
    discs[4 * i + 3] = Math.min(radii[i], STRAY * median(weights));
  }
  return { discs, normals };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, start: number): number {
  return a[0] * b[start] + a[1] * b[start + 1] + a[2] * b[start + 2];
}

/** The median of a few values, which are sorted (by insertion, the quickest for a few). */
function median(values: Float64Array): number {
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    let slot = i;
    while (slot > 0 && values[slot - 1] > value) {
      values[slot] = values[slot - 1];
      slot--;
    }
    values[slot] = value;
  }
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}
