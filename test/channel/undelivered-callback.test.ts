import { describe, expect, test } from "vitest";
import { CancelScope, channel, ClosedError, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

describe("onUndelivered that throws", () => {
  test("is reported, each time, and breaks nothing", async () => {
    let calls = 0;
    const onUndelivered = (item: string): never => {
      calls++;
      throw new Error(`no ${item}`);
    };
    const [sender, receiver] = channel<string>(2, { overflow: "dropOldest", onUndelivered });
    const other = receiver.clone();
    const reports = await reportsDuring(async () => {
      for (const item of ["a", "b", "c"]) await sender.send(item);
      expect(await receiver.receive()).toBe("b");
      receiver.close();
      await sender.send("d");
      other.close();
      await expect(sender.send("e")).rejects.toBeInstanceOf(ClosedError);
    });
    expect(sender.stats()).toMatchObject({ size: 0, receivers: 0 });
    expect(calls).toBe(4);
    expect(reports).toEqual(
      ["a", "c", "d", "e"].map((item) => `onUndelivered threw: Error: no ${item}`),
    );
  });

  test("keeps nobody from leaving the line", async () => {
    const [sender, receiver] = channel<string>(0, {
      onUndelivered: () => {
        throw new Error("no");
      },
    });
    const { log, note } = notes();
    const { signal, abort } = aborter();
    const all = [
      note("a", sender.send("a", { signal })),
      note("b", sender.send("b", { signal })),
      note("c", sender.send("c")),
    ];
    const reports = await reportsDuring(async () => {
      abort("gone");
      expect(receiver.tryReceive()).toEqual({ value: "c" });
      await Promise.all(all);
    });
    expect([log.toSorted(), reports.length]).toEqual([["a! gone", "b! gone", "c"], 2]);
  });

  test("may be async: what it rejects with is reported, and it may wait where all is cancelled", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const [sender] = channel<string>(0, {
        onUndelivered: async (item) => {
          await sleep(10);
          log.push(item);
          throw new Error("late");
        },
      });
      const scope = new CancelScope();
      const reports = await reportsDuring(async () => {
        const run = scope.run(() => sender.send("a", at(scope)));
        scope.cancel();
        await run.catch(() => {});
        await sleep(20);
      });
      expect([log, reports]).toEqual([["a"], ["onUndelivered threw: Error: late"]]);
    });
  });
});

test("onUndelivered may use the channel: what it sends is sent", async () => {
  const again: string[] = [];
  const [sender, receiver] = channel<string>(2, {
    overflow: "dropOldest",
    onUndelivered: (item) => {
      again.push(item);
      if (again.length === 1) receiver.tryReceive();
    },
  });
  for (const item of ["a", "b", "c"]) await sender.send(item);
  expect([again, receiver.tryReceive(), receiver.tryReceive()]).toEqual([
    ["a"],
    { value: "c" },
    undefined,
  ]);
});
