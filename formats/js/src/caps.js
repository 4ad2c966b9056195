// How much a file may ask for, given its length (qaad-1.md, "Caps").
import { check } from "./errors.js";
import { sizeOf, tensorShapes } from "./network/tensors.js";

const MOST_CODED = 2 ** 24;
const ENTROPY = 4;
const POINTS = 5;

/** Refuses a file of `size` bytes that asks for more than its size justifies, before anything is allocated for it. */
export function checkCaps(header, sections, size) {
  const { clouds, points, network } = header;
  const tensors = tensorShapes(network);
  const weights = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const latents = clouds * network.latentSize;
  const most = 2 ** 18 + 64 * size;
  const cap = (what, count, allowed) =>
    check(count <= allowed, "caps", () => `${count} ${what}, and in ${size} bytes there may be ${allowed}`);
  cap("clouds", clouds, 2 ** 16 + size);
  cap("steps to decode a cloud", decodingSteps(points, tensors), 2 ** 33 + 2 ** 20 * size);
  if (sections.get("WGTS").coding === ENTROPY) cap("coded weights", weights, Math.min(most, MOST_CODED));
  if (sections.get("INPT").coding === POINTS) cap("coded points", points, most);
  if (sections.get("LATS").coding === ENTROPY) cap("coded numbers of latents", latents, Math.min(most, MOST_CODED));
}

/** A product for each weight of a layer, and 32 for each activation, for each point. */
function decodingSteps(points, tensors) {
  const layers = tensors.filter(({ name }) => name.endsWith("weight")).map(({ shape }) => shape.slice(-2));
  return points * layers.reduce((sum, [out, width]) => sum + out * (width + 32), 0);
}
