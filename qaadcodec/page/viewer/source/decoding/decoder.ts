/** The page's side of the decoder: a worker where the browser allows one, or else the page itself. */

import type { Calls, Name, Reply, Request } from "./protocol.js";
import { Service } from "./service.js";

export interface Decoder {
  /** Whether decoding leaves the page free to go on. */
  readonly aside: boolean;
  /** Asks for something; rejects with an Error whose message says what was wrong. */
  call<K extends Name>(name: K, argument: Calls[K][0]): Promise<Calls[K][1]>;
}

/** A decoder in a worker that runs `script`; in the page where there can be no such worker. */
export async function decoderFor(script: string): Promise<Decoder> {
  try {
    return await WorkerDecoder.start(script);
  } catch {
    return new PageDecoder();
  }
}

class PageDecoder implements Decoder {
  readonly aside = false;
  private readonly service = new Service();

  async call<K extends Name>(name: K, argument: Calls[K][0]): Promise<Calls[K][1]> {
    await new Promise((done) => setTimeout(done)); // what was said before is drawn first
    return this.service.call(name, argument);
  }
}

interface Waiting {
  done(value: unknown): void;
  failed(problem: Error): void;
}

class WorkerDecoder implements Decoder {
  readonly aside = true;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("problem" in data) waiting?.failed(new Error(data.problem));
      else waiting?.done(data.value);
    };
    worker.onerror = (event) => this.failed(event.message || "the decoder could not start");
  }

  /** Rejects where the browser refuses the worker, which some tell by an exception and some by an event. */
  static async start(script: string): Promise<WorkerDecoder> {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    try {
      const decoder = new WorkerDecoder(new Worker(url));
      await decoder.call("ready", null);
      return decoder;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  call<K extends Name>(name: K, argument: Calls[K][0]): Promise<Calls[K][1]> {
    const id = ++this.last;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done: done as Waiting["done"], failed });
      this.worker.postMessage({ id, name, argument } satisfies Request<K>);
    });
  }

  private failed(problem: string): void {
    for (const waiting of this.waiting.values()) waiting.failed(new Error(problem));
    this.waiting.clear();
  }
}
