/** Numbers and faults as people read them. */

/** 16384 as `16 384`, with a blank that does not break. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

/** Three significant digits: 0.00149 as `0.00149`, 1e-7 as `1e-7`. */
export function short(number: number): string {
  return String(Number(number.toPrecision(3)));
}

/** What an exception says, in words that stand in a sentence. */
export function saying(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
