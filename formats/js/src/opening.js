// Archives in memory, and archives elsewhere that are read in parts.
import { Archive } from "./archive.js";
import { checkCaps } from "./caps.js";
import { check } from "./errors.js";
import { checkTrailer, frameLength, readFrame, readSection } from "./frame.js";
import { readHeader } from "./header.js";
import { directoryLength, latentsHead } from "./sections/latents.js";
import { HEAD as POSES_HEAD } from "./sections/poses.js";
import { asBytes, Source } from "./source.js";

/** An archive in memory, all of whose CRC-32s of sections are checked. */
export function open(data, options) {
  return openWhole(Source.whole(asBytes(data)), options);
}

/** An archive of which `read` reads parts: (offset, length) => Promise of bytes, fewer only where the file ends. */
export async function openRange(read, options) {
  const source = await Source.ranges(read);
  if (source.complete) return openWhole(source, options);
  await loadFrame(source);
  const frame = readFrame(source.beginning);
  check(Number.isSafeInteger(frame.size), "truncated", `the sections take ${frame.size} bytes, more than any file has`);
  checkTrailer(await source.last(frame.size - 12, 12), frame.size);
  const header = readHeader(frame.header);
  checkCaps(header, frame.sections, frame.size);
  await loadDirectories(source, frame.sections, header);
  return new Archive(source, frame, { ...options, header });
}

/** The same by range requests. */
export function openUrl(url, options) {
  let whole = null; // the file, if the server knows no ranges and sent it
  const read = async (offset, length) => {
    if (whole !== null) return whole.subarray(offset, offset + length);
    const response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
    if (response.status === 416) return new Uint8Array(); // the file ends before
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 206) return bytes;
    whole = bytes;
    return whole.subarray(offset, offset + length);
  };
  return openRange(read, options);
}

function openWhole(source, options) {
  const bytes = source.beginning;
  const frame = readFrame(bytes);
  checkTrailer(bytes.subarray(frame.size - 12), frame.size);
  for (const section of frame.sections.values()) readSection(source, section);
  const header = readHeader(frame.header);
  checkCaps(header, frame.sections, frame.size);
  return new Archive(source, frame, { ...options, header });
}

async function loadFrame(source) {
  for (let before = 0; before < source.beginning.length;) {
    const needed = frameLength(source.beginning);
    before = source.beginning.length;
    if (needed <= before) return;
    await source.extend(needed);
  }
}

/** Loads the names and what comes before the latents and the poses. */
async function loadDirectories(source, sections, { network }) {
  const [name, lats, pose] = ["NAME", "LATS", "POSE"].map((tag) => sections.get(tag));
  const head = Math.min(latentsHead(lats, network.latentSize), lats.length);
  await Promise.all([
    source.load(name.start, name.length),
    source.load(lats.start, head),
    pose === undefined ? null : source.load(pose.start, Math.min(POSES_HEAD, pose.length)),
  ]);
  if (head < latentsHead(lats, network.latentSize)) return; // too short, which is refused when it is read
  const length = directoryLength(source.get(lats.start, head));
  if (length <= lats.length) await source.load(lats.start, length);
}
