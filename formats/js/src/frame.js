// The frame: magic, version, header, section table, trailer (qaad-1.md, "Frame").
import { check } from "./errors.js";
import { crc32 } from "./crc32.js";
import { Cursor } from "./cursor.js";

const MAGIC = [0x89, 0x51, 0x41, 0x44, 0x0d, 0x0a, 0x1a, 0x0a];
const END_MAGIC = "QEND";
const MOST_HEADER = 65536;
const MOST_SECTIONS = 64;
const NEEDED = ["WGTS", "INPT", "LATS", "NAME"];
/** The codings that each section may have. */
const CODINGS = { WGTS: [0, 1, 2, 4], INPT: [0, 1, 2, 5], LATS: [0, 1, 2, 4], POSE: [6], NAME: [3] };

/** How long the frame without its trailer is, as far as the first bytes of a file tell: all of it, or the next step. */
export function frameLength(beginning) {
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.length);
  if (beginning.length < 20) return 20;
  const table = 20 + Math.min(view.getUint32(12, true), MOST_HEADER);
  if (beginning.length < table + 2) return table + 2;
  return table + 2 + 18 * Math.min(view.getUint16(table, true), MOST_SECTIONS) + 4;
}

/**
 * Reads the frame without its trailer from the first bytes of a file.
 *
 * @returns `version`, [major, minor]; `header`, its bytes; `sections`, a Map from a tag to {tag, coding, start, length,
 *     crc}; `size`, the bytes that the whole file has to have.
 */
export function readFrame(beginning) {
  const cursor = new Cursor(beginning, "the file", "truncated");
  checkMagic(cursor.take(Math.min(8, cursor.left)));
  check(beginning.length >= 8, "truncated", `the file has ${beginning.length} bytes`);
  const version = [cursor.u16(), cursor.u16()];
  check(version[0] === 1, "version", `format version ${version.join(".")}, and this reader knows 1`);
  const length = cursor.u32();
  check(length <= MOST_HEADER, "header-length", `a header of ${length} bytes, and the most is ${MOST_HEADER}`);
  const crc = cursor.u32();
  const header = cursor.take(length);
  check(crc32(beginning.subarray(0, 16), header) === crc, "header-crc", "header at byte 20: its CRC-32 does not fit");
  const sections = readTable(cursor);
  const end = [...sections.values()].reduce((at, section) => at + section.length, cursor.at);
  return { version, header, sections, size: end + 12 };
}

function checkMagic(first) {
  const fits = first.every((byte, i) => byte === MAGIC[i]);
  const asText = first.length === 8 && String.fromCharCode(...first).includes("QAD");
  check(fits || !asText, "text-mode", "the file was changed by a transfer as text; transfer it as binary");
  check(fits, "magic", "not a .qaad file");
}

function readTable(cursor) {
  const start = cursor.at;
  const count = cursor.u16();
  check(count >= 1 && count <= MOST_SECTIONS, "table-count", `a table of ${count} sections, and may be 1 to 64`);
  const entries = Array.from({ length: count }, () => {
    const tag = String.fromCharCode(...cursor.take(4));
    return { tag, coding: cursor.u16(), length: cursor.u64(), crc: cursor.u32() };
  });
  const bytes = cursor.bytes.subarray(start, cursor.at);
  check(crc32(bytes) === cursor.u32(), "table-crc", `section table at byte ${start}: its CRC-32 does not fit`);
  const sections = new Map();
  let at = cursor.at;
  for (const entry of entries) {
    checkEntry(entry, sections);
    sections.set(entry.tag, { ...entry, start: at });
    at += entry.length;
  }
  for (const tag of NEEDED) check(sections.has(tag), "section-missing", `the file has no section ${tag}`);
  return sections;
}

function checkEntry({ tag, coding }, before) {
  check(/^[A-Za-z]{4}$/.test(tag), "tag", () => `a section's tag is ${JSON.stringify(tag)}, and must be four letters`);
  check(!before.has(tag), "tag-twice", `section ${tag} is there twice`);
  const known = Object.hasOwn(CODINGS, tag) ? CODINGS[tag] : undefined;
  check(known !== undefined || /^[a-z]/.test(tag), "section-unknown", `section ${tag} is needed, and not known`);
  check(
    known?.includes(coding) ?? true,
    "section-coding",
    `section ${tag} has coding ${coding}, and may have ${known}`,
  );
}

/** Checks what stands where the trailer should, from there to the end of the file. */
export function checkTrailer(bytes, size) {
  check(bytes.length >= 12, "truncated", () => `the file is cut short: ${12 - bytes.length} bytes are missing or more`);
  check(bytes.length === 12, "appended", () => `the file goes on behind its end, which is byte ${size}`);
  const cursor = new Cursor(bytes, "trailer");
  const length = cursor.u64();
  check(length === size, "trailer", `the trailer says ${length} bytes, and the sections make it ${size}`);
  check(String.fromCharCode(...cursor.take(4)) === END_MAGIC, "trailer", "the trailer does not end in QEND");
}

/** The bytes of a section, with its CRC-32 checked. */
export function readSection(source, { tag, start, length, crc }) {
  const bytes = source.get(start, length);
  check(crc32(bytes) === crc, "section-crc", () => `section ${tag} at byte ${start}: its CRC-32 does not fit`);
  return bytes;
}
