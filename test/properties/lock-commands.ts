import fc from "fast-check";
import { expect } from "vitest";
import { settle } from "../support/settle.ts";
import { cut, from } from "./callers.ts";
import { agree, type Command, command, expectFigures } from "./command.ts";
import { type Claim, NaiveLock, type Rules } from "./naive-lock.ts";
import { RealLock, type Subject } from "./real-lock.ts";

const index = fc.nat(9);
const nothing = fc.constant("");

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % list.length];
}

/** Everybody hears what there is to hear. */
async function settleBoth<W, S extends Subject<W>>(
  model: NaiveLock<W>,
  real: RealLock<W, S>,
): Promise<void> {
  model.settle();
  await settle();
  model.expectHeardBy(real.callers);
}

async function finish<W, S extends Subject<W>>(
  claim: Claim<W>,
  model: NaiveLock<W>,
  real: RealLock<W, S>,
): Promise<void> {
  model.outcomes[claim.id] = "ran";
  model.leave(claim);
  real.running.get(claim.id)!.resolve();
  await settleBoth(model, real);
}

/** What can be done to everything that is held. */
function lockCommands<W, S extends Subject<W>>(
  wants: fc.Arbitrary<W>,
): fc.Arbitrary<Command<NaiveLock<W>, RealLock<W, S>>>[] {
  type Model = NaiveLock<W>;
  type Real = RealLock<W, S>;
  const claim = fc.record({ want: wants, from });
  const release = command("release", index, (model: Model, real: Real, at) => {
    const held = pick(model.started(false), at);
    if (held === undefined) return;
    model.leave(held);
    real.permits.get(held.id)!.release();
  });
  const acquire = command("acquire", claim, (model: Model, real: Real, it) => {
    const made = model.claim(it.want, it.from, false);
    model.arrive(made);
    real.acquire(made);
  });
  const run = command("run", claim, (model: Model, real: Real, it) => {
    const made = model.claim(it.want, it.from, true);
    model.arrive(made);
    real.run(made);
  });
  const cancel = command("cancel", cut, (model: Model, real: Real, by) => {
    const [held] = model.started(false);
    let acts = false;
    model.interrupt(by, () => {
      acts = held !== undefined;
      if (acts) model.leave(held!);
    });
    real.callers.cut(by, () => {
      if (acts) real.permits.get(held!.id)!.release();
    });
  });
  return [
    acquire,
    acquire,
    run,
    release,
    command("tryAcquire", wants, (model: Model, real: Real, want) => {
      const made = model.claim(want, { scope: undefined, signal: undefined }, false);
      expect(real.attempt(made)).toBe(model.attempt(made));
    }),
    // It counts once.
    command("release again", index, (model: Model, real: Real, at) => {
      const held = new Set(model.holders.map(({ id }) => id));
      const released = [...real.permits.keys()].filter((id) => !held.has(id));
      const id = pick(released, at);
      if (id !== undefined) real.permits.get(id)!.release();
    }),
    command("finish", index, async (model: Model, real: Real, at) => {
      await settleBoth(model, real);
      const running = pick(model.started(true), at);
      if (running !== undefined) await finish(running, model, real);
    }),
    cancel,
    cancel,
    command("settle", nothing, settleBoth<W, S>),
  ];
}

function figures<W, S extends Subject<W>>(
  model: NaiveLock<W>,
  { subject, callers }: RealLock<W, S>,
): { real: unknown; model: unknown } {
  return {
    real: [subject.figures(), callers.retained()],
    model: [model.figures(), model.retained()],
  };
}

/** Ends what holds the lock, again and again, until all that waited were served. */
async function end<W, S extends Subject<W>>(
  model: NaiveLock<W>,
  real: RealLock<W, S>,
): Promise<void> {
  await settleBoth(model, real);
  while (model.holders.length > 0) {
    for (const held of model.started(false)) {
      model.leave(held);
      real.permits.get(held.id)!.release();
    }
    const [running] = model.started(true);
    if (running !== undefined) await finish(running, model, real);
    await settleBoth(model, real);
  }
  expect(model.line).toEqual([]);
  expectFigures(figures(model, real));
}

export interface LockAgreement<C, W, S extends Subject<W>> {
  /** What the lock is made of. */
  readonly start: fc.Arbitrary<C>;
  readonly rules: (start: C) => Rules<W>;
  readonly subject: (start: C) => S;
  readonly wants: fc.Arbitrary<W>;
  /** What can be done to this lock alone. */
  readonly more?: readonly fc.Arbitrary<Command<NaiveLock<W>, RealLock<W, S>>>[];
  /** Makes sure that all who wait can be served. */
  readonly open?: (model: NaiveLock<W>, real: RealLock<W, S>) => void;
}

/** Asserts that a lock does what the reference does under its rules. */
export function agreeOnLock<C, W, S extends Subject<W>>(it: LockAgreement<C, W, S>): Promise<void> {
  return agree<C, NaiveLock<W>, RealLock<W, S>>({
    start: it.start,
    pair: (start) => ({
      model: new NaiveLock(it.rules(start)),
      real: new RealLock(it.subject(start)),
    }),
    commands: [...lockCommands<W, S>(it.wants), ...(it.more ?? [])],
    figures,
    end: async (model, real) => {
      it.open?.(model, real);
      await end(model, real);
    },
    numRuns: 200,
  });
}
