import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FetchLimits } from "../crawl/page.ts";
import type { Round } from "./round.ts";

/** What the process of `plain-main.ts` needs to know for a round. */
export interface RoundRequest {
  readonly maxFiles: number;
  readonly warmUpPages: number;
  readonly limits: FetchLimits;
}

/**
 * Runs rounds of the plain crawl in a process of its own.
 *
 * On Node 20 and 22 every promise of a process becomes slower once it has used an
 * AsyncLocalStorage, as corral does; beside corral the plain crawl would look worse than it is.
 */
export class PlainProcess implements Disposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param signal Ends the process when it aborts. */
  constructor(signal: AbortSignal) {
    const program = fileURLToPath(new URL("./plain-main.js", import.meta.url));
    this.#child = fork(program, { signal });
    this.#ended = once(this.#child, "exit").then(([code, killedBy]) => {
      throw new Error(`The process of the plain crawl has ended: ${killedBy ?? code}`);
    });
    // Only a round that is under way wants to know.
    this.#ended.catch(() => {});
  }

  /** Runs one round; one at a time. */
  async run(request: RoundRequest): Promise<Round> {
    this.#child.send(request);
    const [round] = await Promise.race([once(this.#child, "message"), this.#ended]);
    return round as Round;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
