// The kernels in WebAssembly give what those in plain JavaScript give.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { kernelModule } from "../build.js";
import { Decoder } from "../src/network/decoder.js";
import { packedSize, packLayer, STRIDE, TILE } from "../src/network/layout.js";
import { plainKernel } from "../src/network/plain.js";
import { sizeOf, tensorShapes } from "../src/network/tensors.js";
import { wasmKernel } from "../src/network/wasm.js";
import { random } from "./random.js";

/** Both kinds of kernels, with the same numbers in their memories. */
function both(size, fill) {
  const kernels = [plainKernel(size), wasmKernel(size)];
  for (const { memory } of kernels) {
    assert.equal(memory.length, size);
    fill(memory);
  }
  return kernels;
}

/** Asserts that channels of two memories are alike, for the first `points` points: |a - b| ≤ most · max(1, |a|). */
function alike([plain, wasm], { at, channels, points, most }) {
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < points; i++) {
      const place = at + channel * STRIDE + i;
      const [a, b] = [plain.memory[place], wasm.memory[place]];
      assert.ok(Math.abs(a - b) <= most * Math.max(1, Math.abs(a)), `channel ${channel}, point ${i}: ${a} and ${b}`);
    }
  }
}

test("sines and cosines, of all octaves", () => {
  const draw = random(1);
  const values = Float32Array.from({ length: 3 * STRIDE }, () => 4 * draw() - 2);
  values.set([0, -0, 0.5, -0.5, 1, -1, 0.25, 2 ** -20, 1.5, -1.75]);
  const kernels = both(99 * STRIDE, (memory) => memory.set(values));
  for (const kernel of kernels) kernel.encode(0, 16, TILE);
  alike(kernels, { at: 0, channels: 99, points: TILE, most: 2 ** -22 });
  const known = kernels[1].memory.subarray(3 * STRIDE, 3 * STRIDE + 6); // sines of 0, -0, π / 2, -π / 2, π, -π
  assert.deepEqual(
    [...known].map((x) => Math.round(x) + 0),
    [0, 0, 1, -1, 0, 0],
  );
});

test("layers of any width, for any number of points from any of a tile", () => {
  for (const [width, out, points, first] of [
    [1, 1, 1, 0],
    [3, 4, 32, 0],
    [9, 5, 31, 1],
    [39, 224, 32, 0],
    [115, 3, 7, 25],
  ]) {
    const draw = random(width);
    const normal = () => (draw() + draw() + draw() - 1.5) * 2;
    const weight = Float32Array.from({ length: out * width }, () => normal() / Math.sqrt(width));
    const bias = Float32Array.from({ length: out }, normal);
    const input = Float32Array.from({ length: width * STRIDE }, normal);
    const [output, weights] = [width * STRIDE, (width + out + 4) * STRIDE];
    const kernels = both(weights + packedSize(out, width), (memory) => {
      memory.set(input);
      packLayer(memory, weights, { weight, bias, factors: null });
    });
    for (const kernel of kernels) kernel.layer(first, output, weights, width, Math.ceil(out / 4), points);
    alike(kernels, { at: output, channels: out, points, most: 2 ** -20 });
    const expected =
      bias[out - 1] + weight.subarray(-width).reduce((sum, w, k) => sum + w * input[k * STRIDE + first], 0);
    assert.ok(Math.abs(kernels[0].memory[output + (out - 1) * STRIDE] - expected) < 2 ** -20);
  }
});

test("SELU, from where it is flat to where it is steep", () => {
  const draw = random(2);
  const values = Float32Array.from({ length: 20 * STRIDE }, () => (draw() < 0.1 ? 1 : -1) * 2 ** (40 * draw() - 33));
  values.set([0, -0, -87, -88, -1e30, 1e30, -(2 ** -25)]);
  const kernels = both(20 * STRIDE, (memory) => memory.set(values));
  for (const kernel of kernels) kernel.selu(0, 20, TILE);
  alike(kernels, { at: 0, channels: 20, points: TILE, most: 2 ** -22 });
});

