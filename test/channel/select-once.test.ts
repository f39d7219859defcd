import { describe, expect, test } from "vitest";
import { after, AsyncEvent, channel, recv, select, when } from "corral";
import { notes } from "./notes.ts";

describe("exactly one clause is done", () => {
  test("when two can be done in the same step", async () => {
    const first = channel<string>(1);
    const second = channel<string>(1);
    const chosen = select({ a: recv(first[1]), b: recv(second[1]) });
    first[0].trySend("a");
    second[0].trySend("b");
    expect(await chosen).toEqual({ key: "a", value: "a" });
    expect([first[1].tryReceive(), second[1].tryReceive()]).toEqual([undefined, { value: "b" }]);
  });

  test("when an event lets go two clauses for it", async () => {
    const event = new AsyncEvent();
    const { log, note } = notes();
    const chosen = note(
      "chosen",
      select({ a: when(event), b: when(event) }).then(({ key }) => key),
    );
    event.set();
    await chosen;
    expect([log.length, event.waiting]).toEqual([1, 0]);
  });

  test("when it is cancelled after that, in the same step: it stays done", async () => {
    const [sender, receiver] = channel<string>(1);
    const controller = new AbortController();
    const chosen = select({ a: recv(receiver), late: after(60_000) }, controller);
    sender.trySend("a");
    controller.abort("late");
    expect(await chosen).toEqual({ key: "a", value: "a" });
  });

  test("or none, when it is cancelled before that, in the same step", async () => {
    const [sender, receiver] = channel<string>(1);
    const controller = new AbortController();
    const chosen = select({ a: recv(receiver), late: after(60_000) }, controller);
    controller.abort("gone");
    sender.trySend("a");
    await expect(chosen).rejects.toBe("gone");
    expect(receiver.tryReceive()).toEqual({ value: "a" });
  });

  test("or none, when its signal has aborted and its listener has not run", async () => {
    const [sender, receiver] = channel<string>(1);
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => void sender.trySend("a"));
    const chosen = select({ a: recv(receiver), b: recv(receiver) }, controller);
    controller.abort("gone");
    await expect(chosen).rejects.toBe("gone");
    expect(receiver.tryReceive()).toEqual({ value: "a" });
  });
});
