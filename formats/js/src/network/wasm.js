// The kernels in WebAssembly SIMD, from assembly/kernel.ts.
import { KERNEL } from "./kernel_wasm.js";

const PAGE = 65536; // bytes

let compiled; // undefined: not tried; null: this host cannot

/** Whether this host runs WebAssembly SIMD; a page's security policy may forbid it, too. */
export function canRunWasm() {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.from(atob(KERNEL), (character) => character.charCodeAt(0)));
    } catch {
      compiled = null;
    }
  }
  return compiled !== null;
}

/** Kernels that work on a memory of this many float32. Places in it are counted in numbers. */
export function wasmKernel(size) {
  if (!canRunWasm()) throw new Error("this host cannot run WebAssembly SIMD");
  const pages = Math.ceil((4 * size) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { encode, layer, selu } = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
  return {
    memory: new Float32Array(memory.buffer, 0, size),
    encode: (q, octaves, points) => encode(4 * q, octaves, points),
    layer: (input, output, weights, width, blocks, points) => {
      layer(4 * input, 4 * output, 4 * weights, width, blocks, points);
    },
    selu: (values, channels, points) => selu(4 * values, channels, points),
  };
}
