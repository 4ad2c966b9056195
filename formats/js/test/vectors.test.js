// Every golden file is read as vectors.json says, or refused for its fault.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { open, QaadError } from "../qaad.js";
import { FAULTS, faultOf, golden, VECTORS } from "./files.js";

const TOLERANCE = 2 ** -12; // of the scale: qaad-1.md, "Tolerance"
const SPACING = { float32: 2 ** -23, float64: 2 ** -52 }; // relative

for (const { file, names, counts, clouds } of VECTORS.filter(({ valid }) => valid)) {
  for (const kernel of ["wasm", "plain"]) {
    test(`${file} decodes to its points with ${kernel}`, () => {
      const archive = open(golden(file), { kernel });
      assert.equal(archive.kernel, kernel);
      assert.deepEqual(archive.names, names);
      assert.deepEqual(
        names.map((_, i) => archive.info(i).points),
        counts,
      );
      archive.verify();
      const { scale, dtype, points } = archive.summary;
      for (const [index, expected] of Object.entries(clouds)) {
        const size = archive.pose(Number(index))?.scale ?? 1;
        const { positions } = archive.decode(Number(index));
        assert.equal(positions.constructor, dtype === "float32" ? Float32Array : Float64Array);
        assert.equal(positions.length, 3 * points);
        expected.flat().forEach((x, i) => {
          const most = TOLERANCE * scale * size + Math.abs(x) * SPACING[dtype];
          assert.ok(Math.abs(positions[i] - x) <= most, `number ${i} of cloud ${index}: ${positions[i]}, not ${x}`);
        });
      }
    });
  }
}

for (const { file } of VECTORS.filter(({ valid }) => !valid)) {
  test(`${file} is refused`, () => {
    const fault = faultOf(file);
    assert.throws(
      () => open(golden(file)).verify(),
      (error) => error instanceof QaadError && error.code === fault && error.message.length > 0,
    );
  });
}

test("the faults of the types are those of the golden files, and one that none has", () => {
  const types = readFileSync(new URL("../qaad.d.ts", import.meta.url), "utf8");
  const union = types.slice(types.indexOf("type Fault ="), types.indexOf(";", types.indexOf("type Fault =")));
  const declared = [...union.matchAll(/"([a-z0-9-]+)"/g)].map(([, fault]) => fault);
  assert.deepEqual(declared.toSorted(), [...FAULTS, "tag"].toSorted());
});
