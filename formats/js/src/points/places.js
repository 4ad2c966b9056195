// Places: cubes of cells, with the points in them and in the places around (qaad-1.md, "Points", "Surroundings").
import { HashTable } from "./hash_table.js";

/** Numbers of moments, and of a shape: one, then three, then six. */
export const MOMENTS = 10;
/** Rows and columns of the six, which are symmetric. */
export const ROWS = [0, 0, 0, 1, 1, 2];
export const COLUMNS = [0, 1, 2, 1, 2, 2];

/** From a place to itself and to the 26 around it. */
const DIRECTIONS = Array.from({ length: 27 }, (_, i) => [
  Math.floor(i / 9) - 1,
  (Math.floor(i / 3) % 3) - 1,
  (i % 3) - 1,
]);

/**
 * The places that nodes are in, and their *runs*: nodes of one place and one patch, which follow one another because
 * nodes are in the order of a k-d tree.
 *
 * The moments of points are n, Σ u and Σ u uᵀ, where u is relative to the least corner of a place. So none of the sums
 * here exceeds 2^50, and float64 holds all of them exactly.
 */
export class Places {
  #nodes;
  #depth;
  #width; // of a place, in the units of r
  #coordinates; // (places, 3)
  #ofPlaces; // moments (places, 10)
  #ofRuns; // moments (runs, 10)
  #runPlace;
  #runPatch;
  #placeTable;
  #runTable;
  #within = new Float64Array(3);
  #around = 0; // how many places there are in and around the place that was entered last, and which
  #neighbours = new Int32Array(27);
  #directions = new Int32Array(27); // of the neighbours, in DIRECTIONS

