// Measures opening and decoding, in processor time, with both kinds of kernels: npm run speed -- FILE
import { readFileSync } from "node:fs";
import { open } from "../qaad.js";

const ROUNDS = 9;

/** What fn gives, and the milliseconds of processor time that it took. */
function timed(fn) {
  const start = process.cpuUsage();
  const result = fn();
  const { user, system } = process.cpuUsage(start);
  return [result, (user + system) / 1000];
}

const bytes = readFileSync(process.argv[2]);
const medians = ["wasm", "plain"].map((kernel) => {
  const [archive, opening] = timed(() => open(bytes, { kernel }));
  const [, first] = timed(() => archive.decode(0));
  const times = Array.from({ length: ROUNDS }, (_, i) => timed(() => archive.decode(i % archive.count))[1]);
  const median = times.toSorted((a, b) => a - b)[ROUNDS >> 1];
  const all = `opened in ${opening.toFixed(1)} ms, first cloud ${first.toFixed(0)} ms, others ${median.toFixed(1)} ms`;
  console.log(`${kernel}: ${archive.summary.points} points, ${archive.summary.weights} weights: ${all}`);
  return median;
});
console.log(`plain over wasm: ${(medians[1] / medians[0]).toFixed(1)}`);
