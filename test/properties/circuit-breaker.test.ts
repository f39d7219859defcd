import fc from "fast-check";
import { expect, test } from "vitest";
import { type CancelScope, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import type { CircuitBreakerOptions, CircuitState } from "../../src/resilience/breaker-options.ts";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";
import { deferred, type Deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { agree, type Command, command } from "./command.ts";

type End = "success" | "failure" | "no failure" | "cancelled";
type Setting = CircuitBreakerOptions & { readonly probes: number };

/** The circuit as a list of all that has happened, which is gone through anew for each question. */
class NaiveCircuit {
  readonly setting: Setting;
  /** Counts the states that it was in: who was let in by one does not count in another. */
  age = 0;
  kind: CircuitState = "closed";
  openedAt = 0;
  /** How the calls of this state have ended, and when. */
  ended: { readonly failed: boolean; readonly at: number }[] = [];
  readonly running: number[] = [];
  rejected = 0;
  readonly changes: string[] = [];

  constructor(setting: Setting) {
    this.setting = setting;
  }

  /** What counts in a closed circuit. */
  remembered(): { readonly failed: boolean }[] {
    const { failures, count, windowMs } = this.setting as {
      failures?: number;
      count?: number;
      windowMs?: number;
    };
    if (count !== undefined) return this.ended.slice(-count);
    if (windowMs !== undefined) {
      const slice = (at: number): number => Math.floor(at / (windowMs / 10));
      return this.ended.filter(({ at }) => slice(at) > slice(now()) - 10);
    }
    if (failures === undefined) throw new Error("no setting");
    const turn = this.ended.findLastIndex(({ failed }) => failed !== this.ended.at(-1)!.failed);
    return this.ended.slice(turn + 1);
  }

  isTooMuch(): boolean {
    const remembered = this.remembered();
    const failures = remembered.filter(({ failed }) => failed).length;
    if (this.setting.failures !== undefined) return failures >= this.setting.failures;
    const { ratio, minimum } = this.setting;
    return remembered.length >= minimum && failures / remembered.length >= ratio;
  }

  turn(kind: CircuitState): void {
    if (kind !== this.kind) this.changes.push(kind);
    this.kind = kind;
    this.age++;
    this.ended = [];
    if (kind === "open") this.openedAt = now();
  }

  get state(): CircuitState {
    const over = this.kind === "open" && now() >= this.openedAt + this.setting.openMs;
    return over ? "half-open" : this.kind;
  }

  get probing(): number {
    return this.kind === "half-open" ? this.running.filter((age) => age === this.age).length : 0;
  }

  /** Whether a call is let in. */
  call(): boolean {
    if (this.state !== this.kind) this.turn("half-open");
    const full = this.probing + this.ended.length >= this.setting.probes;
    if (this.kind === "open" || (this.kind === "half-open" && full)) {
      this.rejected++;
      return false;
    }
    this.running.push(this.age);
    return true;
  }

  end(index: number, end: End): void {
    const [age] = this.running.splice(index, 1);
    if (age !== this.age || end === "cancelled") return;
    const failed = end === "failure";
    this.ended.push({ failed, at: now() });
    if (this.kind === "half-open") {
      if (failed) this.turn("open");
      else if (this.ended.length === this.setting.probes) this.turn("closed");
    } else if (failed && this.isTooMuch()) {
      this.turn("open");
    }
  }

  figures(): unknown {
    const remembered = this.kind === "closed" ? this.remembered() : this.ended;
    return {
      state: this.state,
      successes: remembered.filter(({ failed }) => !failed).length,
      failures: remembered.filter(({ failed }) => failed).length,
      probing: this.probing,
      rejected: this.rejected,
    };
  }
}

class RealCircuit {
  readonly changes: string[] = [];
  readonly circuit: CircuitBreaker;
  readonly running: { readonly end: Deferred<void>; readonly scope: CancelScope }[] = [];

  constructor(setting: Setting) {
    this.circuit = new CircuitBreaker({
      ...setting,
      isFailure: (error) => error !== "no failure",
      onStateChange: (state) => this.changes.push(state),
    });
  }

  async call(): Promise<boolean> {
    const end = deferred();
    let entered = false;
    const call = this.circuit.run((scope) => {
      entered = true;
      this.running.push({ end, scope });
      return end.promise;
    });
    const ended = call.catch((error: unknown) => {
      if (!entered) expect(error).toBeInstanceOf(CircuitOpenError);
    });
    if (!entered) await ended;
    return entered;
  }

  end(index: number, how: End): void {
    const { end, scope } = this.running.splice(index, 1)[0]!;
    if (how === "success") {
      end.resolve();
      return;
    }
    if (how === "cancelled") scope.cancel("enough");
    end.reject(how === "cancelled" ? scope.signal.reason : how);
  }
}

type Step = fc.Arbitrary<Command<NaiveCircuit, RealCircuit>>;

const nothing = fc.constant("");
const probes = fc.integer({ min: 1, max: 3 });
const openMs = fc.constantFrom(10, 50);
const ratio = fc.constantFrom(0.25, 0.5, 1);
const minimum = fc.integer({ min: 1, max: 3 });
const setting: fc.Arbitrary<Setting> = fc.oneof(
  fc.record({ failures: fc.integer({ min: 1, max: 3 }), openMs, probes }),
  fc.record({ ratio, minimum, count: fc.integer({ min: 3, max: 6 }), openMs, probes }),
  fc.record({ ratio, minimum, windowMs: fc.constantFrom(20, 100), openMs, probes }),
);

const call: Step = command("call", nothing, async (model: NaiveCircuit, real: RealCircuit) => {
  const entered = await real.call();
  expect(entered).toBe(model.call());
});

const end: Step = command(
  "end",
  fc.tuple(
    fc.nat(),
    fc.constantFrom<End>("success", "failure", "failure", "no failure", "cancelled"),
  ),
  async (model: NaiveCircuit, real: RealCircuit, [at, how]) => {
    const count = model.running.length;
    if (count === 0) return;
    real.end(at % count, how);
    await settle();
    model.end(at % count, how);
  },
);

const wait: Step = command(
  "wait",
  fc.constantFrom(1, 7, 10, 40, 100),
  async (_model: NaiveCircuit, _real: RealCircuit, ms) => {
    await sleep(ms);
  },
);

test("CircuitBreaker agrees with a naive list: who is let in, its state, its figures, its changes", async () => {
  await withVirtualClock(() =>
    agree<Setting, NaiveCircuit, RealCircuit>({
      start: setting,
      pair: (start) => ({ model: new NaiveCircuit(start), real: new RealCircuit(start) }),
      commands: [
        call,
        call,
        call,
        end,
        end,
        end,
        wait,
        command("trip", nothing, (model: NaiveCircuit, real: RealCircuit) => {
          real.circuit.trip();
          model.turn("open");
        }),
        command("reset", nothing, (model: NaiveCircuit, real: RealCircuit) => {
          real.circuit.reset();
          model.turn("closed");
        }),
      ],
      figures: (model, real) => ({
        real: [real.circuit.stats(), real.changes],
        model: [model.figures(), model.changes],
      }),
      end: async (model, real) => {
        for (let left = model.running.length; left > 0; left--) {
          real.end(0, "success");
          await settle();
          model.end(0, "success");
        }
        expect(real.circuit.stats()).toEqual(model.figures());
      },
      numRuns: 150,
    }),
  );
}, 20_000);
