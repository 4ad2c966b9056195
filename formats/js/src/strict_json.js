// JSON, with nothing in it that two readers could take differently (qaad-1.md, "Header").
import { check } from "./errors.js";

const DEEPEST = 4;
const LONGEST_WHOLE = 20; // characters
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null/y;
const NOT_FINITE = /-?Infinity|NaN/y;

/** A number that has a fraction or an exponent in the text. Whole numbers are plain numbers, or bigints beyond 2^53. */
export class Real {
  constructor(value) {
    this.value = value;
  }
}

/**
 * The value of a JSON text. Objects are Maps, numbers with a fraction or an exponent are `Real`.
 *
 * Refuses keys that are there twice, numbers that are not finite, whole numbers of more than 20 characters, and nesting
 * deeper than 4.
 */
export function parseStrictly(text) {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.skip(SPACE);
  check(parser.at === text.length, "header-json", () => `header: not JSON at character ${parser.at}`);
  return value;
}

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** Takes what the pattern finds here, or nothing. */
  skip(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }

  /** Takes this character, behind white space, if it is here. */
  skipCharacter(character) {
    this.skip(SPACE);
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  value(depth) {
    if (this.skipCharacter("{")) return this.object(this.deeper(depth));
    if (this.skipCharacter("[")) return this.array(this.deeper(depth));
    if (this.text[this.at] === '"') return this.string();
    const word = this.skip(WORD);
    return word === null ? this.number() : JSON.parse(word[0]);
  }

  deeper(depth) {
    check(depth < DEEPEST, "header-depth", `header: nests more than ${DEEPEST} deep`);
    return depth + 1;
  }

  object(depth) {
    const object = new Map();
    if (this.skipCharacter("}")) return object;
    do {
      this.skip(SPACE);
      const key = this.string();
      check(!object.has(key), "header-key-twice", () => `header: the key ${JSON.stringify(key)} is there twice`);
      this.need(":");
      object.set(key, this.value(depth));
    } while (this.skipCharacter(","));
    this.need("}");
    return object;
  }

  array(depth) {
    const array = [];
    if (this.skipCharacter("]")) return array;
    do array.push(this.value(depth));
    while (this.skipCharacter(","));
    this.need("]");
    return array;
  }

  need(character) {
    check(this.skipCharacter(character), "header-json", () => `header: no "${character}" at character ${this.at}`);
  }

  string() {
    const found = this.skip(STRING);
    check(found !== null, "header-json", () => `header: not JSON at character ${this.at}`);
    return JSON.parse(found[0]);
  }

  number() {
    const odd = this.skip(NOT_FINITE);
    check(odd === null, "header-number", () => `header: ${odd[0]} is not finite`);
    const found = this.skip(NUMBER);
    check(found !== null, "header-json", () => `header: not JSON at character ${this.at}`);
    const [text, fraction, exponent] = found;
    if (fraction === undefined && exponent === undefined) return whole(text);
    const value = Number(text);
    check(Number.isFinite(value), "header-number", () => `header: ${text} is not finite`);
    return new Real(value);
  }
}

function whole(text) {
  check(text.length <= LONGEST_WHOLE, "header-number", `header: a whole number of ${text.length} characters`);
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
}
