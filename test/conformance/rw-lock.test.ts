import { RwLock, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "RwLock (tokio)";

behaviour(
  {
    area,
    id: "read_shared",
    says: "many read at once",
    verdict: "holds",
  },
  async () => {
    const lock = new RwLock();
    using first = await lock.read.acquire();
    using second = await lock.read.acquire();
    expect([first.released, second.released]).toEqual([false, false]);
    expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 0 });
  },
);

for (const [id, held, asked] of [
  ["write_shared_pending", "read", "write"],
  ["read_exclusive_pending", "write", "read"],
  ["write_exclusive_pending", "write", "write"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `who wants to ${asked} waits while somebody ${held}s`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const lock = new RwLock();
          const holder = await lock[held].acquire(at(group.scope));
          const task = group.spawn((self) => lock[asked].run(() => "done", at(self.scope)));
          await clock.runUntilIdle();
          expect([task.status, lock.stats().waiting]).toEqual(["running", 1]);
          holder.release();
          await expect(task.wait(at(group.scope))).resolves.toBe("done");
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "write_shared_drop",
    says: "a writer goes on when the last reader has gone",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const lock = new RwLock();
        const readers = [
          await lock.read.acquire(at(group.scope)),
          await lock.read.acquire(at(group.scope)),
        ];
        group.spawn((self) => lock.write.run(() => sleep(10, at(self.scope)), at(self.scope)));
        readers[0]!.release();
        expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 1 });
        readers[1]!.release();
        expect(lock.stats()).toEqual({ readers: 0, writing: true, waiting: 0 });
        await clock.advance(10);
        expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "write_read_shared_pending",
    says: "readers that come while a writer waits stay behind it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const lock = new RwLock();
      const log: string[] = [];
      await taskGroup(async (group) => {
        const readers = [
          await lock.read.acquire(at(group.scope)),
          await lock.read.acquire(at(group.scope)),
        ];
        group.spawn((self) => lock.write.run(() => log.push("write"), at(self.scope)));
        group.spawn((self) => lock.read.run(() => log.push("read"), at(self.scope)));
        expect(lock.read.tryAcquire()).toBeUndefined();
        expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 2 });
        for (const reader of readers) reader.release();
      });
      expect(log).toEqual(["write", "read"]);
    }),
);

behaviour(
  {
    area,
    id: "write_read_shared_drop_pending",
    says: "when the writer that waits is cancelled, the readers behind it go on",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const lock = new RwLock();
        using reader = await lock.read.acquire(at(group.scope));
        const writer = group.spawn((self) => lock.write.acquire(at(self.scope)));
        const task = group.spawn((self) => lock.read.run(() => "read", at(self.scope)));
        expect(lock.stats().waiting).toBe(2);
        writer.cancel();
        expect(lock.stats().waiting).toBe(0);
        await expect(task.wait(at(group.scope))).resolves.toBe("read");
        expect(reader.released).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "write_order",
    says: "writers write in the order in which they began to wait",
    verdict: "holds",
    because: "A call begins to wait at once, not when it is first awaited.",
  },
  () =>
    withVirtualClock(async () => {
      const lock = new RwLock();
      const log: number[] = [];
      const writes = [2, 1].map((number) =>
        lock.write.run(async () => {
          await sleep(number);
          log.push(number);
        }),
      );
      await writes[1];
      await writes[0];
      expect(log).toEqual([2, 1]);
    }),
);

behaviour(
  {
    area,
    id: "try_read_try_write",
    says: "trying to read succeeds beside readers, trying to write only alone",
    verdict: "holds",
  },
  () => {
    const lock = new RwLock();
    const readers = [lock.read.tryAcquire(), lock.read.tryAcquire()];
    expect(readers.map((reader) => reader?.released)).toEqual([false, false]);
    expect(lock.write.tryAcquire()).toBeUndefined();
    for (const reader of readers) reader!.release();
    const writer = lock.write.tryAcquire();
    expect(writer?.released).toBe(false);
    expect(lock.read.tryAcquire()).toBeUndefined();
    expect(lock.write.tryAcquire()).toBeUndefined();
    writer!.release();
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  },
);

behaviour(
  {
    area,
    id: "downgrade",
    says: "a writer can become a reader without anybody writing in between",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const lock = new RwLock();
      const log: string[] = [];
      await taskGroup(async (group) => {
        const writer = await lock.write.acquire(at(group.scope));
        group.spawn((self) => lock.read.run(() => log.push("read"), at(self.scope)));
        group.spawn((self) => lock.write.run(() => log.push("write"), at(self.scope)));
        using reader = writer.downgrade();
        expect([writer.released, reader.released]).toEqual([true, false]);
        expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 1 });
        await sleep(10, at(group.scope));
        expect(log).toEqual(["read"]);
      });
      expect(log).toEqual(["read", "write"]);
    }),
);

notTransferable({
  area,
  id: "exhaust_reading",
  says: "there are no more readers at once than a maximum that was given",
  because: "There is no maximum of readers; a semaphore has one.",
});

for (const [id, says] of [
  ["into_inner", "the value can be taken out of the lock"],
  ["read_uncontested", "who reads gets the value"],
  ["write_uncontested", "who writes gets the value to change it"],
] as const) {
  notTransferable({ area, id, says, because: "A lock holds no value." });
}
