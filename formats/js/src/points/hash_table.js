// Finding cells and places by their coordinates.

/**
 * A hash table, with open addressing, of numbers by three whole numbers, which its user compares. The multipliers are
 * drawn anew for each table, so that no file can be made in which all fall into one slot; what is found does not depend
 * on them.
 */
export class HashTable {
  #ofA = anyOdd();
  #ofB = anyOdd();
  #ofC = anyOdd();
  #shift;

  constructor(most) {
    const bits = Math.max(1, Math.ceil(Math.log2(2 * most)));
    this.entries = new Int32Array(1 << bits).fill(-1);
    this.mask = (1 << bits) - 1;
    this.#shift = 32 - bits;
  }

  /** The first slot to look at. */
  slot(a, b, c) {
    return (Math.imul(a, this.#ofA) + Math.imul(b, this.#ofB) + Math.imul(c, this.#ofC)) >>> this.#shift;
  }

  add(a, b, c, value) {
    let slot = this.slot(a, b, c);
    while (this.entries[slot] >= 0) slot = (slot + 1) & this.mask;
    this.entries[slot] = value;
  }
}

/** An odd number of 32 bits. */
function anyOdd() {
  return Math.floor(Math.random() * 2 ** 32) | 1;
}

/** How many different cells nodes are in. */
export function countCells({ count, x, y, z }) {
  const table = new HashTable(count);
  let cells = 0;
  for (let node = 0; node < count; node++) {
    let slot = table.slot(x[node], y[node], z[node]);
    let other = table.entries[slot];
    while (other >= 0 && (x[other] !== x[node] || y[other] !== y[node] || z[other] !== z[node])) {
      slot = (slot + 1) & table.mask;
      other = table.entries[slot];
    }
    if (other >= 0) continue;
    table.entries[slot] = node;
    cells++;
  }
  return cells;
}
