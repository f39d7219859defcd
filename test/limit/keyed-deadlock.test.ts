// Calls that would wait for ever for those that they are made in.
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  CancelScope,
  DeadlockError,
  keyed,
  Mutex,
  setDeadlockDetection,
  sleep,
  taskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { turn } from "../support/turn.ts";

beforeEach(() => {
  setDeadlockDetection(true);
});

afterEach(() => {
  setDeadlockDetection(true);
});

test("pitfall 23: run() refuses a call within the one place of its key", async () => {
  const limit = keyed<string>(1, { name: "hosts" });
  const nested = limit.run("a", () => limit.run("a", () => {}));
  await expect(nested).rejects.toBeInstanceOf(DeadlockError);
  await expect(nested).rejects.toThrow(
    'Cannot run under a keyed limit: its caller would wait for ever for the keyed-limit "hosts": ' +
      'the keyed-limit "hosts" is held by its caller',
  );
  expect([limit.size, limit.active, limit.pending]).toEqual([0, 0, 0]);
});

test("run() refuses a call of another key within the last place of the total", async () => {
  const limit = keyed<string>(5, { total: 2, name: "hosts" });
  const nested = limit.run("a", () => limit.run("b", () => limit.run("c", () => {})));
  await expect(nested).rejects.toThrow(
    'Cannot run under a keyed limit: its caller would wait for ever for the keyed-limit "hosts": ' +
      'the total of the keyed-limit "hosts" is held by its caller',
  );
  expect([limit.size, limit.active, limit.pending]).toEqual([0, 0, 0]);
});

test("run() refuses it in line only, and hands on what it would have had", async () => {
  const limit = keyed<string>(5, { total: 1 });
  const begun: string[] = [];
  const section = limit.run("a", async () => {
    const nested = limit.run("b", () => begun.push("nested"));
    const other = limit.run("b", () => begun.push("other"));
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    expect([limit.pendingOf("b"), begun]).toEqual([1, []]);
    return [other];
  });
  await Promise.all(await section);
  expect([begun, limit.size]).toEqual([["other"], 0]);
});

test("run() takes a nested call that can go ahead: of another key, and while another holds a place", async () => {
  const limit = keyed<string>(1, { total: 2 });
  expect(await limit.run("a", () => limit.run("b", () => "other key"))).toBe("other key");
  const gate = deferred();
  const other = limit.run("b", () => gate.promise);
  const waits = limit.run("a", () => limit.run("c", () => "in the place of another"));
  await turn();
  gate.resolve();
  expect(await waits).toBe("in the place of another");
  await other;
  expect(limit.size).toBe(0);
});

test("run() takes a nested call for later, and one whose total was larger once", async () => {
  const limit = keyed<string>(2, { total: 2 });
  let later: Promise<string> | undefined;
  limit.total = 1;
  await limit.run("a", () => {
    later = limit.run("a", () => "later");
  });
  expect(await later).toBe("later");
  const section = limit.run("a", () => limit.run("b", () => "raised"));
  await turn();
  limit.total = 2;
  expect(await section).toBe("raised");
});

ambientTest(
  "run() refuses the call that closes a circle over two keys (needs ambient scopes)",
  () =>
    withVirtualClock(async () => {
      const limit = keyed<string>(1);
      const both = (first: string, second: string) => () =>
        limit.run(first, async () => {
          await sleep(1);
          await limit.run(second, () => {});
        });
      const group = taskGroup((it) => {
        it.spawn(both("a", "b"), { name: "one" });
        it.spawn(both("b", "a"), { name: "two" });
      });
      await expect(group).rejects.toBeInstanceOf(DeadlockError);
      expect(limit.size).toBe(0);
    }),
);

ambientTest(
  "run() refuses the call that closes a circle through the total (needs ambient scopes)",
  () =>
    withVirtualClock(async () => {
      const limit = keyed<string>(2, { total: 2 });
      const mutex = new Mutex();
      const group = taskGroup((it) => {
        it.spawn(() =>
          mutex.run(async () => {
            await sleep(2);
            // Both places are held by those who wait for the mutex.
            await limit.run("c", () => {});
          }),
        );
        for (const key of ["a", "b"]) {
          it.spawn(() => limit.run(key, () => sleep(1).then(() => mutex.run(() => {}))));
        }
      });
      await expect(group).rejects.toBeInstanceOf(DeadlockError);
      expect([limit.size, mutex.locked]).toEqual([0, false]);
    }),
);

ambientTest(
  "run() waits while one who holds the total may still go ahead (needs ambient scopes)",
  () =>
    withVirtualClock(async () => {
      const limit = keyed<string>(2, { total: 2 });
      const mutex = new Mutex();
      await new CancelScope().run(() =>
        taskGroup((it) => {
          it.spawn(() => mutex.run(() => sleep(2).then(() => limit.run("c", () => {}))));
          it.spawn(() => limit.run("a", () => sleep(1).then(() => mutex.run(() => {}))));
          it.spawn(() => limit.run("b", () => sleep(5)));
        }),
      );
      expect(limit.size).toBe(0);
    }),
);

test("run() takes no more proof of many calls within others than their number", async () => {
  const limit = keyed<string>(1, { total: 20_000 });
  const calls = Array.from({ length: 3_000 }, (_, i) =>
    limit.run(`key ${i}`, async () => {
      await limit.run("shared", () => {});
    }),
  );
  await Promise.all(calls);
  expect(limit.size).toBe(0);
}, 20_000);
