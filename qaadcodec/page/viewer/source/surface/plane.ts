/** The plane of a few points with weights: the direction in which they vary least. */

/** Where `planeOf` puts its result. */
export interface Plane {
  /** A unit vector. */
  readonly normal: Float64Array;
  /** The mean of the points. */
  readonly middle: Float64Array;
  /** The share of the least variance in all of them: 0 on a plane, 1/3 in a ball (Pauly et al. 2002). */
  thickness: number;
}

/** One that is to be filled. */
export function emptyPlane(): Plane {
  return { normal: new Float64Array(3), middle: new Float64Array(3), thickness: 0 };
}

/**
 * @param places x, y, z of each point.
 * @param weights of the points, above zero in sum.
 * @param into the result; nothing is allocated, since there is one for each point of a cloud.
 */
export function planeOf(places: Float64Array, weights: Float64Array, into: Plane): void {
  let total = 0;
  let mx = 0;
  let my = 0;
  let mz = 0;
  for (let n = 0; n < weights.length; n++) {
    const w = weights[n];
    total += w;
    mx += w * places[3 * n];
    my += w * places[3 * n + 1];
    mz += w * places[3 * n + 2];
  }
  if (total > 0) {
    mx /= total;
    my /= total;
    mz /= total;
  }
  into.middle[0] = mx;
  into.middle[1] = my;
  into.middle[2] = mz;
  let xx = 0;
  let xy = 0;
  let xz = 0;
  let yy = 0;
  let yz = 0;
  let zz = 0;
  for (let n = 0; n < weights.length; n++) {
    const w = weights[n];
    const x = places[3 * n] - mx;
    const y = places[3 * n + 1] - my;
    const z = places[3 * n + 2] - mz;
    xx += w * x * x;
    xy += w * x * y;
    xz += w * x * z;
    yy += w * y * y;
    yz += w * y * z;
    zz += w * z * z;
  }
  const trace = xx + yy + zz;
  if (!(trace > 0)) {
    into.thickness = 0;
    into.normal.fill(0);
    into.normal[2] = 1;
    return;
  }
  // Relative to the trace, the numbers are near 1 whatever the units are.
  xx /= trace;
  xy /= trace;
  xz /= trace;
  yy /= trace;
  yz /= trace;
  zz /= trace;
  const least = leastEigenvalue(xx, xy, xz, yy, yz, zz);
  into.thickness = Math.max(least, 0);
  across(xx - least, xy, xz, yy - least, yz, zz - least, into.normal);
}

/** The least eigenvalue of a symmetric matrix [[a, b, c], [b, d, e], [c, e, f]] (Smith 1961). */
function leastEigenvalue(a: number, b: number, c: number, d: number, e: number, f: number): number {
  const mean = (a + d + f) / 3;
  const [p, q, r] = [a - mean, d - mean, f - mean];
  const spread = Math.sqrt((p * p + q * q + r * r + 2 * (b * b + c * c + e * e)) / 6);
  if (spread < 1e-12) return mean;
  const determinant = (p * (q * r - e * e) - b * (b * r - e * c) + c * (b * e - q * c)) / spread ** 3;
  const angle = Math.acos(Math.min(Math.max(determinant / 2, -1), 1)) / 3;
  return mean + 2 * spread * Math.cos(angle + (2 * Math.PI) / 3);
}

/** A unit vector that a symmetric matrix without full rank takes to zero: the longest product of two of its rows. */
function across(a: number, b: number, c: number, d: number, e: number, f: number, into: Float64Array): void {
  let most = 0;
  const take = (x: number, y: number, z: number): void => {
    const length = Math.sqrt(x * x + y * y + z * z);
    if (length <= most) return;
    most = length;
    into[0] = x / length;
    into[1] = y / length;
    into[2] = z / length;
  };
  into.fill(0);
  into[2] = 1;
  take(b * e - c * d, c * b - a * e, a * d - b * b);
  take(b * f - c * e, c * c - a * f, a * e - b * c);
  take(d * f - e * e, e * c - b * f, b * e - d * c);
}
