/** An order of points of which every beginning is spread evenly: what is drawn of a cloud while it moves. */

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The numbers 0 to count - 1: i · step modulo count, where step / count is near the golden ratio, so that no beginning
 * leaves a large gap (Weyl's sequence; points that follow each other in a file lie near each other in space).
 */
export function spread(count: number): Uint32Array {
  let step = Math.max(1, Math.round(GOLDEN * count));
  while (common(step, count) !== 1) step++;
  const order = new Uint32Array(count);
  for (let i = 0, place = 0; i < count; i++) {
    order[i] = place;
    place += step;
    if (place >= count) place -= count;
  }
  return order;
}

function common(a: number, b: number): number {
  return b === 0 ? a : common(b, a % b);
}
