// Several select() at one channel, and one at a channel of its own.
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { channel, recv, select, send } from "corral";
import { notes } from "./notes.ts";

describe("two select() at one channel without capacity", () => {
  test("meet each other: one sends, the other receives, and nothing else is done", async () => {
    const [sender, receiver] = channel<string>(0);
    const [spare, other] = channel<string>(1);
    const sends = select({ out: send(sender, "a"), spare: recv(other) });
    const receives = select({ in: recv(receiver), spare: recv(other.clone()) });
    expect(await sends).toEqual({ key: "out", value: undefined });
    expect(await receives).toEqual({ key: "in", value: "a" });
    expect([sender.stats(), spare.stats()]).toMatchObject([
      { sending: 0, receiving: 0, size: 0 },
      { sending: 0, receiving: 0, size: 0 },
    ]);
  });

  test("meet each other, whichever comes first", async () => {
    const [sender, receiver] = channel<string>(0);
    const receives = select({ in: recv(receiver) });
    const sends = select({ out: send(sender, "a") });
    expect([(await sends).key, await receives]).toEqual(["out", { key: "in", value: "a" }]);
  });

  test("that can do both do one each", async () => {
    const [sender, receiver] = channel<string>(0);
    const one = select({ out: send(sender, "one"), in: recv(receiver) });
    const two = select({ out: send(sender, "two"), in: recv(receiver) });
    const chosen = [await one, await two];
    const received = chosen.filter(({ key }) => key === "in").map(({ value }) => value);
    expect(chosen.map(({ key }) => key).toSorted()).toEqual(["in", "out"]);
    expect(received).toEqual([chosen[0]!.key === "in" ? "two" : "one"]);
    expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0, size: 0 });
  });

  test("that go in a ring of channels all go on", async () => {
    const ring = Array.from({ length: 4 }, () => channel<number>(0));
    const steps = ring.map(async ([sender], i) => {
      const receiver = ring[(i + 1) % ring.length]![1];
      let sent = false;
      let got: number | undefined;
      while (!sent || got === undefined) {
        const chosen = await select({
          out: sent ? undefined : send(sender, i),
          in: got === undefined ? recv(receiver) : undefined,
        });
        if (chosen.key === "in") got = chosen.value;
        else sent = true;
      }
      return got;
    });
    expect(await Promise.all(steps)).toEqual([1, 2, 3, 0]);
  });
});

