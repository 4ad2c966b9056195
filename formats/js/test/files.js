// The golden files, and which fault each of the damaged ones has.
import { readFileSync } from "node:fs";

const FOLDER = new URL("../../vectors/", import.meta.url);

/** All of vectors.json. */
export const VECTORS = JSON.parse(readFileSync(new URL("vectors.json", FOLDER), "utf8"));

/** The bytes of a file. */
export function golden(file) {
  return new Uint8Array(readFileSync(new URL(file, FOLDER)));
}

/** Fault -> the damaged files that have it, without .qaad. */
const FAULTY = {
  magic: ["other-file"],
  "text-mode": ["text-mode"],
  version: ["newer-version"],
  truncated: ["empty", "cut", "cut-in-table"],
  appended: ["appended"],
  trailer: ["trailer-length", "trailer-magic"],
  "header-length": ["header-cap"],
  "header-crc": ["header-crc"],
  "header-utf8": ["header-utf8"],
  "header-json": ["header-text", "header-bom", "header-utf16"],
  "header-key-twice": ["header-twice"],
  "header-number": ["header-nan", "header-infinite", "header-digits"],
  "header-depth": ["header-deep"],
  "header-value": [
    "header-list",
    "header-missing",
    "header-clouds",
    "header-patches",
    "header-scale",
    "header-scale-true",
    "header-offset",
    "header-offset-one",
    "header-bounds",
    "header-bounds-order",
    "header-latent",
    "header-widths",
    "header-network-number",
    "header-network",
  ],
  "table-crc": ["table-crc"],
  "table-count": ["table-count"],
  "tag-twice": ["table-twice"],
  "section-unknown": ["section-unknown"],
  "section-missing": ["section-missing"],
  "section-coding": ["section-coding", "coded-input", "points-weights", "poses-coding"],
  "section-crc": ["weights-crc"],
  caps: ["caps-clouds", "caps-steps", "caps-points", "coded-weights-many", "coded-latents-many"],
  short: ["weights-short", "points-many", "coded-weights-short", "coded-input-short"],
  "left-over": ["weights-long"],
  bits: ["weights-bits"],
  exponent: ["weights-exponent"],
  "not-finite": ["weights-infinite"],
  "spare-bits": ["latents-spare-bits"],
  grid: [
    "coded-weights-factor",
    "coded-weights-exponent",
    "coded-latents-factor",
    "coded-latents-exponent",
    "coded-input-step",
  ],
  table: [
    "coded-weights-family",
    "coded-weights-scale",
    "coded-weights-rows",
    "coded-weights-columns",
    "coded-latents-family",
    "coded-latents-scale",
  ],
  "stream-start": [
    "coded-weights-empty",
    "coded-weights-zero",
    "coded-latents-empty",
    "coded-latents-zero",
    "coded-input-empty",
    "coded-input-zero",
  ],
  "stream-end": [
    "coded-weights-cut",
    "coded-weights-long",
    "coded-latents-cut",
    "coded-latents-long",
    "coded-input-cut",
    "coded-input-long",
  ],
  "points-bits": ["coded-input-bits"],
  "points-range": ["coded-input-far", "coded-input-beyond"],
  "points-count": ["coded-input-more", "coded-input-mirrored"],
  "latents-directory": ["latents-huge", "latents-hole", "coded-latents-short"],
  "latents-crc": ["latents-directory", "coded-latents-crc"],
  "latents-count": ["latents-count"],
  "block-length": ["latents-thin"],
  "block-crc": ["latents-block-crc"],
  "poses-head": [
    "poses-empty",
    "poses-kind-zero",
    "poses-kind-four",
    "poses-width-zero",
    "poses-width-seven",
    "poses-exponent",
  ],
  "poses-length": ["poses-short", "poses-long", "poses-other-kind"],
  "poses-crc": ["poses-crc"],
  "poses-turn": ["poses-turn"],
  "names-length": ["names-cap"],
  "names-deflate": ["names-deflate", "names-bomb"],
  "names-count": ["names-few", "names-many"],
  "names-text": ["names-empty", "names-control", "names-utf8"],
  "names-twice": ["names-twice"],
  "names-points": ["counts-zero"],
};

/** The fault of a damaged file. */
export function faultOf(file) {
  const found = Object.entries(FAULTY).find(([, files]) => files.includes(file.replace(".qaad", "")));
  if (found === undefined)
    throw new Error(`${file} is in vectors.json, and test/files.js does not say what is wrong with it`);
  return found[0];
}

/** All faults that damaged files have. */
export const FAULTS = Object.keys(FAULTY);
