// Which kernels compute the network.
import { plainKernel } from "./plain.js";
import { canRunWasm, wasmKernel } from "./wasm.js";

/** {kind, make}: `make`, (size) => kernels, of the kind that was asked for, or of the quickest that can be run. */
export function chooseKernel(kind) {
  const chosen = kind ?? (canRunWasm() ? "wasm" : "plain");
  if (chosen === "wasm") return { kind: chosen, make: wasmKernel };
  if (chosen === "plain") return { kind: chosen, make: plainKernel };
  throw new RangeError(`the kernel is ${kind}, and may be "wasm" or "plain"`);
}
