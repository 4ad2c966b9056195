// The tables of entropy coding (qaad-1.md, "Entropy").

const ONE = 2 ** 24;
const LARGEST = 32767;
/** How many entries the tables that are kept may have together. All tables of one family have fewer. */
const MOST_ENTRIES = 1 << 21;

const kept = new Map(); // t -> table, the one that was used longest ago first
let entries = 0;

/** Table t: `largest` T, and `left` (2 T + 2,), where the quantiles of each number from -T to T begin, and 2^24. */
export function tableOf(t) {
  const found = kept.get(t) ?? makeTable(t);
  if (!kept.delete(t)) entries += found.left.length;
  kept.set(t, found);
  for (const [oldest, table] of kept) {
    if (entries <= MOST_ENTRIES || oldest === t) break;
    kept.delete(oldest);
    entries -= table.left.length;
  }
  return found;
}

function makeTable(t) {
  const [c, j, s] = [1 + (t >> 9), (t >> 6) & 7, t & 63];
  const u = [16, 19, 23, 27][s & 3] * 2 ** (s >> 2);
  const largest = Math.min(256 + Math.floor(u / 4), LARGEST);
  const power = (x) => (c === 1 ? x : x * x);
  const half = Float64Array.from({ length: largest + 1 }, (_, k) =>
    shape(power(u), power(k) * 2 ** (4 + 4 * c - j), j),
  );
  const n = 2 * largest + 1;
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i] + half[Math.abs(i - largest)];
  const left = new Int32Array(n + 1);
  for (let i = 0; i <= n; i++) left[i] = scaled(sums[i], ONE - n, sums[n]) + i;
  return { largest, left };
}

/** y(k): ⌊2^24 a / (a + b)⌋, squared and divided by 2^24, rounded down, j times. */
function shape(a, b, j) {
  let y = scaled(a, ONE, a + b);
  for (let i = 0; i < j; i++) y = Math.floor((y * y) / ONE);
  return y;
}

/** ⌊x f / d⌋ for whole numbers x ≤ d < 2^43 and f ≤ 2^24, exactly: by long division, with digits of 8 bits of f. */
export function scaled(x, f, d) {
  let quotient = 0;
  let rest = 0;
  for (const digit of [(f >> 24) & 255, (f >> 16) & 255, (f >> 8) & 255, f & 255]) {
    const part = rest * 256 + x * digit; // below 2^52
    const q = Math.floor(part / d);
    rest = part - q * d;
    quotient = quotient * 256 + q;
  }
  return quotient;
}
