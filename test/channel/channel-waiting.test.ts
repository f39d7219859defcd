import { describe, expect, test } from "vitest";
import { channel } from "corral";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

describe("send()", () => {
  test("that is cancelled has sent nothing, and the others keep their order", async () => {
    const [sender, receiver] = channel<string>(0);
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [
      note("a", sender.send("a", { signal })),
      note("b", sender.send("b")),
      note("c", sender.send("c", { signal })),
      note("d", sender.send("d")),
    ];
    abort("gone");
    expect(sender.stats().sending).toBe(2);
    expect([await receiver.receive(), await receiver.receive()]).toEqual(["b", "d"]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b", "c! gone", "d"]);
    expect(receiver.tryReceive()).toBeUndefined();
  });

  test("that was received and is cancelled after that, in the same step, has sent", async () => {
    const [sender, receiver] = channel<string>(0);
    const { signal, abort } = aborter();
    const sent = sender.send("a", { signal });
    const got = receiver.receive();
    abort("late");
    await sent;
    expect(await got).toBe("a");
  });

  test("sends nothing when its signal has aborted, also before its listener has run", async () => {
    const [sender, receiver] = channel<string>(0);
    const taken: unknown[] = [];
    const { signal, abort } = aborter(() => taken.push(receiver.tryReceive()));
    const { log, note } = notes();
    const all = [note("a", sender.send("a", { signal })), note("b", sender.send("b"))];
    abort("gone");
    await Promise.all(all);
    expect([log.toSorted(), taken]).toEqual([["a! gone", "b"], [{ value: "b" }]]);
  });
});

describe("receive()", () => {
  test("leaves the line when its signal aborts, and the others keep their order", async () => {
    const [sender, receiver] = channel<number>(0);
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [
      note("a", receiver.receive({ signal })),
      note("b", receiver.receive()),
      note("c", receiver.receive({ signal })),
      note("d", receiver.receive()),
    ];
    abort("gone");
    expect(receiver.stats().receiving).toBe(2);
    expect([1, 2, 3].map((item) => sender.trySend(item))).toEqual([true, true, false]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b: 1", "c! gone", "d: 2"]);
  });

  test("keeps the item that it was given when it is cancelled after that, in the same step", async () => {
    const [sender, receiver] = channel<number>(1);
    const { signal, abort } = aborter();
    const got = receiver.receive({ signal });
    sender.trySend(1);
    abort("late");
    expect([await got, sender.stats().size]).toEqual([1, 0]);
  });

  test.each([0, 1])(
    "takes nothing when its signal has aborted, also before its listener has run: capacity %i",
    async (capacity) => {
      const [sender, receiver] = channel<number>(capacity);
      const sent: boolean[] = [];
      const { signal, abort } = aborter(() => sent.push(sender.trySend(1)));
      const { log, note } = notes();
      const all = [note("a", receiver.receive({ signal })), note("b", receiver.receive())];
      abort("gone");
      await Promise.all(all);
      expect([sent, log.toSorted()]).toEqual([[true], ["a! gone", "b: 1"]]);
    },
  );

  test.each([0, 1])("that has left is no room: capacity %i", async (capacity) => {
    const [sender, receiver] = channel<number>(capacity);
    const { signal, abort } = aborter();
    const gone = receiver.receive({ signal });
    abort("gone");
    await expect(gone).rejects.toBe("gone");
    expect([1, 2].map((item) => sender.trySend(item))).toEqual([capacity === 1, false]);
  });
});
