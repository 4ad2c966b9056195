// What an opened archive offers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mixPoses, open } from "../qaad.js";
import { placed } from "../src/placing.js";
import { golden, VECTORS } from "./files.js";

const near = (actual, expected, most = 1e-12) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((x, i) => assert.ok(Math.abs(x - expected[i]) <= most, `${i}: ${x}, not ${expected[i]}`));
};

test("the summary", () => {
  const { summary } = open(golden("poses.qaad"));
  const { sections, ...rest } = summary;
  assert.deepEqual(rest, {
    version: [1, 0],
    bytes: golden("poses.qaad").length,
    clouds: 2,
    points: 6,
    patches: 2,
    dtype: "float32",
    offset: [1, -2, 0.5],
    scale: 2,
    bounds: [
      [-1, -4, -1],
      [3, 0, 2],
    ],
    network: {
      latentSize: 2,
      patches: 2,
      sharedWidths: [4],
      headWidths: [3],
      fourierOctaves: 1,
      film: true,
      displacement: true,
    },
    weights: 4 * 9 + 4 + 4 * 2 * 2 + 2 * (3 * 7 + 3) + 2 * (3 * 3 + 3),
    poses: "similarity",
    writer: "make.py",
    preset: "",
    errors: {},
  });
  assert.deepEqual(
    sections.map(({ tag, codingName }) => [tag, codingName]),
    [
      ["WGTS", "uniform"],
      ["INPT", "uniform"],
      ["LATS", "uniform"],
      ["POSE", "poses"],
      ["NAME", "deflate"],
    ],
  );
});

test("what is known of a cloud", () => {
  const archive = open(golden("extended.qaad"));
  assert.deepEqual(archive.info(3), { index: 3, name: "点群", points: 70000, bytes: 3.5 });
  assert.equal(archive.count, 4);
  assert.throws(() => archive.info(4), /no cloud 4: the archive has clouds 0 to 3/);
  for (const index of [-1, 0.5, NaN, "0"]) assert.throws(() => archive.decode(index), RangeError);
});

test("a level of detail has the rows ⌊(i + 0.5) M / m⌋ of the whole cloud", () => {
  for (const { file, clouds } of VECTORS.filter(({ valid }) => valid)) {
    const archive = open(golden(file));
    const index = Number(Object.keys(clouds)[0]);
    const whole = archive.decode(index);
    for (let points = 1; points <= archive.summary.points; points++) {
      const part = archive.decode(index, { points });
      const rows = Array.from({ length: points }, (_, i) => Math.floor(((i + 0.5) * archive.summary.points) / points));
      assert.deepEqual([...part.rows], rows);
      assert.deepEqual(
        [...part.patches],
        rows.map((row) => whole.patches[row]),
      );
      rows.forEach((row, i) => {
        assert.deepEqual(part.positions.slice(3 * i, 3 * i + 3), whole.positions.slice(3 * row, 3 * row + 3));
      });
    }
  }
  assert.throws(() => open(golden("minimal.qaad")).decode(0, { points: 7 }), /7 points, and may be 1 to 6/);
});

test("the first patches have a row more than the others", () => {
  assert.deepEqual([...open(golden("uneven-patches.qaad")).decode(0).patches], [0, 0, 0, 1, 1, 2, 2]);
});

test("a latent that an archive has gives its cloud, with its pose and without", () => {
  for (const file of ["entropy-extended.qaad", "poses-extended.qaad"]) {
    const archive = open(golden(file));
    for (let index = 0; index < archive.count; index++) {
      const [latent, pose] = [archive.latent(index), archive.pose(index)];
      assert.deepEqual(archive.decodeLatent(latent, { pose }), archive.decode(index));
      assert.deepEqual(archive.decodeLatent([...latent]), archive.decode(index, { aligned: true }));
      latent.fill(9); // a copy
      assert.notDeepEqual(archive.latent(index), latent);
    }
    assert.throws(() => archive.decodeLatent([1]), /a latent of 1 numbers, and the archive's have 2/);
  }
});

test("an unknown kernel is refused", () => {
  assert.throws(() => open(golden("minimal.qaad"), { kernel: "gpu" }), /the kernel is gpu/);
});

/** Where a pose puts a point, without scale and offset of an archive. */
const moved = (point, pose) => [...placed(point, pose, { scale: 1, offset: [0, 0, 0], dtype: "float64" })];

test("the pose of the specification doubles, turns about the z axis and shifts", () => {
  const pose = { scale: 2, turn: [0, 0, 1], shift: [5, -1, 0] };
  near(moved([1, 0, 3], pose), [5 + 2 * Math.cos(1), -1 + 2 * Math.sin(1), 6]);
  near(moved([1, 0, 3], null), [1, 0, 3], 0);
});

test("mixed poses: from one to the other, by equal steps of the turn, the scale and the shift", () => {
  const a = { scale: 0.5, turn: [0.3, -0.2, 1.4], shift: [1, 2, 3] };
  const b = { scale: 2, turn: [-2.9, 0.4, 0.1], shift: [-1, 0, 5] };
  const point = [0.3, -0.7, 1.1];
  near(moved(point, mixPoses(a, b, 0)), moved(point, a));
  near(moved(point, mixPoses(a, b, 1)), moved(point, b));
  near(moved(point, mixPoses(a, b, 0.25)), moved(point, mixPoses(b, a, 0.75)));
  near(moved(point, mixPoses(a, mixPoses(a, b, 0.5), 0.5)), moved(point, mixPoses(a, b, 0.25)));
  const half = mixPoses(a, b, 0.5);
  near([half.scale, ...half.shift], [1, 0, 1, 4]);
  const axis = { scale: 1, turn: [0, 0, 3], shift: [0, 0, 0] };
  const across = { ...axis, turn: [0, 0, -3] }; // the shortest way is through half a turn
  near(mixPoses(axis, across, 0.5).turn.map(Math.abs), [0, 0, Math.PI]);
});