  /** @param nodes {count, x, y, z, patches, sizes} @param depth D: a place is 2^D cells wide */
  constructor(nodes, depth) {
    this.#nodes = nodes;
    this.#depth = depth;
    this.#width = 8 << depth;
    this.runStart = runsOf(nodes, depth);
    const runs = this.runStart.length - 1;
    this.#ofRuns = new Float64Array(MOMENTS * runs);
    this.#runPlace = new Int32Array(runs);
    this.#runPatch = new Int32Array(runs);
    this.#coordinates = new Int32Array(3 * runs);
    this.#placeTable = new HashTable(runs);
    this.#runTable = new HashTable(runs);
    this.nextRun = new Int32Array(runs).fill(-1);
    this.firstRun = new Int32Array(runs).fill(-1);
    this.count = 0;
    for (let run = 0; run < runs; run++) this.#addRun(run);
    this.#ofPlaces = new Float64Array(MOMENTS * this.count);
    this.#runPlace.forEach((place, run) => {
      for (let i = 0; i < MOMENTS; i++) this.#ofPlaces[MOMENTS * place + i] += this.#ofRuns[MOMENTS * run + i];
    });
  }

  /** Where a node is relative to the least corner of its place, (3,); valid until the next call. */
  within(node) {
    const mask = (1 << this.#depth) - 1;
    this.#within[0] = 8 * (this.#nodes.x[node] & mask) + 4;
    this.#within[1] = 8 * (this.#nodes.y[node] & mask) + 4;
    this.#within[2] = 8 * (this.#nodes.z[node] & mask) + 4;
    return this.#within;
  }

  /** Finds which places there are around this one, for the sums below. */
  enter(place) {
    const at = 3 * place;
    this.#around = 0;
    for (let direction = 0; direction < 27; direction++) {
      const to = DIRECTIONS[direction];
      const [x, y, z] = [this.#coordinates[at], this.#coordinates[at + 1], this.#coordinates[at + 2]];
      const found = this.#find(x + to[0], y + to[1], z + to[2]);
      if (found < 0) continue;
      this.#neighbours[this.#around] = found;
      this.#directions[this.#around++] = direction;
    }
  }

  /** Weighted moments of all points in the place that was entered and around it. */
  sumAll(sum) {
    sum.fill(0);
    for (let i = 0; i < this.#around; i++) {
      addMoved(sum, this.#ofPlaces, this.#neighbours[i], DIRECTIONS[this.#directions[i]], this.#width);
    }
  }

  /** The same of the points of one patch, that of a run in the place that was entered. */
  sumPatch(run, sum) {
    sum.fill(0);
    const patch = this.#runPatch[run];
    for (let i = 0; i < this.#around; i++) {
      const found = this.#findRun(this.#neighbours[i], patch);
      if (found >= 0) addMoved(sum, this.#ofRuns, found, DIRECTIONS[this.#directions[i]], this.#width);
    }
  }

  #addRun(run) {
    const { x, y, z, patches, sizes } = this.#nodes;
    const first = this.runStart[run];
    const px = x[first] >> this.#depth;
    const py = y[first] >> this.#depth;
    const pz = z[first] >> this.#depth;
    let place = this.#find(px, py, pz);
    if (place < 0) {
      place = this.count++;
      this.#coordinates.set([px, py, pz], 3 * place);
      this.#placeTable.add(px, py, pz, place);
    }
    this.#runPlace[run] = place;
    this.#runPatch[run] = patches[first];
    this.#runTable.add(place, patches[first], 0, run);
    this.nextRun[run] = this.firstRun[place];
    this.firstRun[place] = run;
    for (let node = first; node < this.runStart[run + 1]; node++) {
      addPoints(this.#ofRuns, MOMENTS * run, sizes[node], this.within(node));
    }
  }

  #find(px, py, pz) {
    const { entries, mask } = this.#placeTable;
    const at = this.#coordinates;
    for (let slot = this.#placeTable.slot(px, py, pz); ; slot = (slot + 1) & mask) {
      const place = entries[slot];
      if (place < 0 || (at[3 * place] === px && at[3 * place + 1] === py && at[3 * place + 2] === pz)) return place;
    }
  }

  #findRun(place, patch) {
    const { entries, mask } = this.#runTable;
    for (let slot = this.#runTable.slot(place, patch, 0); ; slot = (slot + 1) & mask) {
      const run = entries[slot];
      if (run < 0 || (this.#runPlace[run] === place && this.#runPatch[run] === patch)) return run;
    }
  }
}

/** Adds n points at u to the moments from `at` on. */
function addPoints(moments, at, n, u) {
  moments[at] += n;
  for (let i = 0; i < 3; i++) moments[at + 1 + i] += n * u[i];
  for (let p = 0; p < 6; p++) moments[at + 4 + p] += n * u[ROWS[p]] * u[COLUMNS[p]];
}

/** Adds moments number `which`, of a neighbour in this direction, weighted, relative to the corner of the place entered. */
function addMoved(sum, moments, which, direction, width) {
  const at = MOMENTS * which;
  const weight = 8 >> (Math.abs(direction[0]) + Math.abs(direction[1]) + Math.abs(direction[2]));
  const n = moments[at];
  const x = moments[at + 1];
  const y = moments[at + 2];
  const z = moments[at + 3];
  const a = direction[0] * width;
  const b = direction[1] * width;
  const c = direction[2] * width;
  sum[0] += weight * n;
  sum[1] += weight * (x + n * a);
  sum[2] += weight * (y + n * b);
  sum[3] += weight * (z + n * c);
  sum[4] += weight * (moments[at + 4] + 2 * a * x + n * a * a);
  sum[5] += weight * (moments[at + 5] + a * y + b * x + n * a * b);
  sum[6] += weight * (moments[at + 6] + a * z + c * x + n * a * c);
  sum[7] += weight * (moments[at + 7] + 2 * b * y + n * b * b);
  sum[8] += weight * (moments[at + 8] + b * z + c * y + n * b * c);
  sum[9] += weight * (moments[at + 9] + 2 * c * z + n * c * c);
}

/** The first node of each run, and then the number of nodes. */
function runsOf({ count, x, y, z, patches }, depth) {
  const starts = [];
  for (let i = 0; i < count; i++) {
    const moved = i === 0 ? -1 : (x[i] ^ x[i - 1]) | (y[i] ^ y[i - 1]) | (z[i] ^ z[i - 1]);
    if (moved >> depth !== 0 || patches[i] !== patches[i - 1]) starts.push(i);
  }
  starts.push(count);
  return Int32Array.from(starts);
}
