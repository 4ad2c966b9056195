// From normalised coordinates to where a cloud lies, in input units (qaad-1.md, "Decoding").
import { rotationMatrix } from "./pose.js";

const UNMOVED = { scale: 1, turn: [0, 0, 0], shift: [0, 0, 0] };

/**
 * (s R p̂ + t) · scale + offset, in float64, then cast to the dtype.
 *
 * @param points p̂ (m, 3); @param pose {scale, turn, shift} or null; @param header {scale, offset, dtype}
 * @returns Float32Array or Float64Array (m, 3)
 */
export function placed(points, pose, { scale, offset, dtype }) {
  const { scale: size, turn, shift } = pose ?? UNMOVED;
  const r = rotationMatrix(turn);
  const result = dtype === "float64" ? new Float64Array(points.length) : new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i], points[i + 1], points[i + 2]];
    for (let axis = 0; axis < 3; axis++) {
      const turned = r[3 * axis] * x + r[3 * axis + 1] * y + r[3 * axis + 2] * z;
      result[i + axis] = (size * turned + shift[axis]) * scale + offset[axis];
    }
  }
  return result;
}
