import { checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { isOurs } from "../cancel/ownership.ts";
import { textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { waitTree } from "../cancel/wait-tree.ts";
import { failuresOf } from "./failures.ts";

export interface MainOptions {
  /** Which signals stop the program; SIGINT and SIGTERM by default. */
  signals?: readonly string[] | undefined;
  /** How long a stopped program may take to clean up; 10 s by default. */
  graceMs?: number | undefined;
}

/** What `main` uses of `process`, where there is one. */
interface Process {
  exitCode?: number | string | null | undefined;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  exit(code: number): void;
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
};

/** A grace that no platform timer can take has no bound. */
const LONGEST_MS = 2 ** 31 - 1;

/** Node's code for a program whose last wait nobody can end. */
const UNSETTLED = 13;

let running = false;

function print(failure: unknown): void {
  try {
    console.error(failure);
  } catch {
    console.error(textOf(failure));
  }
}

/** A program under way: its scope, and how it is stopped. */
class Program {
  readonly scope: CancelScope = new CancelScope({ name: "main" });
  readonly #process: Process | undefined;
  readonly #graceMs: number;
  readonly #listeners = new Map<string, () => void>();
  #stop: { readonly signal: string; readonly timer: unknown } | undefined;

  constructor(process: Process | undefined, signals: readonly string[], graceMs: number) {
    this.#process = process;
    this.#graceMs = graceMs;
    try {
      for (const signal of new Set(signals)) this.#listen(signal, () => this.#interrupt(signal));
      this.#listen("beforeExit", () => this.#starve());
    } catch (error) {
      // A signal that the platform does not let a program catch.
      this.#unlisten();
      throw error;
    }
  }

  #listen(event: string, listener: () => void): void {
    this.#process?.on(event, listener);
    this.#listeners.set(event, listener);
  }

  #unlisten(): void {
    for (const [event, listener] of this.#listeners) this.#process?.off(event, listener);
  }

  static #code(signal: string): number {
    return 128 + (signalNumbers[signal] ?? 0);
  }

  /** The first signal cancels and gives time to clean up, the second does not. */
  #interrupt(signal: string): void {
    if (this.#stop !== undefined) {
      this.#abandon(`A second signal (${signal})`, Program.#code(signal));
      return;
    }
    const late = (): void =>
      this.#abandon(`Not ended ${this.#graceMs} ms after ${signal}`, Program.#code(signal));
    const timer = this.#graceMs > LONGEST_MS ? undefined : setTimeout(late, this.#graceMs);
    this.#stop = { signal, timer };
    this.scope.cancel(signal);
  }

  /** Nothing is left that could wake the program, and yet it has not ended. */
  #starve(): void {
    this.#abandon("Deadlock: nothing can end these waits", UNSETTLED);
  }

  #abandon(why: string, code: number): void {
    console.error(`${why}:\n${waitTree(this.scope)}`);
    this.#process?.exit(code);
  }

  ended(failed: boolean, error: unknown): void {
    this.#unlisten();
    clearTimeout(this.#stop?.timer as number | undefined);
    if (!failed && this.#stop === undefined) return;
    const stopped = this.#stop !== undefined && (!failed || isOurs(this.scope, error));
    if (this.#process !== undefined) {
      this.#process.exitCode = stopped ? Program.#code(this.#stop!.signal) : 1;
    }
    if (!stopped) for (const failure of failuresOf(error)) print(failure);
  }
}

/**
 * Runs a program: `fn` in a scope of its own, from its start to an exit code.
 *
 * The first SIGINT or SIGTERM cancels the scope, with the signal's name as the reason, and the program
 * has `graceMs` to clean up; then, or at a second signal, it exits, and what is left behind is printed
 * as a tree. The exit code is 0, 1 if `fn` failed (all failures are printed), 128 and the signal's
 * number if it was stopped, 13 if it waits for something that nobody can end. Listeners are taken away
 * at the end. The library works without it.
 *
 * @returns A promise that never rejects: the outcome is in the exit code. It resolves to what `fn`
 * returns, to `undefined` if it failed.
 * @throws {TypeError} If a program is running already.
 */
export function main<T>(
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options?: MainOptions,
): Promise<T | undefined> {
  try {
    checkFunction("run a program", "fn", fn);
    checkOptions("run a program", options);
    const { signals = ["SIGINT", "SIGTERM"], graceMs = 10_000 } = options ?? {};
    checkMs("run a program", "graceMs", graceMs);
    if (!Array.isArray(signals) || !signals.every((signal) => /^SIG[A-Z0-9]+$/.test(signal))) {
      throw new TypeError(
        `Cannot run a program: "signals" must be an array of signal names, received ${seen(signals)}`,
      );
    }
    if (running) throw new TypeError("Cannot run a program: expected none, received one that runs");
    const { process } = globalThis as { process?: Process };
    const program = new Program(process, signals, graceMs);
    running = true;
    return program.scope.run(fn).then(
      (value) => {
        running = false;
        program.ended(false, undefined);
        return value;
      },
      (error: unknown) => {
        running = false;
        program.ended(true, error);
        return undefined;
      },
    );
  } catch (error) {
    return Promise.reject(error);
  }
}