test("networks of many shapes", () => {
  for (const [i, network] of [
    {
      latentSize: 3,
      patches: 1,
      sharedWidths: [5],
      headWidths: [],
      fourierOctaves: 0,
      film: false,
      displacement: false,
    },
    {
      latentSize: 8,
      patches: 7,
      sharedWidths: [33, 16, 9],
      headWidths: [6, 5, 4],
      fourierOctaves: 4,
      film: true,
      displacement: true,
    },
    {
      latentSize: 2,
      patches: 100,
      sharedWidths: [12, 12],
      headWidths: [31],
      fourierOctaves: 8,
      film: true,
      displacement: true,
    },
  ].entries()) {
    const draw = random(10 + i);
    const normal = () => (draw() + draw() + draw() - 1.5) * 2;
    const weights = Object.fromEntries(
      tensorShapes(network).map(({ name, shape }) => {
        return [name, Float32Array.from({ length: sizeOf(shape) }, () => normal() / Math.sqrt(shape.at(-1)))];
      }),
    );
    const points = 150;
    const q = Float32Array.from({ length: 3 * points }, () => 2 * draw() - 1);
    const patches = Uint16Array.from({ length: points }, (_, row) => Math.floor((row * network.patches) / points));
    const latent = Float32Array.from({ length: network.latentSize }, normal);
    const rows = Uint32Array.from({ length: points }, (_, row) => row);
    const [plain, wasm] = [plainKernel, wasmKernel].map((make) => {
      return new Decoder(make, { network, weights, q, patches }).decode(latent, rows);
    });
    plain.forEach((x, at) => assert.ok(Math.abs(x - wasm[at]) < 2 ** -17, `${x} and ${wasm[at]}`));
    const exact = fold(network, weights, Float64Array.of(q[7], q[points + 7], q[2 * points + 7]), latent, patches[7]);
    exact.forEach((x, axis) => assert.ok(Math.abs(x - plain[21 + axis]) < 2 ** -17, `${x} and ${plain[21 + axis]}`));
  }
});

/** The network of qaad-1.md, "Decoding", for one point, in float64 and as it stands there. */
function fold(network, weights, q, z, patch) {
  const times = (name, vector, from = 0, out = weights[name].length / vector.length) =>
    Array.from({ length: out }, (_, r) =>
      vector.reduce((sum, x, c) => sum + weights[name][(from + r) * vector.length + c] * x, 0),
    );
  const selu = (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));
  let h = [...q];
  for (let j = 0; j < network.fourierOctaves; j++) {
    h.push(...q.map((x) => Math.sin(Math.PI * 2 ** j * x)), ...q.map((x) => Math.cos(Math.PI * 2 ** j * x)));
  }
  network.sharedWidths.forEach((_, i) => {
    const scale = weights[`shared.${i}.scale`] && times(`shared.${i}.scale`, z);
    const shift = weights[`shared.${i}.shift`] && times(`shared.${i}.shift`, z);
    const bias = weights[`shared.${i}.bias`];
    h = times(`shared.${i}.weight`, h).map((x, r) => selu((1 + (scale?.[r] ?? 0)) * (x + bias[r]) + (shift?.[r] ?? 0)));
  });
  let f = [...h, ...q];
  [...network.headWidths, 3].forEach((out, j, { length }) => {
    const bias = weights[`head.${j}.bias`];
    f = times(`head.${j}.weight`, f, patch * out, out).map((x, r) => x + bias[patch * out + r]);
    if (j < length - 1) f = f.map(selu);
  });
  return network.displacement ? f.map((x, i) => x + q[i]) : f;
}

test("the WebAssembly is what assembly/kernel.ts gives", async (context) => {
  let built;
  try {
    built = await kernelModule();
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return context.skip("the modules that build it are not installed: npm ci");
  }
  assert.equal(await readFile(new URL("../src/network/kernel_wasm.js", import.meta.url), "utf8"), built);
});

test("the WebAssembly is small enough to be compiled at once, and imports nothing but memory", async () => {
  const { KERNEL } = await import("../src/network/kernel_wasm.js");
  const bytes = Buffer.from(KERNEL, "base64");
  assert.ok(bytes.length < 4096, `${bytes.length} bytes`); // what browsers compile synchronously
  assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), [
    { module: "env", name: "memory", kind: "memory" },
  ]);
});
