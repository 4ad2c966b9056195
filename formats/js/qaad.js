// A decoder of .qaad archives; qaad.d.ts describes what it offers.
export { QaadError } from "./src/errors.js";
export { open, openRange, openUrl } from "./src/opening.js";
export { mixPoses } from "./src/pose.js";
