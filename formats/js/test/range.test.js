// Archives that are read in parts.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { open, openRange, openUrl } from "../qaad.js";
import { crc32 } from "../src/crc32.js";
import { faultOf, golden, VECTORS } from "./files.js";

/** A function that reads parts of a file, and notes which. */
function reader(bytes) {
  const asked = [];
  const read = async (offset, length) => {
    asked.push([offset, length]);
    return bytes.slice(offset, offset + length);
  };
  return { read, asked };
}

/** The file with an ancillary section of `length` bytes in front, so that a part of it does not hold all. */
function padded(bytes, length) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const table = 20 + view.getUint32(12, true);
  const count = view.getUint16(table, true);
  const head = bytes.subarray(0, table);
  const entries = bytes.subarray(table + 2, table + 2 + 18 * count);
  const rest = bytes.subarray(table + 2 + 18 * count + 4, bytes.length - 12);
  const made = new Uint8Array(bytes.length + 18 + length);
  const madeView = new DataView(made.buffer);
  made.set(head);
  madeView.setUint16(table, count + 1, true);
  made.set(new TextEncoder().encode("fill"), table + 2);
  madeView.setBigUint64(table + 8, BigInt(length), true);
  madeView.setUint32(table + 16, crc32(new Uint8Array(length)), true);
  made.set(entries, table + 20);
  const end = table + 20 + 18 * count;
  madeView.setUint32(end, crc32(made.subarray(table, end)), true);
  made.set(rest, end + 4 + length);
  madeView.setBigUint64(made.length - 12, BigInt(made.length), true);
  made.set(bytes.subarray(bytes.length - 4), made.length - 4);
  return made;
}

const LARGE = 1 << 17;

for (const { file, valid, clouds } of VECTORS.filter(({ valid }) => valid)) {
  test(`${file} in parts is ${file} as a whole`, async () => {
    const whole = open(golden(file));
    const { read, asked } = reader(padded(golden(file), LARGE));
    const parts = await openRange(read);
    assert.deepEqual(parts.names, whole.names);
    for (const index of Object.keys(clouds).map(Number)) {
      if (!parts.loaded(index)) assert.throws(() => parts.decode(index), /await load/);
      await parts.load(index);
      assert.ok(parts.loaded(index));
      assert.deepEqual(parts.decode(index), whole.decode(index));
      assert.deepEqual(parts.pose(index), whole.pose(index));
    }
    const before = asked.length;
    await parts.load(...Object.keys(clouds).map(Number));
    assert.equal(asked.length, before, "nothing is read twice");
    assert.ok(
      asked.slice(1).reduce((sum, [, length]) => sum + length, 0) < golden(file).length,
      "no more than is needed",
    );
    parts.verify();
  });
}

test("a block of latents and a group of poses are read when their cloud is asked for", async () => {
  const { read, asked } = reader(padded(golden("poses-groups.qaad"), LARGE));
  const archive = await openRange(read);
  await archive.load(0);
  assert.deepEqual([archive.loaded(63), archive.loaded(64)], [true, false]);
  const before = asked.length;
  await archive.load(64);
  assert.equal(asked.length - before, 2);
  assert.deepEqual([archive.loaded(63), archive.loaded(64)], [true, true]);
});

test("a small file is read at once", async () => {
  const { read, asked } = reader(golden("minimal.qaad"));
  const archive = await openRange(read);
  assert.equal(asked.length, 1);
  assert.ok(archive.loaded(1));
});

for (const { file } of VECTORS.filter(({ valid }) => !valid)) {
  test(`${file} in parts is refused`, async () => {
    const fault = faultOf(file);
    await assert.rejects(
      openRange(reader(golden(file)).read).then((archive) => archive.verify()),
      { code: fault },
    );
  });
}

test("damage is noticed where it is read, and a file that ends or goes on behind its end at once", async () => {
  const whole = padded(golden("poses-groups.qaad"), LARGE);
  const opened = (bytes) => openRange(reader(bytes).read);
  await assert.rejects(opened(whole.subarray(0, whole.length - 1)), { code: "truncated" });
  await assert.rejects(opened(whole.subarray(0, LARGE)), { code: "truncated" });
  await assert.rejects(opened(Uint8Array.from({ length: whole.length + 1 }, (_, i) => whole[i] ?? 0)), {
    code: "appended",
  });
  const { sections } = (await opened(whole)).summary;
  const at = (tag) => sections.find((section) => section.tag === tag);
  const flipped = (byte) => Uint8Array.from(whole, (value, i) => (i === byte ? value ^ 1 : value));
  await assert.rejects(opened(flipped(at("NAME").start)), { code: "section-crc" });
  await assert.rejects(opened(flipped(at("LATS").start + 8)), { code: "latents-crc" });
  for (const [byte, index, code] of [
    [at("WGTS").start, 0, "section-crc"],
    [at("INPT").start, 0, "section-crc"],
    [at("LATS").start + at("LATS").bytes - 1, 69, "block-crc"],
    [at("POSE").start + at("POSE").bytes - 9, 69, "poses-crc"],
  ]) {
    const archive = await opened(flipped(byte));
    await archive.load(0, 69);
    assert.throws(() => archive.decode(index), { code });
  }
});

test("by range requests, from servers that know them and from those that do not", async () => {
  const bytes = padded(golden("blocks.qaad"), LARGE);
  const server = createServer((request, response) => {
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range);
    if (request.url === "/missing") response.writeHead(404).end();
    else if (request.url === "/plain") response.writeHead(200).end(bytes);
    else if (Number(range[1]) >= bytes.length) response.writeHead(416).end();
    else response.writeHead(206).end(bytes.subarray(Number(range[1]), Number(range[2]) + 1));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = (path) => `http://127.0.0.1:${server.address().port}${path}`;
  try {
    const expected = open(golden("blocks.qaad")).decode(69);
    for (const path of ["/ranges", "/plain"]) {
      const archive = await openUrl(url(path));
      await archive.load(69);
      assert.deepEqual(archive.decode(69), expected);
    }
    await assert.rejects(openUrl(url("/missing")), /404/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
