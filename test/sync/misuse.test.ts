// Each bad argument of each method is refused: by a rejection where the method waits, else by an
// exception. Nothing has changed afterwards.
import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  CapacityLimiter,
  Condition,
  KeyedMutex,
  KeyedSemaphore,
  Latch,
  Mutex,
  RwLock,
  Semaphore,
  setDeadlockDetection,
} from "corral";
import {
  amounts,
  counts,
  functions,
  options,
  type Refusal,
  waiting,
  waitingBy,
  weights,
} from "./refusals.ts";

type Call = [name: string, call: (value: never) => unknown, refusals: Refusal[]];

interface Subject {
  readonly rejects: Call[];
  readonly throws: Call[];
  readonly state: () => unknown;
  /** Leaves no place to anybody else. */
  readonly fill: () => unknown;
}

let called = false;
const fn = (): void => {
  called = true;
};

function semaphore(): Subject {
  const it = new Semaphore(3);
  const [acquire, run] = ["acquire a semaphore", "run under a semaphore"];
  return {
    rejects: [
      ["acquire()", (value) => it.acquire(value), [...waiting(acquire), ...weights(acquire)]],
      ["run()", (value) => it.run(fn, value), [...waiting(run), ...weights(run)]],
      ["run(fn)", (value) => it.run(value), functions(run)],
    ],
    throws: [
      ["tryAcquire()", (value) => it.tryAcquire(value), [...options(acquire), ...weights(acquire)]],
      ["resize()", (value) => it.resize(value), amounts("resize a semaphore", "permits")],
    ],
    state: () => it.stats(),
    fill: () => it.tryAcquire({ weight: 3 }),
  };
}

function mutex(): Subject {
  const it = new Mutex();
  return {
    rejects: [
      ["acquire()", (value) => it.acquire(value), waiting("acquire a mutex")],
      ["run()", (value) => it.run(fn, value), waiting("run under a mutex")],
      ["run(fn)", (value) => it.run(value), functions("run under a mutex")],
    ],
    throws: [],
    state: () => it.stats(),
    fill: () => it.tryAcquire(),
  };
}

function rwLock(): Subject {
  const it = new RwLock();
  const [reading, writing] = ["a lock for reading", "a lock for writing"];
  return {
    rejects: [
      ["read.acquire()", (value) => it.read.acquire(value), waiting(`acquire ${reading}`)],
      ["read.run()", (value) => it.read.run(fn, value), waiting(`run under ${reading}`)],
      ["read.run(fn)", (value) => it.read.run(value), functions(`run under ${reading}`)],
      ["write.acquire()", (value) => it.write.acquire(value), waiting(`acquire ${writing}`)],
      ["write.run()", (value) => it.write.run(fn, value), waiting(`run under ${writing}`)],
      ["write.run(fn)", (value) => it.write.run(value), functions(`run under ${writing}`)],
    ],
    throws: [],
    state: () => it.stats(),
    fill: () => it.write.tryAcquire(),
  };
}

function capacityLimiter(): Subject {
  const it = new CapacityLimiter(3);
  const [borrow, run] = ["borrow from a capacity limiter", "run under a capacity limiter"];
  return {
    rejects: [
      ["acquire()", (value) => it.acquire(value), waitingBy("key", borrow)],
      ["run()", (value) => it.run(fn, value), waitingBy("key", borrow)],
      ["run(fn)", (value) => it.run(value, { key: "key" }), functions(run)],
    ],
    throws: [
      ["tryAcquire()", (value) => it.tryAcquire(value), options(borrow)],
      [
        "total",
        (value) => {
          it.total = value;
        },
        amounts("change a capacity limiter", "total"),
      ],
    ],
    state: () => [it.stats(), it.owners],
    fill: () => [1, 2, 3].map((key) => it.tryAcquire({ key })),
  };
}

function keyedSemaphore(): Subject {
  const it = new KeyedSemaphore<string>(3);
  const [action, run] = ["acquire a keyed semaphore", "run under a keyed semaphore"];
  const both = [...waiting(action), ...weights(action)];
  return {
    rejects: [
      ["acquire()", (value) => it.acquire("key", value), both],
      ["run()", (value) => it.run("key", fn, value), [...waiting(run), ...weights(run)]],
      ["run(fn)", (value) => it.run("key", value), functions(run)],
    ],
    throws: [
      [
        "tryAcquire()",
        (value) => it.tryAcquire("key", value),
        [...options(action), ...weights(action)],
      ],
    ],
    state: () => it.stats(),
    fill: () => it.tryAcquire("key", { weight: 3 }),
  };
}

