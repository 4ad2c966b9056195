/** What the page tells the script: all that the archive itself does not say. */

import type { Origin } from "./decoding/protocol.js";
import { bytesOf } from "./decoding/base64.js";

export interface Notes {
  /** The name of the archive's file. */
  readonly file: string;
  /** Its bytes. */
  readonly bytes: number;
  /** Where it is; null where it is in the page. */
  readonly link: string | null;
  /** The axis that is up at first. */
  readonly up: string;
  /** The colours of errors, from none to the largest. */
  readonly ramp: readonly string[];
  /** nEM-kD of each cloud, by its index; null where it is infinite. */
  readonly errors: Readonly<Record<string, number | null>>;
  readonly points: PointErrors | null;
}

/** Errors of points, packed: see `page/point_errors.py`. */
export interface PointErrors {
  readonly end: number;
  readonly levels: number;
  readonly clouds: Readonly<Record<string, string>>;
}

/** What the page tells. */
export function notesOf(document: Document): Notes {
  return JSON.parse(document.getElementById("notes")!.textContent!) as Notes;
}

/** Where the archive is. */
export function originOf(document: Document, notes: Notes): Origin {
  if (notes.link !== null) return { url: new URL(notes.link, document.baseURI).href };
  return { base64: document.getElementById("archive")!.textContent! };
}

/** The shares of the end of the scale that the errors of a cloud's rows are; null where they are not known. */
export async function sharesOf(errors: PointErrors | null, index: number): Promise<Float32Array | null> {
  const packed = errors?.clouds[index];
  if (packed === undefined) return null;
  const inflated = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const pairs = new Uint8Array(await new Response(inflated).arrayBuffer());
  const shares = new Float32Array(2 * pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    shares[2 * i] = ((pairs[i] & 15) / errors!.levels) ** 2;
    shares[2 * i + 1] = ((pairs[i] >> 4) / errors!.levels) ** 2;
  }
  return shares;
}
