// Which kernels compute the network.
import { plainKernel } from "./plain.js";

/** {kind, make}: `make`, (size) => kernels, of the kind that was asked for, or of the quickest that the host can run. */
export function chooseKernel(kind) {
  return { kind: "plain", make: plainKernel };
}
