// Poses: similarity transforms of clouds (qaad-1.md, "Decoding").

/** R of a rotation vector in radians, (3, 3) in row-major order. */
export function rotationMatrix([x, y, z]) {
  const angle = Math.hypot(x, y, z);
  if (angle === 0) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [a, b, c] = [x / angle, y / angle, z / angle];
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const rest = 1 - cos;
  return [
    cos + rest * a * a,
    rest * a * b - sin * c,
    rest * a * c + sin * b,
    rest * a * b + sin * c,
    cos + rest * b * b,
    rest * b * c - sin * a,
    rest * a * c - sin * b,
    rest * b * c + sin * a,
    cos + rest * c * c,
  ];
}

/** The pose a share t of the way from a to b: the turn along the shortest way, the scale by equal factors. */
export function mixPoses(a, b, t) {
  const [from, to] = [quaternion(a.turn), quaternion(b.turn)];
  const between = multiply(conjugate(from), to);
  const part = quaternion(rotationVector(between).map((x) => t * x));
  return {
    scale: a.scale * (b.scale / a.scale) ** t,
    turn: rotationVector(multiply(from, part)),
    shift: a.shift.map((x, i) => x + t * (b.shift[i] - x)),
  };
}

/** A rotation vector as a quaternion (w, x, y, z) of length 1. */
function quaternion(turn) {
  const angle = Math.hypot(...turn);
  const factor = angle === 0 ? 0.5 : Math.sin(angle / 2) / angle;
  return [Math.cos(angle / 2), ...turn.map((x) => factor * x)];
}

/** The shortest rotation vector of a quaternion of length 1. */
function rotationVector([w, ...vector]) {
  const size = Math.hypot(...vector);
  if (size === 0) return [0, 0, 0];
  const angle = 2 * Math.atan2(w < 0 ? -size : size, Math.abs(w));
  return vector.map((x) => (angle * x) / size);
}

function conjugate([w, x, y, z]) {
  return [w, -x, -y, -z];
}

function multiply([aw, ax, ay, az], [bw, bx, by, bz]) {
  return [
    aw * bw - ax * bx - ay * by - az * bz,
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
  ];
}