function keyedMutex(): Subject {
  const it = new KeyedMutex<string>();
  const [action, run] = ["acquire a keyed mutex", "run under a keyed mutex"];
  return {
    rejects: [
      ["acquire()", (value) => it.acquire("key", value), waiting(action)],
      ["run()", (value) => it.run("key", fn, value), waiting(run)],
      ["run(fn)", (value) => it.run("key", value), functions(run)],
    ],
    throws: [],
    state: () => it.stats(),
    fill: () => it.tryAcquire("key"),
  };
}

function condition(): Subject {
  const it = new Condition();
  return {
    rejects: [
      ["run()", (value) => it.run(fn, value), waiting("run under a mutex")],
      ["run(fn)", (value) => it.run(value), functions("run under a condition")],
    ],
    throws: [],
    state: () => it.stats(),
    fill: () => it.mutex.tryAcquire(),
  };
}

function event(): Subject {
  const it = new AsyncEvent();
  return {
    rejects: [["wait()", (value) => it.wait(value), waiting("wait for an event")]],
    throws: [],
    state: () => it.stats(),
    fill: () => it.set(),
  };
}

function latch(): Subject {
  const it = new Latch(3);
  const more = new RangeError('Cannot count down a latch: "n" must be at most 3, received 4');
  return {
    rejects: [["wait()", (value) => it.wait(value), waiting("wait for a latch")]],
    throws: [
      [
        "countDown()",
        (value) => it.countDown(value),
        [...counts("count down a latch", "n"), { value: 4, error: more }],
      ],
    ],
    state: () => it.stats(),
    fill: () => it.wait(),
  };
}

function barrier(): Subject {
  const it = new Barrier(2);
  return {
    rejects: [["wait()", (value) => it.wait(value), waiting("wait at a barrier")]],
    throws: [],
    state: () => it.stats(),
    fill: () => it.wait(),
  };
}

const subjects = Object.entries({
  Semaphore: semaphore,
  Mutex: mutex,
  RwLock: rwLock,
  CapacityLimiter: capacityLimiter,
  KeyedSemaphore: keyedSemaphore,
  KeyedMutex: keyedMutex,
  Condition: condition,
  AsyncEvent: event,
  Latch: latch,
  Barrier: barrier,
});

const states = subjects.flatMap(([name, make]): [string, () => Subject][] => [
  [name, make],
  [
    `${name}, in use`,
    () => {
      const subject = make();
      subject.fill();
      return subject;
    },
  ],
]);

describe.each(states)("%s", (_, make) => {
  test.each(make().rejects.map(([name], i): [string, number] => [name, i]))(
    "%s rejects for what it cannot take, and changes nothing",
    async (__, i) => {
      const { rejects, state } = make();
      const [, call, refusals] = rejects[i]!;
      const before = state();
      called = false;
      for (const { value, error } of refusals) {
        const promise = call(value as never) as Promise<unknown>;
        expect(promise).toBeInstanceOf(Promise);
        const seen = await promise.then(
          () => expect.fail(`took ${String(value)} where it should say: ${error.message}`),
          (reason: unknown) => reason,
        );
        expect(seen).toEqual(error);
        expect(state()).toEqual(before);
      }
      expect(called).toBe(false);
    },
  );

  test.each(make().throws.map(([name], i): [string, number] => [name, i]))(
    "%s throws for what it cannot take, and changes nothing",
    (__, i) => {
      const { throws, state } = make();
      const [, call, refusals] = throws[i]!;
      const before = state();
      for (const { value, error } of refusals) {
        expect(() => call(value as never)).toThrow(error);
        expect(state()).toEqual(before);
      }
    },
  );
});

test("run() says that a promise in the place of the function has started already", async () => {
  const locks = [new Semaphore(1), new Mutex(), new RwLock().read, new Condition()];
  for (const lock of locks) {
    const call = lock.run(Promise.resolve() as never);
    await expect(call).rejects.toThrow("received an object (a promise has already started)");
  }
});

test("setDeadlockDetection() refuses what is no boolean", () => {
  for (const value of [undefined, null, 1, "on"]) {
    expect(() => setDeadlockDetection(value as never)).toThrow(TypeError);
    expect(() => setDeadlockDetection(value as never)).toThrow(
      `Cannot switch the detection of deadlocks: "on" must be a boolean, received ${String(value)}`,
    );
  }
});
