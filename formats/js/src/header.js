// The header: what the archive says of itself (qaad-1.md, "Header").
import { check } from "./errors.js";
import { parseStrictly, Real } from "./strict_json.js";

const MOST = 2 ** 24;
const WIDEST = 8192;
const MOST_LAYERS = 16;
const MOST_ERRORS = 64;

const isWhole = (value, low, high) => ["number", "bigint"].includes(typeof value) && value >= low && value <= high;
const isNumber = (value) => ["number", "bigint"].includes(typeof value) || value instanceof Real;
const isList = (value, low, high, good) =>
  Array.isArray(value) && value.length >= low && value.length <= high && value.every(good);
const isPoint = (value) => isList(value, 3, 3, isNumber);
const areWidths = (value, low) => isList(value, low, MOST_LAYERS, (width) => isWhole(width, 1, WIDEST));
/** A number to compare: bigints and numbers compare exactly. */
const exact = (value) => (value instanceof Real ? value.value : value);
const plain = (value) => Number(exact(value));
const isText = (value) =>
  typeof value === "string" && [...value].length <= 256 && value.isWellFormed() && !/[\0-\x1f\x7f-\x9f]/.test(value);
const isTally = (value) => isWhole(value, 0, 2n ** 63n - 1n);

/** Key -> [whether a value is good, what it must be]. */
const HEADER = {
  clouds: [(value) => isWhole(value, 1, MOST), "a whole number from 1 to 16777216"],
  points: [(value) => isWhole(value, 1, MOST), "a whole number from 1 to 16777216"],
  dtype: [(value) => value === "float32" || value === "float64", '"float32" or "float64"'],
  offset: [isPoint, "a point"],
  scale: [(value) => isNumber(value) && exact(value) > 0, "a number above 0"],
  bounds: [(value) => isList(value, 2, 2, isPoint) && areCorners(...value), "two points, the least corner first"],
  network: [(value) => value instanceof Map, "an object"],
};
const NETWORK = {
  latent_size: [(value) => isWhole(value, 1, 4096), "a whole number from 1 to 4096"],
  patches: [(value) => isWhole(value, 1, 65536), "a whole number from 1 to 65536"],
  shared_widths: [(value) => areWidths(value, 1), "1 to 16 whole numbers from 1 to 8192"],
  head_widths: [(value) => areWidths(value, 0), "up to 16 whole numbers from 1 to 8192"],
  fourier_octaves: [(value) => isWhole(value, 0, 16), "a whole number from 0 to 16"],
  film: [(value) => typeof value === "boolean", "true or false"],
  displacement: [(value) => typeof value === "boolean", "true or false"],
};
const OPTIONAL = {
  writer: [isText, "text of up to 256 characters"],
  preset: [isText, "text of up to 256 characters"],
  seed: [isTally, "a whole number from 0 to 2^63 - 1"],
  epochs: [isTally, "a whole number from 0 to 2^63 - 1"],
  errors: [areErrors, "an object of up to 64 numbers"],
};

function areCorners(least, greatest) {
  return least.every((low, axis) => exact(low) <= exact(greatest[axis]));
}

function areErrors(value) {
  const isError = ([name, error]) => isText(name) && isNumber(error);
  return value instanceof Map && value.size <= MOST_ERRORS && [...value].every(isError);
}

/**
 * The header, from its bytes.
 *
 * @returns `clouds` N, `points` M, `dtype`, `offset`, `scale`, `bounds`; `network`, its settings in camel case; and,
 *     where they are there, `writer`, `preset`, `seed`, `epochs` and `errors`.
 */
export function readHeader(bytes) {
  const values = parseStrictly(decodeUtf8(bytes));
  check(values instanceof Map, "header-value", "header: not an object");
  checkValues(values, HEADER);
  const network = values.get("network");
  checkValues(network, NETWORK);
  const other = [...network.keys()].find((key) => !Object.hasOwn(NETWORK, key));
  check(other === undefined, "header-value", () => `header: network has the key ${JSON.stringify(other)}`);
  const [patches, points] = [network.get("patches"), values.get("points")];
  check(patches <= points, "header-value", () => `header: ${patches} patches of ${points} points`);
  return {
    clouds: values.get("clouds"),
    points,
    dtype: values.get("dtype"),
    offset: values.get("offset").map(plain),
    scale: plain(values.get("scale")),
    bounds: values.get("bounds").map((corner) => corner.map(plain)),
    network: settings(network),
    ...remarks(values),
  };
}

function decodeUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return check(false, "header-utf8", "header: not UTF-8");
  }
}

function checkValues(values, rules) {
  for (const [key, rule] of Object.entries(rules)) {
    check(values.has(key), "header-value", `header: has no ${key}`);
    checkValue(key, values.get(key), rule);
  }
}

function checkValue(key, value, [good, must]) {
  check(good(value), "header-value", () => `header: ${key} is ${shown(value)}, and must be ${must}`);
}

/** A value for a message. */
function shown(value) {
  const text = JSON.stringify(value, (_, part) => {
    if (part instanceof Real) return part.value;
    if (part instanceof Map) return Object.fromEntries(part);
    return typeof part === "bigint" ? Number(part) : part;
  });
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

function settings(network) {
  return {
    latentSize: network.get("latent_size"),
    patches: network.get("patches"),
    sharedWidths: network.get("shared_widths"),
    headWidths: network.get("head_widths"),
    fourierOctaves: network.get("fourier_octaves"),
    film: network.get("film"),
    displacement: network.get("displacement"),
  };
}

/** What decoding does not depend on. */
function remarks(values) {
  const found = {};
  for (const [key, rule] of Object.entries(OPTIONAL)) {
    if (!values.has(key)) continue;
    checkValue(key, values.get(key), rule);
    found[key] = values.get(key);
  }
  if (found.epochs !== undefined) found.epochs = Number(found.epochs);
  if (found.errors !== undefined) {
    found.errors = Object.fromEntries([...found.errors].map(([name, value]) => [name, plain(value)]));
  }
  return found;
}
