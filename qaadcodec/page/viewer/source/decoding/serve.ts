/** In a worker: answers the messages of the page. */

import type { Reply, Request } from "./protocol.js";
import { Service } from "./service.js";
import { saying } from "../text.js";

/** The part of a worker's global scope that is used. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply, transfer: Transferable[]): void;
}

/** Answers every request. Arrays that were made for an answer move to the page; they are not copied. */
export function serve(): void {
  const scope = globalThis as unknown as Scope;
  const service = new Service();
  scope.onmessage = async ({ data: { id, name, argument } }) => {
    try {
      const value = await service.call(name, argument);
      scope.postMessage({ id, value }, typeof value === "object" && name !== "open" ? buffersOf(value) : []);
    } catch (error) {
      scope.postMessage({ id, problem: saying(error) }, []);
    }
  };
}

function buffersOf(value: object): Transferable[] {
  const arrays = [value, ...Object.values(value)].filter((part) => ArrayBuffer.isView(part));
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}
