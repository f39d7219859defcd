import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../support/bundle.ts";

let script: string;

beforeAll(async () => {
  script = await bundle({ minify: false });
}, 30_000);

/** All that the library asks of a platform. */
const needed = [
  "AbortController",
  "AbortSignal",
  "clearTimeout",
  "performance",
  "queueMicrotask",
  "setTimeout",
] as const;

type Global = (typeof needed)[number] | "MessageChannel" | "setImmediate" | "process";

interface Platform {
  /** Runs a program, an async function's body, against the library. */
  run(program: string): Promise<unknown>;
  close(): void;
}

/** A realm of its own, with these globals beside those of the language. */
function platform(...globals: Global[]): Platform {
  const printed: unknown[] = [];
  const ports: { close(): void }[] = [];
  const all = globalThis as unknown as Record<string, unknown>;
  const sandbox: Record<string, unknown> = {
    console: { warn: (line: unknown) => printed.push(line) },
  };
  for (const name of [...needed, ...globals]) sandbox[name] = all[name];
  if (sandbox["MessageChannel"] !== undefined) {
    const Channel = all["MessageChannel"] as new () => { port1: { close(): void } };
    sandbox["MessageChannel"] = class extends Channel {
      constructor() {
        super();
        ports.push(this.port1);
      }
    };
  }
  const context = createContext(sandbox);
  runInContext(script, context);
  return {
    run: async (program) => {
      const value: unknown = await runInContext(`(async () => { ${program} })()`, context);
      expect(printed).toEqual([]);
      // Of this realm, for toEqual.
      return structuredClone(value);
    },
    close: () => ports.forEach((port) => port.close()),
  };
}

const programs: Record<string, readonly [program: string, answer: unknown]> = {
  "a failing child cancels its siblings, and all are awaited": [
    `const ended = [];
     const failure = await corral.taskGroup((group) => {
       group.spawn(async (task) => {
         try { await corral.sleep(60_000, { signal: task.scope.signal }); }
         finally { await corral.shield(() => corral.sleep(1), { timeoutMs: 100 }); ended.push("sibling"); }
       });
       group.spawn(() => corral.sleep(1).then(() => { throw new RangeError("child"); }));
     }).catch((error) => error);
     return [failure.message, ended];`,
    ["child", ["sibling"]],
  ],
  "a timeout cancels what it is over, through signals": [
    `const error = await corral.timeout(5, (scope) => corral.gather(
       [(inner) => corral.sleep(60_000, { signal: inner.signal })], { signal: scope.signal },
     )).catch((reason) => reason);
     return [error instanceof corral.TimeoutError, error.name, corral.CancelScope.current === undefined];`,
    [true, "TimeoutError", true],
  ],
  "limits, locks, queues and channels serve in order": [
    `const order = [];
     const two = corral.limit(2);
     await corral.map([3, 1, 2], async (n) => two(() => corral.sleep(n).then(() => order.push(n))), { concurrency: 3 });
     const mutex = new corral.Mutex();
     await Promise.all(["a", "b", "c"].map((name) => mutex.run(() => order.push(name))));
     const [sender, receiver] = corral.channel(1);
     const sent = sender.send("item");
     const chosen = await corral.select({ got: corral.recv(receiver), late: corral.after(60_000) });
     await sent;
     return [order.slice(3), chosen.key, chosen.value];`,
    [["a", "b", "c"], "got", "item"],
  ],
  "caches and batches load once": [
    `let loads = 0;
     const one = corral.memoize(async (key) => { loads++; await corral.sleep(1); return key * 2; });
     const answers = await Promise.all([one(2), one(2), one(2)]);
     const batched = corral.batch((keys) => keys.map((key) => key + 1));
     return [answers, loads, await Promise.all([batched(1), batched(2)])];`,
    [[4, 4, 4], 1, [2, 3]],
  ],
  "retry() and streams go on": [
    `let attempts = 0;
     const answer = await corral.retry(() => { if (++attempts < 3) throw new Error("no"); return attempts; }, { attempts: 3, backoff: () => 1 });
     const items = [];
     for await (const item of corral.mapStream([1, 2, 3], async (n) => n * n, { concurrency: 2 })) items.push(item);
     return [answer, items];`,
    [3, [1, 4, 9]],
  ],
  "what is always ready leaves the event loop alive": [
    `let fired = false;
     setTimeout(() => { fired = true; }, 0);
     const mutex = new corral.Mutex();
     let rounds = 0;
     for (; !fired && rounds < 1_000_000; rounds++) await mutex.run(() => {});
     return rounds < 1_000_000;`,
    true,
  ],
  "main() runs a program that no signal stops": [
    `return corral.main(async (scope) => { await corral.sleep(1, { signal: scope.signal }); return "done"; });`,
    "done",
  ],
  "the virtual clock passes an hour at once": [
    `return corral.testing.withVirtualClock(async (clock) => { await corral.sleep(3_600_000); return clock.now(); });`,
    3_600_000,
  ],
};

describe.each<readonly [string, readonly Global[]]>([
  ["without AsyncLocalStorage, process and setImmediate, as in a page", ["MessageChannel"]],
  ["without MessageChannel, too", []],
  ["with setImmediate, and no process", ["setImmediate"]],
])("a platform %s", (_name, globals) => {
  test.each(Object.entries(programs))("%s", async (_what, [program, answer]) => {
    const realm = platform(...globals);
    try {
      expect(await realm.run(program)).toEqual(answer);
    } finally {
      realm.close();
    }
  });
});

test("the platform lacks what it is said to lack", async () => {
  const realm = platform("MessageChannel");
  const lacks = "return [typeof process, typeof setImmediate, typeof MessageChannel, typeof fetch]";
  expect(await realm.run(lacks)).toEqual(["undefined", "undefined", "function", "undefined"]);
  realm.close();
});

test("a process without getBuiltinModule(), as bundlers make one up, is none", async () => {
  const context = createContext({
    ...Object.fromEntries(needed.map((name) => [name, globalThis[name]])),
    process: { env: {} },
  });
  runInContext(script, context);
  const seen: unknown = await runInContext(
    "new corral.CancelScope().run(() => corral.CancelScope.current === undefined)",
    context,
  );
  expect(seen).toBe(true);
});