describe("a select() that sends to and receives from one channel", () => {
  test("does not deal with itself", async () => {
    const [sender, receiver] = channel<string>(0);
    const { log, note } = notes();
    const chosen = select({ out: send(sender, "a"), in: recv(receiver) });
    const ended = note("chosen", chosen);
    await turn();
    expect([log, sender.stats()]).toMatchObject([[], { sending: 1, receiving: 1 }]);
    expect(receiver.tryReceive()).toEqual({ value: "a" });
    await ended;
    expect((await chosen).key).toBe("out");
    expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0 });
  });

  test("deals with one who sends, and one who receives", async () => {
    for (const order of ["out first", "in first"]) {
      const [sender, receiver] = channel<string>(0);
      const clauses =
        order === "in first"
          ? { in: recv(receiver), out: send(sender, "a") }
          : { out: send(sender, "a"), in: recv(receiver) };
      const receives = select(clauses, { biased: true });
      expect(sender.trySend("b")).toBe(true);
      expect(await receives).toEqual({ key: "in", value: "b" });
      const sends = select(clauses, { biased: true });
      expect(await receiver.receive()).toBe("a");
      expect((await sends).key).toBe("out");
    }
  });

  test("takes what is there, or sends where there is room", async () => {
    const [sender, receiver] = channel<string>(1);
    const clauses = { out: send(sender, "a"), in: recv(receiver) };
    expect((await select(clauses)).key).toBe("out");
    expect(await select(clauses)).toEqual({ key: "in", value: "a" });
  });

  test("sends into a place that gets free, though it waits to receive as well", async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve()!;
    const { log, note } = notes();
    const chosen = select({ out: send(sender, "a"), in: recv(receiver) });
    void note(
      "chosen",
      chosen.then(({ key }) => key),
    );
    slot.release();
    await turn();
    expect(log).toEqual(["chosen: out"]);
    expect(receiver.tryReceive()).toEqual({ value: "a" });
  });

  test("keeps nobody behind it waiting who can deal with it", async () => {
    const [sender, receiver] = channel<string>(0);
    const { log, note } = notes();
    const chosen = select({ out: send(sender, "a"), in: recv(receiver) });
    const slot = sender.tryReserve()!;
    void note("sent", sender.send("b"));
    void note(
      "chosen",
      chosen.then(({ value }) => value),
    );
    await turn();
    expect(log).toEqual([]);
    slot.release();
    await turn();
    expect(log.toSorted()).toEqual(["chosen: b", "sent"]);
  });

  test("receives what was put into a place that was reserved", async () => {
    const [sender, receiver] = channel<string>(0);
    const chosen = select({ out: send(sender, "a"), in: recv(receiver) });
    sender.tryReserve()!.send("b");
    expect(await chosen).toEqual({ key: "in", value: "b" });
    expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0, reserved: 0, size: 0 });
  });

  test("has no room to reserve from itself after it has gone", async () => {
    const [sender, receiver] = channel<string>(0);
    const controller = new AbortController();
    const chosen = select({ out: send(sender, "a"), in: recv(receiver) }, controller);
    controller.abort("gone");
    await expect(chosen).rejects.toBe("gone");
    expect([sender.tryReserve(), sender.trySend("b"), receiver.tryReceive()]).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });
});

describe("those who wait in a line with a select()", () => {
  test("are served in the order in which they came", async () => {
    const [sender, receiver] = channel<number>(0);
    const { log, note } = notes();
    const all = [
      note("a", receiver.receive()),
      note(
        "b",
        select({ item: recv(receiver) }).then(({ value }) => value),
      ),
      note("c", receiver.receive()),
    ];
    for (const item of [1, 2, 3]) sender.trySend(item);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a: 1", "b: 2", "c: 3"]);
  });

  test("and wait to reserve a place are given one when it begins to receive", async () => {
    const [sender, receiver] = channel<string>(0);
    const reserved = sender.reserve();
    const chosen = select({ in: recv(receiver) });
    expect(sender.stats()).toMatchObject({ reserved: 1, sending: 0, receiving: 1 });
    (await reserved).send("a");
    expect(await chosen).toEqual({ key: "in", value: "a" });
  });

  test("go on when it leaves", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const [, other] = channel<string>(1);
    const controller = new AbortController();
    const { log, note } = notes();
    const all = [
      note("select", select({ out: send(sender, "a"), in: recv(other) }, controller)),
      note("b", sender.send("b")),
      note(
        "c",
        sender.reserve().then(() => {}),
      ),
    ];
    controller.abort("gone");
    expect([await receiver.receive(), await receiver.receive()]).toEqual(["first", "b"]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["b", "c", "select! gone"]);
  });
});

describe("a select() that waits at both ends of one channel, whose receivers are spoken for", () => {
  test("gives nothing to who comes last, past those who have waited longer", async () => {
    const [sender, receiver] = channel<string>(0);
    const first = receiver.receive();
    const slots = [sender.tryReserve()];
    const both = select({ out: send(sender, "both"), in: recv(receiver) });
    slots.push(sender.tryReserve());
    const plain = sender.send("plain");
    const second = receiver.receive();
    const third = receiver.receive();
    expect(sender.stats()).toMatchObject({ reserved: 2, sending: 1, receiving: 3 });
    await plain;
    for (const slot of slots) slot!.send("reserved");
    expect(await both).toEqual({ key: "in", value: "reserved" });
    expect(sender.trySend("last")).toBe(true);
    expect(await Promise.all([first, second, third])).toEqual(["plain", "reserved", "last"]);
  });
});
