import { sleep } from "corral";
import type { EngineRequest, HttpEngine } from "corral/http";

/** A request that a fake engine was given. */
export interface Sent extends EngineRequest {
  readonly url: string;
}

export interface Fake {
  readonly fetch: HttpEngine;
  /** All that were sent, in order. */
  readonly sent: Sent[];
  readonly active: number;
  readonly peak: number;
}

type Answer = (sent: Sent, number: number) => Response | Promise<Response>;

/** An engine without a network. A request is active until its answer is there. */
export function fake(answer: Answer): Fake {
  const sent: Sent[] = [];
  let active = 0;
  let peak = 0;
  return {
    sent,
    get active() {
      return active;
    },
    get peak() {
      return peak;
    },
    fetch: async (url, request) => {
      const one = { ...request, url };
      sent.push(one);
      peak = Math.max(peak, ++active);
      try {
        return await answer(one, sent.length);
      } finally {
        active--;
      }
    },
  };
}

/** A response after so many milliseconds, on the clock of the library. */
export async function late(sent: Sent, ms: number, body = "late"): Promise<Response> {
  await sleep(ms, { signal: sent.signal });
  return new Response(body);
}

/** A body whose chunks come after so many milliseconds each; `fails` is what it breaks off with. */
export function slowBody(
  sent: Sent,
  chunks: readonly (readonly [ms: number, text: string])[],
  fails?: unknown,
): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = chunks[next++];
        if (chunk === undefined) {
          if (fails === undefined) controller.close();
          else controller.error(fails);
          return;
        }
        await sleep(chunk[0], { signal: sent.signal });
        controller.enqueue(new TextEncoder().encode(chunk[1]));
      },
    },
    { highWaterMark: 0 },
  );
}

/** What `promise` rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected it to reject");
}
