// NAME: the name of each cloud, and how many points it had (qaad-1.md, "NAME").
import { inflate } from "../coding/inflate.js";
import { Cursor } from "../cursor.js";
import { check } from "../errors.js";

const LINE_FEED = 10;
const LONGEST = 1024; // bytes
const CONTROL = /[\0-\x1f\x7f-\x9f]/;

/**
 * @returns `names`, N strings; `counts`, the points that each cloud had before it was resampled, (N,), or null where
 *     all had M.
 */
export function readNames(bytes, clouds) {
  const cursor = new Cursor(bytes, "section NAME");
  const length = cursor.u32();
  const most = Math.min(2 ** 26, 2 ** 22 + 256 * bytes.length);
  check(length <= most, "names-length", `names: would inflate to ${length} bytes, and may to ${most}`);
  const text = inflate(cursor.take(cursor.left), length);
  const { names, end } = readLines(text, clouds);
  check(new Set(names).size === clouds, "names-twice", "names: two clouds have the same name");
  const rest = text.subarray(end);
  const fits = rest.length === 0 || rest.length === 4 * clouds;
  check(fits, "names-count", `names: ${rest.length} bytes behind ${clouds} names, and may be 0 or ${4 * clouds}`);
  return { names, counts: rest.length === 0 ? null : readCounts(rest, clouds) };
}

function readLines(text, clouds) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const names = [];
  let at = 0;
  while (names.length < clouds) {
    const end = text.indexOf(LINE_FEED, at);
    check(end >= 0, "names-count", () => `names: ${names.length} names, and the header says ${clouds}`);
    names.push(readName(decoder, text.subarray(at, end), names.length));
    at = end + 1;
  }
  return { names, end: at };
}

function readName(decoder, bytes, index) {
  const size = bytes.length;
  check(
    size >= 1 && size <= LONGEST,
    "names-text",
    () => `names: name ${index} has ${size} bytes, and may have 1 to 1024`,
  );
  let name;
  try {
    name = decoder.decode(bytes);
  } catch {
    check(false, "names-text", `names: name ${index} is not UTF-8`);
  }
  check(!CONTROL.test(name), "names-text", () => `names: name ${index} has control characters`);
  return name;
}

/** The lowest byte of every number, then the second, the third and the fourth. */
function readCounts(bytes, clouds) {
  const counts = new Uint32Array(clouds);
  bytes.forEach((byte, i) => (counts[i % clouds] += byte * 256 ** Math.floor(i / clouds)));
  const none = counts.indexOf(0);
  check(none < 0, "names-points", `names: cloud ${none} has 0 points`);
  return counts;
}
