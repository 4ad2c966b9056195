// The frame and the header: what the golden files do not show.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../qaad.js";
import { crc32 } from "../src/crc32.js";
import { parseStrictly, Real } from "../src/strict_json.js";
import { golden } from "./files.js";

const refused = (code) => (error) => error.code === code;

/** A golden file, changed by `change(bytes, view, table)`; the CRC-32s of header and table are made to fit. */
function changed(file, change) {
  const bytes = golden(file);
  const view = new DataView(bytes.buffer);
  const table = 20 + view.getUint32(12, true);
  change(bytes, view, table);
  view.setUint32(16, crc32(bytes.subarray(0, 16), bytes.subarray(20, table)), true);
  const end = table + 2 + 18 * view.getUint16(table, true);
  view.setUint32(end, crc32(bytes.subarray(table, end)), true);
  return bytes;
}

test("CRC-32 of the check string", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new TextEncoder().encode("1234"), new TextEncoder().encode("56789")), 0xcbf43926);
});

test("every cut and every changed byte is noticed", () => {
  for (const file of ["extended.qaad", "entropy-extended.qaad", "poses-extended.qaad"]) {
    const whole = golden(file);
    for (let i = 0; i < whole.length; i++) {
      assert.throws(() => open(whole.subarray(0, i)), { name: "QaadError" });
      for (const mask of [0x01, 0x80, 0xff, 0x20]) {
        whole[i] ^= mask;
        assert.throws(() => open(whole), { name: "QaadError" }, `byte ${i}`);
        whole[i] ^= mask;
      }
    }
    open(whole);
  }
});

test("a tag that is not four letters is refused", () => {
  for (const byte of [0x31, 0x20, 0xe9, 0]) {
    const bytes = changed("minimal.qaad", (bytes, _, table) => (bytes[table + 4] = byte));
    assert.throws(() => open(bytes), refused("tag"));
  }
});

test("tags are not looked up among what objects inherit", () => {
  const bytes = changed("ancillary.qaad", (bytes, _, table) => bytes.set(new TextEncoder().encode("keys"), table + 2));
  assert.equal(open(bytes).summary.sections[0].tag, "keys");
});

test("a higher minor version is read", () => {
  const bytes = changed("minimal.qaad", (bytes) => (bytes[10] = 7));
  assert.deepEqual(open(bytes).summary.version, [1, 7]);
});

test("lengths beyond the file are refused, however large", () => {
  for (const length of [10n ** 6n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    const bytes = changed("minimal.qaad", (_, view, table) => view.setBigUint64(table + 8, length, true));
    assert.throws(() => open(bytes), refused("truncated"));
  }
});

test("bytes in a larger buffer, and a copy of them as an ArrayBuffer, are the same", () => {
  const whole = golden("entropy.qaad");
  const larger = new Uint8Array(whole.length + 7);
  larger.set(whole, 5);
  const { positions } = open(whole).decode(1);
  assert.deepEqual(open(larger.subarray(5, 5 + whole.length)).decode(1).positions, positions);
  assert.deepEqual(
    open(whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length)).decode(1).positions,
    positions,
  );
  assert.throws(() => open("entropy.qaad"), TypeError);
});

test("strict JSON: values", () => {
  const value = parseStrictly(
    ' {"a\\u0062":[1,-2.5,true,null,"x\\n\\ud83d\\ude00"],"__proto__":{"n":12345678901234567890}} ',
  );
  assert.deepEqual([...value.keys()], ["ab", "__proto__"]);
  assert.deepEqual(value.get("ab"), [1, new Real(-2.5), true, null, "x\n😀"]);
  assert.equal(value.get("__proto__").get("n"), 12345678901234567890n);
  assert.deepEqual(parseStrictly("1e2"), new Real(100));
  assert.deepEqual(parseStrictly("[[[[]]]]"), [[[[]]]]);
});

test("strict JSON: refusals", () => {
  const cases = {
    "header-json": [
      "",
      "{",
      "[1,]",
      '{"a":1,}',
      "01",
      "1.",
      ".5",
      "+1",
      "tru",
      "'a'",
      '"\t"',
      '"\\x"',
      "1 2",
      "{1:2}",
      "[1 2]",
    ],
    "header-number": [
      "NaN",
      "-Infinity",
      "[Infinity]",
      "1e999",
      "-1e999",
      "123456789012345678901",
      "-12345678901234567890",
    ],
    "header-depth": ["[[[[[]]]]]", '[[[[{"a":1}]]]]'],
    "header-key-twice": ['{"a":1,"\\u0061":2}', '[{"b":{"c":1,"c":1}}]'],
  };
  for (const [code, texts] of Object.entries(cases)) {
    for (const text of texts) assert.throws(() => parseStrictly(text), refused(code), text);
  }
});
