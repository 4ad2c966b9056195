// What is wrong with a file.

/** The bytes are not a whole, undamaged archive that this decoder knows; `code` is one of `Fault` in qaad.d.ts. */
export class QaadError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "QaadError";
    this.code = code;
  }
}

/** Refuses the file unless all is good. `message` says the place and the numbers, or is a function that does. */
export function check(good, code, message) {
  if (!good) throw new QaadError(code, typeof message === "function" ? message() : message);
}
