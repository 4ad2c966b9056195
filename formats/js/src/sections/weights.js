// WGTS: the network's tensors (qaad-1.md, "WGTS").
import { readArray } from "../coding/arrays.js";
import { readGrid } from "../coding/grids.js";
import { Stream } from "../coding/stream.js";
import { Cursor } from "../cursor.js";
import { check } from "../errors.js";
import { sizeOf, tensorShapes } from "../network/tensors.js";

const ENTROPY = 4;
const OFFSETS = 64 * 11; // the tables of offsets, of which scale 1 is the next

/** The tensors by name, as Float32Array in row-major order, from the section's bytes. */
export function readWeights(bytes, coding, network) {
  const cursor = new Cursor(bytes, "section WGTS");
  const tensors = tensorShapes(network);
  if (coding === ENTROPY) return readCoded(cursor, tensors);
  const weights = {};
  for (const { name, shape } of tensors) {
    cursor.what = `section WGTS: ${name}`;
    weights[name] = readArray(cursor, coding, shape);
  }
  cursor.end();
  return weights;
}

/** Coding 4: six bytes for each tensor, then one stream of the offsets and of the values. */
function readCoded(cursor, tensors) {
  const heads = tensors.map(({ name, shape }) => readHead(cursor, name, shape));
  const stream = new Stream(cursor.take(cursor.left), "section WGTS");
  readOffsets(stream, heads);
  const count = heads.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const tables = new Uint16Array(count);
  let at = 0;
  for (const head of heads) at = fillTables(tables, at, head);
  const numbers = stream.group(tables);
  stream.end();
  const weights = {};
  at = 0;
  for (const { name, rows, columns, spacing } of heads) {
    weights[name] = new Float32Array(numbers.subarray(at, (at += rows * columns)));
    weights[name].forEach((q, i, values) => (values[i] = q * spacing));
  }
  return weights;
}

/** The six bytes of a tensor, which is `rows` lines along its last axis, each of `columns`. */
function readHead(cursor, name, shape) {
  cursor.what = `section WGTS: ${name}`;
  const spacing = readGrid(cursor);
  const [family, base, rowScale, columnScale] = cursor.list("u8", 4);
  check(family < 16, "table", () => `${cursor.what}: family ${family} of tables, and may be 0 to 15`);
  for (const scale of [base, rowScale, columnScale]) {
    check(scale < 64, "table", () => `${cursor.what}: scale ${scale} of tables, and may be 0 to 63`);
  }
  return {
    name,
    spacing,
    family,
    base,
    rowScale,
    columnScale,
    rows: sizeOf(shape.slice(0, -1)),
    columns: shape.at(-1),
  };
}

/** Puts into each head the `rowOffsets` (rows,) and `columnOffsets` (columns,) of the tensor's scales. */
function readOffsets(stream, heads) {
  const sides = heads.flatMap((head) => [
    { head, side: "rowOffsets", scale: head.rowScale, size: head.rows },
    { head, side: "columnOffsets", scale: head.columnScale, size: head.columns },
  ]);
  const coded = sides.filter(({ scale }) => scale > 0);
  const tables = new Uint16Array(coded.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { scale, size } of coded) tables.fill(OFFSETS + scale, at, (at += size));
  const numbers = stream.group(tables);
  at = 0;
  for (const { head, side, scale, size } of sides) {
    head[side] = scale > 0 ? numbers.subarray(at, (at += size)) : new Int16Array(size);
  }
}

/** Writes the table of each value of a tensor, from `at` on; returns where they end. */
function fillTables(tables, at, { family, base, rowOffsets, columnOffsets }) {
  for (const row of rowOffsets) {
    for (const column of columnOffsets) {
      tables[at++] = 64 * family + Math.min(Math.max(base + row + column, 0), 63);
    }
  }
  return at;
}
